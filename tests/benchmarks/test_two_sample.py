"""Crops, classifiers and distances on sets of which it is known how far they are apart."""

import pytest
import torch

from benchmarks.crops import CROP_PX, GRID_PX, Photo, Pool, clean_crops, has_colour, middle, real_crops
from benchmarks.two_sample import Sides, frechet, judge_by_features, judge_by_network, verdict
from tests.photo import photo_tensor


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(seed: int, width: int = 160, height: int = 128) -> Photo:
    pixels = (photo_tensor(width, height, seed)[0] * 255.0).round().to(torch.uint8)
    return Photo(name=f"{seed}.jpg", pixels=pixels)


def sides(apart: float, count: int, seed: int) -> Sides:
    """Gaussian features of 20 photos a side, whose means differ."""
    values = torch.randn(2, count, 8, generator=seeded(seed))
    numbers = torch.arange(count) % 20
    return Sides.of((values[0] + apart, numbers), (values[1], numbers))


def test_the_distance_of_gaussians_is_the_one_in_closed_form() -> None:
    a, b = torch.randn(2, 40_000, 3, generator=seeded(0))
    widths = torch.tensor([1.0, 2.0, 0.5])
    expected = 3 * 0.25 + float((1.0 - widths).pow(2).sum())
    assert frechet(a, b * widths + 0.5) == pytest.approx(expected, rel=0.03)
    assert frechet(a, a) == pytest.approx(0.0, abs=1e-6)
    assert frechet(a, b * widths) == pytest.approx(frechet(b * widths, a), rel=1e-6)


def test_the_distance_holds_for_fewer_crops_than_features() -> None:
    a, b = torch.randn(2, 10, 40, generator=seeded(0))
    assert frechet(a, a) == pytest.approx(0.0, abs=1e-4) and frechet(a, b) > 0.0


def test_a_verdict_counts_what_is_right() -> None:
    label = torch.tensor([1.0, 1.0, 0.0, 0.0])
    found = verdict(torch.tensor([2.0, -1.0, -2.0, 1.0]), label)
    assert found.accuracy == 0.5 and found.auc == 0.75
    assert verdict(torch.zeros(4), label).auc == 0.5


def test_features_of_one_kind_are_told_apart_by_chance_alone_and_of_two_kinds_well() -> None:
    alike = judge_by_features(sides(0.0, 400, 0), sides(0.0, 400, 1), seed=0)
    apart = judge_by_features(sides(1.0, 400, 0), sides(1.0, 400, 1), seed=0)
    assert abs(alike.accuracy - 0.5) < 0.07 and abs(alike.auc - 0.5) < 0.07
    assert apart.accuracy > 0.85 and apart.auc > 0.95


def test_the_network_learns_to_see_noise_and_its_seed_repeats_it() -> None:
    pools = []
    for k in range(2):
        real = real_crops([photo(seed) for seed in range(10 * k, 10 * k + 10)], 4, seeded(k))
        noise = 20.0 * torch.randn(real.images.shape, generator=seeded(k))
        noisy = (real.images.float() + noise).clamp(0, 255).to(torch.uint8)
        pools.append(Sides.of((real.images, real.photo), (noisy, real.photo)))
    assert judge_by_network(*pools, steps=100, seed=0, every=25).accuracy > 0.8
    assert judge_by_network(*pools, steps=4, seed=1) == judge_by_network(*pools, steps=4, seed=1)


def test_photos_that_validate_are_not_fitted_and_both_sides_are_as_many() -> None:
    both = Sides.of((torch.rand(30, 2), torch.arange(30) // 3), (torch.rand(50, 2), torch.arange(50) // 5))
    fitting, validating = both.split(seeded(0))
    assert float(both.label.mean()) == 0.5 and not bool((fitting & validating).any())
    assert not set(both.photo[fitting].tolist()) & set(both.photo[validating].tolist())
    assert {float(label) for label in both.label[validating]} == {0.0, 1.0}


def test_real_crops_are_pixels_of_the_photo_on_jpegs_grid_and_none_comes_twice() -> None:
    one = photo(1)
    pool = real_crops([one], 100, seeded(0))
    places = {
        (top, left)
        for crop in pool.images
        for top in range(0, 33, GRID_PX)
        for left in range(0, 65, GRID_PX)
        if torch.equal(crop, one.pixels[:, top : top + CROP_PX, left : left + CROP_PX])
    }
    assert len(pool) == len(places) == 3 * 5


def test_clean_crops_come_in_turns_from_all_photos_in_the_side_asked_for() -> None:
    pool = clean_crops([photo(1), photo(2, 300, 280), photo(3)], 7, 128, seeded(0))
    assert pool.images.shape == (7, 3, 128, 128) and pool.photo.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert pool.images.dtype == torch.uint8
    assert torch.equal(middle(pool.images), pool.images[..., 16:112, 16:112])


def test_grey_and_sepia_have_no_colour_and_luma_takes_it_from_all() -> None:
    coloured = photo(1)
    pool = Pool(images=coloured.pixels[None], photo=torch.zeros(1, dtype=torch.long))
    grey = pool.grey().images[0]
    assert torch.equal(grey[0], grey[1]) and torch.equal(grey[0], grey[2])
    light = grey[0].float() / 255.0
    sepia = (255.0 * torch.stack([light**0.8, light, light**1.4])).round().to(torch.uint8)
    assert has_colour(coloured)
    assert not has_colour(Photo(name="grey", pixels=grey)) and not has_colour(Photo(name="sepia", pixels=sepia))
