"""Instruction: a wish in the vocabulary, shown to the user and editable before it runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controllable.task import REGIONS, SCALES, TONES, Task


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """What was understood of a prompt.

    tasks: Task → how much of it to undo, in (0, 1]; only those asked for.
    tone: one of `TONES` → [-1, 1].
    scale: 1, 2, 4 or 8; above 1, `resolution` is among the tasks.
    region: "all", "face", "background", "sky" or "mask".
    auto: the wish is general; measured quality decides the strengths.
    keep: tasks not to be touched, whatever else is asked.
    refused: a sentence for the user; then nothing is changed.

    Raises ValueError naming the field, what came and what is accepted.
    """

    prompt: str = ""
    tasks: Mapping[Task, float] = field(default_factory=dict)
    tone: Mapping[str, float] = field(default_factory=dict)
    scale: int = 1
    region: str = "all"
    auto: bool = False
    keep: tuple[Task, ...] = ()
    refused: str | None = None

    def __post_init__(self) -> None:
        tasks = {_task(name, "tasks"): _number(value, f"tasks[{name}]", 0.0, 1.0) for name, value in self.tasks.items()}
        tasks = {task: strength for task, strength in tasks.items() if strength > 0.0}
        keep = tuple(dict.fromkeys(_task(name, "keep") for name in self.keep))
        for name in self.tone:
            if name not in TONES:
                raise ValueError(f"tone: {name!r} is not one of {', '.join(TONES)}")
        if self.scale not in SCALES:
            raise ValueError(f"scale: {self.scale!r} is not one of {', '.join(map(str, SCALES))}")
        if self.region not in REGIONS:
            raise ValueError(f"region: {self.region!r} is not one of {', '.join(REGIONS)}")
        if self.refused is not None and not isinstance(self.refused, str):
            raise ValueError("refused: must be a sentence or null")
        if self.scale > 1:
            tasks.setdefault(Task.RESOLUTION, 1.0)
        object.__setattr__(self, "tasks", tasks)
        object.__setattr__(self, "tone", {n: _number(v, f"tone[{n}]", -1.0, 1.0) for n, v in self.tone.items()})
        object.__setattr__(self, "keep", keep)
        object.__setattr__(self, "auto", bool(self.auto))

    @property
    def empty(self) -> bool:
        """True when running it would change nothing."""
        asked = any(task not in self.keep for task in self.tasks)
        return self.refused is not None or not (asked or any(self.tone.values()) or self.auto or self.scale > 1)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the contract, plain types only."""
        return {
            "prompt": self.prompt,
            "tasks": {task.value: strength for task, strength in self.tasks.items()},
            "tone": dict(self.tone),
            "scale": self.scale,
            "region": self.region,
            "auto": self.auto,
            "keep": [task.value for task in self.keep],
            "refused": self.refused,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Instruction":
        """The inverse of `to_dict`; missing keys take their defaults, unknown ones raise ValueError."""
        if not isinstance(values, Mapping):
            raise ValueError(f"instruction: expected an object, got {type(values).__name__}")
        known = set(cls.__dataclass_fields__)
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"instruction: unknown key {unknown[0]!r}; accepted are {', '.join(sorted(known))}")
        return cls(**dict(values))


def _task(name: Any, where: str) -> Task:
    try:
        return Task(name)
    except ValueError:
        raise ValueError(f"{where}: {name!r} is not one of {', '.join(Task)}") from None


def _number(value: Any, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{where}: {value!r} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{where}: {value} is outside [{low:g}, {high:g}]")
    return float(value)
