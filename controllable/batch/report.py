"""The report of a batch: `report.csv`, one row a photo, and `report.html`, a contact sheet of before and after."""

import base64
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from controllable.batch.journal import DONE, FAILED, REPORT, SKIPPED, Row
from controllable.batch.work import AFTER, BEFORE, small_name
from controllable.files import write_whole
from controllable.task import TASKS, Task

CSV, HTML = "report.csv", "report.html"
COLUMNS = (
    "file", "output", "status", "reason", "notes", "width", "height", "bytes", "seconds", "score_before", "score_after",
    *(f"applied_{task}" for task in TASKS), *(f"severity_{task}" for task in TASKS),
)  # fmt: skip
"""bytes, width, height: of the output; scores: 0 to 100, higher is better; applied: effective strengths, severity: of
the photo before, both in [0, 1]; notes: what of the photo's file the output does not hold."""

_WORDS = {
    "title": ("Contact sheet", "照片总览"), "quality": ("quality", "质量"), "nothing": ("nothing restored", "未作修复"),
    DONE: ("done", "完成"), SKIPPED: ("left out", "跳过"), FAILED: ("failed", "失败"),
    BEFORE: ("before", "处理前"), AFTER: ("after", "处理后"),
    Task.NOISE: ("noise", "噪点"), Task.BLUR: ("blur", "模糊"), Task.COMPRESSION: ("compression", "压缩"),
    Task.RESOLUTION: ("resolution", "分辨率"), Task.LOW_LIGHT: ("low light", "欠曝"), Task.HAZE: ("haze", "雾霾"),
    Task.COLOR: ("colour", "偏色"), Task.DETAIL: ("detail", "细节"),
}  # fmt: skip
_STYLE = """
.sheet{font:15px/1.4 system-ui,sans-serif}
.sheet .title{font-size:22px;font-weight:600} .sheet .counts{margin-bottom:16px}
.sheet .cards{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
.sheet .card{border:1px solid #8884;border-radius:8px;padding:10px;overflow-wrap:anywhere}
.sheet .two{display:grid;grid-template-columns:1fr 1fr;gap:6px;margin-bottom:8px}
.sheet img{width:100%;height:auto;display:block;margin:0;border-radius:4px;background:#8882}
.sheet .small{font-size:13px;opacity:.8} .sheet .name{font-weight:600} .sheet .failed .name{color:#c33}
"""
_PAGE_STYLE = """
:root{color-scheme:light dark} body{margin:0 auto;padding:16px;max-width:1280px}
html[lang=zh] [lang=en],html[lang=en] [lang=zh]{display:none}
"""
_SCRIPT = "document.documentElement.lang=/^zh/i.test(navigator.language)?'zh':'en'"
Say = Callable[[str], str]


def write_report(folder: Path, rows: Iterable[Row]) -> None:
    """Both files, whole. Raises OSError."""
    ordered = sorted(rows, key=lambda row: row["file"])
    write_whole(to_csv(ordered).encode("utf-8", "backslashreplace"), folder / CSV)
    write_whole(to_page(ordered).encode("utf-8", "backslashreplace"), folder / HTML)


def to_csv(rows: Iterable[Row]) -> str:
    """Comma-separated, with a head; text that a spreadsheet would take for a formula has an apostrophe before it."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([_cell(values.get(name)) for name in COLUMNS] for values in map(_flat, rows))
    return stream.getvalue()


def to_page(rows: Sequence[Row]) -> str:
    """A whole page, in the language of the browser; it asks for nothing but its own small pictures, in `REPORT`."""

    def say(word: str) -> str:
        english, chinese = _WORDS[word]
        return f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'

    body = _sheet(rows, say, lambda key, which: f"{REPORT}/{small_name(key, which)}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_WORDS["title"][0]}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_PAGE_STYLE}</style><script>{_SCRIPT}</script></head><body>{body}</body></html>\n"
    )


def to_sheet(rows: Sequence[Row], folder: Path, *, chinese: bool) -> str:
    """A part of a page, in one language, the small pictures of `folder` within it."""

    def place(key: str, which: str) -> str:
        try:
            content = (folder / REPORT / small_name(key, which)).read_bytes()
        except OSError:
            return ""
        return f"data:image/webp;base64,{base64.b64encode(content).decode()}"

    return _sheet(rows, lambda word: _WORDS[word][chinese], place)


def _sheet(rows: Sequence[Row], say: Say, place: Callable[[str, str], str]) -> str:
    counts = Counter(row["status"] for row in rows)
    line = " · ".join(f"{counts[status]} {say(status)}" for status in (DONE, SKIPPED, FAILED) if counts[status])
    cards = "".join(_card(row, say, place) for row in rows)
    return (
        f'<div class="sheet"><style>{_STYLE}</style>'
        f'<div class="title" role="heading" aria-level="1">{say("title")}</div>'
        f'<div class="small counts">{line}</div><div class="cards">{cards}</div></div>'
    )


def _card(row: Row, say: Say, place: Callable[[str, str], str]) -> str:
    figures = "".join(
        f'<div><img loading="lazy" alt="" src="{place(row["key"], which)}"><div class="small">{say(which)}</div></div>'
        for which in (BEFORE, AFTER)
    )
    two = f'<div class="two">{figures}</div>' if row["status"] == DONE else ""
    lines = "".join(f'<div class="small">{line}</div>' for line in _lines(row, say))
    return f'<div class="card {row["status"]}">{two}<div class="name">{escape(row["file"])}</div>{lines}</div>'


def _lines(row: Row, say: Say) -> Iterator[str]:
    if row["status"] != DONE:
        yield f"{say(row['status'])}: {escape(row['reason'] or '')}"
        return
    width, height = row["size"]
    yield (
        f"{width} × {height} px · {row['seconds']:.1f} s · {say('quality')} {row['score_before']:.0f} → "
        f"{row['score_after']:.0f}"
    )
    yield ", ".join(f"{say(task)} {value:.0%}" for task, value in row["applied"].items()) or say("nothing")


def _flat(row: Row) -> dict[str, Any]:
    """A row's values by `COLUMNS`."""
    width, height = row.get("size") or (None, None)
    tables = {f"{kind}_{task}": value for kind in ("applied", "severity") for task, value in row.get(kind, {}).items()}
    return {**row, "width": width, "height": height, "notes": " ".join(row.get("notes", [])), **tables}


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
