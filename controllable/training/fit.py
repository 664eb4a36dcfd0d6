"""The only training loop: it knows batches, a loss, a schedule and checkpoints, and no paper.

One process on a CPU or a GPU, or as many as `accelerate launch` or `torchrun` starts: see `processes`.
"""

import contextlib
import copy
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from controllable.generation.restorer import cpu_has_bf16
from controllable.training.logbook import Logbook, write_state
from controllable.training.meter import Meter
from controllable.training.muon import optimizers
from controllable.training.privacy import Privacy, PrivateSteps, private_optimizers
from controllable.training.processes import average_gradients, from_main, join, step_seed, stop_signals

Precision = Literal["auto", "bf16", "fp16", "fp32"]
Compile = Literal["off", "default", "reduce-overhead", "max-autotune"]
AGREE_EVERY = 10
"""Steps after which many processes take over the main one's clock, and losses are looked at."""
LOST_STEPS = 10
"""A training whose loss was not finite for so many steps in a row is lost."""


class Recipe(Protocol):
    """What a recipe gives the loop."""

    network: nn.Module

    def batches(self, start: int) -> Iterator[Any]:
        """An endless stream of batches; `start` is the step a resumed run begins at."""
        ...

    def loss(self, network: nn.Module, batch: Any) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        """A scalar to minimise, and scalars for the log; tensors are read only when they are logged, since to read
        one is to wait for the device."""
        ...

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Figures on the development photos; `score`, higher is better, chooses the weights that are kept."""
        ...


@runtime_checkable
class Stateful(Protocol):
    """What a recipe may offer besides: things it trains itself, a discriminator say, that a checkpoint must carry.

    Where it trains them, `processes.average_gradients` keeps them the same in all processes.
    """

    def state(self) -> dict[str, Any]:
        """State dicts, tensors and plain numbers, as `torch.load(weights_only=True)` reads them back."""
        ...

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        ...


@runtime_checkable
class Showing(Protocol):
    """What a recipe may offer besides: pictures to look at."""

    def samples(self, network: nn.Module) -> Tensor:
        """(N, 3, H, W), RGB, [0, 1], of development photos; eight make a row of the sheet."""
        ...


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """Muon and AdamW with warm-up and a cosine to `final_rate`; weights averaged exponentially (EMA).

    Ends after `steps` or `minutes` of training time, whichever comes first; the schedule follows whichever is nearer.

    precision: of the loss and the evaluation, by autocast; auto is bf16 where the device multiplies it, else fp16 on a
    GPU and fp32 on a CPU. compile: mode of `torch.compile` for the network; reduce-overhead replays CUDA graphs.
    batch: samples a step takes in one process, for the figures alone.
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
    precision: Precision = "fp32"
    compile: Compile = "off"
    batch: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.minutes <= 0:
            raise ValueError("steps, minutes: must be positive")
        if self.every < 1:
            raise ValueError(f"every: must be at least 1, not {self.every}")
        for name, accepted in (("precision", get_args(Precision)), ("compile", get_args(Compile))):
            if getattr(self, name) not in accepted:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(accepted)}")

    def done_at(self, step: int, minutes: float) -> float:
        """Share of the training that is over, in [0, 1]."""
        return min(1.0, max(step / self.steps, minutes / self.minutes))

    def rate_at(self, step: int, minutes: float) -> float:
        done = self.done_at(step, minutes)
        cosine = self.final_rate + 0.5 * (self.rate - self.final_rate) * (1.0 + math.cos(math.pi * done))
        return cosine * min(1.0, (step + 1) / self.warmup)


def fit(recipe: Recipe, settings: FitSettings, out: Path, privacy: Privacy | None = None) -> nn.Module:
    """Train `recipe.network`, resuming from `out/checkpoint.pt` if it is there; returns the best averaged weights.

    privacy: train differentially private, until the steps or the budget end; returns the last averaged weights then,
    since a choice by score would tell of the development photos. Raises ValueError for what cannot be private, for a
    budget that is used up and for one that a checkpoint began with and that would be loosened.

    The main process writes `checkpoint.pt` (to resume), `best.pt` (averaged weights of the best score) and what
    `Logbook` does below `out`, and evaluates; the others need neither the folder nor the development photos. SIGINT and
    SIGTERM end the step, write a checkpoint and raise KeyboardInterrupt with one sentence; a second SIGINT ends at
    once. Raises ValueError when the loss is lost (`LOST_STEPS`), OSError when a file cannot be written; the checkpoint
    before is whole then.
    """
    training = Training(recipe, settings, out, privacy)
    training.resume()
    training.advance()
    return training.best_network()


