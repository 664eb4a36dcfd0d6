"""A finished picture → a file, whole or not at all, with everything that its own file carried."""

import io
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from controllable.image import exif as exif_bytes
from controllable.image import png
from controllable.image.metadata import Metadata, fitting_profile
from controllable.image.picture import Picture, from_pil
from controllable.image.tiff import write_tiff


@dataclass(frozen=True, kw_only=True)
class _Format:
    """options: of Pillow; deep: whether it holds 16 bits a channel; grey, alpha: whether it holds such pixels;
    metadata: whether it holds any; longest: of EXIF and of XMP, in bytes."""

    name: str
    options: Mapping[str, Any]
    deep: bool = False
    grey: bool = True
    alpha: bool = True
    metadata: bool = True
    longest: int = 2**31


_JPEG = _Format(name="JPEG", options={"quality": 95, "subsampling": 0}, alpha=False, longest=65_500)
_TIFF = _Format(name="TIFF", options={}, deep=True)
_FORMATS = {
    ".png": _Format(name="PNG", options={"compress_level": png.COMPRESSION}, deep=True),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": _Format(name="WEBP", options={"lossless": True, "exact": True}, grey=False),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _Format(name="BMP", options={}, alpha=False, metadata=False),
    ".avif": _Format(name="AVIF", options={"quality": 90}),
}


def check_suffix(path: Path) -> None:
    """Raises ValueError if no format belongs to the suffix or the folder is missing, before any work is done."""
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"output: {path.name!r} must end in one of {', '.join(_FORMATS)}")
    if not path.parent.is_dir():
        raise ValueError(f"output: the folder {path.parent} does not exist")


def save(
    image: Image.Image | Picture, path: Path, *, gps: bool = True, xmp: bytes | None = None,
    text: Mapping[str, str] | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Write in the format of the suffix, at the picture's depth and in grey if it is, with alpha, ICC profile, EXIF
    and XMP as far as the format holds them; returns plain sentences on what reading the picture changed, and on what
    the format does not hold.

    gps: False removes places from EXIF, XMP and text; xmp: instead of the picture's; text: PNG's text chunks, added to
    the picture's. Raises ValueError with one sentence where the file cannot be written; then nothing is.
    """
    check_suffix(path)
    target = _FORMATS[path.suffix.lower()]
    picture = image if isinstance(image, Picture) else from_pil(image)
    carried, notes = _carried(picture, target, gps)
    carried = replace(carried, xmp=xmp or carried.xmp, text={**carried.text, **(text or {})})
    carried, too_long = _within(carried, target)
    pixels, changed = _pixels(picture, target)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        with os.fdopen(handle, "wb") as stream:
            _write(stream, pixels, target, carried)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        raise ValueError(f"output: cannot write {path.name} ({str(error) or type(error).__name__})") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return picture.notes + notes + too_long + changed


def _stays_grey(picture: Picture, target: _Format) -> bool:
    return picture.grey and target.grey and (target.name != "AVIF" or picture.alpha is None)


def _carried(picture: Picture, target: _Format, gps: bool) -> tuple[Metadata, tuple[str, ...]]:
    """What of the picture's own metadata goes into the file."""
    carried: Metadata = Metadata(
        icc_profile=picture.icc_profile, exif=picture.exif, xmp=picture.xmp, text=picture.text
    )  # fmt: skip
    notes: tuple[str, ...] = ()
    if not gps:
        carried, notes = carried.without_gps()
    profile, _ = fitting_profile(carried.icc_profile, _stays_grey(picture, target))
    carried = replace(carried, icc_profile=profile)
    if not target.metadata:
        some = carried.icc_profile or carried.exif or carried.xmp or carried.text
        return Metadata(), (*notes, f"{target.name} holds no metadata: it was left out.") if some else notes
    if carried.text and target.name != "PNG":
        notes += (f"{target.name} holds no text chunks: they were left out.",)
        carried = replace(carried, text={})
    return carried, notes


def _within(carried: Metadata, target: _Format) -> tuple[Metadata, tuple[str, ...]]:
    """Without what is too long for the format."""
    notes: tuple[str, ...] = ()
    if carried.exif and len(carried.exif) > target.longest:
        carried, notes = replace(carried, exif=None), (f"The EXIF data was left out: {target.name} holds less.",)
    if carried.xmp and len(carried.xmp) > target.longest:
        carried, notes = replace(carried, xmp=None), (*notes, f"The XMP data was left out: {target.name} holds less.")
    return carried, notes


def _pixels(picture: Picture, target: _Format) -> tuple[NDArray[Any], tuple[str, ...]]:
    """(H, W, C) of what the format holds; a transparent photo over white where it holds no alpha."""
    deep = picture.depth == 16 and target.deep
    array = picture.array(torch.uint16 if deep else torch.uint8)
    notes = (f"{target.name} holds 8 bits a channel: 16 were rounded.",) if picture.depth == 16 and not deep else ()
    transparent = array.shape[2] == 4
    if picture.grey:
        array = array[..., [0, 3]] if transparent else array[..., :1]
    if picture.grey and not _stays_grey(picture, target):
        array, sentences = _coloured(array, picture.icc_profile, target.name)
        notes += sentences
    if transparent and not target.alpha:
        image = _image(array)
        ground = Image.new(image.mode.removesuffix("A"), image.size, "white")
        ground.paste(image.convert(ground.mode), mask=image.getchannel("A"))
        array = np.asarray(ground).reshape(*array.shape[:2], -1)
    return array, notes


def _coloured(array: NDArray[Any], icc_profile: bytes | None, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Grey, with alpha or not, as RGB; by its profile, which cannot stay with it."""
    grey, notes = _image(array[..., :1]), (f"The grey colour profile was converted to sRGB: {name} holds no grey.",)
    if icc_profile:
        try:
            source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)), ImageCms.createProfile("sRGB")
            rgb = ImageCms.profileToProfile(grey, source, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            rgb, notes = grey.convert("RGB"), ("The grey colour profile was left out: it is damaged.",)
    else:
        rgb, notes = grey.convert("RGB"), ()
    return np.concatenate([np.asarray(rgb), array[..., 1:]], axis=2), notes


def _image(array: NDArray[Any]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(array[..., 0] if array.shape[2] == 1 else array))


def _write(stream: IO[bytes], pixels: NDArray[Any], target: _Format, carried: Metadata) -> None:
    if target.name == "TIFF":
        write_tiff(stream, pixels, carried)
        return
    if pixels.dtype == np.uint16:
        png.write_png(stream, pixels, carried)
        return
    held: dict[str, Any] = {"icc_profile": carried.icc_profile, "exif": carried.exif, "xmp": carried.xmp}
    if target.name == "PNG":
        held["pnginfo"] = PngImagePlugin.PngInfo()
        for kind, content in png.text_chunks(held.pop("xmp"), carried.text):
            held["pnginfo"].add(kind, content)
    if target.name == "AVIF":
        held["subsampling"] = "4:0:0" if pixels.shape[2] == 1 else "4:4:4"
        held["exif"] = exif_bytes.without_orientation(carried.exif) if carried.exif else None
    _image(pixels).save(stream, target.name, **target.options, **{key: value for key, value in held.items() if value})
