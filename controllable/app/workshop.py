"""Workshop: the one Enhancer, and the ears, behind the page. One model runs at a time; visitors may cancel theirs."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from controllable.app.sentences import Cancelled
from controllable.degradation.choice import Choice, learned, own, recipe
from controllable.degradation.learned import degraders
from controllable.degradation.recipes import RECIPES
from controllable.enhancer import Enhancer, Progress, Result
from controllable.generation.expert import experts
from controllable.instruction import Instruction
from controllable.instruction.reading import Interpretation
from controllable.quality.report import QualityReport
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.instruction.speech import Recognizer

MODEL = "model"
"""The concurrency_id of every handler that runs a network over a photo, one at a time."""
BUNDLED_MODEL = "controllable"
"""How the page calls the bundled generator among the experts."""
LEARNED = "learned/"
"""How the page calls learned degraders among the recipes: this before their names, which hold no slash."""
_MOST_ANNOUNCED = 1000
SPEECH_MODEL = "CONTROLLABLE_SPEECH"
"""Environment variable: a checkpoint of transformers that listens instead of the embedded, English engine."""


class Workshop:
    """`session` is Gradio's session hash: one loaded page of one visitor."""

    def __init__(self, enhancer: Enhancer) -> None:
        self.enhancer = enhancer
        self._busy = threading.Lock()
        self._running: dict[str, threading.Event] = {}
        self._announced: dict[str, threading.Event] = {}
        self._recognizer: Recognizer | None = None
        self._loading = threading.Lock()

    def understand(self, prompt: str) -> Instruction:
        return self.enhancer.understand(prompt)

    def interpret(self, prompt: str) -> Interpretation:
        return self.enhancer.interpret(prompt)

    def suggest(self, photo: str, *, chinese: bool, most: int) -> tuple[QualityReport, list[str]]:
        with self._busy:
            return self.enhancer.suggest(photo, chinese=chinese, most=most)

    def assess(self, photo: str) -> QualityReport:
        with self._busy:
            return self.enhancer.assess(photo)

    def listen(self, recording: str) -> str:
        """The words of a recording. The recogniser is loaded when somebody speaks for the first time."""
        from controllable.instruction.speech import load_audio, load_recognizer, recognize

        samples = load_audio(recording)
        with self._loading:
            if self._recognizer is None:
                model = os.environ.get(SPEECH_MODEL)
                self._recognizer = load_recognizer("transformers" if model else "pocketsphinx", model)
        return recognize(samples, self._recognizer, Path(recording).name).text

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
        model: str = BUNDLED_MODEL,
        guard: bool = True,
    ) -> Result:
        """`Enhancer.enhance` in its turn; raises Cancelled soon after `cancel(session)`, at the latest after a tile."""
        try:
            with self.turn(session, self._announced.get(session)) as check:

                def report(share: float, what: str) -> None:
                    check()
                    progress(share, what)

                return self.enhancer.enhance(
                    in_use(photo), instruction, strength=strength, fidelity=fidelity,
                    region_mask=None if mask is None else in_use(mask), force=force, guard=guard,
                    model=self._expert(model), progress=report,
                )  # fmt: skip
        finally:
            self._announced.pop(session, None)

    def preview(
        self,
        session: str,
        photo: str,
        instruction: Instruction,
        *,
        strength: float,
        fidelity: float,
        mask: str | None,
        force: bool,
        model: str = BUNDLED_MODEL,
        guard: bool = True,
    ) -> Image.Image:
        """`Enhancer.preview` in its turn."""
        with self.turn(session, self._announced.get(session)):
            return self.enhancer.preview(
                in_use(photo), instruction, strength=strength, fidelity=fidelity,
                region_mask=None if mask is None else in_use(mask), force=force, guard=guard,
                model=self._expert(model),
            )  # fmt: skip

    def models(self) -> list[str]:
        """Names that `model` may be: the bundled generator, and the experts there are."""
        return [BUNDLED_MODEL, *experts(self.enhancer.folder)]

    def _expert(self, model: str) -> str | None:
        """Visitors choose by name alone: no folder of this machine is opened because somebody types its path."""
        if model == BUNDLED_MODEL:
            return None
        if model not in self.models():
            raise ValueError(f"model: {model!r} is not one of {', '.join(self.models())}")
        return model

    def recipes(self) -> dict[str, str]:
        """Name → title of all that degrades: the physical recipes, then the learned degraders there are."""
        titles = {name: known.title for name, known in RECIPES.items()}
        for name in degraders(self.enhancer.folder):
            with suppress(ValueError, OSError):  # a folder half written does not keep the page from opening
                titles[LEARNED + name] = f"Learned: {learned(name, self.enhancer.folder).source.title}"
        return titles

    def choice(self, name: str, severity: Mapping[Task, float] | None = None, *, device: str = "cpu") -> Choice:
        """A name that `recipes` lists, at given severities or its own; "" for severities alone. By name alone, as
        `_expert`."""
        if not name:
            return own(severity or {})
        if not name.startswith(LEARNED):
            chosen = recipe(name)
        else:
            known = degraders(self.enhancer.folder)
            if name.removeprefix(LEARNED) not in known:
                there = f"is not one of {', '.join(known)}" if known else "is not known: there is none yet"
                raise ValueError(f"learned: {name.removeprefix(LEARNED)!r} {there}")
            chosen = learned(name.removeprefix(LEARNED), self.enhancer.folder, device=device)
        return chosen if severity is None else chosen.at(severity)

    def resized(self, photo: str, size: tuple[int, int]) -> Image.Image:
        """The photo at (height, width)."""
        return self.enhancer.resized(Path(photo), size)

    def pixels(self, photo: str) -> int:
        height, width = self.enhancer.size(Path(photo))
        return height * width

    def announce(self, session: str) -> None:
        """A run of this session is about to come: `cancel` reaches it from now on, before it has come to the workshop,
        and between its preview and the whole."""
        self._announced[session] = threading.Event()
        while len(self._announced) > _MOST_ANNOUNCED:
            self._announced.pop(next(iter(self._announced)))

    @contextmanager
    def turn(self, session: str, cancelled: threading.Event | None = None) -> Iterator[Callable[[], None]]:
        """Wait until no model runs; yields a function that raises Cancelled once this session has cancelled.

        cancelled: what says so, for a run that was announced.
        """
        cancelled = cancelled or threading.Event()
        self._running[session] = cancelled

        def check() -> None:
            if cancelled.is_set():
                raise Cancelled

        try:
            check()
            while not self._busy.acquire(timeout=0.1):
                check()
            try:
                yield check
            finally:
                self._busy.release()
        finally:
            if self._running.get(session) is cancelled:
                del self._running[session]

    @property
    def sessions(self) -> tuple[str, ...]:
        """Those that wait for their turn, or have it."""
        return tuple(self._running)

    def cancel(self, session: str) -> None:
        """Stop this session's run at its next step; nothing happens if there is none."""
        for event in (self._running.get(session), self._announced.get(session)):
            if event:
                event.set()


def in_use(file: str) -> Path:
    """A visitor's file, marked as used just now: `guard.bound` deletes first what was not used for longest."""
    with suppress(OSError):
        known = os.stat(file)
        os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns))
    return Path(file)
