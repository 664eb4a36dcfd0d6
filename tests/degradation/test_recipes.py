"""Named recipes: replayable, within their ranges, and each visibly different from the clean photo."""

import pytest
import torch

from controllable.degradation.chain import SeverityRange
from controllable.degradation.recipes import RECIPES, Recipe, find_recipe
from controllable.task import TASKS, Task

NAMES = sorted(RECIPES)


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_replay_equal_parameters_and_pixels(name: str) -> None:
    recipe = find_recipe(name)
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    first, second = recipe.sample(7), recipe.sample(7)
    assert first.to_dict() == second.to_dict()
    assert torch.equal(recipe.chain().apply(image, first), recipe.chain().apply(image, second))


@pytest.mark.parametrize("name", NAMES)
def test_severities_stay_within_the_ranges_of_the_recipe(name: str) -> None:
    recipe = RECIPES[name]
    severity = recipe.sample(3, batch=200).severity
    for column, task in enumerate(TASKS):
        values = severity[:, column]
        if task not in recipe.ranges:
            assert not values.any()
            continue
        spec = recipe.ranges[task]
        struck = values[values > 0]
        assert len(struck), task
        assert float(struck.min()) >= spec.low - 1e-6
        assert float(struck.max()) <= spec.high + 1e-6
        if spec.probability == 1.0:
            assert len(struck) == 200


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_changes_the_photo_whatever_the_seed(name: str) -> None:
    recipe = RECIPES[name]
    image = torch.rand(4, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    degraded = recipe.chain().apply(image, recipe.sample(11, batch=4))
    assert bool(((degraded - image).abs().amax((1, 2, 3)) > 0.02).all())


def test_different_seeds_give_different_photos() -> None:
    recipe = RECIPES["old_phone"]
    assert recipe.sample(1).to_dict() != recipe.sample(2).to_dict()


def test_the_messaging_app_compresses_twice_more_often_than_not() -> None:
    again = RECIPES["messaging_app"].sample(5, batch=200).again
    assert again is not None
    assert 100 < int((again.severity[:, TASKS.index(Task.COMPRESSION)] > 0).sum()) < 180


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"recipe: 'polaroid' is not one of old_phone, messaging_app"):
        find_recipe("polaroid")


def test_recipes_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        RECIPES["fog"].ranges[Task.HAZE] = SeverityRange()  # type: ignore[index]
    with pytest.raises(ValueError, match="degrades nothing"):
        Recipe(name="none", title="", story="", ranges={})
