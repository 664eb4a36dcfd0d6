"""The page's parts without a browser: controls, cancelling, names of files, plots, scores, variants."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer
from controllable.app.controls import fill, read
from controllable.app.files import shown_size, write_png, write_preview
from controllable.app.pairs import zip_pairs
from controllable.app.plots import quality_bars, why_table
from controllable.app.score import psnr_db
from controllable.app.sentences import Cancelled, one_sentence
from controllable.app.variants import degrade, drawn_severities
from controllable.app.words import describe, held_back
from controllable.app.workshop import Workshop
from controllable.degradation import Chain, Params
from controllable.degradation.choice import own, recipe
from controllable.degradation.export import ExportSettings
from controllable.degradation.verify import verify
from controllable.generation.identity import FaceKept
from controllable.generation.strength import effective_strengths
from controllable.image.picture import load
from controllable.instruction import Instruction
from controllable.networks.degrader import Degrader
from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task
from tests.photo import draw_photo

WISH = Instruction(
    prompt="p", tasks={Task.NOISE: 0.5, Task.RESOLUTION: 1.0}, tone={"contrast": -0.25}, scale=2, region="face",
    keep=(Task.COLOR,),
)  # fmt: skip
REPORT = QualityReport(severity=dict.fromkeys(TASKS, 0.5), score=40.0)


@pytest.fixture
def photo_path(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    draw_photo(96, 64).save(path)
    return str(path)


def test_controls_show_an_instruction_and_give_it_back() -> None:
    assert read("p", fill(WISH)) == WISH
    assert read("", fill(Instruction())).empty


def test_a_line_of_words_names_everything_that_will_be_done() -> None:
    line = describe(WISH)
    for part in ("noise 50%", "contrast -0.25", "2× larger", "face", "keeping colour"):
        assert part in line
    assert "<b>" not in describe(Instruction(refused="no <b>hats</b>"))


def test_a_face_held_back_is_said_in_the_visitors_language() -> None:
    left = FaceKept(box=(0, 0, 9, 9), before=0.9, after=0.9, fidelity=0.0, share=1.0, held=False)
    held = FaceKept(box=(9, 9, 9, 9), before=0.2, after=0.9, fidelity=1.0, share=0.5, held=True)
    assert held_back((), chinese=False) == held_back((left,), chinese=True) == ""
    assert "1 of 2" in held_back((left, held), chinese=False) and "人脸" in held_back((left, held), chinese=True)


def test_plots_redraw_with_the_numbers_they_are_given() -> None:
    better = QualityReport(severity=dict.fromkeys(TASKS, 0.1), score=90.0)
    assert "σ 25 → σ 5" in quality_bars(REPORT, better) and "40 → 90" in quality_bars(REPORT, better)
    assert "→" not in quality_bars(REPORT)
    assert why_table(effective_strengths(WISH, REPORT, strength=0.5)).count("<tr>") == 3


def test_equal_pictures_never_share_a_file_and_the_file_loses_nothing(photo_path: str) -> None:
    image = load(photo_path).export()
    first, second = write_png(image, photo_path, "enhanced"), write_png(image, photo_path, "enhanced")
    assert first != second and Path(first).name == Path(second).name == "photo-enhanced.png"
    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(photo_path)))
    assert "/" not in Path(write_png(image, "../../e<v>il.png", "enhanced")).stem


def test_what_is_shown_stays_small_and_keeps_its_shape() -> None:
    assert shown_size((192, 128)) == (192, 128)
    assert shown_size((3840, 2560)) == (1600, 1067)
    assert Image.open(write_preview(Image.new("RGB", (3840, 2560)))).size == (1600, 1067)


def test_the_score_is_psnr_and_compares_enlargements_at_the_original_size(photo_path: str) -> None:
    image = load(photo_path).export()
    assert psnr_db(photo_path, photo_path) == float("inf")
    off = Image.fromarray(np.full((64, 96, 3), 128, np.uint8))
    off_path = write_png(off, photo_path, "grey")
    brighter = Image.fromarray(np.full((64, 96, 3), 138, np.uint8))
    assert psnr_db(brighter, off_path) == pytest.approx(28.13, abs=0.01)
    assert psnr_db(image.resize((192, 128), Image.Resampling.BICUBIC), photo_path) > 30.0


def test_variants_replay_from_their_parameters_and_differ_by_seed(photo_path: str) -> None:
    old_phone = recipe("old_phone")
    variants = degrade(photo_path, old_phone.at(drawn_severities(old_phone, 4)), seed=4, count=2)
    assert [variant.seed for variant in variants] == [4, 5]
    assert variants[0].params != variants[1].params
    replayed = Chain().apply(load(photo_path).rgb, Params.from_dict(variants[0].params))
    pixels = (replayed[0].permute(1, 2, 0) * 255).round().numpy().astype(np.uint8)
    assert np.array_equal(pixels, np.asarray(variants[0].image))


@pytest.mark.parametrize(("seed", "count"), [(-1, 1), (0, 0), (0, 99)])
def test_bad_numbers_name_what_is_accepted(photo_path: str, seed: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"^(seed|variants): .* outside"):
        degrade(photo_path, own({Task.NOISE: 0.5}), seed=seed, count=count)


def _settings(variants: int = 1) -> ExportSettings:
    return ExportSettings(choice=own({Task.NOISE: 0.5}), variants=variants)


def test_pairs_are_zipped_as_the_command_line_lays_them_out(photo_path: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    draw_photo(40, 32).save(tmp_path / "other" / "photo.png")
    (tmp_path / "other" / "text.jpg").write_text("hello")
    photos = [photo_path, str(tmp_path / "other" / "photo.png"), str(tmp_path / "other" / "text.jpg")]
    done = zip_pairs(photos, _settings(variants=2), tmp_path / "pairs.zip")
    assert done.pairs == 4 and set(done.skipped) == {"text"}
    with zipfile.ZipFile(tmp_path / "pairs.zip") as archive:
        archive.extractall(tmp_path / "pairs")
    assert verify(tmp_path / "pairs", models=tmp_path).faults == ()
    assert {p.name for p in (tmp_path / "pairs" / "clean").iterdir()} == {"photo.png", "photo (2).png"}


def test_too_many_too_large_and_no_photos_are_refused_and_leave_nothing(photo_path: str, tmp_path: Path) -> None:
    Image.new("1", (8000, 8000)).save(tmp_path / "large.png")
    for photos, words in (
        ([], "none yet"),
        ([photo_path] * 41, "41 are too many"),
        ([str(tmp_path / "large.png")], "64.0"),
    ):
        with pytest.raises(ValueError, match=f"^photos: .*{words}"):
            zip_pairs(photos, _settings(), tmp_path / "pairs.zip")

    def cancel(share: float, name: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        zip_pairs([photo_path], _settings(), tmp_path / "pairs.zip", cancel)
    assert not (tmp_path / "pairs.zip").exists()


def test_the_page_takes_a_learned_degrader_by_its_name_and_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    workshop = Workshop(Enhancer(tmp_path / "models", device="cpu"))
    with pytest.raises(ValueError, match="learned: 'trial' is not known: there is none yet"):
        workshop.choice("learned/trial")
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=3, title="Trial <b>")
    network.save_pretrained(tmp_path / "runs" / "trial" / "weights")
    assert list(workshop.recipes().items())[-1] == ("learned/trial", "Learned: Trial <b>")
    assert workshop.choice("learned/trial").origin == {"model": "trial"}
    assert workshop.choice("learned/trial", {Task.HAZE: 0.5}).sample(1).to_dict()["severity"] == {"haze": 0.5}
    with pytest.raises(ValueError, match="is not one of trial"):
        workshop.choice(f"learned/{tmp_path}/runs/trial/weights")


class _Slow:
    """An enhancer that works until its progress callback stops it."""

    def __init__(self) -> None:
        self.started = threading.Event()

    def enhance(self, *arguments: Any, progress: Any, **options: Any) -> None:
        for _ in range(1000):
            self.started.set()
            threading.Event().wait(0.01)
            progress(0.5, "restoring")
        raise AssertionError("was not cancelled")


def test_cancel_stops_ones_own_run_only_and_the_next_one_gets_its_turn() -> None:
    slow = _Slow()
    workshop = Workshop(slow)  # type: ignore[arg-type]
    ended: dict[str, BaseException] = {}

    def run(session: str) -> None:
        try:
            workshop.enhance(
                session, "photo.png", WISH, strength=1, fidelity=1, mask=None, force=False,
                progress=lambda share, what: None,
            )  # fmt: skip
        except Cancelled as error:
            ended[session] = error

    runs = {session: threading.Thread(target=run, args=(session,)) for session in ("first", "second")}
    runs["first"].start()
    assert slow.started.wait(5)
    runs["second"].start()
    workshop.cancel("nobody")
    workshop.cancel("second")
    runs["second"].join(5)
    assert set(ended) == {"second"} and runs["first"].is_alive()
    workshop.cancel("first")
    runs["first"].join(5)
    assert set(ended) == {"first", "second"}
    with workshop.turn("third") as check:
        check()


def test_failures_become_sentences_and_keep_their_details_from_strangers() -> None:
    def fail(error: Exception) -> None:
        raise error

    with pytest.raises(gr.Error) as theirs:
        one_sentence(fail)(ValueError("image: <img src=x>.png is empty"))
    assert theirs.value.message == "image: &lt;img src=x&gt;.png is empty"
    with pytest.raises(gr.Error) as ours:
        one_sentence(fail)(KeyError("/secret/path"))
    assert "secret" not in ours.value.message


def test_a_handler_that_yields_fails_in_a_sentence_too_and_keeps_what_it_yielded() -> None:
    @one_sentence
    def preview_then_fail() -> Iterator[str]:
        yield "preview"
        raise Cancelled

    steps = preview_then_fail()
    assert next(steps) == "preview"
    with pytest.raises(gr.Error, match="Cancelled"):
        next(steps)
