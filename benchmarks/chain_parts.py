"""What the two second-order chains are made of: draws, blur kernels, interpolation, noise, compression.

`image`: (1, 3, H, W), RGB, [0, 1]; kernels: (1, K, K), summing to 1. BSRGAN is Zhang et al., "Designing a practical
degradation model for deep blind image super-resolution", 2021; Real-ESRGAN is Wang et al., "Real-ESRGAN: training
real-world blind super-resolution with pure synthetic data", 2021.
"""

import math
from collections.abc import Sequence
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.color import luma
from controllable.degradation.sharing import jpeg_pillow

T = TypeVar("T")
Size = tuple[int, int]
"""Height and width in px."""
Mode = Literal["nearest", "area", "bilinear", "bicubic"]
JPEG_QUALITY_PERCENT = (30.0, 95.0)
"""BSRGAN, section 3.3, and Real-ESRGAN, section 4.1."""


def uniform(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def chance(generator: torch.Generator, probability: float) -> bool:
    return float(torch.rand((), generator=generator)) < probability


def choose(generator: torch.Generator, options: Sequence[T], shares: Sequence[float] | None = None) -> T:
    """One of the options, all equally often or by their shares."""
    weights = torch.ones(len(options)) if shares is None else torch.tensor(shares)
    return options[int(torch.multinomial(weights, 1, generator=generator))]


def kernel_side(generator: torch.Generator) -> int:
    """7, 9, … or 21 px (BSRGAN, section 3.1; Real-ESRGAN, section 4.1)."""
    return choose(generator, range(7, 22, 2))


def _mahalanobis(side: int, sigmas_px: tuple[float, float], angle_rad: float) -> Tensor:
    """CᵀΣ⁻¹C at every place of the kernel (Real-ESRGAN, eq. 2 and 3)."""
    axis = torch.arange(side, dtype=torch.float32) - side // 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    along = x * math.cos(angle_rad) + y * math.sin(angle_rad)
    across = y * math.cos(angle_rad) - x * math.sin(angle_rad)
    return (along / sigmas_px[0]) ** 2 + (across / sigmas_px[1]) ** 2


def _normalised(kernel: Tensor) -> Tensor:
    return (kernel / kernel.sum())[None]


def gaussian(side: int, sigmas_px: tuple[float, float], angle_rad: float = 0.0, shape: float = 1.0) -> Tensor:
    """exp(-½·(CᵀΣ⁻¹C)^shape): a Gaussian at shape 1, else a generalised one (Real-ESRGAN, section 3.1)."""
    return _normalised(torch.exp(-0.5 * _mahalanobis(side, sigmas_px, angle_rad) ** shape))


def plateau(side: int, sigmas_px: tuple[float, float], angle_rad: float = 0.0, shape: float = 1.0) -> Tensor:
    """1 / (1 + (CᵀΣ⁻¹C)^shape), flat in the middle (Real-ESRGAN, section 3.1)."""
    return _normalised(1.0 / (1.0 + _mahalanobis(side, sigmas_px, angle_rad) ** shape))


def sinc(side: int, cutoff_rad: float) -> Tensor:
    """A circular low pass that rings: ω/(2πr)·J₁(ωr) (Real-ESRGAN, eq. 6)."""
    axis = torch.arange(side, dtype=torch.float64) - side // 2
    radius = torch.sqrt(axis[:, None] ** 2 + axis**2)
    kernel = cutoff_rad / (2.0 * math.pi * radius.clamp_min(1e-9)) * torch.special.bessel_j1(cutoff_rad * radius)
    kernel[side // 2, side // 2] = cutoff_rad**2 / (4.0 * math.pi)
    return _normalised(kernel.float())


def interpolate(image: Tensor, size: Size, mode: Mode) -> Tensor:
    """To `size`, clipped to [0, 1]; without antialiasing, as the plain interpolations of these names are.

    "nearest" takes the pixel at the centre, so no more than half a pixel of the input is lost to one side.
    """
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    if mode in ("nearest", "area"):
        return F.interpolate(image, size=size, mode="nearest-exact" if mode == "nearest" else mode)
    return F.interpolate(image, size=size, mode=mode, align_corners=False).clamp(0.0, 1.0)


def scaled(size: Size, factor: float) -> Size:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def add_gaussian(image: Tensor, covariance: Tensor, generator: torch.Generator) -> Tensor:
    """Noise whose three channels vary together as `covariance` (3, 3) says, clipped to [0, 1]."""
    values, vectors = torch.linalg.eigh(covariance.double())
    root = (vectors * values.clamp_min(0.0).sqrt()).float()
    noise = torch.einsum("rc,bchw->brhw", root, torch.randn(image.shape, generator=generator))
    return (image + noise).clamp(0.0, 1.0)


def add_poisson(image: Tensor, scale: float, grey: bool, generator: torch.Generator) -> Tensor:
    """Shot noise of 255 photons at white, times `scale`, clipped to [0, 1]; grey: that of the luma, in all channels."""
    light = luma(image) if grey else image
    noise = torch.poisson(255.0 * light.clamp(0.0, 1.0), generator=generator) / 255.0 - light
    return (image + scale * noise).clamp(0.0, 1.0)


def compress(image: Tensor, generator: torch.Generator) -> Tensor:
    """JPEG, chroma 4:2:0, of a quality drawn from `JPEG_QUALITY_PERCENT`; the result has 8 bits."""
    return jpeg_pillow(image, [round(uniform(generator, *JPEG_QUALITY_PERCENT))], [True])
