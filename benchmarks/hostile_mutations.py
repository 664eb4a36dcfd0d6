"""Small whole files of every format, and thousands of them changed: bits, lengths, parts cut, repeated, swapped."""

import importlib
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from benchmarks.fidelity_cells import XMP
from benchmarks.hostile_files import SIGNATURE, File, chunk, frames, png, saved


def seeds() -> dict[str, bytes]:
    """Small whole files of every format, with metadata, to be mutated."""
    y, x = np.mgrid[0:24, 0:40]
    colour = np.stack([x * 6, y * 10, (x * y) % 256], -1).astype(np.uint8)
    rgb, exif = Image.fromarray(colour), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    tags = {"exif": exif.tobytes(), "icc_profile": bytes(range(200))}
    paletted = rgb.quantize(64)
    deep = np.asarray(rgb).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    return {
        "PNG": saved(rgb, "PNG", **tags), "PNG palette": saved(paletted, "PNG", transparency=3),
        "PNG 16": png(40, 24, 16, 2, rows), "PNG interlaced": _interlaced(),
        "PNG animated": frames("PNG", 3), "JPEG": saved(rgb, "JPEG", xmp=XMP, **tags),
        "JPEG progressive": saved(rgb, "JPEG", progressive=True), "JPEG CMYK": saved(rgb.convert("CMYK"), "JPEG"),
        "WebP": saved(rgb, "WEBP", **tags), "WebP lossless": saved(rgb.convert("RGBA"), "WEBP", lossless=True),
        "TIFF": saved(rgb, "TIFF", exif=exif), "TIFF LZW": saved(rgb, "TIFF", compression="tiff_lzw"),
        "TIFF deflate": saved(rgb, "TIFF", compression="tiff_deflate"),
        "TIFF 16": saved(Image.fromarray(deep[..., 0].astype(np.uint16)), "TIFF", compression="tiff_lzw"),
        "GIF": saved(paletted, "GIF", transparency=3), "GIF animated": frames("GIF", 3),
        "AVIF": saved(rgb, "AVIF", **tags), "BMP": saved(rgb, "BMP"), "PPM": saved(rgb, "PPM"), **_heif(rgb),
    }  # fmt: skip


def _heif(image: Image.Image) -> dict[str, bytes]:
    """Where pillow_heif, which writes it, is installed."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return {}
    return {"HEIF": saved(image, "HEIF", quality=80)}


def _interlaced() -> bytes:
    """Adam7 of 8×8 grey pixels: seven passes of 1, 1, 2, 4, 8, 16 and 32 pixels."""
    passes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    rows = b"".join(b"\0" + bytes(range(width)) for width, height in passes for _ in range(height))
    head = struct.pack(">LLBBBBB", 8, 8, 8, 0, 0, 0, 1)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def mutations(count: int, seed: int) -> Iterator[File]:
    """`count` files, each a whole one changed in one to four ways; PNG's checksums are made right in three of four."""
    chance, whole = np.random.default_rng(seed), seeds()
    names = list(whole)
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(whole[name])
        for _ in range(int(chance.integers(1, 5))):
            _WAYS[int(chance.integers(len(_WAYS)))](data, chance, whole[names[int(chance.integers(len(names)))]])
        if name.startswith("PNG") and chance.random() < 0.75:
            data = bytearray(_summed(bytes(data)))
        yield f"{name}, mutation {number}", bytes(data)


def _flip(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    for _ in range(int(chance.integers(1, 12))):
        if data:
            data[int(chance.integers(len(data)))] ^= 1 << int(chance.integers(8))


def _cut(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    del data[int(chance.integers(len(data) + 1)) :]


def _remove(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    at = int(chance.integers(len(data) + 1))
    del data[at : at + int(chance.integers(1, 40))]


def _repeat(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    at = int(chance.integers(len(data) + 1))
    part = data[at : at + int(chance.integers(1, 200))]
    data[at:at] = part * int(chance.integers(1, 20))


def _splice(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    at, start = int(chance.integers(len(data) + 1)), int(chance.integers(len(other)))
    data[at:at] = other[start : start + int(chance.integers(1, 120))]


def _number(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    """A value that lengths and sizes break at, where one may be."""
    width = int(chance.choice([1, 2, 4]))
    value = int(chance.choice([0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]))
    at = int(chance.integers(min(len(data), 400) + 1))
    data[at : at + width] = (value & (256**width - 1)).to_bytes(width, "big" if chance.random() < 0.5 else "little")


def _swap(data: bytearray, chance: np.random.Generator, other: bytes) -> None:
    """Two parts change places: chunks, segments, tags."""
    one, two = sorted(int(value) for value in chance.integers(len(data) + 1, size=2))
    size = min(int(chance.integers(1, 60)), two - one)
    data[one : one + size], data[two : two + size] = data[two : two + size], data[one : one + size]


_WAYS: tuple[Callable[[bytearray, np.random.Generator, bytes], None], ...] = (
    _flip, _cut, _remove, _repeat, _splice, _number, _number, _swap,
)  # fmt: skip


def _summed(data: bytes) -> bytes:
    """A PNG with the checksum of each chunk made right, as far as its lengths can be followed."""
    made, at = data[:8], 8
    while at + 8 <= len(data):
        size = struct.unpack_from(">L", data, at)[0]
        if at + 12 + size > len(data):
            break
        made += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + size])
        at += 12 + size
    return made + data[at:]
