"""How the tables spoil clean pictures, and the words that ask for the flaw's removal. Equal seeds, equal pictures."""

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.degradation import Chain, Params
from controllable.degradation.sharing import jpeg_pillow
from controllable.image.resize import resize
from controllable.task import TASKS, Task

PROMPTS: dict[Task, str] = {
    Task.NOISE: "remove all of the noise",
    Task.BLUR: "remove all of the blur",
    Task.COMPRESSION: "remove all of the compression artifacts",
    Task.RESOLUTION: "completely fix the low resolution",
    Task.LOW_LIGHT: "fully recover this underexposed photo",
    Task.HAZE: "remove all of the haze",
    Task.COLOR: "completely fix the colour cast",
    Task.DETAIL: "fully enhance the details",
}
"""Complete removal, in words: a bare "remove the noise" asks for 95 %."""
USUAL: dict[Task, float] = {
    Task.NOISE: 0.5, Task.BLUR: 0.4, Task.COMPRESSION: 0.8, Task.RESOLUTION: 2 / 3,
    Task.LOW_LIGHT: 0.5, Task.HAZE: 0.625, Task.COLOR: 0.5, Task.DETAIL: 0.7,
}  # fmt: skip
"""Severities of the selectivity and strength tables."""


def flawed(clean: Tensor, severity: dict[Task, float], seed: int) -> tuple[Tensor, Params]:
    """The chain's flaws of these severities on (1, 3, H, W), and what replays them."""
    chain = Chain()
    values = torch.tensor([[severity.get(task, 0.0) for task in TASKS]])
    params = chain.sample(1, torch.Generator().manual_seed(seed), values)
    return chain.apply(clean, params), params


def only(task: Task, share: float = 1.0) -> Tensor:
    """Strengths (1, 8) that undo this share of one task: what `Params.without` takes."""
    return torch.tensor([[share if other is task else 0.0 for other in TASKS]])


def gaussian_noise(clean: Tensor, sigma_8bit: float, seed: int) -> Tensor:
    """Clipped and quantised to 8 bits."""
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    return quantize_8bit(clean + sigma_8bit / 255.0 * noise)


def jpeg(clean: Tensor, quality_percent: int) -> Tensor:
    """Pillow's encoder, chroma 4:2:0."""
    return jpeg_pillow(clean, [quality_percent], [True])


def gaussian_blur(clean: Tensor, sigma_px: float) -> Tensor:
    """Borders reflected, quantised to 8 bits."""
    array = clean[0].permute(1, 2, 0).numpy()
    blurred = cv2.GaussianBlur(array, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    return quantize_8bit(torch.from_numpy(blurred).permute(2, 0, 1)[None])


def motion_kernel(length_px: int = 15, angle_deg: float = 30.0) -> np.ndarray:
    """A straight path over `length_px` pixels, first centre to last: 201 points, splatted bilinearly; sums to 1.

    The angle runs from right to down.
    """
    reach = length_px // 2 + 1
    axis = np.arange(-reach, reach + 1, dtype=np.float64)
    along = np.linspace(-0.5, 0.5, 201) * (length_px - 1)
    x, y = along * math.cos(math.radians(angle_deg)), along * math.sin(math.radians(angle_deg))
    columns, rows = (np.clip(1.0 - np.abs(axis[:, None] - p), 0.0, None) for p in (x, y))
    return (rows @ columns.T / along.size).astype(np.float32)


def motion_blur(clean: Tensor, length_px: int = 15, angle_deg: float = 30.0) -> Tensor:
    """Linear motion while the shutter was open; borders reflected, quantised to 8 bits."""
    array = clean[0].permute(1, 2, 0).numpy()
    blurred = cv2.filter2D(array, -1, motion_kernel(length_px, angle_deg), borderType=cv2.BORDER_REFLECT_101)
    return quantize_8bit(torch.from_numpy(blurred).permute(2, 0, 1)[None])


def shrunk(clean: Tensor, scale: int) -> Tensor:
    """Bicubic antialiased reduction by a whole factor, quantised to 8 bits."""
    return quantize_8bit(resize(clean, (clean.shape[-2] // scale, clean.shape[-1] // scale)))


def enlarged(small: Tensor, size: tuple[int, int]) -> Tensor:
    """Bicubic enlargement to (height, width), quantised to 8 bits."""
    return quantize_8bit(resize(small, size))


def realistic(clean: Tensor, seed: int) -> Tensor:
    """A quarter of the size: Gaussian blur sigma 2, bicubic reduction, noise sigma 8, JPEG quality 60."""
    return jpeg(gaussian_noise(shrunk(gaussian_blur(clean, 2.0), 4), 8.0, seed), 60)
