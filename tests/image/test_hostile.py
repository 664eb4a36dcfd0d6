"""Damaged and malicious files; the whole corpus is `python -m benchmarks.hostile`."""

import itertools
import time
from pathlib import Path

import pytest

from benchmarks.hostile import Worker, watch
from benchmarks.hostile_files import (
    File,
    app1,
    chunk,
    claims,
    corrupt,
    frames,
    jpeg,
    parts,
    png,
    scans,
    shared_ifd,
    tiff,
)
from benchmarks.hostile_mutations import mutations
from controllable.image.limits import PAGE
from controllable.image.picture import load

PREFIX = b"Exif\0\0"
LARGE = 4 * 2**20


def refused(tmp_path: Path, content: bytes) -> str:
    """What is said of a file that must be refused, within the time that is promised."""
    (tmp_path / "a").write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"^image: [^\n]+$") as said:
        load(tmp_path / "a", PAGE)
    assert time.perf_counter() - start < 2.0
    return str(said.value)


@pytest.mark.parametrize("file", corrupt(), ids=lambda file: file[0])
def test_every_fault_of_pngsuite_is_refused(tmp_path: Path, file: File) -> None:
    refused(tmp_path, file[1])


def test_mutated_files_give_a_picture_or_one_sentence(tmp_path: Path) -> None:
    outcomes = set()
    for name, content in mutations(150, seed=1):
        (tmp_path / "a").write_bytes(content)
        try:
            load(tmp_path / "a", PAGE)
            outcomes.add("picture")
        except ValueError as error:
            assert str(error).startswith("image: ") and "\n" not in str(error), name
            outcomes.add("refused")
    assert outcomes == {"picture", "refused"}


@pytest.mark.parametrize("file", [f for f in claims() if "60000" in f[0]], ids=lambda file: file[0])
def test_headers_that_claim_too_much_are_refused(tmp_path: Path, file: File) -> None:
    refused(tmp_path, file[1])


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_headers_that_claim_more_than_the_data_can_hold_are_refused(tmp_path: Path, name: str) -> None:
    content = dict(claims())[f"{name}, header of 7990×7990"]
    assert "more pixels than its data can hold" in refused(tmp_path, content)


START = jpeg(8, 8)
BUSY = {
    "JPEG, comments": START[:2] + b"\xff\xfe\0\2" * (LARGE // 4) + START[2:],
    "JPEG, fill bytes": START[:2] + b"\xff" * LARGE + START[2:],
    "JPEG, EXIF repeated": START[:2] + (b"\xff\xe1\xff\xf0" + (PREFIX * 11_000)[:65_518]) * 60 + START[2:],
    "JPEG, scans": scans(4000, 4000, 2000),
    "GIF, comments": b"GIF89a\x08\0\x08\0\0\0\0" + b"\x21\xfe\1a\0" * (LARGE // 5),
    "GIF, one comment": b"GIF89a\x08\0\x08\0\0\0\0\x21\xfe" + b"\1a" * (LARGE // 2),
    "PPM, comment": b"P6 #" + b"x" * LARGE,
    "PPM, letters": b"P3 900 900 255\n" + b"1 " * (LARGE // 2),
    "TIFF, strips": tiff({273: (4, LARGE // 8), 279: (4, LARGE // 8)}, bytes(LARGE)),
    "TIFF, shared values": b"II*\0" + shared_ifd(60_000, 2**20)[4:],
    "TIFF, the same tag twice": tiff({}, bytes(192), twice=True),
    "TIFF, fax": tiff({259: (3, 1, 4)}, bytes(192)),
}


@pytest.mark.parametrize("name", BUSY)
def test_files_that_keep_a_reader_busy_are_refused(tmp_path: Path, name: str) -> None:
    refused(tmp_path, BUSY[name])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "over segments"])
def test_exif_that_reads_one_value_again_and_again_is_left_out(tmp_path: Path, kind: str) -> None:
    if kind == "PNG":
        content = png(8, 8, extra=chunk(b"eXIf", shared_ifd(60_000, 2**20)))
    elif kind == "JPEG":
        content = START[:2] + app1(PREFIX + shared_ifd(5000, 60)) + START[2:]
    else:
        split = parts(shared_ifd(40_000, 2**18), 60_000)
        content = START[:2] + b"".join(app1(PREFIX + part) for part in split) + START[2:]
    (tmp_path / "a").write_bytes(content)
    start = time.perf_counter()
    picture = load(tmp_path / "a", PAGE)
    assert picture.exif is None and "EXIF data was left out" in picture.notes[0]
    assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG"])
def test_a_thousand_frames_cost_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").write_bytes(frames(name, 1000))
    start = time.perf_counter()
    assert load(tmp_path / "a", PAGE).size == (32, 32)
    assert time.perf_counter() - start < 1.0


def test_a_process_that_dies_is_counted_and_replaced(tmp_path: Path) -> None:
    worker = Worker()
    (tmp_path / "a").write_bytes(START)
    assert worker.load(tmp_path / "a")[0] == "picture"
    worker.process.kill()
    assert worker.load(tmp_path / "a")[0] == "crash"
    worker.stop()
    tally = watch(itertools.islice(corrupt(), 3))
    assert tally.outcomes == {"refused": 3} and not tally.failed
    tally.add("a file", "hang", "", 20.0, 0.0, 0)
    assert tally.failed
