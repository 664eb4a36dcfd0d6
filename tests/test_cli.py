"""The command line as a user meets it: real files, real exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controllable.cli import main
from controllable.networks.degrader import Degrader
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


def test_a_result_is_replayed_bit_for_bit_and_what_differs_is_said(
    capsys: pytest.CaptureFixture[str], photo_file: Path
) -> None:
    first, again, other = (photo_file.with_name(name) for name in ("first.webp", "again.png", "other.png"))
    draw_photo(160, 120, seed=5).save(photo_file.with_name("second.jpg"))
    words = ("-p", "remove half of the noise, warmer", "--force", "--fidelity", 0.8, "--seed", 5)
    assert run(capsys, "enhance", photo_file, first, *words)[0] == 0
    status, text, err = run(capsys, "enhance", photo_file, again, "--replay", first, "--json")
    assert status == 0 and json.loads(text)["replay"] == "the same pixels" and not err
    assert np.array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(first)))
    status, text, err = run(capsys, "enhance", photo_file.with_name("second.jpg"), other, "--replay", again)
    assert status == 0 and len(err.splitlines()) == 1 and "the photo is not the one" in err and other.is_file()
    assert run(capsys, "enhance", photo_file, other, *words, "--no-provenance")[0] == 0
    assert "carries no record" in run(capsys, "enhance", photo_file, again, "--replay", other)[2]
    for option in (("-p", "denoise"), ("--strength", 1), ("--scale", 2), ("--force",), ("--mask", first)):
        status, _, err = run(capsys, "enhance", photo_file, again, "--replay", first, *option)
        assert status == 2 and "replay: repeats the settings of first.webp; leave out --" in err


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


def test_a_folder_becomes_pairs_that_are_verified_and_go_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("a.png", "b.jpg"):
        draw_photo(80, 60).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "text.png").write_text("hello")
    words = ("degrade", tmp_path / "photos", tmp_path / "pairs", "--recipe", "cctv", "--variants", 2, "--crop", 16)
    values = json.loads(run(capsys, *words, "--seed", 5, "--json")[1])
    assert (values["pairs"], values["made"], set(values["skipped"])) == (4, 4, {"text"})
    status, text, err = run(capsys, *words, "--seed", 5)
    assert status == 0 and "4 pairs, 0 of them made now" in text and err.count("text.png") == 1
    assert run(capsys, "verify", tmp_path / "pairs")[0] == 0

    row = json.loads((tmp_path / "pairs" / "manifest.jsonl").read_text().splitlines()[0])
    (tmp_path / "row.json").write_text(json.dumps(row))
    again = tmp_path / "again.png"
    run(capsys, "degrade", tmp_path / "pairs" / row["clean"], again, "--params", tmp_path / "row.json")
    assert np.array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(tmp_path / "pairs" / row["degraded"])))

    draw_photo(80, 48).save(tmp_path / "pairs" / row["degraded"])
    status, text, err = run(capsys, "verify", tmp_path / "pairs", "--json")
    assert status == 2 and len(json.loads(text)["faults"]) == len(err.splitlines()) == 1 and row["degraded"] in err
    assert run(capsys, *words, "--seed", 6)[0] == 2


def test_degrade_by_a_learned_degrader_names_it_and_replays(
    capsys: pytest.CaptureFixture[str], photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo_file.parent)
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=3, title="Trial")
    network.save_pretrained(Path("runs", "trial", "weights"))
    capsys.readouterr()
    values = json.loads(run(capsys, "degrade", "in.png", "one.png", "--learned", "trial", "--seed", 2, "--json")[1])
    Path("params.json").write_text(json.dumps(values))
    assert values["model"] == "trial"
    assert run(capsys, "degrade", "in.png", "two.png", "--params", "params.json")[0] == 0
    assert Path("one.png").read_bytes() == Path("two.png").read_bytes() != photo_file.read_bytes()
    Path("runs", "trial", "weights", "model.safetensors").unlink()
    status, _, err = run(capsys, "degrade", "in.png", "two.png", "--params", "params.json")
    assert status == 2 and len(err.splitlines()) == 1 and "learned: 'trial' is not known" in err


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
        (("degrade", "in.png", "out.png", "--learned", "nobody"), "learned: 'nobody' is not known"),
        (("degrade", "in.png", "out.png", "--recipe", "fog", "--learned", "nobody"), "not several"),
        (("degrade", "in.png", "out.png", "--noise", "0.5", "--variants", "2"), "folder of photos"),
        (("degrade", "missing", "pairs", "--recipe", "fog"), "there is no missing"),
        (("degrade", ".", "pairs", "--recipe", "fog"), "must not lie in one another"),
        (("degrade", "bare", "pairs", "--recipe", "fog"), "no photo below bare"),
        (("degrade", "bare", "pairs"), "every one is 0"),
        (("verify", "bare"), "cannot read"),
        (("assess", "text.png"), "not a picture"),
    ],
)
def test_bad_input_is_one_line_a_status_and_no_file(
    capsys: pytest.CaptureFixture[str], photo_file: Path, monkeypatch: pytest.MonkeyPatch, words: tuple, sentence: str
) -> None:
    monkeypatch.chdir(photo_file.parent)
    Path("empty.png").write_bytes(b"")
    Path("text.png").write_text("hello")
    Path("bare").mkdir()
    Image.new("L", (9, 9)).save("small.png")
    before = set(Path().iterdir())
    status, out, err = run(capsys, *words)
    assert status == 2 and out == "" and len(err.strip().splitlines()) == 1 and sentence in err
    assert set(Path().iterdir()) == before
