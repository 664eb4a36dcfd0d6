from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from controllable.training.losses.variation import total_variation
from controllable.training.recipes import cyclegan
from controllable.training.recipes.cyclegan import Cycle, CycleganSettings, Pool
from tests.training.recipes.photos import assert_it_resumes, draw_photos

TINY = CycleganSettings(
    width=8, blocks=1, critic_width=4, batch=2, patch_px=32, steps=6, every=3, pool=3, precision="fp32"
)


class Turned(nn.Module):
    """Upside down: its own inverse."""

    def forward(self, image: Tensor) -> Tensor:
        return image.flip(-2)


def test_generators_that_undo_each_other_lose_nothing_to_the_cycle(photos: Path) -> None:
    recipe = cyclegan.build(TINY, photos)
    batch = next(recipe.batches(0))
    still = replace(batch, spark=torch.zeros_like(batch.spark))
    _, figures = recipe.loss(Cycle(Turned(), Turned()), still)  # type: ignore[arg-type]
    assert float(figures["cycle"]) == 0.0 and float(figures["identity"]) > 0.0
    _, figures = recipe.loss(Cycle(nn.Identity(), nn.Identity()), still)  # type: ignore[arg-type]
    assert float(figures["cycle"]) == float(figures["identity"]) == 0.0


def test_bad_and_clean_pictures_are_of_different_photos(photos: Path) -> None:
    recipe = cyclegan.build(TINY, photos)
    assert not {image.shape for image in recipe.clean.images} & {image.shape for image in recipe.bad.images}


def test_a_pool_gives_back_what_it_was_shown_before() -> None:
    pool, generator = Pool(2), torch.Generator().manual_seed(0)
    pictures = [torch.full((1, 3, 2, 2), float(k)) for k in range(40)]
    shown = [float(pool.swap(picture, generator)[0, 0, 0, 0]) for picture in pictures]
    assert shown[:2] == [0.0, 1.0] and len(pool.kept) == 2
    old = [value for k, value in enumerate(shown) if value < k]
    assert 10 <= len(old) <= 30 and len(set(old)) == len(old)  # half of the time, and each only once
    assert torch.equal(Pool(0).swap(pictures[3], generator), pictures[3])


def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(photos: Path, tmp_path: Path) -> None:
    def build() -> Any:
        torch.manual_seed(0)
        return cyclegan.build(TINY, photos)

    assert_it_resumes(build, tmp_path)


def test_real_bad_photos_can_be_brought(photos: Path, tmp_path: Path) -> None:
    recipe = cyclegan.build(replace(TINY, bad=str(draw_photos(tmp_path))), photos)
    assert len(recipe.clean) == 3 and len(recipe.bad) == 3
    assert recipe.shipped(recipe.network).tasks == ("noise", "compression")
    assert recipe.samples(recipe.network).shape == (32, 3, 192, 192)


def test_total_variation_is_of_what_is_restored(photos: Path) -> None:
    recipe = cyclegan.build(replace(TINY, variation=0.5), photos)
    batch = next(recipe.batches(0))
    _, figures = recipe.loss(Cycle(Turned(), Turned()), batch)  # type: ignore[arg-type]
    assert torch.isclose(torch.as_tensor(figures["variation"]), total_variation(batch.bad.flip(-2)))


def test_settings_that_need_partners_are_refused() -> None:
    for wrong in ({"perceptual": 0.1, "patch_px": 64}, {"warmup": 0.5}, {"scale": 2}, {"adversary": 0.0}):
        with pytest.raises(ValueError, match="pictures without a partner keep their size"):
            replace(TINY, **wrong)
