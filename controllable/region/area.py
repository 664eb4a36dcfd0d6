"""Where a wish applies, at the size that is worked on: the user's painted mask, or a region found in the photo.

Masks are (1, 1, H, W), uint8, 0 outside.
"""

from collections.abc import Hashable
from dataclasses import replace

import cv2
import torch
from torch import Tensor

from controllable.image.picture import ImageLike, Picture, load
from controllable.image.pixels import to_stored
from controllable.image.tile import tiles
from controllable.memory import Memory
from controllable.region.masks import WORK_PX, Box, region_mask


def load_mask(mask: ImageLike, size: tuple[int, int]) -> Tensor:
    """A painted mask, white on black. Raises ValueError unless it has the photo's `size` = (height, width)."""
    loaded = load(mask)
    if loaded.size != size:
        raise ValueError(
            f"mask: is {loaded.size[1]}×{loaded.size[0]} px, but the photo is {size[1]}×{size[0]} px; they must agree"
        )
    pixels, grey = loaded.pixels.item(0), torch.empty((1, 1, *size), dtype=torch.uint8)
    for tile in tiles(*size):
        tile.read_own(grey).copy_(to_stored(tile.read_own(pixels).mean(1, keepdim=True), torch.uint8))
    return grey


def painted_area(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """A painted mask at `size`; its edges stay as hard as they were painted."""
    return _resized(mask, size, cv2.INTER_NEAREST)


def found_area(picture: Picture, key: Hashable, region: str, size: tuple[int, int], memory: Memory) -> Tensor | None:
    """A region's mask at `size`, None for "all". A photo is searched once; key: says its content.

    Raises ValueError with one sentence when the photo has no such region.
    """
    if region == "all":
        return None
    found = memory.get((key, "region", region), lambda: region_mask(_searched(picture), region))
    return None if found is None else _resized(to_stored(found, torch.uint8), size, cv2.INTER_LINEAR)


def touches(mask: Tensor, box: Box, scale: int) -> bool:
    """Whether a mask on the grid enlarged by `scale` holds any of a box on the photo's own grid."""
    x, y, width, height = (value * scale for value in box)
    return bool(mask[..., max(0, y) : y + height, max(0, x) : x + width].any())


def _searched(picture: Picture) -> Tensor:
    """The photo no larger than regions are searched at, (1, 3, H, W)."""
    plain = replace(picture, scale=1)
    share = WORK_PX / max(plain.size)
    small = plain if share >= 1.0 else plain.resized(tuple(max(1, round(side * share)) for side in plain.size))
    return small.rgb[:1]


def _resized(mask: Tensor, size: tuple[int, int], interpolation: int) -> Tensor:
    """A mask at another size; enlarged to its nearest, what was 0 stays exactly 0."""
    if mask.shape[-2:] == size:
        return mask
    return torch.from_numpy(cv2.resize(mask[0, 0].numpy(), size[::-1], interpolation=interpolation))[None, None]
