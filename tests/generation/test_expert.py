import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from controllable import Enhancer, Instruction, Task
from controllable.cli import main
from controllable.generation import painting
from controllable.generation.expert import experts, find_expert
from controllable.image.tile import tiles
from controllable.networks.expert import Expert

FINE = 3.0 / 255.0
"""bfloat16, and two roundings to 8 bits."""


def make_expert(folder: Path, task: Task, scale: int) -> Expert:
    """An expert that changes something: its last layer is random, not 0."""
    torch.manual_seed(scale)
    expert = Expert(backbone="resnet", scale=scale, width=8, blocks=1, tasks=[task], title="Trial")
    last = [module for module in expert.modules() if isinstance(module, nn.Conv2d)][-1]
    nn.init.normal_(last.weight, std=0.02)
    expert.save_pretrained(folder)
    return expert.eval()


@pytest.fixture(scope="module")
def enlarging(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Expert]:
    folder = tmp_path_factory.mktemp("enlarging")
    return folder, make_expert(folder, Task.RESOLUTION, 2)


@pytest.fixture(scope="module")
def small(photo: Image.Image) -> Tensor:
    pixels = torch.frombuffer(bytearray(photo.resize((96, 80)).tobytes()), dtype=torch.uint8)
    return pixels.view(1, 80, 96, 3).permute(0, 3, 1, 2) / 255.0


TWICE = Instruction(tasks={Task.RESOLUTION: 1.0}, scale=2)


def enlarged(enhancer: Enhancer, image: Tensor, **named: object) -> Tensor:
    result: Tensor = enhancer.enhance(image, TWICE, force=True, guard=False, **named).image  # type: ignore[arg-type]
    return result


def test_an_expert_sees_the_small_photo_itself(
    enhancer: Enhancer, enlarging: tuple[Path, Expert], small: Tensor
) -> None:
    folder, expert = enlarging
    with torch.inference_mode():
        wanted = expert(small).clamp(0.0, 1.0)
    made = enlarged(enhancer, small, model=str(folder))
    assert (made - wanted).abs().max() < FINE
    assert (made - enlarged(enhancer, small)).abs().max() > 4 * FINE  # not what the generator makes


def test_half_strength_is_half_way(enhancer: Enhancer, enlarging: tuple[Path, Expert], small: Tensor) -> None:
    folder = str(enlarging[0])
    none, half, all_ = (enlarged(enhancer, small, model=folder, strength=r) for r in (0.0, 0.5, 1.0))
    assert (half - 0.5 * (none + all_)).abs().max() < FINE


def test_tiles_of_an_expert_leave_no_seam(enhancer: Enhancer, enlarging: tuple[Path, Expert], small: Tensor) -> None:
    folder = str(enlarging[0])
    with patch.object(painting, "tiles", lambda *size, **named: tiles(*size, **named, tile_px=64)):
        tiled = enlarged(enhancer, small, model=folder, fidelity=0.98)
    whole = enlarged(enhancer, small, model=folder, fidelity=0.99)  # another fidelity: nothing is remembered of it
    assert (tiled - whole).abs().max() < FINE


def test_what_the_expert_was_not_trained_on_is_left_to_the_generator(
    enhancer: Enhancer, enlarging: tuple[Path, Expert], small: Tensor
) -> None:
    noisy = (small + 0.1 * torch.randn(small.shape, generator=torch.Generator().manual_seed(0))).clamp(0.0, 1.0)
    wish = Instruction(tasks={Task.NOISE: 1.0})
    alone = enhancer.enhance(noisy, wish, force=True).image
    assert torch.equal(alone, enhancer.enhance(noisy, wish, force=True, model=str(enlarging[0])).image)


def test_an_expert_of_the_same_size_does_its_task(enhancer: Enhancer, tmp_path: Path, small: Tensor) -> None:
    expert = make_expert(tmp_path, Task.BLUR, 1)
    with torch.inference_mode():
        wanted = expert(small).clamp(0.0, 1.0)
    made = enhancer.enhance(small, Instruction(tasks={Task.BLUR: 1.0}), force=True, guard=False, model=str(tmp_path))
    assert (made.image - wanted).abs().max() < FINE


def test_an_expert_of_the_same_name_elsewhere_or_trained_anew_is_another(
    enhancer: Enhancer, tmp_path: Path, small: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish, made = Instruction(tasks={Task.BLUR: 1.0}), []
    for place, scale in (("here", 1), ("there", 1), ("there", 2)):
        folder = tmp_path / place / "runs" / "same" / "weights"
        make_expert(folder, Task.BLUR, scale if scale == 1 and place == "here" else 2)
        monkeypatch.chdir(tmp_path / place)
        os.utime(folder / "model.safetensors", ns=(scale, scale))
        made.append(enhancer.team("same").expert)
        assert enhancer.team("same").expert is made[-1]
        enhancer.enhance(small, wish, force=True, guard=False, model="same")
    assert len({id(expert) for expert in made}) == 3


def test_experts_are_found_by_name_in_models_and_runs(enlarging: tuple[Path, Expert], tmp_path: Path) -> None:
    models, runs = tmp_path / "models", tmp_path / "runs"
    make_expert(models / "sharp", Task.BLUR, 1)
    make_expert(runs / "esrgan" / "weights", Task.RESOLUTION, 4)
    (models / "generator").mkdir()
    (models / "generator" / "config.json").write_text('{"widths": [32, 64, 128]}')
    (models / "broken").mkdir()
    (models / "broken" / "config.json").write_text("{")
    assert experts(models, runs) == {"sharp": models / "sharp", "esrgan": runs / "esrgan" / "weights"}
    assert find_expert("esrgan", models, runs) == runs / "esrgan" / "weights"
    assert find_expert(str(enlarging[0]), models, runs) == enlarging[0]
    with pytest.raises(ValueError, match="model: 'gan' is not known: one of esrgan, sharp, or a folder"):
        find_expert("gan", models, runs)


def test_the_command_line_takes_an_expert(
    enlarging: tuple[Path, Expert], photo: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, out = tmp_path / "small.png", tmp_path / "large.png"
    photo.resize((64, 48)).save(given)
    order = ["enhance", str(given), str(out), "-p", "make it twice as big", "--force", "--json"]
    assert main([*order, "--model", str(enlarging[0])]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == [128, 96]
    assert main([*order, "--model", "nobody"]) == 2
    assert "model: 'nobody' is not known" in capsys.readouterr().err
