"""The page in English and Chinese: widgets follow the browser, sentences of the server follow what it asks for.

A module of the page names its texts in `TEXTS`, key → (English, Chinese), keys beginning with the module's name. What
is known when the page is laid out (labels, choices, placeholders, Markdown) is given to a widget as `t(key)`, which the
browser replaces; a sentence that is only known later is chosen by `pick`.
"""

from collections.abc import Mapping

import gradio as gr
from gradio.context import LocalContext
from gradio.i18n import I18nData

Text = tuple[str, str]
"""(English, Chinese) of one text."""

CHINESE = ("zh-CN", "zh-TW")
"""The locales of Chinese that Gradio's own texts are translated to; the page's are the same in both."""

SCRIPT = """
// Gradio knows two kinds of Chinese and takes every other for English.
if (/^zh/i.test(navigator.language)) {
  document.documentElement.lang = "zh";
  const known = /^zh-(tw|hk|mo|hant)/i.test(navigator.language) ? "zh-TW" : "zh-CN";
  Object.defineProperty(navigator, "language", { get: () => known });
}
"""
"""Runs in the page's head, before Gradio asks the browser for its language."""


def t(key: str) -> str:
    """What a widget takes as label, value, choice or placeholder. The browser replaces one at most within a text."""
    return str(I18nData(key))


def chinese(request: gr.Request | None = None) -> bool:
    """Whether the visitor's browser asks for Chinese before all else; without `request`, of the running event."""
    request = LocalContext.request.get(None) if request is None else request
    asked = "" if request is None else request.headers.get("accept-language") or ""
    return max(asked.lower().split(","), key=_weight).strip().startswith("zh")


def _weight(asked: str) -> float:
    """q of one language range, RFC 9110, 12.4.2; what cannot be read weighs nothing."""
    try:
        return float(asked.partition(";q=")[2] or 1.0)
    except ValueError:
        return 0.0


def pick(text: Text, request: gr.Request | None = None) -> str:
    """The text in the visitor's language."""
    return text[chinese(request)]


def translations(*tables: Mapping[str, Text]) -> gr.I18n:
    """All texts of the page, as `launch(i18n=...)` takes them. Raises ValueError for a key that two tables have."""
    english: dict[str, str] = {}
    translated: dict[str, str] = {}
    for table in tables:
        if twice := english.keys() & table.keys():
            raise ValueError(f"texts: {', '.join(sorted(twice))} stands in two tables")
        english |= {key: text[0] for key, text in table.items()}
        translated |= {key: text[1] for key, text in table.items()}
    return gr.I18n(en=english, **dict.fromkeys(CHINESE, translated))
