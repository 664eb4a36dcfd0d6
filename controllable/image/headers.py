"""What is looked at in a file's bytes before Pillow sees them: its format, and whether it is made to exhaust a reader.

Each check bounds what a decoder would do for a file of this size: how many segments it walks, how much one value may
be read again and again, how often it passes over the picture. What a camera or an editor writes stays far below.
"""

import math
import re
import struct
import zlib

from controllable.image import exif
from controllable.image.hardened import UP_TO_DATE

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
"""The formats Pillow is allowed to open."""
_MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"BM": "BMP", b"GIF87a": "GIF", b"GIF89a": "GIF"} | {
    head: "TIFF" for head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs")
_AVIF_BRANDS = (b"avif", b"avis")
_MOST_SEGMENTS, _MOST_RESOURCES, _MOST_SCANS, _MOST_JUNK = 1000, 64, 100, 2**16
_MOST_CHUNKS, _MOST_BLOCKS = 20_000, 100_000
_COMMENT = re.compile(rb"#[^\r\n]*")
_MOST_NUMBERS = 500_000
_MOST_SLOW_BYTES = 2 * 2**20
_TIFF_COMPRESSIONS = frozenset([1, 5, 8, 32773, 32946, 34925, 50000])
"""None, LZW, Deflate (two numbers), PackBits, LZMA, Zstandard. JPEG and fax inside TIFF, and colours as YCbCr, are read
with Pillow 13 or newer alone: older ones hand out memory that was never written, or read beyond it."""
_TIFF_SINCE_13 = frozenset([2, 3, 4, 7]) if UP_TO_DATE else frozenset[int]()


class Refused(ValueError):
    """A file that may be whole, but is of a kind that is not read."""


def format_of(data: bytes) -> str | None:
    """A format of `FORMATS`, "HEIF", or None, by the first bytes."""
    for head, name in _MAGIC.items():
        if data.startswith(head):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        size = min(int.from_bytes(data[:4], "big"), 512)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, size, 4))]
        if any(brand in _AVIF_BRANDS for brand in brands):
            return "AVIF"
        return "HEIF" if any(brand in _HEIF_BRANDS or brand in (b"mif1", b"msf1") for brand in brands) else None
    return "PPM" if data[:1] == b"P" and data[1:2] in b"123456fFy" and data[2:3].isspace() else None


def checked(data: bytes, name: str) -> bytes:
    """The bytes to decode: of a GIF its first picture without what stands before it, else all of them.

    Raises Refused for what would exhaust a decoder or a reader of metadata, ValueError for what cannot be whole.
    """
    if data.count(exif.PREFIX) > _MOST_RESOURCES:
        raise Refused("it repeats its EXIF data")
    if name == "PNG":
        _check_png(data)
    elif name == "JPEG":
        _check_jpeg(data)
    elif name == "GIF":
        return _first_of_gif(data)
    elif name == "TIFF":
        _check_tiff(data)
    elif name == "PPM":
        _check_ppm(data)
    elif name == "BMP":
        _check_bmp(data)
    return data


def _check_held(claimed_bytes: int, data: bytes, most: int = 1) -> None:
    """most: bytes of pixels that a byte of the file can hold; of Deflate no more than 1032."""
    if claimed_bytes > most * len(data):
        raise ValueError("its header claims more pixels than its data can hold")


def _check_slow(data: bytes) -> None:
    if len(data) > _MOST_SLOW_BYTES:
        raise Refused(f"it is larger than {_MOST_SLOW_BYTES // 2**20} MB in a form that is read value by value")


