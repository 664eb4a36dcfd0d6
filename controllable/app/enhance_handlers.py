"""What the Enhance tab does before a run: look at a photo, listen to a wish, understand a prompt, recall a result."""

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from controllable.app import live
from controllable.app.controls import fill
from controllable.app.files import new_file
from controllable.app.language import Text, chinese, pick
from controllable.app.live import LIVE
from controllable.app.plots import quality_bars
from controllable.app.presets import Preset
from controllable.app.sentences import one_sentence
from controllable.app.words import brief, describe
from controllable.app.workshop import BUNDLED_MODEL, Workshop
from controllable.instruction import Instruction
from controllable.provenance.stored import read as read_record

SUGGESTIONS = 3
CHOICES = 2

WHICH: Text = (
    "prompt: may mean two things; press the one you meant, or say it in other words",
    "要求：可能有两种意思，请点选您想要的那个，或换一种说法",
)
DID_YOU_MEAN: Text = ("**Did you mean …?**", "**您是想……？**")
MADE_HERE: Text = (
    "This file was made by Controllable, and its settings are filled in: drop the original and press Run to repeat it.",
    "此文件由 Controllable 生成，已填入当时的设置：放入原照片后点“开始”即可重现。",
)
NOT_POSSIBLE: Text = ("Not possible", "无法处理")


class EnhanceHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop, control_count: int) -> None:
        self.workshop = workshop
        self.understanding_count = control_count + 5 + CHOICES

    @one_sentence
    def look(self, photo: str | None, request: gr.Request) -> list[Any]:
        """Photo → suggestion buttons, quality bars; the result of the photo before is cleared."""
        self.workshop.cancel((request.session_hash or "") + LIVE)
        cleared = [None, gr.DownloadButton(value=None, interactive=False), "", "", None, live.drop()]
        if photo is None:
            return [*(gr.Button(visible=False) for _ in range(SUGGESTIONS)), "", *cleared]
        report, prompts = self.workshop.suggest(photo, chinese=chinese(request), most=SUGGESTIONS)
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
        return self.show(prompt, read.instruction)

    def show(self, prompt: str, instruction: Instruction) -> list[Any]:
        """The values of `understand` for an instruction that is certain."""
        if instruction.refused:
            gr.Warning(escape(instruction.refused), title=pick(NOT_POSSIBLE))
        return [
            *fill(instruction),
            describe(instruction, chinese=chinese()),
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
            pick(DID_YOU_MEAN),
            prompt.strip(),
            pick(WHICH),
            gr.Accordion(open=False),
            *(gr.Button(value=brief(choice, chinese=chinese()), visible=True) for choice in choices),
            [choice.to_dict() for choice in choices],
        ]

    @one_sentence
    def choose(self, place: int, prompt: str, offered: list[dict[str, Any]]) -> list[Any]:
        """The pressed reading → the controls."""
        return self.show(prompt, Instruction.from_dict(offered[place]))

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

    def fill(self, preset: Preset) -> list[Any]:
        """The prompt, strength, fidelity, model, force, guard and the values of `understand`, as they were once."""
        model = preset.model if preset.model in self.workshop.models() else BUNDLED_MODEL
        prompt = preset.instruction.prompt
        options = [prompt, preset.strength, preset.fidelity, model, preset.force, preset.guard]
        return [*options, *self.show(prompt, preset.instruction)]

    @one_sentence
    def recall(self, photo: str | None, kept: str | None) -> list[Any]:
        """A photo that is a result of ours → what it was made by, as `fill` does, no mask, and its mask to be kept for
        the original; for any other photo the mask that was kept.
        """
        record = None if photo is None else read_record(photo)
        if record is None:
            return [*[gr.skip()] * (6 + self.understanding_count), kept, None]
        gr.Info(pick(MADE_HERE))
        kept = None
        if record.mask is not None and record.mask.png is not None:
            path = new_file("mask.png")
            path.write_bytes(record.mask.png)
            kept = str(path)
        preset = Preset(
            instruction=record.instruction, strength=record.strength, fidelity=record.fidelity, force=record.force,
            guard=record.guard, model=record.model,
        )  # fmt: skip
        return [*self.fill(preset), None, kept]
