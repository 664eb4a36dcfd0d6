"""Workshop: the one Enhancer behind the page. One model runs at a time, and each visitor may cancel their own run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from controllable.app.sentences import Cancelled
from controllable.enhancer import Enhancer, Progress, Result
from controllable.instruction import Instruction
from controllable.quality.report import QualityReport

MODEL = "model"
"""The concurrency_id of every handler that runs a network over a photo, one at a time."""


class Workshop:
    """`session` is Gradio's session hash: one loaded page of one visitor."""

    def __init__(self, enhancer: Enhancer) -> None:
        self.enhancer = enhancer
        self._busy = threading.Lock()
        self._running: dict[str, threading.Event] = {}

    def understand(self, prompt: str) -> Instruction:
        return self.enhancer.understand(prompt)

    def assess(self, photo: str) -> QualityReport:
        with self._busy:
            return self.enhancer.assess(photo)

    def enhance(
        self,
        session: str,
        photo: str,
        instruction: str | Instruction,
        *,
        strength: float,
        fidelity: float,
        mask: str | None,
        force: bool,
        progress: Progress,
    ) -> Result:
        """`Enhancer.enhance` in its turn; raises Cancelled soon after `cancel(session)`."""
        with self.turn(session) as check:

            def report(share: float, what: str) -> None:
                check()
                progress(share, what)

            return self.enhancer.enhance(
                Path(photo), instruction, strength=strength, fidelity=fidelity,
                region_mask=None if mask is None else Path(mask), force=force, progress=report,
            )  # fmt: skip

    @contextmanager
    def turn(self, session: str) -> Iterator[Callable[[], None]]:
        """Wait until no model runs; yields a function that raises Cancelled once this session has cancelled."""
        cancelled = threading.Event()
        self._running[session] = cancelled

        def check() -> None:
            if cancelled.is_set():
                raise Cancelled

        try:
            while not self._busy.acquire(timeout=0.1):
                check()
            try:
                yield check
            finally:
                self._busy.release()
        finally:
            if self._running.get(session) is cancelled:
                del self._running[session]

    def cancel(self, session: str) -> None:
        """Stop this session's run at its next step; nothing happens if there is none."""
        if event := self._running.get(session):
            event.set()
