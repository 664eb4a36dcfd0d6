"""Critics: a picture, maybe beside what it was made from → maps of logits, high where it looks real.

| kind | one logit sees, px | sides are multiples of, px | sides at least, px | parameters at width 64 |
|---|---|---|---|---|
| single | 70 | 8 | 24 | 2,764,737 |
| multiscale | 70, 141, 283 | 32 | 96 | 8,294,211 |
| unet | 64 | 8 | 8 | 4,378,369 |

No batch norm: it would tie the pictures of a batch together, and the gradient penalty is about each of them (Gulrajani
et al. 2017, section 4); spectral norm takes its place where it is asked for.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from controllable.networks.residual import LINEAR, RECTIFIED, convolution

CriticKind = Literal["single", "multiscale", "unet"]


class Critic(nn.Module, ABC):
    """critic(image, condition) → one or several maps of logits, (B, 1, h, w), fp32; the higher, the more real.

    image, and condition of a conditional critic: (B, 3, H, W), RGB, [0, 1], one shape, sides multiples of `multiple_px`
    and at least `smallest_px`. condition: what the image was made from, on the same grid (Isola et al. 2017, eq. 1).
    Raises ValueError for other shapes, for a condition that is missing and for one that nobody asked for.

    receptive_px: for each map the side of the square that one of its logits sees at most.
    """

    multiple_px: ClassVar[int]
    smallest_px: ClassVar[int]
    receptive_px: ClassVar[tuple[int, ...]]

    def __init__(self, *, conditional: bool) -> None:
        super().__init__()
        self.conditional = conditional

    def forward(self, image: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        if image.ndim != 4 or image.shape[1] != 3:
            raise ValueError(f"image: expected (B, 3, H, W), got {tuple(image.shape)}")
        if any(side % self.multiple_px or side < self.smallest_px for side in image.shape[-2:]):
            raise ValueError(
                f"image: this critic takes sides that are multiples of {self.multiple_px} px and at least "
                f"{self.smallest_px} px, not {image.shape[-2]}×{image.shape[-1]}"
            )
        if (condition is not None) != self.conditional:
            wanted = "a conditional critic needs one" if self.conditional else "this critic takes none"
            raise ValueError(f"condition: {wanted}")
        if condition is not None and condition.shape != image.shape:
            raise ValueError(f"condition: expected {tuple(image.shape)}, as the image, got {tuple(condition.shape)}")
        seen = image if condition is None else torch.cat((image, condition), 1)
        return [logits.float() for logits in self.judge(2.0 * seen.float() - 1.0)]

    @abstractmethod
    def judge(self, seen: Tensor) -> list[Tensor]:
        """seen: (B, 3 or 6, H, W), [-1, 1]."""


class PatchCritic(Critic):
    """PatchGAN (Isola et al. 2017, section 3.2.2 and appendix 6.1.2), 70×70: logits (B, 1, H/8 - 2, W/8 - 2)."""

    multiple_px, smallest_px, receptive_px = 8, 24, (70,)

    def __init__(self, width: int, *, spectral: bool, conditional: bool) -> None:
        super().__init__(conditional=conditional)
        self.layers = _patch_layers(6 if conditional else 3, width, spectral)

    def judge(self, seen: Tensor) -> list[Tensor]:
        return [self.layers(seen)]


class MultiscaleCritic(Critic):
    """Three PatchGANs, on the picture, its half and its quarter (pix2pixHD, Wang et al. 2018, section 3.2): three maps.

    The halves are means of 3×3 pixels, as in the paper's code.
    """

    multiple_px, smallest_px, receptive_px = 32, 96, (70, 141, 283)

    def __init__(self, width: int, *, spectral: bool, conditional: bool) -> None:
        super().__init__(conditional=conditional)
        channels = 6 if conditional else 3
        self.layers = nn.ModuleList(_patch_layers(channels, width, spectral) for _ in range(3))

    def judge(self, seen: Tensor) -> list[Tensor]:
        maps = []
        for scale, layers in enumerate(self.layers):
            if scale:
                seen = F.avg_pool2d(seen, 3, 2, 1, count_include_pad=False)
            maps.append(layers(seen))
        return maps


class UNetCritic(Critic):
    """Real-ESRGAN's U-net with skips (Wang et al. 2021, section 3.3): a logit a pixel, (B, 1, H, W).

    As there, spectral norm, if asked for, leaves out the first and the last convolution.
    """

    multiple_px, smallest_px, receptive_px = 8, 8, (64,)

    def __init__(self, width: int, *, spectral: bool, conditional: bool) -> None:
        super().__init__(conditional=conditional)
        w0, w1, w2, w3 = (width * 2**level for level in range(4))
        self.first = convolution(6 if conditional else 3, w0)
        self.down = nn.ModuleList(_layer(a, b, 4, 2, spectral) for a, b in ((w0, w1), (w1, w2), (w2, w3)))
        self.up = nn.ModuleList(_layer(a, b, 3, 1, spectral) for a, b in ((w3, w2), (w2, w1), (w1, w0)))
        self.last = nn.ModuleList(_layer(w0, w0, 3, 1, spectral) for _ in range(2))
        self.logits = convolution(w0, 1, gain=LINEAR)

    def judge(self, seen: Tensor) -> list[Tensor]:
        x = F.leaky_relu(self.first(seen), 0.2)
        skips = []
        for layer in self.down:
            skips.append(x)
            x = F.leaky_relu(layer(x), 0.2)
        for layer, skip in zip(self.up, reversed(skips), strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = F.leaky_relu(layer(x), 0.2) + skip
        for layer in self.last:
            x = F.leaky_relu(layer(x), 0.2)
        return [self.logits(x)]


def _patch_layers(channels: int, width: int, spectral: bool) -> nn.Sequential:
    """C64-C128-C256-C512 and a convolution to 1 channel; strides 2, 2, 2, 1, 1."""
    layers: list[nn.Module] = []
    for out, stride in ((width, 2), (2 * width, 2), (4 * width, 2), (8 * width, 1)):
        layers += [_layer(channels, out, 4, stride, spectral), nn.LeakyReLU(0.2)]
        channels = out
    return nn.Sequential(*layers, _layer(channels, 1, 4, 1, spectral, gain=LINEAR))


def _layer(channels: int, out: int, kernel: int, stride: int, spectral: bool, gain: float = RECTIFIED) -> nn.Module:
    layer = convolution(channels, out, kernel, stride=stride, gain=gain)
    return spectral_norm(layer) if spectral else layer


CRITICS: dict[str, type[PatchCritic] | type[MultiscaleCritic] | type[UNetCritic]] = {
    "single": PatchCritic,
    "multiscale": MultiscaleCritic,
    "unet": UNetCritic,
}
"""Kind → class, of which a check may ask `multiple_px` and `smallest_px` before there is a critic."""


def make_critic(kind: CriticKind, *, spectral: bool, conditional: bool, width: int) -> Critic:
    """A critic of one kind in `CRITICS`.

    spectral: divide every convolution's weights, as a matrix (O, I·h·w), by their largest singular value (Miyato et al.
    2018, eq. 8), found by a step of the power iteration each time the critic is asked in training (algorithm 1).
    conditional: it also sees what the image was made from. width: channels after its first convolution; papers have 64.
    Raises ValueError for an unknown kind and a width below 1.
    """
    if kind not in CRITICS:
        raise ValueError(f"critic: {kind!r} is not one of {', '.join(get_args(CriticKind))}")
    if width < 1:
        raise ValueError(f"width: must be at least 1, not {width}")
    return CRITICS[kind](width, spectral=spectral, conditional=conditional)
