"""Cameras by text: what takes a folder's photos where clients of a federation have different ones.

"own" is the recipe's camera, "old_phone" one of `degradation.recipes`, "noise=0.1-0.3,compression=0.5" severities in
[0, 1] of the tasks in `task.UNITS`; several, joined by ";", take the photos in turn, at random.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from controllable.degradation.chain import Chain, SeverityRange
from controllable.degradation.recipes import RECIPES
from controllable.task import TASKS, Task
from controllable.training.recipes.pairs import Camera

OWN = "own"


def cameras(text: str, own: Camera) -> list[Camera]:
    """The cameras that `text` names, in its order; raises ValueError for what names none."""
    return [_camera(name.strip(), own) for name in text.split(";")]


def any_of(choices: Sequence[Camera]) -> Camera:
    """Each photo of a batch is taken by one of these, at random. They keep the size and give no kernels."""
    if len(choices) == 1:
        return choices[0]

    def photograph(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
        picks = torch.randint(len(choices), (len(clean),), generator=generator)
        seen = torch.empty_like(clean)
        for number, camera in enumerate(choices):
            rows = torch.nonzero(picks == number).flatten()
            if len(rows):
                seen[rows], _ = camera(clean[rows], generator)
        return seen, None

    return photograph


def of_chain(chain: Chain) -> Camera:
    """The camera that degrades every photo as the chain draws it."""

    def photograph(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
        return chain.apply(clean, chain.sample(len(clean), generator)), None

    return photograph


def _camera(text: str, own: Camera) -> Camera:
    if text == OWN:
        return own
    if text in RECIPES:
        return of_chain(RECIPES[text].chain())
    return of_chain(Chain(ranges=dict(_severity(part.strip()) for part in text.split(","))))


def _severity(text: str) -> tuple[Task, SeverityRange]:
    """ "noise=0.1-0.3" → always, between 0.1 and 0.3."""
    name, equals, span = text.partition("=")
    low, _, high = span.partition("-")
    if not equals or name not in TASKS:
        raise ValueError(
            f"cameras: {text!r} is neither {OWN}, nor one of {', '.join(RECIPES)}, nor TASK=SEVERITY or "
            f"TASK=LOW-HIGH with a task of {', '.join(TASKS)}"
        )
    try:
        return Task(name), SeverityRange(probability=1.0, low=float(low), high=float(high or low))
    except ValueError:
        raise ValueError(f"cameras: {text!r} needs a severity, or LOW-HIGH, in [0, 1]") from None
