"""What the Enhance tab shows, in four groups: what is asked, its result, more controls, and the details."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from controllable.app.controls import Controls, build_controls
from controllable.app.enhance_handlers import CHOICES, SUGGESTIONS
from controllable.app.files import audio_input, photo_input
from controllable.app.language import Text, t
from controllable.app.mask import MaskBox, build_mask_box
from controllable.app.run_handlers import LIKE_PHOTO, PNG
from controllable.app.words import EXAMPLES
from controllable.app.workshop import BUNDLED_MODEL, Workshop

TEXTS: dict[str, Text] = {
    "enhance.photo": ("Photo", "照片"),
    "enhance.drop": ("Drop a photo here, or click to choose one", "把照片拖到这里，或点击选择"),
    "enhance.prompt": ("What should be better?", "想改善什么？"),
    "enhance.prompt-hint": ("remove the noise, make it twice as big", "例如：去除噪点，放大两倍"),
    "enhance.understand": ("Understand", "解读"),
    "enhance.speak": ("Speak", "语音输入"),
    "enhance.speech": ("Your wish, in English", "说出您的要求（英语）"),
    "enhance.run": ("Run", "开始"),
    "enhance.cancel": ("Cancel", "取消"),
    "enhance.download": ("Download", "下载"),
    "enhance.file": ("About the file", "文件选项"),
    "enhance.format": ("Format", "格式"),
    "enhance.png": ("PNG, lossless", "PNG（无损）"),
    "enhance.like-photo": ("as the photo's file", "与原照片相同"),
    "enhance.record": ("Write into the file what was done, so that it can be repeated", "把处理过程写入文件，以便重现"),
    "enhance.place": ("Leave out where the photo was taken (GPS)", "不写入拍摄地点（GPS）"),
    "enhance.examples": ("Example prompts", "示例"),
    "enhance.controls": ("What will be done", "将要做的处理"),
    "enhance.strength": ("Strength", "强度"),
    "enhance.strength-info": ("0 leaves the photo as it is", "0 为不改动"),
    "enhance.fidelity": ("Fidelity", "保真度"),
    "enhance.fidelity-info": ("towards 0: more plausible texture", "越接近 0，纹理越丰富"),
    "enhance.options": ("Model and limits", "模型与限制"),
    "enhance.model": ("Model", "模型"),
    "enhance.model-info": (
        "an expert restores the flaws it was trained on; the bundled one does the rest",
        "专用模型只修复它学过的问题，其余由自带模型处理",
    ),
    "enhance.force": ("Force: do it even where the flaw was not found", "强制：即使没有检出问题也照做"),
    "enhance.guard": (
        "Hold back where a face would become somebody else's",
        "人脸快要变成另一个人时减弱修复",
    ),
    "enhance.quality": ("Quality", "画质"),
    "enhance.why": ("Why", "为什么这样处理"),
}


@dataclass(frozen=True, kw_only=True)
class Ask:
    photo: gr.Image
    suggestions: list[gr.Button]
    prompt: gr.Textbox
    speech: gr.Audio
    summary: gr.Markdown
    choices: list[gr.Button]
    run: gr.Button
    cancel: gr.Button


@dataclass(frozen=True, kw_only=True)
class Result:
    comparison: gr.ImageSlider
    outcome: gr.Markdown
    strength: gr.Slider
    fidelity: gr.Slider
    download: gr.DownloadButton
    kind: gr.Radio
    record: gr.Checkbox
    place: gr.Checkbox
    live: gr.HTML


@dataclass(frozen=True, kw_only=True)
class More:
    accordion: gr.Accordion
    controls: Controls
    model: gr.Dropdown
    force: gr.Checkbox
    guard: gr.Checkbox
    mask: MaskBox
    examples: gr.Examples


def build_ask() -> Ask:
    """Photo, prompt, Run."""
    photo = photo_input(
        label=t("enhance.photo"), sources=["upload", "clipboard"], height=300, buttons=[], elem_id="photo",
        placeholder=t("enhance.drop"),
    )  # fmt: skip
    with gr.Row(elem_id="suggestions", elem_classes="chips"):
        suggestions = [
            gr.Button(visible=False, size="sm", min_width=60, elem_id=f"suggestion-{k}") for k in range(SUGGESTIONS)
        ]
    prompt = gr.Textbox(
        label=t("enhance.prompt"), placeholder=t("enhance.prompt-hint"), lines=1, max_lines=4,
        submit_btn=t("enhance.understand"), elem_id="prompt",
    )  # fmt: skip
    with gr.Accordion(t("enhance.speak"), open=False, elem_id="speak"):
        speech = audio_input(
            label=t("enhance.speech"), elem_id="speech", sources=["microphone", "upload"], editable=False, buttons=[],
        )  # fmt: skip
    summary = gr.Markdown(elem_id="summary")
    with gr.Row(elem_classes="chips"):
        choices = [gr.Button(visible=False, size="sm", min_width=60, elem_id=f"choice-{k}") for k in range(CHOICES)]
    with gr.Row(elem_id="run-bar"):
        run = gr.Button(t("enhance.run"), variant="primary", scale=4, min_width=120, elem_id="run")
        cancel = gr.Button(t("enhance.cancel"), scale=1, min_width=90, interactive=False, elem_id="cancel")
    return Ask(
        photo=photo, suggestions=suggestions, prompt=prompt, speech=speech, summary=summary, choices=choices, run=run,
        cancel=cancel,
    )  # fmt: skip


def build_result() -> Result:
    """The comparison, with both sliders below it, and the download."""
    comparison = gr.ImageSlider(
        label=t("runs.comparison"), format="png", max_height=560, interactive=False, buttons=["fullscreen"],
        elem_id="comparison",
    )  # fmt: skip
    outcome = gr.Markdown(elem_id="outcome")
    with gr.Row(elem_id="strengths"):
        strength, fidelity = (
            gr.Slider(
                0, 1, 1, step=0.05, label=t(f"enhance.{name}"), info=t(f"enhance.{name}-info"), min_width=200,
                elem_id=name, buttons=[],
            )
            for name in ("strength", "fidelity")
        )  # fmt: skip
    download = gr.DownloadButton(t("enhance.download"), interactive=False, elem_id="download")
    with gr.Accordion(t("enhance.file"), open=False, elem_id="file"):
        kind = gr.Radio(
            [(t("enhance.png"), PNG), (t("enhance.like-photo"), LIKE_PHOTO)], value=PNG, label=t("enhance.format"),
            elem_id="format",
        )  # fmt: skip
        record = gr.Checkbox(True, label=t("enhance.record"), elem_id="record")
        place = gr.Checkbox(label=t("enhance.place"), elem_id="place")
    script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    live = gr.HTML(html_template="", js_on_load=script, visible="hidden", elem_id="live")
    return Result(
        comparison=comparison, outcome=outcome, strength=strength, fidelity=fidelity, download=download, kind=kind,
        record=record, place=place, live=live,
    )  # fmt: skip


def build_more(workshop: Workshop, ask: Ask) -> More:
    """What was understood, where to work, which model, examples."""
    with gr.Accordion(t("enhance.controls"), open=False, elem_id="understood") as accordion:
        controls = build_controls()
    mask = build_mask_box(ask.photo, controls.region)
    with gr.Accordion(t("enhance.options"), open=False, elem_id="options"):
        model = gr.Dropdown(
            workshop.models(), value=BUNDLED_MODEL, label=t("enhance.model"), info=t("enhance.model-info"),
            visible=len(workshop.models()) > 1, elem_id="model",
        )  # fmt: skip
        force = gr.Checkbox(label=t("enhance.force"), elem_id="force")
        guard = gr.Checkbox(True, label=t("enhance.guard"), elem_id="guard")
    with gr.Accordion(t("enhance.examples"), open=False, elem_id="examples"):
        examples = gr.Examples([[text] for text in EXAMPLES], inputs=ask.prompt, label="", examples_per_page=20)
    return More(
        accordion=accordion, controls=controls, model=model, force=force, guard=guard, mask=mask, examples=examples
    )
