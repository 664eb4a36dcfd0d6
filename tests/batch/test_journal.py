"""The journal: whenever a run is killed, the next one finds whole outputs, loses none and makes none twice."""

import json
from pathlib import Path

import pytest

from controllable.batch import Journal
from controllable.batch.journal import JOURNAL, REPORT, SETTINGS, WORK, fingerprint

SETTINGS_A, SETTINGS_B = {"batch": 1, "strength": 1.0}, {"batch": 1, "strength": 0.5}


def row(source: Path, name: str, status: str = "done") -> dict:
    return {
        "file": name, "output": f"{name}.png", "status": status, "key": f"key{name}", "bytes": 5,
        "source": fingerprint(source),
    }  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(b"photo")
    return tmp_path / "photo.jpg"


def _made(journal: Journal, source: Path, name: str) -> None:
    made = row(source, name)
    journal.part(made).write_bytes(b"12345")
    journal.add(made)


def test_a_row_is_written_before_its_output_appears_and_nothing_else_stays(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
        (journal.work / "stray.png").write_bytes(b"half")
        assert (out / "a.png").read_bytes() == b"12345" and not journal.part(row(source, "a")).exists()
    assert sorted(path.name for path in out.iterdir()) == ["a.png", REPORT, JOURNAL]
    assert json.loads((out / JOURNAL).read_text())["file"] == "a"
    assert Journal(out, SETTINGS_A).finished("a", source) is not None


def test_killed_between_row_and_output_the_output_is_moved_not_made_again(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
    (out / WORK).mkdir()
    (out / "a.png").rename(out / WORK / "keya.png")  # as a run leaves it that is killed there
    (out / WORK / "keyb.png").write_bytes(b"no row speaks of it")
    with Journal(out, SETTINGS_A) as journal:
        assert (out / "a.png").read_bytes() == b"12345" and not list(journal.work.iterdir())
        assert journal.finished("a", source) is not None


@pytest.mark.parametrize("kept", [0, 1, 40, -2])
def test_half_a_line_is_cut_off_and_written_anew(source: Path, tmp_path: Path, kept: int) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
        _made(journal, source, "b")
    first, second = (out / JOURNAL).read_bytes().splitlines(keepends=True)
    (out / JOURNAL).write_bytes(first + second[:kept])
    with Journal(out, SETTINGS_A) as journal:
        assert list(journal.rows) == ["a"]
        _made(journal, source, "b")
    assert (out / JOURNAL).read_bytes() == first + second


def test_only_the_same_photo_with_its_output_counts_as_done(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
        journal.add(row(source, "s", "skipped"))
        journal.add(row(source, "f", "failed"))
        assert journal.finished("a", source) and journal.finished("s", source)
        assert journal.finished("f", source) is None and journal.finished("new", source) is None
        source.touch()
        assert journal.finished("a", source)  # another time, the same bytes
        source.write_bytes(b"other")
        assert journal.finished("a", source) is None and journal.finished("s", source) is None
        source.write_bytes(b"photo")
        (out / "a.png").write_bytes(b"123")
        assert journal.finished("a", source) is None


def test_other_settings_are_refused_unless_they_may_replace(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
    with pytest.raises(ValueError, match=r"strength 1.0, not 0.5; name another folder, or --overwrite"):
        Journal(out, SETTINGS_B)
    with Journal(out, SETTINGS_B, overwrite=True) as journal:
        assert not journal.rows
    assert not (out / JOURNAL).read_bytes() and json.loads((out / REPORT / SETTINGS).read_text()) == SETTINGS_B
    with Journal(out, SETTINGS_A):
        pass  # nothing has been made with others
    (out / JOURNAL).write_text("{}\n")
    (out / REPORT / SETTINGS).write_text("no JSON")
    with pytest.raises(ValueError, match="name another folder"):
        Journal(out, SETTINGS_A)


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A), pytest.raises(ValueError, match="another run is writing"), Journal(out, SETTINGS_A):
        pass
    with Journal(tmp_path / "out", SETTINGS_A):
        pass


@pytest.mark.parametrize(
    "change",
    [{"output": "../../etc/passwd"}, {"output": "/etc/passwd"}, {"key": "../x"}, {"status": "?"}, {"source": {}}],
)
def test_a_forged_row_reaches_no_file_outside(source: Path, tmp_path: Path, change: dict) -> None:
    out = tmp_path / "out"
    with Journal(out, SETTINGS_A) as journal:
        _made(journal, source, "a")
    (out / JOURNAL).write_text(json.dumps(row(source, "a") | change) + "\n")
    assert not Journal(out, SETTINGS_A).rows


def test_an_output_that_is_not_there_is_not_written_down(source: Path, tmp_path: Path) -> None:
    with Journal(tmp_path / "out", SETTINGS_A) as journal:
        with pytest.raises(OSError, match="one folder for all machines"):
            journal.add(row(source, "a"))
        assert not journal.rows and not (tmp_path / "out" / JOURNAL).read_bytes()
