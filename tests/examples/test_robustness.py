"""The robustness example as its users start it, and what its tables and pictures say."""

import json
from pathlib import Path

import pytest
import torch
import torchvision
from PIL import Image
from torch import Tensor

from controllable import cli
from controllable.task import TASKS, Task
from examples.robustness import main
from examples.robustness_report import SEVERITIES, Subjects, accuracies
from examples.robustness_search import Verdict
from tests.photo import draw_photo

SMALL = ("--size", "32", "--crops", "2", "--steps", "2", "--evaluations", "5")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for k in range(3):
        draw_photo(190, 130, k).save(folder / f"{k}.png")
    return folder


def test_a_folder_of_photos_gives_both_tables_the_gain_and_the_worst_cases(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(photos), "--out", str(tmp_path / "out"), *SMALL]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Task: which of 3 photos")
    for title in ("in %, trained clean", "in %, trained with flaws", "### Gain at severity 0.5", "### Worst case"):
        assert title in said
    assert said.count("| noise |") == 3
    for name in ("trained_clean", "trained_with_flaws"):
        with Image.open(tmp_path / "out" / f"worst_{name}.png") as sheet:
            assert sheet.width > sheet.height * 0.5
        for kind in ("random", "gradient"):
            assert (tmp_path / "out" / f"worst_{name}_{kind}.json").exists()


def test_the_same_seed_gives_the_same_report(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert main(["--data", str(photos), "--out", str(tmp_path), "--seed", "4", *SMALL]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_the_command_line_replays_a_worst_case(photos: Path, tmp_path: Path) -> None:
    assert main(["--data", str(photos), "--out", str(tmp_path), *SMALL]) == 0
    found = tmp_path / "worst_trained_clean_gradient.json"
    asked = [str(photos / "0.png"), str(tmp_path / "worse.png"), "--params", str(found)]
    assert cli.main(["degrade", *asked]) == 0
    assert json.loads(found.read_text())["recipe"] == "old_phone"


def test_class_folders_become_the_labels(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("left", "right"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for k in range(2):
            draw_photo(60, 50, k).save(tmp_path / "data" / name / f"{k}.png")
    assert main(["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), *SMALL]) == 0
    assert "2 classes, one a folder; 2 photos to test on" in capsys.readouterr().out


def test_a_given_classifier_without_labels_is_held_to_its_own_clean_answers(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = torchvision.models.squeezenet1_1(num_classes=4)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    name = f"torchvision:squeezenet1_1:{tmp_path / 'weights.pth'}"
    asked = ["--data", str(photos), "--model", name, "--size", "64", "--evaluations", "4", "--out", str(tmp_path)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "say of 3 flawed photos what is said of the clean ones" in said
    assert "| mean | 100.0 |" in said


def test_a_transformers_classifier_is_trained_both_ways(
    photos: Path, vit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(photos), "--model", str(vit), "--out", str(tmp_path), *SMALL]) == 0
    assert "### Gain at severity 0.5" in capsys.readouterr().out
    assert len(list(tmp_path.glob("worst_trained_*.json"))) == 4


def test_a_single_photo_is_enough_for_a_trained_model(
    vit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_photo(60, 50).save(tmp_path / "photo.png")
    asked = ["--data", str(tmp_path), "--model", str(vit), "--evaluations", "2", "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    assert "1 pictures searched on, 0 others" in capsys.readouterr().out


def test_a_detector_is_searched_at_random_and_starts_at_100_percent(
    photos: Path, yolos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data", str(photos), "--detector", str(yolos), "--size", "48", "--threshold", "0.2"]
    assert main([*asked, "--evaluations", "3", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Task: find again what is found in the clean photo; 3 of 3 hold something")
    assert "### Found again in %, as given" in said and "| mean | 100.0 |" in said
    assert [path.name for path in tmp_path.glob("*.json")] == ["worst_as_given_random.json"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["--model", "torchvision:nonesuch"], "model: torchvision has no classifier 'nonesuch'"),
        (["--model", "no/such-model"], "model: 'no/such-model' is no classifier that transformers can load"),
        (["--detector", "torchvision:nonesuch"], "detector: torchvision has no detector 'nonesuch'"),
        (["--detector", "no/such-model"], "detector: 'no/such-model' is no detector that transformers can load"),
        (["--recipe", "nonesuch"], "recipe: 'nonesuch' is not one of"),
        ([], "data: needs at least two photos of 352 px or more"),
        (["--evaluations", "-1"], "evaluations: must be at least 0, got -1"),
        (["--steps", "5", "--detector", "x"], "steps: detectors are measured as they are"),
        (["--steps", "0"], "steps: the small network knows nothing"),
        (["--task", "classes"], "data: needs two or more class folders"),
    ],
)
def test_bad_input_gives_one_sentence_and_status_2(
    photos: Path, capsys: pytest.CaptureFixture[str], asked: list[str], sentence: str
) -> None:
    assert main(["--data", str(photos), *asked]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.startswith("robustness: ") and error.count("\n") == 1


def test_bad_folders_give_one_sentence_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(folder: Path) -> str:
        assert main(["--data", str(folder)]) == 2
        return capsys.readouterr().err

    assert "is not a folder" in said(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "no photo" in said(tmp_path / "empty")
    for name, count in (("one", 1), ("two", 2)):
        (tmp_path / "classes" / name).mkdir(parents=True)
        for k in range(count):
            draw_photo(60, 50, k).save(tmp_path / "classes" / name / f"{k}.png")
    assert "the class folder 'one' has one photo" in said(tmp_path / "classes")
    (tmp_path / "broken").mkdir()
    for k in range(2):
        (tmp_path / "broken" / f"{k}.png").write_text("no picture")
    assert "is not a readable picture" in said(tmp_path / "broken")


def test_a_score_that_ignores_the_pictures_is_flat_and_one_of_brightness_falls_with_light_alone() -> None:
    def bright(images: Tensor, rows: Tensor) -> Verdict:
        score = images.mean((1, 2, 3))
        return Verdict(score=score, confidence=score, harm=-score, answers=("",) * len(images))

    def always(images: Tensor, rows: Tensor) -> Verdict:
        return Verdict(score=torch.ones(len(rows)), confidence=torch.ones(len(rows)), harm=rows * 0.0, answers=())

    images = torch.full((4, 3, 32, 32), 0.5)
    subjects = Subjects(judges={"a": bright, "b": always}, images=images, rows=torch.arange(4), score="score")
    curves = accuracies(subjects, seed=0)
    assert all(curves["b"][task] == [1.0] * len(SEVERITIES) for task in TASKS)
    dark = curves["a"][Task.LOW_LIGHT]
    assert dark == sorted(dark, reverse=True) and dark[-1] < 0.2
    assert curves["a"][Task.BLUR] == pytest.approx([0.5] * len(SEVERITIES), abs=0.01)
