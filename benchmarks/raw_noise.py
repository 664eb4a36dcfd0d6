"""Noise as a camera's processing leaves it: display values → raw → noise → display values.

BSRGAN's sensor noise (Zhang et al. 2021, section 3.3) is that of Brooks et al., "Unprocessing images for learned raw
denoising", 2019, whose equations these are.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.chain_parts import uniform

SHOT = (0.0001, 0.012)
"""Variance per unit of light, drawn log-uniformly; Brooks et al., section 3.1."""
READ_SLOPE, READ_OFFSET, READ_DEVIATION = 2.18, 1.20, 0.26
"""Of the logarithm of the read noise's variance against that of the shot noise; ibid."""
RED_GAIN, BLUE_GAIN = (1.9, 2.4), (1.5, 1.9)
"""White balance; ibid., section 3.2."""
GAMMA = 2.2
CROSSTALK = (0.2, 0.6)
"""How much the camera's colours are mixed: ours, in place of four cameras' matrices, which are no paper's formula."""


def add_sensor_noise(image: Tensor, generator: torch.Generator) -> Tensor:
    """(1, 3, H, W), RGB, [0, 1], at least 2 px a side → the same with processed raw noise.

    Brooks et al., section 3: tone curve (their smoothstep), gamma, colour matrix, exposure and white balance are
    undone, a Bayer mosaic is taken, shot and read noise are added, and all is done again. Deviations: one tone curve
    (201 measured ones in BSRGAN), a made-up colour matrix, bilinear demosaicing, gains clipped at white without the
    soft shoulder of eq. 4.
    """
    mix = _colour_matrix(uniform(generator, *CROSSTALK))
    exposure = 1.0 / (0.8 + 0.1 * float(torch.randn((), generator=generator).clamp(-3.0, 3.0)))
    gains = torch.tensor([uniform(generator, *RED_GAIN), 1.0, uniform(generator, *BLUE_GAIN)]) * exposure
    shot = math.exp(uniform(generator, *(math.log(value) for value in SHOT)))
    spread = READ_DEVIATION * float(torch.randn((), generator=generator))
    read = math.exp(READ_SLOPE * math.log(shot) + READ_OFFSET + spread)

    linear = (0.5 - torch.sin(torch.asin(1.0 - 2.0 * image.clamp(0.0, 1.0)) / 3.0)).clamp_min(1e-8) ** GAMMA
    raw = torch.einsum("rc,bchw->brhw", torch.linalg.inv(mix), linear) / gains.view(1, 3, 1, 1)
    raw = raw.clamp(0.0, 1.0)
    raw = raw + (shot * raw + read).sqrt() * torch.randn(raw.shape, generator=generator)
    balanced = (_demosaic(raw) * gains.view(1, 3, 1, 1)).clamp(0.0, 1.0)
    display = torch.einsum("rc,bchw->brhw", mix, balanced).clamp(1e-8, 1.0) ** (1.0 / GAMMA)
    return (3.0 * display**2 - 2.0 * display**3).clamp(0.0, 1.0)


def _colour_matrix(strength: float) -> Tensor:
    """Camera to display colours: (3, 3), rows summing to 1, more saturated the larger the strength."""
    return (1.0 + strength) * torch.eye(3) - strength / 3.0 * torch.ones(3, 3)


def _demosaic(image: Tensor) -> Tensor:
    """Only one colour of each pixel kept, RGGB, the others bilinear from their neighbours."""
    height, width = image.shape[-2:]
    row, column = torch.arange(height)[:, None] % 2, torch.arange(width) % 2
    seen = torch.stack([(row == 0) & (column == 0), row != column, (row == 1) & (column == 1)]).to(image)[None]
    weights = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]).expand(3, 1, 3, 3)

    def spread(values: Tensor) -> Tensor:
        return F.conv2d(F.pad(values, (1, 1, 1, 1), mode="reflect"), weights, groups=3)

    return torch.where(seen > 0.0, image, spread(image * seen) / spread(seen))
