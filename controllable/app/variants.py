"""One clean photo, what degrades it and a seed → degraded variants of it, each with the parameters that replay it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from controllable.degradation.choice import Choice
from controllable.image.picture import Picture, load
from controllable.provenance import carrying
from controllable.task import TASKS, Task

MOST_VARIANTS = 8
MOST_PIXELS = 120_000_000


@dataclass(frozen=True, kw_only=True)
class Variant:
    """seed reproduces it; params: the JSON of `Params.to_dict`; origin: see `Choice`."""

    image: Image.Image
    seed: int
    params: Mapping[str, Any]
    origin: Mapping[str, str]

    @property
    def record(self) -> dict[str, Any]:
        """Plain JSON types, which `degrade --params` replays."""
        return {"seed": self.seed, **self.origin, "params": dict(self.params)}


def drawn_severities(choice: Choice, seed: int) -> dict[Task, float]:
    """The severities drawn from this seed, rounded as the sliders show them."""
    drawn = choice.sample(seed).severity[0].tolist()
    return {task: round(value, 2) for task, value in zip(TASKS, drawn, strict=True)}


def degrade(
    photo: str,
    choice: Choice,
    *,
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
    picture: Picture = carrying(None, load(photo), ".png")[0]  # an older record is of other pixels
    height, width = picture.size
    if height * width * count > MOST_PIXELS:
        raise ValueError(f"variants: {count} × {height * width / 1e6:.0f} megapixels is too much; make fewer at a time")
    image = picture.rgb.to(device)
    variants = []
    for k in range(count):
        params = choice.sample(seed + k)
        made = picture.with_rgb(choice.apply(image, params).cpu()).export()
        variants.append(Variant(image=made, seed=seed + k, params=params.to_dict(), origin=choice.origin))
        if progress is not None:
            progress((k + 1) / count)
    return variants