def _check_png(data: bytes) -> None:
    at, count, most, view = 8, 0, _MOST_CHUNKS + len(data) // 256, memoryview(data)
    while at + 8 <= len(data):
        end = at + 8 + _number(">L", data, at)
        critical = data[at + 4] & 0x20 == 0 and end + 4 <= len(data)
        if critical and zlib.crc32(view[at + 4 : end]) != _number(">L", data, end):
            raise ValueError("a checksum is wrong")
        at = end + 4
        count += 1
        if count > most:
            raise Refused("it is cut into too many chunks")
    if data[12:16] == b"IHDR" and len(data) >= 33:
        width, height, depth, colour = struct.unpack_from(">LLBB", data, 16)
        bits = depth * {2: 3, 4: 2, 6: 4}.get(colour, 1)
        _check_held(width * height * bits // 8, data, 1040)


def _check_jpeg(data: bytes) -> None:
    at, count, resources, junk = 2, 0, 0, 0
    while at < len(data):
        mark = data.find(b"\xff", at)
        if mark < 0:
            return
        code = mark + 1
        while code < len(data) and data[code] == 0xFF and code - mark <= _MOST_JUNK:
            code += 1
        junk += code - 1 - at
        if junk > _MOST_JUNK:
            raise Refused("it holds too much that belongs to nothing")
        if code >= len(data) or data[code] in (0xD9, 0xDA):
            break
        at = code + 1
        if data[code] in (0xC0, 0xC1, 0xC2):
            _check_held(_number(">HH", data, at + 3), data, 512)
        if data[code] not in (0x00, 0x01, *range(0xD0, 0xD9)):
            at += max(2, _number(">H", data, at))
        count += 1
        resources += data[code] == 0xED
        if count > _MOST_SEGMENTS or resources > _MOST_RESOURCES:
            raise Refused("it is cut into too many segments")
    if data.count(b"\xff\xda") > _MOST_SCANS:
        raise Refused("it passes over the picture too often")


def _first_of_gif(data: bytes) -> bytes:
    """Header, palette, the control block and the first picture with all that follows it; comments are walked once."""
    if len(data) < 13:
        raise EOFError("it ends in its header")
    flags, at, control, blocks = data[10], 13, b"", 0
    if flags & 0x80:
        at += 3 << ((flags & 7) + 1)
    head = data[:at]
    while at < len(data) and data[at] == 0x21:
        start, label = at, data[at + 1 : at + 2]
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
            blocks += 1
            if blocks > _MOST_BLOCKS:
                raise Refused("it is cut into too many blocks")
        at += 1
        if label == b"\xf9" and at - start == 8:
            control = data[start:at]
    if at >= len(data) or data[at] != 0x2C:
        raise EOFError("it holds no picture")
    return head + control + data[at:]


def has_more(data: bytes) -> bool:
    """Whether a GIF from `checked` holds more than its first picture."""
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while at < len(data) and data[at] != 0x2C:
        at += 8
    at += 10 + (3 << ((data[at + 9] & 7) + 1) if at + 9 < len(data) and data[at + 9] & 0x80 else 0) + 1
    for _ in range(_MOST_BLOCKS):
        if at >= len(data):
            return False
        if not data[at]:
            break
        at += 1 + data[at]
    return b"\x2c" in data[at + 1 : -1]


def _check_ppm(data: bytes) -> None:
    kind, words = data[1:2], _COMMENT.sub(b" ", data[:_MOST_JUNK]).split(None, 4)
    if len(words) < (3 if kind in b"14" else 4):
        raise Refused("its header has no end")
    if kind in b"123":
        _check_slow(data)
    elif kind in b"56" and all(word.isdigit() and len(word) < 10 for word in words[1:4]):
        width, height, largest = (int(word) for word in words[1:4])
        _check_held(width * height * (3 if kind == b"6" else 1) * (2 if largest > 255 else 1), data)


def _check_bmp(data: bytes) -> None:
    if _number("<L", data, 14) < 40:
        return
    compression, bits = _number("<L", data, 30), _number("<H", data, 28)
    if compression in (1, 2):
        _check_slow(data)
    else:
        _check_held(abs(_number("<ll", data, 18)) * bits // 8, data)


def _check_tiff(data: bytes) -> None:
    layout = exif.layout_of(data)
    first = exif.first_directory(data, layout)
    tags = [field.tag for field in first.fields]
    if len(set(tags)) < len(tags):
        raise ValueError("it says something twice")
    if any(field.count > _MOST_NUMBERS and field.type not in (1, 2, 6, 7) for field in first.fields):
        raise Refused("it is cut into too many parts")
    said = exif.numbers(data, layout, first, 254, 256, 257, 258, 259, 262, 277)
    most = {1: 1, 8: 1040, 32946: 1040}.get(said.get(259, 1))
    if most is not None:
        bits = said.get(258, 1) * said.get(277, 1)
        _check_held(said.get(256, 0) * said.get(257, 0) * bits // 8, data, most)
    if 50706 in tags or (said.get(254, 0) & 1 and 330 in tags):
        raise Refused("it is a camera's raw file; develop it into a TIFF first")
    if said.get(259, 1) not in _TIFF_COMPRESSIONS | _TIFF_SINCE_13 or (said.get(262) == 6 and not UP_TO_DATE):
        raise Refused("it is compressed as JPEG or fax inside TIFF; only lossless TIFF is read")


def _number(code: str, data: bytes, at: int) -> int:
    """0 beyond the end; the product of several."""
    return math.prod(struct.unpack_from(code, data, at)) if at + struct.calcsize(code) <= len(data) else 0
