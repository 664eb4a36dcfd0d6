import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.tile import tiles


def local(image: Tensor) -> Tensor:
    """Depends on pixels up to 12 px away and on the position modulo 8."""
    phase = (torch.arange(image.shape[-1]) % 8 / 8.0).view(1, 1, 1, -1)
    return F.avg_pool2d(F.pad(image, (12, 12, 12, 12), mode="replicate"), 25, 1) + phase


def test_tiled_equals_whole_when_the_reach_covers_the_function() -> None:
    image = torch.rand(1, 3, 203, 317)
    tiled = torch.empty_like(image)
    for tile in tiles(203, 317, reach_px=12, multiple_px=8, tile_px=64):
        tile.read_own(tiled).copy_(tile.crop(local(tile.read(image))))
    assert torch.allclose(tiled, local(image), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 300), (203, 317), (5, 2000)])
def test_every_pixel_belongs_to_one_tile_and_none_is_larger_than_asked(size: tuple[int, int]) -> None:
    count = torch.zeros(1, 1, *size)
    for tile in tiles(*size, reach_px=10, multiple_px=8, tile_px=64):
        own = tile.read_own(count)
        own += 1
        assert own.shape[-2] * own.shape[-1] <= 1.25 * 64 * 64
        assert tile.seen_rows[0] % 8 == 0 and tile.seen_columns[0] % 8 == 0
    assert bool((count == 1).all())
