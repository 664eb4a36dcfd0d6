"""A Record in a picture's file: read out of it, and fitted into what it carries."""

import contextlib
from dataclasses import replace
from pathlib import Path

from controllable.image.decode import check_file
from controllable.image.limits import Limits, limits
from controllable.image.picture import Picture, load
from controllable.provenance import xmp
from controllable.provenance.record import TEXT_KEY, Record

_JPEG_BYTES = 65_000
"""A segment of a JPEG file holds 65,533 bytes, its own name among them."""
_SIGNS = (xmp.NAMESPACE.encode(), f"{TEXT_KEY}\0".encode(), b"XML:com.adobe.xmp\0\1")
"""One of these stands in every file with a record: the third before a packet that a PNG holds compressed."""


def read(path: str | Path, most: Limits | None = None) -> Record | None:
    """The record that a picture's file carries; None, without decoding it, if it carries none.

    most: as `load` takes it. Raises ValueError, with one sentence, if the file is no picture, or its record is damaged.
    """
    path = Path(path)
    check_file(path, most or limits())
    content = path.read_bytes()
    if not any(sign in content for sign in _SIGNS):
        return None
    picture = load(path, most)
    return Record.of(picture.xmp, picture.text)


def carrying(record: Record | None, picture: Picture, suffix: str) -> tuple[Picture, tuple[str, ...]]:
    """The picture with this record, or none, in its XMP and, for PNG, its text; and sentences on what has no room.

    A record that the picture carries already becomes the history of this one; without one, it goes: it is of other
    pixels. A packet of the photo's that is damaged, or full, stays as it is.
    """
    text = {key: value for key, value in picture.text.items() if key != TEXT_KEY}
    if record is None:
        return replace(picture, xmp=_without(picture.xmp), text=text), ()
    with contextlib.suppress(ValueError):  # a history that cannot be read is none
        record = record.after(Record.of(picture.xmp, picture.text))
    if suffix.lower() == ".png":
        text |= {TEXT_KEY: record.to_json()}
    try:
        packet = record.to_xmp(picture.xmp, most_bytes=_JPEG_BYTES if suffix.lower() in (".jpg", ".jpeg") else None)
    except ValueError as error:
        why = str(error).removeprefix("xmp: ")
        return replace(picture, text=text), (f"The record was not added to the photo's XMP data: it {why}.",)
    return replace(picture, xmp=packet, text=text), ()


def _without(packet: bytes | None) -> bytes | None:
    try:
        return xmp.drop(packet) if packet and xmp.NAMESPACE.encode() in packet else packet
    except ValueError:
        return packet
