"""The engine: many photos done, reported and gone on with; one that fails stops nobody else."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.batch import Journal, Settings, Step, Stopped, Where, find_photos, plan, run
from controllable.batch.journal import Row
from controllable.batch.plan import Item
from controllable.batch.report import CSV, HTML, to_csv, to_sheet, write_report
from controllable.batch.work import THUMBNAIL_PX
from controllable.image.picture import load
from controllable.provenance import read
from tests.batch.conftest import settings, worker
from tests.photo import draw_photo


def do_all(enhancer: Enhancer, photos: Path, out: Path, chosen: Settings) -> list[Step]:
    found = find_photos(photos, out)
    with Journal(out, chosen.to_dict()) as journal:
        do = worker(enhancer, journal, chosen).do
        return list(run(plan(found, chosen, journal.rows), journal, lambda items: map(do, items)))


def test_every_photo_becomes_what_the_enhancer_makes_of_it(enhancer: Enhancer, photos: Path, tmp_path: Path) -> None:
    chosen = settings(suffix="-clean")
    steps = do_all(enhancer, photos, tmp_path / "out", chosen)
    rows = {step.row["file"]: step.row for step in steps}
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.jpg": "done", "a.png": "done", "sub/b.webp": "done", "broken.jpg": "failed",
    }  # fmt: skip
    assert "damaged" in rows["broken.jpg"]["reason"] and [step.done for step in steps] == [1, 2, 3, 4]
    for name in ("a.jpg", "a.png", "sub/b.webp"):
        expected = enhancer.enhance(photos / name, chosen.instruction, force=True)
        made = tmp_path / "out" / rows[name]["output"]
        assert np.array_equal(load(made).planes, expected.picture.planes) and made.stat().st_size == rows[name]["bytes"]
        record = read(made)
        assert record is not None and record.to_dict() == expected.record.to_dict()
        assert rows[name]["severity"] == expected.quality_before.to_dict()["severity"]
        assert rows[name]["applied"] == {"noise": 1.0} and rows[name]["size"] == [96, 64]


def test_what_was_done_is_not_done_again_but_a_repaired_photo_is(
    enhancer: Enhancer, photos: Path, tmp_path: Path
) -> None:
    chosen = settings()
    do_all(enhancer, photos, tmp_path / "out", chosen)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.png")}
    draw_photo(96, 64, seed=7).save(photos / "broken.jpg")
    again = do_all(enhancer, photos, tmp_path / "out", chosen)
    assert [step.row["file"] for step in again if not step.again] == ["broken.jpg"]
    assert {path: path.stat().st_mtime_ns for path in before} == before and (tmp_path / "out" / "broken.png").is_file()
    draw_photo(96, 64, seed=8).save(photos / "a.png")
    (tmp_path / "out" / "sub" / "b.png").unlink()
    assert [step.row["file"] for step in do_all(enhancer, photos, tmp_path / "out", chosen) if not step.again] == [
        "a.png", "sub/b.webp",
    ]  # fmt: skip


def test_a_condition_leaves_photos_out_and_says_which(enhancer: Enhancer, photos: Path, tmp_path: Path) -> None:
    draw_photo(96, 64).save(photos / "blocky.jpg", quality=8)
    names = ("a.jpg", "a.png", "sub/b.webp", "blocky.jpg")
    severities = sorted(enhancer.assess(photos / name).severity[Task.COMPRESSION] for name in names)
    assert severities[-1] - severities[-2] > 0.05
    where = Where(f"compression > {(severities[-1] + severities[-2]) / 2:.4f}")
    rows = {step.row["file"]: step.row for step in do_all(enhancer, photos, tmp_path / "out", settings(where=where))}
    assert {name for name, row in rows.items() if row["status"] == "done"} == {"blocky.jpg"}
    skipped = {name: row for name, row in rows.items() if row["status"] == "skipped"}
    assert set(skipped) == {"a.jpg", "a.png", "sub/b.webp"} and rows["broken.jpg"]["status"] == "failed"
    assert all(row["severity"] and where.text in row["reason"] for row in skipped.values())


def test_a_region_that_is_not_there_and_a_mask_of_another_size_fail_only_their_photo(
    enhancer: Enhancer, photos: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), "grey").save(photos / "other.png")
    mask = np.full((64, 96), 255, np.uint8)
    masked = settings(instruction=Instruction(tasks={Task.NOISE: 1.0}, region="mask"), mask=mask)
    reasons = {step.row["file"]: step.row["reason"] for step in do_all(enhancer, photos, tmp_path / "out", masked)}
    assert reasons["a.jpg"] is None and "mask: is 96×64 px" in reasons["other.png"]


def test_stopping_within_a_photo_keeps_nothing_of_it_and_the_rest_goes_on(
    enhancer: Enhancer, photos: Path, tmp_path: Path
) -> None:
    out, chosen = tmp_path / "out", settings()

    def stopping(journal: Journal, name: str) -> Iterator[Row]:
        def do(items: Sequence[Item]) -> Iterator[Row]:
            for item in items:

                def progress(share: float, what: str, item: Item = item) -> None:
                    if item.name == name:
                        raise Stopped

                yield worker(enhancer, journal, chosen).do(item, progress)

        return run(plan(find_photos(photos, out), chosen, journal.rows), journal, do)

    with Journal(out, chosen.to_dict()) as journal, pytest.raises(Stopped):
        list(stopping(journal, "a.png"))
    assert [path.name for path in out.rglob("*.png")] == ["a.jpg.png"]
    left = [step.row["file"] for step in do_all(enhancer, photos, out, chosen) if not step.again]
    assert left == ["a.png", "broken.jpg", "sub/b.webp"]


def test_a_full_disk_stops_the_batch_instead_of_failing_every_photo(
    enhancer: Enhancer, photos: Path, tmp_path: Path
) -> None:
    """One of its files is written to the device that is always full."""
    chosen = settings()
    with Journal(tmp_path / "out", chosen.to_dict()) as journal:
        items = plan(find_photos(photos, tmp_path / "out"), chosen)
        (journal.report / f"{items[0].key}-before.webp.tmp").symlink_to("/dev/full")
        with pytest.raises(OSError, match="the disk is full"):
            list(run(items, journal, lambda todo: map(worker(enhancer, journal, chosen).do, todo)))
        assert not journal.rows


def test_the_report_is_a_table_and_a_page_that_asks_nobody(enhancer: Enhancer, photos: Path, tmp_path: Path) -> None:
    evil = '=cmd() <img src=x onerror=alert(1)>&".png'
    draw_photo(640, 480).save(photos / evil)
    out = tmp_path / "out"
    rows = [step.row for step in do_all(enhancer, photos, out, settings())]
    write_report(out, rows)
    table = list(csv.DictReader(io.StringIO((out / CSV).read_text())))
    assert [line["file"] for line in table] == sorted([f"'{evil}", "a.jpg", "a.png", "broken.jpg", "sub/b.webp"])
    one = next(line for line in table if line["file"] == "a.jpg")
    assert one["applied_noise"] == "1.0" and one["applied_haze"] == "" and 0 <= float(one["severity_haze"]) <= 1
    assert (one["output"], one["width"], one["height"]) == ("a.jpg.png", "96", "64") and float(one["score_after"]) > 0
    page = (out / HTML).read_text()
    assert "<img src=x" not in page and "&lt;img src=x" in page and "//" not in page.replace("</", "")
    assert page.count('src="report/') == 8 and 'lang="zh">处理前' in page and 'name="viewport"' in page
    for small in (out / "report").glob("*.webp"):
        assert max(Image.open(small).size) <= THUMBNAIL_PX and f"report/{small.name}" in page
    sheet = to_sheet(rows, out, chinese=True)
    assert sheet.count("data:image/webp;base64,") == 8 and ">处理前<" in sheet and ">before<" not in sheet
    assert json.loads((out / "report.jsonl").read_text().splitlines()[0])["file"] == evil


def test_a_table_needs_no_more_than_what_failed_rows_have() -> None:
    line = to_csv([{"file": "a", "status": "failed", "reason": "x", "key": "k"}]).splitlines()[1]
    assert line.startswith("a,,failed,x")
