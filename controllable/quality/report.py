"""QualityReport: what is wrong with a photo, in the shared vocabulary."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controllable.task import TASKS, Task


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """severity: every task → [0, 1], in the units of `task.UNITS`; score: 0 to 100, higher is better."""

    severity: Mapping[Task, float]
    score: float

    def __post_init__(self) -> None:
        if set(self.severity) != set(TASKS):
            raise ValueError(f"severity: needs exactly the tasks {', '.join(TASKS)}")
        values = (*self.severity.values(), self.score / 100.0)
        if not all(math.isfinite(value) and 0.0 <= value <= 1.0 for value in values):
            raise ValueError("severity, score: must be within [0, 1] and [0, 100]")

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the contract, rounded to what the estimate is worth."""
        severity = {task.value: round(self.severity[task], 4) for task in TASKS}
        return {"severity": severity, "score": round(self.score, 2)}
