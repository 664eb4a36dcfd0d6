"""The degradations whose realism is compared, each as one function of clean crops and a generator."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from benchmarks.chains import CHAINS, Second
from benchmarks.crops import CROP_PX, GRID_PX, Pool, floats, middle
from controllable.color import quantize_8bit
from controllable.degradation import Params
from controllable.degradation.recipes import RECIPES
from controllable.generation.restorer import quietly

Degrade = Callable[[Tensor, torch.Generator], Tensor]
"""(B, 3, P, P), RGB, [0, 1] → (B, 3, P/scale, P/scale), 8 bits; all randomness from the generator."""
CLEAN_PX = CROP_PX + 2 * GRID_PX
"""Side of what is degraded, in pixels of the result: the border, which real crops do not have, is cut away."""


class Degrader(Protocol):
    """What a degrader that has learned from photos offers."""

    def sample(self, seed: int, batch: int = 1) -> Params: ...

    def apply(self, image: Tensor, params: Params) -> Tensor: ...


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """scale: by how much it reduces."""

    degrade: Degrade
    scale: int = 1

    @property
    def clean_px(self) -> int:
        """Side of the clean crops it is given."""
        return CLEAN_PX * self.scale


def untouched(clean: Tensor, generator: torch.Generator) -> Tensor:
    return quantize_8bit(clean)


def physical(clean: Tensor, generator: torch.Generator) -> Tensor:
    """One of the named recipes for each picture, all equally often."""
    recipes, out = list(RECIPES.values()), []
    for picture in clean.split(1):
        recipe = recipes[int(torch.randint(len(recipes), (), generator=generator))]
        params = recipe.sample(int(torch.randint(2**31 - 1, (), generator=generator)))
        out.append(quantize_8bit(recipe.chain().apply(picture, params)))
    return torch.cat(out)


def learned(degrader: Degrader, clean: Tensor, generator: torch.Generator) -> Tensor:
    """Severities and draws of the degrader's own choice."""
    with torch.no_grad():
        params = degrader.sample(int(torch.randint(2**31 - 1, (), generator=generator)), len(clean))
        return quantize_8bit(degrader.apply(clean, params))


def second_order(chain: Second, scale: int, clean: Tensor, generator: torch.Generator) -> Tensor:
    """One of `CHAINS`, its arguments in the order of `Degrade`."""
    return chain(clean, generator, scale)


def candidates(folder: Path | None, scales: tuple[int, ...] = (1, 4)) -> dict[str, Candidate]:
    """Ours and the literature's, by name; folder: of a learned degrader, left out if None.

    SystemExit with a sentence if the folder holds none.
    """
    found = {"physical": Candidate(degrade=physical)}
    for scale in scales:
        for name, chain in CHAINS.items():
            label = name if scale == 1 else f"{name} ×{scale}"
            found[label] = Candidate(degrade=partial(second_order, chain, scale), scale=scale)
    if folder is not None:
        from controllable.degradation.learned import LearnedDegrader

        try:
            with quietly():
                degrader = LearnedDegrader.from_pretrained(folder)
        except ValueError as error:
            raise SystemExit(str(error)) from None
        found["learned"] = Candidate(degrade=partial(learned, degrader))
    return found


def degraded(candidate: Candidate, clean: Pool, seed: int) -> Pool:
    """What the candidate makes of clean crops (N, 3, clean_px, clean_px): their middles, (N, 3, 96, 96)."""
    generator = torch.Generator().manual_seed(seed)
    parts = [middle(candidate.degrade(floats(part), generator)) for part in clean.images.split(16)]
    return Pool(images=(torch.cat(parts) * 255.0).round().to(torch.uint8), photo=clean.photo)
