"""EXIF as bytes: what must change is changed in place, so that maker notes and whatever else hangs on offsets survive.

EXIF is a TIFF without pixels: a header, then directories (IFDs) of fields of 12 bytes: tag, type, count, and the value
or, if it is longer than 4 bytes, where it is (TIFF 6.0, section 2; CIPA DC-008, 4.6). Here it is handed around as JPEG
holds it, `Exif\\0\\0` before the header. Nothing in it is trusted: what does not add up raises ValueError.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

PREFIX = b"Exif\0\0"
ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
_INTEROPERABILITY_IFD, _PREVIEW_AT, _PREVIEW_BYTES = 0xA005, 0x0201, 0x0202
BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
OF_THE_PIXELS = frozenset(
    [
        *range(254, 260), *range(262, 267), 273, 274, *range(277, 282), 284, 288, 289, 292, 293, 297, 317,
        *range(320, 326), 330, 332, 334, 338, 339, 340, 341, 347, *range(512, 522), *range(529, 533),
        700, 34377, 34675, 37724, 50341, 50838, 50839,
    ]
)  # fmt: skip
"""Fields that say how or where a TIFF's pixels lie, or that are carried apart from EXIF (XMP, the colour profile)."""
_LARGEST_FIELD = 2**20


class Field(NamedTuple):
    """at: of the field itself; value_at, size: of its value; all in bytes from the header on."""

    tag: int
    type: int
    count: int
    at: int
    value_at: int
    size: int


@dataclass(frozen=True)
class Directory:
    at: int
    fields: tuple[Field, ...]
    next_at: int
    """Where the offset of the next directory is written."""

    def find(self, tag: int) -> Field | None:
        return next((field for field in self.fields if field.tag == tag), None)


@dataclass(frozen=True)
class Layout:
    """How a TIFF's numbers are written. order: "<" or ">"; big: BigTIFF, with offsets of 8 bytes."""

    order: str
    big: bool

    @property
    def offset(self) -> str:
        return self.order + ("Q" if self.big else "L")

    def number(self, tiff: bytes | bytearray, code: str, at: int) -> int:
        size = struct.calcsize(code)
        if not 0 <= at <= len(tiff) - size:
            raise ValueError("an offset points outside")
        return int(struct.unpack_from(code, tiff, at)[0])

    def value(self, tiff: bytes | bytearray, field: Field) -> int:
        """The first number of a field of whole numbers."""
        code = {1: "B", 3: "H", 4: "L", 13: "L", 16: "Q", 18: "Q"}.get(field.type)
        if code is None:
            raise ValueError("a number has the wrong type")
        return self.number(tiff, self.order + code, field.value_at)


def layout_of(tiff: bytes | bytearray) -> Layout:
    head = bytes(tiff[:4])
    if head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return Layout("<" if head[0] == 0x49 else ">", head[2 if head[0] == 0x49 else 3] == 0x2B)
    raise ValueError("has no TIFF header")


def first_directory(tiff: bytes | bytearray, layout: Layout) -> Directory:
    return directory(tiff, layout, layout.number(tiff, layout.offset, 8 if layout.big else 4))


def directory(tiff: bytes | bytearray, layout: Layout, at: int) -> Directory:
    """The fields of an IFD; all their values together may take no more than there is."""
    count = layout.number(tiff, layout.order + ("Q" if layout.big else "H"), at)
    head, width, inline = (8, 20, 8) if layout.big else (2, 12, 4)
    if not 0 < count <= 0xFFFF or at + head + count * width > len(tiff):
        raise ValueError("a directory is damaged")
    fields, total = [], 0
    for place in range(at + head, at + head + count * width, width):
        tag, kind = struct.unpack_from(layout.order + "HH", tiff, place)
        length = layout.number(tiff, layout.offset, place + 4)
        size = BYTES_OF_TYPE.get(kind, 0) * length
        value_at = place + (12 if layout.big else 8)
        if size > inline:
            value_at = layout.number(tiff, layout.offset, value_at)
            total += size
            if value_at + size > len(tiff) or total > len(tiff):
                raise ValueError("a value lies outside")
        fields.append(Field(tag, kind, length, place, value_at, size))
    return Directory(at, tuple(fields), at + head + count * width)


def numbers(tiff: bytes, layout: Layout, found: Directory, *tags: int) -> dict[int, int]:
    """tag → the first number, of those that are there."""
    return {field.tag: layout.value(tiff, field) for field in found.fields if field.tag in tags and field.count}


def orientation(exif: bytes) -> int:
    """1 to 8, how the stored picture is to be turned; 1 where it is not said."""
    try:
        tiff = exif.removeprefix(PREFIX)
        layout = layout_of(tiff)
        field = first_directory(tiff, layout).find(ORIENTATION)
        value = 1 if field is None else layout.value(tiff, field)
    except ValueError:
        return 1
    return value if 1 <= value <= 8 else 1


