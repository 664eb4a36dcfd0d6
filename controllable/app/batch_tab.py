"""The Batch tab: many photos and one wish; rows as they are done, then a ZIP and a contact sheet."""

import time
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from controllable.app.batch_job import LONGEST_PAUSE_S, MOST_PHOTOS, MOST_RESULT_PIXELS, Job, new_job
from controllable.app.language import Text, chinese, pick, t
from controllable.app.run_handlers import PROGRESS
from controllable.app.sentences import one_sentence
from controllable.app.words import describe
from controllable.app.workshop import Workshop
from controllable.batch import Settings, Where
from controllable.batch.journal import DONE, FAILED, SKIPPED
from controllable.batch.plan import READ, SAME

TEXTS: dict[str, Text] = {
    "batch.about": (
        f"One wish for many photos: at most {MOST_PHOTOS} and {MOST_RESULT_PIXELS / 1e6:.0f} megapixels of results.",
        f"一次处理多张照片：最多 {MOST_PHOTOS} 张，结果合计不超过 {MOST_RESULT_PIXELS / 1e6:.0f} 百万像素。",
    ),
    "batch.files": ("Photos", "照片"),
    "batch.prompt": ("What should be better?", "想改善什么？"),
    "batch.hint": ("remove the noise, keep the colours", "例如：去除噪点，保持颜色"),
    "batch.understand": ("Understand", "解读"),
    "batch.where": ("Only photos where (optional)", "只处理满足条件的照片（可选）"),
    "batch.where-info": (
        "noise, blur, compression, resolution, low_light, haze, color, detail: 0 to 1; score: 0 to 100",
        "noise 噪点、blur 模糊、compression 压缩、resolution 分辨率、low_light 欠曝、haze 雾、color 偏色、detail 细节："
        "0 到 1；score 质量：0 到 100",
    ),
    "batch.strength": ("Strength", "强度"),
    "batch.format": ("Format", "格式"),
    "batch.png": ("PNG, lossless", "PNG（无损）"),
    "batch.same": ("as the photo's file", "与原照片相同"),
    "batch.start": ("Start", "开始"),
    "batch.pause": ("Pause", "暂停"),
    "batch.resume": ("Resume", "继续"),
    "batch.cancel": ("Cancel", "取消"),
    "batch.zip": ("Download ZIP", "下载 ZIP"),
}
BUSY: Text = ("batch: is running already; cancel it first", "批处理：正在进行，请先取消")
PAUSED: Text = ("Paused after this photo.", "本张完成后已暂停。")
STOPPED: Text = ("Cancelled; what was done is in the ZIP.", "已取消；已完成的在 ZIP 中。")
_STATUS: dict[str, Text] = {
    DONE: ("done", "完成"), SKIPPED: ("left out", "跳过"), FAILED: ("failed", "失败"), "": ("waiting", "等待"),
}  # fmt: skip
_HEADS: tuple[Text, ...] = (
    ("Photo", "照片"), ("Status", "状态"), ("Size", "尺寸"), ("Seconds", "秒"), ("Quality", "质量"),
)  # fmt: skip
_STYLE = """
#batch-rows .table{overflow-x:auto} #batch-rows table{width:100%;font-size:13px}
#batch-rows :is(td,th){padding:4px 8px!important;border-width:0 0 1px!important;text-align:start}
#batch-rows :is(td,th):nth-child(n+3){white-space:nowrap}
#batch-rows td:nth-child(-n+2){overflow-wrap:anywhere;min-width:96px}
"""
WORKING = 4
"""Batches at a time; they take turns, photo by photo, with each other and with everybody else."""
_WAIT_S = 1.0


class BatchHandlers:
    """Each method takes the widgets' values and returns the values of the widgets it fills."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.jobs: dict[str, Job] = {}

    @one_sentence
    def understand(self, prompt: str, request: gr.Request) -> str:
        """Prompt → what was understood, in a line."""
        return describe(self.workshop.understand(prompt or ""), chinese=chinese(request))

    @one_sentence
    def run(self, request: gr.Request, progress: gr.Progress = PROGRESS, *asked: Any) -> Iterator[list[Any]]:
        """The widgets → rows, a line, ZIP, contact sheet, and the two buttons: once before the first photo, once after
        each, and at the end."""
        session = request.session_hash or ""
        if session in self.jobs:
            raise ValueError(pick(BUSY, request))
        photos, prompt, where, strength, kind = asked
        settings = Settings(
            instruction=self.workshop.understand(prompt or ""), strength=float(strength), where=Where(where or ""),
            format=kind,
        )  # fmt: skip
        job = self.jobs[session] = new_job(photos or [], settings)
        try:
            yield from self._steps(job, session, request, progress)
        finally:
            del self.jobs[session]
            job.clear()

    def _steps(self, job: Job, session: str, request: gr.Request, progress: gr.Progress) -> Iterator[list[Any]]:
        said_chinese = chinese(request)
        left = ""

        def report(share: float, name: str) -> None:
            done = len(job.rows)
            progress((done + share) / len(job.names), desc=f"{done + 1}/{len(job.names)} · {name}{left}")

        yield [_table(job, said_chinese), "", _no_zip(), "", *_buttons(running=True)]
        for step in job.steps(self.workshop, _key(session), report):
            left = "" if step.done == step.total else f" · {pick(_left(step.left_s), request)}"
            line = f"**{len(job.rows)}/{len(job.names)}**{left}"
            yield [_table(job, said_chinese), line, *[gr.skip()] * 4]
            paused_until = time.monotonic() + LONGEST_PAUSE_S
            while job.pause.is_set() and not job.cancel.is_set() and time.monotonic() < paused_until:
                job.cancel.wait(_WAIT_S)
                yield [gr.skip(), f"{line} · {pick(PAUSED, request)}", *[gr.skip()] * 4]
            job.pause.clear()
        path, sheet = job.finish(chinese=said_chinese)
        counts = " · ".join(
            f"{count} {pick(_STATUS[status], request)}"
            for status in (DONE, SKIPPED, FAILED)
            if (count := sum(row["status"] == status for row in job.rows.values()))
        )
        line = pick(STOPPED, request) if job.cancel.is_set() else f"**{counts}**"
        download = _no_zip() if path is None else gr.DownloadButton(value=str(path), interactive=True)
        yield [_table(job, said_chinese), line, download, sheet, *_buttons(running=False)]

    def pause(self, request: gr.Request) -> Any:
        """Pause, or go on; the button says what it will do next."""
        job = self.jobs.get(request.session_hash or "")
        if job is None:
            return gr.skip()
        if job.pause.is_set():
            job.pause.clear()
            return gr.Button(t("batch.pause"))
        job.pause.set()
        return gr.Button(t("batch.resume"))

    def cancel(self, request: gr.Request) -> list[Any]:
        """Stop within a tile; what was done is kept."""
        session = request.session_hash or ""
        if job := self.jobs.get(session):
            job.cancel.set()
            self.workshop.cancel(_key(session))
        return _buttons(running=False)


def _key(session: str) -> str:
    """Of a batch's turn, so that cancelling it cancels nothing else of this visitor, and the other way round."""
    return f"{session}/batch"


