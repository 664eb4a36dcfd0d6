"""Clean photographs for training: decoded once, cropped at random scales, with a thumbnail of the whole."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from controllable.image.resize import resize
from controllable.networks.generator import make_thumbnail

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
DEVELOPMENT_ONE_IN = 40


@dataclass(frozen=True, kw_only=True)
class Crops:
    """crops: (B, n, 3, P, P), clean, RGB, [0, 1]; thumbnails: (B, 3, 64, 64) of the whole photos;
    windows: (B, n, 4), what part of its photo each crop shows (top, left, bottom, right), as fractions."""

    crops: Tensor
    thumbnails: Tensor
    windows: Tensor


class Photos:
    """All photographs below a folder, as uint8 tensors on one device.

    Every 40th photo (by a hash of its name, so that adding photos moves none) is kept for development.
    Raises ValueError if the folder holds no photo of at least `smallest_px` a side.
    """

    def __init__(self, folder: Path, *, development: bool = False, device: str = "cpu", smallest_px: int = 160) -> None:
        files = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
        chosen = [p for p in files if _is_development(p) == development]
        self.images: list[Tensor] = []
        for path in chosen:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
            if min(picture.size) >= smallest_px:
                pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
                self.images.append(
                    pixels.view(picture.height, picture.width, 3).permute(2, 0, 1).contiguous().to(device)
                )
        if not self.images:
            raise ValueError(f"data: no photo of at least {smallest_px} px a side below {folder}")
        self.thumbnails = torch.cat([make_thumbnail(_float(image[None])) for image in self.images])
        self._weights = torch.tensor([float(image.shape[1] * image.shape[2]) for image in self.images]).sqrt()

    def __len__(self) -> int:
        return len(self.images)

    def sample(self, batch: int, size: int, generator: torch.Generator, *, crops: int = 1) -> Crops:
        """`crops` crops of `size` px from each of `batch` photos, half of them reduced first (cleaner than any camera),
        flipped and turned at random (not the turn for haze's sake: up stays up)."""
        picks = torch.multinomial(self._weights, batch, replacement=True, generator=generator).tolist()
        out, windows = [], []
        for pick in picks:
            image = self.images[pick]
            height, width = image.shape[-2:]
            largest = min(height, width) / size
            shrink = 1.0
            if torch.rand((), generator=generator) < 0.5:
                shrink = 1.0 + float(torch.rand((), generator=generator)) * (min(largest, 2.5) - 1.0)
            side = min(round(size * shrink), height, width)
            flip = bool(torch.rand((), generator=generator) < 0.5)
            for _ in range(crops):
                top = int(torch.randint(height - side + 1, (), generator=generator))
                left = int(torch.randint(width - side + 1, (), generator=generator))
                crop = _float(image[None, :, top : top + side, left : left + side])
                if side != size:
                    crop = resize(crop, (size, size)).clamp(0.0, 1.0)
                out.append(crop.flip(-1) if flip else crop)
                windows.append([top / height, left / width, (top + side) / height, (left + side) / width])
        device = self.thumbnails.device
        return Crops(
            crops=torch.cat(out).view(batch, crops, 3, size, size),
            thumbnails=self.thumbnails[torch.tensor(picks, device=device)],
            windows=torch.tensor(windows, device=device).view(batch, crops, 4),
        )


def _float(pixels: Tensor) -> Tensor:
    return pixels.float() / 255.0


def _is_development(path: Path) -> bool:
    return int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % DEVELOPMENT_ONE_IN == 0


def center_crop(image: Tensor, size: int) -> Tensor:
    """The middle `size` px square of (..., H, W), replicated at the border where the picture is smaller."""
    height, width = image.shape[-2:]
    if min(height, width) < size:
        image = F.pad(image, (0, max(0, size - width), 0, max(0, size - height)), mode="replicate")
        height, width = image.shape[-2:]
    top, left = (height - size) // 2, (width - size) // 2
    return image[..., top : top + size, left : left + size]
