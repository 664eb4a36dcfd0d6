"""Real and clean photos → crops to compare: which photos are kept aside, where they are cut, which have colour."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from controllable.color import luma, quantize_8bit
from controllable.image.picture import load
from controllable.image.pixels import to_float, to_stored
from controllable.image.resize import resize
from controllable.training.photos import LARGEST_SHRINK, SUFFIXES, kept_aside

CROP_PX = 96
GRID_PX = 16
"""JPEG's blocks with halved chroma: real crops begin on multiples, and what is generated is cut as far inside."""
REAL_ONE_IN, CLEAN_ONE_IN = 3, 5
"""So many of the real and of the clean photos are kept aside; the learned degrader has not seen the real ones."""
COLOUR_STEPS = 3.0


@dataclass(frozen=True, kw_only=True)
class Photo:
    """pixels: (3, H, W), uint8, RGB, upright."""

    name: str
    pixels: Tensor


@dataclass(frozen=True, kw_only=True)
class Pool:
    """images: (N, 3, P, P), uint8, RGB; photo: (N,), the number of the photo that each was cut from."""

    images: Tensor
    photo: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def where(self, chosen: Tensor) -> "Pool":
        """Those of a mask or of numbers."""
        return Pool(images=self.images[chosen], photo=self.photo[chosen])

    def grey(self) -> "Pool":
        """BT.601 luma in all channels, 8 bits: nothing is told by colour."""
        planes = [luma(part.float()).round().to(torch.uint8) for part in self.images.split(256)]
        return Pool(images=torch.cat(planes).expand(-1, 3, -1, -1), photo=self.photo)


def read_photos(folder: Path, smallest_px: int, choose: Callable[[str], bool]) -> list[Photo]:
    """All below the folder whose names are chosen, none smaller than `smallest_px` a side; SystemExit if none is."""
    files = sorted((p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and choose(p.name)), key=_shuffled)
    photos = []
    for path in files:
        picture = load(path)
        if min(picture.size) >= smallest_px:
            pixels = to_stored(to_float(picture.planes[0, :3]), torch.uint8).contiguous()
            photos.append(Photo(name=path.name, pixels=pixels))
    if not photos:
        raise SystemExit(f"no photos of at least {smallest_px} px a side below {folder}")
    return photos


def read_parts(folder: Path, smallest_px: int, aside: Callable[[str], bool]) -> tuple[list[Photo], list[Photo]]:
    """`read_photos` that are not kept aside, and those that are."""
    return read_photos(folder, smallest_px, lambda name: not aside(name)), read_photos(folder, smallest_px, aside)


def _shuffled(path: Path) -> str:
    """An order that says nothing of the photo and stays when photos are added."""
    return hashlib.sha256(b"order " + path.name.encode()).hexdigest()


def real_aside(name: str) -> bool:
    return kept_aside(name, REAL_ONE_IN)


def clean_aside(name: str) -> bool:
    return kept_aside(name, CLEAN_ONE_IN)


def has_colour(photo: Photo) -> bool:
    """Whether colour is more than a tone: the root mean square distance, in 8-bit steps, of Cb and Cr to the cubic in
    luma that fits them best, on the photo's 96 × 96 thumbnail, is `COLOUR_STEPS` or more.

    Grey, sepia and split tones are such curves. Of the 155 photos this takes one faded colour photo for monochrome
    and three old prints with coloured stains or edges for coloured.
    """
    small = resize(photo.pixels[None].float(), (96, 96))[0].flatten(1).double()
    light = (torch.tensor([[0.299, 0.587, 0.114]]).double() @ small)[0]
    chroma = torch.stack([0.564 * (small[2] - light), 0.713 * (small[0] - light)], 1)
    curve = torch.stack([(light / 255.0) ** power for power in range(4)], 1)
    rest = chroma - curve @ torch.linalg.lstsq(curve, chroma, driver="gelsd").solution
    return float(rest.pow(2).sum(1).mean().sqrt()) >= COLOUR_STEPS


def real_crops(photos: Sequence[Photo], each: int, generator: torch.Generator) -> Pool:
    """Up to `each` different crops of `CROP_PX` from every photo, on multiples of `GRID_PX`, never resized."""
    images, numbers = [], []
    for number, photo in enumerate(photos):
        rows, columns = ((side - CROP_PX) // GRID_PX + 1 for side in photo.pixels.shape[-2:])
        for place in torch.randperm(rows * columns, generator=generator)[:each].tolist():
            top, left = GRID_PX * (place // columns), GRID_PX * (place % columns)
            images.append(photo.pixels[:, top : top + CROP_PX, left : left + CROP_PX])
            numbers.append(number)
    return Pool(images=torch.stack(images), photo=torch.tensor(numbers))


def clean_crops(photos: Sequence[Photo], count: int, side_px: int, generator: torch.Generator) -> Pool:
    """`count` crops of `side_px`, as many of each photo as of the others: half native, half of the photo reduced by up
    to 2.5 (as `Photos.sample` does), mirrored at random."""
    images, numbers = [], []
    for number in range(count):
        photo = photos[number % len(photos)].pixels
        height, width = photo.shape[-2:]
        chance, shrink, flip = torch.rand(3, generator=generator).tolist()
        largest = min(LARGEST_SHRINK, min(height, width) / side_px)
        side = min(round(side_px * (1.0 + shrink * (largest - 1.0))), height, width) if chance < 0.5 else side_px
        top, left = (int(torch.randint(rest - side + 1, (), generator=generator)) for rest in (height, width))
        crop = photo[None, :, top : top + side, left : left + side]
        if side != side_px:
            crop = (quantize_8bit(resize(crop.float() / 255.0, (side_px, side_px))) * 255.0).round().to(torch.uint8)
        images.append(crop.flip(-1) if flip < 0.5 else crop)
        numbers.append(number % len(photos))
    return Pool(images=torch.cat(images), photo=torch.tensor(numbers))


def middle(image: Tensor, side_px: int = CROP_PX) -> Tensor:
    """The middle square of (B, 3, P, P), where no border was made up."""
    start = (image.shape[-1] - side_px) // 2
    return image[..., start : start + side_px, start : start + side_px]


def floats(images: Tensor) -> Tensor:
    """uint8 → [0, 1]."""
    return images.float() / 255.0


def whole(image: Tensor) -> np.ndarray:
    """(3, H, W), uint8 → (H, W, 3), for Pillow."""
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())
