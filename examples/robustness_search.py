"""Worst-case search: which flaws that a recipe allows hurt a model most, found by chance and by gradient.

One set of parameters for all pictures searched on: the finding is a way of photographing that fails, not a picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from controllable.degradation import Chain, Params
from controllable.degradation.recipes import Recipe
from controllable.task import TASKS, Task

CHUNK = 32
"""Pictures that go through a model at once."""
STEPWISE = (Task.DETAIL, Task.RESOLUTION, Task.COMPRESSION)
"""Their severity acts through whole numbers too (sizes in px, JPEG quality), without gradient: differences instead."""
FIRST_STEP, LAST_STEP = 0.3, 0.03
"""Length of the gradient search's steps, as shares of each parameter's range, falling geometrically."""

_BOUNDS: dict[Task, dict[str, tuple[float, float]]] = {
    Task.HAZE: {"slope": (0.0, 0.8)},
    Task.BLUR: {"angle_rad": (0.0, math.pi), "bend": (-0.5, 0.5)},
    Task.NOISE: {"signal": (1e-3, 0.99), "common": (1e-3, 0.99)},
    Task.COLOR: {"direction": (-1.0, 1.0)},
    Task.DETAIL: {"epsilon": (1e-3, 1e-2)},
}
"""The continuous draws that have a gradient, within what `sample` of each degradation can draw (the noise's shares a
little inside, where square roots have slopes)."""
AIRLIGHT_SHIFT = 0.05
"""How far the haze's colour may move from the one drawn; its sampler's tints have standard deviation 0.03."""

_SEVERITY = (None, "severity")
_Point = dict[tuple[Task | None, str], Tensor]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a model made of pictures: score, confidence, harm, each (B,); answers: for people, one a picture.

    score: share of what is right, in [0, 1]; confidence: in what is right, in [0, 1]; harm: what a search makes large.
    """

    score: Tensor
    confidence: Tensor
    harm: Tensor
    answers: tuple[str, ...]


class Judge(Protocol):
    """A model with the right answers: pictures (B, 3, H, W) and which of the test's pictures they are, (B,)."""

    def __call__(self, images: Tensor, rows: Tensor) -> Verdict: ...


@dataclass(frozen=True, kw_only=True)
class Found:
    """The worst of a search: params of one picture, for all; the mean harm; the model's looks at all pictures."""

    params: Params
    harm: float
    evaluations: int


Tick = Callable[[int], object]
"""Is told how many evaluations were just made, as a progress bar's `update`."""


def random_search(
    judge: Judge, images: Tensor, rows: Tensor, recipe: Recipe, *, evaluations: int, seed: int, tick: Tick
) -> Found:
    """The worst of `evaluations` draws of the recipe.

    images: (N, 3, H, W), RGB, [0, 1]; rows: (N,). Raises ValueError if `evaluations` is below 1.
    """
    if evaluations < 1:
        raise ValueError(f"evaluations: must be at least 1, got {evaluations}")
    chain, generator = _chain(recipe), torch.Generator().manual_seed(seed)
    best: Found | None = None
    for _ in range(evaluations):
        params = chain.sample(1, generator)
        harm = _harm(judge, chain, images, rows, params)
        if best is None or harm > best.harm:
            best = Found(params=params, harm=harm, evaluations=evaluations)
        tick(1)
    assert best is not None
    return best


