"""What sits inside the generator's levels: blocks on one grid, modulated by the condition vector."""

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
