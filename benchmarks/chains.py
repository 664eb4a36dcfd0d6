"""Two second-order degradations from the literature, to compare ours with, written from their papers.

Each: `clean` (B, 3, H, W), RGB, [0, 1], sides multiples of `scale` → (B, 3, H/scale, W/scale), 8 bits, every picture
with draws of its own, all from the generator. The papers enlarge, by 2 or 4; scale 1 keeps the size, with their ranges.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.chain_parts import (
    Mode,
    Size,
    add_gaussian,
    add_poisson,
    chance,
    choose,
    compress,
    gaussian,
    interpolate,
    kernel_side,
    plateau,
    scaled,
    sinc,
    uniform,
)
from benchmarks.raw_noise import add_sensor_noise
from controllable.degradation.lens import convolve

Second = Callable[[Tensor, torch.Generator, int], Tensor]
"""What both chains are."""
_SMOOTH: tuple[Mode, ...] = ("bilinear", "bicubic")
_PLAIN: tuple[Mode, ...] = ("nearest", "bilinear", "bicubic")
_RANDOM: tuple[Mode, ...] = ("area", "bilinear", "bicubic")


def _each(clean: Tensor, scale: int, degrade: Callable[[Tensor, Size], Tensor]) -> Tensor:
    """One picture after the other. Raises ValueError for a wrong shape or scale."""
    if clean.ndim != 4 or clean.shape[1] != 3:
        raise ValueError(f"clean: expected (B, 3, H, W), got {tuple(clean.shape)}")
    height, width = clean.shape[-2:]
    if scale < 1 or height % scale or width % scale:
        raise ValueError(f"scale: {height}×{width} px cannot be divided by {scale}")
    return torch.cat([degrade(picture, (height // scale, width // scale)) for picture in clean.split(1)])


def bsrgan_style(clean: Tensor, generator: torch.Generator, scale: int) -> Tensor:
    """Zhang et al., "Designing a practical degradation model for deep blind image super-resolution", ICCV 2021.

    Fig. 2: {two blurs, reduction, Gaussian noise, JPEG, sensor noise} in random order, then JPEG. Section 3.4: JPEG
    is among them with probability 0.75, sensor noise with 0.25; for scale 4 a quarter are first reduced by 2.
    Deviations: the nearest neighbour is the central one, instead of a kernel shifted by (s - 1)/2 (section 3.2);
    scale 1 takes the widths of scale 2, and only the down-up form of its reduction then changes anything.
    """
    iso_px, aniso_px = ((0.1, 2.8), (0.5, 8.0)) if scale > 2 else ((0.1, 2.4), (0.5, 6.0))  # section 3.1

    def isotropic(image: Tensor, size: Size) -> Tensor:
        sigma = uniform(generator, *iso_px)
        return convolve(image, gaussian(kernel_side(generator), (sigma, sigma))).clamp(0.0, 1.0)

    def anisotropic(image: Tensor, size: Size) -> Tensor:
        sigmas = uniform(generator, *aniso_px), uniform(generator, *aniso_px)
        kernel = gaussian(kernel_side(generator), sigmas, uniform(generator, 0.0, math.pi))
        return convolve(image, kernel).clamp(0.0, 1.0)

    def reduction(image: Tensor, size: Size) -> Tensor:
        """Section 3.2: nearest, bilinear, bicubic or down-up, equally often; the last by s/a, then by a."""
        kind = choose(generator, (*_PLAIN, "down-up"))
        if kind == "down-up":
            image = interpolate(image, scaled(size, uniform(generator, 0.5, float(scale))), choose(generator, _SMOOTH))
            return interpolate(image, size, choose(generator, _SMOOTH))
        return interpolate(image, size, kind)

    def noise(image: Tensor, size: Size) -> Tensor:
        """Section 3.3: a general covariance (0.2), one for each channel (0.4), or grey (0.4); σ from 1 to 25 of 255."""
        variance = (uniform(generator, 1.0, 25.0) / 255.0) ** 2
        kind = choose(generator, ("general", "channels", "grey"), (0.2, 0.4, 0.4))
        covariance = torch.eye(3) if kind == "channels" else torch.ones(3, 3)
        if kind == "general":
            axes = torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q
            covariance = axes @ torch.diag(torch.rand(3, generator=generator)) @ axes.T
        return add_gaussian(image, variance * covariance, generator)

    def jpeg(image: Tensor, size: Size) -> Tensor:
        return compress(image, generator) if chance(generator, 0.75) else image

    def sensor(image: Tensor, size: Size) -> Tensor:
        return add_sensor_noise(image, generator) if chance(generator, 0.25) else image

    steps = (isotropic, anisotropic, reduction, noise, jpeg, sensor)

    def degrade(image: Tensor, size: Size) -> Tensor:
        if scale == 4 and chance(generator, 0.25):
            image = interpolate(image, scaled(size, 2.0), choose(generator, _SMOOTH))
        for number in torch.randperm(len(steps), generator=generator).tolist():
            image = steps[number](image, size)
        return compress(image, generator)

    return _each(clean, scale, degrade)


def realesrgan_style(clean: Tensor, generator: torch.Generator, scale: int) -> Tensor:
    """Wang et al., "Real-ESRGAN: training real-world blind super-resolution with pure synthetic data", 2021.

    Fig. 2 and section 4.1: two rounds of blur, resizing, noise and JPEG, then a sinc filter and JPEG in either order.
    What the paper leaves open, the shares of up, down and keep, their ranges, the shares of round kernels and the
    sinc's cut-off, is as its authors' published settings have it. Deviation: Poisson noise of 255 photons at white,
    where they count the different values of the picture.
    """

    def kernel(sigma_px: tuple[float, float]) -> Tensor:
        """Sinc with probability 0.1; else Gaussian, generalised, plateau: 0.7, 0.15, 0.15."""
        if chance(generator, 0.1):
            return ringing()
        kind = choose(generator, ("gaussian", "generalised", "plateau"), (0.7, 0.15, 0.15))
        isotropic = chance(generator, 0.64 if kind == "gaussian" else 0.8)
        first = uniform(generator, *sigma_px)
        sigmas = (first, first if isotropic else uniform(generator, *sigma_px))
        angle, side = uniform(generator, -math.pi, math.pi), kernel_side(generator)
        if kind == "plateau":
            return plateau(side, sigmas, angle, uniform(generator, 1.0, 2.0))
        return gaussian(side, sigmas, angle, uniform(generator, 0.5, 4.0) if kind == "generalised" else 1.0)

    def ringing() -> Tensor:
        side = kernel_side(generator)
        return sinc(side, uniform(generator, math.pi / (3.0 if side < 13 else 5.0), math.pi))

    def resized(image: Tensor, size: Size, shares: tuple[float, ...], low: float, high: float) -> Tensor:
        """To `size` times a factor drawn above 1, below it, or 1."""
        way = choose(generator, ("up", "down", "keep"), shares)
        ranges = {"up": (1.0, high), "down": (low, 1.0), "keep": (1.0, 1.0)}
        return interpolate(image, scaled(size, uniform(generator, *ranges[way])), choose(generator, _RANDOM))

    def noisy(image: Tensor, most_sigma_8bit: float, most_scale: float) -> Tensor:
        """Gaussian or Poisson, equally often; grey with probability 0.4."""
        grey = chance(generator, 0.4)
        if chance(generator, 0.5):
            variance = (uniform(generator, 1.0, most_sigma_8bit) / 255.0) ** 2
            return add_gaussian(image, variance * (torch.ones(3, 3) if grey else torch.eye(3)), generator)
        return add_poisson(image, uniform(generator, 0.05, most_scale), grey, generator)

    def filtered(image: Tensor, blur: Tensor) -> Tensor:
        return convolve(image, blur).clamp(0.0, 1.0)

    def degrade(image: Tensor, size: Size) -> Tensor:
        image = filtered(image, kernel((0.2, 3.0)))
        image = resized(image, (image.shape[-2], image.shape[-1]), (0.2, 0.7, 0.1), 0.15, 1.5)
        image = compress(noisy(image, 30.0, 3.0), generator)
        if not chance(generator, 0.2):
            image = filtered(image, kernel((0.2, 1.5)))
        image = noisy(resized(image, size, (0.3, 0.4, 0.3), 0.3, 1.2), 25.0, 2.5)
        first = chance(generator, 0.5)
        image = image if first else compress(image, generator)
        image = interpolate(image, size, choose(generator, _RANDOM))
        if chance(generator, 0.8):
            image = filtered(image, ringing())
        image = compress(image, generator) if first else image
        return torch.round(image * 255.0) / 255.0

    return _each(clean, scale, degrade)


CHAINS: dict[str, Second] = {"BSRGAN-style": bsrgan_style, "Real-ESRGAN-style": realesrgan_style}
