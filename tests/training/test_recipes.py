"""Each recipe runs from photos to weights that load, in a few tiny steps."""

import argparse
from pathlib import Path

import pytest
import torch

from controllable import Enhancer
from controllable.degradation import Chain
from controllable.networks.generator import Generator
from controllable.quality.estimator import QualityEstimator
from controllable.region.masks import find_faces
from controllable.task import TASKS, Task
from controllable.training import captions, generator, physics, quality_head, wiener
from controllable.training.counterfactual import PairSettings, draw_severity, draw_strengths, make_pair
from controllable.training.photos import Photos
from tests.photo import draw_photo, draw_portrait


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(60):
        draw_photo(264, 272, seed).save(folder / f"{seed}.png")
    return folder


def arguments(module: object, *words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)  # type: ignore[attr-defined]
    return parser.parse_args([str(word) for word in words])


def test_development_photos_are_not_trained_on(data: Path) -> None:
    training, development = Photos(data), Photos(data, development=True)
    assert len(training) + len(development) == 60 and len(development) >= 1
    assert not any(torch.equal(a, b) for a in training.images for b in development.images)


def test_a_pair_undoes_only_what_is_named_and_zero_strength_targets_the_input(data: Path) -> None:
    photos = Photos(data)
    settings = PairSettings(batch=6, patch_px=32)
    pair = make_pair(photos, Chain(), settings, torch.Generator().manual_seed(0))
    assert pair.degraded.shape == pair.target.shape == (6, 3, 32, 32) and pair.thumbnail.shape == (6, 3, 64, 64)
    unchanged = [torch.equal(a, b) for a, b in zip(pair.degraded, pair.target, strict=True)]
    assert not all(unchanged)
    again = make_pair(photos, Chain(), settings, torch.Generator().manual_seed(0))
    assert torch.equal(pair.image, again.image) and torch.equal(pair.target, again.target)


def test_close_crops_show_a_face_that_fills_its_share_of_them(tmp_path: Path) -> None:
    for seed in range(4):
        draw_portrait(500, 400, seed).save(tmp_path / f"face {seed}.png")
        draw_photo(264, 272, seed).save(tmp_path / f"scene {seed}.png")
    photos = Photos(tmp_path)
    assert {face.photo for face in photos.faces} == {0, 1, 2, 3}
    close = torch.tensor([True, False] * 8)
    crops = photos.sample(16, 96, torch.Generator().manual_seed(0), close=close).crops[:, 0]
    faces = [find_faces((crop.permute(1, 2, 0) * 255).byte().numpy(), step=1.05) for crop in crops]
    shares = [found[0][2] / 96 for found, wanted in zip(faces, close, strict=True) if found and wanted]
    assert len(shares) >= 7 and all(0.25 < share < 0.65 for share in shares)


def test_close_crops_have_the_face_where_it_is_wanted(tmp_path: Path) -> None:
    draw_portrait(500, 400, share=0.3).save(tmp_path / "face.png")
    draw_portrait(500, 400, 1, share=0.3).save(tmp_path / "other.png")
    close = torch.ones(8, dtype=torch.bool)
    crops = Photos(tmp_path).sample(8, 96, torch.Generator().manual_seed(0), close=close, focus=(0.55, 0.35)).crops
    for crop in crops[:, 0]:
        x, y, width, height = find_faces((crop.permute(1, 2, 0) * 255).byte().numpy(), step=1.05)[0]
        assert abs((x + width / 2) / 96 - 0.35) < 0.1 and abs((y + height / 2) / 96 - 0.55) < 0.1


def test_photos_without_faces_still_make_pairs(data: Path) -> None:
    settings = PairSettings(batch=4, patch_px=32, faces=1.0)
    assert make_pair(Photos(data), Chain(), settings, torch.Generator().manual_seed(0)).degraded.shape == (4, 3, 32, 32)
    with pytest.raises(ValueError, match=r"faces: 1.5 is outside \[0, 1\]"):
        PairSettings(faces=1.5)


