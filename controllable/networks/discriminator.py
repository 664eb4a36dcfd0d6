"""Discriminator: pictures → one judgement a pixel, real or made."""

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class UNetDiscriminator(nn.Module):
    """image (B, 3, H, W), RGB, [0, 1], sides multiples of 8 → logits (B, 1, H/2, W/2).

    The U-net with skips of Real-ESRGAN (Wang et al. 2021, section 3.2), spectral norm on every inner convolution
    (Miyato et al. 2018), begun on 2×2 pixels unshuffled, which quarters its cost: structure finer than that still
    reaches the first convolution.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w0, w1, w2 = width, 2 * width, 4 * width
        self.first = nn.Conv2d(12, w0, 3, padding=1)
        self.down0 = spectral_norm(nn.Conv2d(w0, w1, 4, 2, 1, bias=False))
        self.down1 = spectral_norm(nn.Conv2d(w1, w2, 4, 2, 1, bias=False))
        self.up1 = spectral_norm(nn.Conv2d(w2, w1, 3, padding=1, bias=False))
        self.up0 = spectral_norm(nn.Conv2d(w1, w0, 3, padding=1, bias=False))
        self.last = nn.Sequential(
            spectral_norm(nn.Conv2d(w0, w0, 3, padding=1, bias=False)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(w0, 1, 3, padding=1),
        )

    def forward(self, image: Tensor) -> Tensor:
        x0 = F.leaky_relu(self.first(F.pixel_unshuffle(2.0 * image - 1.0, 2)), 0.2)
        x1 = F.leaky_relu(self.down0(x0), 0.2)
        x2 = F.leaky_relu(self.down1(x1), 0.2)
        x1 = x1 + F.leaky_relu(self.up1(_enlarge(x2)), 0.2)
        x0 = x0 + F.leaky_relu(self.up0(_enlarge(x1)), 0.2)
        return self.last(x0)


def _enlarge(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def relativistic_average(better: Tensor, worse: Tensor) -> Tensor:
    """Cross-entropy of "`better` looks more real than `worse` does on average", both ways round.

    Jolicoeur-Martineau 2018, eq. 10 and 11, as ESRGAN uses it (Wang et al. 2018, eq. 1 and 2): the discriminator
    minimises it with the real pictures as `better`, the generator with its own.
    """
    return 0.5 * (F.softplus(-(better - worse.mean())).mean() + F.softplus(worse - better.mean()).mean())
