"""What a training leaves in its folder: log.csv, TensorBoard's events, sheets of samples; whole files or none."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from controllable.files import write_whole
from controllable.training.meter import CLEAR

SAMPLES_A_ROW = 8


class Logbook:
    """`out`/log.csv, `out`/samples, and `out`/events where the package tensorboard is installed.

    step: where the training goes on. Later rows, of a run that ended without a checkpoint, are dropped: they come
    again. A log that another version began keeps its columns.
    """

    def __init__(self, out: Path, step: int) -> None:
        self.out = out
        self._columns: list[str] = []
        self._rows: list[dict[str, str]] = []
        if self._path.exists():
            with self._path.open(newline="") as stream:
                reader = csv.DictReader(stream)
                self._columns = list(reader.fieldnames or ())
                self._rows = [row for row in reader if float(row.get("step") or 0) <= step]
        self._events = _events(out / "events", step)

    @property
    def _path(self) -> Path:
        return self.out / "log.csv"

    def row(self, figures: dict[str, float]) -> None:
        """Print the figures, add them to the log, and show them to TensorBoard; `step` is among them."""
        line = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        print(f"{CLEAR if sys.stdout.isatty() else ''}{line}", flush=True)
        self._columns = self._columns or list(figures)
        self._rows.append({name: f"{value:.6g}" for name, value in figures.items()})
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self._rows)
        write_whole(text.getvalue().encode(), self._path)
        if self._events:
            for name, value in figures.items():
                self._events.add_scalar(name, value, int(figures["step"]))
            self._events.flush()

    def samples(self, step: int, pictures: Tensor) -> None:
        """(N, 3, H, W), RGB, clipped to [0, 1], rows of eight → samples/STEP.png."""
        from torchvision.utils import make_grid, save_image  # a second to import, which not every process has a use for

        sheet = make_grid(pictures.detach().float().cpu().clamp(0.0, 1.0), nrow=SAMPLES_A_ROW, padding=2, pad_value=1.0)
        png = io.BytesIO()
        save_image(sheet, png, format="png")
        (self.out / "samples").mkdir(exist_ok=True)
        write_whole(png.getvalue(), self.out / "samples" / f"{step:07d}.png")
        if self._events:
            self._events.add_image("samples", sheet, step)


def write_state(state: Any, path: Path) -> None:
    """What `torch.load(weights_only=True)` reads back, by `write_whole`."""
    stream = io.BytesIO()
    torch.save(state, stream)
    write_whole(stream.getvalue(), path)


def _events(folder: Path, step: int) -> Any:
    """TensorBoard's writer, or None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        return None
    return SummaryWriter(folder, purge_step=step + 1)  # type: ignore[no-untyped-call]
