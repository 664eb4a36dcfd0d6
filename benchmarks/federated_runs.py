"""Trainings of `benchmarks.federated`: photos shared out among clients, one network for all in one place or in a
federation, and what it gains on held-out photos."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

import torch
from torch import Tensor, nn

from controllable.training.federation.client import Place, warmup
from controllable.training.federation.held_out import hold_out
from controllable.training.federation.settings import Federation
from controllable.training.federation.shared import build, take
from controllable.training.fit import FitSettings, Training
from controllable.training.photos import SUFFIXES
from controllable.training.processes import stream
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Photographed, photograph

CLIENTS = {
    "a": (0.50, "noise=0.1;noise=0.2"),
    "b": (0.25, "noise=0.35;noise=0.45"),
    "c": (0.15, "noise=0.6;noise=0.5,compression=0.3"),
    "d": (0.10, "noise=0.9;noise=0.8,compression=0.4"),
}
"""Share of the photos, and cameras; severities as in `task.UNITS`: noise=0.5 has a standard deviation of 25 of 255."""
EVERY_CAMERA = ";".join(cameras for _, cameras in CLIENTS.values())
STRETCH = 100
"""Steps after which a training in one place writes a checkpoint."""


class Pooled:
    """All these clients' photos in one place: each picture of a batch is a client's with the chance of its share."""

    def __init__(self, recipes: Sequence[PairedRecipe]) -> None:
        self.recipes, self.network = recipes, recipes[0].network
        self.state, self.load_state = recipes[0].state, recipes[0].load_state
        self._shares = torch.tensor([float(len(recipe.photos)) for recipe in recipes])

    def batches(self, start: int) -> Iterator[Photographed]:
        settings = self.recipes[0].settings
        for number in count(start):
            chance = stream(self.recipes[0].seed, number, 0)
            owners = torch.multinomial(self._shares, settings.batch, replacement=True, generator=chance)
            parts = []
            for place, recipe in enumerate(self.recipes):
                if size := int((owners == place).sum()):
                    clean = recipe.photos.sample(size, settings.patch_px, chance).crops[:, 0]
                    parts.append(photograph(clean, recipe.camera, chance, number))
            seen, clean = (torch.cat([getattr(part, name) for part in parts]) for name in ("seen", "clean"))
            yield Photographed(seen=seen, clean=clean, kernel=None, step=number)

    def loss(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        return self.recipes[0].loss(network, batch)

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        return {"score": 0.0}


def share_out(data: Path, folder: Path, photos: int, clients: Mapping[str, tuple[float, str]], seed: int) -> Path:
    """Links to `photos` photos below `data`, chosen and shared out at random, a sub-folder for each client."""
    files = sorted(path for path in data.rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = random.Random(seed).sample(files, min(photos, len(files)))
    begun = 0.0
    for name, (share, cameras) in clients.items():
        part = chosen[round(begun * len(chosen)) : round((begun + share) * len(chosen))]
        begun += share
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "cameras.txt").write_text(cameras)
        for path in part:
            link = folder / name / f"{path.parent.name}_{path.name}"
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())
    return folder


def gather(federation: Federation, chosen: Sequence[Place], out: Path) -> dict[str, Tensor]:
    """Train on these clients' photos in one place, as many steps as each takes in a federation."""
    torch.set_num_threads(1)
    torch.manual_seed(federation.seed)
    recipes = [
        build(federation, place.data, cameras_text=place.cameras, seed=federation.seed, workers=0) for place in chosen
    ]
    settings, steps = recipes[0].settings, federation.steps
    limits = FitSettings(
        steps=steps, rate=settings.rate, every=steps, precision=settings.precision, warmup=warmup(steps)
    )
    pooled = Pooled(recipes)
    training = Training(pooled, limits, out)
    training.resume()
    while training.step < steps:
        training.advance(min(steps, training.step + STRETCH))
    return {name: value.cpu() for name, value in pooled.network.state_dict().items()}


def federate(federation: Federation, data: Path, out: Path, *more: str) -> float:
    """Run the command, in a process of its own; seconds it took."""
    begun = time.monotonic()
    subprocess.run(command(federation, data, out, *more), check=True, env=quiet())
    return time.monotonic() - begun


def command(federation: Federation, data: Path, out: Path, *more: str) -> list[str]:
    plain, known = Federation(), vars(federation)
    changed = [name for name, value in vars(plain).items() if known[name] != value]
    options = [f"--{'' if known[name] is not False else 'no-'}{name.replace('_', '-')}" for name in changed]
    values = [[] if isinstance(known[name], bool) else [str(known[name])] for name in changed]
    given = [part for option, value in zip(options, values, strict=True) for part in (option, *value)]
    where = ["--data", str(data), "--out", str(out)]
    return [sys.executable, "-m", "controllable", "train", "federated", *where, *given, *more]


def quiet() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def averaged(federation: Federation, out: Path) -> dict[str, Tensor]:
    """The network of a federation's last round."""
    recipe = build(federation, None)
    state = torch.load(out / "round.pt", map_location="cpu", weights_only=True)
    take(recipe, federation, {name: value.numpy() for name, value in state["arrays"].items()})
    return dict(recipe.network.state_dict())


@torch.inference_mode()
def gains(federation: Federation, weights: Mapping[str, Tensor], held_out: Path) -> list[float]:
    """Of each of the eight cameras, dB; they take the photos alike, whatever seed the network was trained with."""
    recipe = build(federation, None)
    recipe.network.load_state_dict(weights)
    found = []
    for camera in EVERY_CAMERA.split(";"):
        hold_out(recipe, held_out, camera, seed=0)
        found.append(recipe.evaluate(recipe.network.eval())["gain"])
    return found
