"""Pillow images → upright arrays, strip by strip: all at once, Pillow would hold the pixels once more on the way."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRIP_PIXELS = 2**20
CHANNELS = {"L": 1, "I;16": 1, "I;16L": 1, "I;16B": 1, "I;16N": 1, "F": 1, "LA": 4, "RGB": 3, "RGBA": 4}


def empty(
    height: int, width: int, channels: int, dtype: type, turn: int
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """A picture of (H, W, C) to be filled, and a view of it that lies as the file stores its `height` rows: what is
    written there comes out upright. turn: 1 to 8, as EXIF counts orientations.
    """
    size = (width, height) if turn >= 5 else (height, width)
    picture = np.empty((*size, channels), dtype)
    views = {
        1: picture, 2: picture[:, ::-1], 3: picture[::-1, ::-1], 4: picture[::-1], 5: picture.swapaxes(0, 1),
        6: np.rot90(picture), 7: picture[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(picture, -1),
    }  # fmt: skip
    return picture, views[turn]


def array_of(image: Image.Image, turn: int = 1) -> NDArray[np.generic]:
    """(H, W, 1|3|4) of a mode in `CHANNELS`; grey with alpha becomes RGBA of three equal colours."""
    dtype: type = np.uint8
    if image.mode.startswith("I;16"):
        dtype = np.uint16
    elif image.mode == "F":
        dtype = np.float32
    picture, stored = empty(image.height, image.width, CHANNELS[image.mode], dtype, turn)
    for top, strip in strips(image):
        rows = stored[top : top + len(strip)]
        if image.mode == "LA":
            rows[..., :3], rows[..., 3] = strip[..., :1], strip[..., 1]
        else:
            rows[...] = strip.reshape(rows.shape)
    return picture


def strips(image: Image.Image) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """(first row, rows) from top to bottom."""
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, np.asarray(image.crop((0, top, image.width, min(image.height, top + rows))))
