"""TIFF of 8 or 16 bits, compressed without loss, that keeps the EXIF block where its own offsets expect it.

An EXIF block is a TIFF already. The file starts with it, byte for byte, strips of pixels follow, and last comes the
directory: that of the block, with the fields that describe the pixels. So nothing that points anywhere moves.
TIFF 6.0, sections 2, 8, 14 (differencing) and 18 (alpha); Adobe's technical notes for Deflate and XMP.
"""

import struct
import zlib
from typing import IO

import numpy as np
from numpy.typing import NDArray

from controllable.image import exif as exif_bytes
from controllable.image.metadata import Metadata

COMPRESSION = 4
_STRIP_BYTES = 2**20
_DEFLATE, _DIFFERENCES = 8, 2
_SHORT, _LONG, _BYTE, _UNDEFINED = 3, 4, 1, 7


def write_tiff(stream: IO[bytes], pixels: NDArray[np.generic], metadata: Metadata) -> None:
    """pixels: (H, W, C), uint8 or uint16: grey, grey with alpha, RGB or RGBA. Raises ValueError beyond 4 GB."""
    height, width, channels = pixels.shape
    block = (metadata.exif or b"").removeprefix(exif_bytes.PREFIX) or b"II*\0\x08\0\0\0"
    layout = exif_bytes.layout_of(block)
    stream.write(block)
    at, offsets, counts = len(block), [], []
    rows = max(1, _STRIP_BYTES // (pixels.itemsize * width * channels))
    for top in range(0, height, rows):
        content = zlib.compress(_differences(pixels[top : top + rows], layout.order), COMPRESSION)
        stream.write(content)
        offsets.append(at)
        counts.append(len(content))
        at += len(content)
    code = layout.order

    def shorts(tag: int, *values: int) -> tuple[int, exif_bytes.Value]:
        return tag, (_SHORT, len(values), struct.pack(f"{code}{len(values)}H", *values))

    def longs(tag: int, *values: int) -> tuple[int, exif_bytes.Value]:
        return tag, (_LONG, len(values), struct.pack(f"{code}{len(values)}L", *values))

    stream.write(bytes(at % 2))
    at += at % 2
    if at >= 2**32 - 2**24:
        raise ValueError("more than 4 GB")
    fields = dict([
        longs(256, width), longs(257, height), shorts(258, *[8 * pixels.itemsize] * channels), shorts(259, _DEFLATE),
        shorts(262, 1 if channels < 3 else 2), longs(273, *offsets), shorts(274, 1), shorts(277, channels),
        longs(278, rows), longs(279, *counts), shorts(284, 1), shorts(317, _DIFFERENCES), shorts(339, *[1] * channels),
    ])  # fmt: skip
    fields |= dict([shorts(338, 2)]) if channels in (2, 4) else {}
    fields |= {700: (_BYTE, len(metadata.xmp), metadata.xmp)} if metadata.xmp else {}
    profile = metadata.icc_profile
    fields |= {34675: (_UNDEFINED, len(profile), profile)} if profile else {}
    stream.write(_with_raw(fields, _raw_fields(block, layout), code, at))
    stream.seek(4)
    stream.write(struct.pack(code + "L", at))


def _differences(rows: NDArray[np.generic], order: str) -> bytes:
    """Each value less its left neighbour's, modulo its range."""
    values = rows.astype(rows.dtype.newbyteorder("="))
    values[:, 1:] -= rows[:, :-1]  # type: ignore[arg-type]
    return values.astype(values.dtype.newbyteorder(order)).tobytes()


def _raw_fields(block: bytes, layout: exif_bytes.Layout) -> dict[int, bytes]:
    """tag → the 12 bytes of each field of the block's first directory that is not about pixels."""
    if len(block) <= 8:
        return {}
    found = exif_bytes.first_directory(block, layout)
    kept = [field for field in found.fields if field.tag not in exif_bytes.OF_THE_PIXELS]
    return {field.tag: block[field.at : field.at + 12] for field in kept}


def _with_raw(fields: dict[int, exif_bytes.Value], raw: dict[int, bytes], order: str, at: int) -> bytes:
    """A directory of both, the values of `fields` after it; those of `raw` lie where they point to."""
    count = len(fields) + len(raw)
    made = exif_bytes.pack(fields, order, at + 12 * len(raw))
    own = {
        struct.unpack_from(order + "H", made, place)[0]: made[place : place + 12]
        for place in range(2, 2 + 12 * len(fields), 12)
    }
    table = b"".join(content for _, content in sorted((own | raw).items()))
    return struct.pack(order + "H", count) + table + made[2 + 12 * len(fields) :]
