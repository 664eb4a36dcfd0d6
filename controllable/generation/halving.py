"""Halving: where memory runs out over a tile, it is done in tiles of half the side, and so on down to a smallest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from controllable.budget import OutOfMemory, attempt
from controllable.image.tile import SLACK, TILE_PX, Span, Tile
from controllable.memory import Memory

LEAST_PX = 64
"""Side of the smallest tile: what a network sees around it is several times its own area already."""


@dataclass(kw_only=True)
class Halving:
    """Runs work tile by tile. Once a tile had to be divided, those after it are divided alike from the start.

    Parts see at least as much around them as the tile did, so they are seamless as tiles are, and all see as much: for
    every new size a network's layers are compiled anew, which takes memory, too. size: (height, width) of the picture;
    reach_px, multiple_px: as `tiles` takes them; bytes_per_px: of memory, for each pixel a tile sees; most_px: longest
    side of a tile that is tried.
    """

    memory: Memory
    size: tuple[int, int]
    reach_px: int
    multiple_px: int
    bytes_per_px: float
    most_px: float = float("inf")

    @property
    def most_bytes(self) -> float:
        """What a large tile of this picture takes."""
        height, width = (min(side, TILE_PX) + 2 * self.reach_px for side in self.size)
        return self.bytes_per_px * height * width

    def run(self, tile: Tile, work: Callable[[Tile], None]) -> None:
        """`work` on the whole tile or on its parts; it must write down what it made, and may be called again for a tile
        it failed on. Raises OutOfMemory where not even the smallest part can be done."""
        longest = max(_length(tile.rows), _length(tile.columns))
        if longest > self.most_px:
            for part in self._parts(tile):
                self.run(part, work)
            return
        needed = self.bytes_per_px * _length(tile.seen_rows) * _length(tile.seen_columns)
        if attempt(lambda: work(tile), needed) is not None:
            return
        self.memory.forget()
        if attempt(lambda: work(tile), needed) is not None:
            return
        if longest < 2 * max(LEAST_PX, self.multiple_px):
            if attempt(lambda: work(tile)) is None:  # what it needs was only estimated
                raise OutOfMemory
            return
        self.most_px = self._whole(-(-longest // 2))
        self.run(tile, work)

    def _parts(self, tile: Tile) -> Iterator[Tile]:
        for rows in self._spans(tile.rows):
            for columns in self._spans(tile.columns):
                seen = (self._seen(*pair) for pair in zip((rows, columns), self.size, strict=True))
                yield Tile(rows=rows, columns=columns, seen_rows=next(seen), seen_columns=next(seen))

    def _spans(self, span: Span) -> list[Span]:
        count = -(-_length(span) // int(self.most_px))
        step = self._whole(-(-_length(span) // count))
        return [(start, min(span[1], start + step)) for start in range(*span, step)]

    def _seen(self, span: Span, length: int) -> Span:
        """Always as long, but for the last pixels of a picture: near a border it reaches farther into the picture."""
        reach = self._whole(self.reach_px)
        seen = int(self.most_px) + 2 * reach
        start = max(0, min(span[0] - reach, self._whole(length - seen)))
        return start, min(length, start + seen)

    def _whole(self, px: int) -> int:
        """The next whole multiple."""
        return -(-px // self.multiple_px) * self.multiple_px


def fitting_px(bytes_per_px: float, reach_px: int, budget_bytes: int) -> int:
    """Side of the largest tile, at most `TILE_PX`, whose working set takes no more than half of the budget.

    bytes_per_px: of a network at work, for each pixel that it sees. Raises OutOfMemory where all of the budget does not
    hold the smallest.
    """

    def needed(side: int) -> float:
        return bytes_per_px * (SLACK**0.5 * side + 2 * reach_px) ** 2

    side = TILE_PX
    while side > LEAST_PX and needed(side) > budget_bytes / 2:
        side //= 2
    if needed(side) > budget_bytes:
        raise OutOfMemory
    return side


def joined(tile: Tile, made: Sequence[tuple[Tile, Tensor]]) -> Tensor:
    """A tile's own part, (B, C, h, w), of the parts that were made of it."""
    if len(made) == 1:
        return made[0][1]
    first = made[0][1]
    whole = first.new_empty((*first.shape[:2], _length(tile.rows), _length(tile.columns)))
    for part, values in made:
        top, left = part.rows[0] - tile.rows[0], part.columns[0] - tile.columns[0]
        whole[..., top : top + values.shape[-2], left : left + values.shape[-1]] = values
    return whole


def _length(span: Span) -> int:
    return span[1] - span[0]
