"""Below the Degrade tab's controls: many clean photos → pairs of clean and degraded ones, as one ZIP."""

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from controllable.app.files import new_file
from controllable.app.language import Text, pick, t
from controllable.app.pairs import MOST_PAIR_PIXELS, MOST_PHOTOS, zip_pairs
from controllable.app.run_handlers import PROGRESS
from controllable.app.sentences import one_sentence
from controllable.app.variants import MOST_VARIANTS
from controllable.app.workshop import MODEL, Workshop
from controllable.degradation.export import SUFFIXES, ExportSettings
from controllable.task import TASKS

TEXTS: dict[str, Text] = {
    "pairs.title": ("Export many as pairs", "批量导出成对数据"),
    "pairs.about": (
        "Each pair gets severities of its own, drawn from the recipe that is chosen; with “My own sliders” all get the "
        f"sliders'. At most {MOST_PHOTOS} photos and {MOST_PAIR_PIXELS / 1e6:.0f} megapixels of results.",
        "每一对都从所选配方中抽取自己的程度；选“自己调滑块”则全部使用滑块的值。"
        f"最多 {MOST_PHOTOS} 张照片，结果合计不超过 {MOST_PAIR_PIXELS / 1e6:.0f} 百万像素。",
    ),
    "pairs.photos": ("Clean photos", "清晰照片"),
    "pairs.seed": ("Seed", "随机种子"),
    "pairs.variants": ("Variants of each photo", "每张照片的变体数"),
    "pairs.run": ("Make pairs", "生成"),
    "pairs.cancel": ("Cancel", "取消"),
    "pairs.zip": ("Download ZIP", "下载 ZIP"),
}


class ExportHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @one_sentence
    def run(self, request: gr.Request, progress: gr.Progress = PROGRESS, *asked: Any) -> list[Any]:
        """The widgets → what was made, in a line, and the ZIP."""
        photos, recipe, seed, variants, *severity = asked
        wanted = None if recipe else dict(zip(TASKS, severity, strict=True))
        settings = ExportSettings(
            choice=self.workshop.choice(recipe, wanted), variants=int(variants), seed=int(seed or 0)
        )
        path = new_file("pairs.zip")
        with self.workshop.turn(request.session_hash or "") as check:

            def report(share: float, name: str) -> None:
                check()
                progress(share, desc=pick((f"pairs of {name}", name)) if name else pick(("packing", "打包中")))

            done = zip_pairs(photos or [], settings, path, report)
        count = pick((f"{done.pairs} pairs", f"{done.pairs} 对"))
        line = f"**{count}**, {path.stat().st_size / 1e6:.1f} MB{_left_out(done.skipped)}"
        return [line, gr.DownloadButton(value=str(path), interactive=True)]

    def cancel(self, request: gr.Request) -> list[Any]:
        self.workshop.cancel(request.session_hash or "")
        return [gr.Button(interactive=False), pick(("Cancelled; nothing was kept.", "已取消，未保留任何内容。"))]


def _left_out(skipped: Mapping[str, str]) -> str:
    """Each photo that was skipped, once, with the reason."""
    head = pick(("left out:", "跳过："))
    return "".join(f"\n- {head} {escape(sentence.removeprefix('image: '))}" for sentence in skipped.values())


def build_export_box(workshop: Workshop, recipe: gr.Dropdown, sliders: list[gr.Slider]) -> None:
    """Lay out the accordion where the caller stands and wire it."""
    with gr.Accordion(t("pairs.title"), open=False, elem_id="pairs"):
        gr.Markdown(t("pairs.about"), elem_id="pairs-about")
        photos = gr.File(
            label=t("pairs.photos"), file_count="multiple", file_types=list(SUFFIXES), height=180, elem_id="pair-photos"
        )
        with gr.Row():
            seed = gr.Number(0, label=t("pairs.seed"), precision=0, minimum=0, maximum=2**31 - 1, min_width=100)
            variants = gr.Slider(1, MOST_VARIANTS, 1, step=1, label=t("pairs.variants"), min_width=160)
        with gr.Row():
            run = gr.Button(t("pairs.run"), variant="primary", scale=4, min_width=120, elem_id="make-pairs")
            cancel = gr.Button(t("pairs.cancel"), scale=1, min_width=90, interactive=False, elem_id="cancel-pairs")
        outcome = gr.Markdown(elem_id="pairs-outcome")
        download = gr.DownloadButton(t("pairs.zip"), interactive=False, elem_id="pairs-zip")

    handlers = ExportHandlers(workshop)
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    run.click(
        lambda: [gr.Button(interactive=True), "", gr.DownloadButton(value=None, interactive=False)], None,
        [cancel, outcome, download], queue=False, **quiet,
    )  # fmt: skip
    ran = run.click(
        handlers.run, [photos, recipe, seed, variants, *sliders], [outcome, download], show_progress_on=photos,
        concurrency_id=MODEL, concurrency_limit=1, api_visibility="private",
    )  # fmt: skip
    ran.then(lambda: gr.Button(interactive=False), None, cancel, queue=False, **quiet)
    cancel.click(handlers.cancel, None, [cancel, outcome], queue=False, cancels=[ran], **quiet)
