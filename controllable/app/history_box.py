"""The strip of this session's results: pick one to see it again, compare any two, take up its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from controllable.app import live
from controllable.app.history import MOST_RESULTS, ORIGINAL, History, pair
from controllable.app.language import Text, chinese, pick, t
from controllable.app.presets import Preset
from controllable.app.sentences import one_sentence

TEXTS: dict[str, Text] = {
    "history.title": ("This session's results", "本次的结果"),
    "history.about": (
        f"The last {MOST_RESULTS} results, for this page alone; they are deleted after an hour.",
        f"保留最近 {MOST_RESULTS} 个结果，仅本页可见，一小时后删除。",
    ),
    "history.strip": ("Results, newest first", "结果（从新到旧）"),
    "history.against": ("Compare with", "与之对比"),
    "history.original": ("The photo", "原照片"),
    "history.reuse": ("Use these settings again", "再用这组设置"),
}
NONE_YET: Text = ("history: there is no result yet; press Run first", "历史：还没有结果，请先点“开始”")


@dataclass(frozen=True, kw_only=True)
class HistoryBox:
    """history: a State with a History; widgets: what `show_history` fills."""

    history: gr.State
    strip: gr.Gallery
    against: gr.Dropdown
    reuse: gr.Button

    @property
    def widgets(self) -> list[Any]:
        return [self.history, self.strip, self.against]


def build_history_box() -> HistoryBox:
    """Lay the accordion out where the caller stands."""
    history = gr.State(History())
    with gr.Accordion(t("history.title"), open=True, elem_id="history-box"):
        gr.Markdown(t("history.about"), elem_classes="note")
        strip = gr.Gallery(
            label=t("history.strip"), show_label=False, columns=4, rows=1, height="auto", object_fit="contain",
            allow_preview=False, interactive=False, buttons=[], elem_id="history",
        )  # fmt: skip
        with gr.Row():
            against = gr.Dropdown(
                [(t("history.original"), ORIGINAL)], value=ORIGINAL, label=t("history.against"), min_width=160,
                elem_id="against",
            )  # fmt: skip
            reuse = gr.Button(t("history.reuse"), min_width=160, elem_id="reuse")
    return HistoryBox(history=history, strip=strip, against=against, reuse=reuse)


def show_history(history: History, left: int) -> list[Any]:
    """History, strip and the list of what to compare with."""
    captions = [entry.caption(chinese=chinese()) for entry in history.entries]
    numbers = [entry.number for entry in history.entries]
    strip = [(entry.thumbnail, caption) for entry, caption in zip(history.entries, captions, strict=True)]
    choices = [(t("history.original"), ORIGINAL), *zip(captions, numbers, strict=True)]
    selected = numbers.index(history.picked) if history.picked in numbers else None
    return [history, gr.Gallery(value=strip, selected_index=selected), gr.Dropdown(choices, value=left)]


class HistoryHandlers:
    """fill: a Preset → the values of the widgets that say what to do."""

    def __init__(self, fill: Callable[[Preset], list[Any]]) -> None:
        self.fill = fill

    @one_sentence
    def pick(self, history: History, left: int, event: gr.SelectData) -> list[Any]:
        """A click on the strip → history, and `_show`."""
        history = history.pick(history.entries[int(event.index)].number)
        return [history, *self._show(history, left)]

    @one_sentence
    def compare(self, history: History, left: int) -> list[Any]:
        """Another left side → `_show`."""
        if not history.picked:
            return [gr.skip()] * 4
        return self._show(history, left)

    @one_sentence
    def reuse(self, history: History) -> list[Any]:
        """The picked result's settings → the widgets that say what to do."""
        if not history.picked:
            raise ValueError(pick(NONE_YET))
        return self.fill(history.entry(history.picked).shown.preset)

    def _show(self, history: History, left: int) -> list[Any]:
        """Comparison, download, outcome, and a message to the page: live again only for the photo and its result."""
        entry = history.entry(history.picked)
        files = pair(history, left)
        name = t("history.original") if left == ORIGINAL else str(left)
        return [
            gr.ImageSlider(value=files, label=f"{name} | {entry.number}"),
            gr.DownloadButton(value=entry.file, interactive=True),
            entry.outcome,
            live.drop(),
        ]
