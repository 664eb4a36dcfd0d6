"""A picture's pixels in the precision they came in; what is read of them, window by window, is float32."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import EllipsisType

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.resize import resize

_LARGEST = {torch.uint8: 255.0, torch.uint16: 65535.0}
_KERNEL_PX = 3
"""A window that is enlarged reads so many pixels beyond its border: the bicubic kernel's two, and a rounding."""


def to_float(stored: Tensor) -> Tensor:
    """uint8, uint16 or float → float32, [0, 1]."""
    return stored.to(torch.float32) / _LARGEST[stored.dtype] if stored.dtype in _LARGEST else stored.float()


def to_stored(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Floats in [0, 1] → uint8 or uint16, clipped and rounded, or float32 as they are."""
    if dtype not in _LARGEST:
        return values.to(dtype)
    return (values * _LARGEST[dtype]).round_().clamp_(0.0, _LARGEST[dtype]).to(dtype)


@dataclass(frozen=True)
class Pixels:
    """stored: (B, C, H, W), uint8, uint16 or float in [0, 1]; scale: enlarged bicubically by this whole factor.

    Slicing `pixels[..., top:bottom, left:right]` reads a window of the enlarged grid as float32, [0, 1]; the whole is
    never held in float32.
    """

    stored: Tensor
    scale: int = 1

    @property
    def shape(self) -> torch.Size:
        batch, channels, height, width = self.stored.shape
        return torch.Size((batch, channels, height * self.scale, width * self.scale))

    def __getitem__(self, index: tuple[EllipsisType, slice, slice]) -> Tensor:
        _, rows, columns = index
        top, bottom, _ = rows.indices(self.shape[-2])
        left, right, _ = columns.indices(self.shape[-1])
        if self.scale == 1:
            return to_float(self.stored[..., top:bottom, left:right]).contiguous()
        y0, y1 = _around(top, bottom, self.scale, self.stored.shape[-2])
        x0, x1 = _around(left, right, self.scale, self.stored.shape[-1])
        part = to_float(self.stored[..., y0:y1, x0:x1]).contiguous()
        large = resize(part, ((y1 - y0) * self.scale, (x1 - x0) * self.scale)).clamp_(0.0, 1.0)
        y0, x0 = y0 * self.scale, x0 * self.scale
        return large[..., top - y0 : bottom - y0, left - x0 : right - x0].contiguous()

    def item(self, place: int) -> "Pixels":
        """One picture of the batch."""
        return replace(self, stored=self.stored[place : place + 1])

    def windows(self, corners: Sequence[tuple[int, int]], side_px: int) -> Tensor:
        """Squares of the first picture with their top left at (y, x) → (N, C, side_px, side_px), float32, [0, 1]."""
        if self.scale == 1:
            parts = [self.stored[0, :, y : y + side_px, x : x + side_px] for y, x in corners]
            return to_float(torch.stack(parts))
        return torch.cat([self[..., y : y + side_px, x : x + side_px][:1] for y, x in corners])

    def averaged(self, side: int) -> Tensor:
        """(B, C, side, side) by area averaging, as `adaptive_avg_pool2d` divides a picture, a strip at a time."""
        height, width = self.shape[-2:]
        rows = []
        for k in range(side):
            own = slice(k * height // side, -(-(k + 1) * height // side))
            strip = to_float(self.stored[..., own, :]) if self.scale == 1 else self[..., own, 0:width]
            rows.append(strip.mean(2, keepdim=True))
        return F.adaptive_avg_pool2d(torch.cat(rows, 2), (side, side))


def _around(start: int, stop: int, scale: int, length: int) -> tuple[int, int]:
    """The pixels before enlarging that decide those from start to stop after it."""
    return max(0, start // scale - _KERNEL_PX), min(length, -(-stop // scale) + _KERNEL_PX)
