"""The Enhance tab: what its widgets do when they are used.

On a phone the four groups of the layout stand below each other, the result right after what was asked.
"""

from dataclasses import dataclass
from functools import partial

import gradio as gr

from controllable.app.enhance_handlers import EnhanceHandlers
from controllable.app.enhance_layout import build_ask, build_more, build_result
from controllable.app.history_box import HistoryHandlers, build_history_box
from controllable.app.language import t
from controllable.app.mask import painted_mask, take_photo
from controllable.app.presets_box import COPY, PresetsHandlers, build_presets_box
from controllable.app.run_handlers import RunHandlers, read_preset
from controllable.app.workshop import MODEL, Workshop


@dataclass(frozen=True, kw_only=True)
class EnhanceTab:
    """What other tabs may fill: the photo, and (fingerprint of the photo, path of its original)."""

    photo: gr.Image
    reference: gr.State


def build_enhance_tab(workshop: Workshop, page: gr.Blocks) -> EnhanceTab:
    """Lay out the tab where the caller stands, on this page, and wire it."""
    understood, refused, reference, shown = gr.State(""), gr.State(None), gr.State(None), gr.State(None)
    offered, kept = gr.State([]), gr.State(None)
    with gr.Row(equal_height=False, elem_classes="sides"):
        with gr.Column(scale=5, min_width=320):
            with gr.Column(elem_classes="ask"):
                ask = build_ask()
            with gr.Column(elem_classes="more"):
                more = build_more(workshop, ask)
                presets = build_presets_box()
        with gr.Column(scale=7, min_width=320):
            with gr.Column(elem_classes="result"):
                result = build_result()
                history = build_history_box()
            with gr.Column(elem_classes="details"):
                with gr.Accordion(t("enhance.quality"), open=True):
                    quality = gr.HTML(elem_id="quality")
                with gr.Accordion(t("enhance.why"), open=False, elem_id="why-box"):
                    why = gr.HTML(elem_id="why")

    handlers, runs = EnhanceHandlers(workshop, len(more.controls.components)), RunHandlers(workshop)
    photo, prompt, run, cancel = ask.photo, ask.prompt, ask.run, ask.cancel
    understanding = [*more.controls.components, ask.summary, understood, refused, more.accordion, *ask.choices, offered]
    options = [prompt, result.strength, result.fidelity, more.model, more.force, more.guard]
    filling, preset = [*options, *understanding], [*options, *more.controls.components]
    seen = [result.comparison, result.download, result.outcome]
    results = [*seen, quality, why, shown, result.live, *history.widgets]
    file = [result.kind, result.record, result.place]
    asked = [photo, refused, more.mask.mask, reference, history.history, *file, *preset]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    reading = {**quiet, "concurrency_id": "read", "concurrency_limit": 2}
    running = {
        "outputs": results, "show_progress_on": result.comparison, "concurrency_id": MODEL, "concurrency_limit": 1,
        "api_visibility": "private",
    }  # fmt: skip
    answering = {**quiet, "concurrency_id": "live", "concurrency_limit": 2, "trigger_mode": "always_last"}

    looked = photo.change(
        handlers.look, photo, [*ask.suggestions, quality, *seen, why, shown, result.live], trigger_mode="always_last",
        **reading,
    )  # fmt: skip
    looked.success(handlers.recall, [photo, kept], [*filling, more.mask.mask, kept], **reading)
    looked.success(take_photo, more.mask.paper, more.mask.fresh, **reading)
    prompt.submit(handlers.understand, prompt, understanding, **reading)
    ask.speech.change(handlers.listen, ask.speech, prompt, trigger_mode="always_last", **reading).success(
        handlers.refresh, [prompt, understood], understanding, **reading
    )
    more.examples.load_input_event.then(handlers.understand, prompt, understanding, **reading)
    for button in ask.suggestions:
        button.click(lambda text: text, button, prompt, **quiet).then(
            handlers.understand, prompt, understanding, **reading
        )
    for place, button in enumerate(ask.choices):
        button.click(partial(handlers.choose, place), [prompt, offered], understanding, **reading)

    def may_not() -> gr.Button:
        return gr.Button(interactive=False)

    run.click(runs.begin, None, cancel, queue=False, **quiet)
    region = more.controls.region
    latest = run.click(  # paint may be newer than what the page has told
        painted_mask, [photo, region, *more.mask.painting], [region, *more.mask.filled], **reading
    )
    refreshed = latest.success(handlers.refresh, [prompt, understood], understanding, **reading)
    ran = refreshed.success(runs.run, asked, **running)
    let_go = [result.strength.release, result.fidelity.release, *(widget.input for widget in file)]
    gr.on(let_go, lambda seen: gr.Button(interactive=seen is not None), shown, cancel, queue=False, **quiet)
    again = gr.on(
        let_go, runs.run_again, [shown, *asked], show_progress="minimal", trigger_mode="always_last", **running
    )
    for done in (ran, again):
        done.then(may_not, None, cancel, queue=False, **quiet)
        done.success(runs.answers, shown, result.live, **answering)
        done.failure(runs.fail, None, result.live, queue=False, **quiet)
    for stopped in (latest, refreshed):
        stopped.failure(may_not, None, cancel, queue=False, **quiet)
    working = [latest, refreshed, ran, again]
    cancel.click(runs.cancel, None, [cancel, result.live], queue=False, cancels=working, **quiet)

    past = HistoryHandlers(handlers.fill)
    history.strip.select(past.pick, [history.history, history.against], [history.history, *seen, result.live], **quiet)
    history.against.input(past.compare, [history.history, history.against], [*seen, result.live], **quiet)
    history.reuse.click(past.reuse, history.history, filling, **quiet)

    keeper = PresetsHandlers(read_preset, handlers.fill, len(filling))
    presets.stored.change(keeper.names, presets.stored, presets.chosen, **quiet)
    presets.save.click(
        keeper.save, [presets.stored, presets.name, *preset], [presets.stored, presets.chosen, presets.name], **quiet
    )
    presets.delete.click(keeper.delete, [presets.stored, presets.chosen], [presets.stored, presets.chosen], **quiet)
    presets.load.click(keeper.load, [presets.stored, presets.chosen], filling, **quiet)
    presets.share.click(keeper.share, preset, presets.link, **quiet).success(
        None, presets.link, presets.link, js=COPY, api_visibility="private"
    )
    page.load(keeper.names, presets.stored, presets.chosen, **quiet)
    page.load(keeper.open, None, filling, **quiet)
    return EnhanceTab(photo=photo, reference=reference)
