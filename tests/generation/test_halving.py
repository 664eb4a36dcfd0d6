"""Memory that runs out over a tile: the tile is divided, nothing else is done again, and the picture is the same."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from controllable.budget import OutOfMemory
from controllable.generation.halving import LEAST_PX, Halving, fitting_px, joined
from controllable.image.tile import Tile, tiles
from controllable.memory import Memory

REACH_PX, MULTIPLE_PX = 21, 8


def halving(size: tuple[int, int], bytes_per_px: float = 0.0) -> Halving:
    return Halving(
        memory=Memory(10_000), size=size, reach_px=REACH_PX, multiple_px=MULTIPLE_PX, bytes_per_px=bytes_per_px
    )


def seen_px(tile: Tile) -> int:
    return (tile.seen_rows[1] - tile.seen_rows[0]) * (tile.seen_columns[1] - tile.seen_columns[0])


def short_of(most_px: int, done: list[Tile], tried: list[Tile]) -> Callable[[Tile], None]:
    """Work that needs more memory than there is for tiles that see more than so many pixels."""

    def work(tile: Tile) -> None:
        tried.append(tile)
        if seen_px(tile) > most_px:
            torch.empty(2**60, dtype=torch.uint8)
        done.append(tile)

    return work


@pytest.mark.parametrize("size", [(512, 700), (1000, 130), (333, 901)])
def test_parts_cover_the_picture_once_and_see_far_enough(size: tuple[int, int]) -> None:
    done: list[Tile] = []
    parts = tiles(*size, reach_px=REACH_PX, multiple_px=MULTIPLE_PX, tile_px=512)
    plan = halving(size)
    for tile in parts:
        plan.run(tile, short_of(180 * 180, done, []))
    covered = torch.zeros(size)
    for tile in done:
        covered[slice(*tile.rows), slice(*tile.columns)] += 1
        for (start, stop), (first, last), length in zip(
            (tile.rows, tile.columns), (tile.seen_rows, tile.seen_columns), size, strict=True
        ):
            assert first <= max(0, start - REACH_PX) and last >= min(length, stop + REACH_PX)
            assert first % MULTIPLE_PX == 0
    assert len(done) > len(parts) and bool((covered == 1).all())
    assert len({seen_px(tile) for tile in done}) <= 4, "every size is compiled anew"


def test_what_had_to_be_divided_is_not_tried_whole_again() -> None:
    size, tried = (512, 1536), []
    plan = halving(size)
    for tile in tiles(*size, reach_px=REACH_PX, multiple_px=MULTIPLE_PX, tile_px=512):
        plan.run(tile, short_of(320 * 320, [], tried))
    assert sum(seen_px(tile) > 320 * 320 for tile in tried) == 2, "once, and once more without what was remembered"


def test_remembered_values_are_given_up_first() -> None:
    plan, calls = halving((256, 256)), []
    plan.memory.get("value", lambda: torch.ones(100))

    def work(tile: Tile) -> None:
        calls.append(tile)
        if len(calls) == 1:
            raise MemoryError

    plan.run(tiles(256, 256)[0], work)
    assert len(calls) == 2 and calls[0] == calls[1], "the tile itself had room then"
    assert plan.memory.get("value", lambda: torch.zeros(100)).sum() == 0


def test_other_failures_are_not_taken_for_a_shortage() -> None:
    def work(tile: Tile) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        halving((64, 64)).run(tiles(64, 64)[0], work)


def test_below_the_smallest_tile_there_is_one_sentence() -> None:
    tried: list[Tile] = []
    with pytest.raises(OutOfMemory, match=r"^memory: there is not enough for this photo.*CONTROLLABLE_MEMORY_MB"):
        halving((512, 512)).run(tiles(512, 512)[0], short_of(0, [], tried))
    assert min(tile.rows[1] - tile.rows[0] for tile in tried) == LEAST_PX


def test_what_cannot_be_had_is_not_begun_unless_nothing_smaller_is_left() -> None:
    tried: list[Tile] = []
    with pytest.raises(OutOfMemory):
        halving((512, 512), bytes_per_px=2.0**40).run(tiles(512, 512)[0], short_of(0, [], tried))
    assert [tile.rows[1] - tile.rows[0] for tile in tried] == [LEAST_PX]


def test_a_divided_tile_is_put_together_as_the_whole() -> None:
    """A convolution that reaches as far as tiles see: the same values, be it divided or not."""
    size = (300, 420)
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    kernel = torch.rand(3, 1, 2 * REACH_PX + 1, 1, generator=torch.Generator().manual_seed(1)) / (2 * REACH_PX + 1)

    def blurred(tile: Tile) -> torch.Tensor:
        return tile.crop(F.conv2d(tile.read(image), kernel, padding=(REACH_PX, 0), groups=3))

    whole = tiles(*size, reach_px=REACH_PX, multiple_px=MULTIPLE_PX, tile_px=512)[0]
    made: list[tuple[Tile, torch.Tensor]] = []
    plan = halving(size)
    plan.most_px = 128
    plan.run(whole, lambda tile: made.append((tile, blurred(tile))))
    assert len(made) > 4 and torch.allclose(joined(whole, made), blurred(whole), atol=1e-6)


def test_the_budget_decides_how_large_a_tile_is() -> None:
    sides = [fitting_px(256.0, 112, 2**shift) for shift in range(25, 32)]
    assert sides == sorted(sides) and sides[0] == LEAST_PX and sides[-1] == 1024
    with pytest.raises(OutOfMemory):
        fitting_px(256.0, 112, 2**24)
