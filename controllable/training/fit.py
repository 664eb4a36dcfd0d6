"""The only training loop: it knows batches, a loss, a schedule and checkpoints, and no paper."""

import copy
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from controllable.training.muon import optimizers


class Recipe(Protocol):
    """What a recipe gives the loop."""

    network: nn.Module

    def batches(self, start: int) -> Iterator[Any]:
        """An endless stream of batches; `start` is the step a resumed run begins at."""
        ...

    def loss(self, network: nn.Module, batch: Any) -> tuple[Tensor, dict[str, float]]:
        """A scalar to minimise, and figures for the log."""
        ...

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Figures on the development photos; `score`, higher is better, chooses the weights that are kept."""
        ...


@runtime_checkable
class Stateful(Protocol):
    """What a recipe may offer besides: things it trains itself, a discriminator say, that a checkpoint must carry."""

    def state(self) -> dict[str, Any]:
        """State dicts, tensors and plain numbers, as `torch.load(weights_only=True)` reads them back."""
        ...

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        ...


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """Muon and AdamW with warm-up and a cosine to `final_rate`; weights averaged exponentially (EMA).

    Ends after `steps` or `minutes` of training time, whichever comes first; the schedule follows whichever is nearer.
    """

    steps: int = 12_000
    minutes: float = math.inf
    rate: float = 1e-3
    final_rate: float = 1e-5
    warmup: int = 200
    ema: float = 0.999
    clip_norm: float = 1.0
    every: int = 500
    """Steps between evaluations and checkpoints."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.minutes <= 0:
            raise ValueError("steps, minutes: must be positive")

    def rate_at(self, step: int, minutes: float) -> float:
        done = min(1.0, max(step / self.steps, minutes / self.minutes))
        cosine = self.final_rate + 0.5 * (self.rate - self.final_rate) * (1.0 + math.cos(math.pi * done))
        return cosine * min(1.0, (step + 1) / self.warmup)


def fit(recipe: Recipe, settings: FitSettings, out: Path) -> nn.Module:
    """Train `recipe.network`, resuming from `out/checkpoint.pt` if it is there; returns the best averaged weights.

    Writes `checkpoint.pt` (to resume), `best.pt` (averaged weights of the best score) and `log.csv` below `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = recipe.network
    device = next(network.parameters()).device
    average = copy.deepcopy(network).requires_grad_(False)
    steppers = optimizers(network, settings.rate)
    step, minutes, best = 0, 0.0, -math.inf
    if (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        for stepper, saved in zip(steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        if isinstance(recipe, Stateful) and "recipe" in state:
            recipe.load_state(state["recipe"])
        step, minutes, best = state["step"], state["minutes"], state["best"]
        print(f"resumed at step {step}, {minutes:.1f} min", flush=True)
    batches = recipe.batches(step)
    sums: dict[str, list[float]] = {}
    clock = time.monotonic()
    while step < settings.steps and minutes < settings.minutes:
        rate = settings.rate_at(step, minutes)
        for group in (group for stepper in steppers for group in stepper.param_groups):
            group["lr"] = rate
        loss, figures = recipe.loss(network, next(batches))
        network.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
        if torch.isfinite(norm):
            for stepper in steppers:
                stepper.step()
        _update_average(average, network, min(settings.ema, (1 + step) / (10 + step)))
        step += 1
        now = time.monotonic()
        minutes, clock = minutes + (now - clock) / 60.0, now
        for name, value in figures.items():
            sums.setdefault(name, []).append(value)
        last = step >= settings.steps or minutes >= settings.minutes
        if step % settings.every == 0 or last:
            average.eval()
            scores = recipe.evaluate(average)
            figures = {name: sum(values) / len(values) for name, values in sums.items()} | scores
            sums = {}
            if scores["score"] > best:
                best = scores["score"]
                _save(average.state_dict(), out / "best.pt")
            state = {"network": network.state_dict(), "average": average.state_dict(), "step": step, "best": best}
            state |= {"optimizers": [stepper.state_dict() for stepper in steppers], "minutes": minutes}
            if isinstance(recipe, Stateful):
                state["recipe"] = recipe.state()
            _save(state, out / "checkpoint.pt")
            _log(out / "log.csv", {"step": step, "minutes": minutes, "rate": rate} | figures)
            clock = time.monotonic()
    average.load_state_dict(torch.load(out / "best.pt", map_location=device, weights_only=True))
    return average


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for kept, new in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, 1.0 - decay)
    for kept, new in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(new)


def _save(state: Any, path: Path) -> None:
    """Write whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def _log(path: Path, figures: dict[str, float]) -> None:
    print("  ".join(f"{name} {value:.4g}" for name, value in figures.items()), flush=True)
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if new:
            writer.writerow(figures)
        writer.writerow([f"{value:.6g}" for value in figures.values()])
