"""Clean photographs for training: decoded once, cropped at random scales, with a thumbnail of the whole."""

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.degradation.degradation import send
from controllable.degradation.resample import apply_matrices, resize_matrix
from controllable.image.picture import load
from controllable.image.pixels import to_float, to_stored
from controllable.image.resize import resize
from controllable.networks.generator import make_thumbnail
from controllable.region.masks import find_faces

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
DEVELOPMENT_ONE_IN = 40
FACE_SEARCH_PX = 160
"""Longer side at which faces are searched: large ones are what close crops need, and a small picture is quick."""
LARGEST_SHRINK = 2.5
FACE_SHARE = (0.3, 0.55)
"""Width of the face in crops around faces, as a share of the crop's side."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """Where a face is: the number of its photo, the centre as fractions of the photo, the width in px."""

    photo: int
    x: float
    y: float
    width_px: float


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A square of a photo, in px; mirrored or not."""

    photo: int
    top: int
    left: int
    side: int
    flip: bool


@dataclass(frozen=True, kw_only=True)
class Crops:
    """crops: (B, n, 3, P, P), clean, RGB, [0, 1]; thumbnails: (B, 3, 64, 64) of the whole photos;
    windows: (B, n, 4), what part of its photo each crop shows (top, left, bottom, right), as fractions."""

    crops: Tensor
    thumbnails: Tensor
    windows: Tensor


class Photos:
    """All photographs below a folder, as uint8 tensors on one device.

    batched: cut all crops in few large steps, as accelerators want it; None: wherever the photos are not on the CPU.
    One photo in `kept_one_in` (by a hash of its name, so that adding photos moves none) is kept for development. Files
    that are damaged or too small are left out, which one line on stderr says. Raises ValueError if nothing is left: no
    photo of at least `smallest_px` a side.
    """

    def __init__(
        self,
        folder: Path,
        *,
        development: bool = False,
        device: str = "cpu",
        smallest_px: int = 160,
        batched: bool | None = None,
        kept_one_in: int = DEVELOPMENT_ONE_IN,
    ) -> None:
        files = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
        chosen = [p for p in files if kept_aside(p.name, kept_one_in) == development]
        with ThreadPoolExecutor() as pool:
            decoded = list(pool.map(lambda path: _decode(path, smallest_px), chosen))
        self.images = [image.to(device) for image in decoded if isinstance(image, Tensor)]
        self.paths = [path for path, image in zip(chosen, decoded, strict=True) if isinstance(image, Tensor)]
        reasons = [reason for reason in decoded if isinstance(reason, str)]
        if reasons:
            print(f"data: {len(reasons)} of {len(chosen)} files are left out, such as: {reasons[0]}", file=sys.stderr)
        self._batched = torch.device(device).type != "cpu" if batched is None else batched
        if not self.images:
            raise ValueError(f"data: no photo of at least {smallest_px} px a side below {folder}")
        self.thumbnails = torch.cat([make_thumbnail(_float(image[None])) for image in self.images])
        self._weights = torch.tensor([float(image.shape[1] * image.shape[2]) for image in self.images]).sqrt()

    def __len__(self) -> int:
        return len(self.images)

    def keep_every(self, step: int, start: int) -> None:
        """Forget all photos but number `start`, `start + step`, and so on; raises ValueError if none is left."""
        if start >= len(self):
            raise ValueError(f"data: {len(self)} photos cannot be shared out among {step}")
        self.images, self.paths = self.images[start::step], self.paths[start::step]
        self.thumbnails, self._weights = self.thumbnails[start::step], self._weights[start::step]
        self.__dict__.pop("faces", None)  # they count the photos

    @cached_property
    def faces(self) -> list[Face]:
        """The largest face of every photo that has one, searched when first asked for (10 ms a photo)."""
        found = []
        for number, image in enumerate(self.images):
            height, width = image.shape[-2:]
            scale = min(1.0, FACE_SEARCH_PX / max(height, width))
            size = round(width * scale), round(height * scale)
            planes = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in image.cpu().numpy()]
            for x, y, w, h in find_faces(np.stack(planes, -1), step=1.2)[:1]:
                centre = (x + w / 2) / size[0], (y + h / 2) / size[1]
                found.append(Face(photo=number, x=centre[0], y=centre[1], width_px=w / scale))
        return found

    def sample(
        self,
        batch: int,
        size: int,
        generator: torch.Generator,
        *,
        crops: int = 1,
        close: Tensor | None = None,
        focus: tuple[float, float] = (0.5, 0.5),
        picks: Sequence[int] | None = None,
    ) -> Crops:
        """`crops` crops of `size` px from each of `batch` photos, half of them reduced first (cleaner than any camera),
        flipped and turned at random (not the turn for haze's sake: up stays up).

        close: (batch,), bool; where it is set, the crops show a face, the photo reduced until the face has
        `FACE_SHARE` of them (where no photo has a face, they are as the others). focus: where in such crops the face's
        centre comes to lie, (y, x) as fractions, border permitting. picks: numbers of the `batch` photos, at least one;
        None: drawn, large photos more often.
        """
        if picks is None:
            picks = torch.multinomial(self._weights, batch, replacement=True, generator=generator).tolist()
        picks = list(picks)
        around: dict[int, Face] = {}
        if close is not None and bool(close.any()) and self.faces:
            for row in torch.nonzero(close).flatten().tolist():
                around[row] = self.faces[int(torch.randint(len(self.faces), (), generator=generator))]
                picks[row] = around[row].photo
        frames, windows = [], []
        for row, pick in enumerate(picks):
            image = self.images[pick]
            height, width = image.shape[-2:]
            largest = min(height, width) / size
            shrink = 1.0
            if row in around:
                low, high = FACE_SHARE
                share = low + (high - low) * float(torch.rand((), generator=generator))
                shrink = max(1.0, around[row].width_px / (share * size))
            elif torch.rand((), generator=generator) < 0.5:
                shrink = 1.0 + float(torch.rand((), generator=generator)) * (min(largest, LARGEST_SHRINK) - 1.0)
            side = min(round(size * shrink), height, width)
            flip = bool(torch.rand((), generator=generator) < 0.5)
            for _ in range(crops):
                if row in around:
                    shift = (0.1 * (torch.rand(2, generator=generator) - 0.5)).tolist()
                    top = _start(around[row].y * height, (focus[0] + shift[0]) * side, height - side)
                    across = 1.0 - focus[1] if flip else focus[1]
                    left = _start(around[row].x * width, (across + shift[1]) * side, width - side)
                else:
                    top = int(torch.randint(height - side + 1, (), generator=generator))
                    left = int(torch.randint(width - side + 1, (), generator=generator))
                frames.append(Frame(photo=pick, top=top, left=left, side=side, flip=flip))
                windows.append([top / height, left / width, (top + side) / height, (left + side) / width])
        cut = self._cut_together(frames, size) if self._batched else [self._cut(frame, size) for frame in frames]
        return Crops(
            crops=torch.cat(cut).view(batch, crops, 3, size, size),
            thumbnails=self.thumbnails[send(torch.tensor(picks), self.thumbnails.device)],
            windows=torch.tensor(windows).view(batch, crops, 4),
        )

    def _cut(self, frame: Frame, size: int) -> Tensor:
        crop = _float(self._pixels(frame)[None])
        if frame.side != size:
            crop = resize(crop, (size, size)).clamp(0.0, 1.0)
        return crop.flip(-1) if frame.flip else crop

    def _cut_together(self, frames: list[Frame], size: int) -> list[Tensor]:
        """The same crops, to rounding: one copy each, then one resize of all; large ones, which are few, apart."""
        near = [frame for frame in frames if frame.side <= LARGEST_SHRINK * size]
        crops = {frame: self._cut(frame, size) for frame in frames if frame.side > LARGEST_SHRINK * size}
        if near:
            widest = max(frame.side for frame in near)
            canvas = self.images[0].new_zeros(len(near), 3, widest, widest)
            for place, frame in zip(canvas, near, strict=True):
                place[:, : frame.side, : frame.side] = self._pixels(frame)
            sides, flip = (
                send(torch.tensor([getattr(frame, name) for frame in near]), canvas.device) for name in ("side", "flip")
            )
            vertical = resize_matrix(sides, torch.full_like(sides, size), size, widest)
            horizontal = torch.where(flip.view(-1, 1, 1), vertical.flip(1), vertical)
            resized = apply_matrices(_float(canvas), vertical, horizontal).clamp(0.0, 1.0)
            crops |= dict(zip(near, resized.split(1), strict=True))
        return [crops[frame] for frame in frames]

    def _pixels(self, frame: Frame) -> Tensor:
        rows, columns = slice(frame.top, frame.top + frame.side), slice(frame.left, frame.left + frame.side)
        return self.images[frame.photo][:, rows, columns]


