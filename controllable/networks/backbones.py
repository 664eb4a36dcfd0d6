"""Backbones: what a recipe may train to turn a photo, or a small one, into a better or larger one.

What they cost at width 32 with 4 blocks and scales 1 and 4: parameters; multiplications and additions of convolutions a
pixel that comes out; seconds for 256×256 of them on one core with AVX-512 in fp32, the shortest of five runs. (A test
counts the first two anew.)

| | parameters, ×1 | operations, ×1 | seconds, ×1 | parameters, ×4 | operations, ×4 | seconds, ×4 |
|---|---|---|---|---|---|---|
| rrdb | 771,715 | 135.9 k | 0.11 | 758,755 | 134.3 k | 0.11 |
| resnet | 98,824 | 197.0 k | 0.20 | 172,810 | 49.9 k | 0.08 |
| mobilenet | 22,147 | 42.9 k | 0.11 | 35,152 | 4.3 k | 0.01 |
| shufflenet | 5,635 | 10.8 k | 0.03 | 18,640 | 2.3 k | 0.01 |
| unet | 3,881,539 | 539.5 k | 0.36 | 3,881,539 | 539.5 k | 0.36 |
| pyramid | 1,268,484 | 71.8 k | 0.07 | 1,268,484 | 71.8 k | 0.07 |

Without what surrounds the blocks, costs grow with their number and with width².
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.networks.pyramid import Pyramid
from controllable.networks.residual import (
    LINEAR,
    ZERO,
    DenseResidualBlock,
    InvertedResidual,
    ResidualBlock,
    ResidualNetwork,
    ShuffleUnit,
    convolution,
)
from controllable.task import SCALES

_OCTAVES = {1: 0, 2: 1, 4: 2, 8: 3}


class Trunk(ResidualNetwork):
    """stem → blocks, with a convolution and a skip around all of them → tail, on the small picture's grid.

    The skeleton of SRResNet (Ledig et al. 2017, fig. 4), which ESRGAN keeps (Wang et al. 2018, fig. 3). tail: ends with
    3 channels on a grid `scale` times as fine as the blocks', `fold`·`scale` where the picture was folded.
    fold: the blocks' grid is so many times coarser than the picture's, its pixels being channels (pixel-unshuffle).
    """

    def __init__(
        self, scale: int, stem: nn.Module, blocks: nn.Module, merge: nn.Module, tail: nn.Module, fold: int = 1
    ) -> None:
        super().__init__(scale, multiple=fold)
        self.stem, self.blocks, self.merge, self.tail = stem, blocks, merge, tail

    def residual(self, seen: Tensor) -> Tensor:
        features = self.stem(F.pixel_unshuffle(seen, self.multiple))
        return self.tail(features + self.merge(self.blocks(features)))


class UNet(ResidualNetwork):
    """The U-net (Ronneberger et al. 2015, fig. 1), halved three times, not four, on the picture in its final size.

    blocks: 3×3 convolutions on each level, down and up again; 2 in the paper. Unlike there the borders are padded, so
    nothing is cut from the skips; its 2×2 up-convolutions are written as what they are, 1×1 and pixel-shuffle.
    """

    def __init__(self, scale: int, width: int, blocks: int, channels: int = 3) -> None:
        super().__init__(scale, multiple=8, sees_enlarged=True)
        widths = [width * 2**level for level in range(4)]
        self.down = nn.ModuleList(_stack(a, b, blocks) for a, b in zip([channels, *widths[:-1]], widths, strict=True))
        self.up = nn.ModuleList(
            nn.Sequential(convolution(2 * w, 4 * w, 1, gain=LINEAR), nn.PixelShuffle(2)) for w in reversed(widths[:-1])
        )
        self.merge = nn.ModuleList(_stack(2 * w, w, blocks) for w in reversed(widths[:-1]))
        self.last = convolution(width, 3, 1, gain=ZERO)

    def residual(self, seen: Tensor) -> Tensor:
        x = self.down[0](seen)
        skips = []
        for level in self.down[1:]:
            skips.append(x)
            x = level(F.max_pool2d(x, 2))
        for up, merge, skip in zip(self.up, self.merge, reversed(skips), strict=True):
            x = merge(torch.cat((skip, up(x)), 1))
        return self.last(x)


def _stack(channels: int, out: int, count: int) -> nn.Sequential:
    layers = [(convolution(channels if k == 0 else out, out), nn.ReLU()) for k in range(count)]
    return nn.Sequential(*(part for pair in layers for part in pair))


def _rrdb(scale: int, width: int, blocks: int, channels: int = 3) -> ResidualNetwork:
    """ESRGAN's generator. At scales 1 and 2 the picture is folded first, so that the blocks work on a grid four times
    coarser than the final one, as at scale 4 (Real-ESRGAN, Wang et al. 2021, section 3.3)."""
    fold = max(1, 4 // scale)
    upsampling: list[nn.Module] = []
    for _ in range(_OCTAVES[fold * scale]):
        upsampling += [nn.Upsample(scale_factor=2, mode="nearest"), convolution(width, width), nn.LeakyReLU(0.2)]
    last = convolution(width, width), nn.LeakyReLU(0.2), convolution(width, 3, gain=ZERO)
    return Trunk(
        scale, convolution(channels * fold**2, width, gain=LINEAR), _repeated(DenseResidualBlock, width, blocks),
        convolution(width, width, gain=LINEAR), nn.Sequential(*upsampling, *last), fold,
    )  # fmt: skip


def _resnet(scale: int, width: int, blocks: int, channels: int = 3) -> ResidualNetwork:
    """SRResNet (Ledig et al. 2017, fig. 4); at scale 1 the same without its sub-pixel convolutions."""
    upsampling: list[nn.Module] = []
    for _ in range(_OCTAVES[scale]):
        upsampling += [convolution(width, 4 * width), nn.PixelShuffle(2), nn.PReLU()]
    return Trunk(
        scale, nn.Sequential(convolution(channels, width, 9), nn.PReLU()), _repeated(ResidualBlock, width, blocks),
        convolution(width, width, gain=LINEAR), nn.Sequential(*upsampling, convolution(width, 3, 9, gain=ZERO)),
    )  # fmt: skip


def _light(block: Callable[[int], nn.Module]) -> Callable[[int, int, int, int], ResidualNetwork]:
    """Cheap blocks, and a single sub-pixel convolution at the end (ESPCN, Shi et al. 2016, eq. 3)."""

    def make(scale: int, width: int, blocks: int, channels: int = 3) -> ResidualNetwork:
        tail = nn.Sequential(convolution(width, 3 * scale**2, gain=ZERO), nn.PixelShuffle(scale))
        merge = convolution(width, width, 1, gain=LINEAR)
        return Trunk(scale, convolution(channels, width, gain=LINEAR), _repeated(block, width, blocks), merge, tail)

    return make


def _repeated(block: Callable[[int], nn.Module], width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(block(width) for _ in range(count)))


BACKBONES: dict[str, Callable[[int, int, int, int], ResidualNetwork]] = {
    "rrdb": _rrdb,
    "resnet": _resnet,
    "mobilenet": _light(InvertedResidual),
    "shufflenet": _light(ShuffleUnit),
    "unet": UNet,
    "pyramid": Pyramid,
}
"""Name → (scale, width, blocks, channels) → network. `make_backbone` checks what it is given."""


def make_backbone(name: str, *, scale: int, width: int, blocks: int, channels: int = 3) -> ResidualNetwork:
    """A network of one kind: image (B, 3, H, W), RGB, [0, 1], any size → (B, 3, scale·H, scale·W), not clipped.

    Untrained it returns the bicubic enlargement (`image.resize.resize`); at scale 1 the picture itself.

    name: one of `BACKBONES`. scale: 1, 2, 4 or 8. width: channels on the finest level, even, at least 4. blocks: how
    many in a row, at least 1; for `unet` convolutions a level and for `pyramid` blocks a level. channels: what
    `residual` is shown; a network that is called with pictures has 3.
    Raises ValueError for anything else.
    """
    if name not in BACKBONES:
        raise ValueError(f"backbone: {name!r} is not one of {', '.join(BACKBONES)}")
    if scale not in SCALES:
        raise ValueError(f"scale: {scale!r} is not one of {', '.join(map(str, SCALES))}")
    if width < 4 or width % 2:
        raise ValueError(f"width: must be even and at least 4, not {width}")
    if blocks < 1:
        raise ValueError(f"blocks: must be at least 1, not {blocks}")
    return BACKBONES[name](scale, width, blocks, channels)
