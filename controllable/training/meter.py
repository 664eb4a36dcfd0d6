"""How fast a training goes, what it waits for, and how long it still takes."""

import math
import sys
import time

import torch

SAY_EVERY_S = 30.0
SHOW_EVERY_S = 1.0
"""On a terminal, where the line is drawn over the one before."""
LOOK_EVERY_S = 1.0
BAR = 24
CLEAR = "\r\033[K"
"""Back to the start of the terminal's line, and empty it."""


class Meter:
    """Counts the steps of one process; figures are for all `processes` together, since the last `read`.

    samples: in a step of one process; 0 leaves samples/s out.
    """

    def __init__(self, device: torch.device, *, samples: int, processes: int) -> None:
        self._device, self._samples, self._processes = device, samples, processes
        self._looked = self._said = time.monotonic()
        self._clear()

    def _clear(self) -> None:
        self._steps, self._waiting, self._computing = 0, 0.0, 0.0
        self._busy: list[float] = []

    def count(self, waited_s: float, computed_s: float) -> None:
        """One step: seconds until its batch was there, and seconds from then on.

        On a GPU these are the seconds of the process that hands out the work, which runs ahead of the device.
        """
        self._steps += 1
        self._waiting += waited_s
        self._computing += computed_s
        now = time.monotonic()
        if self._device.type == "cuda" and now - self._looked > LOOK_EVERY_S:
            self._looked = now
            self._look()

    def _look(self) -> None:
        try:
            self._busy.append(torch.cuda.utilization(self._device) / 100.0)
        except (ModuleNotFoundError, RuntimeError):  # without the package nvidia-ml-py, or without its driver
            self._looked = math.inf

    def figures(self) -> dict[str, float]:
        """steps_per_s, samples_per_s; wait_s and compute_s; busy: GPU utilisation in [0, 1] as the driver counts it,
        or else the share of time that was not waiting."""
        seconds = self._waiting + self._computing
        rate = self._steps / seconds if seconds > 0 else 0.0
        found = {"steps_per_s": rate}
        if self._samples:
            found["samples_per_s"] = rate * self._samples * self._processes
        busy = sum(self._busy) / len(self._busy) if self._busy else self._computing / max(seconds, 1e-9)
        return found | {"wait_s": self._waiting, "compute_s": self._computing, "busy": busy}

    def read(self) -> dict[str, float]:
        """`figures`, and begin anew."""
        found = self.figures()
        self._clear()
        return found

    def is_time_to_say(self) -> bool:
        return time.monotonic() - self._said > (SHOW_EVERY_S if sys.stderr.isatty() else SAY_EVERY_S)

    def say(self, step: int, name: str, value: float, done: float, minutes: float) -> None:
        """One line on stderr, with a figure of the recipe; done: share of the training in (0, 1], after `minutes`."""
        self._said = time.monotonic()
        found = self.figures()
        speed = f"{found['samples_per_s']:.0f} samples/s" if self._samples else f"{found['steps_per_s']:.2g} steps/s"
        waiting = found["wait_s"] / max(found["wait_s"] + found["compute_s"], 1e-9)
        left = minutes * (1.0 - done) / done
        text = (
            f"step {step}  {done:.0%}  {name} {value:.4g}  {speed}  waiting {waiting:.0%}  busy {found['busy']:.0%}"
            f"  {left:.0f} min left"
        )
        if sys.stderr.isatty():
            bar = "█" * round(BAR * done) + "░" * (BAR - round(BAR * done))
            print(f"{CLEAR}{bar} {text}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