class Training:
    """The state of one `fit`, what a checkpoint holds of it, and its steps: for trainings that others have a say in."""

    def __init__(self, recipe: Recipe, settings: FitSettings, out: Path, privacy: Privacy | None = None) -> None:
        self.recipe, self.settings, self.out = recipe, settings, out
        self.network = recipe.network
        self.device = next(self.network.parameters()).device
        self.processes = join(self.device.type)
        self.main = self.processes.is_main_process
        self.precision = _precision(settings.precision, self.device)
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.private = self._make_private(privacy) if privacy else None
        if self.private:
            self.steppers = private_optimizers(self.network, settings.rate)
        else:
            self.steppers = optimizers(self.network, settings.rate, half=self.precision is torch.bfloat16)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision is torch.float16)
        self.step, self.minutes, self.best = 0, 0.0, -math.inf
        self.meter = Meter(self.device, samples=settings.batch, processes=self.processes.num_processes)
        self.sums: dict[str, Tensor | float] = {}
        self.counted = 0
        self.lost = torch.zeros((), dtype=torch.int64, device=self.device)
        self.seed = torch.initial_seed()

    def resume(self) -> None:
        """Begin with the main process's weights, or go on from its checkpoint."""
        path = self.out / "checkpoint.pt"
        if self.main:
            self.out.mkdir(parents=True, exist_ok=True)
        known = self.main and path.exists()
        state = from_main(torch.load(path, map_location="cpu", weights_only=True) if known else None)
        if state is None:
            start = {name: value.cpu() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(from_main(start))
            return
        if (self.private is None) != ("privacy" not in state):
            was = "with" if "privacy" in state else "without"
            raise ValueError(f"privacy: {path} comes from a training {was} it, which another kind cannot go on from")
        if self.private:
            self.private.ledger.load_state(state["privacy"])
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for stepper, saved in zip(self.steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        if state.get("scaler"):  # empty but for fp16
            self.scaler.load_state_dict(state["scaler"])
        if isinstance(self.recipe, Stateful) and "recipe" in state:
            self.recipe.load_state(state["recipe"])
        self.step, self.minutes, self.best = state["step"], state["minutes"], state["best"]
        if self.main:
            print(f"resumed at step {self.step}, {self.minutes:.1f} min", flush=True)

    def advance(self, until: int | None = None) -> None:
        """Take steps to the end, or to step `until` at most, and write a checkpoint; raises as `fit` does.

        May be called again, also after `network` was given other weights, or `step` another place on the schedule.
        """
        settings = self.settings
        until = settings.steps if until is None else until
        if self.private and not self._is_done() and self.step < until:
            self.private.afford(min(until, settings.steps) - self.step)
        self.logbook = Logbook(self.out, self.step) if self.main else None
        if settings.compile != "off":
            self.network.compile(mode=None if settings.compile == "default" else settings.compile)
        batches = self.recipe.batches(self.step)
        clock, elapsed = time.monotonic(), self.minutes
        with stop_signals() as asked_to_stop:
            while not self._is_over() and self.step < until:
                begun = time.monotonic()
                batch = next(batches)
                ready = time.monotonic()
                rate = settings.rate_at(self.step, self.minutes)
                self._take_step(batch, rate)
                now = time.monotonic()
                self.meter.count(ready - begun, now - ready)
                elapsed, clock = elapsed + (now - clock) / 60.0, now
                stopped = self._agree(elapsed, asked_to_stop.is_set())
                self._check_loss()
                if self.step % settings.every == 0 or self._is_over():
                    self._evaluate(rate)
                    clock = time.monotonic()
                elif self.main and self.meter.is_time_to_say():
                    name, total = next(iter(self.sums.items()))
                    done = settings.done_at(self.step, self.minutes)
                    self.meter.say(self.step, name, float(total) / self.counted, done, elapsed)
                if (stopped or self.step == until) and not self._is_over():
                    self._save()
                if self.main and self.private and self.private.is_exhausted and not self._is_done():
                    print(f"{self.private.exhausted()}; stopped after step {self.step}", flush=True)
                if stopped and not self._is_over():
                    raise KeyboardInterrupt(f"stopped after step {self.step}; the same command goes on from there")

    @property
    def spent(self) -> float:
        """epsilon so far; 0 without privacy."""
        return self.private.spent if self.private else 0.0

    def best_network(self) -> nn.Module:
        """The averaged weights of the best evaluation; with privacy of the last one."""
        best = torch.load(self.out / "best.pt", map_location="cpu", weights_only=True) if self.main else None
        self.average.load_state_dict(from_main(best))
        return self.average

    def _is_over(self) -> bool:
        return self._is_done() or (self.private is not None and self.private.is_exhausted)

    def _is_done(self) -> bool:
        return self.step >= self.settings.steps or self.minutes >= self.settings.minutes

    def _take_step(self, batch: Any, rate: float) -> None:
        """Nothing here reads a value from the device, so a GPU always has work waiting."""
        for group in (group for stepper in self.steppers for group in stepper.param_groups):
            group["lr"] = rate
        self._seed()
        if self.settings.compile != "off":
            torch.compiler.cudagraph_mark_step_begin()
        self.network.zero_grad(set_to_none=True)
        if self.private:
            loss, figures = self.private.take(batch, self._loss)
        else:
            loss, figures = self._loss(batch)
            self.scaler.scale(loss).backward()
        self.lost = (self.lost + 1) * ~torch.isfinite(loss.detach())
        average_gradients(self.network.parameters())
        for stepper in self.steppers:
            self.scaler.unscale_(stepper)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip_norm)
        for parameter in self.network.parameters():
            if parameter.grad is not None:  # clipping spreads a value that is not finite to all: the step counts as 0
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        for stepper in self.steppers:
            self.scaler.step(stepper)
        self.scaler.update()
        if self.main:
            _update_average(self.average, self.network, min(self.settings.ema, (1 + self.step) / (10 + self.step)))
        self.step += 1
        self.counted += 1
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, 0.0) + (value.detach() if isinstance(value, Tensor) else value)

    def _loss(self, batch: Any) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        with self._autocast():
            return self.recipe.loss(self.network, batch)

    def _make_private(self, privacy: Privacy) -> PrivateSteps:
        """Raises ValueError for what cannot be trained privately."""
        if self.processes.num_processes > 1:
            raise ValueError("privacy: several processes cannot train privately yet; start one")
        if self.precision is torch.float16:
            raise ValueError("precision: fp16 scales the gradients that privacy has to bound; use bf16 or fp32")
        if self.settings.compile != "off":
            raise ValueError("compile: a compiled network shows no gradients of single photos; privacy needs it off")
        return PrivateSteps(privacy, self.recipe, steps=self.settings.steps)

    def _seed(self) -> None:
        """What a recipe draws from torch's own generators depends on the step, not on what was drawn before."""
        seed = step_seed(self.seed, self.step)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _agree(self, elapsed: float, stopped: bool) -> bool:
        """Take over the clock; whether to stop. Of many processes, the main one decides, now and then."""
        if self.processes.num_processes > 1:
            if self.step % AGREE_EVERY:
                return False
            elapsed, stopped = from_main((elapsed, stopped))
        self.minutes = elapsed
        return stopped

    def _check_loss(self) -> None:
        """Raises ValueError, in all processes, where the main one's loss is lost."""
        if self.step % AGREE_EVERY:
            return
        if from_main(int(self.lost)) >= LOST_STEPS:
            raise ValueError(
                f"loss: not a finite number for {LOST_STEPS} steps, at step {self.step}; what {self.out} holds is from "
                "before that: try a lower rate, or full precision"
            )

    def _evaluate(self, rate: float) -> None:
        if self.logbook:
            with self._autocast():
                scores = self.recipe.evaluate(self.average)
            figures = {name: float(total) / self.counted for name, total in self.sums.items()}
            if self.private or scores["score"] > self.best or not (self.out / "best.pt").exists():
                self.best = scores["score"]
                write_state(self.average.state_dict(), self.out / "best.pt")
            head = {"step": self.step, "minutes": self.minutes, "rate": rate}
            if self.private:
                head["epsilon"] = self.spent
            self.logbook.row(head | figures | scores | self.meter.read())
            if isinstance(self.recipe, Showing):
                with self._autocast(), torch.inference_mode():
                    self.logbook.samples(self.step, self.recipe.samples(self.average))
            self._save()
        self.sums, self.counted = {}, 0
        self.processes.wait_for_everyone()

    def _save(self) -> None:
        if not self.main:
            return
        state = {"network": self.network.state_dict(), "average": self.average.state_dict()}
        state |= {"step": self.step, "minutes": self.minutes, "best": self.best}
        state |= {"optimizers": [stepper.state_dict() for stepper in self.steppers]}
        state |= {"scaler": self.scaler.state_dict()}
        if isinstance(self.recipe, Stateful):
            state["recipe"] = self.recipe.state()
        if self.private:
            state["privacy"] = self.private.ledger.state()
        write_state(state, self.out / "checkpoint.pt")

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.precision)


def _precision(name: Precision, device: torch.device) -> torch.dtype | None:
    """What autocast computes in; None: fp32, without autocast."""
    if name == "auto":
        if device.type == "cuda":
            name = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
        else:
            name = "bf16" if cpu_has_bf16() else "fp32"
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": None}[name]


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    get_ema_multi_avg_fn(decay)(list(average.parameters()), list(network.parameters()), None)
    for kept, new in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(new)
