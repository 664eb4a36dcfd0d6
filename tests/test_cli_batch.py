"""`batch` as a user meets it: real folders, real signals, real exit status."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.batch import draw_photos, kill
from controllable.cli_batch import said_time
from controllable.provenance import read
from tests.photo import draw_photo
from tests.test_cli import run

WORDS = ("-p", "remove all of the noise", "--force")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for seed, name in enumerate(("a.jpg", "a.png", "sub/b.webp")):
        draw_photo(96, 64, seed=seed).save(tmp_path / "in" / name)
    return tmp_path / "in"


def outputs(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        path.relative_to(folder).as_posix() for path in (folder / "report").glob("*")
    }


def test_a_folder_is_done_reported_and_not_done_twice(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (photos / "broken.jpg").write_text("hello")
    status, text, err = run(capsys, "batch", photos, out, *WORDS)
    assert status == 1 and "3 done, 0 skipped, 1 failed" in text and err.count("broken.jpg") >= 1
    made = {"a.jpg.png", "a.png.png", "sub/b.png"}
    assert outputs(out) == made | {"report.csv", "report.html", "report.jsonl"}
    before = {name: (out / name).stat().st_mtime_ns for name in made}

    (photos / "broken.jpg").unlink()
    status, text, err = run(capsys, "batch", photos, out, *WORDS, "--json")
    rows = [json.loads(line) for line in text.splitlines()]
    assert status == 0 and [row["file"] for row in rows] == ["a.jpg", "a.png", "sub/b.webp"] and not err
    assert {name: (out / name).stat().st_mtime_ns for name in made} == before
    assert all(row["applied"] == {"noise": 1.0} and row["seconds"] > 0 for row in rows)

    status, _, err = run(capsys, "batch", photos, out, "-p", "brighten it a bit")
    assert status == 2 and "--overwrite" in err and {n: (out / n).stat().st_mtime_ns for n in made} == before
    assert run(capsys, "batch", photos, out, "-p", "a bit brighter", "--overwrite", "--no-provenance")[0] == 0
    assert read(out / "sub" / "b.png") is None and (out / "sub" / "b.png").stat().st_mtime_ns != before["sub/b.png"]


def test_names_formats_conditions_and_an_earlier_result_as_the_wish(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(capsys, "enhance", photos / "a.png", tmp_path / "wish.png", "-p", "make it much warmer", "--strength", 0.5)
    words = ("--replay", tmp_path / "wish.png", "--format", "same", "--suffix=-w", "--no-recursive")
    assert run(capsys, "batch", photos, out, *words, "--where", "score > 0 and not noise >= 1")[0] == 0
    assert outputs(out) - {"report.csv", "report.html", "report.jsonl"} == {"a-w.jpg", "a-w.png"}
    assert (out / "a-w.png").read_bytes() == (tmp_path / "wish.png").read_bytes()
    record = read(out / "a-w.jpg")
    assert record is not None and record.strength == 0.5 and record.instruction.tone["warmth"] > 0
    assert run(capsys, "batch", photos, tmp_path / "none", *WORDS, "--where", "noise > 0.99")[0] == 0
    with open(tmp_path / "none" / "report.csv") as stream:
        assert {row["status"] for row in csv.DictReader(stream)} == {"skipped"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("in", "out"), "say what to improve with -p"),
        (("in", "out", "-p", ""), "prompt"),
        (("in", "out", "-p", "add a hat to the man"), ""),
        (("in", "out", "-p", "denoise", "--where", "grain>1"), "where: expected one of noise"),
        (("in", "out", "-p", "denoise", "--suffix", "../x"), "suffix"),
        (("in", "out", "-p", "denoise", "--strength", "7"), "strength"),
        (("in", "out", "-p", "denoise", "--region", "mask"), "mask"),
        (("in", "out", "-p", "denoise", "--workers", "2"), "is for --ray"),
        (("in", "out", "--replay", "in/a.png"), "carries no record"),
        (("in", "out", "-p", "denoise", "--replay", "in/a.png"), "leave out --prompt"),
        (("nowhere", "out", "-p", "denoise"), "is not a folder"),
        (("in", "in/out", "-p", "denoise"), "must not lie in one another"),
        (("in", "other", "-p", "denoise"), "was not made by this batch"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], photos: Path, monkeypatch: pytest.MonkeyPatch, words: tuple, sentence: str
) -> None:
    monkeypatch.chdir(photos.parent)
    Path("other").mkdir()
    Path("other", "b.png").write_bytes(b"mine")
    (photos / "b.jpg").write_bytes((photos / "a.jpg").read_bytes())
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    status, out, err = run(capsys, "batch", *words)
    assert status == 2 and not out and len(err.strip().splitlines()) == 1 and sentence in err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_photo_in_hand_be_finished(tmp_path: Path, number: signal.Signals, status: int) -> None:
    draw_photos(tmp_path / "in", 40, (320, 240))
    words = [sys.executable, "-m", "controllable", "batch", tmp_path / "in", tmp_path / "out", *WORDS, "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(number)
    rest, err = process.communicate()
    rows = [json.loads(line) for line in [first, *rest.splitlines()]]
    assert process.returncode == status and 1 <= len(rows) < 40 and "goes on" in err
    assert outputs(tmp_path / "out") == {row["output"] for row in rows} | {"report.csv", "report.html", "report.jsonl"}
    for row in rows:
        Image.open(tmp_path / "out" / row["output"]).load()


def test_killed_three_times_every_output_is_whole_none_is_lost_and_none_is_done_twice(tmp_path: Path) -> None:
    draw_photos(tmp_path / "in", 24, (160, 120))
    seen = kill(tmp_path, times=3, seed=1, span_s=1.0)
    assert seen.kills >= 1
    assert (seen.photos, seen.whole, seen.lost, seen.twice, seen.strays) == (24, 24, 0, 0, ())


def test_time_is_said_in_two_units() -> None:
    assert [said_time(s) for s in (4.4, 125.0, 7325.0)] == ["4 s", "2 min 5 s", "2 h 2 min"]
