"""How large a file may be: looked at before a pixel of it is decoded."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """file_bytes: of the file as it lies on the disk; pixels: width × height."""

    file_bytes: int
    pixels: int


LIBRARY = Limits(file_bytes=2**30, pixels=120_000_000)
"""For Python and the command line: more than a 100-megapixel camera makes; beyond it a file is taken for a bomb."""
PAGE = Limits(file_bytes=20 * 2**20, pixels=64_000_000)
"""For what strangers upload."""
MAX_SIDE_PX = 65_535
"""No JPEG is longer; decoders that work row by row need memory for whole rows."""


def limits(default: Limits = LIBRARY) -> Limits:
    """`default`, or what the variables CONTROLLABLE_MAX_MB and CONTROLLABLE_MAX_MP (numbers) say instead."""
    return Limits(
        file_bytes=_from_environment("CONTROLLABLE_MAX_MB", 2**20, default.file_bytes),
        pixels=_from_environment("CONTROLLABLE_MAX_MP", 1_000_000, default.pixels),
    )


def check_bytes(count: int, name: str, most: Limits) -> None:
    if count > most.file_bytes:
        raise ValueError(
            f"image: {name} has {_megabytes(count)} MB, at most {_megabytes(most.file_bytes)} MB are accepted"
        )


def check_pixels(height: int, width: int, what: str = "the picture", most: Limits | None = None) -> None:
    pixels = (most or limits()).pixels
    if height * width > pixels:
        raise ValueError(
            f"image: {what} has {height * width / 1e6:.0f} megapixels, at most {pixels / 1e6:.0f} are accepted"
        )


def check_sides(height: int, width: int, name: str) -> None:
    if max(height, width) > MAX_SIDE_PX:
        raise ValueError(f"image: {name} is {width}×{height} px, at most {MAX_SIDE_PX} px a side are accepted")


def _from_environment(name: str, unit: int, default: int) -> int:
    value = os.environ.get(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0.0 < number < 1e6:
        raise ValueError(f"{name}: {value!r} is not a number above 0")
    return int(number * unit)


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f}".removesuffix(".0")
