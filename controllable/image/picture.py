"""Whatever a user hands over → a Picture in the precision it came in, and back to the kind it came as.

Everything a file carried (alpha, ICC profile, EXIF) travels beside the pixels.
"""

import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from controllable.image.pixels import Pixels, to_float, to_stored
from controllable.image.tile import Tile, tiles

ImageLike = str | Path | Image.Image | np.ndarray | Tensor
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
MAX_PIXELS = 120_000_000
"""More than a 100-megapixel camera; beyond it a file is taken for a decompression bomb."""

_ORIENTATION = 0x0112
_STRIP_PX = 256

ImageFile.LOAD_TRUNCATED_IMAGES = False


Kind = Literal["pil", "uint8", "uint16", "float", "tensor"]
_DTYPES: dict[Kind, torch.dtype] = {
    "pil": torch.uint8, "uint8": torch.uint8, "uint16": torch.uint16, "float": torch.float32, "tensor": torch.float32,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Picture:
    """planes: (B, 3|4, H, W), RGB or RGBA, in the precision it came in; scale: to be read enlarged by this factor;
    kind: what it came as, to hand it back.
    """

    planes: Tensor
    kind: Kind = "pil"
    icc_profile: bytes | None = None
    exif: bytes | None = None
    scale: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in px, enlarged."""
        return self.planes.shape[-2] * self.scale, self.planes.shape[-1] * self.scale

    @property
    def nbytes(self) -> int:
        return self.planes.numel() * self.planes.element_size()

    @property
    def pixels(self) -> Pixels:
        """RGB, to be read window by window."""
        return Pixels(self.planes[:, :3], self.scale)

    @property
    def rgb(self) -> Tensor:
        """(B, 3, H, W), RGB, [0, 1], float32, the whole at once."""
        return self.pixels[..., :, :]

    @property
    def alpha(self) -> Pixels | None:
        return Pixels(self.planes[:, 3:], self.scale) if self.planes.shape[1] == 4 else None

    def enlarged(self, scale: int) -> "Picture":
        """The bicubic enlargement by a whole factor, alpha and all; pixels are computed where they are read."""
        height, width = self.size
        check_pixels(height * scale, width * scale, "the enlarged picture")
        return replace(self, scale=self.scale * scale)

    def resized(self, size: tuple[int, int]) -> "Picture":
        """The first of a batch at `size` = (height, width): area averages where it shrinks, bicubic where it grows."""
        array = self.planes[0].permute(1, 2, 0).contiguous().cpu().numpy()
        smaller = size[0] * size[1] < array.shape[0] * array.shape[1]
        array = cv2.resize(array, size[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        planes = torch.from_numpy(array).permute(2, 0, 1)[None]
        return replace(self, planes=planes.clamp_(0.0, 1.0) if planes.is_floating_point() else planes, scale=1)

    def with_rgb(self, rgb: Tensor) -> "Picture":
        """The same picture with other colours; rgb: (B, 3, H, W), [0, 1]."""
        new = self.blank()
        for place, item in enumerate(rgb):
            new.paint(tiles(*self.size, tile_px=max(self.size))[0], item[None], place)
        return new

    def blank(self, dtype: torch.dtype | None = None) -> "Picture":
        """A picture of this one's kind and enlarged size, to be painted on, in `dtype` or the precision of its kind;
        its alpha is there already.
        """
        height, width = self.size
        batch, channels = self.planes.shape[:2]
        dtype = dtype or _DTYPES[self.kind]
        if self.kind == "tensor":
            planes = torch.empty((batch, channels, height, width), dtype=dtype)
        else:
            planes = torch.empty((batch, height, width, channels), dtype=dtype).permute(0, 3, 1, 2)
        new = replace(self, planes=planes, scale=1)
        if self.alpha is not None:
            for tile in tiles(height, width):
                new.paint(tile, tile.read_own(self.alpha), channel=3)
        return new

    def paint(self, tile: Tile, part: Tensor, place: int = 0, channel: int = 0) -> None:
        """Write floats in [0, 1], (1, C, h, w), over a tile's own part of one of the batch, from `channel` on."""
        into = self.planes[place, channel : channel + part.shape[1], slice(*tile.rows), slice(*tile.columns)]
        into.copy_(to_stored(part[0], self.planes.dtype))

    def export(self) -> Any:
        """The picture, unless it is enlarged, in the kind it came as: a PIL image, an (H, W, C) array of its dtype, or
        the tensor; the two last share memory with it, and it may share memory with what was loaded.
        """
        if self.kind == "tensor":
            return self.planes
        dtype = _DTYPES[self.kind]
        planes = self.planes if self.planes.dtype == dtype else to_stored(to_float(self.planes), dtype)
        array = planes[0].permute(1, 2, 0).contiguous().cpu().numpy()
        if self.kind != "pil":
            return array
        image = Image.fromarray(array)
        if self.icc_profile:
            image.info["icc_profile"] = self.icc_profile
        if self.exif:
            image.info["exif"] = self.exif
        return image


def load(image: ImageLike) -> Picture:
    """Read a path, PIL image, (H, W, 3|4) or (H, W) array, or (B, 3, H, W) float tensor in [0, 1].

    Files are decoded upright (EXIF orientation applied and reset). Raises ValueError with one sentence for anything
    that is not a picture, is damaged, too large or not finite.
    """
    if isinstance(image, (str, Path)):
        return from_pil(_open(Path(image)))
    if isinstance(image, Image.Image):
        return from_pil(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Tensor):
        return _from_tensor(image)
    raise ValueError(f"image: expected a path, PIL image, array or tensor, got {type(image).__name__}")


def check_pixels(height: int, width: int, what: str = "the picture") -> None:
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"image: {what} has {height * width / 1e6:.0f} megapixels, at most {MAX_PIXELS / 1e6:.0f} are accepted"
        )