def upright(exif: bytes) -> bytes:
    """The same with orientation 1, if it says one, and without the small preview, which shows the photo as it was."""
    tiff = bytearray(exif.removeprefix(PREFIX))
    layout = layout_of(tiff)
    first = first_directory(tiff, layout)
    for field in first.fields:
        if field.tag == ORIENTATION:
            struct.pack_into(layout.order + "HLHH", tiff, field.at + 2, 3, 1, 1, 0)
    preview_at = layout.number(tiff, layout.order + "L", first.next_at)
    struct.pack_into(layout.order + "L", tiff, first.next_at, 0)
    return PREFIX + bytes(_without_preview(tiff, layout, preview_at) if preview_at else tiff)


def without_orientation(exif: bytes) -> bytes:
    """For files that say elsewhere how they are to be turned."""
    tiff = bytearray(exif.removeprefix(PREFIX))
    layout = layout_of(tiff)
    _remove(tiff, layout, first_directory(tiff, layout), ORIENTATION)
    return PREFIX + bytes(tiff)


def without_gps(exif: bytes) -> bytes:
    """The same without the GPS directory: its fields and their values are overwritten."""
    tiff = bytearray(exif.removeprefix(PREFIX))
    layout = layout_of(tiff)
    first = first_directory(tiff, layout)
    for pointer in first.fields:
        if pointer.tag == GPS_IFD:
            place = directory(tiff, layout, layout.value(tiff, pointer))
            for field in place.fields:
                tiff[field.value_at : field.value_at + field.size] = bytes(field.size)
            tiff[place.at : place.next_at] = bytes(place.next_at - place.at)
    _remove(tiff, layout, first, GPS_IFD)
    return PREFIX + bytes(tiff)


def from_tiff(tiff: bytes) -> bytes | None:
    """The EXIF of a TIFF file: all its fields but those of the pixels, copied into a blob of their own."""
    layout = layout_of(tiff)
    fields = dict(_read(tiff, layout, first_directory(tiff, layout), OF_THE_PIXELS))
    if not fields:
        return None
    head = (b"II" if layout.order == "<" else b"MM") + struct.pack(layout.order + "HL", 42, 8)
    return PREFIX + head + pack(fields, layout.order, 8)


Value = tuple[int, int, "bytes | dict[int, Value]"]
"""type, count, and the value as bytes or as the fields of another directory."""


def pack(fields: dict[int, Value], order: str, at: int) -> bytes:
    """A directory that will lie `at` bytes from the header on, with its values and the directories below it."""
    table, after = b"", b""
    start = at + 2 + 12 * len(fields) + 4
    for tag, (kind, count, value) in sorted(fields.items()):
        place = start + len(after)
        if isinstance(value, dict):
            after += pack(value, order, place)
            content = struct.pack(order + "L", place)
        elif len(value) > 4:
            after += value
            content = struct.pack(order + "L", place)
        else:
            content = value.ljust(4, b"\0")
        after += bytes(len(after) % 2)
        table += struct.pack(order + "HHL", tag, kind, count) + content
    return struct.pack(order + "H", len(fields)) + table + bytes(4) + after


def _read(
    tiff: bytes, layout: Layout, found: Directory, without: frozenset[int], deeper: bool = True
) -> Iterator[tuple[int, Value]]:
    for field in found.fields:
        if field.tag in without or not 0 < field.size <= _LARGEST_FIELD or field.type in (13, 16, 17, 18):
            continue
        value: bytes | dict[int, Value] = bytes(tiff[field.value_at : field.value_at + field.size])
        if field.tag in (EXIF_IFD, GPS_IFD, _INTEROPERABILITY_IFD):
            if not deeper:
                continue
            below = directory(tiff, layout, layout.value(tiff, field))
            value = dict(_read(tiff, layout, below, frozenset(), field.tag == EXIF_IFD))
            if not value:
                continue
            yield field.tag, (4, 1, value)
        else:
            yield field.tag, (field.type, field.count, value)


def _remove(tiff: bytearray, layout: Layout, found: Directory, tag: int) -> None:
    """Close the gap that a field leaves; nothing else moves, so no offset changes."""
    kept = [bytes(tiff[field.at : field.at + 12]) for field in found.fields if field.tag != tag]
    if len(kept) == len(found.fields):
        return
    after = bytes(tiff[found.next_at : found.next_at + 4])
    content = struct.pack(layout.order + "H", len(kept)) + b"".join(kept) + after
    tiff[found.at : found.next_at + 4] = content.ljust(found.next_at + 4 - found.at, b"\0")


def _without_preview(tiff: bytearray, layout: Layout, at: int) -> bytearray:
    """Overwrite what the second directory points to, or cut it off where it is the end."""
    try:
        second = directory(tiff, layout, at)
        start, length = second.find(_PREVIEW_AT), second.find(_PREVIEW_BYTES)
        if start is None or length is None:
            return tiff
        begin = layout.value(tiff, start)
        end = begin + layout.value(tiff, length)
    except ValueError:
        return tiff
    if second.next_at <= begin < end <= len(tiff):
        if end >= len(tiff) - 1:
            return tiff[:begin]
        tiff[begin:end] = bytes(end - begin)
    return tiff
