"""Backbones: untrained they enlarge and nothing else, they take any size, and cost what their table says."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from controllable.image.resize import resize
from controllable.networks import backbones
from controllable.networks.backbones import BACKBONES, make_backbone
from controllable.networks.residual import (
    DenseResidualBlock,
    InvertedResidual,
    ResidualBlock,
    ResidualNetwork,
    ShuffleUnit,
    convolution,
)
from controllable.task import SCALES
from tests.photo import photo_tensor


def small(name: str, scale: int, blocks: int = 1) -> ResidualNetwork:
    torch.manual_seed(0)
    return make_backbone(name, scale=scale, width=8, blocks=blocks)


def woken(network: ResidualNetwork) -> ResidualNetwork:
    """As after some training: no weight is 0 any more."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(19, 13), (1, 7), (16, 32)])
def test_an_untrained_backbone_returns_the_bicubic_enlargement(name: str, scale: int, size: tuple[int, int]) -> None:
    image = torch.rand(2, 3, *size)
    output = small(name, scale)(image)
    enlarged = image if scale == 1 else resize(image, (scale * size[0], scale * size[1]))
    assert output.dtype == torch.float32 and torch.equal(output, enlarged)


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("scale", SCALES)
def test_every_weight_learns_once_the_last_one_is_awake(name: str, scale: int) -> None:
    network = woken(small(name, scale))
    output = network(torch.rand(2, 3, 9, 11))
    assert output.shape == (2, 3, 9 * scale, 11 * scale)
    output.square().sum().backward()
    silent = {n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)}
    assert all(n.startswith("kernel_head") for n in silent)


@pytest.mark.parametrize(("name", "multiple"), [("rrdb", 4), ("unet", 8), ("pyramid", 16)])
def test_what_is_padded_inside_is_the_border_repeated(name: str, multiple: int) -> None:
    network, image = woken(small(name, 1)), torch.rand(1, 3, 2 * multiple - 3, 3 * multiple - 1)
    assert network.multiple == multiple
    padded = nn.functional.pad(image, (0, 1, 0, 3), mode="replicate")
    height, width = image.shape[-2:]
    assert torch.allclose(network(image) - image, (network(padded) - padded)[..., :height, :width], atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_learns_to_sharpen(name: str) -> None:
    """Within a hundred steps it gains half a decibel on the one picture it sees."""
    network, clean = small(name, 2), photo_tensor(32, 32)
    image = resize(clean, (16, 16))
    stepper = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(100):
        stepper.zero_grad()
        loss = (network(image) - clean).square().mean()
        loss.backward()
        stepper.step()
        losses.append(float(loss.detach()))
    assert min(losses[-10:]) < 0.89 * losses[0]


@pytest.mark.parametrize("name", BACKBONES)
def test_pictures_of_a_batch_do_not_touch_each_other(name: str) -> None:
    """So no batch norm is hidden anywhere, in training either."""
    network, images = woken(small(name, 2)).train(), torch.rand(3, 3, 12, 10)
    assert not any("BatchNorm" in type(module).__name__ for module in network.modules())
    together = network(images)
    apart = torch.cat([network(image[None]) for image in images])
    assert torch.allclose(together, apart, atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_deep_backbones_keep_the_size_of_their_signal(name: str) -> None:
    """Without normalisation: after twelve blocks features are neither gone nor exploded."""
    torch.manual_seed(0)
    network = make_backbone(name, scale=1, width=16, blocks=3 if name == "unet" else 12)
    ends: list[Tensor] = []
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    last.register_forward_pre_hook(lambda _, inputs: ends.append(inputs[0]))
    network(torch.rand(2, 3, 32, 32))
    assert 0.03 < float(ends[0].detach().square().mean().sqrt()) < 30.0


@pytest.mark.parametrize("block", [ResidualBlock, DenseResidualBlock, InvertedResidual, ShuffleUnit])
def test_blocks_keep_shape_and_pass_the_signal_on(block: type[nn.Module]) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 16, 9, 7)
    out = block(16)(x).detach()
    assert out.shape == x.shape and 0.3 < float(out.std() / x.std()) < 3.0


def test_a_shuffle_unit_passes_every_second_channel_unchanged() -> None:
    x = torch.randn(1, 8, 5, 5)
    assert torch.equal(ShuffleUnit(8)(x)[:, ::2], x[:, :4])


def test_convolutions_begin_with_the_variance_that_is_asked_for() -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 64, 32, 32)
    for gain in (1.0, 0.2):
        out = convolution(64, 64, gain=gain)(x).detach()[..., 1:-1, 1:-1]
        assert float(out.std()) == pytest.approx(gain, rel=0.05)
    assert not convolution(8, 8, gain=0.0)(x[:, :8]).any()


def rows() -> list[list[str]]:
    lines = [line for line in (backbones.__doc__ or "").splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_lists_all_backbones() -> None:
    assert [row[0] for row in rows()] == list(BACKBONES)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_backbones_cost_what_the_table_says(row: list[str]) -> None:
    for scale, parameters, operations in ((1, row[1], row[2]), (4, row[4], row[5])):
        network = make_backbone(row[0], scale=scale, width=32, blocks=4)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.rand(1, 3, 64 // scale, 64 // scale))
        assert f"{sum(p.numel() for p in network.parameters()):,}" == parameters
        assert f"{counter.get_total_flops() / 64**2 / 1000:.1f} k" == operations


@pytest.mark.parametrize(
    ("name", "scale", "width", "blocks", "sentence"),
    [
        ("vgg", 2, 8, 1, "backbone: 'vgg' is not one of rrdb, resnet, mobilenet, shufflenet, unet, pyramid"),
        ("rrdb", 3, 8, 1, "scale: 3 is not one of 1, 2, 4, 8"),
        ("shufflenet", 2, 7, 1, "width: must be even and at least 4, not 7"),
        ("resnet", 2, 8, 0, "blocks: must be at least 1, not 0"),
    ],
)
def test_senseless_backbones_are_refused(name: str, scale: int, width: int, blocks: int, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_backbone(name, scale=scale, width=width, blocks=blocks)


def test_pictures_of_another_shape_are_refused() -> None:
    for wrong in (torch.rand(3, 8, 8), torch.rand(1, 4, 8, 8), torch.rand(1, 3, 0, 8)):
        with pytest.raises(ValueError, match=r"image: expected \(B, 3, H, W\)"):
            small("resnet", 2)(wrong)


def test_under_autocast_the_enlargement_stays_exact() -> None:
    image = torch.rand(1, 3, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        output = small("rrdb", 4)(image)
    assert output.dtype == torch.float32 and torch.equal(output, resize(image, (32, 32)))
