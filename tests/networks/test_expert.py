"""Experts: what is saved is what is read, and what a card says."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from controllable.image.resize import resize
from controllable.networks.expert import Expert
from controllable.task import Task

CONFIG: dict[str, Any] = {
    "backbone": "resnet", "scale": 2, "width": 8, "blocks": 1, "tasks": ["resolution", "low_light"], "title": "Twice",
}  # fmt: skip


def awake() -> Expert:
    torch.manual_seed(0)
    expert = Expert(**CONFIG)
    with torch.no_grad():
        for parameter in expert.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return expert


def test_a_saved_expert_is_read_as_it_was(tmp_path: Path) -> None:
    expert, image = awake(), torch.rand(1, 3, 9, 7)
    expert.save_pretrained(tmp_path)
    again = Expert.from_pretrained(tmp_path)
    assert torch.equal(again(image), expert(image)) and again(image).shape == (1, 3, 18, 14)
    assert json.loads((tmp_path / "config.json").read_text()) == CONFIG
    assert again.tasks == (Task.RESOLUTION, Task.LOW_LIGHT) and again.title == "Twice" and not again.training
    copied = copy.deepcopy(expert)
    copied.save_pretrained(tmp_path / "copy")
    assert json.loads((tmp_path / "copy/config.json").read_text()) == CONFIG


def test_weights_saved_in_half_precision_work_in_full_again(tmp_path: Path) -> None:
    expert, image = awake(), torch.rand(1, 3, 9, 7)
    copy.deepcopy(expert).half().save_pretrained(tmp_path)
    again = Expert.from_pretrained(tmp_path).float()
    assert torch.allclose(again(image), expert(image), atol=1e-2)


def test_an_untrained_expert_enlarges() -> None:
    image = torch.rand(1, 3, 8, 8)
    assert torch.equal(Expert(**CONFIG)(image), resize(image, (16, 16)))


def test_the_card_says_what_it_is_for_and_how_it_was_trained(tmp_path: Path) -> None:
    awake().save_pretrained(tmp_path, model_card_kwargs={"training": "200 steps on drawn photos."})
    card = (tmp_path / "README.md").read_text()
    assert "# Twice" in card and "2 times as large, without its resolution, low light" in card
    assert "`resnet` of width 8 with\n1 block" in card and "(B, 3, 2·H, 2·W)" in card
    assert "- **Training**: 200 steps on drawn photos." in card and "library_name: controllable" in card
    assert "license" not in card
    awake().save_pretrained(tmp_path / "plain")
    assert "Training" not in (tmp_path / "plain/README.md").read_text()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tasks": ["dust"]}, "tasks: 'dust' is not one of noise, blur, compression"),
        ({"tasks": []}, "tasks: name at least one of noise, blur"),
        ({"title": " "}, "title: must not be empty"),
        ({"backbone": "vgg"}, "backbone: 'vgg' is not one of"),
    ],
)
def test_senseless_experts_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Expert(**(CONFIG | changed))
