"""`degrade` and `verify` on the command line: one photo gone bad, a folder as a paired data set, and its check."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable.task import TASKS, UNITS

if TYPE_CHECKING:
    from controllable.degradation.choice import Choice
    from controllable.degradation.private import Pixelation

DEGRADE = (
    "Make a realistic low-quality photo; or, where IN is a folder, a paired data set of all photos below it: "
    "OUT/clean/NAME.png, OUT/degraded/NAME-SEED.png, OUT/manifest.jsonl (one JSON object a pair: names, seed, "
    "parameters, size, SHA-256) and OUT/manifest.sha256. The same command goes on where an earlier one was stopped."
)
_PRIVATE = (
    ("delta", 1e-5, "the chance that the promise of --private may fail with"),
    ("cell", 16, "side of the cells that are averaged, px"),
    ("region", 4, "side of the squares that are protected, px"),
)
VERIFY = (
    "Compare every file of a paired data set with its checksum, and replay some of its pairs from their parameters."
)


def add_degrade(parser: argparse.ArgumentParser) -> None:
    """The arguments of `degrade`."""
    parser.add_argument("input", type=Path, metavar="IN", help="a photo, or a folder of photos")
    parser.add_argument("output", type=Path, metavar="OUT", help="a picture, or a folder, new or of the same export")
    for task in TASKS:
        name = f"--{task.value.replace('_', '-')}"
        parser.add_argument(name, type=float, default=0.0, metavar="S", help=UNITS[task].replace("%", "%%"))
    parser.add_argument("--recipe", metavar="NAME", help="a named mixture instead, such as old_phone")
    parser.add_argument("--learned", metavar="NAME", help="a degrader that `train degradation-gan` made, or its folder")
    parser.add_argument("--params", type=Path, help="replay the parameters an earlier --json printed; one photo only")
    parser.add_argument("--seed", type=int, default=0, help="0 to 2147483647; the same one draws the same")
    parser.add_argument("--variants", type=int, metavar="N", help="pairs of each photo of a folder (1)")
    parser.add_argument("--crop", type=int, metavar="PX", help="cut a folder's photos to multiples of PX a side")
    parser.add_argument(
        "--private", type=float, metavar="EPSILON",
        help="make a folder's pairs, both pictures, of noised coarse pictures of its photos: differential privacy for "
        "squares of --private-region px; docs/privacy.md says what that protects and what not",
    )  # fmt: skip
    for name, default, text in _PRIVATE:
        parser.add_argument(f"--private-{name}", type=type(default), metavar=name.upper(), help=f"{text} ({default:g})")
    parser.add_argument("--models", help="folder or hub id of other models")


def add_verify(parser: argparse.ArgumentParser) -> None:
    """The arguments of `verify`."""
    parser.add_argument("input", type=Path, metavar="FOLDER")
    parser.add_argument("--replays", type=int, default=8, metavar="N", help="how many pairs to make again (8)")
    parser.add_argument("--models", help="folder or hub id of other models")


def degrade(arguments: argparse.Namespace, rest: list[str]) -> None:
    """One photo, or a folder. Raises ValueError or OSError with one sentence."""
    if arguments.input.is_dir():
        _export(arguments)
        return
    if not arguments.input.exists():
        raise ValueError(f"input: there is no {arguments.input}")
    from controllable.degradation.choice import replayed
    from controllable.image.encode import check_suffix, save
    from controllable.image.picture import load
    from controllable.provenance import carrying

    check_suffix(arguments.output)
    if arguments.variants is not None or arguments.crop is not None:
        raise ValueError(f"variants, crop: are for a folder of photos, and {arguments.input} is none")
    if _pixelation(arguments) is not None:
        raise ValueError(f"private: is for a folder of photos, and {arguments.input} is none")
    if arguments.params:
        _only_one(arguments)
        choice, params = replayed(_read_json(arguments.params), _models(arguments))
        picture = load(arguments.input)
    else:
        choice = _choice(arguments)
        picture = load(arguments.input)
        params = choice.sample(arguments.seed)
    made = picture.with_rgb(choice.apply(picture.rgb, params))
    save(carrying(None, made, arguments.output.suffix)[0], arguments.output)  # an older record is of other pixels
    values = params.to_dict()
    if arguments.json:
        _print({"output": str(arguments.output), "seed": arguments.seed, **choice.origin, "params": values})
    else:
        flaws = values["severity"].items()
        print(f"{arguments.output}: " + (", ".join(f"{name} {value:.2f}" for name, value in flaws) or "unchanged"))


def _export(arguments: argparse.Namespace) -> None:
    from controllable.degradation.export import ExportSettings, export, find_photos

    if arguments.params:
        raise ValueError("params: replay one photo; for a folder, name a recipe, a learned degrader, or severities")
    variants = 1 if arguments.variants is None else arguments.variants
    settings = ExportSettings(
        choice=_choice(arguments), variants=variants, seed=arguments.seed, crop_px=arguments.crop,
        private=_pixelation(arguments),
    )  # fmt: skip
    photos = find_photos(arguments.input, arguments.output)
    quiet = arguments.json or not sys.stderr.isatty()
    try:
        done = export(photos, arguments.output, settings, None if quiet else _show_progress)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; the same command goes on with {arguments.output}") from None
    private = {} if settings.private is None else {"private": settings.private.to_dict()}
    if arguments.json:
        counts = {"pairs": done.pairs, "made": done.made, "skipped": dict(done.skipped)}
        _print({"output": str(done.folder), **counts, **private})
        return
    for sentence in done.skipped.values():
        print(f"skipped: {sentence}", file=sys.stderr)
    skipped = f", {len(done.skipped)} of {len(photos)} photos skipped" if done.skipped else ""
    print(f"{done.folder}: {done.pairs} pairs, {done.made} of them made now{skipped}")
    if settings.private is not None:
        print(f"private: {settings.private}; the names of the files and their sizes are as they were")


def verify(arguments: argparse.Namespace, rest: list[str]) -> None:
    """Check a data set. Raises ValueError with the first fault and how many there are."""
    from controllable.degradation.verify import verify

    found = verify(arguments.input, models=_models(arguments), replays=max(0, arguments.replays))
    if arguments.json:
        _print({"pairs": found.pairs, "replayed": found.replayed, "faults": list(found.faults)})
    elif not found.faults:
        print(f"{arguments.input}: {found.pairs} pairs, all as written; {found.replayed} made again, pixel for pixel")
    if found.faults:
        more = f"; and {len(found.faults) - 1} more" if len(found.faults) > 1 else ""
        raise ValueError(f"verify: {found.faults[0]}{more}")


def _choice(arguments: argparse.Namespace) -> "Choice":
    from controllable.degradation.choice import learned, own, recipe

    _only_one(arguments)
    if arguments.recipe:
        return recipe(arguments.recipe)
    if arguments.learned:
        return learned(arguments.learned, _models(arguments))
    return own({task: getattr(arguments, task.value) for task in TASKS})


def _pixelation(arguments: argparse.Namespace) -> "Pixelation | None":
    from controllable.degradation.private import Pixelation

    given = {name: getattr(arguments, f"private_{name}") for name, _, _ in _PRIVATE}
    chosen = {name: value for name, value in given.items() if value is not None}
    if arguments.private is None:
        if chosen:
            raise ValueError(f"private-{next(iter(chosen))}: goes with --private EPSILON")
        return None
    fields = {"delta": "delta", "cell": "cell_px", "region": "region_px"}
    return Pixelation(epsilon=arguments.private, **{fields[name]: value for name, value in chosen.items()})


def _only_one(arguments: argparse.Namespace) -> None:
    severe = any(getattr(arguments, task.value) for task in TASKS)
    if sum((severe, *(bool(getattr(arguments, name)) for name in ("recipe", "learned", "params")))) > 1:
        raise ValueError("degrade: give severities, or --recipe, or --learned, or --params, not several of them")


def _models(arguments: argparse.Namespace) -> Path:
    from controllable.models import BUNDLED, find_models

    return BUNDLED if arguments.models is None else find_models(arguments.models)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"params: {path.name} is not JSON ({error})") from None


def _show_progress(share: float, name: str) -> None:
    print(f"\r\033[K{share:4.0%} {name}", end="\n" if share >= 1.0 else "", file=sys.stderr, flush=True)


def _print(values: dict[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=False))
