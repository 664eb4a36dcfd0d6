"""The Degrade tab: a clean photo → variants of it gone bad, replayable, and over to Enhance to be scored."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from controllable.app.enhance_tab import EnhanceTab
from controllable.app.export_box import build_export_box
from controllable.app.files import photo_input, write_json, write_png, write_preview
from controllable.app.language import Text, pick, t
from controllable.app.run_handlers import PROGRESS, fingerprint
from controllable.app.sentences import one_sentence
from controllable.app.variants import MOST_VARIANTS, degrade, drawn_severities
from controllable.app.workshop import MODEL, Workshop
from controllable.degradation.recipes import RECIPES
from controllable.task import TASKS

OWN = ""
"""The recipe that is none: the sliders alone."""

TEXTS: dict[str, Text] = {
    "degrade.photo": ("Clean photo", "清晰照片"),
    "degrade.drop": ("Drop a good photo here, or click to choose one", "把一张好照片拖到这里，或点击选择"),
    "degrade.recipe": ("Recipe", "配方"),
    "degrade.own": ("My own sliders", "自己调滑块"),
    "degrade.seed": ("Seed", "随机种子"),
    "degrade.variants": ("Variants", "变体"),
    "degrade.run": ("Degrade", "退化"),
    "degrade.severity": ("Severity of each flaw", "各种问题的程度"),
    "degrade.send": ("Send to Enhance", "送去增强"),
    "degrade.png": ("Download PNG", "下载 PNG"),
    "degrade.parameters": ("Parameters", "参数"),
    "degrade.json": ("Parameters as JSON", "参数（JSON）"),
}
NO_PHOTO: Text = ("photo: there is none yet; drop one in first", "照片：还没有照片，请先放入一张")
ALL_ZERO: Text = (
    "severity: every slider is at 0; choose a recipe or move one",
    "程度：所有滑块都是 0，请选择一个配方或移动滑块",
)
NO_VARIANTS: Text = ("variants: there are none yet; degrade a photo first", "变体：还没有，请先退化一张照片")
EXPIRED: Text = ("variants: these have expired; degrade the photo again", "变体：已过期，请重新退化照片")


class DegradeHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @one_sentence
    def sample(self, recipe: str, seed: float | None) -> list[Any]:
        """Recipe and seed → its story and the sliders; no recipe leaves these as they are."""
        if not recipe:
            return ["", *[gr.skip()] * len(TASKS)]
        choice = self.workshop.choice(recipe, device=self.workshop.enhancer.device)
        drawn = drawn_severities(choice, whole(seed))
        return [t(f"story.{recipe}") if recipe in RECIPES else choice.source.story, *(drawn[task] for task in TASKS)]

    @one_sentence
    def run(self, request: gr.Request, progress: gr.Progress = PROGRESS, *asked: Any) -> list[Any]:
        """The widgets → gallery, the variants behind it, and the first one's parameters and files."""
        photo, recipe, seed, count, *severity = asked
        if photo is None:
            raise ValueError(pick(NO_PHOTO))
        wanted = dict(zip(TASKS, severity, strict=True))
        if not any(wanted.values()):
            raise ValueError(pick(ALL_ZERO))
        choice = self.workshop.choice(recipe, wanted, device=self.workshop.enhancer.device)
        with self.workshop.turn(request.session_hash or "") as check:

            def report(share: float) -> None:
                check()
                progress(share, desc=pick(("degrading", "退化中")))

            made = degrade(
                photo, choice, seed=whole(seed), count=int(count), device=self.workshop.enhancer.device,
                progress=report,
            )  # fmt: skip
        variants = [{"png": write_png(v.image, photo, f"degraded-{v.seed}"), "record": v.record} for v in made]
        shown = [(write_preview(v.image), pick((f"seed {v.seed}", f"种子 {v.seed}"))) for v in made]
        kept = {"original": photo, "variants": variants, "picked": 0}
        return [gr.Gallery(value=shown, selected_index=0), kept, *self._pick(kept)]

    @one_sentence
    def pick(self, kept: dict[str, Any] | None, event: gr.SelectData) -> list[Any]:
        """A click on the gallery → that variant's parameters and files."""
        if kept is None:
            raise ValueError(pick(NO_VARIANTS))
        kept = {**kept, "picked": int(event.index)}
        return [kept, *self._pick(kept)]

    def _pick(self, kept: dict[str, Any]) -> list[Any]:
        variant = kept["variants"][kept["picked"]]
        values = variant["record"]
        return [
            values,
            gr.DownloadButton(value=variant["png"], interactive=True),
            gr.DownloadButton(value=write_json(json.dumps(values), variant["png"]), interactive=True),
            gr.Button(interactive=True),
        ]

    @one_sentence
    def send(self, kept: dict[str, Any] | None) -> list[Any]:
        """The picked variant → Enhance's photo, what it is to be scored against, and the open tab."""
        if kept is None:
            raise ValueError(pick(NO_VARIANTS))
        png = kept["variants"][kept["picked"]]["png"]
        if not Path(png).exists():
            raise ValueError(pick(EXPIRED))
        return [png, (fingerprint(png), kept["original"]), gr.Tabs(selected="enhance")]


