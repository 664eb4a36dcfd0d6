"""Whatever a user hands over → a Picture and a key that says its content, the same under any name."""

import hashlib
from collections.abc import Hashable
from pathlib import Path

import numpy as np

from controllable.image.picture import ImageLike, Picture, load
from controllable.memory import Memory


def load_known(image: ImageLike, memory: Memory) -> tuple[Picture, Hashable]:
    """A photo and its key. A file is decoded once, as long as `memory` has room for it."""
    if isinstance(image, (str, Path)) and Path(image).is_file():
        with open(image, "rb") as stream:
            key = hashlib.file_digest(stream, "sha256").digest()
        return memory.get((key, "picture"), lambda: load(image)), key
    picture = load(image)
    values = picture.planes.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    digest = hashlib.sha256(values.reshape(-1).view(np.uint8)).digest()
    return picture, (digest, values.shape, values.dtype.name, picture.kind)
