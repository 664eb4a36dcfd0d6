"""How strongly each task is carried out: request × slider × gate(severity)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from controllable.instruction import Instruction
from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

GATES: dict[Task, tuple[float, float]] = {
    Task.NOISE: (0.03, 0.08),
    Task.BLUR: (0.08, 0.22),
    Task.COMPRESSION: (0.14, 0.28),
    Task.RESOLUTION: (0.06, 0.25),
    Task.LOW_LIGHT: (0.08, 0.20),
    Task.HAZE: (0.08, 0.20),
    Task.COLOR: (0.05, 0.15),
    Task.DETAIL: (0.05, 0.14),
}
"""Severity below which a task is left alone, and from which it runs as asked; of development photos
(benchmarks/gates.py). The estimator reports 0 for what it deems unlikely, so these only leave alone what is too faint
to be worth a change: photos that count as clean have up to 0.13 of compression, and beside other flaws 1 % have 0.1
to 0.2 of low light or haze that nobody put there."""


_GLOBAL = (Task.LOW_LIGHT, Task.HAZE, Task.COLOR)

UNNAMED_GATES: dict[Task, tuple[float, float]] = GATES | {
    Task.LOW_LIGHT: (0.35, 0.55),
    Task.HAZE: (0.20, 0.45),
    Task.COLOR: (0.50, 0.80),
}
"""The gates where a general wish names no task. Light, haze and colour change the whole picture, and a night, a mist or
a sunset is taken for a flaw now and then: of 19 clean development photos, one had a severity of 0.06 of low light and
one of 0.36 of colour, all others 0; beside another flaw 2 % had more than 0.5 of colour, 0.4 % more than 0.2 of haze
and none of low light. Exposure has the widest reach: short of 1.4 EV a photo that is merely dark is not brightened."""


def gate(task: Task, severity: float, *, named: bool = True) -> float:
    """0 for a flaw that is not there, 1 for one that is; the smoothstep 3x² - 2x³ between."""
    low, high = (GATES if named else UNNAMED_GATES)[task]
    x = min(1.0, max(0.0, (severity - low) / (high - low)))
    return x * x * (3.0 - 2.0 * x)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a task ran as it did: what was asked, how severe the flaw is, what the gate let through, the result."""

    request: float
    severity: float
    gate: float
    effective: float


def effective_strengths(
    instruction: Instruction, report: QualityReport, *, strength: float = 1.0, force: bool = False
) -> dict[Task, Reason]:
    """A Reason for every task that is asked for and not kept, in the order of `TASKS`.

    In auto mode every task not in `keep` counts as asked for. Enlarging always needs `resolution` in full. `force`
    opens every gate that belongs to a task asked for by name.
    """
    reasons = {}
    for task in TASKS:
        named = instruction.tasks.get(task, 0.0)
        request = named or (1.0 if instruction.auto else 0.0)
        if request == 0.0 or task in instruction.keep:
            continue
        enlarging = task is Task.RESOLUTION and instruction.scale > 1
        opened = 1.0 if (force and named) or enlarging else gate(task, report.severity[task], named=named > 0.0)
        reasons[task] = Reason(
            request=request,
            severity=report.severity[task],
            gate=opened,
            effective=request * strength * opened,
        )
    return reasons


def reduced(reasons: Mapping[Task, Reason], factor: float) -> dict[Task, Reason]:
    """The same decisions for the photo made `factor` times smaller: flaws of single pixels shrink with it.

    Area averaging divides noise and every width by the factor; of a lost resolution it takes log2(factor)/3. What is
    left is gated anew. Exposure, haze and colour are as they were.
    """
    out = dict(reasons)
    for task, reason in reasons.items():
        if task in _GLOBAL:
            continue
        lost = math.log2(factor) / 3.0
        left = max(0.0, reason.severity - lost) if task is Task.RESOLUTION else reason.severity / factor
        opened = min(reason.gate, gate(task, left))
        share = opened / reason.gate if reason.gate > 0.0 else 0.0
        out[task] = replace(reason, severity=left, gate=opened, effective=reason.effective * share)
    return out


def vector(strengths: Mapping[Task, float]) -> list[float]:
    """Strengths as the generator takes them, in the order of `TASKS`."""
    return [strengths.get(task, 0.0) for task in TASKS]
