"""What every degradation is: random draws made once, applied as often as wanted at any severity."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from controllable.task import Task

Draws = Mapping[str, Tensor]


class Degradation(ABC):
    """A physical operator with one severity per picture.

    Sampling is apart from applying: the same draws at a lower severity give the same flaw, weaker,
    which is what counterfactual targets are made of.
    """

    task: ClassVar[Task]

    @abstractmethod
    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Severity-independent random draws, each (batch, ...), on the CPU."""

    @abstractmethod
    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        """Apply to pictures that all have severity > 0.

        image: (B, 3, H, W), RGB, [0, 1]; severity: (B,); draws: as sampled, on the image's device;
        window: (B, 4), the part (top, left, bottom, right) of the photo the tensor shows, as fractions.
        """

    def apply(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        """`degrade` on the pictures whose severity is above 0; the others come back bit for bit."""
        active = torch.nonzero(severity > 0).flatten()
        if active.numel() == 0:
            return image
        picked = {name: value[active.to(value.device)].to(image.device) for name, value in draws.items()}
        degraded = self.degrade(image[active], severity[active], picked, window[active])
        if active.numel() == len(image):
            return degraded
        return image.index_copy(0, active, degraded)


def uniform(batch: int, generator: torch.Generator | None, low: float = 0.0, high: float = 1.0) -> Tensor:
    return low + (high - low) * torch.rand(batch, generator=generator)


def column(values: Tensor) -> Tensor:
    """(B,) → (B, 1, 1, 1), to broadcast over pictures."""
    return values.view(-1, 1, 1, 1)