def gradient_search(
    judge: Judge, images: Tensor, rows: Tensor, recipe: Recipe, *, evaluations: int, seed: int, tick: Tick
) -> Found:
    """Projected ascent by the gradient's sign (as Madry et al., 2018, eq. 1, here on parameters, not on pixels).

    A third of the evaluations are spent on draws. The worst of these is the start, with all flaws of the recipe instead
    of those drawn if that is worse; from then on which flaws occur, the kind of blur, the noise's seed and whether a
    cast is balanced stay. A step costs two evaluations (forward, and back through frozen weights) and one for each flaw
    of `STEPWISE`. Every point stays in the recipe's ranges; the worst one seen is returned.
    Raises ValueError if `evaluations` is below 1 or the judge has no gradient.
    """
    draws = min(evaluations, max(1, evaluations // 3))
    found = random_search(judge, images, rows, recipe, evaluations=draws, seed=seed, tick=tick)
    chain = _chain(recipe)
    if evaluations > draws:
        all_of_them = found.params.at(_with_all(found.params.severity, recipe))
        found = _worse(found, all_of_them, _harm(judge, chain, images, rows, all_of_them))
        tick(1)
        draws += 1
    low, high = _bounds(found.params, recipe)
    balanced = float(found.params.draws[Task.COLOR]["direction"].mean().abs()) < 1e-3
    point = {key: value.clamp(low[key], high[key]) for key, value in _point(found.params).items()}
    struck = [k for k, task in enumerate(TASKS) if task in STEPWISE and float(found.params.severity[0, k]) > 0]
    cost = 2 + len(struck)
    steps = max(0, evaluations - draws - 1) // cost
    for step in range(steps):
        length = FIRST_STEP * (LAST_STEP / FIRST_STEP) ** (step / max(1, steps - 1))
        harm, slopes = _gradient(judge, chain, images, rows, found.params, point)
        found = _worse(found, _params(found.params, point), harm)
        tick(2)
        severity = point[_SEVERITY]
        for k in struck:
            span = float(high[_SEVERITY][0, k] - low[_SEVERITY][0, k])
            inward = 1.0 if severity[0, k] + length * span <= high[_SEVERITY][0, k] else -1.0
            moved = severity.clone()
            moved[0, k] += inward * length * span
            trial = {**point, _SEVERITY: moved.clamp(low[_SEVERITY], high[_SEVERITY])}
            there = _harm(judge, chain, images, rows, _params(found.params, trial))
            found = _worse(found, _params(found.params, trial), there)
            slopes[_SEVERITY][0, k] = inward * (there - harm)
            tick(1)
        point = {
            key: (value + length * (high[key] - low[key]) * slopes[key].sign()).clamp(low[key], high[key])
            for key, value in point.items()
        }
        if balanced:
            _balance(point)
    if steps:
        last = _params(found.params, point)
        found = _worse(found, last, _harm(judge, chain, images, rows, last))
        tick(1)
    return replace(found, evaluations=draws + steps * cost + (1 if steps else 0))


def _balance(point: _Point) -> None:
    """Make the cast's gains average to 1, as a wrong white balance has it (see `Color`)."""
    key = (Task.COLOR, "direction")
    if key in point:
        even = point[key] - point[key].mean(1, keepdim=True)
        point[key] = even / even.abs().amax(1, keepdim=True).clamp_min(1.0)


def _with_all(severity: Tensor, recipe: Recipe) -> Tensor:
    """The flaws of the recipe that are absent come in, each in the middle of its range. severity: (1, 8)."""
    middle = torch.zeros_like(severity)
    for task, span in recipe.ranges.items():
        if span.probability > 0.0:
            middle[0, TASKS.index(task)] = (span.low + span.high) / 2.0
    return torch.where(severity > 0.0, severity, middle)


def _worse(found: Found, params: Params, harm: float) -> Found:
    return replace(found, params=params, harm=harm) if harm > found.harm else found


def spoil(chain: Chain, images: Tensor, params: Params) -> Tensor:
    """The parameters of one picture on all of (N, 3, H, W)."""
    return chain.apply(images, params.repeat(len(images)))


def _chain(recipe: Recipe) -> Chain:
    """The recipe's chain in torch throughout, so that there is a gradient, and the same for both searches."""
    return replace(recipe.chain(), codec="torch", batched=True)


def _harm(judge: Judge, chain: Chain, images: Tensor, rows: Tensor, params: Params) -> float:
    with torch.no_grad():
        parts = [
            judge(spoil(chain, part, params), which).harm
            for part, which in zip(images.split(CHUNK), rows.split(CHUNK), strict=True)
        ]
    return float(torch.cat(parts).mean())


def _gradient(
    judge: Judge, chain: Chain, images: Tensor, rows: Tensor, start: Params, point: _Point
) -> tuple[float, _Point]:
    """The mean harm at a point, and its gradient there; 0 where there is none."""
    leaves = {key: value.clone().requires_grad_() for key, value in point.items()}
    params = _params(start, leaves)
    total, slopes = 0.0, {key: torch.zeros_like(value) for key, value in point.items()}
    for part, which in zip(images.split(CHUNK), rows.split(CHUNK), strict=True):
        harm = judge(spoil(chain, part, params), which).harm.sum() / len(images)
        if not harm.requires_grad:
            raise ValueError("gradient: this model's harm has no gradient; search at random")
        total += float(harm.detach())
        grads = torch.autograd.grad(harm, list(leaves.values()), allow_unused=True)
        for key, grad in zip(leaves, grads, strict=True):
            if grad is not None:
                slopes[key] += grad.nan_to_num(0.0, 0.0, 0.0)
    return total, slopes


def _point(params: Params) -> _Point:
    """What the gradient may move, out of parameters of one picture."""
    point: _Point = {_SEVERITY: params.severity}
    for task, name in (*((task, name) for task, names in _BOUNDS.items() for name in names), (Task.HAZE, "airlight")):
        if float(params.severity[0, TASKS.index(task)]) > 0:
            point[task, name] = params.draws[task][name]
    return point


def _params(start: Params, point: _Point) -> Params:
    """`start` with the point's values."""
    draws = {
        task: {name: point.get((task, name), value) for name, value in named.items()}
        for task, named in start.draws.items()
    }
    return replace(start, severity=point[_SEVERITY], draws=draws)


def _bounds(start: Params, recipe: Recipe) -> tuple[_Point, _Point]:
    """The lowest and highest point: the recipe's range for a flaw that `start` has, 0 for one that it has not."""
    low, high = _point(start), _point(start)
    ends = torch.zeros(2, 1, len(TASKS))
    for struck, span in recipe.ranges.items():
        k = TASKS.index(struck)
        if float(start.severity[0, k]) > 0:
            ends[:, 0, k] = torch.tensor([span.low, span.high])
    for key in low:
        task, name = key
        if task is None:
            low[key], high[key] = ends[0], ends[1]
        elif name == "airlight":
            low[key], high[key] = ((low[key] + shift).clamp(0.7, 1.0) for shift in (-AIRLIGHT_SHIFT, AIRLIGHT_SHIFT))
        else:
            low[key], high[key] = (torch.full_like(low[key], end) for end in _BOUNDS[task][name])
    return low, high
