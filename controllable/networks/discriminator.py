"""Discriminator: a restored picture beside the photo it was made from → one judgement a pixel, taken or made."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from controllable.networks.generator import haar

MULTIPLE_PX = 16
"""Sides of what it sees are multiples of this."""


class UNetDiscriminator(nn.Module):
    """image, degraded: (B, 3, H, W), RGB, [0, 1], sides multiples of 16 → logits (B, 1, H/2, W/2).

    The U-net with skips of Real-ESRGAN (Wang et al. 2021, section 3.3), spectral norm on every inner convolution
    (Miyato et al. 2018). Two deviations: it sees Haar coefficients on half the grid, which quarters its cost and
    amplifies fine structure; and it sees the degraded photo besides (pix2pix, Isola et al. 2017, section 3.1), as what
    counts as real is this very photo without the named flaws, be there others or not.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        w0, w1, w2, w3 = (width * 2**k for k in range(4))
        self.first = nn.Conv2d(24, w0, 3, padding=1)
        self.down = nn.ModuleList(_normed(a, b, 4, 2) for a, b in ((w0, w1), (w1, w2), (w2, w3)))
        self.up = nn.ModuleList(_normed(a, b, 3, 1) for a, b in ((w3, w2), (w2, w1), (w1, w0)))
        self.last = _normed(w0, w0, 3, 1)
        self.logits = nn.Conv2d(w0, 1, 3, padding=1)

    def forward(self, image: Tensor, degraded: Tensor) -> Tensor:
        if image.shape != degraded.shape or image.shape[-1] % MULTIPLE_PX or image.shape[-2] % MULTIPLE_PX:
            raise ValueError(
                f"image, degraded: need one shape with sides that are multiples of {MULTIPLE_PX}, "
                f"got {tuple(image.shape)} and {tuple(degraded.shape)}"
            )
        with torch.autocast(image.device.type, enabled=False):
            seen = haar(torch.cat((image.float(), degraded.float()), 1))
        x = F.leaky_relu(self.first(seen.contiguous(memory_format=torch.channels_last)), 0.2)
        skips = []
        for convolution in self.down:
            skips.append(x)
            x = F.leaky_relu(convolution(x), 0.2)
        for convolution, skip in zip(self.up, reversed(skips), strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = F.leaky_relu(convolution(x), 0.2) + skip
        return self.logits(F.leaky_relu(self.last(x), 0.2)).float()


def _normed(channels: int, out: int, kernel: int, stride: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(channels, out, kernel, stride, 1, bias=False))


def relativistic_average(better: Tensor, worse: Tensor) -> Tensor:
    """Cross-entropy of "`better` looks more real than `worse` does on average", both ways round.

    Jolicoeur-Martineau 2018, eq. 10 and 11, as ESRGAN uses it (Wang et al. 2018, eq. 1 and 2): the discriminator
    minimises it with the real pictures as `better`, the generator with its own.
    """
    return 0.5 * (F.softplus(-(better - worse.mean())).mean() + F.softplus(worse - better.mean()).mean())
