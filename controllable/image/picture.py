"""Whatever a user hands over → a Picture in the precision it came in, and back to the kind it came as.

Everything a file carried (alpha, ICC profile, EXIF, XMP, text) travels beside the pixels.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from controllable.color import luma
from controllable.image.decode import Decoded, decode_file, decode_image
from controllable.image.headers import FORMATS as FORMATS
from controllable.image.limits import Limits, check_pixels, limits
from controllable.image.metadata import Metadata, fitting_profile
from controllable.image.pixels import Pixels, to_float, to_stored
from controllable.image.tile import Tile, tiles

ImageLike = str | Path | Image.Image | np.ndarray | Tensor
Kind = Literal["pil", "uint8", "uint16", "float", "tensor"]
_DTYPES: dict[Kind, torch.dtype] = {
    "pil": torch.uint8, "uint8": torch.uint8, "uint16": torch.uint16, "float": torch.float32, "tensor": torch.float32,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Picture(Metadata):
    """planes: (B, 3|4, H, W), RGB or RGBA, in the precision it came in; kind: what it came as, to hand it back;
    scale: to be read enlarged by this factor; depth: bits a channel, 8 or 16, to be finished in where `kind` leaves it
    open, and to be saved in; grey: whether its three colours are, and stay, one; format: its file's, or ""; notes:
    plain sentences on what reading it changed, for the user.
    """

    planes: Tensor
    kind: Kind = "pil"
    scale: int = 1
    depth: int = 8
    grey: bool = False
    format: str = ""
    notes: tuple[str, ...] = ()

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

    @property
    def dtype(self) -> torch.dtype:
        """What it is finished in."""
        return torch.uint16 if self.kind == "pil" and self.depth == 16 else _DTYPES[self.kind]

    def with_rgb(self, rgb: Tensor) -> "Picture":
        """The same picture with other colours, which a grey one need not lack; rgb: (B, 3, H, W), [0, 1]."""
        new = replace(self, grey=False).blank()
        for place, item in enumerate(rgb):
            new.paint(tiles(*self.size, tile_px=max(self.size))[0], item[None], place)
        return new

    def blank(self, dtype: torch.dtype | None = None) -> "Picture":
        """A picture of this one's kind and enlarged size, to be painted on, in `dtype` or the precision it is finished
        in; its alpha is there already.
        """
        height, width = self.size
        batch, channels = self.planes.shape[:2]
        dtype = dtype or self.dtype
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
        """Write floats in [0, 1], (1, C, h, w), over a tile's own part of one of the batch, from `channel` on; colours
        painted on a grey picture become their luma.
        """
        into = self.planes[place, channel : channel + part.shape[1], slice(*tile.rows), slice(*tile.columns)]
        into.copy_(to_stored((luma(part) if self.grey and channel == 0 else part)[0], self.planes.dtype))

    def export(self) -> Any:
        """The picture, unless it is enlarged, in the kind it came as: a PIL image (RGB or RGBA, 8 bits), an (H, W, C)
        array of its dtype, or the tensor; the two last share memory with it, and it may share memory with what was
        loaded.
        """
        if self.kind == "tensor":
            return self.planes
        array = self.array(_DTYPES[self.kind])
        if self.kind != "pil":
            return array
        image = Image.fromarray(array)
        carried = {"icc_profile": fitting_profile(self.icc_profile, grey=False)[0], "exif": self.exif, "xmp": self.xmp}
        image.info |= {key: value for key, value in carried.items() if value}
        return image

    def array(self, dtype: torch.dtype) -> np.ndarray:
        """(H, W, C) of the first of a batch."""
        planes = self.planes[:1]
        if planes.dtype != dtype:
            made = torch.empty((1, *planes.shape[2:], planes.shape[1]), dtype=dtype).permute(0, 3, 1, 2)
            for tile in tiles(*planes.shape[2:]):
                tile.read_own(made).copy_(to_stored(to_float(tile.read_own(planes)), dtype))
            planes = made
        return planes[0].permute(1, 2, 0).contiguous().cpu().numpy()


def load(image: ImageLike, most: Limits | None = None) -> Picture:
    """Read a path, PIL image, (H, W, 3|4) or (H, W) array, or (B, 3, H, W) float tensor in [0, 1].

    Files of `FORMATS`, and HEIF with the package pi-heif, are decoded upright (EXIF orientation applied and set to 1);
    of an animation the first picture; AVIF in 8 bits; CMYK and Lab become sRGB. most: what a file may have at most,
    `limits()` otherwise. Raises ValueError with one sentence for anything that is not a picture, is damaged, too large
    or not finite.
    """
    if isinstance(image, (str, Path)):
        return _from_decoded(decode_file(Path(image), most or limits()))
    if isinstance(image, Image.Image):
        return from_pil(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Tensor):
        return _from_tensor(image)
    raise ValueError(f"image: expected a path, PIL image, array or tensor, got {type(image).__name__}")


def from_pil(image: Image.Image) -> Picture:
    """Any mode; 16-bit grey keeps its depth; palette, CMYK and the like become RGB."""
    return _from_decoded(decode_image(image))


def _from_decoded(decoded: Decoded) -> Picture:
    planes = _planes(decoded.array)
    carried = decoded.metadata
    return Picture(
        planes=planes.expand(-1, 3, -1, -1) if planes.shape[1] == 1 else planes,
        depth=16 if planes.dtype == torch.uint16 else 8, grey=decoded.grey, format=decoded.format, notes=decoded.notes,
        icc_profile=carried.icc_profile, exif=carried.exif, xmp=carried.xmp, text=carried.text,
    )  # fmt: skip


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
    depth = 8 if kind == "uint8" else 16
    return Picture(planes=_in_range(planes) if kind == "float" else planes, kind=kind, depth=depth)


def _from_tensor(tensor: Tensor) -> Picture:
    if tensor.ndim != 4 or tensor.shape[1] != 3 or 0 in tensor.shape or not tensor.is_floating_point():
        raise ValueError(f"image: expected a float tensor of (B, 3, H, W), got {tuple(tensor.shape)} {tensor.dtype}")
    return Picture(planes=_in_range(tensor.detach().float()), kind="tensor", depth=16)


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
