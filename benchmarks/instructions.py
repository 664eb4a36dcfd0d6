"""How well prompts are understood, on hand-written prompts (tests/data/README.md says how they are labelled).

    python -m benchmarks.instructions [--data tests/data/instructions.jsonl] [--model models/clip] [--errors]
    python -m benchmarks.instructions --data tests/data/instructions_dev.jsonl --calibrate

A row counts as exact when tasks, tone, scale, region, auto, keep and whether it is refused all agree; strengths are
counted apart: a number to 0.01, a word within the range of the README.
"""

import argparse
import json
import math
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from controllable.instruction.instruction import Instruction  # noqa: E402
from controllable.instruction.parser import InstructionParser  # noqa: E402
from controllable.instruction.reading import Interpretation, calibrated  # noqa: E402
from controllable.task import TASKS  # noqa: E402

WORDS = {"little": (0.15, 0.45), "default": (0.5, 1.0), "strong": (0.7, 1.0), "full": (0.9, 1.0)}
COMMANDS = {
    "en": (
        "denoise", "remove the noise", "clean up the grain", "deblur", "fix the blur", "correct the focus",
        "remove the jpeg artifacts", "deblock it", "fix the compression", "lift the shadows", "fix the underexposure",
        "dehaze", "remove the fog", "clear the smog", "fix the white balance", "correct the color cast", "sharpen",
        "bring out the texture", "enhance the details", "fix the pixelation",
    ),
    "zh": (
        "去噪", "降噪", "去除颗粒", "去模糊", "修复失焦", "去压缩痕迹", "消除色块", "提亮暗部", "修复欠曝", "去雾",
        "去除雾霾", "校正偏色", "校正白平衡", "锐化", "增强细节", "恢复纹理",
    ),
}  # fmt: skip
DEGREES = {
    "en": (("{} a little", "{}", "{} strongly"), ("{} slightly", "{}", "{} a lot"), ("{} a bit", "{}", "{} heavily")),
    "zh": (("稍微{}", "{}", "强力{}"), ("轻微{}", "{}", "大幅{}"), ("{}一点点", "{}", "重度{}")),
}


def wrong_fields(expected: Mapping[str, Any], found: Instruction) -> list[str]:
    """The fields that disagree; none: exact."""
    if expected["refused"]:
        return [] if found.refused else ["refused"]
    if found.refused:
        return ["refused"]
    scale = found.scale > 1 if expected["scale"] == "any" else found.scale == expected["scale"]
    agrees = {
        "tasks": {task.value for task in found.tasks} == set(expected["tasks"]),
        "tone": {name: math.copysign(1, value) for name, value in found.tone.items()} == expected["tone"],
        "scale": scale,
        "region": found.region == expected["region"],
        "auto": found.auto == expected["auto"],
        "keep": {task.value for task in found.keep} == set(expected["keep"]),
    }
    return [name for name, right in agrees.items() if not right]


def wrong_strengths(expected: Mapping[str, Any], found: Instruction, *, numbers: bool) -> list[str]:
    """Tasks whose strength is off, of those given as numbers or of those given as words."""
    strengths = {task.value: value for task, value in found.tasks.items()}
    wrong = []
    for task, meant in expected["tasks"].items():
        if isinstance(meant, str) is numbers:
            continue
        low, high = WORDS[meant] if isinstance(meant, str) else (meant - 0.01, meant + 0.01)
        if not low <= strengths.get(task, -1.0) <= high:
            wrong.append(task)
    return wrong


def language(prompt: str) -> str:
    han = bool(re.search("[\u4e00-\u9fff]", prompt))
    latin = len(re.findall("[A-Za-z]{3,}", prompt))
    return ("mixed" if latin else "zh") if han else "en"


