"""Any of Pillow's modes → one the program works in: grey, grey with alpha, RGB, RGBA, 16-bit grey."""

import io

import numpy as np
from PIL import Image, ImageCms

from controllable.image.metadata import colour_space

_PLAIN = ("L", "LA", "RGB", "RGBA")
_READ_AS = {"1": "L", "La": "LA", "RGBX": "RGB", "RGBa": "RGBA", "PA": "RGBA", "YCbCr": "RGB", "HSV": "RGB"}


def plain(image: Image.Image, icc_profile: bytes | None) -> tuple[Image.Image, bytes | None, tuple[str, ...]]:
    """The image in L, LA, RGB, RGBA, I;16 or F with the same colours; the profile that describes it; what was changed.

    Raises ValueError for what cannot be shown.
    """
    mode = image.mode
    if mode in ("CMYK", "LAB"):
        return _to_srgb(image, icc_profile)
    if mode.startswith("I;16") or mode == "F":
        return image, icc_profile, ()
    if mode == "I":
        return _from_integers(image), icc_profile, ()
    transparent = image.has_transparency_data
    if mode == "P":
        target = "L" if _is_grey(image.getpalette() or []) else "RGB"
        return image.convert(target + "A" * transparent), icc_profile, ()
    target = _READ_AS.get(mode, mode)
    if transparent:
        target = {"L": "LA", "RGB": "RGBA"}.get(target, target)
    if target not in _PLAIN:
        raise ValueError(f"image: pixels of mode {mode} are not read")
    return image if target == mode else image.convert(target), icc_profile, ()


def _is_grey(palette: list[int]) -> bool:
    return palette[::3] == palette[1::3] == palette[2::3]


def _from_integers(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("image: holds whole numbers outside [0, 65535]")
    return Image.fromarray(values.astype(np.uint16))


def _to_srgb(image: Image.Image, icc_profile: bytes | None) -> tuple[Image.Image, None, tuple[str, ...]]:
    """By the file's own profile; CMYK without one by the plain complement."""
    what = "CMYK" if image.mode == "CMYK" else "Lab"
    target = ImageCms.createProfile("sRGB")
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc_profile and colour_space(icc_profile) == "CMYK":
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        else:
            return image.convert("RGB"), None, ("CMYK was converted to sRGB without a colour profile: there is none.",)
        made = ImageCms.profileToProfile(
            image, source, target, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError):
        if image.mode == "LAB":
            raise ValueError("image: its Lab colours cannot be converted") from None
        return image.convert("RGB"), None, ("CMYK was converted to sRGB without its colour profile: it is damaged.",)
    assert made is not None
    return made, None, (f"{what} was converted to sRGB.",)
