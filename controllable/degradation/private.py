"""Photo → a coarse picture of it under differential privacy: noised means of square cells, enlarged again.

Fan, "Image pixelization with differential privacy", 2018, with the Gaussian mechanism of Balle and Wang, "Improving the
Gaussian mechanism for differential privacy: analytical calibration and optimal denoising", 2018.

Two photos are neighbours if they have the same size and differ only within one square of `region_px` a side, which may
lie anywhere. What is promised: whoever sees the picture learns next to nothing on what such a square showed. What is
not: anything larger than the square is protected less, a whole photo hardly at all, and each further picture that is
made of the same photo, with new noise, takes from the promise.
"""

import math
import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.resize import resize

CHANNELS = 3
LARGEST_EPSILON = 1000.0
_HALVINGS = 200


@dataclass(frozen=True, kw_only=True)
class Pixelation:
    """epsilon, delta: of one photo and one picture made of it. cell_px: side of the cells that are averaged.
    region_px: side of the square that is protected."""

    epsilon: float
    delta: float = 1e-5
    cell_px: int = 16
    region_px: int = 4

    def __post_init__(self) -> None:
        if not 0.0 < self.epsilon <= LARGEST_EPSILON:
            raise ValueError(f"private: epsilon {self.epsilon:g} is outside (0, {LARGEST_EPSILON:g}]")
        if not 0.0 < self.delta < 1.0:
            raise ValueError(f"private: delta {self.delta:g} is outside (0, 1)")
        for name in ("cell_px", "region_px"):
            if getattr(self, name) < 1:
                raise ValueError(f"private: {name} must be at least 1, not {getattr(self, name)}")

    @property
    def sensitivity(self) -> float:
        """The most that the means of neighbours can lie apart, L2, all cells and channels together.

        A square covers of a row of cells shares that sum up to region/cell and are at most 1 each; their squares sum up
        to at most k + r², with k whole cells and the share r of one more. So it is along columns, and a mean of values
        in [0, 1] moves by the product of both shares: √(3·(k + r²)²). A square on the cells' corner reaches it.
        """
        whole, rest = divmod(self.region_px, self.cell_px)
        return math.sqrt(CHANNELS) * (whole + (rest / self.cell_px) ** 2)

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise on a mean, in units of the range [0, 1]."""
        return gaussian_sigma(self.epsilon, self.delta, self.sensitivity)

    def __str__(self) -> str:
        """For people."""
        return (
            f"epsilon {self.epsilon:g} at delta {self.delta:g} for any square of {self.region_px} px of a photo, noise "
            f"of {self.sigma:.3f} on cells of {self.cell_px} px"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, for a manifest; none of them depends on a photo."""
        return asdict(self) | {"sensitivity": self.sensitivity, "sigma": self.sigma}


def pixelate(image: Tensor, settings: Pixelation) -> Tensor:
    """image: (B, 3, H, W), RGB, [0, 1] → (B, 3, H', W'), the same range, each of the batch with `settings`' promise.

    The middle part whose sides are multiples of a cell; means, noise, clipping, bicubic enlargement. The noise is the
    operating system's: whoever knew a seed could take it off again, so no two calls give the same picture.
    Raises ValueError for another shape, values that are not finite, and pictures smaller than a cell.
    """
    if image.ndim != 4 or image.shape[1] != CHANNELS:
        raise ValueError(f"image: expected (B, 3, H, W), got {tuple(image.shape)}")
    if not bool(torch.isfinite(image).all()):
        raise ValueError("image: holds NaN or infinite values")
    cell = settings.cell_px
    height, width = image.shape[-2:]
    if min(height, width) < cell:
        raise ValueError(f"image: {width}×{height} px; a private picture needs a cell, {cell} px, a side at least")
    high, wide = height - height % cell, width - width % cell
    top, left = (height - high) // 2, (width - wide) // 2
    middle = image[..., top : top + high, left : left + wide].double().clamp(0.0, 1.0)
    means = F.avg_pool2d(middle, cell)
    noised = (means + settings.sigma * system_noise(tuple(means.shape))).clamp(0.0, 1.0)
    return resize(noised.float(), (high, wide)).clamp(0.0, 1.0)


def system_noise(shape: tuple[int, ...]) -> Tensor:
    """Standard normal values, float64, from the operating system's randomness: 53 bits each, by the inverse of Φ."""
    drawn = np.frombuffer(os.urandom(8 * math.prod(shape)), dtype=np.uint64) >> np.uint64(11)
    return torch.special.ndtri(torch.from_numpy((drawn.astype(np.float64) + 0.5) * 2.0**-53)).view(shape)


def gaussian_delta(epsilon: float, sigma: float, sensitivity: float = 1.0) -> float:
    """The least δ for which Gaussian noise is (ε, δ)-private: Φ(a - b) - e^ε·Φ(-a - b), a = Δ/2σ, b = εσ/Δ (Balle and
    Wang 2018, theorem 8)."""
    a, b = sensitivity / (2.0 * sigma), epsilon * sigma / sensitivity
    above, below = torch.special.log_ndtr(torch.tensor([a - b, -a - b], dtype=torch.float64)).tolist()
    return math.exp(above) - math.exp(epsilon + below)


def gaussian_sigma(epsilon: float, delta: float, sensitivity: float = 1.0) -> float:
    """The least noise that is (ε, δ)-private, by bisection; what is returned is on the private side."""
    low, high = 0.0, 1.0
    while gaussian_delta(epsilon, high) > delta:
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if gaussian_delta(epsilon, middle) > delta else (low, middle)
    return high * sensitivity


def gaussian_epsilon(delta: float, sigma: float, sensitivity: float = 1.0) -> float:
    """The ε that noise σ gives at δ, by bisection: of a larger square, or of n pictures of one photo, with √n times the
    sensitivity."""
    low, high = 0.0, 1.0
    if gaussian_delta(0.0, sigma, sensitivity) <= delta:
        return 0.0
    while gaussian_delta(high, sigma, sensitivity) > delta:
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if gaussian_delta(middle, sigma, sensitivity) > delta else (low, middle)
    return high
