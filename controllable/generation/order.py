"""Order: what is decided before a pixel is changed."""

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from torch import Tensor

from controllable.generation.strength import Reason, vector
from controllable.image.picture import Picture
from controllable.instruction.instruction import Instruction
from controllable.memory import Memory
from controllable.quality.report import QualityReport
from controllable.region.area import found_area, painted_area
from controllable.task import Task


@dataclass(frozen=True, kw_only=True)
class Order:
    """picture: the photo, to be read enlarged; key: its content; mask: (1, 1, H, W), uint8, the user's; strength,
    fidelity: in [0, 1]; guard: whether faces are held back; model: the expert's name, or None."""

    picture: Picture
    key: Hashable
    instruction: Instruction
    quality: QualityReport
    reasons: Mapping[Task, Reason]
    mask: Tensor | None
    strength: float
    fidelity: float
    guard: bool
    model: str | None = None

    @property
    def applied(self) -> dict[Task, float]:
        return {task: reason.effective for task, reason in self.reasons.items() if reason.effective > 0.0}

    @property
    def tone(self) -> dict[str, float]:
        return {name: value * self.strength for name, value in self.instruction.tone.items()}

    @property
    def empty(self) -> bool:
        return self.instruction.empty or (self.strength == 0.0 and self.instruction.scale == 1)

    def area(self, size: tuple[int, int], memory: Memory) -> Tensor | None:
        """Where to work, (1, 1, H, W), uint8, at `size` = (height, width); None for everywhere."""
        if self.mask is not None:
            return painted_area(self.mask, size)
        return found_area(self.picture, self.key, self.instruction.region, size, memory)

    def said(self, strengths: Mapping[Task, float]) -> Hashable:
        """All that decides what a photo becomes before it is enlarged."""
        mask = None if self.mask is None else hashlib.sha256(self.mask.numpy()).digest()
        return (*vector(strengths), self.fidelity, self.instruction.region, mask, self.guard, self.model)
