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
from controllable.training.fit import FitSettings, Recipe, fit
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
    for field in fields(settings):
        option, text = f"--{field.name.replace('_', '-')}", f"{field.metadata['help']} ({field.default})"
        if isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default, help=text)
        else:
            parser.add_argument(option, type=type(field.default), default=field.default, help=text.replace("%", "%%"))


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
    best = recipe.shipped(fit(recipe, limits, arguments.out))
    weights = arguments.out / "weights"
    if process.is_main_process:
        story = f"recipe `{name}`, {chosen.steps:,} steps of {chosen.batch} pictures, seed {arguments.seed}."
        best.half().save_pretrained(weights, model_card_kwargs={"training": story})
    return {"weights": str(weights)}
