"""Photo → the 256 px picture the image tower sees: the whole photo small, and three native parts of it.

Haze, exposure and colour need the whole; noise and compression live in single pixels and vanish when a photo is
resized. So the tower sees both, side by side: a thumbnail, a 128 px tile as it is, and below them the fine structure
alone of two more tiles, amplified: a faint grid of JPEG blocks is a few steps of 255, too little beside the scene.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.pixels import Pixels

TILE_PX = 128
MOSAIC_PX = 2 * TILE_PX
TILES = 3
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def assemble(thumbnail: Tensor, tiles: Tensor) -> Tensor:
    """thumbnail (B, 3, 64, 64) and tiles (B, 3, 3, 128, 128) → (B, 3, 256, 256)."""
    whole = F.interpolate(thumbnail, size=(TILE_PX, TILE_PX), mode="nearest")
    top = torch.cat((whole, tiles[:, 0]), 3)
    bottom = torch.cat((_fine_structure(tiles[:, 1]), _fine_structure(tiles[:, 2])), 3)
    return torch.cat((top, bottom), 2)


def _fine_structure(tile: Tensor) -> Tensor:
    """0.5 + 8·(tile - its 3 px mean), clipped to [0, 1]."""
    mean = F.avg_pool2d(F.pad(tile, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return (0.5 + 8.0 * (tile - mean)).clamp(0.0, 1.0)


def normalize(mosaic: Tensor) -> Tensor:
    """Centre and scale (B, 3, H, W) in [0, 1] by CLIP's usual mean and standard deviation."""
    return (mosaic - mosaic.new_tensor(MEAN).view(1, 3, 1, 1)) / mosaic.new_tensor(DEVIATION).view(1, 3, 1, 1)


def choose_tiles(image: Tensor | Pixels, offset: int = 0) -> Tensor:
    """Three native tiles of one photo (1, 3, H, W) → (1, 3, 3, 128, 128): much, middling and little texture.

    Tiles lie on multiples of 8 px, where JPEG's blocks are. `offset` takes the next best ones, for a second opinion.
    """
    height, width = image.shape[-2:]
    if min(height, width) < TILE_PX:
        image = F.pad(image[..., :, :], (0, max(0, TILE_PX - width), 0, max(0, TILE_PX - height)), mode="replicate")
        height, width = image.shape[-2:]
    pixels = Pixels(image) if isinstance(image, Tensor) else image
    rows, columns = _positions(height), _positions(width)
    corners = [(y, x) for y in rows for x in columns]
    green = replace(pixels, stored=pixels.stored[:, 1:2]).windows(corners, TILE_PX)[:, 0, ::2]
    texture = (green[..., 1:] - green[..., :-1]).abs().mean((1, 2)).tolist()
    order = sorted(range(len(corners)), key=texture.__getitem__)
    last = len(order) - 1
    ranks = (max(0, last - last // 8 - offset), max(0, last // 2 - offset), min(last, last // 6 + offset))
    picked = [corners[order[rank]] for rank in ranks]
    return pixels.windows(picked, TILE_PX)[None]


def _positions(length: int, most: int = 8) -> list[int]:
    """At most 8 tile origins that cover a side, on multiples of 8 px."""
    count = min(most, max(1, length // TILE_PX))
    if count == 1:
        return [(length - TILE_PX) // 16 * 8]
    return [round(k * (length - TILE_PX) / (count - 1)) // 8 * 8 for k in range(count)]
