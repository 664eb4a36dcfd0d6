"""Large pictures in tiles: each is computed with its surroundings, and only its own part is kept."""

from dataclasses import dataclass

from torch import Tensor

from controllable.image.pixels import Pixels

TILE_PX = 1024
"""Side of a tile: larger ones need more memory and hardly less time, smaller ones compute more surroundings
(docs/speed.md)."""
SLACK = 1.25
"""A picture of so many tiles' area at most is one tile."""

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """rows, columns: the part that is the tile's own, (start, stop) in px; seen_…: with its surroundings."""

    rows: Span
    columns: Span
    seen_rows: Span
    seen_columns: Span

    def read(self, image: Tensor | Pixels) -> Tensor:
        """The tile and its surroundings."""
        return image[..., slice(*self.seen_rows), slice(*self.seen_columns)]

    def read_own(self, image: Tensor | Pixels) -> Tensor:
        return image[..., slice(*self.rows), slice(*self.columns)]

    def crop(self, seen: Tensor) -> Tensor:
        """The tile's own part of what was computed from `read`."""
        top, left = self.rows[0] - self.seen_rows[0], self.columns[0] - self.seen_columns[0]
        height, width = self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]
        return seen[..., top : top + height, left : left + width]


def tiles(height: int, width: int, *, reach_px: int = 0, multiple_px: int = 1, tile_px: int = TILE_PX) -> list[Tile]:
    """Tiles of nearly one size that cover a picture once; seamless for what looks no further than `reach_px`.

    What a tile sees starts on multiples of `multiple_px`, so a network's inner grids fall where they would in the
    whole picture.
    """
    whole = height * width <= SLACK * tile_px * tile_px
    rows, columns = (_spans(side, side if whole else tile_px, reach_px, multiple_px) for side in (height, width))
    return [
        Tile(rows=own_rows, columns=own_columns, seen_rows=seen_rows, seen_columns=seen_columns)
        for own_rows, seen_rows in rows
        for own_columns, seen_columns in columns
    ]


def _spans(length: int, most: int, reach: int, multiple: int) -> list[tuple[Span, Span]]:
    count = -(-length // most)
    step = -(-length // (count * multiple)) * multiple
    reach = -(-reach // multiple) * multiple
    own = [(start, min(length, start + step)) for start in range(0, length, step)]
    return [((start, stop), (max(0, start - reach), min(length, stop + reach))) for start, stop in own]
