import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from controllable.cli import main
from controllable.image.resize import resize
from controllable.networks.expert import Expert
from controllable.training.fit import fit
from controllable.training.losses.variation import total_variation
from controllable.training.recipes import denoise, esrgan, srgan
from controllable.training.recipes.denoise import DenoiseSettings
from controllable.training.recipes.srgan import SrganSettings, reduced
from tests.training.recipes.photos import LIMITS, assert_it_resumes

TINY = SrganSettings(
    scale=2, width=8, blocks=1, critic_width=4, batch=2, patch_px=32, steps=6, every=3, perceptual=0.0,
    precision="fp32",
)  # fmt: skip


def test_the_camera_of_super_resolution_halves_each_side_for_each_doubling() -> None:
    clean = torch.rand(2, 3, 64, 96)
    for scale in (2, 4, 8):
        assert reduced(scale)(clean, torch.Generator())[0].shape == (2, 3, 64 // scale, 96 // scale)


def test_critic_and_features_come_in_after_the_warm_up(photos: Path) -> None:
    recipe = srgan.build(replace(TINY, warmup=0.5), photos)
    batches = recipe.batches(2)
    before, after = next(batches), next(batches)
    assert set(recipe.loss(recipe.network, before)[1]) == {"loss", "pixel"}
    assert set(recipe.loss(recipe.network, after)[1]) == {"loss", "pixel", "critic", "adversary"}


def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(photos: Path, tmp_path: Path) -> None:
    def build() -> Any:
        torch.manual_seed(0)
        return srgan.build(replace(TINY, warmup=0.0, spectral=True), photos)

    assert_it_resumes(build, tmp_path)


@pytest.mark.parametrize("build", [srgan.build, esrgan.build])
def test_evaluation_compares_with_the_bicubic_enlargement(photos: Path, build: Callable[..., Any]) -> None:
    recipe = build(replace(TINY, scale=4), photos)
    assert recipe.evaluate(recipe.network)["gain"] == pytest.approx(0.0, abs=1e-4)  # untrained: bicubic itself
    sheet = recipe.samples(recipe.network)
    assert sheet.shape == (24, 3, 192, 192)


def test_features_of_the_own_tower_are_a_choice(photos: Path) -> None:
    recipe = srgan.build(replace(TINY, patch_px=64, perceptual=0.1, warmup=0.0), photos)
    _, figures = recipe.loss(recipe.network, next(recipe.batches(0)))
    assert float(figures["features"].detach()) > 0.0
    assert recipe.evaluate(recipe.network)["score"] < 0.0


def test_total_variation_is_a_choice_and_smoothes(photos: Path, tmp_path: Path) -> None:
    settings = DenoiseSettings(width=8, blocks=1, batch=2, patch_px=32, steps=40, every=40, precision="fp32")
    left = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        recipe = denoise.build(replace(settings, variation=weight), photos)
        best = fit(recipe, replace(LIMITS, steps=40, every=40), tmp_path / str(weight))
        pair = recipe.development
        left.append(float(total_variation(best(pair.seen).detach())))
    assert left[1] < 0.9 * left[0]
    with pytest.raises(ValueError, match="scale: this recipe denoises"):
        replace(settings, scale=2)


def test_the_command_trains_and_leaves_weights_that_load(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    tiny = ["--width", "8", "--blocks", "1", "--batch", "2", "--patch-px", "32", "--perceptual", "0", "--scale", "2"]
    sizes = [*tiny, "--critic-width", "4", "--steps", "4", "--every", "2", "--precision", "fp32"]
    assert main(["train", "esrgan", "--data", str(photos), "--out", str(out), *sizes]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    expert = Expert.from_pretrained(answer["weights"])
    assert (expert.backbone, expert.scale, expert.tasks) == ("rrdb", 2, ("resolution",))
    picture = torch.rand(1, 3, 10, 14)
    assert (expert(picture) - resize(picture, (20, 28))).abs().max() < 0.1
    assert "recipe `esrgan`, 4 steps" in (out / "weights" / "README.md").read_text()
    with Image.open(out / "samples" / "0000004.png") as sheet:
        assert sheet.width > 8 * 192
    assert main(["train", "srgan", "--data", str(photos), "--scale", "1", "--out", str(out)]) == 2
    assert "scale: 1 enlarges nothing" in capsys.readouterr().err
