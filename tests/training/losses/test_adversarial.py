"""Adversarial losses on logits that are known, and the gradient penalty of critics whose slope is known."""

import math

import pytest
import torch
from torch import Tensor, nn

from controllable.networks.critics import make_critic
from controllable.networks.discriminator import relativistic_average
from controllable.training.losses.adversarial import (
    Adversarial,
    critic_loss,
    generator_loss,
    gradient_penalty,
)

REAL, FAKE = torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.25])


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x))


KNOWN: dict[str, tuple[float, float]] = {
    "vanilla": (
        -(log_sigmoid(2.0) + log_sigmoid(0.5)) / 2 - (log_sigmoid(3.0) + log_sigmoid(-0.25)) / 2,
        -(log_sigmoid(-3.0) + log_sigmoid(0.25)) / 2,
    ),
    "lsgan": (0.5 * (1.0 + 0.25) / 2 + 0.5 * (9.0 + 0.0625) / 2, 0.5 * (16.0 + 0.5625) / 2),
    "wgan-gp": (-1.375 - 1.25, 1.375),
    "hinge": ((0.0 + 0.5) / 2 + (0.0 + 1.25) / 2, 1.375),
    # what is real is compared with the mean of what is made, -1.375, and the other way round, 1.25
    "relativistic": (
        -0.5 * (log_sigmoid(3.375) + log_sigmoid(1.875)) / 2 - 0.5 * (log_sigmoid(4.25) + log_sigmoid(1.0)) / 2,
        -0.5 * (log_sigmoid(-4.25) + log_sigmoid(-1.0)) / 2 - 0.5 * (log_sigmoid(-3.375) + log_sigmoid(-1.875)) / 2,
    ),
}


@pytest.mark.parametrize("kind", Adversarial)
def test_losses_of_known_logits(kind: Adversarial) -> None:
    critic, generator = KNOWN[kind]
    assert float(critic_loss(kind, REAL, FAKE)) == pytest.approx(critic, rel=1e-5)
    assert float(generator_loss(kind, REAL, FAKE)) == pytest.approx(generator, rel=1e-5)


@pytest.mark.parametrize("kind", Adversarial)
def test_the_two_pull_against_each_other(kind: Adversarial) -> None:
    """The critic lowers what it says of made pictures, and raises what it says of real ones; the generator's wish is
    the opposite for what it makes."""
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    of_real, of_fake = torch.autograd.grad(critic_loss(kind, real, fake), (real, fake), materialize_grads=True)
    (wish,) = torch.autograd.grad(generator_loss(kind, real, fake), fake)
    assert bool((wish < 0).all()) and bool((of_real < 0).all())
    assert bool((of_fake > 0).all()) or kind is Adversarial.LSGAN  # it is at its aim, 0, already


@pytest.mark.parametrize("kind", Adversarial)
def test_losses_of_several_maps_are_averaged_whatever_their_sizes(kind: Adversarial) -> None:
    torch.manual_seed(0)
    real, fake = ([torch.randn(2, 1, side, side) for side in (5, 2)] for _ in range(2))
    alone = [critic_loss(kind, x, y) for x, y in zip(real, fake, strict=True)]
    assert torch.allclose(critic_loss(kind, real, fake), torch.stack(alone).mean())
    alone = [generator_loss(kind, x, y) for x, y in zip(real, fake, strict=True)]
    assert torch.allclose(generator_loss(kind, real, fake), torch.stack(alone).mean())
    assert torch.equal(critic_loss(kind, real[:1], fake[:1]), critic_loss(kind, real[0], fake[0]))


def test_the_relativistic_loss_does_not_care_where_zero_is() -> None:
    shifted = critic_loss("relativistic", REAL + 7.0, FAKE + 7.0)
    assert torch.allclose(shifted, critic_loss("relativistic", REAL, FAKE))
    assert torch.equal(critic_loss("relativistic", REAL, FAKE), relativistic_average(REAL, FAKE))
    with pytest.raises(ValueError, match="real: the relativistic loss compares"):
        generator_loss("relativistic", None, FAKE)


