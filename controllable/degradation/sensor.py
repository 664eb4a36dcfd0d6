"""Low light and noise: what the sensor records."""

import torch
from torch import Tensor

from controllable.color import linear_to_srgb, quantize_8bit, srgb_to_linear
from controllable.degradation.degradation import Degradation, Draws, column, uniform
from controllable.task import Task


class LowLight(Degradation):
    """Exposure changed by -4·s EV in linear light (sRGB of IEC 61966-2-1), clipped and quantised to 8 bits."""

    task = Task.LOW_LIGHT

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        return quantize_8bit(linear_to_srgb(srgb_to_linear(image) * column(2.0 ** (-4.0 * severity))))


class Noise(Degradation):
    """Poisson–Gaussian noise, variance sigma²·((1 - a) + a·x/0.5), clipped to [0, 1].

    The model of Foi et al., "Practical Poissonian-Gaussian Noise Modeling and Fitting", 2008, eq. 3, normalised so
    that mean grey (0.5) has standard deviation sigma = 50·s on the 8-bit scale whatever the signal share `a`.
    `common` is the share of the variance that all three channels have in common (grey grain).
    The field comes from `seed`, so equal draws give equal noise on one kind of device.
    """

    task = Task.NOISE

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        mixed = torch.rand(batch, generator=generator) < 0.4
        return {
            "signal": uniform(batch, generator) * mixed,
            "common": uniform(batch, generator) * mixed,
            "seed": torch.randint(2**31 - 1, (batch,), generator=generator),
        }

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        fields = []
        for seed in draws["seed"].tolist():
            source = torch.Generator(image.device).manual_seed(seed)
            fields.append(torch.randn(4, *image.shape[-2:], generator=source, device=image.device, dtype=image.dtype))
        field = torch.stack(fields)
        common = column(draws["common"])
        field = (1.0 - common).sqrt() * field[:, :3] + common.sqrt() * field[:, 3:]
        signal = column(draws["signal"])
        variance = (1.0 - signal) + signal * image.clamp(0.0, 1.0) / 0.5
        return (image + column(50.0 / 255.0 * severity) * variance.sqrt() * field).clamp(0.0, 1.0)
