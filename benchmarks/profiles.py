"""Colour profiles written by hand, so that benchmarks and tests need no files of others (ICC.1:2022)."""

import itertools
import struct

from PIL import ImageCms

_D50 = (0.9642, 1.0, 0.8249)
_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
"""Display P3's primaries, adapted to D50: colours that sRGB does not reach."""


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide() -> bytes:
    """A matrix profile of Display P3's primaries with a gamma of 2.2."""
    tags = {tag: _xyz(values) for tag, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _P3, strict=True)}
    return _profile(b"RGB ", b"XYZ ", b"mntr", tags | {tag: _gamma(2.2) for tag in (b"rTRC", b"gTRC", b"bTRC")})


def grey() -> bytes:
    return _profile(b"GRAY", b"XYZ ", b"mntr", {b"kTRC": _gamma(2.2)})


def cmyk() -> bytes:
    """Sixteen inks and what they look like in Lab; between them the table is interpolated (lut8Type, 10.11)."""
    ramp = bytes(range(256))
    colours = b"".join(_ink_lab(*inks) for inks in itertools.product((0, 1), repeat=4))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9l", *(65536 * (k % 4 == 0) for k in range(9)))
    return _profile(b"CMYK", b"Lab ", b"prtr", {b"A2B0": table + ramp * 4 + colours + ramp * 3})


def _ink_lab(c: int, m: int, y: int, k: int) -> bytes:
    light = 100 * (1 - 0.45 * c) * (1 - 0.5 * m) * (1 - 0.1 * y) * (1 - 0.85 * k)
    a, b = -35 * c + 70 * m - 5 * y, -45 * c - 5 * m + 85 * y
    share = 1 - 0.9 * k
    return bytes([round(light * 2.55), round(128 + a * share), round(128 + b * share)])


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3l", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(value * 256)) + bytes(2)


def _profile(space: bytes, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"made by hand\0"
    described = b"desc" + bytes(4) + struct.pack(">L", len(name)) + name + bytes(78)
    tags = {b"desc": described, b"cprt": b"text" + bytes(4) + b"CC0\0", b"wtpt": _xyz(_D50), **tags}
    table, content, at = struct.pack(">L", len(tags)), b"", 132 + 12 * len(tags)
    for tag, value in tags.items():
        value = value.ljust(-(-len(value) // 4) * 4, b"\0")
        table += tag + struct.pack(">LL", at + len(content), len(value))
        content += value
    head = struct.pack(">L4xL", 132 + 12 * len(tags) + len(content), 0x02400000)[:12] + kind + space + connection
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + content
