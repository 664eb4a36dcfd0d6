"""Params: the severities and random draws of a batch of degradations; enough to replay the same pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from controllable.task import TASKS, Task


@dataclass(frozen=True, kw_only=True)
class Params:
    """severity: (B, 8) in [0, 1], columns in the order of `TASKS`; draws: task → name → (B, ...);
    again: a second pass over the result (re-shared, re-compressed), or None."""

    severity: Tensor
    draws: Mapping[Task, Mapping[str, Tensor]]
    again: "Params | None" = None

    def __post_init__(self) -> None:
        if self.severity.ndim != 2 or self.severity.shape[1] != len(TASKS):
            raise ValueError(f"severity: expected (B, {len(TASKS)}), got {tuple(self.severity.shape)}")
        if not bool(((self.severity >= 0) & (self.severity <= 1)).all()):
            raise ValueError("severity: every value must be in [0, 1]")

    def __len__(self) -> int:
        return len(self.severity)

    def at(self, severity: Tensor) -> "Params":
        """The same draws at other severities, (B, 8)."""
        return replace(self, severity=severity)

    def without(self, strength: Tensor) -> "Params":
        """What is left after undoing the share `strength` (B, 8) of each task, in both passes: s·(1 - r)."""
        rest = self.at(self.severity * (1.0 - strength.to(self.severity)))
        return rest if self.again is None else replace(rest, again=self.again.without(strength))

    def repeat(self, times: int) -> "Params":
        """Each picture's parameters `times` times in a row, for several crops of one photo."""
        draws = {t: {n: v.repeat_interleave(times, 0) for n, v in d.items()} for t, d in self.draws.items()}
        again = None if self.again is None else self.again.repeat(times)
        return Params(severity=self.severity.repeat_interleave(times, 0), draws=draws, again=again)

    def to_dict(self, index: int = 0) -> dict[str, Any]:
        """Plain JSON types for one picture; `from_dict` replays it."""
        values: dict[str, Any] = {
            "severity": {task.value: s for task, s in zip(TASKS, self.severity[index].tolist(), strict=True) if s > 0},
            "draws": {t.value: {n: v[index].tolist() for n, v in d.items()} for t, d in self.draws.items() if d},
        }
        if self.again is not None:
            values["again"] = self.again.to_dict(index)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Params":
        """A batch of one from `to_dict`'s JSON. Raises ValueError for an unknown task or a malformed entry."""
        try:
            severity = torch.tensor([[float(values["severity"].get(task.value, 0.0)) for task in TASKS]])
            draws = {Task(t): {n: torch.tensor([v]) for n, v in d.items()} for t, d in values["draws"].items()}
            again = values.get("again")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"parameters: not what `degrade --json` writes ({error})") from None
        return cls(severity=severity, draws=draws, again=None if again is None else cls.from_dict(again))
