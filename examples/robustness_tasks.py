"""Labelled pictures for a classifier: from class folders, or crops of photos that it has to tell apart.

What `examples.robustness` trains on and measures with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
TEST_ONE_IN = 4
"""Of a class folder's photos, by name, so many are kept for the test."""
STRIPS = 5
"""A scene is cut in so many across its longer side: odd ones are trained on, the even ones between them tested on."""
ROOM = 1.1
"""Width of a strip in crops."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where training crops may lie: pixels (3, h, w), uint8, RGB."""

    pixels: Tensor
    label: int


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """names: of the classes; train: regions to crop; images: (N, 3, P, P), float, RGB, [0, 1], the test; labels: (N,),
    int64; story: what the task is, for people."""

    names: tuple[str, ...]
    train: tuple[Region, ...]
    images: Tensor
    labels: Tensor
    story: str

    def sample(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random crops of random regions, half of them mirrored: (B, 3, P, P), float, RGB, [0, 1], and (B,)."""
        size = self.images.shape[-1]
        crops, labels = [], []
        for index in torch.randint(len(self.train), (batch,), generator=generator).tolist():
            crop = _crop(self.train[index].pixels, size, generator)
            crops.append(crop.flip(-1) if torch.rand((), generator=generator) < 0.5 else crop)
            labels.append(self.train[index].label)
        return torch.stack(crops).float() / 255.0, torch.tensor(labels)


def has_classes(folder: Path) -> bool:
    """Whether the photos lie in two or more sub-folders and none beside them, as torchvision's ImageFolder has it."""
    return not any(True for _ in _photos(folder, deep=False)) and len(_class_folders(folder)) > 1


def scenes(folder: Path, *, count: int, crops: int, size_px: int, seed: int) -> Labelled:
    """Which of `count` photos is this crop from?

    Each photo, its longer side reduced to STRIPS·ROOM·size_px, is cut in strips across it: training crops come from the
    first, third and fifth, `crops` test crops from the second and fourth, so that no pixel is in both.
    Raises ValueError if fewer than two photos are large and wide enough.
    """
    generator = torch.Generator().manual_seed(seed)
    files = list(_photos(folder))
    train: list[Region] = []
    tests: list[Tensor] = []
    names: list[str] = []
    for index in torch.randperm(len(files), generator=generator).tolist():
        if len(names) == count:
            break
        pixels = _scene(files[index], size_px)
        if pixels is None:
            continue
        strips = pixels.tensor_split(STRIPS, 2 if pixels.shape[2] >= pixels.shape[1] else 1)
        train += [Region(pixels=strip.contiguous(), label=len(names)) for strip in strips[::2]]
        tests += [_crop(strips[1 + 2 * (k % 2)], size_px, generator) for k in range(crops)]
        names.append(files[index].stem)
    if len(names) < 2:
        raise ValueError(
            f"data: needs at least two photos of {_longer(size_px)} px or more, longer side, not narrower than "
            f"1 : {STRIPS * ROOM}, below {folder}, found {len(names)}"
        )
    return Labelled(
        names=tuple(names),
        train=tuple(train),
        images=torch.stack(tests).float() / 255.0,
        labels=torch.arange(len(names)).repeat_interleave(crops),
        story=f"which of {len(names)} photos is this crop of {size_px} px from? Each photo is cut in five strips: "
        "trained on the first, third and fifth, tested on those between: the same scenes, no common pixel",
    )


def classes(folder: Path, *, size_px: int, trained: bool) -> Labelled:
    """One class a sub-folder; every fourth photo of each is for the test, all of them where nothing is trained.

    Raises ValueError for fewer than two classes and, with `trained`, for a class with a single photo.
    """
    names, train, tests, labels = [], [], [], []
    for label, sub in enumerate(_class_folders(folder)):
        files = list(_photos(sub))
        if trained and len(files) < 2:
            raise ValueError(f"data: the class folder {sub.name!r} has one photo; training and test need one each")
        for index, path in enumerate(files):
            pixels = _covering(path, size_px)
            if trained and index % TEST_ONE_IN:
                train.append(Region(pixels=pixels, label=label))
            else:
                tests.append(_center(pixels, size_px))
                labels.append(label)
        names.append(sub.name)
    if len(names) < 2:
        raise ValueError(f"data: needs two or more class folders with photos in {folder}, found {len(names)}")
    return Labelled(
        names=tuple(names),
        train=tuple(train),
        images=torch.stack(tests).float() / 255.0,
        labels=torch.tensor(labels),
        story=f"{len(names)} classes, one a folder; {len(tests)} photos to test on",
    )


def unlabelled(folder: Path, *, size_px: int, most: int) -> Tensor:
    """The middle squares of the first `most` photos by name, (N, 3, P, P), float, RGB, [0, 1]."""
    images = [_center(_covering(path, size_px), size_px) for path in list(_photos(folder))[:most]]
    return torch.stack(images).float() / 255.0


def _photos(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    """By name. Raises ValueError if the folder is none, or if `deep` and there is no photo."""
    if not folder.is_dir():
        raise ValueError(f"data: {folder} is not a folder")
    found = sorted(p for p in (folder.rglob("*") if deep else folder.glob("*")) if p.suffix.lower() in SUFFIXES)
    if deep and not found:
        raise ValueError(f"data: no photo ({', '.join(SUFFIXES)}) in {folder}")
    return iter(found)


def _class_folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(f"data: {folder} is not a folder")
    subs = sorted(p for p in folder.iterdir() if p.is_dir())
    return [sub for sub in subs if any(p.suffix.lower() in SUFFIXES for p in sub.rglob("*"))]


def _open(path: Path) -> Image.Image:
    try:
        return Image.open(path).convert("RGB")
    except OSError as error:
        raise ValueError(f"data: {path} is not a readable picture ({error})") from None


def _longer(size_px: int) -> int:
    return round(STRIPS * ROOM * size_px)


def _scene(path: Path, size_px: int) -> Tensor | None:
    """(3, H, W), uint8, the longer side reduced to STRIPS·ROOM crops; None if it is smaller, or then too narrow."""
    picture = _open(path)
    scale = _longer(size_px) / max(picture.size)
    if scale > 1.0 or round(scale * min(picture.size)) < size_px:
        return None
    return _scaled(picture, scale)


def _covering(path: Path, size_px: int) -> Tensor:
    """(3, H, W), uint8, the shorter side 8/7 of `size_px`: 256 to 224, as ImageNet's classifiers are tested."""
    picture = _open(path)
    return _scaled(picture, round(size_px * 8 / 7) / min(picture.size))


def _scaled(picture: Image.Image, scale: float) -> Tensor:
    width, height = (round(side * scale) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(height, width, 3).permute(2, 0, 1)


def _crop(pixels: Tensor, size: int, generator: torch.Generator) -> Tensor:
    top, left = (int(torch.randint(side - size + 1, (), generator=generator)) for side in pixels.shape[1:])
    return pixels[:, top : top + size, left : left + size]


def _center(pixels: Tensor, size: int) -> Tensor:
    top, left = ((side - size) // 2 for side in pixels.shape[1:])
    return pixels[:, top : top + size, left : left + size]
