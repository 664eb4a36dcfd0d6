"""The Batch tab's parts without a browser: rows as they come, pause, cancel, limits, and whose turn it is."""

import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.app import batch_job
from controllable.app.batch_job import MOST_PHOTOS, new_job
from controllable.app.batch_tab import TEXTS, BatchHandlers, build_batch_tab
from controllable.app.workshop import Workshop
from controllable.batch import Settings
from controllable.provenance import read
from tests.photo import draw_photo

SETTINGS = Settings(instruction=Instruction(tasks={Task.NOISE: 1.0}), force=True)


@pytest.fixture
def uploads(tmp_path: Path) -> list[str]:
    """As Gradio keeps them, each in a folder of its own; two share a name, one is no picture."""
    paths = []
    for number, name in enumerate(("sea.jpg", "sea.jpg", "<b>hill.png", "text.png")):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        draw_photo(96, 64, seed=number).save(path)
        paths.append(str(path))
    Path(paths[3]).write_text("hello")
    return paths


@pytest.fixture
def workshop(enhancer: Enhancer) -> Workshop:
    return Workshop(enhancer)


def request(session: str = "visitor", language: str = "en") -> gr.Request:
    return gr.Request(session_hash=session, headers={"accept-language": language})


def file_of(button: Any) -> Path:
    """What a download button hands over."""
    return Path(button.value["path"] if isinstance(button.value, dict) else button.value)


def updates(handlers: BatchHandlers, *asked: Any, who: gr.Request | None = None) -> Iterator[list[Any]]:
    return handlers.run(who or request(), gr.Progress(), *asked)


def test_rows_come_one_after_another_and_then_the_zip(workshop: Workshop, uploads: list[str], tmp_path: Path) -> None:
    seen = list(updates(BatchHandlers(workshop), uploads, "remove the noise", "", 1.0, "png"))
    counts = [update[0].count(">done<") for update in seen]
    assert counts == [0, 1, 2, 3, 3] and seen[0][0].count("waiting") == 4
    table, line, download, sheet, pause, cancel = seen[-1]
    assert (
        "3 done · 1 failed" in line
        and "not a picture" in table
        and "&lt;b&gt;hill.png" in table
        and "<b>h" not in table
    )
    assert sheet.count("data:image/webp") == 6 and not pause.interactive and not cancel.interactive
    with zipfile.ZipFile(file_of(download)) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "zip")
    assert {name for name in names if not name.startswith("report/")} == {
        "sea.png", "sea (2).png", "<b>hill.png", "report.csv", "report.html",
    }  # fmt: skip
    assert len(names) == 11 and read(tmp_path / "zip" / "sea.png") is not None
    assert [path.name for path in file_of(download).parent.iterdir()] == ["enhanced.zip"]


def test_the_visitors_language_is_spoken(workshop: Workshop, uploads: list[str]) -> None:
    who = request(language="zh-CN")
    handlers = BatchHandlers(workshop)
    assert "将要" in handlers.understand("去噪", who)
    *_, last = updates(handlers, uploads, "去噪", "", 1.0, "same", who=who)
    assert "3 完成" in last[1] and "处理前" in last[3] and "质量" in last[0]
    assert all(len(text) == 2 and all(text) and key.startswith("batch.") for key, text in TEXTS.items())


def test_a_pause_acts_before_the_next_photo_and_ends(workshop: Workshop, uploads: list[str]) -> None:
    handlers, who = BatchHandlers(workshop), request()
    steps = updates(handlers, uploads, "denoise", "", 1.0, "png", who=who)
    next(steps)
    assert handlers.pause(who).value != handlers.pause(who).value
    handlers.pause(who)
    next(steps)
    assert [next(steps)[1].count("Paused") for _ in range(2)] == [1, 1] and not workshop.sessions
    handlers.pause(who)
    assert [update[0].count(">done<") for update in steps if isinstance(update[0], str)] == [2, 3, 3]
    assert handlers.jobs == {}


