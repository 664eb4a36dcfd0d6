"""Serving the page: the settings it is served with, and the one call that does it."""

from typing import Any

import gradio as gr

from controllable.app.agents import serve_agents
from controllable.app.guard import protect
from controllable.app.page import build_page, looks
from controllable.enhancer import Enhancer

MAX_FILE_SIZE = "20mb"


def serve(enhancer: Enhancer, *, host: str, port: int | None, block: bool = True, mcp: bool = True) -> str:
    """Serve the page and return its address; `block=False` returns at once and serves in the background.

    mcp: whether agents find the endpoints as tools, below /gradio_api/mcp/.
    """
    page = build_page(enhancer)
    serve_agents()
    _, address, _ = page.launch(
        server_name=host, server_port=port, prevent_thread_lock=True, mcp_server=mcp, **settings(), **protect()
    )
    if block:
        page.block_thread()
    return str(address)


def settings() -> dict[str, Any]:
    """Launch settings for strangers on the internet, beside `protect`; fonts are the visitor's own, so no other host is
    contacted."""
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
        **looks(),
        "share": False,
        "show_error": False,
        "max_file_size": MAX_FILE_SIZE,
        "enable_monitoring": False,
        "run_history": False,
        "ssr_mode": False,
        "footer_links": ["api"],
        "quiet": True,
    }
