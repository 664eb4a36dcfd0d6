"""A finished picture → a file, whole or not at all."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from controllable.image.picture import Picture

_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {"compress_level": 2}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"lossless": True}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
    ".bmp": ("BMP", {}),
    ".avif": ("AVIF", {"quality": 90}),
}


def check_suffix(path: Path) -> None:
    """Raises ValueError if no format belongs to the suffix or the folder is missing, before any work is done."""
    if path.suffix.lower() not in _OPTIONS:
        raise ValueError(f"output: {path.name!r} must end in one of {', '.join(_OPTIONS)}")
    if not path.parent.is_dir():
        raise ValueError(f"output: the folder {path.parent} does not exist")


def save(image: Image.Image | Picture, path: Path) -> None:
    """Write in the format of the suffix, with the ICC profile and EXIF the image carries in `info`."""
    check_suffix(path)
    if isinstance(image, Picture):
        image = replace(image, kind="pil").export()
    name, options = _OPTIONS[path.suffix.lower()]
    if name in ("JPEG", "BMP") and image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        ground.info = image.info
        image = ground
    carried = {key: image.info[key] for key in ("icc_profile", "exif") if image.info.get(key)}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            image.save(stream, name, **options, **carried)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise ValueError(f"output: cannot write {path.name} ({error})") from None
    finally:
        Path(temporary).unlink(missing_ok=True)
