"""What every degradation is: random draws made once, applied as often as wanted at any severity."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from controllable.task import Task

Draws = Mapping[str, Tensor]


class Degradation(ABC):
    """A physical operator with one severity per picture.

    Sampling is apart from applying: the same draws at a lower severity give the same flaw, weaker,
    which is what counterfactual targets are made of.

    batched: one set of kernels for all pictures, which keeps an accelerator busy, instead of one set each, which is
    faster on a CPU; None: batched wherever the pictures are not on the CPU. The two agree to rounding, but for the
    noise field, which is another one.
    """

    task: ClassVar[Task]

    def __init__(self, batched: bool | None = None) -> None:
        self._batched = batched

    def is_batched(self, image: Tensor) -> bool:
        return image.device.type != "cpu" if self._batched is None else self._batched

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
        """`degrade` on the pictures whose severity is above 0; the others come back bit for bit.

        severity and draws stay on the CPU until then: to learn from a device which pictures are struck, one would
        have to wait for all it still has to do.
        """
        active = torch.nonzero(severity > 0).flatten()
        if active.numel() == 0:
            return image
        picked = {name: send(value[active.to(value.device)], image.device) for name, value in draws.items()}
        strong = send(severity[active], image.device).to(image.dtype)
        if active.numel() == len(image):
            return self.degrade(image, strong, picked, window)
        index = send(active, image.device)
        return image.index_copy(0, index, self.degrade(image[index], strong, picked, window[index]))


def send(values: Tensor, device: torch.device) -> Tensor:
    """`values` on the device, without waiting for what the device still has to do."""
    return values.to(device, non_blocking=True)


def constant(values: Sequence[float] | Sequence[Sequence[float]], like: Tensor) -> Tensor:
    """`like.new_tensor(values)`, which would wait for the device."""
    return send(torch.tensor(values, dtype=like.dtype), like.device)


def uniform(batch: int, generator: torch.Generator | None, low: float = 0.0, high: float = 1.0) -> Tensor:
    return low + (high - low) * torch.rand(batch, generator=generator)


def column(values: Tensor) -> Tensor:
    """(B,) → (B, 1, 1, 1), to broadcast over pictures."""
    return values.view(-1, 1, 1, 1)
