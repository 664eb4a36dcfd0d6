"""The command line: one sub-command a stage. `python -m controllable --help`.

Every command prints one JSON object with --json; bad input gives one line on stderr and exit status 2.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable import cli_batch, cli_degrade, cli_enhance

if TYPE_CHECKING:
    from controllable.enhancer import Enhancer

RECIPES_TO_TRAIN = (
    "instruction", "adapter", "quality", "quality-head", "physics", "wiener", "generator", "perceptual", "identity",
    "speech", "speech-cleaner", "srgan", "esrgan", "cyclegan", "deblurgan",
    "degradation-gan", "denoise", "federated",
)  # fmt: skip
SPEECH_ENGINES = ("pocketsphinx", "transformers")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 some photos of a batch failed, 2 bad input, 130 interrupted."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "train":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return arguments.run(arguments, rest) or 0
    except (ValueError, OSError) as error:
        print(f"controllable: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"controllable: {str(stop) or 'interrupted, nothing was written'}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="controllable", description="Say what to fix in a photo.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    enhance = _command(commands, "enhance", _enhance, "do what a sentence asks, and nothing else")
    cli_enhance.add_enhance(enhance)
    _prompts(enhance)

    batch = _command(commands, "batch", _batch, "the same for a folder of photos: resumable, with one report")
    batch.description = cli_batch.BATCH
    cli_batch.add_batch(batch)
    _prompts(batch)

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


def _command(commands: Any, name: str, run: Callable[..., int | None], text: str) -> argparse.ArgumentParser:
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
    cli_enhance.enhance(arguments, _enhancer)


def _batch(arguments: argparse.Namespace, rest: list[str]) -> int:
    return cli_batch.batch(arguments, _enhancer)


def _understand(arguments: argparse.Namespace, rest: list[str]) -> None:
    enhancer = _enhancer(arguments)
    for prompt in arguments.prompts:
        read = enhancer.interpret(prompt)
        if arguments.json:
            _print_json(read.instruction.to_dict())
            continue
        print(f"{prompt}: {cli_enhance.brief(read.instruction)}")
        if read.unsure:
            print("".join(f"  or did you mean: {cli_enhance.brief(other)}\n" for other in read.alternatives), end="")


def _listen(arguments: argparse.Namespace, rest: list[str]) -> None:
    from controllable.instruction.speech import load_audio, load_recognizer, recognize

    samples = load_audio(arguments.input)
    transcript = recognize(samples, load_recognizer(arguments.engine, arguments.model), arguments.input.name)
    instruction = _enhancer(arguments).understand(transcript.text)
    if arguments.json:
        _print_json({"transcript": transcript.text, "instruction": instruction.to_dict()})
    else:
        print(f"{transcript.text}: {cli_enhance.brief(instruction)}")


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
