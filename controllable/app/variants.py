"""One clean photo, severities and a seed → degraded variants of it, each with the parameters that replay it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from controllable.degradation import Chain, Params
from controllable.degradation.recipes import find_recipe
from controllable.image.picture import Picture, load
from controllable.task import TASKS, Task

MOST_VARIANTS = 8
MOST_PIXELS = 120_000_000


@dataclass(frozen=True, kw_only=True)
class Variant:
    """seed reproduces it; params: the JSON of `Params.to_dict`."""

    image: Image.Image
    seed: int
    params: Mapping[str, Any]


def recipe_severities(name: str, seed: int) -> dict[Task, float]:
    """The severities this recipe draws from this seed, rounded as the sliders show them."""
    drawn = find_recipe(name).sample(seed).severity[0].tolist()
    return {task: round(value, 2) for task, value in zip(TASKS, drawn, strict=True)}


def draw_params(severity: Mapping[Task, float], recipe: str | None, seed: int) -> Params:
    """Draws from `seed` at the given severities; a recipe adds what it does beyond them (a second pass)."""
    fixed = torch.tensor([[float(severity.get(task, 0.0)) for task in TASKS]])
    if recipe is None:
        return Chain().sample(1, torch.Generator().manual_seed(seed), fixed)
    return find_recipe(recipe).sample(seed).at(fixed)


@torch.inference_mode()
def degrade(
    photo: str,
    severity: Mapping[Task, float],
    *,
    recipe: str | None = None,
    seed: int = 0,
    count: int = 1,
    device: str = "cpu",
    progress: Callable[[float], None] | None = None,
) -> list[Variant]:
    """`count` variants from the seeds seed, seed + 1, …; `progress` may raise to cancel.

    Raises ValueError for a bad photo, count or seed, or when all variants together are too large.
    """
    if not 1 <= count <= MOST_VARIANTS:
        raise ValueError(f"variants: {count} is outside [1, {MOST_VARIANTS}]")
    if not 0 <= seed < 2**31:
        raise ValueError(f"seed: {seed} is outside [0, 2147483647]")
    picture: Picture = load(photo)
    height, width = picture.size
    if height * width * count > MOST_PIXELS:
        raise ValueError(f"variants: {count} × {height * width / 1e6:.0f} megapixels is too much; make fewer at a time")
    image = picture.rgb.to(device)
    variants = []
    for k in range(count):
        params = draw_params(severity, recipe, seed + k)
        rgb = Chain().apply(image, params).cpu()
        variants.append(Variant(image=picture.with_rgb(rgb).export(), seed=seed + k, params=params.to_dict()))
        if progress is not None:
            progress((k + 1) / count)
    return variants
