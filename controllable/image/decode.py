"""A file, or a Pillow image → an array, upright and in its own depth, with everything that came beside the pixels."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, PngImagePlugin, UnidentifiedImageError

from controllable.image import exif as exif_bytes
from controllable.image.deep import deep_png, deep_tiff, four_bytes
from controllable.image.hardened import harden
from controllable.image.headers import FORMATS, Refused, checked, format_of, has_more
from controllable.image.heif import heif_array, open_heif
from controllable.image.limits import Limits, check_bytes, check_pixels, check_sides
from controllable.image.metadata import (
    Metadata,
    fitting_profile,
    kept_text,
    raw_profile,
    upright_exif,
    upright_xmp,
    xmp_orientation,
)
from controllable.image.modes import plain
from controllable.image.upright import array_of

ImageFile.LOAD_TRUNCATED_IMAGES = False

_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, TypeError, KeyError, IndexError, AttributeError,
    RuntimeError, MemoryError, ZeroDivisionError, AssertionError, struct.error, zlib.error,
    Image.DecompressionBombError, ImageCms.PyCMSError,
)  # fmt: skip
"""What decoders raise on damaged files."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """array: (H, W, 1|3|4), uint8 or uint16, grey, RGB or RGBA; grey: whether all its colours are; format: the file's,
    "" for a picture in memory; notes: plain sentences on what was changed or left out."""

    array: NDArray[np.generic]
    grey: bool
    format: str
    metadata: Metadata
    notes: tuple[str, ...] = ()


def decode_file(path: Path, most: Limits) -> Decoded:
    """Raises ValueError with one sentence for what is no picture, is damaged or is larger than `most`."""
    data, name, opened = _opened(path, most)
    with _one_sentence(path.name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "HEIF":
            array = heif_array(opened)
            grey = array.shape[2] == 1 or opened.mode.startswith("L")
            return _finished(array, grey, name, opened.info, opened.info.get("exif"), {}, ())
        return _from_file(data, name, opened)


def check_file(path: Path, most: Limits) -> tuple[int, int]:
    """(height, width) in px as the header says it, decoding nothing. Raises ValueError as `decode_file` does."""
    width, height = _opened(path, most)[2].size
    return height, width


def decode_image(image: Image.Image) -> Decoded:
    """A Pillow image, in memory or opened from a file. Raises ValueError for a mode that cannot be shown."""
    harden()
    check_pixels(image.height, image.width)
    with _one_sentence("the picture"):
        image.load()
        raw = image.info.get("exif")
        own = image.format != "TIFF" and isinstance(raw, bytes)
        if not own:
            raw = image.getexif().tobytes() if len(image.getexif()) else None
        turn = _turn(raw, image.info.get("xmp"))
        if raw and not own:
            raw = exif_bytes.from_tiff(raw.removeprefix(exif_bytes.PREFIX))
        text = image.text if isinstance(image, PngImagePlugin.PngImageFile) and not image.is_animated else {}
        return _plain(image, turn, image.format or "", raw, kept_text(text), ())


def _opened(path: Path, most: Limits) -> tuple[bytes, str, Any]:
    """The bytes to decode, their format, and the file opened but not decoded."""
    data = _read(path, most)
    name = format_of(data)
    if name is None:
        raise ValueError(f"image: {path.name} is not a picture in one of the formats {', '.join(FORMATS)}, HEIF")
    with _one_sentence(path.name):
        data = checked(data, name)
        opened = open_heif(data) if name == "HEIF" else _open(data, name)
    width, height = opened.size
    check_pixels(height, width, path.name, most)
    check_sides(height, width, path.name)
    return data, name, opened


def _read(path: Path, most: Limits) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ValueError(f"image: {path.name} is not a file")
        check_bytes(path.stat().st_size, path.name, most)
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"image: cannot read {path.name} ({error.strerror})") from None
    if not data:
        raise ValueError(f"image: {path.name} is empty (0 bytes)")
    return data


def _open(data: bytes, name: str) -> Image.Image:
    harden()
    data = four_bytes(data) if name == "TIFF" else data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(io.BytesIO(data), formats=(name,))


@contextmanager
def _one_sentence(file: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        if isinstance(error, ValueError) and str(error).startswith("image: "):
            raise
        if isinstance(error, Image.DecompressionBombError):
            raise ValueError(f"image: {file} has far more megapixels than are accepted") from None
        if isinstance(error, Refused):
            raise ValueError(f"image: {file} is not read: {error}") from None
        said = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            said = "its header makes no sense"
        raise ValueError(f"image: {file} is damaged or cut short ({said[:200]})") from None


def _from_file(data: bytes, name: str, opened: Image.Image) -> Decoded:
    def reopen(content: bytes) -> Image.Image:
        return _open(content, name)

    info = dict(opened.info)
    raw, deep, turn = info.get("exif") or raw_profile(info), None, 1
    more = has_more(data) if name == "GIF" else name != "JPEG" and getattr(opened, "is_animated", False)
    notes = ("Only the first of its pictures was read.",) if more else ()
    if name == "TIFF":
        raw, deep = exif_bytes.from_tiff(data), deep_tiff(data, reopen)
    else:
        turn = _turn(raw, info.get("xmp"))
    if name == "PNG":
        deep = deep_png(data, opened, reopen, turn)
    if name == "PPM" and opened.mode == "RGB" and opened.tile[0].codec_name == "ppm" and opened.tile[0].args[1] > 255:
        notes += ("Its values were rounded to 8 bits.",)
    text = info
    if isinstance(opened, PngImagePlugin.PngImageFile) and not opened.is_animated:
        text = opened.text  # after the pixels too; of an animation it would decode every frame
    text = kept_text(text) if name == "PNG" else {}
    if deep is not None:
        return _finished(deep[0], deep[1], name, info, raw, text, notes)
    opened.load()
    opened.info["icc_profile"] = info.get("icc_profile")
    return _plain(opened, turn, name, raw, text, notes, info)


def _plain(
    image: Image.Image, turn: int, name: str, raw: bytes | None, text: dict[str, str], notes: tuple[str, ...],
    info: dict[Any, Any] | None = None,
) -> Decoded:  # fmt: skip
    """What Pillow holds in full. info: as it was before decoding, where a TIFF is changed by it."""
    info = dict(image.info) if info is None else info
    shown, info["icc_profile"], changed = plain(image, info.get("icc_profile"))
    array = array_of(shown, turn)
    if shown.mode == "F":
        if not np.isfinite(array).all():
            raise ValueError("image: holds NaN or infinite values")
        if array.min() < 0.0 or array.max() > 1.0:
            raise ValueError("image: float values must lie in [0, 1]")
        array, changed = np.rint(array * 65535.0).astype(np.uint16), ("Its values were rounded to 16 bits.",)
    grey = shown.mode in ("L", "LA", "F") or shown.mode.startswith("I;16")
    return _finished(array, grey, name, info, raw, text, notes + changed)


def _finished(
    array: NDArray[np.generic], grey: bool, name: str, info: dict[Any, Any], raw: bytes | None,
    text: dict[str, str], notes: tuple[str, ...],
) -> Decoded:  # fmt: skip
    profile, without_profile = fitting_profile(info.get("icc_profile"), grey)
    exif, without_exif = upright_exif(raw)
    xmp = info.get("xmp")
    metadata = Metadata(
        icc_profile=profile, exif=exif, xmp=upright_xmp(xmp if isinstance(xmp, bytes) else None), text=text
    )
    notes += tuple(note for note in (without_profile, without_exif) if note)
    return Decoded(array=array, grey=grey, format=name, metadata=metadata, notes=notes)


def _turn(raw: bytes | None, xmp: object) -> int:
    turn = exif_bytes.orientation(raw) if raw else 1
    return turn if turn != 1 else xmp_orientation(xmp if isinstance(xmp, bytes) else None)
