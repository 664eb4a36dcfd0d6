"""The command line: one sub-command a stage. `python -m controllable --help`.

Every command prints one JSON object with --json; bad input gives one line on stderr and exit status 2.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable import cli_degrade
from controllable.task import REGIONS, SCALES

if TYPE_CHECKING:
    from controllable.enhancer import Enhancer
    from controllable.instruction import Instruction

RECIPES_TO_TRAIN = (
    "instruction", "adapter", "quality", "quality-head", "physics", "wiener", "generator", "perceptual", "identity",
    "speech", "speech-cleaner", "srgan", "esrgan", "cyclegan", "deblurgan",
    "degradation-gan", "denoise",
)  # fmt: skip
SPEECH_ENGINES = ("pocketsphinx", "transformers")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 2 bad input, 130 interrupted."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "train":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        arguments.run(arguments, rest)
    except (ValueError, OSError) as error:
        print(f"controllable: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"controllable: {str(stop) or 'interrupted, nothing was written'}", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="controllable", description="Say what to fix in a photo.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    enhance = _command(commands, "enhance", _enhance, "do what a sentence asks, and nothing else")
    enhance.add_argument("input", type=Path, metavar="IN")
    enhance.add_argument("output", type=Path, metavar="OUT", help="the suffix picks the format; PNG loses nothing")
    enhance.add_argument("-p", "--prompt", required=True, help='"remove half of the noise, keep the colours"')
    enhance.add_argument("--strength", type=float, default=1.0, help="0 to 1, of everything asked for")
    enhance.add_argument("--fidelity", type=float, default=1.0, help="1 exact, towards 0 more plausible texture")
    enhance.add_argument("--scale", type=int, choices=SCALES, help="enlarge by this factor, whatever the prompt says")
    enhance.add_argument("--region", choices=REGIONS, help="where, whatever the prompt says")
    enhance.add_argument("--mask", type=Path, help="where: a white-on-black picture of the photo's size")
    enhance.add_argument("--force", action="store_true", help="do not hold back where a named flaw was not found")
    enhance.add_argument("--no-guard", action="store_true", help="do not hold back faces that would change identity")
    enhance.add_argument("--model", metavar="NAME", help="let an expert that `train` made restore what it can")
    enhance.add_argument("--seed", type=int, default=0, help="accepted for replay; restoring draws no random numbers")
    _prompts(enhance)

    understand = _command(commands, "understand", _understand, "show what prompts ask for")
    understand.add_argument("prompts", nargs="+", metavar="PROMPT")
    _prompts(understand)

    listen = _command(commands, "listen", _listen, "write down a spoken wish, and show what it asks for")
    listen.add_argument("input", type=Path, metavar="SPEECH", help="WAV, or any format that ffmpeg reads")
    listen.add_argument("--engine", choices=SPEECH_ENGINES, default="pocketsphinx", help="the first is English only")
    listen.add_argument("--model", help="a checkpoint of transformers, or a folder like models/speech for pocketsphinx")
    _prompts(listen)

    assess = _command(commands, "assess", _assess, "measure what is wrong with a photo")
    assess.add_argument("input", type=Path, metavar="IN")
    _models(assess)

    degrade = _command(commands, "degrade", cli_degrade.degrade, "make realistic low-quality photos")
    degrade.description = cli_degrade.DEGRADE
    cli_degrade.add_degrade(degrade)

    verify = _command(commands, "verify", cli_degrade.verify, "check a paired data set that degrade made")
    verify.description = cli_degrade.VERIFY
    cli_degrade.add_verify(verify)

    train = _command(commands, "train", _train, "train one of the models: " + ", ".join(RECIPES_TO_TRAIN))
    train.add_argument("recipe", choices=RECIPES_TO_TRAIN, help="train RECIPE --help lists its settings")
    return parser


def _command(commands: Any, name: str, run: Callable[..., None], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, add_help=name != "train")
    parser.set_defaults(run=run)
    if name != "train":
        parser.add_argument("--json", action="store_true", help="print JSON, for machines")
    return parser


def _models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", help="folder or hub id of other models")


def _prompts(parser: argparse.ArgumentParser) -> None:
    _models(parser)
    parser.add_argument("--clip", metavar="NAME", help="open_clip model that reads the prompts, fitted once (minutes)")


def _enhancer(arguments: argparse.Namespace) -> "Enhancer":
    from controllable.enhancer import Enhancer

    enhancer = Enhancer.from_pretrained(arguments.models, clip=arguments.clip)
    if arguments.clip:
        from controllable.instruction.spelling import WORDS
        from controllable.training.adapter import ensure_adapter

        ensure_adapter(arguments.clip, enhancer.folder / "clip" / WORDS)
    return enhancer


def _enhance(arguments: argparse.Namespace, rest: list[str]) -> None:
    from controllable.image.encode import check_suffix

    check_suffix(arguments.output)
    enhancer = _enhancer(arguments)
    enhancer.size(arguments.input)  # a photo that cannot be read is said before the models are loaded
    read = enhancer.interpret(arguments.prompt)
    instruction = read.instruction
    if read.unsure and not arguments.json:
        print(f"understood with little certainty: {_brief(instruction)}", file=sys.stderr)
    if arguments.scale:
        instruction = replace(instruction, scale=arguments.scale)
    if arguments.region:
        instruction = replace(instruction, region=arguments.region)
    result = enhancer.enhance(
        arguments.input, instruction, strength=arguments.strength, fidelity=arguments.fidelity,
        region_mask=arguments.mask, force=arguments.force, guard=not arguments.no_guard, model=arguments.model,
        progress=None if arguments.json or not sys.stderr.isatty() else _show_progress,
    )  # fmt: skip
    if result.instruction.refused is not None:
        raise ValueError(result.instruction.refused)
    result.save(arguments.output)
    size = result.picture.size
    if arguments.json:
        _print_json(result.to_dict() | {"output": str(arguments.output), "size": [size[1], size[0]]})
        return
    done = ", ".join(f"{task.value} {value:.2f}" for task, value in result.applied.items()) or "no restoration"
    held = sum(face.held for face in result.identity)
    faces = f", faces held back: {held}" if held else ""
    print(f"{arguments.output}: {size[1]}×{size[0]} px, {done}, "
          f"quality {result.quality_before.score:.0f} → {result.quality_after.score:.0f}{faces}")  # fmt: skip


def _show_progress(share: float, what: str) -> None:
    print(f"\r{what} {share:4.0%}", end="\n" if share >= 1.0 else "", file=sys.stderr, flush=True)


def _understand(arguments: argparse.Namespace, rest: list[str]) -> None:
    enhancer = _enhancer(arguments)
    for prompt in arguments.prompts:
        read = enhancer.interpret(prompt)
        if arguments.json:
            _print_json(read.instruction.to_dict())
            continue
        print(f"{prompt}: {_brief(read.instruction)}")
        if read.unsure:
            print("".join(f"  or did you mean: {_brief(other)}\n" for other in read.alternatives), end="")


def _brief(instruction: "Instruction") -> str:
    values = instruction.to_dict()
    return "; ".join(f"{k} {v}" for k, v in values.items() if k != "prompt" and v not in ({}, [], None, False))


def _listen(arguments: argparse.Namespace, rest: list[str]) -> None:
    from controllable.instruction.speech import load_audio, load_recognizer, recognize

    samples = load_audio(arguments.input)
    transcript = recognize(samples, load_recognizer(arguments.engine, arguments.model), arguments.input.name)
    instruction = _enhancer(arguments).understand(transcript.text)
    if arguments.json:
        _print_json({"transcript": transcript.text, "instruction": instruction.to_dict()})
    else:
        print(f"{transcript.text}: {_brief(instruction)}")


def _assess(arguments: argparse.Namespace, rest: list[str]) -> None:
    from controllable.enhancer import Enhancer

    report = Enhancer.from_pretrained(arguments.models).assess(arguments.input).to_dict()
    if arguments.json:
        _print_json(report)
        return
    print(f"quality {report['score']:.0f} of 100")
    for name, severity in report["severity"].items():
        print(f"  {name:12} {severity:5.2f}  {'█' * round(20 * severity)}")


def _train(arguments: argparse.Namespace, rest: list[str]) -> None:
    from importlib import import_module

    from controllable.training.processes import leave
    from controllable.training.recipes import WORKSHOP, command

    name = arguments.recipe
    folder = "controllable.training.recipes" if name in WORKSHOP else "controllable.training"
    module = import_module(f"{folder}.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"controllable train {name}", description=module.__doc__)
    if name in WORKSHOP:
        command.add_arguments(parser, module.SETTINGS, name)
        _print_json(command.run(parser.parse_args(rest), module.SETTINGS, module.build, name))
    else:
        module.add_arguments(parser)
        _print_json(module.run(parser.parse_args(rest)))
    leave()


def _print_json(values: dict[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=False))
