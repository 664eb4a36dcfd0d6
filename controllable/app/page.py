"""The page: its tabs, the endpoints, the looks and the texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from controllable.app import (
    batch_tab,
    controls,
    degrade_tab,
    enhance_layout,
    export_box,
    history_box,
    language,
    mask,
    plots,
    presets_box,
    run_handlers,
    words,
)
from controllable.app.batch_tab import build_batch_tab
from controllable.app.degrade_tab import build_degrade_tab
from controllable.app.endpoints import build_endpoints
from controllable.app.enhance_tab import build_enhance_tab
from controllable.app.files import KEPT_S, restrict_pillow
from controllable.app.language import Text, t
from controllable.app.workshop import Workshop
from controllable.enhancer import Enhancer

WAITING = 16
"""Requests that may wait; the next one is told that the server is busy."""

TEXTS: dict[str, Text] = {
    "page.title": ("Say what to fix. Nothing else is touched.", "说出要改善的地方，其余一概不动。"),
    "page.enhance": ("Enhance", "增强"),
    "page.batch": ("Batch", "批量"),
    "page.degrade": ("Degrade", "退化"),
    "page.keyboard": ("Keyboard", "键盘操作"),
    "page.keys": (
        "<kbd>Ctrl</kbd>+<kbd>Enter</kbd> run · <kbd>Esc</kbd> cancel · <kbd>/</kbd> to the prompt · hold "
        "<kbd>B</kbd> to see the photo as it was · <kbd>←</kbd> <kbd>→</kbd> move the slider that has the focus",
        "<kbd>Ctrl</kbd>+<kbd>Enter</kbd> 开始 · <kbd>Esc</kbd> 取消 · <kbd>/</kbd> 跳到输入框 · 按住 <kbd>B</kbd> "
        "查看处理前 · <kbd>←</kbd> <kbd>→</kbd> 移动当前滑块",
    ),
}


def build_page(enhancer: Enhancer) -> gr.Blocks:
    """The whole page around one Enhancer; not yet serving."""
    restrict_pillow()
    workshop = Workshop(enhancer)
    with gr.Blocks(title="Controllable", analytics_enabled=False, delete_cache=(KEPT_S, KEPT_S)) as page:
        build_endpoints(workshop)  # before the tabs: the first handler of a name gets it
        gr.Markdown(f"# Controllable\n{t('page.title')}", elem_id="title")
        with gr.Tabs(selected="enhance") as tabs:
            with gr.Tab(t("page.enhance"), id="enhance"):
                enhance = build_enhance_tab(workshop, page)
            with gr.Tab(t("page.batch"), id="batch"):
                build_batch_tab(workshop)
            with gr.Tab(t("page.degrade"), id="degrade"):
                build_degrade_tab(workshop, enhance, tabs)
        with gr.Accordion(t("page.keyboard"), open=False, elem_id="keyboard"):
            gr.HTML(t("page.keys"))
    return page.queue(max_size=WAITING, default_concurrency_limit=8)


def looks() -> dict[str, Any]:
    """Launch settings of the page itself: its style, its script and its texts."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return {
        "css": plots.CSS + style,
        "head": f"<script>{language.SCRIPT}</script>",
        "i18n": language.translations(*tables()),
    }


def tables() -> list[Mapping[str, Text]]:
    """Every module's texts."""
    modules = (
        batch_tab, controls, degrade_tab, enhance_layout, export_box, history_box, mask, presets_box, run_handlers,
        words,
    )  # fmt: skip
    return [TEXTS, *(module.TEXTS for module in modules)]
