"""The page: both tabs, the endpoints, the looks and the settings it is served with."""

from typing import Any

import gradio as gr

from controllable.app import plots
from controllable.app.degrade_tab import build_degrade_tab
from controllable.app.endpoints import build_endpoints
from controllable.app.enhance_tab import build_enhance_tab
from controllable.app.files import KEPT_S, restrict_pillow
from controllable.app.workshop import Workshop
from controllable.enhancer import Enhancer

MAX_FILE_SIZE = "20mb"
WAITING = 16
"""Requests that may wait; the next one is told that the server is busy."""

CSS = (
    plots.CSS
    + """
.gradio-container{max-width:1280px!important}
#title h1{font-size:24px;margin:0} #title p{margin:2px 0 0;color:var(--body-text-color-subdued)}
#summary,#outcome{min-height:0} #summary p,#outcome p{margin:0}
.chips{gap:6px!important} .chips button{border-radius:999px!important;font-weight:400}
.grid>.form{display:grid!important;grid-template-columns:repeat(auto-fill,minmax(190px,1fr))}
.rows>.form{display:grid!important;grid-template-columns:1fr}
.grid>.form>.block,.rows>.form>.block{padding:6px 10px!important}
#story{min-height:0} #story p,#pairs-about p{margin:0;color:var(--body-text-color-subdued);font-size:13px}
@media(max-width:640px){.gradio-container{padding:8px!important}}
"""
)


def build_page(enhancer: Enhancer) -> gr.Blocks:
    """The whole page around one Enhancer; not yet serving."""
    restrict_pillow()
    workshop = Workshop(enhancer)
    with gr.Blocks(title="Controllable", analytics_enabled=False, delete_cache=(KEPT_S, KEPT_S)) as page:
        build_endpoints(workshop)  # before the tabs: the first handler of a name gets it
        gr.Markdown("# Controllable\nSay what to fix. Nothing else is touched.", elem_id="title")
        with gr.Tabs(selected="enhance") as tabs:
            with gr.Tab("Enhance", id="enhance"):
                enhance = build_enhance_tab(workshop)
            with gr.Tab("Degrade", id="degrade"):
                build_degrade_tab(workshop, enhance, tabs)
    return page.queue(max_size=WAITING, default_concurrency_limit=8)


def serve(enhancer: Enhancer, *, host: str, port: int | None, block: bool = True) -> str:
    """Serve the page and return its address; `block=False` returns at once and serves in the background."""
    page = build_page(enhancer)
    _, address, _ = page.launch(server_name=host, server_port=port, prevent_thread_lock=True, **settings())
    if block:
        page.block_thread()
    return str(address)


def settings() -> dict[str, Any]:
    """Launch settings for strangers on the internet; fonts are the visitor's own, so no other host is contacted."""
    sans, mono = ("ui-sans-serif", "system-ui", "sans-serif"), ("ui-monospace", "monospace")
    theme = gr.themes.Soft(primary_hue="teal", neutral_hue="slate", font=sans, font_mono=mono).set(
        block_title_background_fill="transparent",
        block_title_text_color="*body_text_color",
        block_title_text_weight="500",
        block_title_padding="0",
        block_label_background_fill="*background_fill_primary",
        block_label_text_color="*body_text_color",
        block_label_text_weight="500",
    )
    return {
        "theme": theme,
        "css": CSS,
        "share": False,
        "show_error": False,
        "max_file_size": MAX_FILE_SIZE,
        "allowed_paths": [],
        "strict_cors": True,
        "enable_monitoring": False,
        "run_history": False,
        "ssr_mode": False,
        "footer_links": ["api"],
        "quiet": True,
    }
