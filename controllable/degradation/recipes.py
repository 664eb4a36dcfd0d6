"""Named recipes: the usual ways in which photos go bad, as frozen ranges of severity."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from controllable.degradation.chain import Chain, SeverityRange
from controllable.degradation.params import Params
from controllable.task import Task


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """name: its key in `RECIPES`; title and story: for people; ranges, second_pass: see `Chain`."""

    name: str
    title: str
    story: str
    ranges: Mapping[Task, SeverityRange]
    second_pass: float = 0.0

    def __post_init__(self) -> None:
        if not self.ranges:
            raise ValueError(f"ranges: the recipe {self.name!r} degrades nothing")
        if not 0.0 <= self.second_pass <= 1.0:
            raise ValueError(f"second_pass: {self.second_pass} is outside [0, 1]")
        object.__setattr__(self, "ranges", MappingProxyType(dict(self.ranges)))

    def chain(self) -> Chain:
        """The chain that draws severities from this recipe's ranges."""
        return Chain(ranges=self.ranges, second_pass=self.second_pass)

    def sample(self, seed: int, batch: int = 1) -> Params:
        """Parameters of `batch` degradations; the same seed gives the same ones."""
        return self.chain().sample(batch, torch.Generator().manual_seed(seed))

    def apply(self, image: Tensor, params: Params) -> Tensor:
        """(B, 3, H, W), RGB, [0, 1] → the same, degraded, in 8 bits."""
        return self.chain().apply(image, params)


def _always(low: float, high: float) -> SeverityRange:
    return SeverityRange(probability=1.0, low=low, high=high)


def _sometimes(probability: float, low: float, high: float) -> SeverityRange:
    return SeverityRange(probability=probability, low=low, high=high)


_ALL = (
    Recipe(
        name="old_phone",
        title="Old phone",
        story="a small sensor and heavy-handed processing: noise, softness, strong JPEG",
        ranges={
            Task.NOISE: _always(0.15, 0.4),
            Task.BLUR: _sometimes(0.5, 0.1, 0.3),
            Task.COLOR: _sometimes(0.6, 0.15, 0.4),
            Task.DETAIL: _always(0.3, 0.7),
            Task.RESOLUTION: _sometimes(0.7, 0.15, 0.35),
            Task.COMPRESSION: _always(0.45, 0.75),
        },
    ),
    Recipe(
        name="messaging_app",
        title="Messaging app",
        story="made smaller and compressed, then forwarded and compressed once more",
        ranges={Task.RESOLUTION: _always(0.2, 0.5), Task.COMPRESSION: _always(0.5, 0.85)},
        second_pass=0.7,
    ),
    Recipe(
        name="cctv",
        title="CCTV",
        story="a cheap camera at night: few pixels, grain, washed-out colour, blocks",
        ranges={
            Task.RESOLUTION: _always(0.4, 0.7),
            Task.NOISE: _always(0.2, 0.5),
            Task.BLUR: _sometimes(0.5, 0.1, 0.3),
            Task.LOW_LIGHT: _sometimes(0.5, 0.1, 0.4),
            Task.COLOR: _always(0.4, 0.8),
            Task.COMPRESSION: _always(0.5, 0.8),
        },
    ),
    Recipe(
        name="film_scan",
        title="Film scan",
        story="an old print, scanned: grain, faded and shifted colour, a soft lens",
        ranges={
            Task.NOISE: _always(0.15, 0.4),
            Task.COLOR: _always(0.35, 0.9),
            Task.BLUR: _sometimes(0.6, 0.1, 0.25),
            Task.DETAIL: _sometimes(0.5, 0.1, 0.4),
            Task.COMPRESSION: _sometimes(0.4, 0.1, 0.3),
        },
    ),
    Recipe(
        name="night",
        title="Night",
        story="too little light, pushed: dark, noisy, off in colour",
        ranges={
            Task.LOW_LIGHT: _always(0.35, 0.8),
            Task.NOISE: _always(0.1, 0.35),
            Task.COLOR: _sometimes(0.5, 0.15, 0.4),
            Task.COMPRESSION: _sometimes(0.5, 0.1, 0.4),
        },
    ),
    Recipe(
        name="fog",
        title="Fog",
        story="haze between lens and scene, and the softness that goes with it",
        ranges={
            Task.HAZE: _always(0.4, 0.9),
            Task.BLUR: _sometimes(0.4, 0.05, 0.15),
            Task.NOISE: _sometimes(0.3, 0.05, 0.15),
            Task.COMPRESSION: _sometimes(0.5, 0.1, 0.3),
        },
    ),
    Recipe(
        name="shaky_hand",
        title="Shaky hand",
        story="out of focus or moved while the shutter was open",
        ranges={Task.BLUR: _always(0.3, 0.8), Task.NOISE: _sometimes(0.5, 0.05, 0.2)},
    ),
    Recipe(
        name="web_thumbnail",
        title="Web thumbnail",
        story="a small picture from a page, enlarged",
        ranges={Task.RESOLUTION: _always(0.5, 0.8), Task.COMPRESSION: _always(0.25, 0.6)},
    ),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.name: recipe for recipe in _ALL})
"""Name → recipe."""


def find_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError naming the ones there are."""
    if name not in RECIPES:
        raise ValueError(f"recipe: {name!r} is not one of {', '.join(RECIPES)}")
    return RECIPES[name]
