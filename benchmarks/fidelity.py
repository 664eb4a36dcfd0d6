"""Does a file come back as it was? Every format × mode × depth × orientation × profile, at strength 0.

python -m benchmarks.fidelity [--every N]
Each cell is a small file made without this program, run through `Enhancer.enhance(path, ..., strength=0)` and
`Result.save`, into its own format where that is lossless, else into PNG or TIFF. Read back by Pillow, OpenCV and
tifffile, its pixels must equal what the file showed, upright, bit for bit, and profile, EXIF and XMP be there; saved
once more without places, no place may be left. HEIF needs pillow_heif, which can write it.
A second table says how far the colours of a region move that nothing was asked for, when the other half is denoised.
"""

import argparse
import importlib
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ExifTags, Image

from benchmarks.fidelity_cells import MAKER_NOTE, XMP, Cell, cells
from benchmarks.images import head, row
from controllable import Enhancer, Instruction, Result, Task
from controllable.image.encode import save

NOTHING = Instruction(tasks={Task.NOISE: 1.0})


def failures(enhancer: Enhancer, cell: Cell, folder: Path) -> list[str]:
    """What is not as promised; empty if all is."""
    source, out = folder / f"in{cell.suffix}", folder / f"out{cell.out}"
    source.write_bytes(cell.content)
    result = enhancer.enhance(source, NOTHING, strength=0.0)
    result.save(out, provenance=False)
    found = _of_pixels(cell, out) + _of_metadata(cell, out)
    bare = folder / f"bare{cell.out}"
    save(result.picture, bare, gps=False)
    if cell.tags and _places(bare):
        found.append(f"places left: {_places(bare)}")
    return found


def _of_pixels(cell: Cell, out: Path) -> list[str]:
    shown, values = cell.shown, read_back(out)
    if cell.out == ".webp" and shown.shape[2] != values.shape[2]:
        return [f"channels: {values.shape[2]}"]
    if values.dtype != shown.dtype:
        return [f"depth: {values.dtype}"]
    if values.shape != shown.shape:
        return [f"shape: {values.shape} instead of {shown.shape}"]
    worst = int(np.abs(values.astype(np.int64) - shown.astype(np.int64)).max())
    return [f"pixels: off by {worst}"] if worst else []


def read_back(path: Path) -> NDArray[Any]:
    """(H, W, C) as another program reads it."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            if page.bitspersample == 16:
                values = page.asarray()
                return values[..., None] if values.ndim == 2 else values
    image = Image.open(path)
    values = np.asarray(image)
    if image.mode == "I;16" or (path.suffix == ".png" and path.read_bytes()[24] == 16):
        colour = path.read_bytes()[25]
        values = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        values = values[..., None] if values.ndim == 2 else values[..., [2, 1, 0, *range(3, values.shape[2])]]
        values = values[..., [0, 3]] if colour == 4 else values
    return values[..., None] if values.ndim == 2 else values


def _metadata(path: Path) -> tuple[Mapping[str, Any], Any]:
    """Profile and XMP, and EXIF; of 16-bit grey with alpha in TIFF, which Pillow does not open, by tifffile."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tags = {tag.code: tag.value for tag in file.pages[0].tags}
        if tags[277] == 2 and tags[258][0] == 16:
            return {"icc_profile": tags.get(34675), "xmp": tags.get(700)}, tags
    image = Image.open(path)
    return image.info, image.getexif()


def _of_metadata(cell: Cell, out: Path) -> list[str]:
    (info, exif), found = _metadata(out), list[str]()
    if exif.get(ExifTags.Base.Orientation, 1) != 1:
        found.append(f"orientation: {exif[ExifTags.Base.Orientation]}")
    if info.get("icc_profile") != cell.icc_profile:
        found.append("profile: another one")
    if not cell.tags:
        return found
    if info.get("xmp") != XMP:
        found.append("XMP: another one")
    if exif.get(ExifTags.Base.Make) != "Maker of cameras":
        found.append("EXIF: no make")
    if cell.format != "TIFF 16":
        inner, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        if inner.get(ExifTags.Base.MakerNote) != MAKER_NOTE or float(inner.get(ExifTags.Base.FNumber, 0)) != 2.8:
            found.append("EXIF: its own directory is not whole")
        if place.get(ExifTags.GPS.GPSLatitude) != (48.0, 8.0, 12.0):
            found.append("EXIF: the place is gone")
    return found


def _places(path: Path) -> str:
    info, exif = _metadata(path)
    return " ".join(
        what
        for what, there in (
            ("EXIF", ExifTags.IFD.GPSInfo in exif),
            ("XMP", b"GPS" in info.get("xmp", b"")),
            ("XMP lost", b"dc:title" not in info.get("xmp", b"")),
        )
        if there
    )


def matrix(enhancer: Enhancer, every: int) -> int:
    """Prints one row a format; returns how many cells failed."""
    try:
        heif = importlib.import_module("pillow_heif")
    except ImportError:
        heif = None
    tried, passed, named = Counter[str](), Counter[str](), []
    modes: dict[str, dict[str, None]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for cell in cells(every, heif):
            tried[cell.format] += 1
            modes.setdefault(cell.format, {})[cell.mode] = None
            try:
                wrong = failures(enhancer, cell, Path(folder))
            except ValueError as error:
                wrong = [str(error)]
            passed[cell.format] += not wrong
            named += [f"{cell.name}: {'; '.join(wrong)}"] if wrong else []
    head("format", "modes", "cells", "passed")
    for kind in tried:
        row(kind, ", ".join(modes[kind]), tried[kind], passed[kind])
    row("all", "", tried.total(), passed.total())
    if heif is None:
        print("\nHEIF was not tried: pillow_heif, which writes it, is not installed.")
    for line in named:
        print(f"failed: {line}")
    return len(named)


def shift(enhancer: Enhancer) -> None:
    """Mean change of the half that is not worked on, in 255ths, when the other half is denoised at full strength."""
    print()
    head("photo", "largest mean shift of a channel", "changed beside it")
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    for name, values in _noisy().items():
        result: Result = enhancer.enhance(values, NOTHING, region_mask=mask, force=True)
        before, after = (_upright(image).astype(np.float64) for image in (values, result.image))
        unit = 257.0 if values.dtype == np.uint16 else 1.0
        moved = np.abs((after - before)[:, 48:].mean((0, 1))).max() / unit
        worked = np.abs((after - before)[:, :48]).mean() / unit
        row(name, f"{moved:.3f}", f"{worked:.2f}")


def _noisy() -> dict[str, NDArray[Any]]:
    y, x = np.mgrid[0:64, 0:96]
    scene = 120 + 60 * np.stack([np.sin(x / 9.0), np.cos(y / 7.0), np.sin((x + y) / 11.0)], -1)
    noisy = (scene + np.random.default_rng(0).normal(0, 20, scene.shape)).clip(0, 255)
    return {"8 bits": noisy.astype(np.uint8), "16 bits": (noisy * 257).astype(np.uint16)}


def _upright(image: Any) -> NDArray[Any]:
    return np.asarray(image)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th cell")
    arguments = parser.parse_args()
    enhancer = Enhancer.from_pretrained()
    failed = matrix(enhancer, arguments.every)
    shift(enhancer)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
