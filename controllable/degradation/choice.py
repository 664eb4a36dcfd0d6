"""What degrades, under the name that JSON calls it by: severities of one's own, a recipe, or a learned degrader."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor

from controllable.degradation.chain import Chain
from controllable.degradation.learned import LearnedDegrader, degraders, find_degrader
from controllable.degradation.params import Params
from controllable.degradation.recipes import find_recipe
from controllable.task import TASKS, Task
from controllable.trained import RUNS


class Source(Protocol):
    """What makes photos bad; `Recipe` and `LearnedDegrader` are such."""

    @property
    def title(self) -> str:
        """For people."""
        ...

    @property
    def story(self) -> str:
        """What happened to such photos, for people."""
        ...

    def sample(self, seed: int, batch: int = 1) -> Params:
        """Parameters of `batch` degradations; the same seed gives the same ones."""
        ...

    def apply(self, image: Tensor, params: Params) -> Tensor:
        """(B, 3, H, W), RGB, [0, 1] → the same, degraded, in 8 bits."""
        ...


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The source that draws no severities: the eight operators of physics, for severities of one's own."""

    title: str = "My own sliders"
    story: str = ""

    def sample(self, seed: int, batch: int = 1) -> Params:
        """Draws at severity 0."""
        return Chain().sample(batch, torch.Generator().manual_seed(seed), torch.zeros(batch, len(TASKS)))

    def apply(self, image: Tensor, params: Params) -> Tensor:
        """(B, 3, H, W), RGB, [0, 1] → the same, degraded, in 8 bits."""
        return Chain().apply(image, params)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """origin: how JSON names the source: {"recipe": NAME}, {"model": NAME}, or {} for physics alone.
    severity: task → [0, 1], those left out 0, instead of what the source draws; None: what it draws.
    weights: SHA-256 of a learned degrader's file."""

    source: Source
    origin: Mapping[str, str]
    severity: Mapping[Task, float] | None = None
    weights: str | None = None

    def __post_init__(self) -> None:
        for task, value in (self.severity or {}).items():
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{task.value}: severity {value} is outside [0, 1]")

    @property
    def idle(self) -> bool:
        """Whether no photo would ever change."""
        return self.severity is not None and not any(self.severity.values())

    def at(self, severity: Mapping[Task, float]) -> "Choice":
        """The same at these severities; a second pass stays as it is drawn."""
        return replace(self, severity=dict(severity))

    def sample(self, seed: int) -> Params:
        """Parameters of one degradation. Raises ValueError for a seed outside [0, 2^31 - 1]."""
        if not 0 <= seed < 2**31:
            raise ValueError(f"seed: {seed} is outside [0, 2147483647]")
        params = self.source.sample(seed)
        if self.severity is None:
            return params
        return params.at(torch.tensor([[float(self.severity.get(task, 0.0)) for task in TASKS]]))

    @torch.inference_mode()
    def apply(self, image: Tensor, params: Params) -> Tensor:
        """(B, 3, H, W), RGB, [0, 1] → the same, degraded, in 8 bits."""
        return self.source.apply(image, params)


def own(severity: Mapping[Task, float]) -> Choice:
    """Physics at these severities."""
    return Choice(source=Draws(), origin={}, severity=dict(severity))


def recipe(name: str) -> Choice:
    """A recipe. Raises ValueError naming the ones there are."""
    return Choice(source=find_recipe(name), origin={"recipe": name})


def learned(name: str, models: Path, runs: Path = RUNS, *, device: str = "cpu") -> Choice:
    """A learned degrader by its name or folder, for pictures on `device`. Raises ValueError naming those there are."""
    folder = find_degrader(name, models, runs).resolve()
    known = [key for key, path in degraders(models, runs).items() if path.resolve() == folder]
    source, weights = _load(folder, (folder / "model.safetensors").stat().st_mtime_ns, device)
    return Choice(source=source, origin={"model": known[0] if known else name}, weights=weights)


def replayed(values: Any, models: Path, runs: Path = RUNS) -> tuple[Choice, Params]:
    """JSON of `degrade --json`, of the page, or of a manifest's line → what made that photo, and its parameters.

    Raises ValueError for anything else, and where a learned degrader made it that is not there.
    """
    params = Params.from_dict(values.get("params", values) if isinstance(values, dict) else values)
    model = values.get("model")
    choice = own({}) if model is None else learned(str(model), models, runs)
    _check(params, choice.source.sample(0), frozenset() if model is None else frozenset(TASKS))
    if params.again is not None:
        _check(params.again, Draws().sample(0), frozenset())
    return choice, params


def _check(params: Params, like: Params, always: frozenset[Task]) -> None:
    """Raises ValueError unless the draws have the names and shapes of `like`, for the flaws there are and `always`."""
    present = {task for task, severity in zip(TASKS, params.severity[0].tolist(), strict=True) if severity > 0}
    for task in present | always:
        for name, wanted in like.draws.get(task, {}).items():
            found = params.draws.get(task, {}).get(name)
            if found is None or found.shape != wanted.shape or found.is_floating_point() > wanted.is_floating_point():
                raise ValueError(f"parameters: {task.value} has no {name}, or not as it was drawn; was it learned?")


@lru_cache(maxsize=4)
def _load(folder: Path, written_ns: int, device: str) -> tuple[LearnedDegrader, str]:
    """A learned degrader, loaded anew once its file was written anew, and its file's SHA-256."""
    with open(folder / "model.safetensors", "rb") as stream:
        weights = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        return LearnedDegrader.from_pretrained(folder, device), weights
    except (SafetensorError, RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"learned: its weights are damaged or of another version ({reason})") from None
