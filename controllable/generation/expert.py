"""Experts in use: what a recipe trained restores its own flaws, the generator the others."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from controllable.generation.restorer import Restorer, Statistics, quietly
from controllable.image.pixels import Pixels, to_float
from controllable.image.resize import resize
from controllable.image.tile import Tile
from controllable.networks.expert import Expert
from controllable.task import TASKS, Task
from controllable.trained import RUNS, holds, trained

REACH_PX = 40
"""Pixels of its input that an expert's tile sees on each side. With 24 the three dense blocks of `esrgan`, after 200
steps, differ by less than 0.001/255 from the whole; deeper and longer trained trunks were not measured."""
_KEY = "tasks"


def experts(models: Path, runs: Path = RUNS) -> dict[str, Path]:
    """Name → folder of every expert in `models`/NAME and `runs`/NAME/weights."""
    return trained(_KEY, models, runs)


def find_expert(name: str, models: Path, runs: Path = RUNS) -> Path:
    """The folder of the expert called so, or which is that folder. Raises ValueError, naming those there are."""
    known = experts(models, runs)
    folder = known.get(name, Path(name))
    if not holds(_KEY, folder):
        there = f"one of {', '.join(known)}, or" if known else "there is none yet;"
        raise ValueError(f"model: {name!r} is not known: {there} a folder that `train` wrote weights to")
    return folder


class Team:
    """A generator and an expert, with the calls of `Restorer` that a painter makes.

    Strength r of one of the expert's tasks is x + r·(expert(x) - x): the network was trained to remove all of it.
    """

    def __init__(self, generator: Restorer, expert: Expert, name: str) -> None:
        self.generator, self.name = generator, name
        self.expert = expert.float().eval().to(generator.device, memory_format=torch.channels_last)

    @classmethod
    def from_pretrained(cls, generator: Restorer, folder: Path, name: str) -> "Team":
        with quietly():
            return cls(generator, Expert.from_pretrained(folder), name)

    def reach_px(self, strengths: Mapping[Task, float]) -> int:
        own = REACH_PX * self.expert.scale if strengths.keys() & set(self.expert.tasks) else 0
        return max(own, self.generator.reach_px(strengths))

    def statistics(self, pixels: Pixels, *, blurred: bool = True) -> Statistics:
        return self.generator.statistics(pixels, blurred=blurred and Task.BLUR not in self.expert.tasks)

    @torch.inference_mode()
    def restore_tile(
        self, pixels: Pixels, tile: Tile, strengths: list[float], statistics: Statistics, *, fidelity: float = 1.0
    ) -> Tensor:
        """The generator's tasks first, then the expert's; an enlarging expert sees the small photo itself, where the
        picture is that photo enlarged and nothing else is to be done to it."""
        own = max(strengths[TASKS.index(task)] for task in self.expert.tasks)
        others = [0.0 if task in self.expert.tasks else value for task, value in zip(TASKS, strengths, strict=True)]
        image = self.generator.restore(tile.read(pixels), others, statistics, fidelity=fidelity)
        if own > 0.0:
            small = None if any(others) else _small(pixels, tile)
            image = image.lerp(self._answer(image, small), own)
        return tile.crop(image)

    def _answer(self, image: Tensor, small: Tensor | None) -> Tensor:
        """What the expert makes of a tile, on the tile's grid."""
        size, scale = tuple(image.shape[-2:]), self.expert.scale
        if scale > 1 and small is None:
            small = resize(image, tuple(max(1, round(side / scale)) for side in size))
        given = image if scale == 1 or small is None else small
        generator = self.generator
        with torch.autocast(generator.device.type, torch.bfloat16, enabled=generator.half):
            made = self.expert(given.to(generator.device)).float().to(image.device)
        return (made if tuple(made.shape[-2:]) == size else resize(made, size)).clamp_(0.0, 1.0)


def _small(pixels: Pixels, tile: Tile) -> Tensor | None:
    """What a tile shows of the photo that was enlarged; None where none was, or not by whole pixels."""
    scale = pixels.scale
    if scale == 1 or any(edge % scale for edge in (*tile.seen_rows, *tile.seen_columns)):
        return None
    rows, columns = (slice(start // scale, stop // scale) for start, stop in (tile.seen_rows, tile.seen_columns))
    return to_float(pixels.stored[..., rows, columns]).contiguous()
