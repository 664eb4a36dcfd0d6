"""Blur: what the lens and the hand do."""

import math
from collections.abc import Iterator
from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.degradation.degradation import Degradation, Draws, uniform
from controllable.task import Task

GAUSSIAN, DEFOCUS, MOTION = 0, 1, 2
RADIUS_PX = 13
BLOCK_PX = 32
"""Rows or columns that `convolve_twice` makes at once: as quick as 16, quicker than 64."""


class Blur(Degradation):
    """Convolution with a Gaussian of sigma 4·s px, a disc of the same second moment, or a motion path of 24·s px.

    Display values, reflected borders. The disc is the geometric defocus kernel (radius 2·sigma gives it the
    Gaussian's variance per axis). The path is a parabola, the first-order form of the hand-shake paths of
    Boracchi and Foi, "Modeling the Performance of Image Restoration From Motion Blur", 2012.
    """

    task = Task.BLUR

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        pick = torch.rand(batch, generator=generator)
        kind = torch.full((batch,), GAUSSIAN)
        kind[pick > 0.5] = DEFOCUS
        kind[pick > 0.65] = MOTION
        return {
            "kind": kind,
            "angle_rad": uniform(batch, generator, 0.0, math.pi),
            "bend": 0.25 * torch.randn(batch, generator=generator).clamp(-2.0, 2.0),
        }

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        all_of_them = kernels(severity, draws)
        if self.is_batched(image):
            return convolve(image, all_of_them)
        out = []
        each = (image.split(1), all_of_them.split(1), draws["kind"].tolist(), severity.tolist())
        for picture, kernel, kind, s in zip(*each, strict=True):
            reach = min(RADIUS_PX, math.ceil(5.5 * 4.0 * s))  # 4e-8 of a Gaussian lie beyond 5.5 sigma
            line = kernel.sum(1)[:, RADIUS_PX - reach : RADIUS_PX + reach + 1]
            out.append(convolve_twice(picture, line) if kind == GAUSSIAN else convolve(picture, kernel))
        return torch.cat(out)


def kernels(severity: Tensor, draws: Draws) -> Tensor:
    """(B, 2·RADIUS_PX + 1, 2·RADIUS_PX + 1), each summing to 1, for severities (B,) and `Blur.sample` draws."""
    axis = torch.arange(-RADIUS_PX, RADIUS_PX + 1, device=severity.device, dtype=severity.dtype)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    sigma = (4.0 * severity).clamp_min(1e-3).view(-1, 1, 1)
    radius = torch.sqrt(x * x + y * y)
    gaussian = torch.exp(-0.5 * (radius / sigma) ** 2)
    disc = (2.0 * sigma + 0.5 - radius).clamp(0.0, 1.0)
    kind = draws["kind"].view(-1, 1, 1)
    kernel = torch.where(kind == DEFOCUS, disc, gaussian)
    if kind.device.type != "cpu" or bool((kind == MOTION).any()):
        kernel = torch.where(kind == MOTION, _motion(24.0 * severity, draws, x, y), kernel)
    return kernel / kernel.sum((1, 2), keepdim=True)


def _motion(length_px: Tensor, draws: Draws, x: Tensor, y: Tensor) -> Tensor:
    """Bilinear splat of 49 points of the path, centred on its mean."""
    t = torch.linspace(-0.5, 0.5, 49, device=x.device, dtype=x.dtype)
    along = length_px[:, None] * t
    across = length_px[:, None] * draws["bend"][:, None] * (4.0 * t * t - 1.0 / 3.0)
    cos, sin = torch.cos(draws["angle_rad"])[:, None], torch.sin(draws["angle_rad"])[:, None]
    px, py = along * cos - across * sin, along * sin + across * cos
    wx = (1.0 - (x[None, None] - px[..., None, None]).abs()).clamp_min(0.0)
    wy = (1.0 - (y[None, None] - py[..., None, None]).abs()).clamp_min(0.0)
    return (wx * wy).sum(1)


def convolve(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve (B, C, H, W) with one kernel (B, K, K) each, through the FFT, borders replicated by reflection."""
    pad = kernel.shape[-1] // 2
    height, width = image.shape[-2:]
    padded = _pad(image, pad)
    size = [_quick_length(side) for side in padded.shape[-2:]]
    spectrum = torch.fft.rfft2(padded, s=size) * torch.fft.rfft2(kernel, s=size)[:, None]
    return torch.fft.irfft2(spectrum, s=size)[..., 2 * pad : 2 * pad + height, 2 * pad : 2 * pad + width]


def convolve_twice(image: Tensor, line: Tensor) -> Tensor:
    """`convolve` with the outer product of each symmetric line (B, K) with itself, as products of band matrices."""
    pad = line.shape[-1] // 2
    outside = (BLOCK_PX - 1, BLOCK_PX - 1)
    band = F.pad(line, outside).unfold(1, BLOCK_PX + 2 * pad, 1).flip(1)[:, None]

    def steps(side: int) -> Iterator[tuple[slice, Tensor]]:
        """What is read, and the matrix that makes a block of it."""
        for start in range(0, side, BLOCK_PX):
            length = min(BLOCK_PX, side - start)
            whole = length == BLOCK_PX
            yield slice(start, start + length + 2 * pad), band if whole else band[..., :length, : length + 2 * pad]

    height, width = image.shape[-2:]
    padded = _pad(image, pad)
    with torch.autocast(image.device.type, enabled=False):  # which would multiply in half precision
        rows = torch.cat([matrix @ padded[..., read, :] for read, matrix in steps(height)], -2)
        return torch.cat([rows[..., read] @ matrix.mT for read, matrix in steps(width)], -1)


def _pad(image: Tensor, pad: int) -> Tensor:
    mode = "reflect" if min(image.shape[-2:]) > pad else "replicate"
    return F.pad(image, (pad, pad, pad, pad), mode=mode)


def _quick_length(least: int) -> int:
    """The next even length with no prime factor above 5: FFTs of others, 2·269 say, take up to five times as long."""
    return next(length for length in count(least + least % 2, 2) if 30**32 % length == 0)
