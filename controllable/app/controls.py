"""An Instruction as widgets: filled in by what was understood, edited by hand, read back for the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from controllable.app.language import Text, t
from controllable.instruction import Instruction
from controllable.task import REGIONS, SCALES, TASKS, TONES, Task

TEXTS: dict[str, Text] = {
    "controls.size": ("Size", "尺寸"),
    "controls.where": ("Where", "范围"),
    "controls.auto": ("Also mend whatever else the photo needs (auto)", "照片还需要什么，也一并修复（自动）"),
    "controls.keep": ("Never touch", "不要改动"),
    "controls.tone": ("Tone", "色调"),
}


@dataclass(frozen=True, kw_only=True)
class Controls:
    """The widgets of one Instruction; `components` is the order in which `fill` and `read` see their values."""

    tasks: Mapping[Task, gr.Slider]
    tone: Mapping[str, gr.Slider]
    scale: gr.Radio
    region: gr.Dropdown
    auto: gr.Checkbox
    keep: gr.CheckboxGroup

    @property
    def components(self) -> list[gr.components.Component]:
        return [*self.tasks.values(), *self.tone.values(), self.scale, self.region, self.auto, self.keep]


def build_controls() -> Controls:
    """Lay the widgets out where the caller stands."""
    with gr.Row():
        scale = gr.Radio(
            [(f"{scale}×", scale) for scale in SCALES],
            value=1,
            label=t("controls.size"),
            elem_id="scale",
            min_width=180,
        )
        region = gr.Dropdown(
            [(t(f"region.{name}"), name) for name in REGIONS],
            value="all",
            label=t("controls.where"),
            elem_id="region",
            min_width=140,
        )  # fmt: skip
    with gr.Row(elem_classes="grid"):
        tasks = {
            task: gr.Slider(
                0, 1, 0, step=0.05, label=t(f"task.{task}"), elem_id=f"task-{task}", min_width=150, buttons=[]
            )
            for task in TASKS
        }
    auto = gr.Checkbox(label=t("controls.auto"), elem_id="auto")
    keep = gr.CheckboxGroup(
        [(t(f"task.{task}"), task.value) for task in TASKS],
        label=t("controls.keep"),
        elem_id="keep",
        elem_classes="chips",
    )
    with gr.Accordion(t("controls.tone"), open=False), gr.Row(elem_classes="grid"):
        tone = {
            name: gr.Slider(
                -1, 1, 0, step=0.05, label=t(f"tone.{name}"), elem_id=f"tone-{name}", min_width=150, buttons=[]
            )
            for name in TONES
        }
    return Controls(tasks=tasks, tone=tone, scale=scale, region=region, auto=auto, keep=keep)


def fill(instruction: Instruction) -> list[Any]:
    """The widgets' values that show this instruction."""
    return [
        *(round(instruction.tasks.get(task, 0.0), 4) for task in TASKS),
        *(round(instruction.tone.get(name, 0.0), 4) for name in TONES),
        instruction.scale,
        instruction.region,
        instruction.auto,
        [task.value for task in instruction.keep],
    ]


def read(prompt: str, values: Sequence[Any]) -> Instruction:
    """The instruction the widgets show; at size 1 the low-resolution slider stands for itself."""
    strengths, tones = values[: len(TASKS)], values[len(TASKS) : len(TASKS) + len(TONES)]
    scale, region, auto, keep = values[len(TASKS) + len(TONES) :]
    return Instruction(
        prompt=prompt,
        tasks={task: float(strength) for task, strength in zip(TASKS, strengths, strict=True) if strength},
        tone={name: float(value) for name, value in zip(TONES, tones, strict=True) if value},
        scale=int(scale),
        region=region,
        auto=bool(auto),
        keep=tuple(Task(name) for name in keep),
    )
