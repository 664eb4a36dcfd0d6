from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from controllable.color import luma
from controllable.degradation.exposure import Exposure
from controllable.degradation.lens import convolve
from controllable.task import jpeg_quality
from controllable.training.photos import kept_aside
from controllable.training.recipes import degradation_gan
from controllable.training.recipes.degradation_gan import (
    DegradationSettings,
    content_lost,
    energy_distance,
    kernel_distance,
    kernel_error,
    measure,
    noise_error,
)
from controllable.training.recipes.real import KEPT_ONE_IN, RealPhotos, record
from tests.photo import draw_photo, photo_tensor
from tests.training.recipes.photos import assert_it_resumes

QUALITY = 55


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small JPEGs, one of them without colours, and others that are kept aside."""
    folder = tmp_path_factory.mktemp("real")
    names = [f"{k}.jpg" for k in range(60)]
    used = [name for name in names if not kept_aside(name, KEPT_ONE_IN)][:3]
    aside = [name for name in names if kept_aside(name, KEPT_ONE_IN)][:2]
    for k, name in enumerate([*used, *aside]):
        photo = draw_photo(200 + 16 * k, 150, seed=k)
        (photo.convert("L") if k == 0 else photo).save(folder / name, quality=QUALITY)
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    names = [f"{k}.png" for k in range(40)]
    used = [name for name in names if not kept_aside(name, degradation_gan.CLEAN_KEPT_ONE_IN)][:3]
    aside = [name for name in names if kept_aside(name, degradation_gan.CLEAN_KEPT_ONE_IN)][:2]
    for k, name in enumerate([*used, *aside]):
        draw_photo(240, 200, seed=10 + k).save(folder / name)
    return folder


@pytest.fixture
def tiny(real: Path, monkeypatch: pytest.MonkeyPatch) -> DegradationSettings:
    monkeypatch.setattr(degradation_gan, "JUDGED", 16)
    monkeypatch.setattr(degradation_gan, "MEASURED", 16)
    return DegradationSettings(
        bad=str(real), width=4, blocks=1, critic_width=4, batch=2, steps=6, every=3, precision="fp32"
    )


def test_files_tell_how_they_are_stored(tmp_path: Path) -> None:
    for quality in (30, 55, 90):
        for sampling in (0, 2):
            path = tmp_path / f"{quality}-{sampling}.jpg"
            draw_photo().save(path, quality=quality, subsampling=sampling)
            severity, halved, film = record(path, _pixels(path))[:3].tolist()
            assert abs(jpeg_quality(severity) - quality) <= 1 and halved == float(sampling == 2) and film == 0.0
    path = tmp_path / "lossless.png"
    draw_photo().save(path)
    assert record(path, _pixels(path))[:3].tolist() == [0.0, 0.0, 0.0]


def test_a_monochrome_photo_is_known_by_its_tint(tmp_path: Path) -> None:
    grey = np.asarray(draw_photo().convert("L"), dtype=float)
    path = tmp_path / "sepia.jpg"
    sepia = np.stack([grey + 1.402 * 12, grey - 0.344136 * -20 - 0.714136 * 12, grey + 1.772 * -20], -1)
    Image.fromarray(sepia.clip(0, 255).round().astype(np.uint8)).save(path, quality=92)
    found = record(path, _pixels(path))
    at_grey = torch.tensor([1.0, 0.5, 0.25])
    assert float(found[2]) == 1.0
    assert float(found[3:6] @ at_grey) == pytest.approx(-20 / 255, abs=0.01)
    assert float(found[6:9] @ at_grey) == pytest.approx(12 / 255, abs=0.01)


def _pixels(path: Path) -> Tensor:
    return torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).permute(2, 0, 1)


def test_real_crops_are_pixels_as_they_are_on_the_codecs_grid(real: Path) -> None:
    photos = RealPhotos(real, smallest_px=96)
    assert len(photos.images) == 3 and len(RealPhotos(real, smallest_px=96, kept=True).images) == 2
    crops, picks = photos.sample(12, 96, torch.Generator().manual_seed(0))
    for crop, pick in zip((crops * 255.0).round().to(torch.uint8), picks.tolist(), strict=True):
        image = photos.images[pick]
        places = [(y, x) for y in range(0, image.shape[1] - 95, 16) for x in range(0, image.shape[2] - 95, 16)]
        found = [image[:, y : y + 96, x : x + 96] for y, x in places]
        assert any(torch.equal(crop, cut) or torch.equal(crop.flip(-1), cut) for cut in found)


def test_an_untrained_frame_keeps_scene_noise_and_kernel(clean: Path, tiny: DegradationSettings) -> None:
    recipe = degradation_gan.build(tiny, clean)
    batch = next(recipe.batches(0))
    with torch.no_grad():
        exposure, made = recipe.made(recipe.network, batch)  # type: ignore[arg-type]
    assert torch.allclose(noise_error(exposure), torch.zeros(2), atol=1e-3)
    assert bool((content_lost(batch.clean, exposure.image) < 0.1).all())
    assert torch.equal(made * 255.0, (made * 255.0).round())
    silent = replace(exposure, image=exposure.blurred + exposure.noise)
    assert torch.allclose(kernel_error(batch.clean, silent), torch.zeros(2), atol=1e-6)


def test_more_blur_or_less_noise_than_asked_for_is_noticed() -> None:
    clean = photo_tensor()[..., 96:192, 96:192]
    narrow, wide = (_gaussian(sigma) for sigma in (0.8, 1.6))
    blurred, noise = (
        convolve(clean, narrow),
        0.05 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0)),
    )
    asked = Exposure(blurred=blurred, noise=noise, image=blurred + noise, kernel=narrow)
    softer = replace(asked, image=convolve(clean, wide) + noise)
    assert float(kernel_error(clean, asked)) == pytest.approx(0.0, abs=1e-6)
    halfway = replace(asked, image=0.5 * (asked.image + softer.image))
    assert float(kernel_error(clean, softer)) > 1.5 * float(kernel_error(clean, halfway)) > 0.01
    quieter = replace(asked, image=blurred + 0.5 * noise)
    assert float(noise_error(quieter)) == pytest.approx(np.log(2.0), abs=0.05) and float(noise_error(asked)) == 0.0


def _gaussian(sigma: float) -> Tensor:
    axis = torch.arange(-13, 14).float()
    line = torch.exp(-0.5 * (axis / sigma) ** 2)
    kernel = line[:, None] * line
    return (kernel / kernel.sum())[None]


def test_contrast_may_change_and_the_scene_may_not() -> None:
    clean = photo_tensor()[..., 96:192, 96:192]
    assert float(content_lost(clean, 0.2 + 0.5 * clean)) < 1e-3
    assert float(content_lost(clean, clean.flip(-1))) > 0.3
    assert float(content_lost(clean, luma(clean).expand(-1, 3, -1, -1))) < 1e-5


def test_energy_distance_asks_for_the_same_spread_not_only_the_same_mean() -> None:
    generator = torch.Generator().manual_seed(0)
    draw = lambda deviation: deviation * torch.randn(400, 3, generator=generator)  # noqa: E731
    real = draw(1.0)
    same = [float(energy_distance(draw(1.0), real)) for _ in range(10)]
    assert abs(float(np.mean(same))) < 0.01
    assert float(energy_distance(draw(0.3), real)) > 5.0 * max(same) and float(energy_distance(draw(2.0), real)) > max(
        same
    )
    assert float(energy_distance(draw(1.0) + 0.5, real)) > 5.0 * max(same)


def test_what_is_measured_of_a_picture_tells_blur_from_noise() -> None:
    clean = photo_tensor()[..., 96:192, 96:192]
    noisy = clean + 0.03 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    soft = convolve(clean, _gaussian(1.5))
    was, louder, softer = (measure(image)[0] for image in (clean, noisy, soft))
    assert bool((softer[2:-2] < was[2:-2]).all()) and bool((louder[4:] > was[4:]).all())


def test_distance_of_features_is_unbiased_and_grows() -> None:
    generator = torch.Generator().manual_seed(0)
    draw = lambda shift: torch.randn(300, 20, generator=generator) + shift  # noqa: E731
    real = draw(0.0)
    same = [kernel_distance(draw(0.0), real) for _ in range(20)]
    assert abs(float(np.mean(same))) < 2.0 * float(np.std(same)) and min(same) < 0.0
    near, far = kernel_distance(draw(0.3), real), kernel_distance(draw(0.6), real)
    assert max(same) < near < far


def test_the_discriminator_reaches_how_often_and_how_bad(clean: Path, tiny: DegradationSettings) -> None:
    """Not only the network for the rest: severities and kernels learn through the operators."""
    recipe = degradation_gan.build(tiny, clean)
    batch = next(recipe.batches(0))
    _, made = recipe.made(recipe.network, batch)  # type: ignore[arg-type]
    recipe.adversary.judge(batch.real, made).backward()
    for part in ("prior.2.weight", "lens.2.weight", "sensor.2.weight", "processing.tail.0.weight"):
        gradient = recipe.network.get_parameter(part).grad
        assert gradient is not None and float(gradient.abs().sum()) > 0.0, part


def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(
    clean: Path, tiny: DegradationSettings, tmp_path: Path
) -> None:
    def build() -> Any:
        torch.manual_seed(0)
        return degradation_gan.build(tiny, clean)

    assert_it_resumes(build, tmp_path)


def test_settings_without_real_photos_or_with_partners_are_refused(tiny: DegradationSettings) -> None:
    with pytest.raises(ValueError, match="bad: name a folder"):
        replace(tiny, bad="")
    for wrong in ({"pixel": 1.0}, {"warmup": 0.5, "pixel": 1.0}, {"scale": 2}, {"adversary": 0.0, "pixel": 1.0}):
        with pytest.raises(ValueError, match="photos without a partner keep their size"):
            replace(tiny, **wrong)
