"""Large pictures in tiles: each is computed with its surroundings, and only its own part is kept."""

from collections.abc import Callable

import torch
from torch import Tensor

TILE_PX = 1024


def run_tiled(
    function: Callable[[Tensor], Tensor],
    image: Tensor,
    *,
    reach_px: int,
    multiple_px: int,
    progress: Callable[[float], None] | None = None,
    tile_px: int = TILE_PX,
) -> Tensor:
    """`function` over (1, 3, H, W), seamless if its answer does not depend on pixels beyond `reach_px`.

    Tiles start on multiples of `multiple_px`, so a network's inner grids fall where they would in the whole picture.
    Memory is that of one tile plus the result. `progress` is told the finished share after each tile; whatever it
    raises cancels the work.
    """
    height, width = image.shape[-2:]
    reach = -(-reach_px // multiple_px) * multiple_px
    if height * width <= tile_px * tile_px * 5 // 4:
        result = function(image)
        if progress is not None:
            progress(1.0)
        return result
    out = torch.empty_like(image)
    corners = [(y, x) for y in range(0, height, tile_px) for x in range(0, width, tile_px)]
    for done, (y, x) in enumerate(corners, 1):
        top, left = max(0, y - reach), max(0, x - reach)
        bottom, right = min(height, y + tile_px), min(width, x + tile_px)
        part = function(image[..., top : min(height, bottom + reach), left : min(width, right + reach)].contiguous())
        out[..., y:bottom, x:right] = part[..., y - top : bottom - top, x - left : right - left]
        if progress is not None:
            progress(done / len(corners))
    return out
