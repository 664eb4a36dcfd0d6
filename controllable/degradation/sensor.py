"""Low light and noise: what the sensor records."""

import math

import torch
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.degradation.degradation import Degradation, Draws, column, uniform
from controllable.task import Task

_GOLDEN, _FIRST, _SECOND = (value - 2**64 for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
"""SplitMix64's constants, as signed integers."""


class LowLight(Degradation):
    """Exposure changed by -4·s EV in linear light (sRGB of IEC 61966-2-1), clipped and quantised to 8 bits."""

    task = Task.LOW_LIGHT

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        return quantize_8bit(_darken(image, column(2.0 ** (-4.0 * severity))))


def _darken(image: Tensor, gain: Tensor) -> Tensor:
    """`linear_to_srgb(srgb_to_linear(image) * gain)` for gains g up to 1, with one power instead of two.

    Each of the two curves is the sum of its straight part below the joint and its power above it. Where the result is
    above the encoding's joint, the powers cancel: g^(1/2.4)·(x + 0.055) - 0.055.
    """
    joint, encoded_joint = 0.04045, 12.92 * 0.0031308
    straight = gain * (image.clamp_max(joint) - joint)
    dark = 12.92 * 1.055**-2.4 * gain * (image.clamp_min(joint) + 0.055) ** 2.4 + straight
    bright = gain ** (1.0 / 2.4) * (image + 0.055) - 0.055
    return dark.clamp_max(encoded_joint) + (bright.clamp_min(encoded_joint) - encoded_joint)


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
        sigma, signal, common = (column(v) for v in (50.0 / 255.0 * severity, draws["signal"], draws["common"]))
        batched, size = self.is_batched(image), image.shape[-2:]
        grain = batched or bool(common.any())
        planes = 4 if grain or math.prod(size) % 16 else 3  # torch draws whole sixteens alike, however many follow
        field = (
            hashed_normal(draws["seed"], (4, *size)).to(image)
            if batched
            else drawn_normal(draws["seed"], (planes, *size), image)
        )
        field = (1.0 - common).sqrt() * field[:, :3] + common.sqrt() * field[:, 3:] if grain else field[:, :3]
        if batched or bool(signal.any()):
            sigma = sigma * ((1.0 - signal) + signal * image.clamp(0.0, 1.0) / 0.5).sqrt()
        return field.mul_(sigma).add_(image).clamp_(0.0, 1.0)


def drawn_normal(seeds: Tensor, size: tuple[int, ...], like: Tensor) -> Tensor:
    """(B, *size), standard normal, from torch's generator of seeds (B,), on the device and in the type of `like`."""
    fields = torch.empty(len(seeds), *size, device=like.device, dtype=like.dtype)
    for field, seed in zip(fields, seeds.tolist(), strict=True):
        field.normal_(generator=torch.Generator(like.device).manual_seed(seed))
    return fields


def hashed_normal(seed: Tensor, size: tuple[int, ...]) -> Tensor:
    """Independent standard normal values (B, *size) of seeds (B,), int64: the same on every device, to rounding.

    Value k is a hash of the seed and k (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011), here that
    of SplitMix64 (Steele et al., 2014, fig. 15), made normal by Box and Muller's transform (1958).
    """
    pairs = (math.prod(size) + 1) // 2
    counter = torch.arange(1, pairs + 1, device=seed.device)
    bits = _mix(_mix(seed * _GOLDEN)[:, None] + counter * _GOLDEN)
    low, high = bits & 0xFFFFFFFF, (bits >> 32) & 0xFFFFFFFF
    radius = torch.sqrt(-2.0 * torch.log((low.float() + 0.5) * 2.0**-32))
    angle = high.float() * (2.0 * math.pi * 2.0**-32)
    both = torch.cat((radius * torch.cos(angle), radius * torch.sin(angle)), 1)
    return both[:, : math.prod(size)].view(len(seed), *size)


def _mix(values: Tensor) -> Tensor:
    values = (values ^ _shifted(values, 30)) * _FIRST
    values = (values ^ _shifted(values, 27)) * _SECOND
    return values ^ _shifted(values, 31)


def _shifted(values: Tensor, bits: int) -> Tensor:
    """Right by `bits`, zeros from the left; integers of torch carry their sign along."""
    return (values >> bits) & (2 ** (64 - bits) - 1)
