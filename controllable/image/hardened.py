"""What Pillow 13 checks and earlier ones do not, where a file of our formats reaches it (docs/security.md).

Gradio 6 allows no Pillow beyond 12; these checks are added to that, and to nothing newer.
"""

import functools
import io
import itertools
import struct
from typing import IO

import PIL
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from controllable.image.exif import BYTES_OF_TYPE, PREFIX

UP_TO_DATE = int(PIL.__version__.partition(".")[0]) >= 13


@functools.cache
def harden() -> None:
    """Once a process. EXIF repeated before itself is refused, and so is a directory whose values together are larger
    than the file they lie in: each would be read once more for every field that points to it.
    """
    if UP_TO_DATE:
        return
    load_exif, load_directory = Image.Exif.load, ImageFileDirectory_v2.load

    def exif_once(self: Image.Exif, data: bytes) -> None:
        if data and data.startswith(PREFIX * 3):
            raise SyntaxError("EXIF is repeated before itself")
        load_exif(self, data)

    def directory_within(self: ImageFileDirectory_v2, fp: IO[bytes]) -> None:
        start = fp.tell()
        size = fp.seek(0, io.SEEK_END)
        fp.seek(start)
        if _values_of(self, fp) > size:
            raise SyntaxError("the values of a directory are larger than the file")
        fp.seek(start)
        load_directory(self, fp)

    Image.Exif.load = exif_once  # type: ignore[method-assign]
    ImageFileDirectory_v2.load = directory_within  # type: ignore[method-assign]


def _values_of(directory: ImageFileDirectory_v2, fp: IO[bytes]) -> int:
    """Bytes of all values that lie outside the fields themselves, as the fields claim them."""
    order = "<" if directory.prefix.startswith(b"I") else ">"
    big = directory._bigtiff
    head, code = fp.read(8 if big else 2), order + ("HHQ8x" if big else "HHL4x")
    if len(head) < (8 if big else 2):
        return 0
    (count,) = struct.unpack(order + ("Q" if big else "H"), head)
    width, inline, total = struct.calcsize(code), 8 if big else 4, 0
    for _ in itertools.repeat(None, count):
        field = fp.read(width)
        if len(field) < width:
            break
        _, kind, length = struct.unpack(code, field)
        size = BYTES_OF_TYPE.get(kind, 0) * length
        total += size if size > inline else 0
    return total
