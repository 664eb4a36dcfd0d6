"""The feature-pyramid backbone of deblurring: sees blur of every size at once, and can tell its kernel."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.networks.residual import LINEAR, ZERO, InvertedResidual, ResidualNetwork, convolution

KERNEL_PX = 31
"""Side of the kernel that is estimated; the degradations blur with paths of 24 px and Gaussians of σ = 4 px at most."""


class Pyramid(ResidualNetwork):
    """DeblurGAN-v2's generator (Kupyn et al. 2019, section 3.1), small: the picture enlarged to its final size →
    features on 1/2, 1/4, 1/8, 1/16 of its grid → the coarse ones added to the finer ones on the way back → all of them
    brought to 1/4 and merged → two upsamplings → residual.

    Deviations: the features are inverted residuals, `blocks` on each level, that have learned nothing on ImageNet; four
    levels, not five, as crops of 96 px have 3 px left on a fifth; no normalisation (see `residual`).

    `restore` gives besides an estimate of the blur's kernel, from the coarsest features: not in the paper, and for a
    loss that blurs the answer again.
    """

    def __init__(self, scale: int, width: int, blocks: int, channels: int = 3) -> None:
        super().__init__(scale, multiple=16, sees_enlarged=True)
        w1, w2, w3, w4 = width, 2 * width, 4 * width, 4 * width
        self.down = nn.ModuleList(
            nn.Sequential(
                convolution(a, b, 4, stride=2), nn.LeakyReLU(0.2), *(InvertedResidual(b) for _ in range(blocks))
            )
            for a, b in ((channels, w1), (w1, w2), (w2, w3), (w3, w4))
        )
        self.lateral = nn.ModuleList(convolution(w, w2, 1, gain=LINEAR) for w in (w2, w3, w4))
        self.levels = nn.ModuleList(nn.Sequential(convolution(w2, w1), nn.LeakyReLU(0.2)) for _ in range(3))
        self.merge = nn.Sequential(convolution(3 * w1, w1), nn.LeakyReLU(0.2))
        self.at_half = nn.Sequential(convolution(w1, w1), nn.LeakyReLU(0.2))
        self.at_full = nn.Sequential(convolution(w1, w1), nn.LeakyReLU(0.2), convolution(w1, 3, gain=ZERO))
        self.kernel_head = KernelHead(w4)

    def residual(self, seen: Tensor) -> Tensor:
        return self._top_down(self._bottom_up(seen))

    def restore(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """What calling the network returns, and the kernel (B, 1, 31, 31), not negative, sum 1, in the output's pixels.

        image: (B, 3, H, W), RGB, [0, 1]. Untrained, every kernel is flat.
        """
        enlarged, seen = self.views(image)
        features = self._bottom_up(seen)
        return self.added(enlarged, self._top_down(features)), self.kernel_head(features[-1])

    def _bottom_up(self, seen: Tensor) -> list[Tensor]:
        features, x = [], seen
        for level in self.down:
            x = level(x)
            features.append(x)
        return features

    def _top_down(self, features: list[Tensor]) -> Tensor:
        half, *rest = features
        size = rest[0].shape[-2:]
        quarter: list[Tensor] = []
        coarser: Tensor | None = None
        for x, lateral, level in zip(reversed(rest), reversed(self.lateral), reversed(self.levels), strict=True):
            x = lateral(x)
            coarser = x if coarser is None else x + F.interpolate(coarser, scale_factor=2, mode="nearest")
            quarter.append(F.interpolate(level(coarser), size=size, mode="nearest"))
        x = self.merge(torch.cat(quarter, 1))
        x = self.at_half(F.interpolate(x, scale_factor=2, mode="nearest") + half)
        return self.at_full(F.interpolate(x, scale_factor=2, mode="nearest"))


class KernelHead(nn.Module):
    """features (B, C, h, w), any size → kernel (B, 1, 31, 31), fp32, not negative, sum 1: a softmax over its places."""

    def __init__(self, channels: int, inside: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * channels, inside), nn.LeakyReLU(0.2), nn.Linear(inside, KERNEL_PX * KERNEL_PX)
        )
        for value in self.layers[-1].parameters():
            nn.init.zeros_(value)

    def forward(self, features: Tensor) -> Tensor:
        pooled = torch.cat((features.mean((2, 3)), features.amax((2, 3))), 1)
        return self.layers(pooled).float().softmax(1).view(-1, 1, KERNEL_PX, KERNEL_PX)