def _title(name: str, title: str) -> str:
    """Learned degraders are called as they call themselves."""
    return t(f"recipe.{name}") if name in RECIPES else title


def whole(seed: float | None) -> int:
    """A number box's value as a seed; empty is 0."""
    return int(seed or 0)


@dataclass(frozen=True, kw_only=True)
class DegradeTab:
    """Nothing of this tab is filled by others but the photo."""

    photo: gr.Image


def build_degrade_tab(workshop: Workshop, enhance: EnhanceTab, tabs: gr.Tabs) -> DegradeTab:
    """Lay out the tab where the caller stands and wire it."""
    kept = gr.State(None)
    with gr.Row(equal_height=False, elem_classes="sides"):
        with gr.Column(scale=5, min_width=320):
            with gr.Column(elem_classes="ask"):
                photo = photo_input(
                    label=t("degrade.photo"), placeholder=t("degrade.drop"), sources=["upload", "clipboard"],
                    height=300, buttons=[], elem_id="clean-photo",
                )  # fmt: skip
                recipes = ((_title(name, title), name) for name, title in workshop.recipes().items())
                recipe = gr.Dropdown(
                    [(t("degrade.own"), OWN), *recipes], value=OWN, label=t("degrade.recipe"), elem_id="recipe"
                )
                story = gr.Markdown(elem_id="story")
                with gr.Row():
                    seed = gr.Number(
                        0, label=t("degrade.seed"), precision=0, minimum=0, maximum=2**31 - 1 - MOST_VARIANTS,
                        min_width=100,
                    )  # fmt: skip
                    count = gr.Slider(
                        1, MOST_VARIANTS, 3, step=1, label=t("degrade.variants"), min_width=160, buttons=[],
                        elem_id="count",
                    )  # fmt: skip
                run = gr.Button(t("degrade.run"), variant="primary", elem_id="degrade")
            with (
                gr.Column(elem_classes="more"),
                gr.Accordion(t("degrade.severity"), open=True),
                gr.Row(elem_classes="rows"),
            ):
                sliders = [
                    gr.Slider(
                        0, 1, 0, step=0.01, label=t(f"severity.{task}"), min_width=150, buttons=[],
                        elem_id=f"severity-{task}",
                    )
                    for task in TASKS
                ]  # fmt: skip
        with gr.Column(scale=7, min_width=320):
            with gr.Column(elem_classes="result"):
                gallery = gr.Gallery(
                    label=t("degrade.variants"), format="png", height=460, columns=4, preview=True,
                    object_fit="contain", interactive=False, buttons=["fullscreen"], elem_id="variants",
                )  # fmt: skip
                with gr.Row():
                    unready = {"interactive": False, "min_width": 140}
                    send = gr.Button(t("degrade.send"), variant="primary", elem_id="send", **unready)
                    download = gr.DownloadButton(t("degrade.png"), elem_id="degraded-png", **unready)
                    download_json = gr.DownloadButton(t("degrade.parameters"), elem_id="degraded-json", **unready)
            with gr.Column(elem_classes="details"):
                with gr.Accordion(t("degrade.json"), open=False):
                    parameters = gr.JSON(show_label=False, elem_id="parameters")
                build_export_box(workshop, recipe, sliders)

    handlers = DegradeHandlers(workshop)
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    picked = [parameters, download, download_json, send]
    gr.on([recipe.input, seed.input], handlers.sample, [recipe, seed], [story, *sliders], **quiet)
    run.click(
        handlers.run, [photo, recipe, seed, count, *sliders], [gallery, kept, *picked], show_progress_on=gallery,
        concurrency_id=MODEL, concurrency_limit=1, api_visibility="private",
    )  # fmt: skip
    gallery.select(handlers.pick, kept, [kept, *picked], **quiet)
    send.click(handlers.send, kept, [enhance.photo, enhance.reference, tabs], **quiet)
    return DegradeTab(photo=photo)