def _start(centre_px: float, before_px: float, last_px: int) -> int:
    """The first pixel of a crop that has `before_px` before the centre, kept in [0, last_px]."""
    return min(max(round(centre_px - before_px), 0), last_px)


def _decode(path: Path, smallest_px: int) -> Tensor | str:
    """(3, H, W), uint8, RGB, upright; or a sentence that says why this file cannot be used."""
    try:
        picture = load(path)
    except ValueError as error:
        return str(error)
    if min(picture.size) < smallest_px:
        return f"image: {path.name} has {picture.size[1]}×{picture.size[0]} px, fewer than {smallest_px} a side"
    return to_stored(to_float(picture.planes[0, :3]), torch.uint8).contiguous()


def _float(pixels: Tensor) -> Tensor:
    return pixels.float() / 255.0


def kept_aside(name: str, one_in: int) -> bool:
    """Whether a name is among the one in so many, by its hash, that are kept for development."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % one_in == 0


def center_crop(image: Tensor, size: int) -> Tensor:
    """The middle `size` px square of (..., H, W), replicated at the border where the picture is smaller."""
    height, width = image.shape[-2:]
    if min(height, width) < size:
        image = F.pad(image, (0, max(0, size - width), 0, max(0, size - height)), mode="replicate")
        height, width = image.shape[-2:]
    top, left = (height - size) // 2, (width - size) // 2
    return image[..., top : top + size, left : left + size]
