"""Recipe: the generator's inverse physics alone, on thumbnails. `python -m controllable train physics --data DIR`.

Colour, exposure and haze are the same for every pixel, so a thumbnail holds all there is to learn about them, at a
hundredth of the cost of a crop. The weights are what the generator's recipe builds on (`--physics`).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from controllable.degradation import POINTWISE, Chain
from controllable.networks.generator import THUMBNAIL_PX, Generator, undo_global
from controllable.task import Task
from controllable.training.counterfactual import PairSettings, draw_severity, draw_strengths
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos

_WEIGHTS = {Task.LOW_LIGHT: 1.0, Task.HAZE: 1.0, Task.COLOR: 1.6}


@dataclass(frozen=True, kw_only=True)
class ThumbnailPair:
    """thumbnail, target: (B, 3, 64, 64); strengths: (B, 8)."""

    thumbnail: Tensor
    target: Tensor
    strengths: Tensor


class PhysicsRecipe:
    def __init__(self, data: Path, *, batch: int, seed: int) -> None:
        self.network: nn.Module = Generator().physics
        self.settings = PairSettings(batch=batch, flaws=(0.7, 0.2, 0.1), weights=_WEIGHTS, full=0.6)
        self.seed = seed
        self.thumbnails = Photos(data).thumbnails
        development = Photos(data, development=True).thumbnails
        generator = torch.Generator().manual_seed(seed)
        self.development = [self._pair(development, generator) for _ in range(8)]

    def batches(self, start: int) -> Iterator[ThumbnailPair]:
        generator = torch.Generator().manual_seed(self.seed + 1_000_003 * start + 1)
        while True:
            yield self._pair(self.thumbnails, generator)

    def _pair(self, thumbnails: Tensor, generator: torch.Generator) -> ThumbnailPair:
        picks = torch.randint(len(thumbnails), (self.settings.batch,), generator=generator)
        clean = _vary(thumbnails[picks], generator)
        severity, main = draw_severity(self.settings, generator)
        strengths = draw_strengths(self.settings, severity, main, generator)
        params = Chain().sample(len(clean), generator, severity)
        return ThumbnailPair(
            thumbnail=Chain().apply(clean, params, only=POINTWISE),
            target=Chain().apply(clean, params.without(strengths), only=POINTWISE),
            strengths=strengths,
        )

    def loss(self, network: nn.Module, batch: ThumbnailPair) -> tuple[Tensor, dict[str, float]]:
        output = undo_global(batch.thumbnail, batch.strengths, network(batch.thumbnail, batch.strengths))
        loss = torch.log((output - batch.target).pow(2).mean((1, 2, 3)) + 1e-4).mean()
        return loss, {"loss": loss.item()}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Minus the loss on the development photos."""
        return {"score": -sum(self.loss(network, pair)[1]["loss"] for pair in self.development) / len(self.development)}


def _vary(clean: Tensor, generator: torch.Generator) -> Tensor:
    """A random part of each thumbnail, mirrored or not: other framings of the same light."""
    out = []
    for picture in clean.split(1):
        side = int(torch.randint(THUMBNAIL_PX // 2, THUMBNAIL_PX + 1, (), generator=generator))
        top, left = torch.randint(THUMBNAIL_PX - side + 1, (2,), generator=generator).tolist()
        part = picture[..., top : top + side, left : left + side]
        part = F.interpolate(part, size=(THUMBNAIL_PX, THUMBNAIL_PX), mode="bilinear") if side < 60 else picture
        out.append(part.flip(-1) if float(torch.rand((), generator=generator)) < 0.5 else part)
    return torch.cat(out)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--out", type=Path, default=Path("runs/physics"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--start", type=Path, help="physics.safetensors of an earlier run to continue from")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    recipe = PhysicsRecipe(arguments.data, batch=arguments.batch, seed=arguments.seed)
    if arguments.start:
        recipe.network.load_state_dict(load_file(arguments.start))
    settings = FitSettings(steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=250)
    best = fit(recipe, settings, arguments.out)
    weights = arguments.out / "physics.safetensors"
    save_file({name: value.contiguous() for name, value in best.state_dict().items()}, weights)
    return {"weights": str(weights)}
