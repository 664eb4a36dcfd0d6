"""Haze: what the air adds between scene and lens."""

import torch
from torch import Tensor

from controllable.degradation.degradation import Degradation, Draws, uniform
from controllable.task import Task


class Haze(Degradation):
    """I = J·t + A·(1 - t), Koschmieder's law as used by He et al., "Single Image Haze Removal", 2009, eq. 1.

    Applied to display values, as the public haze sets do. The mean transmission is 1 - 0.8·s; `slope`
    lets it fall towards the top of the photo, where the scene is usually farther away, by
    t(y) = t^(1 + slope·(1 - 2y)).
    """

    task = Task.HAZE

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        grey = uniform(batch, generator, 0.7, 1.0)
        tint = 0.03 * torch.randn(batch, 3, generator=generator)
        slope = uniform(batch, generator, -0.3, 0.8).clamp_min(0.0)
        return {"airlight": (grey[:, None] + tint).clamp(0.7, 1.0), "slope": slope}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        height = image.shape[-2]
        steps = (torch.arange(height, device=image.device, dtype=image.dtype) + 0.5) / height
        y = window[:, 0, None] + (window[:, 2] - window[:, 0])[:, None] * steps
        exponent = 1.0 + draws["slope"][:, None] * (1.0 - 2.0 * y)
        t = ((1.0 - 0.8 * severity)[:, None] ** exponent)[:, None, :, None]
        return image * t + draws["airlight"].view(-1, 3, 1, 1) * (1.0 - t)