def test_faces_lose_resolution_and_detail_more_often() -> None:
    settings = PairSettings(batch=6000)
    close = torch.arange(settings.batch) < settings.batch // 2
    severity, _ = draw_severity(settings, torch.Generator().manual_seed(0), close)
    for task in (Task.RESOLUTION, Task.DETAIL):
        struck = severity[:, TASKS.index(task)] > 0
        assert struck[close].float().mean() > struck[~close].float().mean() + 0.03


def test_wishes_mostly_name_what_is_there_and_sometimes_what_is_not() -> None:
    settings = PairSettings(batch=4000)
    source = torch.Generator().manual_seed(0)
    severity, main = draw_severity(settings, source)
    strengths = draw_strengths(settings, severity, main, source)
    stray = ((strengths > 0) & (severity == 0)).any(1).float().mean()
    assert 0.04 < float(stray) < 0.12
    assert float((strengths > 0).any(1).float().mean()) > 0.95
    assert float((strengths == 1.0).float().sum() / (strengths > 0).float().sum()) > 0.5


def test_generator_physics_and_wiener_train_and_load(data: Path, tmp_path: Path) -> None:
    first = physics.run(arguments(physics, "--data", data, "--out", tmp_path / "g", "--steps", 2, "--batch", 4))
    second = wiener.run(arguments(wiener, "--data", data, "--out", tmp_path / "w", "--steps", 2, "--batch", 2))
    words = ("--data", data, "--out", tmp_path / "u", "--steps", 1, "--batch", 2, "--every", 1, "--device", "cpu")
    parts = ("--physics", first["weights"], "--wiener", second["weights"])
    weights = Path(generator.run(arguments(generator, *words, *parts))["weights"])
    network = Generator.from_pretrained(weights).float()
    image = torch.rand(1, 3, 40, 40)
    assert torch.equal(network(image, torch.zeros(1, len(TASKS))), image)
    assert (weights / "model.safetensors").stat().st_size < 8e6


def test_a_quality_head_trains_on_photos_described_once_and_leaves_the_rest_of_the_folder_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_head, "SHARD", 4)
    monkeypatch.setattr(quality_head, "PHOTO_PX", 128)
    words = ("--data", data, "--clip", "models/clip", "--out", tmp_path, "--shards", 2, "--batch", 4, "--every", 1)
    weights = Path(quality_head.run(arguments(quality_head, *words, "--steps", 1))["weights"])
    assert 0.0 <= QualityEstimator.from_pretrained(weights).assess(torch.rand(1, 3, 150, 130)).score <= 100.0
    for path in Path("models/clip").iterdir():
        if not path.name.startswith("quality_head"):
            assert (weights / path.name).read_bytes() == path.read_bytes()
    first = {path.name: path.read_bytes() for path in (tmp_path / "photos" / "training").iterdir()}
    monkeypatch.setattr(quality_head, "draw", lambda *_: pytest.fail("described again"))
    quality_head.run(arguments(quality_head, *words, "--steps", 2))
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "photos" / "training").iterdir()}


def test_the_same_seed_describes_the_same_photos(data: Path, enhancer: Enhancer) -> None:
    visual, photos = enhancer.estimator.visual, Photos(data)
    one, two = (quality_head.draw(photos, visual, 3, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one.numbers, two.numbers) and torch.equal(one.severity, two.severity)


def test_captions_name_every_flaw_that_is_there_and_none_that_is_not() -> None:
    import random

    severity = torch.zeros(len(TASKS))
    assert captions.caption(severity, random.Random(0)) in captions.CLEAN
    severity[TASKS.index(Task.NOISE)], severity[TASKS.index(Task.HAZE)] = 0.8, 0.5
    for seed in range(30):
        words = captions.caption(severity, random.Random(seed))
        for task in TASKS:
            named = any(word in words for word in (*captions.WORDS[task], *captions.WISHES[task]))
            assert named == (task in (Task.NOISE, Task.HAZE))


def test_a_folder_without_photos_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photo of at least"):
        Photos(tmp_path)
