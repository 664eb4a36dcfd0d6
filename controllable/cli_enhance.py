"""`enhance` on the command line, and what it shares with `batch`: a wish, said in options or by a record."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable.task import REGIONS, SCALES

if TYPE_CHECKING:
    from controllable.enhancer import Enhancer
    from controllable.instruction import Instruction
    from controllable.provenance import Record

Load = Callable[[argparse.Namespace], "Enhancer"]
_SAID = ("prompt", "strength", "fidelity", "scale", "region", "force", "no_guard")
"""What a record says, so that it cannot be said besides."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The options of `Enhancer.enhance`; record: where they come from, None for those of the command line."""

    instruction: "Instruction"
    strength: float
    fidelity: float
    force: bool
    guard: bool
    model: str | None
    mask: Path | None
    record: "Record | None" = None


def add_wish(parser: argparse.ArgumentParser) -> None:
    """The options that say what is to be done to a photo, and what its file is to carry."""
    parser.add_argument("-p", "--prompt", help='"remove half of the noise, keep the colours"')
    parser.add_argument("--replay", type=Path, metavar="RESULT", help="do what was done for this file, instead of -p")
    parser.add_argument("--strength", type=float, help="0 to 1, of everything asked for (1)")
    parser.add_argument("--fidelity", type=float, help="1 exact, towards 0 more plausible texture (1)")
    parser.add_argument("--scale", type=int, choices=SCALES, help="enlarge by this factor, whatever the prompt says")
    parser.add_argument("--region", choices=REGIONS, help="where, whatever the prompt says")
    parser.add_argument("--mask", type=Path, help="where: a white-on-black picture of the photo's size")
    parser.add_argument("--force", action="store_true", help="do not hold back where a named flaw was not found")
    parser.add_argument("--no-guard", action="store_true", help="do not hold back faces that would change identity")
    parser.add_argument("--model", metavar="NAME", help="let an expert that `train` made restore what it can")
    parser.add_argument("--seed", type=int, default=0, help="accepted for replay; restoring draws no random numbers")
    parser.add_argument("--no-gps", action="store_true", help="leave out where the photo was taken")
    parser.add_argument("--no-provenance", action="store_true", help="leave out the record of what was done")


def add_enhance(parser: argparse.ArgumentParser) -> None:
    """The arguments of `enhance`."""
    parser.add_argument("input", type=Path, metavar="IN")
    parser.add_argument("output", type=Path, metavar="OUT", help="the suffix picks the format; PNG loses nothing")
    add_wish(parser)


def wish_of(arguments: argparse.Namespace, enhancer: "Enhancer") -> Wish:
    """What the options ask for. Raises ValueError with one sentence."""
    if arguments.replay is not None:
        return _replayed(arguments)
    if arguments.prompt is None:
        raise ValueError("prompt: say what to improve with -p, or name an earlier result with --replay")
    read = enhancer.interpret(arguments.prompt)
    instruction = read.instruction
    if read.unsure and not arguments.json:
        print(f"understood with little certainty: {brief(instruction)}", file=sys.stderr)
    if arguments.scale:
        instruction = replace(instruction, scale=arguments.scale)
    if arguments.mask:
        instruction = replace(instruction, region="mask")
    elif arguments.region:
        instruction = replace(instruction, region=arguments.region)
    return Wish(
        instruction=instruction, strength=_or_all(arguments.strength), fidelity=_or_all(arguments.fidelity),
        force=arguments.force, guard=not arguments.no_guard, model=arguments.model, mask=arguments.mask,
    )  # fmt: skip


def _replayed(arguments: argparse.Namespace) -> Wish:
    from controllable.provenance import read

    given = next((name for name in _SAID if getattr(arguments, name) not in (None, False)), None)
    if given:
        option = given.replace("_", "-")
        raise ValueError(f"replay: repeats the settings of {arguments.replay.name}; leave out --{option}")
    record = read(arguments.replay)
    if record is None:
        raise ValueError(f"replay: {arguments.replay.name} carries no record of how it was made")
    if arguments.mask and (record.mask is None or record.mask.png is not None):
        raise ValueError(f"replay: repeats the settings of {arguments.replay.name}; leave out --mask")
    return Wish(
        instruction=record.instruction, strength=record.strength, fidelity=record.fidelity, force=record.force,
        guard=record.guard, model=arguments.model or record.model, mask=arguments.mask, record=record,
    )  # fmt: skip


def _or_all(value: float | None) -> float:
    return 1.0 if value is None else value


def enhance(arguments: argparse.Namespace, load: Load) -> None:
    """One photo. Raises ValueError or OSError with one sentence."""
    from controllable.image.encode import check_suffix
    from controllable.provenance import differences

    check_suffix(arguments.output)
    enhancer = load(arguments)
    enhancer.size(arguments.input)  # a photo that cannot be read is said before the models are loaded
    wish = wish_of(arguments, enhancer)
    progress = None if arguments.json or not sys.stderr.isatty() else _show_progress
    if wish.record is not None:
        result = enhancer.repeat(
            arguments.input, wish.record, region_mask=wish.mask, model=arguments.model, progress=progress
        )
    else:
        result = enhancer.enhance(
            arguments.input, wish.instruction, strength=wish.strength, fidelity=wish.fidelity,
            region_mask=wish.mask, force=wish.force, guard=wish.guard, model=wish.model, progress=progress,
        )  # fmt: skip
    if result.instruction.refused is not None:
        raise ValueError(result.instruction.refused)
    notes = result.save(arguments.output, gps=not arguments.no_gps, provenance=not arguments.no_provenance)
    notes = result.picture.notes + notes
    said = wish.record and differences(wish.record, result.record)
    if said:
        print(f"controllable: {said}", file=sys.stderr)
    size = result.picture.size
    if arguments.json:
        more = {"output": str(arguments.output), "size": [size[1], size[0]], "notes": list(notes)}
        more |= {} if wish.record is None else {"replay": said or "the same pixels"}
        print(json.dumps(result.to_dict() | more, ensure_ascii=False))
        return
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    done = ", ".join(f"{task.value} {value:.2f}" for task, value in result.applied.items()) or "no restoration"
    held = sum(face.held for face in result.identity)
    faces = f", faces held back: {held}" if held else ""
    print(f"{arguments.output}: {size[1]}×{size[0]} px, {done}, "
          f"quality {result.quality_before.score:.0f} → {result.quality_after.score:.0f}{faces}")  # fmt: skip


def brief(instruction: "Instruction") -> str:
    """What is not as usual, in the words of the JSON."""
    values: dict[str, Any] = instruction.to_dict()
    return "; ".join(f"{k} {v}" for k, v in values.items() if k != "prompt" and v not in ({}, [], None, False))


def _show_progress(share: float, what: str) -> None:
    print(f"\r{what} {share:4.0%}", end="\n" if share >= 1.0 else "", file=sys.stderr, flush=True)
