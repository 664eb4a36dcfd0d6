import struct

import numpy as np
import pytest
from PIL import ExifTags, Image

from benchmarks.fidelity_cells import MAKER_NOTE, camera_exif
from controllable.image import exif


def blob(turn: int = 6, order: str = "<") -> bytes:
    """Make, orientation, a maker note, a place and a preview, packed by hand in either byte order."""
    code = order
    head = (b"II" if order == "<" else b"MM") + struct.pack(code + "HL", 42, 8)
    place = {1: (2, 2, b"N\0"), 2: (5, 3, struct.pack(code + "6L", 48, 1, 8, 1, 12, 1))}
    fields: dict[int, exif.Value] = {
        0x010F: (2, 6, b"Maker\0"), 0x0112: (3, 1, struct.pack(code + "H", turn)),
        exif.EXIF_IFD: (4, 1, {0x927C: (7, len(MAKER_NOTE), MAKER_NOTE)}), exif.GPS_IFD: (4, 1, place),
    }  # fmt: skip
    first = exif.pack(fields, code, 8)
    at = 8 + len(first)
    preview = b"\xff\xd8preview\xff\xd9"
    start = at + 2 + 24 + 4
    second = exif.pack(
        {0x0201: (4, 1, struct.pack(code + "L", start)), 0x0202: (4, 1, struct.pack(code + "L", len(preview)))},
        code,
        at,
    )
    made = bytearray(head + first + second + preview)
    struct.pack_into(code + "L", made, 8 + 2 + 12 * len(fields), at)
    return exif.PREFIX + bytes(made)


def read(content: bytes) -> Image.Exif:
    made = Image.Exif()
    made.load(content)
    return made


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_only_orientation_and_preview_change(turn: int, order: str) -> None:
    before = blob(turn, order)
    after = exif.upright(before)
    assert exif.orientation(before) == turn and exif.orientation(after) == 1
    assert b"preview" in before and b"preview" not in after
    assert before.index(MAKER_NOTE) == after.index(MAKER_NOTE)
    assert read(after)[0x010F] == "Maker" and read(after).get_ifd(ExifTags.IFD.GPSInfo)[2] == (48, 8, 12)


@pytest.mark.parametrize("order", ["<", ">"])
def test_no_byte_of_the_place_is_left(order: str) -> None:
    before = blob(1, order)
    after = exif.without_gps(before)
    assert exif.GPS_IFD not in read(after) and struct.pack(order + "6L", 48, 1, 8, 1, 12, 1) not in after
    assert read(after)[0x010F] == "Maker" and after.index(MAKER_NOTE) == before.index(MAKER_NOTE)
    assert exif.without_gps(after) == after and len(after) == len(before)


def test_what_pillow_writes_is_read() -> None:
    before = camera_exif(8)
    assert exif.orientation(before) == 8
    after = read(exif.upright(before))
    assert after[ExifTags.Base.Orientation] == 1 and after.get_ifd(ExifTags.IFD.Exif)[0x927C] == MAKER_NOTE


def test_the_fields_of_a_tiff_are_copied_but_not_those_of_its_pixels() -> None:
    whole = blob().removeprefix(exif.PREFIX)
    copied = read(exif.from_tiff(whole) or b"")
    assert copied[0x010F] == "Maker" and 0x0112 not in copied
    assert copied.get_ifd(ExifTags.IFD.Exif)[0x927C] == MAKER_NOTE
    assert copied.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48, 8, 12)


def test_damaged_exif_is_a_value_error_and_nothing_else() -> None:
    chance, whole = np.random.default_rng(0), blob()
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(int(chance.integers(1, 6))):
            data[int(chance.integers(len(data)))] = int(chance.integers(256))
        data = data[: int(chance.integers(6, len(data) + 1))] if chance.random() < 0.3 else data
        assert 1 <= exif.orientation(bytes(data)) <= 8
        for change in (exif.upright, exif.without_gps, exif.without_orientation, lambda b: exif.from_tiff(b[6:])):
            try:
                change(bytes(data))
            except ValueError:
                refused += 1
    assert 0 < refused < 8000
