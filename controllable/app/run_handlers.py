"""What Run, Cancel and the two sliders of the Enhance tab do: from the widgets to a result, and its live answers."""

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from controllable.app import live
from controllable.app.controls import read
from controllable.app.files import result_path, shown_size, write_preview
from controllable.app.history import ORIGINAL, thumbnail
from controllable.app.history_box import show_history
from controllable.app.language import Text, chinese, pick, t
from controllable.app.live import LIVE, Shown
from controllable.app.plots import quality_bars, why_table
from controllable.app.presets import Preset
from controllable.app.score import psnr_db
from controllable.app.sentences import one_sentence
from controllable.app.words import held_back
from controllable.app.workshop import BUNDLED_MODEL, Workshop
from controllable.enhancer import Progress, Result

PREVIEW_FROM_PIXELS = 1_500_000
"""Results that are larger are preceded by a preview."""
PROGRESS = gr.Progress()
"""As a default value it asks Gradio for the bar of the running event; it stands before the widgets' values."""
PNG, LIKE_PHOTO = "png", "photo"
"""Formats of the download."""
RESULTS = 10
"""Widgets that a result fills: see `RunHandlers.run`."""

TEXTS: dict[str, Text] = {
    "runs.comparison": ("Before | after", "处理前 | 处理后"),
    "runs.comparison-preview": ("Before | after · preview", "处理前 | 处理后 · 预览"),
}
NO_PHOTO: Text = ("photo: there is none yet; drop one in first", "照片：还没有照片，请先放入一张")
NO_MASK: Text = (
    "mask: there is none yet; paint one, upload one, or choose another region",
    "涂抹区域：还没有，请先涂抹或上传，或改选其他范围",
)
NOTHING_ASKED: Text = (
    "prompt: is empty; say what to improve, or set a control",
    "要求：还是空的，请说明想改善什么，或调节一项控制",
)
PREVIEW: Text = ("Preview", "预览")
PREVIEW_FIRST: Text = (
    "**Preview**, small and approximate; the full size follows.",
    "**预览**，小图且为近似效果；完整结果随后就到。",
)
UNCHANGED: Text = (
    "**Unchanged:** this photo does not have the flaws you named. “Force” does it anyway.",
    "**未改动：** 照片里没有您提到的问题。勾选“强制”则照做。",
)
STEPS: dict[str, str] = {"assessing": "评估画质", "restoring": "修复中", "done": "完成"}


class RunHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @one_sentence
    def run(self, request: gr.Request, progress: gr.Progress = PROGRESS, *asked: Any) -> Iterator[list[Any]]:
        """Everything on the tab → comparison, download, outcome, quality, why, the result shown, a message to the page,
        and the history with this result; of a large photo first a preview of the comparison.
        """
        session = request.session_hash or ""
        self.workshop.cancel(session + LIVE)
        shown = _shown(*asked)
        wish = shown.preset.instruction
        if self.workshop.pixels(shown.photo) * wish.scale**2 > PREVIEW_FROM_PIXELS:
            yield self._show_preview(shown.photo, self.workshop.preview(session, shown.photo, wish, **shown.settings))
        said = STEPS if chinese(request) else {}
        yield self._answer(request, shown, asked, lambda share, what: progress(share, desc=said.get(what, what)))

    @one_sentence
    def run_again(self, request: gr.Request, *shown_and_asked: Any) -> list[Any]:
        """`run` for a slider that was let go, once this photo has a result; the page has blended a preview already."""
        shown, *asked = shown_and_asked
        if shown is None or shown.photo != asked[0]:
            return [gr.skip()] * RESULTS
        session = request.session_hash or ""
        self.workshop.cancel(session + LIVE)
        self.workshop.announce(session)  # a run that was cancelled before it came is another one
        return self._answer(request, _shown(*asked), asked, lambda share, what: None)

    def _answer(self, request: gr.Request, shown: Shown, asked: Sequence[Any], progress: Progress) -> list[Any]:
        reference, history, kind, record, place = asked[3:8]
        photo, started = shown.photo, time.perf_counter()
        result = self.workshop.enhance(
            request.session_hash or "", photo, shown.preset.instruction, progress=progress, **shown.settings
        )
        took_s = time.perf_counter() - started
        image = result.image
        before, after = self._compare(photo, image)
        shown = shown.answered(before=before, after=after, size=image.size, restored=bool(result.applied))
        file = result_path(photo, "enhanced", Path(photo).suffix if kind == LIKE_PHOTO else ".png")
        notes = result.save(file, gps=not place, provenance=bool(record))
        faces = held_back(result.identity, chinese=chinese(request))
        said = (_outcome(result, image.size, took_s), faces, _score(photo, image, reference), *map(escape, notes))
        history = history.with_result(shown, str(file), thumbnail(after), " · ".join(filter(None, said)))
        return [
            gr.ImageSlider(value=(before, after), label=t("runs.comparison")),
            gr.DownloadButton(value=str(file), interactive=True),
            history.entries[0].outcome,
            quality_bars(result.quality_before, result.quality_after),
            why_table(result.reasons),
            shown,
            shown.message(pick(PREVIEW, request)),
            *show_history(history, ORIGINAL),
        ]

    def _show_preview(self, photo: str, image: Image.Image) -> list[Any]:
        return [
            gr.ImageSlider(value=self._compare(photo, image), label=t("runs.comparison-preview")),
            gr.DownloadButton(interactive=False),
            pick(PREVIEW_FIRST),
            *[gr.skip()] * (RESULTS - 3),
        ]

    def _compare(self, photo: str, after: Image.Image) -> tuple[str, str]:
        """Files of the photo and of what became of it, both at the size the latter is shown at."""
        width, height = shown_size(after.size)
        return write_preview(self.workshop.resized(photo, (height, width))), write_preview(after)

    @one_sentence
    def answers(self, shown: Shown | None, request: gr.Request) -> Iterator[Any]:
        """The result shown → messages to the page, each with an answer at another place of a slider."""
        if shown is None or not shown.files_there:
            yield gr.skip()
            return
        yield from live.answers(self.workshop, request.session_hash or "", shown)

    def fail(self) -> Any:
        """A message to the page: no result follows the preview."""
        return live.failed()

    def begin(self, request: gr.Request) -> Any:
        """Run was pressed, what it waits for is not yet done: it can be cancelled from now on."""
        self.workshop.announce(request.session_hash or "")
        return gr.Button(interactive=True)

    def cancel(self, request: gr.Request) -> list[Any]:
        session = request.session_hash or ""
        self.workshop.cancel(session)
        self.workshop.cancel(session + LIVE)
        return [gr.Button(interactive=False), live.failed()]


def _shown(photo: str | None, refused: str | None, mask: str | None, *rest: Any) -> Shown:
    """What is asked for, checked; `rest`: see `_answer`, then as `read_preset` takes it."""
    if photo is None:
        raise ValueError(pick(NO_PHOTO))
    preset = read_preset(*rest[5:])
    if preset.instruction.empty:
        raise ValueError(refused or pick(NOTHING_ASKED))
    masked = preset.instruction.region == "mask"
    if masked and mask is None:
        raise ValueError(pick(NO_MASK))
    return Shown(photo=photo, preset=preset, mask=mask if masked else None)


def read_preset(
    prompt: str, strength: float, fidelity: float, model: str, force: bool, guard: bool, *controls: Any
) -> Preset:
    """The widgets that say what to do, in the order of `EnhanceHandlers.fill`."""
    return Preset(
        instruction=read((prompt or "").strip(), controls), strength=strength, fidelity=fidelity, force=force,
        guard=guard, model=None if model == BUNDLED_MODEL else model,
    )  # fmt: skip


def fingerprint(path: str) -> str:
    """SHA-256 of a file: how a photo sent over from Degrade is recognised."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _outcome(result: Result, size: tuple[int, int], took_s: float) -> str:
    if result.reasons and not result.applied and not any(result.instruction.tone.values()):
        return pick(UNCHANGED)
    width, height = size
    return pick((f"{width} × {height} px in {took_s:.1f} s", f"{width} × {height} 像素，用时 {took_s:.1f} 秒"))


def _score(photo: str, image: Image.Image, reference: tuple[str, str] | None) -> str:
    """PSNR to the original before and after, for a photo that Degrade sent over."""
    if reference is None or reference[0] != fingerprint(photo):
        return ""
    try:
        before, after = psnr_db(photo, reference[1]), psnr_db(image, reference[1])
    except ValueError:
        return pick(("the original is gone; send it again", "原图已删除，请重新发送"))
    gain = "" if math.isinf(before) or math.isinf(after) else f" ({after - before:+.2f} dB)"
    head = pick(("**Score against the original:**", "**与原图相比：**"))
    return f"{head} {before:.2f} dB → **{after:.2f} dB**{gain}"
