"""The Enhance tab: photo and prompt on the left, before and after on the right, everything else in accordions below."""

from dataclasses import dataclass
from functools import partial

import gradio as gr

from controllable.app.controls import build_controls
from controllable.app.enhance_handlers import CHOICES, COMPARISON, SUGGESTIONS, EnhanceHandlers
from controllable.app.files import audio_input, photo_input
from controllable.app.mask import build_mask_box
from controllable.app.words import EXAMPLES
from controllable.app.workshop import BUNDLED_MODEL, MODEL, Workshop


@dataclass(frozen=True, kw_only=True)
class EnhanceTab:
    """What other tabs may fill: the photo, and (fingerprint of the photo, path of its original)."""

    photo: gr.Image
    reference: gr.State


def build_enhance_tab(workshop: Workshop) -> EnhanceTab:
    """Lay out the tab where the caller stands and wire it."""
    understood, refused, reference, shown = gr.State(""), gr.State(None), gr.State(None), gr.State(None)
    offered = gr.State([])
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            photo = photo_input(
                label="Photo", sources=["upload", "clipboard"], height=300, buttons=[], elem_id="photo",
                placeholder="Drop a photo here, or click to choose one",
            )  # fmt: skip
            with gr.Row(elem_classes="chips"):
                suggestions = [
                    gr.Button(visible=False, size="sm", min_width=60, elem_id=f"suggestion-{k}")
                    for k in range(SUGGESTIONS)
                ]
            prompt = gr.Textbox(
                label="What should be better?", placeholder="remove the noise, make it twice as big · 去噪，放大两倍",
                lines=1, max_lines=4, submit_btn="Understand", elem_id="prompt",
            )  # fmt: skip
            with gr.Accordion("Speak", open=False, elem_id="speak"):
                speech = audio_input(
                    label="Your wish, in English", elem_id="speech",
                    sources=["microphone", "upload"], editable=False, buttons=[],
                )  # fmt: skip
            summary = gr.Markdown(elem_id="summary")
            with gr.Row(elem_classes="chips"):
                choices = [
                    gr.Button(visible=False, size="sm", min_width=60, elem_id=f"choice-{k}") for k in range(CHOICES)
                ]
            with gr.Row():
                run = gr.Button("Run", variant="primary", scale=4, min_width=120, elem_id="run")
                cancel = gr.Button("Cancel", scale=1, min_width=90, interactive=False, elem_id="cancel")
        with gr.Column(scale=7, min_width=320):
            comparison = gr.ImageSlider(
                label=COMPARISON, format="png", max_height=560, interactive=False, buttons=["fullscreen"],
                elem_id="comparison",
            )  # fmt: skip
            outcome = gr.Markdown(elem_id="outcome")
            download = gr.DownloadButton("Download PNG (lossless)", interactive=False, elem_id="download")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            with gr.Accordion("Example prompts", open=False):
                examples = gr.Examples([[text] for text in EXAMPLES], inputs=prompt, label="", examples_per_page=20)
            with gr.Accordion("What will be done", open=False, elem_id="understood") as accordion:
                controls = build_controls()
            with gr.Accordion("Strength and fidelity", open=False, elem_id="strengths"):
                strength = gr.Slider(
                    0, 1, 1, step=0.05, label="Strength", info="of everything above; 0 leaves the photo as it is",
                    elem_id="strength",
                )  # fmt: skip
                fidelity = gr.Slider(
                    0, 1, 1, step=0.05, label="Fidelity", info="1 is exact, towards 0 more plausible texture",
                    elem_id="fidelity",
                )  # fmt: skip
                model = gr.Dropdown(
                    workshop.models(), value=BUNDLED_MODEL, label="Model", elem_id="model",
                    info="an expert restores the flaws it was trained on; the bundled one does the rest",
                    visible=len(workshop.models()) > 1,
                )  # fmt: skip
                force = gr.Checkbox(label="Force: do it even where the flaw was not found", elem_id="force")
            mask = build_mask_box(photo, controls.region).mask
        with gr.Column(scale=7, min_width=320):
            with gr.Accordion("Quality", open=True):
                quality = gr.HTML(elem_id="quality")
            with gr.Accordion("Why", open=False, elem_id="why-box"):
                why = gr.HTML(elem_id="why")

    handlers = EnhanceHandlers(workshop, len(controls.components))
    understanding = [*controls.components, summary, understood, refused, accordion, *choices, offered]
    results = [comparison, download, outcome, quality, why, shown]
    asked = [photo, prompt, refused, strength, fidelity, model, force, mask, reference, *controls.components]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    reading = {**quiet, "concurrency_id": "read", "concurrency_limit": 2}
    running = {
        "outputs": results, "show_progress_on": comparison, "concurrency_id": MODEL, "concurrency_limit": 1,
        "api_visibility": "private",
    }  # fmt: skip

    photo.change(
        handlers.look, photo, [*suggestions, quality, comparison, download, outcome, why, shown],
        trigger_mode="always_last", **reading,
    )  # fmt: skip
    prompt.submit(handlers.understand, prompt, understanding, **reading)
    speech.change(handlers.listen, speech, prompt, trigger_mode="always_last", **reading).success(
        handlers.refresh, [prompt, understood], understanding, **reading
    )
    examples.load_input_event.then(handlers.understand, prompt, understanding, **reading)
    for button in suggestions:
        button.click(lambda text: text, button, prompt, **quiet).then(
            handlers.understand, prompt, understanding, **reading
        )

    for place, button in enumerate(choices):
        button.click(partial(handlers.choose, place), [prompt, offered], understanding, **reading)

    run.click(lambda: gr.Button(interactive=True), None, cancel, queue=False, **quiet)
    refreshed = run.click(handlers.refresh, [prompt, understood], understanding, **reading)
    ran = refreshed.success(handlers.run, asked, **running)
    again = gr.on([strength.release, fidelity.release], handlers.run_again, [shown, *asked], **running)
    ran.then(lambda: gr.Button(interactive=False), None, cancel, queue=False, **quiet)
    refreshed.failure(lambda: gr.Button(interactive=False), None, cancel, queue=False, **quiet)
    cancel.click(handlers.cancel, None, cancel, queue=False, cancels=[refreshed, ran, again], **quiet)
    return EnhanceTab(photo=photo, reference=reference)
