"""The worst-case search stays within the recipe, climbs, and says when it cannot."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from controllable.degradation import Params
from controllable.degradation.recipes import RECIPES, Recipe
from controllable.task import TASKS, Task
from examples.robustness_search import (
    STEPWISE,
    _bounds,
    _chain,
    _gradient,
    _harm,
    _params,
    _point,
    gradient_search,
    random_search,
    spoil,
)
from tests.photo import photo_tensor

ROWS = torch.arange(2)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.cat([photo_tensor(64, 48, seed) for seed in range(2)])


class Darkness:
    """Harm: how dark the pictures are."""

    def __call__(self, images: Tensor, rows: Tensor) -> "Darkness":
        self.harm = 1.0 - images.mean((1, 2, 3))
        return self


class Strangeness:
    """Harm: distance to the clean pictures."""

    def __init__(self, clean: Tensor) -> None:
        self._clean = clean

    def __call__(self, images: Tensor, rows: Tensor) -> "Strangeness":
        self.harm = (images - self._clean[rows]).pow(2).mean((1, 2, 3))
        return self


def tick(count: int) -> None:
    assert count > 0


def search(judge: object, images: Tensor, recipe: Recipe, evaluations: int = 30, seed: int = 0):  # type: ignore[no-untyped-def]
    return gradient_search(judge, images, ROWS, recipe, evaluations=evaluations, seed=seed, tick=tick)  # type: ignore[arg-type]


def within(params: Params, recipe: Recipe) -> bool:
    for task, severity in zip(TASKS, params.severity[0].tolist(), strict=True):
        span = recipe.ranges.get(task)
        absent = severity == 0.0 and (span is None or span.probability < 1.0)
        if not absent and (span is None or not span.low - 1e-6 <= severity <= span.high + 1e-6):
            return False
    return True


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_what_is_found_lies_within_the_recipe(images: Tensor, name: str) -> None:
    found = search(Strangeness(images), images, RECIPES[name], evaluations=14)
    assert within(found.params, RECIPES[name])


@pytest.mark.parametrize("seed", range(3))
def test_a_balanced_cast_stays_balanced_and_within_its_gains(images: Tensor, seed: int) -> None:
    judge, recipe = Strangeness(images), RECIPES["film_scan"]
    start = random_search(judge, images, ROWS, recipe, evaluations=6, seed=seed, tick=tick)  # type: ignore[arg-type]
    found = search(judge, images, recipe, evaluations=20, seed=seed)
    before, after = (params.draws[Task.COLOR]["direction"] for params in (start.params, found.params))
    assert float(before.mean()) == pytest.approx(0.0, abs=1e-6) and not torch.equal(before, after)
    assert float(after.mean()) == pytest.approx(0.0, abs=1e-6)
    assert float(after.abs().max()) <= 1.0 + 1e-6


def test_the_darkest_night_is_found_at_the_end_of_its_range(images: Tensor) -> None:
    recipe = RECIPES["night"]
    found = search(Darkness(), images, recipe)
    assert float(found.params.severity[0, TASKS.index(Task.LOW_LIGHT)]) == pytest.approx(0.8, abs=1e-6)


def test_the_gradient_never_ends_below_its_start_and_beats_as_many_draws(images: Tensor) -> None:
    judge, recipe = Strangeness(images), RECIPES["cctv"]
    drawn = random_search(judge, images, ROWS, recipe, evaluations=30, seed=3, tick=tick)  # type: ignore[arg-type]
    start = random_search(judge, images, ROWS, recipe, evaluations=10, seed=3, tick=tick)  # type: ignore[arg-type]
    climbed = search(judge, images, recipe, seed=3)
    assert start.harm <= drawn.harm < climbed.harm
    assert climbed.evaluations <= 30


def test_the_harm_told_is_that_of_the_parameters_told(images: Tensor) -> None:
    judge, recipe = Strangeness(images), RECIPES["film_scan"]
    found = search(judge, images, recipe)
    replayed = Params.from_dict(found.params.to_dict())
    spoilt = spoil(_chain(recipe), images, replayed)
    assert float(judge(spoilt, ROWS).harm.mean()) == pytest.approx(found.harm, rel=1e-5)


@pytest.mark.parametrize("task", [task for task in TASKS if task not in STEPWISE])
def test_the_gradient_agrees_with_differences(images: Tensor, task: Task) -> None:
    recipe = replace(RECIPES["fog"], ranges={task: replace(RECIPES["fog"].ranges[Task.HAZE], low=0.2)})
    chain = _chain(recipe)
    judge = Strangeness(images)
    start = chain.sample(1, torch.Generator().manual_seed(1))
    point = _point(start)
    k = TASKS.index(task)
    _, slopes = _gradient(judge, chain, images, ROWS, start, point)  # type: ignore[arg-type]
    ends = []
    for shift in (-0.03, 0.03):
        severity = start.severity.clone()
        severity[0, k] += shift
        ends.append(_harm(judge, chain, images, ROWS, _params(start, {**point, (None, "severity"): severity})))  # type: ignore[arg-type]
    assert float(slopes[None, "severity"][0, k]) == pytest.approx((ends[1] - ends[0]) / 0.06, rel=0.1)


def test_flaws_that_did_not_strike_stay_away(images: Tensor) -> None:
    start = RECIPES["shaky_hand"].sample(0)
    calm = start.at(start.severity * torch.tensor([[task is Task.BLUR for task in TASKS]]))
    low, high = _bounds(calm, RECIPES["shaky_hand"])
    assert (Task.NOISE, "signal") not in low
    key = (None, "severity")
    assert float(high[key][0, TASKS.index(Task.NOISE)]) == 0.0 == float(low[key][0, TASKS.index(Task.NOISE)])
    assert float(high[key][0, TASKS.index(Task.BLUR)]) == pytest.approx(0.8)


def test_a_judge_without_gradient_is_refused(images: Tensor) -> None:
    class Blind:
        def __call__(self, images: Tensor, rows: Tensor) -> "Blind":
            self.harm = torch.ones(len(rows))
            return self

    with pytest.raises(ValueError, match="no gradient; search at random"):
        search(Blind(), images, RECIPES["night"])
    with pytest.raises(ValueError, match="evaluations: must be at least 1, got 0"):
        search(Blind(), images, RECIPES["night"], evaluations=0)