def test_an_unknown_kind_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="adversarial: 'wgan' is not one of vanilla, lsgan, wgan-gp, relativistic, hi"):
        critic_loss("wgan", REAL, FAKE)
    assert generator_loss("wgan-gp", None, FAKE) == 1.375


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("length", [0.0, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_known(length: float) -> None:
    """C(x) = ⟨w, x⟩ has the slope w everywhere, so the penalty is (‖w‖ - 1)²."""
    w = nn.functional.normalize(torch.randn(3, 8, 8, generator=seeded(0)).flatten(), dim=0).view(3, 8, 8) * length
    w.requires_grad_()
    real, fake = torch.rand(2, 4, 3, 8, 8).unbind()
    penalty = gradient_penalty(lambda x, _: (x * w).sum((1, 2, 3)).view(-1, 1, 1, 1), real, fake, seeded(1))
    assert float(penalty.detach()) == pytest.approx((length - 1.0) ** 2, abs=1e-5)
    penalty.backward()
    assert w.grad is not None and bool(w.grad.isfinite().all())
    if length == 3.0:  # d(‖w‖ - 1)²/dw = 2 (‖w‖ - 1) w/‖w‖
        assert torch.allclose(w.grad, 2.0 * 2.0 * w.detach() / 3.0, atol=1e-5)


def test_the_penalty_looks_between_real_and_made_where_its_generator_says() -> None:
    """C(x) = ½‖x‖² has the slope x: the penalty shows at which places it was asked."""
    real, fake = torch.rand(2, 4, 3, 8, 8).unbind()

    def critic(x: Tensor, condition: Tensor | None) -> Tensor:
        return 0.5 * x.square().sum((1, 2, 3))

    share = torch.rand(4, 1, 1, 1, generator=seeded(3))
    expected = ((share * real + (1.0 - share) * fake).flatten(1).norm(dim=1) - 1.0).square().mean()
    before = torch.random.get_rng_state()
    assert torch.allclose(gradient_penalty(critic, real, fake, seeded(3)), expected, rtol=1e-5)
    assert not torch.allclose(gradient_penalty(critic, real, fake, seeded(4)), expected, rtol=1e-5)
    assert torch.equal(torch.random.get_rng_state(), before)
    one = seeded(3)
    first, second = (float(gradient_penalty(critic, real, fake, one).detach()) for _ in range(2))
    assert first != second


def test_the_penalty_is_of_the_mean_over_places_and_maps_as_the_loss_is() -> None:
    real, fake = torch.rand(2, 2, 3, 8, 8).unbind()

    def critic(x: Tensor, condition: Tensor | None) -> list[Tensor]:
        return [3.0 * x.sum(1, keepdim=True), x.sum((1, 2, 3)).view(-1, 1, 1, 1)]

    slope = torch.full((3, 8, 8), 0.5 * (3.0 / 64 + 1.0))
    expected = (slope.norm() - 1.0).square()
    assert torch.allclose(gradient_penalty(critic, real, fake, seeded(0)), expected, rtol=1e-4)


@pytest.mark.parametrize("kind", ["single", "multiscale", "unet"])
@pytest.mark.parametrize("spectral", [False, True])
def test_the_penalty_trains_every_critic(kind: str, spectral: bool) -> None:
    torch.manual_seed(0)
    critic = make_critic(kind, spectral=spectral, conditional=True, width=4)  # type: ignore[arg-type]
    real, fake, condition = torch.rand(3, 2, 3, 96, 96).unbind()
    fake.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        penalty = gradient_penalty(critic, real, fake, seeded(0), condition)
    penalty.backward()
    assert penalty.dtype == torch.float32 and fake.grad is None
    for name, parameter in critic.named_parameters():
        if "bias" not in name:
            assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, name


def test_pictures_of_two_shapes_have_no_pictures_between_them() -> None:
    with pytest.raises(ValueError, match="real, fake: need one shape"):
        gradient_penalty(lambda x, _: x, torch.rand(2, 3, 8, 8), torch.rand(1, 3, 8, 8), seeded(0))
