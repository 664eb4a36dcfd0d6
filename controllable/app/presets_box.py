"""Presets on the page: saved under a name in this browser, loaded, deleted; and the link that carries one elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from controllable.app.language import Text, pick, t
from controllable.app.presets import PARAMETER, Preset, clean_name, from_link, saved, to_link, to_store
from controllable.app.sentences import one_sentence

STORAGE_KEY = "controllable-presets"
STORAGE_SECRET = "presets are no secret, but must outlive the server"
"""Gradio encrypts what it keeps in the browser; a fixed key lets a restarted server read it again."""

TEXTS: dict[str, Text] = {
    "presets.title": ("Presets and sharing", "预设与分享"),
    "presets.about": (
        "A preset is the prompt with its controls, without the photo. It is kept in this browser.",
        "预设是要求及各项控制，不含照片，只保存在本浏览器中。",
    ),
    "presets.saved": ("Saved presets", "已存预设"),
    "presets.load": ("Load", "载入"),
    "presets.delete": ("Delete", "删除"),
    "presets.name": ("Name", "名称"),
    "presets.name-hint": ("for example: old family photos", "例如：老家庭照片"),
    "presets.save": ("Save", "保存"),
    "presets.share": ("Copy a link to these settings", "复制这组设置的链接"),
    "presets.link": ("Link", "链接"),
}
SAVED: Text = ("Saved as “{}”.", "已保存为“{}”。")
DELETED: Text = ("Deleted “{}”.", "已删除“{}”。")
NONE_CHOSEN: Text = ("preset: choose one first", "预设：请先选择一个")
FROM_LINK: Text = (
    "The link's settings are filled in; drop a photo and press Run.",
    "已填入链接中的设置，放入照片后点“开始”即可。",
)

COPY = """
(code) => {
  const link = `${location.origin}${location.pathname}?PARAMETER=${code}`;
  navigator.clipboard?.writeText(link).catch(() => {});
  return link;
}
""".replace("PARAMETER", PARAMETER)
"""In the browser, as the server does not know what address it is reached at."""


@dataclass(frozen=True, kw_only=True)
class PresetsBox:
    """stored: what this browser keeps, name → preset as JSON."""

    stored: gr.BrowserState
    chosen: gr.Dropdown
    load: gr.Button
    delete: gr.Button
    name: gr.Textbox
    save: gr.Button
    share: gr.Button
    link: gr.Textbox


def build_presets_box() -> PresetsBox:
    """Lay the accordion out where the caller stands."""
    stored = gr.BrowserState({}, storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
    with gr.Accordion(t("presets.title"), open=False, elem_id="presets-box"):
        gr.Markdown(t("presets.about"), elem_classes="note")
        with gr.Row(elem_classes="bottom"):
            chosen = gr.Dropdown([], label=t("presets.saved"), scale=3, min_width=140, elem_id="preset")
            load = gr.Button(t("presets.load"), min_width=80, elem_id="preset-load")
            delete = gr.Button(t("presets.delete"), min_width=80, elem_id="preset-delete")
        with gr.Row(elem_classes="bottom"):
            name = gr.Textbox(
                label=t("presets.name"), placeholder=t("presets.name-hint"), max_lines=1, scale=3, min_width=140,
                elem_id="preset-name",
            )  # fmt: skip
            save = gr.Button(t("presets.save"), min_width=80, elem_id="preset-save")
        share = gr.Button(t("presets.share"), elem_id="share")
        link = gr.Textbox(
            label=t("presets.link"), interactive=False, visible=False, max_lines=2, buttons=["copy"], elem_id="link"
        )
    return PresetsBox(
        stored=stored, chosen=chosen, load=load, delete=delete, name=name, save=save, share=share, link=link
    )


class PresetsHandlers:
    """read: the widgets that say what to do → a Preset; fill: the inverse, with what else of the tab follows."""

    def __init__(self, read: Callable[..., Preset], fill: Callable[[Preset], list[Any]], filled: int) -> None:
        self.read, self.fill, self.filled = read, fill, filled

    def names(self, stored: Any) -> Any:
        """What the browser keeps → the list of it."""
        names = list(saved(stored))
        return gr.Dropdown(names, value=names[0] if names else None)

    @one_sentence
    def save(self, stored: Any, name: str, *options: Any) -> list[Any]:
        """The widgets → what the browser keeps, the list of it, and an empty name."""
        name = clean_name(name)
        presets = saved(stored) | {name: self.read(*options)}
        kept = to_store(presets)
        gr.Info(pick(SAVED).format(escape(name)))
        return [kept, gr.Dropdown(list(kept), value=name), ""]

    @one_sentence
    def delete(self, stored: Any, name: str | None) -> list[Any]:
        """What the browser keeps, without this one, and the list of it."""
        presets = saved(stored)
        if name not in presets:
            raise ValueError(pick(NONE_CHOSEN))
        gr.Info(pick(DELETED).format(escape(name)))
        kept = to_store({known: preset for known, preset in presets.items() if known != name})
        return [kept, gr.Dropdown(list(kept), value=next(iter(kept), None))]

    @one_sentence
    def load(self, stored: Any, name: str | None) -> list[Any]:
        """The preset of that name → the widgets that say what to do."""
        presets: Mapping[str, Preset] = saved(stored)
        if name not in presets:
            raise ValueError(pick(NONE_CHOSEN))
        return self.fill(presets[name])

    @one_sentence
    def share(self, *options: Any) -> Any:
        """The widgets → the code that a link carries, shown."""
        return gr.Textbox(to_link(self.read(*options)), visible=True)

    @one_sentence
    def open(self, request: gr.Request) -> list[Any]:
        """The link the page was opened with → the widgets that say what to do."""
        link = request.query_params.get(PARAMETER)
        if not link:
            return [gr.skip()] * self.filled
        filled = self.fill(from_link(link))
        gr.Info(pick(FROM_LINK))
        return filled