def misspell(prompt: str, rng: random.Random) -> str:
    """One letter dropped, doubled, swapped or replaced in every word of four letters or more."""

    def damage(match: re.Match[str]) -> str:
        word = match.group()
        at = rng.randrange(1, len(word) - 1)
        kind = rng.randrange(4)
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at] + word[at:]
        if kind == 2:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]

    return re.sub(r"[A-Za-z]{4,}", damage, prompt)


def order_share(parser: InstructionParser) -> tuple[float, int]:
    """How often a little < default < strongly, over commands and degrees of both languages."""
    right = total = 0
    for name, commands in COMMANDS.items():
        for command in commands:
            for degrees in DEGREES[name]:
                tasks = [dict(parser.parse(degree.format(command)).tasks) for degree in degrees]
                shared = set.intersection(*(set(one) for one in tasks))
                values = [[one[task] for one in tasks] for task in shared]
                right += bool(values) and all(a < b < c for a, b, c in values)
                total += 1
    return right / total, total


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al., "On calibration of modern neural networks", 2017, eq. 3)."""
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for sure, good in zip(confidence, right, strict=True):
        groups[min(bins - 1, int(sure * bins))].append((sure, good))
    return sum(abs(sum(sure for sure, _ in group) - sum(good for _, good in group)) for group in groups.values()) / len(
        right
    )


def fit_calibration(probability: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Platt's slope and offset by maximum likelihood on a grid."""
    grid = [(slope / 20, offset / 10) for slope in range(2, 41) for offset in range(-30, 31)]

    def loss(pair: tuple[float, float]) -> float:
        sure = [min(max(calibrated(p, *pair), 1e-6), 1 - 1e-6) for p in probability]
        return -sum(math.log(s if good else 1 - s) for s, good in zip(sure, right, strict=True))

    return min(grid, key=loss)


def report(rows: Sequence[Mapping[str, Any]], found: Sequence[Interpretation]) -> None:
    wrong = [wrong_fields(row, one.instruction) for row, one in zip(rows, found, strict=True)]
    exact: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, fields in zip(rows, wrong, strict=True):
        for group in (row["stratum"], "all"):
            for tongue in (language(row["prompt"]), "all"):
                exact[group, tongue].append(not fields)
    columns = ("all", "en", "zh", "mixed")
    print("| stratum | n | " + " | ".join(columns) + " |\n|---|---|" + "---|" * len(columns))
    for group in dict.fromkeys((*(row["stratum"] for row in rows), "all")):
        shares = [exact[group, tongue] for tongue in columns]
        cells = [f"{sum(one) / len(one):.1%}" if one else "" for one in shares]
        print(f"| {group} | {len(shares[0])} | " + " | ".join(cells) + " |")
    print("\nmisread fields:", dict(Counter(name for fields in wrong for name in fields)))

    inside = [(row, one.instruction) for row, one in zip(rows, found, strict=True) if not row["refused"]]
    outside = [one.instruction for row, one in zip(rows, found, strict=True) if row["refused"]]
    print(f"refused of out-of-scope: {sum(bool(one.refused) for one in outside) / len(outside):.1%}", end="; ")
    print(f"wrongly refused: {sum(bool(one.refused) for _, one in inside) / len(inside):.1%}")
    for numbers, name in ((True, "numbers, to 0.01"), (False, "words, within their range")):
        spoken = [
            (row, one) for row, one in inside if any(isinstance(v, str) is not numbers for v in row["tasks"].values())
        ]
        wrong_count = sum(bool(wrong_strengths(row, one, numbers=numbers)) for row, one in spoken)
        print(f"strengths given as {name}: {1 - wrong_count / len(spoken):.1%} of {len(spoken)} prompts")

    right = [not fields for fields in wrong]
    confidence = [one.confidence for one in found]
    print(f"expected calibration error: {calibration_error(confidence, right):.3f}", end="; ")
    unsure = [good for good, one in zip(right, found, strict=True) if one.unsure]
    offered = [
        any(not wrong_fields(row, other) for other in one.choices)
        for row, one in zip(rows, found, strict=True)
        if one.unsure and not row["refused"]
    ]
    print(f"asks in {len(unsure) / len(right):.1%} of prompts, {sum(unsure)} of {len(unsure)} of them right", end="")
    print(f"; of those in scope, {sum(offered)} of {len(offered)} have the right reading among the two buttons")
    _confusion(rows, found)


