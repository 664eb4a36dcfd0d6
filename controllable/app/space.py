"""ZeroGPU, as Hugging Face Spaces have it: a GPU is lent for one call at a time. Anywhere else nothing happens here."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controllable.enhancer import PREVIEW_PIXELS, Enhancer, Progress, Result
from controllable.image.picture import ImageLike
from controllable.instruction import Instruction
from controllable.models import BUNDLED, find_models
from controllable.quality.report import QualityReport
from controllable.task import Task

START_S, PER_MEGAPIXEL_S, MOST_S = 15.0, 1.0, 120
"""Asked for: to move the networks to the GPU, for a megapixel of the result, and at most."""


def on_zero_gpu() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def seconds(pixels: int, scale: int = 1) -> int:
    """How long a GPU is asked for, for a photo of so many pixels, enlarged by `scale`. A call that asks for less waits
    less; one that takes longer than it asked is ended."""
    return min(MOST_S, round(START_S + PER_MEGAPIXEL_S * pixels * scale**2 / 1e6))


def load(source: str | Path | None = None, *, clip: str | None = None) -> Enhancer:
    """`Enhancer.from_pretrained`; on ZeroGPU an Enhancer that borrows a GPU for every call that needs its networks.

    To be called in the main thread before anything asks for CUDA: networks are moved here, once, for all calls.
    """
    if not on_zero_gpu():
        return Enhancer.from_pretrained(source, clip=clip)
    import spaces  # from here on torch takes "cuda" to be there, and keeps what is moved to it for the borrower

    return Borrower(find_models(BUNDLED if source is None else source), clip, spaces.GPU)


class Borrower(Enhancer):
    """An Enhancer whose networks work in a process that has a GPU for as long as one call takes; `lend` is
    `spaces.GPU`."""

    def __init__(self, folder: Path, clip: str | None, lend: Callable[..., Any]) -> None:
        super().__init__(folder, "cuda", clip)
        self.warm_up()
        self.device = "cpu"  # of everything else, such as degraders

        def work(asked_s: int, method: str, *args: Any, **options: Any) -> bytes:
            """In the other process. Bytes, so that a large picture needs no shared memory."""
            self.device = "cuda"  # there it is one
            try:
                return pickle.dumps(getattr(Enhancer, method)(self, *args, **options))
            except ValueError as error:
                return pickle.dumps(_Said(str(error)))

        def duration(asked_s: int, method: str, *args: Any, **options: Any) -> int:
            return asked_s

        self._work = lend(work, duration=duration)

    def _borrow(self, asked_s: int, method: str, *args: Any, **options: Any) -> Any:
        answer = pickle.loads(self._work(asked_s, method, *args, **options))
        if isinstance(answer, _Said):
            raise ValueError(str(answer))
        return answer

    def enhance(
        self, image: ImageLike, instruction: str | Instruction, *, progress: Progress | None = None, **options: Any
    ) -> Result:
        """Progress is told of the beginning and the end only: it cannot be called from the other process."""
        report = progress or (lambda share, what: None)
        if isinstance(instruction, str):
            instruction = self.understand(instruction)
        asked_s = seconds(self._pixels(image), instruction.scale)
        report(0.0, "waiting for a GPU")
        result: Result = self._borrow(asked_s, "enhance", image, instruction, **options)
        report(1.0, "done")
        return result

    def preview(
        self,
        image: ImageLike,
        instruction: str | Instruction,
        *,
        most_pixels: int = PREVIEW_PIXELS,
        **options: Any,
    ) -> Any:
        return self._borrow(seconds(most_pixels), "preview", image, instruction, most_pixels=most_pixels, **options)

    def assess(self, image: ImageLike) -> QualityReport:
        report: QualityReport = self._borrow(seconds(0), "assess", image)
        return report

    def match(self, image: ImageLike) -> dict[Task, float]:
        closeness: dict[Task, float] = self._borrow(seconds(0), "match", image)
        return closeness

    def suggest(self, image: ImageLike, **options: Any) -> tuple[QualityReport, list[str]]:
        suggested: tuple[QualityReport, list[str]] = self._borrow(seconds(0), "suggest", image, **options)
        return suggested

    def _pixels(self, image: ImageLike) -> int:
        height, width = self.size(image)
        return height * width


class _Said(str):
    """The sentence of a ValueError, on its way back."""
