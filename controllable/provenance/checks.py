"""Values out of a stranger's record: each is checked for its kind and range, ValueError with one sentence otherwise."""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from controllable.instruction.instruction import Instruction
from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

HASH = re.compile(r"[0-9a-f]{64}")
_PART = r"(?!\.)[^/\\\x00-\x1f]{1,120}"
NAME = re.compile(_PART)
"""Of an expert: no folder of this machine is opened because a file names it."""
FILE = re.compile(f"{_PART}(/{_PART}){{0,3}}")
MOST_CHARACTERS = 4000
_KINDS = {"prompt": str, "scale": int, "region": str, "auto": bool}


def fields(name: str, values: Any, keys: Collection[str] | None, most: int = 32) -> Mapping[str, Any]:
    """An object of at most `most` values, all of them among `keys`, if there are any."""
    if not isinstance(values, Mapping) or len(values) > most:
        raise ValueError(f"record: {name}: is not an object of at most {most} values")
    for key in values:
        if keys is not None and key not in keys:
            raise ValueError(f"record: {name}: unknown key {short(key)}")
    return values


def items(name: str, values: Any, most: int) -> list[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise ValueError(f"record: {name}: is not a list of at most {most}")
    return values


def number(name: str, value: Any, low: float = 0.0, high: float = 1.0) -> float:
    sound = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    if not sound or not math.isfinite(value):
        raise ValueError(f"record: {name}: {short(value)} is not a number in [{low:g}, {high:g}]")
    return float(value)


def whole(name: str, value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"record: {name}: {short(value)} is not a whole number in [{low}, {high}]")
    return value


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"record: {name}: {short(value)} is neither true nor false")
    return value


def text(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError(f"record: {name}: is not a text of at most {most} characters")
    return value


def match(name: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"record: {name}: {short(value)} is not accepted")
    return value


def severities(name: str, values: Any) -> dict[Task, float]:
    known = fields(name, values, {task.value for task in TASKS})
    return {Task(task): number(f"{name}[{task}]", value) for task, value in known.items()}


def hashes(name: str, values: Any) -> dict[str, str]:
    """File → SHA-256."""
    return {match(name, key, FILE): match(name, value, HASH) for key, value in fields(name, values, None).items()}


def instruction(values: Any) -> Instruction:
    known = fields("instruction", values, Instruction.__dataclass_fields__)
    for name, kind in _KINDS.items():
        if name in known and type(known[name]) is not kind:
            raise ValueError(f"record: {name}: {short(known[name])} is no {kind.__name__}")
    if known.get("refused") is not None:
        raise ValueError("record: refused: nothing was made of a wish that was refused")
    tone = fields("tone", known.get("tone", {}), None)
    return Instruction(
        prompt=text("prompt", known.get("prompt", ""), MOST_CHARACTERS),
        tasks=severities("tasks", known.get("tasks", {})),
        tone={name: number(f"tone[{short(name)}]", value, -1.0) for name, value in tone.items()},
        scale=known.get("scale", 1),
        region=known.get("region", "all"),
        auto=known.get("auto", False),
        keep=tuple(items("keep", known.get("keep", []), len(TASKS))),
    )


def quality(name: str, values: Any) -> QualityReport:
    known = fields(name, values, ("severity", "score"))
    score = number(f"{name}: score", known.get("score"), 0.0, 100.0)
    return QualityReport(severity=severities(name, known.get("severity")), score=score)


def short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
