"""Critics: how far a logit sees, what spectral norm does to the weights, and what is refused."""

from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from controllable.networks import critics
from controllable.networks.critics import CRITICS, Critic, CriticKind, make_critic

KINDS: tuple[CriticKind, ...] = get_args(CriticKind)


def small(kind: CriticKind, *, spectral: bool = False, conditional: bool = False) -> Critic:
    torch.manual_seed(0)
    return make_critic(kind, spectral=spectral, conditional=conditional, width=4)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        ("single", [(1, 10, 14)]),
        ("multiscale", [(1, 10, 14), (1, 4, 6), (1, 1, 2)]),
        ("unet", [(1, 96, 128)]),
    ],
)
def test_a_critic_gives_maps_of_logits(kind: CriticKind, shapes: list[tuple[int, ...]], conditional: bool) -> None:
    image = torch.rand(2, 3, 96, 128)
    maps = small(kind, conditional=conditional)(image, image.flip(0) if conditional else None)
    assert [tuple(logits.shape) for logits in maps] == [(2, *shape) for shape in shapes]
    assert all(logits.dtype == torch.float32 for logits in maps)


def seen_px(critic: Critic, image: Tensor, logits: int, at: tuple[int, int]) -> tuple[int, int]:
    """Height and width of what one logit of one map depends on."""
    (slope,) = torch.autograd.grad(critic(image)[logits][0, 0, at[0], at[1]], image)
    touched = slope.abs().sum((0, 1)) > 0
    sides = [torch.nonzero(touched.any(dim)).flatten() for dim in (1, 0)]
    return int(sides[0][-1] - sides[0][0] + 1), int(sides[1][-1] - sides[1][0] + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_logit_sees_as_far_as_is_said(kind: CriticKind) -> None:
    critic = small(kind)
    image = torch.rand(1, 3, 320, 352).requires_grad_()
    for number, (logits, said) in enumerate(zip(critic(image), critic.receptive_px, strict=True)):
        middle = logits.shape[2] // 2, logits.shape[3] // 2
        near = range(8 if kind == "unet" else 1)  # a U-net's logits see differently far, by their place among 8
        seen = [seen_px(critic, image, number, (middle[0] + k, middle[1] + k)) for k in near]
        assert max(seen) == (said, said)


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_sides_work_and_others_are_refused_with_a_sentence(kind: CriticKind) -> None:
    critic = small(kind)
    side = critic.smallest_px
    assert all(logits.numel() > 0 for logits in critic(torch.rand(1, 3, side, side)))
    for wrong in (side - critic.multiple_px, side + 1):
        with pytest.raises(ValueError, match=f"multiples of {critic.multiple_px} px and at least {side} px, not"):
            critic(torch.rand(1, 3, side, wrong))
    with pytest.raises(ValueError, match=r"image: expected \(B, 3, H, W\)"):
        critic(torch.rand(1, 1, side, side))


def test_a_condition_is_needed_where_it_was_asked_for_and_nowhere_else() -> None:
    image = torch.rand(1, 3, 32, 32)
    with pytest.raises(ValueError, match="condition: a conditional critic needs one"):
        small("single", conditional=True)(image)
    with pytest.raises(ValueError, match="condition: this critic takes none"):
        small("single")(image, image)
    with pytest.raises(ValueError, match=r"condition: expected \(1, 3, 32, 32\), as the image, got \(1, 3, 16, 16\)"):
        small("single", conditional=True)(image, torch.rand(1, 3, 16, 16))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_picture_was_made_from_changes_the_judgement(kind: CriticKind) -> None:
    critic, image = small(kind, conditional=True), torch.rand(1, 3, 96, 96)
    for with_itself, with_other in zip(critic(image, image), critic(image, 1.0 - image), strict=True):
        assert not torch.allclose(with_itself, with_other)


@pytest.mark.parametrize("kind", KINDS)
def test_spectral_norm_divides_by_the_largest_singular_value(kind: CriticKind) -> None:
    critic = small(kind, spectral=True)
    with torch.no_grad():
        for _ in range(100):  # so often has the power iteration stepped
            critic(torch.rand(1, 3, 96, 96))
    critic.eval()
    layers: list[Any] = [layer for layer in critic.modules() if isinstance(layer, nn.Conv2d)]
    normed = [layer for layer in layers if nn.utils.parametrize.is_parametrized(layer)]
    assert len(normed) == len(layers) - (2 if kind == "unet" else 0)
    for layer in normed:
        original = layer.parametrizations.weight.original
        largest = torch.linalg.svdvals(original.flatten(1))[0]
        assert torch.allclose(layer.weight, original / largest, rtol=1e-2, atol=1e-4)
        assert float(torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]) == pytest.approx(1.0, abs=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_without_spectral_norm_nothing_is_divided(kind: CriticKind) -> None:
    assert not any(nn.utils.parametrize.is_parametrized(module) for module in small(kind).modules())


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_batch_are_judged_apart(kind: CriticKind) -> None:
    critic, images = small(kind), torch.rand(2, 3, 96, 96)
    for number, together in enumerate(critic(images)):
        assert torch.allclose(together[:1], critic(images[:1])[number], atol=1e-5)


def test_the_table_says_what_the_classes_say() -> None:
    lines = [line for line in (critics.__doc__ or "").splitlines() if line.startswith("| ")][1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in rows] == list(CRITICS) == list(KINDS)
    for kind, row in zip(KINDS, rows, strict=True):
        critic = make_critic(kind, spectral=False, conditional=False, width=64)
        said = [", ".join(map(str, critic.receptive_px)), str(critic.multiple_px), str(critic.smallest_px)]
        assert row[1:] == [*said, f"{sum(p.numel() for p in critic.parameters()):,}"]


def test_senseless_critics_are_refused() -> None:
    with pytest.raises(ValueError, match="critic: 'vgg' is not one of single, multiscale, unet"):
        make_critic("vgg", spectral=False, conditional=False, width=4)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="width: must be at least 1, not 0"):
        make_critic("unet", spectral=False, conditional=False, width=0)
