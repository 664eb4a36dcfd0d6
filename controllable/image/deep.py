"""16 bits a channel through Pillow, which holds 8: each file is decoded twice, for the high and for the low byte.

Pillow's raw modes say which of the two bytes of a value it keeps: `RGB;16B` the first, `RGB;16L` the second.
Grey with alpha has four bytes a pixel, which it reads as RGBA once the header says so.
"""

import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from controllable.image import exif
from controllable.image.headers import Refused
from controllable.image.upright import array_of, empty, strips

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR = 258, 262, 277, 284
_PREDICTOR, _TILE_WIDTH, _EXTRA, _SAMPLE_FORMAT = 317, 322, 338, 339
_OTHER = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
Open = Callable[[bytes], Image.Image]
Deep = tuple[NDArray[np.generic], bool]
"""(H, W, 1|3|4), uint16, and whether it is grey."""


def deep_png(data: bytes, opened: Image.Image, reopen: Open, turn: int) -> Deep | None:
    """The pixels of a PNG of 16 bits a channel; None for others. reopen: a new image of such bytes."""
    if data[24] != 16 or data[12:16] != b"IHDR":
        return None
    colour = data[25]
    if colour == 4:
        head = data[12:24] + b"\x08\x06" + data[26:29]
        image = reopen(data[:12] + head + struct.pack(">L", zlib.crc32(head)) + data[33:])
        return _grey_alpha(image, ">u2", turn), True
    key = opened.info.get("transparency")
    if colour == 0:
        opened.load()
        values: Any = array_of(opened, turn)
    else:
        values = _both_bytes(opened, reopen(data), turn)
    if key is not None:
        values = _with_key(values, np.atleast_1d(np.asarray(key, np.uint16)))
    return values, colour == 0


def deep_tiff(data: bytes, reopen: Open) -> Deep | None:
    """The pixels of a TIFF of 12 or 16 bits a channel, which Pillow turns upright itself; None for others."""
    layout = exif.layout_of(data)
    first = exif.first_directory(data, layout)

    said = exif.numbers(data, layout, first, _BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR, _PREDICTOR, _EXTRA)
    bits, samples, extra = said.get(_BITS, 1), said.get(_SAMPLES, 1), said.get(_EXTRA, 0)
    photometric = said.get(_PHOTOMETRIC, 0)
    if bits not in (12, 16) or photometric not in (0, 1, 2):
        return None
    if samples > 1 and said.get(_PLANAR, 1) != 1:
        raise Refused("its 16-bit channels are stored one after the other; only interleaved ones are read")
    if samples == 2 and bits == 16:
        values = _grey_alpha(reopen(data), layout.order + "u2", exif.orientation(data), said.get(_PREDICTOR, 1) == 2)
        return _unpremultiplied(values) if extra == 1 else values, True
    if samples == 1 and photometric != 2:
        opened = reopen(data)
        if not opened.mode.startswith("I;16"):
            return None
        opened.load()
        values: Any = array_of(opened)
        if bits == 12:
            values = values << 4 | values >> 8
        return 65535 - values if photometric == 0 else values, True
    if photometric != 2 or bits != 16:
        return None
    opened, again = reopen(data), reopen(data)
    if extra == 1:
        for image in (opened, again):
            image.tile = _rewritten(image.tile, lambda mode: mode.replace("a;", "A;"))
    values = _both_bytes(opened, again, 1)
    return _unpremultiplied(values) if extra == 1 and values.shape[2] == 4 else values, False


def _both_bytes(high: Image.Image, low: Image.Image, turn: int) -> NDArray[np.generic]:
    low.tile = _rewritten(low.tile, lambda mode: mode[:-3] + _OTHER[mode[-3:]])
    high.load()
    picture, stored = empty(high.height, high.width, len(high.getbands()), np.uint16, turn)
    for top, strip in strips(high):
        stored[top : top + len(strip)] = strip.astype(np.uint16) << 8
    high.close()
    low.load()
    for top, strip in strips(low):
        stored[top : top + len(strip)] |= strip
    return picture


def _rewritten(tiles: list[Any], change: Callable[[str], str]) -> list[Any]:
    """Descriptions of what is to be decoded, with another raw mode."""

    def args(old: Any) -> Any:
        return (change(old[0]), *old[1:]) if isinstance(old, tuple) else change(old)

    return [tile._replace(args=args(tile.args)) for tile in tiles]


def _grey_alpha(image: Image.Image, order: str, turn: int, summed: bool = False) -> NDArray[np.generic]:
    """summed: values are stored as differences to their left neighbour."""
    image.load()
    picture, stored = empty(image.height, image.width, 4, np.uint16, turn)
    for top, strip in strips(image):
        pair = np.ascontiguousarray(strip).view(order)
        if summed:
            pair = np.cumsum(pair, axis=1, dtype=np.uint16)
        rows = stored[top : top + len(strip)]
        rows[..., :3], rows[..., 3] = pair[..., :1], pair[..., 1]
    return picture


def four_bytes(data: bytes) -> bytes:
    """A TIFF of 16-bit grey with alpha, which Pillow does not know, as one of 8-bit RGBA; others as they are."""
    layout = exif.layout_of(data)
    first = exif.first_directory(data, layout)
    if exif.numbers(data, layout, first, _BITS, _SAMPLES) != {_BITS: 16, _SAMPLES: 2}:
        return data
    if first.find(_TILE_WIDTH):
        raise Refused("its 16-bit grey with alpha is stored in tiles; only rows are read")
    patched = bytearray(data)
    changed = {_BITS: 8, _SAMPLES: 4, _PHOTOMETRIC: 2, _PREDICTOR: 1, _EXTRA: 2, _SAMPLE_FORMAT: 1}
    changed[exif.ORIENTATION] = 1
    for tag, value in changed.items():
        field = first.find(tag)
        if field is not None:
            count = struct.pack(layout.offset, 1)
            said = struct.pack(layout.order + "H", 3) + count + struct.pack(layout.order + "H", value)
            patched[field.at + 2 : field.at + 2 + len(said)] = said
    return bytes(patched)


def _with_key(values: Any, key: NDArray[np.generic]) -> NDArray[np.generic]:
    """Grey or RGB → RGBA, transparent where the colour is the key."""
    height, width, channels = values.shape
    made = np.empty((height, width, 4), np.uint16)
    made[..., :3] = values
    made[..., 3] = np.where((values == key[:channels]).all(2), 0, 65535)
    return made


def _unpremultiplied(values: Any) -> NDArray[np.generic]:
    alpha = np.maximum(values[..., 3:].astype(np.uint64), 1)
    values[..., :3] = np.minimum((values[..., :3] * np.uint64(65535) + alpha // 2) // alpha, 65535)
    return values
