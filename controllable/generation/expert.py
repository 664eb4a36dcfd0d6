"""Experts in use: what a recipe trained, or a checkpoint made elsewhere, restores its flaws, the generator the rest."""

from collections.abc import Mapping
from math import lcm
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.generation.checkpoint import Checkpoint, bytes_per_px, checkpoints, is_checkpoint, load_checkpoint
from controllable.generation.restorer import Restorer, Statistics, quietly
from controllable.image.pixels import Pixels, to_float
from controllable.image.resize import resize
from controllable.image.tile import Tile
from controllable.networks.expert import Expert
from controllable.task import SCALES, TASKS, Task
from controllable.trained import RUNS, holds, trained

REACH_PX = 40
"""Pixels of its input that an expert's tile sees on each side. With 24 the three dense blocks of `esrgan`, after 200
steps, differ by less than 0.001/255 from the whole; deeper and longer trained trunks were not measured."""
_KEY = "tasks"


def experts(models: Path, runs: Path = RUNS) -> dict[str, Path]:
    """Name → folder of every expert in `models`/NAME and `runs`/NAME/weights, or file of a checkpoint in `models`."""
    return checkpoints(models) | trained(_KEY, models, runs)


def find_expert(name: str, models: Path, runs: Path = RUNS) -> Path:
    """The folder or file of the expert called so, or which is that path. Raises ValueError, naming those there are."""
    known = experts(models, runs)
    path = known.get(name, Path(name))
    if not is_checkpoint(path) and not holds(_KEY, path):
        there = f"one of {', '.join(known)}, or" if known else "there is none yet;"
        raise ValueError(
            f"model: {name!r} is not known: {there} a folder that `train` wrote weights to, or a file of weights"
        )
    return path


def weights_of(path: Path) -> Path:
    """The file of weights of an expert that `find_expert` found."""
    return path / "model.safetensors" if path.is_dir() else path


class Team:
    """A generator and an expert, with the calls of `Restorer` that a painter makes.

    Strength r of one of the expert's tasks is x + r·(expert(x) - x): the network was trained to remove all of it.
    """

    def __init__(self, generator: Restorer, expert: Expert | Checkpoint, name: str) -> None:
        self.generator, self.name = generator, name
        self.expert = expert.float().eval().to(generator.device, memory_format=torch.channels_last)
        self.device = generator.device
        self._bytes_per_px = bytes_per_px(self.expert, expert.scale)

    @classmethod
    def from_pretrained(cls, generator: Restorer, path: Path, name: str) -> "Team":
        """path: as `find_expert` finds it. Raises ValueError for a file that is no plain checkpoint."""
        if is_checkpoint(path):
            return cls(generator, load_checkpoint(path), name)
        with quietly():
            return cls(generator, Expert.from_pretrained(path), name)

    def reach_px(self, strengths: Mapping[Task, float]) -> int:
        own = REACH_PX * self.expert.scale if self._asked(strengths) else 0
        return max(own, self.generator.reach_px(strengths))

    def multiple_px(self, strengths: Mapping[Task, float]) -> int:
        """Where tiles may begin: on the grid of the expert's own input, too, be the photo enlarged or not."""
        own = getattr(self.expert, "multiple_px", 1) * lcm(self.expert.scale, max(SCALES))
        return lcm(own if self._asked(strengths) else 1, self.generator.multiple_px(strengths))

    def bytes_per_px(self, strengths: Mapping[Task, float]) -> float:
        own = self._bytes_per_px if self._asked(strengths) else 0.0
        return max(own, self.generator.bytes_per_px(strengths))

    def _asked(self, strengths: Mapping[Task, float]) -> bool:
        return bool(strengths.keys() & set(self.expert.tasks))

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
        scale, (height, width) = self.expert.scale, image.shape[-2:]
        size = height, width
        if scale > 1 and small is None:  # reduced by exactly the scale wherever the tile lies; its border is repeated
            size = height + -height % scale, width + -width % scale
            padded = F.pad(image, (0, size[1] - width, 0, size[0] - height), "replicate")
            small = resize(padded, (size[0] // scale, size[1] // scale))
        given = image if scale == 1 or small is None else small
        generator = self.generator
        with torch.autocast(generator.device.type, torch.bfloat16, enabled=generator.half):
            made = self.expert(given.to(generator.device)).float().to(image.device)
        made = made if tuple(made.shape[-2:]) == size else resize(made, size)
        return made[..., :height, :width].clamp_(0.0, 1.0)


def _small(pixels: Pixels, tile: Tile) -> Tensor | None:
    """What a tile shows of the photo that was enlarged; None where none was, or not by whole pixels."""
    scale = pixels.scale
    if scale == 1 or any(edge % scale for edge in (*tile.seen_rows, *tile.seen_columns)):
        return None
    rows, columns = (slice(start // scale, stop // scale) for start, stop in (tile.seen_rows, tile.seen_columns))
    return to_float(pixels.stored[..., rows, columns]).contiguous()
