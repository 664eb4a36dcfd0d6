"""A photo's restoration, tile by tile, remembered: moving a control that changes nothing of it finds it done."""

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from controllable.budget import attempt
from controllable.generation.halving import Halving, joined
from controllable.generation.strength import vector
from controllable.image.pixels import Pixels, to_float, to_stored
from controllable.image.tile import Tile
from controllable.memory import Memory
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.generation.expert import Team
    from controllable.generation.restorer import Restorer


class _Restored:
    """A photo's restoration as far as it got; values: (1, 3, H, W), as `working_dtype` says."""

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self.done: set[Tile] = set()

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def get(self, tile: Tile, compute: Callable[[Tile], Tensor]) -> Tensor:
        part = tile.read_own(self.values)
        if tile not in self.done:
            part.copy_(to_stored(compute(tile), self.values.dtype))
            self.done.add(tile)
        return to_float(part)


def working_dtype(stored: Tensor) -> torch.dtype:
    """What is not finished is held in 16 bits where the photo has 8 or 16, otherwise as it is."""
    return torch.float32 if stored.is_floating_point() else torch.uint16


def remembered_restoration(
    restorer: "Restorer | Team",
    memory: Memory,
    halving: Halving,
    pixels: Pixels,
    key: Hashable,
    strengths: Mapping[Task, float],
    fidelity: float,
) -> Callable[[Tile], Tensor]:
    """Tile → its own part restored, (1, 3, h, w); remembered, if the whole restoration has room in the memory
    and leaves some to work in.

    pixels: (1, 3, H, W), one photo on the grid of the result; key: says its content; halving: of its tiles.
    """
    wish, dtype, blurred = vector(strengths), working_dtype(pixels.stored), Task.BLUR in strengths
    statistics = memory.get(
        (key, "statistics", pixels.scale, blurred, restorer.name), lambda: restorer.statistics(pixels, blurred=blurred)
    )

    def compute(tile: Tile) -> Tensor:
        made: list[tuple[Tile, Tensor]] = []
        halving.run(
            tile,
            lambda part: made.append((part, restorer.restore_tile(pixels, part, wish, statistics, fidelity=fidelity))),
        )
        return joined(tile, made)

    size = pixels.shape.numel() * dtype.itemsize
    if size > memory.most_bytes or attempt(lambda: None, size + halving.most_bytes) is None:
        return lambda tile: to_float(to_stored(compute(tile), dtype))
    name = (key, "restored", pixels.scale, *wish, fidelity, restorer.name)
    restored = memory.get(name, lambda: _Restored(torch.empty(pixels.shape, dtype=dtype)))
    return lambda tile: restored.get(tile, compute)