def test_a_pause_does_not_last_for_ever(
    workshop: Workshop, uploads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controllable.app.batch_tab.LONGEST_PAUSE_S", 0.1)
    handlers, who = BatchHandlers(workshop), request()
    steps = updates(handlers, uploads[:2], "denoise", "", 1.0, "png", who=who)
    next(steps)
    handlers.pause(who)
    assert "2 done" in list(steps)[-1][1]


def test_cancelled_within_a_photo_what_was_done_is_kept_and_the_turn_is_free(
    workshop: Workshop, tmp_path: Path
) -> None:
    photos = []
    for number in range(3):
        photos.append(str(tmp_path / f"{number}.png"))
        draw_photo(500, 400, seed=number).save(photos[-1])
    handlers, who, seen = BatchHandlers(workshop), request(), []
    started = threading.Event()

    def work() -> None:
        for update in updates(handlers, photos, "remove all of the noise and sharpen", "", 1.0, "png", who=who):
            seen.append(update)
            if len(seen) == 2:
                started.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(60)
    while workshop.sessions != ("visitor/batch",) and thread.is_alive():
        time.sleep(0.001)
    handlers.cancel(who)
    thread.join(60)
    assert seen[-1][0].count(">done<") < 3 and "what was done is in the ZIP" in seen[-1][1] and not handlers.jobs
    with workshop.turn("somebody else"), zipfile.ZipFile(file_of(seen[-1][2])) as archive:
        assert "0.png" in archive.namelist() and "2.png" not in archive.namelist()


def test_others_are_served_between_two_photos(workshop: Workshop, uploads: list[str]) -> None:
    steps = updates(BatchHandlers(workshop), uploads[:2], "denoise", "", 1.0, "png")
    next(steps), next(steps)
    assert workshop.enhance(
        "somebody else", uploads[0], SETTINGS.instruction, strength=1.0, fidelity=1.0, mask=None, force=False,
        progress=lambda share, what: None,
    ).instruction == SETTINGS.instruction  # fmt: skip
    assert "2 done" in list(steps)[-1][1]


def test_a_visitor_runs_one_batch_at_a_time(workshop: Workshop, uploads: list[str]) -> None:
    handlers = BatchHandlers(workshop)
    first = updates(handlers, uploads, "denoise", "", 1.0, "png")
    next(first)
    with pytest.raises(gr.Error, match="running already"):
        next(updates(handlers, uploads, "denoise", "", 1.0, "png"))
    next(updates(handlers, uploads, "denoise", "", 1.0, "png", who=request("somebody else")))
    first.close()
    assert "visitor" not in handlers.jobs


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ((None, "denoise", "", 1.0, "png"), "photos: there is none yet"),
        ((["x.png"] * (MOST_PHOTOS + 1), "denoise", "", 1.0, "png"), "51 are too many"),
        ((["text.png"], "denoise", "", 1.0, "png"), "none of them can be used"),
        ((["large.png"], "denoise", "", 1.0, "png"), "none of them can be used"),
        ((["wide.png"] * 4, "make it 4 times as big", "", 1.0, "png"), "megapixels"),
        ((["small.png"], "", "", 1.0, "png"), "prompt"),
        ((["small.png"], "x" * 5000, "", 1.0, "png"), "prompt"),
        ((["small.png"], "denoise", "grain > 1", 1.0, "png"), "where"),
        ((["small.png"], "denoise", "", 2.0, "png"), "strength"),
        ((["small.png"], "denoise", "", 1.0, "exe"), "format"),
    ],
)
def test_bad_values_are_refused_in_one_sentence(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("hello")
    Image.new("1", (9000, 9000)).save("large.png")
    Image.new("1", (2000, 2000)).save("wide.png")
    Image.new("1", (20, 20)).save("small.png")
    handlers = BatchHandlers(workshop)
    with pytest.raises(gr.Error, match=sentence):
        list(updates(handlers, *asked))
    assert not handlers.jobs


def test_results_of_two_visitors_lie_apart(uploads: list[str]) -> None:
    one, two = new_job(uploads, SETTINGS), new_job(uploads, SETTINGS)
    assert one.folder != two.folder and one.names == ["<b>hill.png", "sea (2).jpg", "sea.jpg", "text.png"]
    assert batch_job.MOST_PHOTOS == 50


def test_the_tab_has_the_places_that_are_promised(workshop: Workshop) -> None:
    with gr.Blocks(analytics_enabled=False) as page:
        build_batch_tab(workshop)
    places = {block.elem_id for block in page.blocks.values()}
    for name in ("files", "prompt", "where", "start", "pause", "cancel", "rows", "zip", "sheet"):
        assert f"batch-{name}" in places
