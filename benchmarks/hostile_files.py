"""Damaged and malicious picture files, all made here: the faults of PngSuite's x* files, and bombs."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping

from PIL import Image

from benchmarks.fidelity_cells import XMP, palette

SIGNATURE = b"\x89PNG\r\n\x1a\n"
File = tuple[str, bytes]
_BIG = 18 * 2**20
"""Near the most that the page takes."""


def chunk(kind: bytes, content: bytes, crc: int | None = None) -> bytes:
    return (
        struct.pack(">L", len(content))
        + kind
        + content
        + struct.pack(">L", zlib.crc32(kind + content) if crc is None else crc)
    )


def png(
    width: int, height: int, depth: int = 8, colour: int = 2, rows: bytes | None = None, extra: bytes = b""
) -> bytes:
    """rows: filtered and not yet compressed, grey noise otherwise; extra: chunks before the pixels."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    if rows is None:
        rows = (b"\0" + bytes(range(256)) * 40)[: 1 + (width * samples * max(1, depth) + 7) // 8] * min(height, 64)
    head = struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def corrupt() -> Iterator[File]:
    """What PngSuite documents of its corrupted files, each fault alone."""
    whole = png(32, 32)
    for name, at, byte in (("xs1", 0, b"\x09"), ("xs2", 1, b"Q"), ("xs4", 3, b"g"), ("xs7", 6, b" ")):
        yield f"{name}: signature byte {at + 1}", whole[:at] + byte + whole[at + 1 :]
    yield "xcr: carriage returns added", whole.replace(b"\n", b"\r\n")
    yield "xlf: line feeds removed", whole.replace(b"\r\n", b"\n")
    for name, depth, colour in (("xc1", 8, 1), ("xc9", 8, 9), ("xd0", 0, 2), ("xd3", 3, 2), ("xd9", 99, 2)):
        yield f"{name}: depth {depth}, colour type {colour}", png(32, 32, depth, colour)
    head, data = struct.pack(">LLBBBBB", 32, 32, 8, 2, 0, 0, 0), zlib.compress((b"\0" + bytes(96)) * 32)
    end = chunk(b"IEND", b"")
    yield "xhd: checksum of IHDR", SIGNATURE + chunk(b"IHDR", head, 1) + chunk(b"IDAT", data) + end
    yield "xcs: checksum of IDAT", SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", data, 1) + end
    yield "xdt: no IDAT", SIGNATURE + chunk(b"IHDR", head) + end


def bombs() -> Iterator[File]:
    """Headers that claim too much, and files that keep a reader busy or fill its memory."""
    yield from claims()
    yield from _thin()
    zeros = zlib.compress(bytes(60 * 2**20), 9)
    for kind, before in ((b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0"), (b"iCCP", b"k\0\0")):
        yield f"PNG, {kind.decode()} of 60 MB", png(8, 8, extra=chunk(kind, before + zeros))
    short = zlib.compress(bytes(1000 * 1000), 9)
    yield "PNG, 300 zTXt of 1 MB", png(8, 8, extra=chunk(b"zTXt", b"k\0\0" + short) * 300)
    yield "PNG, IDAT of 60 MB for 8×8", png(8, 8, rows=bytes(60 * 2**20))
    yield "PNG, 1.5 million chunks", png(8, 8, extra=chunk(b"prVt", b"") * (_BIG // 12))
    yield "PNG, EXIF of 18 MB repeated", png(8, 8, extra=chunk(b"eXIf", b"Exif\0\0" * (_BIG // 6)))
    yield "PNG, EXIF that reads one value 60,000 times", png(8, 8, extra=chunk(b"eXIf", shared_ifd(60_000, 2**21)))
    start = jpeg(8, 8)
    yield "JPEG, 4 million comments", start[:2] + b"\xff\xfe\0\2" * (_BIG // 4) + start[2:]
    yield "JPEG, 18 MB of nothing", start[:2] + bytes(_BIG) + start[2:]
    yield "JPEG, 18 MB of fill bytes", start[:2] + b"\xff" * _BIG + start[2:]
    yield "JPEG, EXIF repeated in 1,000 segments", start[:2] + app1(b"Exif\0\0" * 1000) * 1000 + start[2:]
    yield (
        "JPEG, EXIF that reads one value 5,000 times",
        start[:2] + app1(b"Exif\0\0" + shared_ifd(5000, 60)) + start[2:],
    )
    split = [b"Exif\0\0" + part for part in parts(shared_ifd(40_000, 2**18), 60_000)]
    yield "JPEG, the same over segments", start[:2] + b"".join(map(app1, split)) + start[2:]
    yield "JPEG, XMP of 1,000 segments", start[:2] + app1(b"http://ns.adobe.com/xap/1.0/\0" + XMP) * 1000 + start[2:]
    resource = b"Photoshop 3.0\0" + b"8BIM\0\0\0\0\0\0\0\0" * 5000
    yield (
        "JPEG, resources of 18 MB",
        start[:2] + (b"\xff\xed" + struct.pack(">H", len(resource) + 2) + resource) * 300 + start[2:],
    )
    yield "JPEG, 2,000 scans", scans(4000, 4000, 2000)
    yield "JPEG, 90 scans of 16 megapixels", scans(4000, 4000, 90)
    yield "GIF, 1,000 frames", frames("GIF", 1000)
    yield "WebP, 1,000 frames", frames("WEBP", 1000)
    yield "PNG, 1,000 frames", frames("PNG", 1000)
    one = frames("GIF", 1)
    for name, block in (("255", b"\xff" + bytes(255)), ("1", b"\1a")):
        comment = b"\x21\xfe" + block * (_BIG // len(block)) + b"\0"
        yield (
            f"GIF, comment of 18 MB in blocks of {name}",
            one[:13] + bytes(3 << ((one[10] & 7) + 1)) + comment + one[13:],
        )
    yield (
        "GIF, a million comments",
        one[:13] + bytes(3 << ((one[10] & 7) + 1)) + b"\x21\xfe\1a\0" * (_BIG // 5) + one[13:],
    )
    yield "BMP, run lengths beyond a wide row", bmp_rle(60_000_000, 1, b"\0\2\0\xff" * 1000)
    yield "BMP, run lengths of 18 MB", bmp_rle(7000, 7000, b"\1\1" * (_BIG // 2))
    yield "PPM, 18 MB in letters", b"P3 2500 2500 255\n" + b"1 " * (_BIG // 2)
    yield "PPM, one endless number", b"P3 10 10 255\n" + b"1" * _BIG
    yield "PPM, an endless comment", b"P6 #" + b"x" * _BIG
    yield "TIFF, 4 million strips", tiff({273: (4, _BIG // 8), 279: (4, _BIG // 8)}, bytes(_BIG))
    yield "TIFF, tags that read one value 60,000 times", b"II*\0" + shared_ifd(60_000, 2**21)[4:]
    yield (
        "TIFF, directories in a ring",
        b"II*\0\x08\0\0\0" + b"\1\0" + struct.pack("<HHLL", 256, 4, 1, 8) + struct.pack("<L", 8),
    )
    yield "TIFF, the same tag twice", tiff({}, bytes(192), twice=True)


def claims() -> Iterator[File]:
    """Few bytes, many pixels: far beyond, and just within, what is accepted."""
    for side in (60_000, 7990):
        size = f"{side}×{side}"
        yield f"PNG, header of {size}", png(side, side)
        yield f"JPEG, header of {size}", patched_jpeg(side, side)
        yield f"GIF, header of {size}", b"GIF89a" + struct.pack("<HH", side, side) + frames("GIF", 1)[10:]
        yield f"BMP, header of {size}", _bmp(side, side, 0, bytes(3000))
        yield f"PPM, header of {size}", f"P6 {side} {side} 255\n".encode() + bytes(3000)
        yield f"TIFF, header of {size}", tiff({256: (4, 1, side), 257: (4, 1, side), 278: (4, 1, side)}, bytes(3000))
        vp8x = b"VP8X" + struct.pack("<LB3x", 10, 0) + struct.pack("<L", side - 1)[:3] + struct.pack("<L", side - 1)[:3]
        lossless = saved(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
        yield (
            f"WebP, header of {size}",
            b"RIFF" + struct.pack("<L", 4 + len(vp8x + lossless)) + b"WEBP" + vp8x + lossless,
        )
        yield f"AVIF, header of {size}", _sized_avif(side)


def _thin() -> Iterator[File]:
    for width, height in ((16_000, 1), (1, 16_000), (65_000, 1), (1, 65_000)):
        image = Image.new("RGB", (width, height), (90, 120, 30))
        for name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM"):
            yield f"{name}, {width}×{height}", saved(image, name)
        if max(width, height) < 16_384:
            yield f"WEBP, {width}×{height}", saved(image, "WEBP")
            yield f"AVIF, {width}×{height}", saved(image, "AVIF")


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def jpeg(width: int, height: int, **options: object) -> bytes:
    return saved(Image.linear_gradient("L").resize((width, height)).convert("RGB"), "JPEG", **options)


def patched_jpeg(width: int, height: int) -> bytes:
    data = bytearray(jpeg(64, 64))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, over all its blocks."""
    data = bytearray(jpeg(64, 64, progressive=True))
    at = data.index(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    last = data.rindex(b"\xff\xda")
    return bytes(data[:-2] + data[last:-2] * count + b"\xff\xd9")


def frames(name: str, count: int) -> bytes:
    first, *others = (Image.new("P", (32, 32), k % 250) for k in range(count))
    for image in (first, *others):
        image.putpalette(palette())
    images = [image.convert("RGB") for image in (first, *others)] if name != "GIF" else [first, *others]
    return saved(images[0], name, save_all=True, append_images=images[1:], duration=20)


def shared_ifd(count: int, size: int) -> bytes:
    """A TIFF header and a directory whose `count` fields all point to the same `size` bytes."""
    count = min(count, 65_535)
    at = 8 + 2 + 12 * count + 4
    fields = b"".join(struct.pack("<HHLL", tag, 7, size, at) for tag in range(1, count + 1))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + fields + bytes(4) + bytes(size)


def tiff(fields: Mapping[int, tuple[int, ...]], data: bytes, twice: bool = False) -> bytes:
    """8×8 RGB; fields: tag → (type, count[, value]), which replace its own."""
    own: dict[int, tuple[int, ...]] = {
        256: (4, 1, 8), 257: (4, 1, 8), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 2), 273: (4, 1, 8),
        277: (3, 1, 3), 278: (4, 1, 8), 279: (4, 1, 192), **fields,
    }  # fmt: skip
    at = 8 + len(data)
    entries = [
        struct.pack("<HHLL", tag, *(value if len(value) == 3 else (*value, 8))) for tag, value in sorted(own.items())
    ]
    entries += entries[2:3] if twice else []
    return b"II*\0" + struct.pack("<L", at) + data + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def _bmp(width: int, height: int, compression: int, data: bytes) -> bytes:
    bits = 8 if compression else 24
    colours = bytes(1024) if compression else b""
    head = struct.pack("<LllHHLLllLL", 40, width, height, 1, bits, compression, len(data), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<LHHL", 54 + len(colours + data), 0, 0, 54 + len(colours)) + head + colours + data


def bmp_rle(width: int, height: int, data: bytes) -> bytes:
    return _bmp(width, height, 1, data)


def _sized_avif(side: int) -> bytes:
    """The box `ispe` of a small file says what the picture's size is to be."""
    data = bytearray(saved(Image.new("RGB", (64, 64)), "AVIF"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">LL", side, side)
    return bytes(data)


def app1(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def parts(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]