def _buttons(*, running: bool) -> list[Any]:
    return [gr.Button(t("batch.pause"), interactive=running), gr.Button(interactive=running)]


def _no_zip() -> Any:
    return gr.DownloadButton(value=None, interactive=False)


def _left(seconds: float) -> Text:
    if seconds < 90.0:
        return f"about {seconds:.0f} s left", f"约剩 {seconds:.0f} 秒"
    return f"about {seconds / 60.0:.0f} min left", f"约剩 {seconds / 60.0:.0f} 分钟"


def _table(job: Job, said_chinese: bool) -> str:
    """All photos, as HTML: file names are their owners' words, so they are escaped."""
    head = "".join(f"<th>{text[said_chinese]}</th>" for text in _HEADS)
    lines = [_cells(job, name, said_chinese) for name in job.names]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<style>{_STYLE}</style><div class="table">{table}</div>'


def _cells(job: Job, name: str, said_chinese: bool) -> Iterator[str]:
    row = job.rows.get(name, {})
    yield escape(name)
    status = _STATUS[row.get("status", "")][said_chinese]
    yield f"{status}: {escape(row['reason'])}" if row.get("reason") else status
    yield "{} × {}".format(*row["size"]) if row.get("size") else ""
    yield f"{row['seconds']:.1f}" if row.get("seconds") else ""
    yield f"{row['score_before']:.0f} → {row['score_after']:.0f}" if "score_after" in row else ""


def build_batch_tab(workshop: Workshop) -> None:
    """Lay out the tab where the caller stands and wire it."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            gr.Markdown(t("batch.about"), elem_classes="note")
            files = gr.File(
                label=t("batch.files"), file_count="multiple", file_types=list(READ), height=180, elem_id="batch-files"
            )
            prompt = gr.Textbox(
                label=t("batch.prompt"), placeholder=t("batch.hint"), lines=1, max_lines=4,
                submit_btn=t("batch.understand"), elem_id="batch-prompt",
            )  # fmt: skip
            summary = gr.Markdown(elem_id="batch-summary")
            where = gr.Textbox(
                label=t("batch.where"), placeholder="noise > 0.3 and score < 60", info=t("batch.where-info"),
                max_lines=1, elem_id="batch-where",
            )  # fmt: skip
            with gr.Row():
                strength = gr.Slider(
                    0, 1, 1, step=0.05, label=t("batch.strength"), elem_id="batch-strength", buttons=[], min_width=200
                )  # fmt: skip
                kind = gr.Radio(
                    [(t("batch.png"), "png"), (t("batch.same"), SAME)], value="png", label=t("batch.format"),
                    elem_id="batch-format", min_width=200,
                )  # fmt: skip
            with gr.Row():
                start = gr.Button(
                    t("batch.start"), variant="primary", scale=3, min_width=100, elem_id="batch-start"
                )  # fmt: skip
                pause = gr.Button(t("batch.pause"), scale=1, min_width=80, interactive=False, elem_id="batch-pause")
                cancel = gr.Button(t("batch.cancel"), scale=1, min_width=80, interactive=False, elem_id="batch-cancel")
        with gr.Column(scale=7, min_width=320):
            line = gr.Markdown(elem_id="batch-line")
            rows = gr.HTML(elem_id="batch-rows")
            download = gr.DownloadButton(t("batch.zip"), interactive=False, elem_id="batch-zip")
    sheet = gr.HTML(elem_id="batch-sheet")

    handlers = BatchHandlers(workshop)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    prompt.submit(handlers.understand, prompt, summary, concurrency_id="read", concurrency_limit=2, **quiet)
    started = start.click(handlers.understand, prompt, summary, concurrency_id="read", concurrency_limit=2, **quiet)
    started.success(
        handlers.run, [files, prompt, where, strength, kind], [rows, line, download, sheet, pause, cancel],
        show_progress_on=line, concurrency_id="batch", concurrency_limit=WORKING, api_visibility="private",
    )  # fmt: skip
    pause.click(handlers.pause, None, pause, queue=False, **quiet)
    cancel.click(handlers.cancel, None, [pause, cancel], queue=False, **quiet)
