"""How well prompts are understood: exact tasks, scale, region and refusal, by stratum, on hand-written prompts.

    python benchmarks/instructions.py [--data tests/data/instructions.jsonl] [--model models/clip] [--errors]

A row counts as exact when the set of tasks, the scale, the region and whether it is refused all agree; "with auto and
keep" asks for those two as well, "strengths" for every expected strength within 0.11 besides.
"""

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from controllable.instruction.instruction import Instruction  # noqa: E402
from controllable.instruction.parser import InstructionParser  # noqa: E402

STRENGTH_TOLERANCE = 0.11
_PLAIN = (("scale", 1), ("region", "all"))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether one prompt was read as its author meant it."""

    exact: bool
    with_auto_and_keep: bool
    strengths: bool
    states: Mapping[str, bool]


def judge(expected: Mapping[str, Any], found: Instruction) -> Verdict:
    """expected: a row of the data; its tasks are names, or names with strengths."""
    refused = bool(expected.get("refused"))
    wanted = set() if refused else set(expected["tasks"])
    states = {
        "tasks": {task.value for task in found.tasks} == wanted,
        "scale": found.scale == (expected["scale"] or 1) or refused,
        "region": found.region == (expected["region"] or "all") or refused,
        "refused": (found.refused is not None) == refused,
        "auto": found.auto == bool(expected["auto"]),
        "keep": {task.value for task in found.keep} == set(expected["keep"]),
    }
    exact = all(states[name] for name in ("tasks", "scale", "region", "refused"))
    full = exact and states["auto"] and states["keep"]
    strengths = expected["tasks"] if isinstance(expected["tasks"], Mapping) else {}
    near = all(_near(found.tasks.get(task, 0.0), value) for task, value in strengths.items())  # type: ignore[call-overload]
    return Verdict(exact=exact, with_auto_and_keep=full, strengths=full and near, states=states)


def stratum(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The strata a prompt belongs to; one prompt may count in several."""
    names = ["zh" if re.search("[\u4e00-\u9fff]", row["prompt"]) else "en"]
    if row.get("refused"):
        return (*names, "refused")
    tasks = [task for task in row["tasks"] if task != "resolution"]
    names += ["one task"] if len(tasks) == 1 else ["several tasks"] if tasks else []
    names += ["scale"] if (row["scale"] or 1) > 1 else []
    names += ["region"] if (row["region"] or "all") != "all" else []
    names += ["auto"] if row["auto"] else []
    names += ["keep"] if row["keep"] else []
    names += ["number"] if re.search(r"\d|percent|[一二三四五六七八九]成|分之", row["prompt"]) else []
    names += ["nothing asked of tasks"] if not row["tasks"] and not row["auto"] else []
    return tuple(names)


def _near(found: float, expected: Any) -> bool:
    """expected: a strength, or a [low, high] range."""
    if isinstance(expected, Sequence):
        return bool(expected[0] - 1e-6 <= found <= expected[1] + 1e-6)
    return expected is None or abs(found - float(expected)) <= STRENGTH_TOLERANCE


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "tests/data/instructions.jsonl")
    parser.add_argument("--model", type=Path, default=ROOT / "models/clip")
    parser.add_argument("--errors", action="store_true", help="print the misread prompts; only for development sets")
    arguments = parser.parse_args(argv)
    rows = [json.loads(line) for line in arguments.data.read_text(encoding="utf-8").splitlines() if line.strip()]
    reader = InstructionParser.from_pretrained(arguments.model)
    reader.parse("remove the noise")
    started = time.perf_counter()
    found = [reader.parse(row["prompt"]) for row in rows]
    milliseconds = 1000 * (time.perf_counter() - started) / len(rows)
    verdicts = [judge(row, one) for row, one in zip(rows, found, strict=True)]

    groups: dict[str, list[Verdict]] = defaultdict(list)
    for row, verdict in zip(rows, verdicts, strict=True):
        for name in ("all", *stratum(row)):
            groups[name].append(verdict)
    print(f"{'stratum':<24}{'n':>5}{'exact':>9}{'+auto, keep':>13}{'+strengths':>12}")
    for name, group in groups.items():
        counts = [sum(getattr(one, field) for one in group) for field in ("exact", "with_auto_and_keep", "strengths")]
        print(
            f"{name:<24}{len(group):>5}"
            + "".join(f"{count / len(group):>{width}.1%}" for count, width in zip(counts, (9, 13, 12), strict=True))
        )
    wrong = {name: sum(not one.states[name] for one in verdicts) for name in verdicts[0].states}
    print(
        "misread fields: "
        + ", ".join(f"{name} {count}" for name, count in wrong.items())
        + f"; {milliseconds:.1f} ms a prompt"
    )
    if arguments.errors:
        for row, one, verdict in zip(rows, found, verdicts, strict=True):
            if not verdict.strengths:
                print(f"- {row['prompt']!r}: {_brief(one.to_dict())}, expected {_brief(row)}")


def _brief(row: Mapping[str, Any]) -> str:
    """What a row says beyond the defaults."""
    if row["refused"]:
        return "refused"
    return str(
        {name: value for name, value in row.items() if value and name != "prompt" and (name, value) not in _PLAIN}
    )


if __name__ == "__main__":
    main()
