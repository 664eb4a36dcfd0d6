"""Whatever a user hands over → a Picture of float tensors, and back to the kind it came as.

Everything a file carried (alpha, ICC profile, EXIF) travels beside the tensor.
"""

import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from controllable.image.resize import resize

ImageLike = str | Path | Image.Image | np.ndarray | Tensor
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
MAX_PIXELS = 120_000_000
"""More than a 100-megapixel camera; beyond it a file is taken for a decompression bomb."""

ImageFile.LOAD_TRUNCATED_IMAGES = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """rgb: (B, 3, H, W), RGB, [0, 1], float32; alpha: (1, 1, H, W) or None; kind: what it came as, to hand it back."""

    rgb: Tensor
    alpha: Tensor | None = None
    kind: Literal["pil", "uint8", "uint16", "float", "tensor"] = "pil"
    icc_profile: bytes | None = None
    exif: bytes | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in px."""
        return self.rgb.shape[-2], self.rgb.shape[-1]

    def enlarged(self, scale: int) -> "Picture":
        """The bicubic enlargement by a whole factor, alpha and all; itself for 1."""
        if scale == 1:
            return self
        height, width = self.size
        check_pixels(height * scale, width * scale, "the enlarged picture")
        size = (height * scale, width * scale)
        alpha = None if self.alpha is None else resize(self.alpha, size).clamp(0, 1)
        return replace(self, rgb=resize(self.rgb, size).clamp(0, 1), alpha=alpha)

    def export(self) -> Any:
        """The picture in the kind it came as: a PIL image, an (H, W, C) array of its dtype, or the tensor."""
        if self.kind == "tensor":
            return self.rgb
        planes = self.rgb if self.alpha is None else torch.cat((self.rgb, self.alpha), 1)
        array = planes[0].permute(1, 2, 0).cpu()
        if self.kind == "float":
            return array.contiguous().numpy()
        if self.kind == "uint16":
            return (array * 65535.0).round().clamp(0, 65535).numpy().astype(np.uint16)
        pixels = (array * 255.0).round().clamp(0, 255).to(torch.uint8).contiguous().numpy()
        if self.kind == "uint8":
            return pixels
        image = Image.fromarray(pixels)
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
    upright = ImageOps.exif_transpose(image)
    exif.pop(0x0112, None)
    carried = exif.tobytes() if len(exif) else None
    if upright.mode.startswith("I") or upright.mode == "F":
        grey = torch.from_numpy(np.array(upright, dtype=np.float32))
        largest = 65535.0 if upright.mode.startswith("I") else 1.0
        rgb = _finite((grey / largest).clamp(0, 1))[None, None].repeat(1, 3, 1, 1)
        return Picture(rgb=rgb, icc_profile=None, exif=carried)
    transparent = "A" in upright.getbands() or "transparency" in upright.info
    if upright.mode == "CMYK" or (upright.mode == "L" and icc_profile):
        icc_profile = None
    planes = _planes(np.asarray(upright.convert("RGBA" if transparent else "RGB")), 255.0)
    alpha = planes[:, 3:] if transparent else None
    return Picture(rgb=planes[:, :3], alpha=alpha, icc_profile=icc_profile, exif=carried)


def _from_array(array: np.ndarray) -> Picture:
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise ValueError(f"image: expected an array of (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    check_pixels(*array.shape[:2])
    kinds: dict[str, tuple[Literal["uint8", "uint16", "float"], float]] = {
        "uint8": ("uint8", 255.0), "uint16": ("uint16", 65535.0), "float32": ("float", 1.0), "float64": ("float", 1.0),
    }  # fmt: skip
    if array.dtype.name not in kinds:
        raise ValueError(f"image: expected uint8, uint16 or float values, got {array.dtype}")
    kind, largest = kinds[array.dtype.name]
    planes = _in_range(_planes(array, largest))
    return Picture(rgb=planes[:, :3], alpha=planes[:, 3:] if array.shape[2] == 4 else None, kind=kind)


def _from_tensor(tensor: Tensor) -> Picture:
    if tensor.ndim != 4 or tensor.shape[1] != 3 or 0 in tensor.shape or not tensor.is_floating_point():
        raise ValueError(f"image: expected a float tensor of (B, 3, H, W), got {tuple(tensor.shape)} {tensor.dtype}")
    return Picture(rgb=_in_range(tensor.detach().float()), kind="tensor")


def _planes(array: np.ndarray, largest: float) -> Tensor:
    return torch.from_numpy(array.astype(np.float32)).div_(largest).permute(2, 0, 1)[None].contiguous()


def _finite(values: Tensor) -> Tensor:
    if not bool(torch.isfinite(values).all()):
        raise ValueError("image: holds NaN or infinite values")
    return values


def _in_range(values: Tensor) -> Tensor:
    if float(_finite(values).amin()) < -1e-4 or float(values.amax()) > 1.0 + 1e-4:
        raise ValueError("image: float values must lie in [0, 1]")
    return values
