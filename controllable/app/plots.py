"""Measurements → small pictures in HTML: severities before and after, and why each task ran as it did."""

from collections.abc import Mapping

from controllable.app.language import Text, pick
from controllable.app.words import TASK_NAMES
from controllable.generation.strength import GATES, Reason, gate
from controllable.quality.report import QualityReport
from controllable.task import (
    TASKS,
    Task,
    blur_sigma_px,
    exposure_ev,
    jpeg_quality,
    noise_sigma_8bit,
    resolution_factor,
    transmission,
)

BEFORE: Text = ("before", "处理前")
AFTER: Text = ("after", "处理后")
SCORE: Text = ("of 100", "分（满分 100）")
HEADS: tuple[Text, ...] = (
    ("task", "项目"),
    ("asked", "要求"),
    ("found", "检出"),
    ("gate", "门限"),
    ("applied", "实际"),
)
NOTHING: Text = ("Nothing was asked of the restoration network.", "没有需要修复网络处理的内容。")

CSS = """
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:7px 10px;align-items:center;
 font-size:13px}
.bars .track{display:grid;gap:2px}
.bars i{display:block;height:6px;border-radius:3px;min-width:2px;transition:width .4s}
.bars .before{background:var(--neutral-400)} .bars .after{background:var(--color-accent)}
.bars .unit{color:var(--body-text-color-subdued);font-variant-numeric:tabular-nums;text-align:right}
.score{display:flex;gap:14px;align-items:baseline;margin:0 0 10px;
 font-size:13px;color:var(--body-text-color-subdued);flex-wrap:wrap}
.score b{font-size:22px;color:var(--body-text-color);font-variant-numeric:tabular-nums}
.score i{display:inline-block;width:14px;height:6px;border-radius:3px;margin-right:5px}
.why{width:100%;border-collapse:collapse;font-size:13px} .why,.why *{border:0!important}
.why th,.why td{padding:5px 6px!important;text-align:right!important;white-space:nowrap}
.why th:first-child,.why td:first-child{text-align:left!important;white-space:normal}
.why th{font-weight:600;color:var(--body-text-color-subdued)}
.why svg{display:inline-block;vertical-align:middle;margin-right:4px}
@media(max-width:640px){.bars{font-size:12px;gap:7px 8px} .why th,.why td{padding:5px 3px!important}}
"""


def in_units(task: Task, severity: float) -> str:
    """A severity as a photographer says it."""
    return {
        Task.NOISE: lambda: f"σ {noise_sigma_8bit(severity):.0f}",
        Task.BLUR: lambda: f"{blur_sigma_px(severity):.1f} px",
        Task.COMPRESSION: lambda: f"Q {jpeg_quality(severity)}",
        Task.RESOLUTION: lambda: f"÷{resolution_factor(severity):.1f}",
        Task.LOW_LIGHT: lambda: f"{exposure_ev(severity):.1f} EV".replace("-", "−"),
        Task.HAZE: lambda: f"t {transmission(severity):.2f}",
        Task.COLOR: lambda: f"±{40 * severity:.0f} %",
        Task.DETAIL: lambda: f"{severity:.2f}",
    }[task]()


def quality_bars(before: QualityReport, after: QualityReport | None = None) -> str:
    """A bar per task before and, once there is a result, after; shorter is better."""
    rows = []
    for task in TASKS:
        values = [("before", before.severity[task])] + ([] if after is None else [("after", after.severity[task])])
        bars = "".join(f'<i class="{kind}" style="width:{100 * value:.1f}%"></i>' for kind, value in values)
        units = " → ".join(in_units(task, value) for _, value in values)
        name = pick(TASK_NAMES[task])
        rows.append(f'<span>{name}</span><span class="track">{bars}</span><span class="unit">{units}</span>')
    scores = f"<b>{before.score:.0f}</b>" if after is None else f"<b>{before.score:.0f} → {after.score:.0f}</b>"
    legend = f'<span><i style="background:var(--neutral-400)"></i>{pick(BEFORE)}</span>'
    if after is not None:
        legend += f'<span><i style="background:var(--color-accent)"></i>{pick(AFTER)}</span>'
    return f'<div class="score">{scores} {pick(SCORE)} {legend}</div><div class="bars">{"".join(rows)}</div>'


def why_table(reasons: Mapping[Task, Reason]) -> str:
    """asked × slider × gate = applied, a row per task, with the gate's curve and where this photo lies on it."""
    if not reasons:
        return f"<p>{pick(NOTHING)}</p>"
    rows = "".join(
        f"<tr><td>{pick(TASK_NAMES[task])}</td><td>{reason.request:.2f}</td><td>{reason.severity:.2f}</td>"
        f"<td>{_gate_curve(task, reason.severity)} {reason.gate:.2f}</td><td><b>{reason.effective:.2f}</b></td></tr>"
        for task, reason in reasons.items()
    )
    head = "".join(f"<th>{pick(name)}</th>" for name in HEADS)
    return f'<table class="why"><tr>{head}</tr>{rows}</table>'


def _gate_curve(task: Task, severity: float) -> str:
    """The gate over severities 0 to twice its upper end, 44×16 px, with a dot for this photo."""
    most = 2.0 * GATES[task][1]
    steps = [most * k / 22 for k in range(23)]
    line = " ".join(f"{2 + 40 * s / most:.1f},{13 - 10 * gate(task, s):.1f}" for s in steps)
    s = min(severity, most)
    x, y = 2 + 40 * s / most, 13 - 10 * gate(task, severity)
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="var(--color-accent)"/>'
    path = f'<polyline points="{line}" fill="none" stroke="var(--neutral-400)" stroke-width="1.5"/>'
    return f'<svg width="44" height="16" viewBox="0 0 44 16" aria-hidden="true">{path}{dot}</svg>'