def _confusion(rows: Sequence[Mapping[str, Any]], found: Sequence[Interpretation]) -> None:
    """Rows: what was meant; columns: what was understood. A row without its own column was missed."""
    columns = [*(task.value for task in TASKS), "tone", "auto", "refused", "nothing"]
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for row, one in zip(rows, found, strict=True):
        meant, understood = _kinds(row), _kinds(one.instruction.to_dict())
        for kind in meant:
            table[kind].update([kind] if kind in understood else sorted(understood - meant) or ["nothing"])
    print("\n| meant | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for kind in columns[:-1]:
        print(f"| {kind} | " + " | ".join(str(table[kind][column] or "") for column in columns) + " |")


def _kinds(row: Mapping[str, Any]) -> set[str]:
    if row["refused"]:
        return {"refused"}
    return {*row["tasks"], *(["tone"] if row["tone"] else []), *(["auto"] if row["auto"] else [])}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "tests/data/instructions.jsonl")
    parser.add_argument("--model", type=Path, default=ROOT / "models/clip")
    parser.add_argument("--errors", action="store_true", help="print the misread prompts; only for development sets")
    parser.add_argument("--calibrate", action="store_true", help="fit the confidence and store it with the model")
    arguments = parser.parse_args(argv)
    rows = [json.loads(line) for line in arguments.data.read_text(encoding="utf-8").splitlines() if line.strip()]
    reader = InstructionParser.from_pretrained(arguments.model)
    reader.parse("remove the noise")
    found, seconds = [], []
    for row in rows:
        started = time.perf_counter()
        found.append(reader.interpret(row["prompt"]))
        seconds.append(time.perf_counter() - started)
    report(rows, found)
    share, count = order_share(reader)
    print(f"a little < default < strongly: {share:.1%} of {count}")
    rng = random.Random(0)
    strata = ("single", "several", "keep")
    single = [row for row in rows if language(row["prompt"]) == "en" and row["stratum"] in strata]
    damaged = [not wrong_fields(row, reader.parse(misspell(row["prompt"], rng))) for row in single]
    print(f"a typo in every word of four letters or more: {sum(damaged) / len(damaged):.1%} of {len(damaged)} exact")
    print(f"latency: median {1000 * sorted(seconds)[len(seconds) // 2]:.1f} ms, 95 % below ", end="")
    print(f"{1000 * sorted(seconds)[int(0.95 * len(seconds))]:.1f} ms")
    if arguments.calibrate:
        right = [not wrong_fields(row, one.instruction) for row, one in zip(rows, found, strict=True)]
        pair = fit_calibration([one.probability for one in found], right)
        path = arguments.model / "instruction_head.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": pair}, indent=2) + "\n")
        print(f"calibration: slope {pair[0]}, offset {pair[1]}, written to {path}")
    if arguments.errors:
        for row, one in zip(rows, found, strict=True):
            fields = wrong_fields(row, one.instruction)
            strengths = [
                *wrong_strengths(row, one.instruction, numbers=True),
                *wrong_strengths(row, one.instruction, numbers=False),
            ]
            if fields or strengths:
                print(f"- [{row['stratum']}] {row['prompt']!r} {fields or strengths} {one.confidence:.2f}")
                print(f"    got {_brief(one.instruction.to_dict())}  meant {_brief(row)}")


def _brief(row: Mapping[str, Any]) -> str:
    """What a row says beyond the defaults."""
    if row["refused"]:
        return "refused"
    plain = {"scale": 1, "region": "all"}
    hidden = ("prompt", "stratum")
    return str({name: v for name, v in row.items() if v and name not in hidden and plain.get(name) != v})


if __name__ == "__main__":
    main()
