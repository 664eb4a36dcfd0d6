"""PNG: text chunks of any, and whole files of 16 bits a channel, which Pillow does not write.

PNG specification, third edition (W3C 2025): 5 (chunks), 9 (filtering), 11 (what the chunks mean).
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import IO

import numpy as np
from numpy.typing import NDArray

from controllable.image.metadata import XMP_KEY, Metadata

COMPRESSION = 2
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
_STRIP_BYTES = 2**22
Chunk = tuple[bytes, bytes]


def text_chunks(xmp: bytes | None, text: Mapping[str, str]) -> list[Chunk]:
    """tEXt where Latin-1 holds it, else iTXt; XMP as iTXt. A keyword that PNG does not allow is left out."""
    chunks = [(b"iTXt", _keyword(XMP_KEY) + bytes(4) + xmp)] if xmp else []
    for key, value in text.items():
        if not 1 <= len(key) <= 79 or not key.isprintable() or not key.isascii() or "\0" in value:
            continue
        try:
            chunks.append((b"tEXt", _keyword(key) + value.encode("latin-1")))
        except UnicodeEncodeError:
            chunks.append((b"iTXt", _keyword(key) + bytes(4) + value.encode()))
    return chunks


def write_png(stream: IO[bytes], pixels: NDArray[np.uint16], metadata: Metadata) -> None:
    """pixels: (H, W, C), uint16: grey, grey with alpha, RGB or RGBA."""
    height, width, channels = pixels.shape
    stream.write(b"\x89PNG\r\n\x1a\n")
    _put(stream, b"IHDR", struct.pack(">LLBBBBB", width, height, 16, _COLOUR_TYPE[channels], 0, 0, 0))
    if metadata.icc_profile:
        _put(stream, b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc_profile))
    if metadata.exif:
        _put(stream, b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
    for kind, content in text_chunks(metadata.xmp, metadata.text):
        _put(stream, kind, content)
    packer = zlib.compressobj(COMPRESSION)
    for rows in _filtered(pixels):
        content = packer.compress(rows)
        if content:
            _put(stream, b"IDAT", content)
    _put(stream, b"IDAT", packer.flush())
    _put(stream, b"IEND", b"")


def _filtered(pixels: NDArray[np.uint16]) -> Iterator[bytes]:
    """Rows as bytes, each as the difference to its left or to its upper neighbour, whichever is smaller in sum."""
    height, width, channels = pixels.shape
    step = max(1, _STRIP_BYTES // (2 * width * channels))
    above = np.zeros((1, 2 * width * channels), np.uint8)
    for top in range(0, height, step):
        rows = np.ascontiguousarray(pixels[top : top + step]).astype(">u2").view(np.uint8).reshape(-1, above.shape[1])
        left = rows.copy()
        left[:, 2 * channels :] -= rows[:, : -2 * channels]
        up = rows - np.concatenate([above, rows[:-1]])
        sums = [np.abs(part.view(np.int8).astype(np.int16)).sum(1) for part in (left, up)]
        smaller = sums[1] < sums[0]
        made = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        made[:, 0] = np.where(smaller, 2, 1)
        made[:, 1:] = np.where(smaller[:, None], up, left)
        above = rows[-1:]
        yield made.tobytes()


def _keyword(key: str) -> bytes:
    return key.encode("latin-1") + b"\0"


def _put(stream: IO[bytes], kind: bytes, content: bytes) -> None:
    stream.write(struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content)))
