"""What the Enhance tab does: look at a photo, listen to a wish, understand a prompt, run, cancel."""

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from controllable.app.controls import fill, read
from controllable.app.files import shown_size, write_png, write_preview
from controllable.app.plots import quality_bars, why_table
from controllable.app.score import psnr_db
from controllable.app.sentences import one_sentence
from controllable.app.words import brief, describe, held_back
from controllable.app.workshop import Workshop
from controllable.enhancer import Result
from controllable.instruction import Instruction

COMPARISON = "Before | after"
PREVIEW_FROM_PIXELS = 1_500_000
"""Results that are larger are preceded by a preview."""
SUGGESTIONS = 3
CHOICES = 2
WHICH = "prompt: may mean two things; press the one you meant, or say it in other words"
PROGRESS = gr.Progress()
"""As a default value it asks Gradio for the bar of the running event; it stands before the widgets' values."""
NOTHING_ASKED = "prompt: is empty; say what to improve, or set a control"


class EnhanceHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop, control_count: int) -> None:
        self.workshop = workshop
        self.understanding_count = control_count + 5 + CHOICES

    @one_sentence
    def look(self, photo: str | None, request: gr.Request) -> list[Any]:
        """Photo → suggestion buttons, quality bars; the result of the photo before is cleared."""
        cleared = [None, gr.DownloadButton(value=None, interactive=False), "", "", None]
        if photo is None:
            return [*(gr.Button(visible=False) for _ in range(SUGGESTIONS)), "", *cleared]
        report, prompts = self.workshop.suggest(photo, chinese=_reads_chinese(request), most=SUGGESTIONS)
        buttons = [gr.Button(value=prompt, visible=True) for prompt in prompts]
        buttons += [gr.Button(visible=False) for _ in range(SUGGESTIONS - len(prompts))]
        return [*buttons, quality_bars(report), *cleared]

    @one_sentence
    def understand(self, prompt: str) -> list[Any]:
        """Prompt → the controls, one line that says it, what was understood, the refusal, the opened accordion, and,
        where the words leave doubt, the two best readings as buttons.
        """
        read = self.workshop.interpret(prompt or "")
        if read.unsure and len(read.choices) == CHOICES:
            return self._ask(prompt, read.choices)
        return self._show(prompt, read.instruction)

    def _show(self, prompt: str, instruction: Instruction) -> list[Any]:
        if instruction.refused:
            gr.Warning(instruction.refused, title="Not possible")
        return [
            *fill(instruction),
            describe(instruction),
            (prompt or "").strip(),
            instruction.refused,
            gr.Accordion(open=not instruction.refused),
            *(gr.Button(visible=False) for _ in range(CHOICES)),
            [],
        ]

    def _ask(self, prompt: str, choices: Sequence[Instruction]) -> list[Any]:
        """Nothing is set until the visitor says which of the readings was meant."""
        return [
            *fill(Instruction(prompt=prompt)),
            "**Did you mean …?**",
            prompt.strip(),
            WHICH,
            gr.Accordion(open=False),
            *(gr.Button(value=brief(choice), visible=True) for choice in choices),
            [choice.to_dict() for choice in choices],
        ]

    @one_sentence
    def choose(self, place: int, prompt: str, offered: list[dict[str, Any]]) -> list[Any]:
        """The pressed reading → the controls."""
        return self._show(prompt, Instruction.from_dict(offered[place]))

    @one_sentence
    def listen(self, recording: str | None) -> Any:
        """Recording → the prompt, to be read and corrected before it runs; a box that was emptied leaves it alone."""
        return gr.skip() if recording is None else self.workshop.listen(recording)

    @one_sentence
    def refresh(self, prompt: str, understood: str) -> list[Any]:
        """`understand`, unless this prompt has been understood already (its controls may be edited) or is empty."""
        if not (prompt or "").strip() or prompt.strip() == understood:
            return [gr.skip()] * self.understanding_count
        return self.understand(prompt)

    @one_sentence
    def run(self, request: gr.Request, progress: gr.Progress = PROGRESS, *asked: Any) -> Iterator[list[Any]]:
        """Everything on the tab → comparison, download, outcome, quality, why, and the photo this belongs to; of a
        large photo first a preview of the comparison.
        """
        photo, prompt, refused, strength, fidelity, model, force, mask, reference, *controls = asked
        if photo is None:
            raise ValueError("photo: there is none yet; drop one in first")
        instruction = read((prompt or "").strip(), controls)
        if instruction.empty:
            raise ValueError(refused or NOTHING_ASKED)
        if instruction.region == "mask" and mask is None:
            raise ValueError("mask: there is none yet; paint one, upload one, or choose another region")
        session = request.session_hash or ""
        settings = {
            "strength": strength, "fidelity": fidelity, "model": model, "force": force,
            "mask": mask if instruction.region == "mask" else None,
        }  # fmt: skip
        started = time.perf_counter()
        if self.workshop.pixels(photo) * instruction.scale**2 > PREVIEW_FROM_PIXELS:
            yield self._show_preview(photo, self.workshop.preview(session, photo, instruction, **settings))
        result = self.workshop.enhance(
            session, photo, instruction, progress=lambda share, what: progress(share, desc=what), **settings
        )
        took_s = time.perf_counter() - started
        png = write_png(result.image, photo, "enhanced")
        faces = held_back(result.identity, chinese=_reads_chinese(request))
        yield [
            gr.ImageSlider(value=self._compare(photo, result.image), label=COMPARISON),
            gr.DownloadButton(value=png, interactive=True),
            " · ".join(filter(None, (_outcome(result, took_s), faces, _score(photo, result, reference)))),
            quality_bars(result.quality_before, result.quality_after),
            why_table(result.reasons),
            photo,
        ]

    def _show_preview(self, photo: str, image: Image.Image) -> list[Any]:
        return [
            gr.ImageSlider(value=self._compare(photo, image), label=f"{COMPARISON} · preview"),
            gr.DownloadButton(interactive=False),
            "**Preview**, small and approximate; the full size follows.",
            *[gr.skip()] * 3,
        ]

    def _compare(self, photo: str, after: Image.Image) -> tuple[str, str]:
        """Files of the photo and of what became of it, both at the size the latter is shown at."""
        width, height = shown_size(after.size)
        return write_preview(self.workshop.resized(photo, (height, width))), write_preview(after)

    @one_sentence
    def run_again(
        self, request: gr.Request, progress: gr.Progress = PROGRESS, *shown_and_asked: Any
    ) -> Iterator[list[Any]]:
        """`run` for a slider that was let go, once this photo has a result."""
        shown, *asked = shown_and_asked
        if shown is None or shown != asked[0]:
            yield [gr.skip()] * 6
        else:
            yield from self.run(request, progress, *asked)

    def cancel(self, request: gr.Request) -> Any:
        self.workshop.cancel(request.session_hash or "")
        return gr.Button(interactive=False)


def _reads_chinese(request: gr.Request) -> bool:
    return (request.headers.get("accept-language") or "").lower().startswith("zh")


def fingerprint(path: str) -> str:
    """SHA-256 of a file: how a photo sent over from Degrade is recognised."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _outcome(result: Result, took_s: float) -> str:
    width, height = result.image.size
    if result.reasons and not result.applied and not any(result.instruction.tone.values()):
        return "**Unchanged:** this photo does not have the flaws you named. “Force” does it anyway."
    return f"{width} × {height} px in {took_s:.1f} s"


def _score(photo: str, result: Result, reference: tuple[str, str] | None) -> str:
    """PSNR to the original before and after, for a photo that Degrade sent over."""
    if reference is None or reference[0] != fingerprint(photo):
        return ""
    try:
        before, after = psnr_db(photo, reference[1]), psnr_db(result.image, reference[1])
    except ValueError:
        return "the original is gone; send it again"
    gain = "" if math.isinf(before) or math.isinf(after) else f" ({after - before:+.2f} dB)"
    return f"**Score against the original:** {before:.2f} dB → **{after:.2f} dB**{gain}"
