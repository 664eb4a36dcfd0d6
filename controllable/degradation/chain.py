"""Chain: the eight degradations in the order of physics; sampling apart from applying."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.degradation.air import Haze
from controllable.degradation.degradation import Degradation, send
from controllable.degradation.lens import Blur
from controllable.degradation.params import Params
from controllable.degradation.processing import Color, Detail
from controllable.degradation.sensor import LowLight, Noise
from controllable.degradation.sharing import Compression, Resolution
from controllable.task import PHYSICAL_ORDER, TASKS, Task

POINTWISE: frozenset[Task] = frozenset({Task.HAZE, Task.LOW_LIGHT, Task.COLOR})
"""The flaws that change every pixel alike: the only ones a thumbnail still shows."""


@dataclass(frozen=True, kw_only=True)
class SeverityRange:
    """How often a flaw occurs and how severe it is then: uniform in [low, high]."""

    probability: float = 0.25
    low: float = 0.05
    high: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability: {self.probability} is outside [0, 1]")
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"low, high: need 0 <= low <= high <= 1, got {self.low}, {self.high}")


@dataclass(frozen=True, kw_only=True)
class Chain:
    """`sample` draws what happens, `apply` makes it happen.

    ranges: task → how often and how severe; a task left out never occurs.
    codec: see `Compression`; batched: see `Degradation`. second_pass: probability that resolution and compression
    strike once more.
    """

    ranges: Mapping[Task, SeverityRange] = field(default_factory=lambda: {task: SeverityRange() for task in TASKS})
    codec: Literal["auto", "pillow", "torch"] = "auto"
    batched: bool | None = None
    second_pass: float = 0.0

    def __post_init__(self) -> None:
        operators: tuple[Degradation, ...] = (
            Haze(), Blur(self.batched), LowLight(), Noise(self.batched), Color(), Detail(self.batched),
            Resolution(self.batched), Compression(self.codec, self.batched),
        )  # fmt: skip
        assert tuple(op.task for op in operators) == PHYSICAL_ORDER
        object.__setattr__(self, "_operators", operators)

    @property
    def operators(self) -> tuple[Degradation, ...]:
        return self.__dict__["_operators"]

    def sample(self, batch: int, generator: torch.Generator | None = None, severity: Tensor | None = None) -> Params:
        """Parameters of `batch` degradations, on the CPU; `severity` (batch, 8) fixes how severe, else `ranges` do."""
        if batch < 1:
            raise ValueError(f"batch: must be at least 1, got {batch}")
        first = self._sample_pass(batch, generator, severity)
        if severity is not None or self.second_pass == 0.0:
            return first
        second = self._sample_pass(batch, generator, None)
        shared = torch.tensor([task in (Task.RESOLUTION, Task.COMPRESSION) for task in TASKS])
        again = (torch.rand(batch, 1, generator=generator) < self.second_pass) & shared
        return Params(severity=first.severity, draws=first.draws, again=second.at(second.severity * again))

    def _sample_pass(self, batch: int, generator: torch.Generator | None, severity: Tensor | None) -> Params:
        if severity is None:
            severity = torch.zeros(batch, len(TASKS))
            for i, task in enumerate(TASKS):
                spec = self.ranges.get(task)
                if spec is not None:
                    strikes = torch.rand(batch, generator=generator) < spec.probability
                    value = spec.low + (spec.high - spec.low) * torch.rand(batch, generator=generator)
                    severity[:, i] = strikes * value
        draws = {op.task: op.sample(batch, generator) for op in self.operators}
        return Params(severity=severity, draws=draws)

    def apply(
        self,
        image: Tensor,
        params: Params,
        *,
        window: Tensor | None = None,
        only: frozenset[Task] | None = None,
    ) -> Tensor:
        """Degrade (B, 3, H, W), RGB, [0, 1]; the same size, clipped and quantised to 8 bits where anything happened.

        window: (B, 4), the part (top, left, bottom, right) of the photo each tensor shows, as fractions; all of it if
        None. only: apply these tasks alone. Raises ValueError for a wrong shape or batch.
        """
        if image.ndim != 4 or image.shape[1] != 3:
            raise ValueError(f"image: expected (B, 3, H, W), got {tuple(image.shape)}")
        if len(params) != len(image):
            raise ValueError(f"params: made for {len(params)} pictures, got {len(image)}")
        if window is None:
            window = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(len(image), 4)
        out = image
        severity = params.severity
        there = send(window, image.device).to(image.dtype)
        for op in self.operators:
            if only is None or op.task in only:
                out = op.apply(out, severity[:, TASKS.index(op.task)], params.draws.get(op.task, {}), there)
        if out is not image:
            touched = (severity > 0).any(1)
            out = quantize_8bit(out)
            if not touched.all():
                out = torch.where(send(touched, image.device).view(-1, 1, 1, 1), out, image)
        if params.again is not None:
            return self.apply(out, params.again, window=window, only=only)
        return out
