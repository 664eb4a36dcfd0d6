"""`python -m controllable train NAME` for the recipes of the workshop: a settings class → arguments → weights."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from controllable.networks.degrader import Degrader
from controllable.networks.expert import Expert
from controllable.training.fit import FitSettings, Recipe, Training
from controllable.training.privacy import Privacy
from controllable.training.processes import join
from controllable.training.recipes.settings import Settings


class Shipping(Recipe, Protocol):
    """A recipe that trains an expert, or a degrader."""

    def shipped(self, network: nn.Module) -> Expert | Degrader:
        """The part of what was trained that is of use."""
        ...


def add_arguments(parser: argparse.ArgumentParser, settings: type[Settings], name: str) -> None:
    """One argument a field, with its default and its sentence; besides, where data and results are."""
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--out", type=Path, default=Path("runs") / name, help="checkpoints, log, samples and weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cuda", "cpu"))
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="processes that make pairs, where photos are on the CPU; recipes without pairs have none",
    )
    _add_privacy(parser)
    for field in fields(settings):
        option, text = f"--{field.name.replace('_', '-')}", f"{field.metadata['help']} ({field.default})"
        if isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default, help=text)
        else:
            parser.add_argument(option, type=type(field.default), default=field.default, help=text.replace("%", "%%"))


def _add_privacy(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("privacy", "differentially private training (DP-SGD), of recipes of pairs")
    default = {field.name: field.default for field in fields(Privacy)}
    group.add_argument("--epsilon", type=float, help="budget; without it the training is not private")
    for option, text in (
        ("--delta", "chance that the promise fails, below 1 over the number of photos"),
        ("--clip", "bound of the generator's gradient of one photo"),
        ("--critic-clip", "bound of the discriminator's"),
    ):
        name = option[2:].replace("-", "_")
        group.add_argument(option, type=float, default=default[name], help=f"{text} ({default[name]})")
    group.add_argument(
        "--noise-multiplier", type=float, help="noise of a step over the bound (the least for which the budget lasts)"
    )


def _privacy(arguments: argparse.Namespace) -> Privacy | None:
    if arguments.epsilon is None:
        if arguments.noise_multiplier is not None:
            raise ValueError("noise-multiplier: belongs to a private training, which --epsilon asks for")
        return None
    named = {name: getattr(arguments, name) for name in ("epsilon", "delta", "clip", "critic_clip")}
    return Privacy(**named, noise=arguments.noise_multiplier)


def run(
    arguments: argparse.Namespace, settings: type[Settings], build: Callable[..., Shipping], name: str
) -> dict[str, Any]:
    """Train, and write `out/weights`, which `from_pretrained` of what the recipe trains reads."""
    chosen = settings(**{field.name: getattr(arguments, field.name) for field in fields(settings)})
    process = join(arguments.device)
    torch.manual_seed(arguments.seed)
    recipe = build(
        chosen, arguments.data, seed=arguments.seed, device=arguments.device, workers=arguments.workers
    )  # fmt: skip
    limits = FitSettings(
        steps=chosen.steps, rate=chosen.rate, every=min(chosen.every, chosen.steps), precision=chosen.precision,
        batch=chosen.batch, warmup=min(200, max(1, chosen.steps // 10)),
    )  # fmt: skip
    training = Training(recipe, limits, arguments.out, _privacy(arguments))
    training.resume()
    training.advance()
    best = recipe.shipped(training.best_network())
    weights = arguments.out / "weights"
    if process.is_main_process:
        story = f"recipe `{name}`, {chosen.steps:,} steps of {chosen.batch} pictures, seed {arguments.seed}."
        if training.private:
            story += f" {training.private.story()}"
        best.half().save_pretrained(weights, model_card_kwargs={"training": story})
    return {"weights": str(weights)}
