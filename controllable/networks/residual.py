"""What every backbone shares: bicubically enlarged picture + residual; and blocks that see nothing but their pixels.

There is no batch norm anywhere. It mixes the pictures of a batch, so that no picture has a gradient of its own for
differentially private training to clip (DP-SGD, Abadi et al. 2016, algorithm 1); its statistics are noise in the small
batches that two cores can afford; and restoration gains from leaving it out (EDSR, Lim et al. 2017, section 3.1;
ESRGAN, Wang et al. 2018, section 3.1). The size of the signal, which it held, is held by small residual branches here.
"""

import math
from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.image.resize import resize

RECTIFIED, LINEAR, BRANCH, ZERO = math.sqrt(2.0), 1.0, 0.2, 0.0
"""Gains of `convolution`: before a rectifier (He et al. 2015, eq. 10); before none; the end of a residual branch, a
fifth (ESRGAN, Wang et al. 2018, section 3.1); the end of a network that at first shall add nothing."""


def convolution(
    channels: int, out: int, kernel: int = 3, *, stride: int = 1, groups: int = 1, gain: float = RECTIFIED
) -> nn.Conv2d:
    """(B, channels, H, W) → (B, out, ⌈H/stride⌉, ⌈W/stride⌉) for odd kernels, and for kernel 4 with stride 2 and even
    sides; zeros around, biases 0, weights N(0, gain²/fan-in) (He et al. 2015, "Delving deep into rectifiers")."""
    made = nn.Conv2d(channels, out, kernel, stride, (kernel - 1) // 2, groups=groups)
    assert made.bias is not None
    nn.init.normal_(made.weight, std=gain / math.sqrt(made.weight[0].numel()))
    nn.init.zeros_(made.bias)
    return made


class ResidualNetwork(nn.Module, ABC):
    """image: (B, 3, H, W), RGB, [0, 1], any H and W → (B, 3, s·H, s·W), fp32, not clipped: by `resize`, + a residual.

    A subclass says what `residual` makes of `seen`, the picture minus ½: of the small one, with sides h and w that are
    multiples of `multiple`, (B, 3, s·h, s·w); where `sees_enlarged`, of the enlarged one, the same size. The last row
    and column are repeated up to that multiple, and what lies beyond the picture is cut off again.

    Raises ValueError for an image of another shape.
    """

    def __init__(self, scale: int, *, multiple: int = 1, sees_enlarged: bool = False) -> None:
        super().__init__()
        self.scale, self.multiple, self.sees_enlarged = scale, multiple, sees_enlarged

    def forward(self, image: Tensor) -> Tensor:
        enlarged, seen = self.views(image)
        return self.added(enlarged, self.residual(seen))

    @abstractmethod
    def residual(self, seen: Tensor) -> Tensor:
        """What is added to the enlarged picture; see the class."""

    def views(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image, as the class takes it → enlarged, (B, 3, s·H, s·W), and `seen`, which `residual` is shown; fp32."""
        if image.ndim != 4 or image.shape[1] != 3 or 0 in image.shape:
            raise ValueError(f"image: expected (B, 3, H, W), got {tuple(image.shape)}")
        height, width = image.shape[-2:]
        with torch.autocast(image.device.type, enabled=False):
            image = image.float()
            enlarged = image if self.scale == 1 else resize(image, (self.scale * height, self.scale * width))
        seen = enlarged if self.sees_enlarged else image
        below, right = (-side % self.multiple for side in seen.shape[-2:])
        seen = F.pad(seen, (0, right, 0, below), mode="replicate") - 0.5
        return enlarged, seen.contiguous(memory_format=torch.channels_last)

    def added(self, enlarged: Tensor, residual: Tensor) -> Tensor:
        """enlarged + residual, whose bottom and right may lie beyond the picture; both (B, 3, …)."""
        height, width = enlarged.shape[-2:]
        return enlarged + residual[..., :height, :width].float()


class ResidualBlock(nn.Module):
    """SRResNet's block (Ledig et al. 2017, fig. 4): two 3×3 convolutions, PReLU between; (B, C, H, W) → the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(convolution(width, width), nn.PReLU(), convolution(width, width, gain=BRANCH))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class DenseBlock(nn.Module):
    """Five 3×3 convolutions, each of which sees all before it, growth ½·C, times β = 0.2 (ESRGAN, Wang et al. 2018,
    fig. 4; 64 and 32 channels there); (B, C, H, W) → the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        growth = width // 2
        self.inner = nn.ModuleList(convolution(width + k * growth, growth) for k in range(4))
        self.last = convolution(width + 4 * growth, width, gain=LINEAR)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for layer in self.inner:
            seen = torch.cat((seen, F.leaky_relu(layer(seen), 0.2)), 1)
        return x + 0.2 * self.last(seen)


class DenseResidualBlock(nn.Module):
    """ESRGAN's RRDB: three `DenseBlock`s within one more residual, β = 0.2 (fig. 4); (B, C, H, W) → the same.

    The outer sum adds what the three added, not their own skips once more, or the signal would grow by 1.2 a block.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(*(DenseBlock(width) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * (self.branch(x) - x)


class InvertedResidual(nn.Module):
    """MobileNetV2's block (Sandler et al. 2018, fig. 4d): 1×1 to `expansion`·C, 3×3 on each channel apart, 1×1 back
    without a rectifier, which would lose what lies in few channels (section 3.2); (B, C, H, W) → the same.

    expansion: 6 in the paper's networks, though section 3.3 finds smaller ones better for smaller networks. Here these
    channels lie on the photo's own grid, where a CPU waits for memory: with 4 the block takes as long as a plain one.
    """

    def __init__(self, width: int, expansion: int = 2) -> None:
        super().__init__()
        inside = expansion * width
        self.branch = nn.Sequential(
            convolution(width, inside, 1),
            nn.ReLU6(),
            convolution(inside, inside, groups=inside),
            nn.ReLU6(),
            convolution(inside, width, 1, gain=BRANCH),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class ShuffleUnit(nn.Module):
    """ShuffleNet V2's basic unit (Ma et al. 2018, fig. 3c): half of the channels pass as they are, the others through
    1×1, 3×3 on each apart, 1×1; then both are interleaved. (B, C, H, W), C even → the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.branch = nn.Sequential(
            convolution(half, half, 1),
            nn.ReLU(),
            convolution(half, half, groups=half, gain=LINEAR),
            convolution(half, half, 1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        kept, changed = x.chunk(2, 1)
        return torch.stack((kept, self.branch(changed)), 2).flatten(1, 2)
