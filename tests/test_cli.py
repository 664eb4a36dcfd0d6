"""The command line as a user meets it: real files, real exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controllable.cli import main
from controllable.task import TASKS
from tests.photo import draw_photo, draw_portrait


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    draw_photo(320, 240).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    try:
        status = main([str(word) for word in words])
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    return status, out, err


def test_enhance_writes_the_picture_and_says_what_it_did(capsys: pytest.CaptureFixture[str], photo_file: Path) -> None:
    out = photo_file.with_name("out.png")
    status, text, _ = run(
        capsys, "enhance", photo_file, out, "-p", "remove the noise and make it twice as big", "--json"
    )
    values = json.loads(text)
    assert status == 0 and Image.open(out).size == (640, 480)
    assert values["instruction"]["scale"] == 2 and set(values["instruction"]["tasks"]) == {"noise", "resolution"}
    assert set(values["quality_before"]["severity"]) == set(TASKS) and values["applied"]["resolution"] == 1.0


def test_enhance_options_override_the_words(capsys: pytest.CaptureFixture[str], photo_file: Path) -> None:
    mask = np.zeros((240, 320), np.uint8)
    mask[50:100, 60:160] = 255
    Image.fromarray(mask).save(photo_file.with_name("mask.png"))
    out = photo_file.with_name("out.png")
    words = ("-p", "remove all of the haze", "--mask", photo_file.with_name("mask.png"), "--force", "--strength", 0.7)
    status, text, _ = run(capsys, "enhance", photo_file, out, *words, "--fidelity", 0.5, "--json")
    before, after = np.asarray(Image.open(photo_file)), np.asarray(Image.open(out))
    assert status == 0 and np.array_equal(before[mask == 0], after[mask == 0])
    assert json.loads(text)["applied"]["haze"] == pytest.approx(0.7) and (before != after).any()


def test_enhance_reports_faces_unless_the_guard_is_off(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    draw_portrait(160, 160).save(tmp_path / "face.png")
    words = ("enhance", tmp_path / "face.png", tmp_path / "out.png", "-p", "denoise", "--force", "--json")
    (face,) = json.loads(run(capsys, *words)[1])["identity"]
    assert face["after"] >= face["before"] and face["done"] in ("left", "faithful", "reduced")
    assert "identity" not in json.loads(run(capsys, *words, "--no-guard")[1])


def test_understand_takes_many_prompts_one_json_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    status, text, _ = run(capsys, "understand", "remove the noise", "去雾", "--json")
    first, second = (json.loads(line) for line in text.splitlines())
    assert status == 0 and set(first["tasks"]) == {"noise"} and set(second["tasks"]) == {"haze"}


def test_assess_reports_every_task_and_a_score(capsys: pytest.CaptureFixture[str], photo_file: Path) -> None:
    values = json.loads(run(capsys, "assess", photo_file, "--json")[1])
    assert set(values["severity"]) == set(TASKS) and 0 <= values["score"] <= 100


def test_degrade_replays_from_its_own_json(capsys: pytest.CaptureFixture[str], photo_file: Path) -> None:
    one, two, three = (photo_file.with_name(f"{n}.png") for n in ("one", "two", "three"))
    words = ("--noise", 0.4, "--blur", 0.3, "--low-light", 0.2, "--seed", 7, "--json")
    status, text, _ = run(capsys, "degrade", photo_file, one, *words)
    photo_file.with_name("params.json").write_text(text)
    assert status == 0 and set(json.loads(text)["params"]["severity"]) == {"noise", "blur", "low_light"}
    assert run(capsys, "degrade", photo_file, two, "--params", photo_file.with_name("params.json"))[0] == 0
    assert run(capsys, "degrade", photo_file, three, "--recipe", "old_phone", "--seed", 3)[0] == 0
    assert one.read_bytes() == two.read_bytes() != three.read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("enhance", "missing.png", "out.png", "-p", "denoise"), "cannot read missing.png"),
        (("enhance", "empty.png", "out.png", "-p", "denoise"), "0 bytes"),
        (("enhance", "text.png", "out.png", "-p", "denoise"), "not a picture"),
        (("enhance", "in.png", "out.xyz", "-p", "denoise"), "must end in"),
        (("enhance", "in.png", "no/out.png", "-p", "denoise"), "does not exist"),
        (("enhance", "in.png", "out.png", "-p", ""), "prompt"),
        (("enhance", "in.png", "out.png", "-p", "x" * 10_000), "prompt"),
        (("enhance", "in.png", "out.png", "-p", "add a hat to the man"), ""),
        (("enhance", "in.png", "out.png", "-p", "denoise", "--strength", "7"), "strength"),
        (("enhance", "in.png", "out.png", "-p", "denoise", "--mask", "small.png"), "mask"),
        (("enhance", "in.png", "out.png", "-p", "denoise", "--models", "nowhere"), "models"),
        (("degrade", "in.png", "out.png", "--noise", "3"), "noise"),
        (("degrade", "in.png", "out.png", "--recipe", "nonsense"), "recipe"),
        (("degrade", "in.png", "out.png", "--params", "text.png"), "not JSON"),
        (("assess", "text.png"), "not a picture"),
    ],
)
def test_bad_input_is_one_line_a_status_and_no_file(
    capsys: pytest.CaptureFixture[str], photo_file: Path, monkeypatch: pytest.MonkeyPatch, words: tuple, sentence: str
) -> None:
    monkeypatch.chdir(photo_file.parent)
    Path("empty.png").write_bytes(b"")
    Path("text.png").write_text("hello")
    Image.new("L", (9, 9)).save("small.png")
    before = set(Path().iterdir())
    status, out, err = run(capsys, *words)
    assert status == 2 and out == "" and len(err.strip().splitlines()) == 1 and sentence in err
    assert set(Path().iterdir()) == before
