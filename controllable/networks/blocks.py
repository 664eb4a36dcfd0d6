"""What sits inside the generator's levels: blocks on one grid, modulated by the condition vector.

No block looks further than its convolutions do, so tiles of a photo agree with the whole of it; what a block knows of
the whole comes with the condition.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Modulation(nn.Module):
    """Feature-wise scale and shift, x·(1 + γ) + β (Perez et al., "FiLM", 2018, eq. 2)."""

    def __init__(self, condition: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(condition, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.linear(condition)[:, :, None, None].chunk(2, 1)
        return torch.addcmul(shift.to(x.dtype), x, (1.0 + scale).to(x.dtype))


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of every pixel (Ba et al. 2016; NAFNet, Chen et al. 2022, section 3.1)."""

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        channels_last = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, weight, bias, self.eps)
        return channels_last.permute(0, 3, 1, 2)


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions, no normalisation (EDSR, Lim et al. 2017), modulated between them."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.modulation = Modulation(condition, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        hidden = F.leaky_relu_(self.modulation(self.first(x), condition), 0.1)
        return x + self.second(hidden)

    def last_of_branches(self) -> tuple[nn.Conv2d, ...]:
        return (self.second,)


class DenseBlock(nn.Module):
    """The residual dense block of ESRGAN's trunk (Wang et al. 2018, fig. 4) with three convolutions, modulated."""

    def __init__(self, channels: int, growth: int, condition: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, growth, 3, padding=1)
        self.second = nn.Conv2d(channels + growth, growth, 3, padding=1)
        self.third = nn.Conv2d(channels + 2 * growth, channels, 3, padding=1)
        self.modulation = Modulation(condition, growth)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        a = F.leaky_relu_(self.modulation(self.first(x), condition), 0.1)
        b = F.leaky_relu_(self.second(torch.cat((x, a), 1)), 0.1)
        return x + self.third(torch.cat((x, a, b), 1))

    def last_of_branches(self) -> tuple[nn.Conv2d, ...]:
        return (self.third,)


class GatedBlock(nn.Module):
    """NAFNet's block (Chen et al., "Simple baselines for image restoration", 2022, fig. 3c), modulated.

    Its channel attention (eq. 5) is a weight per channel from the mean of the features. Here the modulation is that
    weight, from the condition, which has read the whole photo's thumbnail: a mean would differ from tile to tile.
    """

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.depthwise = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
        self.attention = Modulation(condition, channels)
        self.project = nn.Conv2d(channels, channels, 1)
        self.norm_mixing = ChannelNorm(channels)
        self.mix = nn.Conv2d(channels, 2 * channels, 1)
        self.project_mixing = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gated = simple_gate(self.depthwise(self.expand(self.norm(x))))
        x = x + self.project(self.attention(gated, condition))
        return x + self.project_mixing(simple_gate(self.mix(self.norm_mixing(x))))

    def last_of_branches(self) -> tuple[nn.Conv2d, ...]:
        return (self.project, self.project_mixing)


def simple_gate(x: Tensor) -> Tensor:
    """(B, 2·C, H, W) → (B, C, H, W), one half times the other (NAFNet, eq. 4)."""
    a, b = x.chunk(2, 1)
    return a * b


class InvertedBlock(nn.Module):
    """MobileNetV2's inverted residual (Sandler et al. 2018, fig. 4d), twice as wide inside, modulated."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.depthwise = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
        self.modulation = Modulation(condition, 2 * channels)
        self.project = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        hidden = self.depthwise(F.leaky_relu_(self.expand(x), 0.1))
        return x + self.project(F.leaky_relu_(self.modulation(hidden, condition), 0.1))

    def last_of_branches(self) -> tuple[nn.Conv2d, ...]:
        return (self.project,)


Block = ResidualBlock | DenseBlock | GatedBlock | InvertedBlock
BLOCKS: dict[str, type[ResidualBlock] | type[GatedBlock] | type[InvertedBlock]] = {
    "plain": ResidualBlock,
    "naf": GatedBlock,
    "mobile": InvertedBlock,
}
"""What `Generator(block=...)` may be. With "plain" the trunk is of `DenseBlock`s, otherwise of the same blocks."""


def make_blocks(block: str, count: int, channels: int, condition: int) -> nn.ModuleList:
    """`count` blocks of one name in `BLOCKS`."""
    kind = BLOCKS[block]
    return nn.ModuleList(kind(channels, condition) for _ in range(count))


def make_trunk(block: str, count: int, channels: int, growth: int, condition: int) -> nn.ModuleList:
    """The same for the lowest level; `growth` counts for "plain" only."""
    if block == "plain":
        return nn.ModuleList(DenseBlock(channels, growth, condition) for _ in range(count))
    return make_blocks(block, count, channels, condition)


def linear_convolutions(module: nn.Module) -> set[nn.Conv2d]:
    """Those of `GatedBlock`s: no rectifier halves the signal after them."""
    gated = (block for block in module.modules() if isinstance(block, GatedBlock))
    return {child for block in gated for child in block.children() if isinstance(child, nn.Conv2d)}