def _open(path: Path) -> Image.Image:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"image: cannot read {path.name} ({error.strerror})") from None
    if not data:
        raise ValueError(f"image: {path.name} is empty (0 bytes)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
        check_pixels(opened.height, opened.width, path.name)
        opened.load()
    except UnidentifiedImageError:
        raise ValueError(f"image: {path.name} is not a picture in one of the formats {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise ValueError(
            f"image: {path.name} is far too large; at most {MAX_PIXELS / 1e6:.0f} megapixels are accepted"
        ) from None
    except (OSError, SyntaxError, EOFError, OverflowError) as error:
        raise ValueError(f"image: {path.name} is damaged or cut short ({error})") from None
    return opened


def from_pil(image: Image.Image) -> Picture:
    """Any mode; 16-bit grey keeps its depth; palette, CMYK and the like become RGB."""
    check_pixels(image.height, image.width)
    icc_profile, exif = image.info.get("icc_profile"), image.getexif()
    upright = ImageOps.exif_transpose(image) if exif.get(_ORIENTATION, 1) != 1 else image
    exif.pop(_ORIENTATION, None)
    carried = exif.tobytes() if len(exif) else None
    if upright.mode.startswith("I"):
        grey = torch.from_numpy(np.array(upright).clip(0, 65535).astype(np.uint16))
        return Picture(planes=grey.expand(1, 3, -1, -1), exif=carried)
    if upright.mode == "F":
        grey = torch.from_numpy(np.array(upright, dtype=np.float32)).clamp(0, 1)
        return Picture(planes=_finite(grey).expand(1, 3, -1, -1), exif=carried)
    transparent = "A" in upright.getbands() or "transparency" in upright.info
    if upright.mode == "CMYK" or (upright.mode == "L" and icc_profile):
        icc_profile = None
    mode = "RGBA" if transparent else "RGB"
    array = _array_of(upright if upright.mode == mode else upright.convert(mode))
    return Picture(planes=_planes(array), icc_profile=icc_profile, exif=carried)


def _array_of(image: Image.Image) -> np.ndarray:
    """(H, W, 3|4), uint8, a strip at a time; all at once, Pillow would hold the pixels once more on the way."""
    array = np.empty((image.height, image.width, len(image.getbands())), np.uint8)
    for top in range(0, image.height, _STRIP_PX):
        bottom = min(image.height, top + _STRIP_PX)
        array[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return array


def _from_array(array: np.ndarray) -> Picture:
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise ValueError(f"image: expected an array of (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    check_pixels(*array.shape[:2])
    kinds: dict[str, Kind] = {"uint8": "uint8", "uint16": "uint16", "float32": "float", "float64": "float"}
    if array.dtype.name not in kinds:
        raise ValueError(f"image: expected uint8, uint16 or float values, got {array.dtype}")
    kind = kinds[array.dtype.name]
    planes = _planes(np.require(array, np.float32 if kind == "float" else None, ["C", "W"]))
    return Picture(planes=_in_range(planes) if kind == "float" else planes, kind=kind)


def _from_tensor(tensor: Tensor) -> Picture:
    if tensor.ndim != 4 or tensor.shape[1] != 3 or 0 in tensor.shape or not tensor.is_floating_point():
        raise ValueError(f"image: expected a float tensor of (B, 3, H, W), got {tuple(tensor.shape)} {tensor.dtype}")
    return Picture(planes=_in_range(tensor.detach().float()), kind="tensor")


def _planes(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array).permute(2, 0, 1)[None]


def _finite(values: Tensor) -> Tensor:
    if not bool(torch.isfinite(values).all()):
        raise ValueError("image: holds NaN or infinite values")
    return values


def _in_range(values: Tensor) -> Tensor:
    if float(_finite(values).amin()) < -1e-4 or float(values.amax()) > 1.0 + 1e-4:
        raise ValueError("image: float values must lie in [0, 1]")
    return values
