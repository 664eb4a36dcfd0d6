"""A visitor's photos, all with one wish: done one after another, each in its turn, into one ZIP with a report."""

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from controllable.app.files import new_file
from controllable.app.pairs import distinct_names, zip_folder
from controllable.app.sentences import Cancelled
from controllable.app.workshop import Workshop
from controllable.batch import Journal, Settings, Step, Stopped, Worker, plan, run
from controllable.batch.journal import FAILED, JOURNAL, REPORT, SETTINGS, Row
from controllable.batch.plan import Item
from controllable.batch.report import to_sheet, write_report
from controllable.enhancer import Progress
from controllable.image.decode import check_file
from controllable.image.limits import PAGE, limits

MOST_PHOTOS = 50
MOST_RESULT_PIXELS = 150_000_000
"""Of all results together: they lie on the server until they are fetched."""
LONGEST_PAUSE_S = 1800.0
RESULTS = "enhanced.zip"


@dataclass
class Job:
    """photos: names → files; refused: rows of those that cannot be taken. `pause` and `cancel` may be set from any
    thread: the first acts before the next photo, the second within a tile."""

    settings: Settings
    photos: dict[str, Path]
    refused: dict[str, Row]
    folder: Path
    pause: threading.Event = field(default_factory=threading.Event)
    cancel: threading.Event = field(default_factory=threading.Event)
    rows: dict[str, Row] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return sorted({*self.photos, *self.refused})

    def steps(self, workshop: Workshop, key: str, progress: Progress) -> Iterator[Step]:
        """A Step a photo, until all are done or `cancel` is set. key: of this visitor's turn; progress(share of the
        photo, its name)."""
        self.rows |= self.refused
        out = self.folder / "out"
        with Journal(out, self.settings.to_dict()) as journal:
            worker = Worker(workshop.enhancer, self.settings, journal.work, journal.report)

            @contextmanager
            def turn() -> Iterator[None]:
                try:
                    with workshop.turn(key):
                        yield
                except Cancelled:
                    raise Stopped from None

            def do(items: Sequence[Item]) -> Iterator[Row]:
                for item in items:
                    self._check()

                    def report(share: float, what: str, item: Item = item) -> None:
                        self._check()
                        progress(share, item.name)

                    yield worker.do(item, report, turn)

            with contextlib.suppress(Stopped):
                for step in run(plan(self.photos, self.settings), journal, do):
                    self.rows[step.row["file"]] = step.row
                    os.utime(self.folder)  # old folders are swept by this time
                    yield step

    def _check(self) -> None:
        if self.cancel.is_set():
            raise Stopped

    def finish(self, *, chinese: bool) -> tuple[Path | None, str]:
        """The ZIP of what has been done, None if nothing has, and the contact sheet."""
        out, rows = self.folder / "out", [self.rows[name] for name in self.names if name in self.rows]
        sheet, path = to_sheet(rows, out, chinese=chinese) if rows else "", None
        if any(row["output"] for row in rows):
            write_report(out, rows)
            path = self.folder / RESULTS
            zip_folder(out, path, without=(out / JOURNAL, out / REPORT / SETTINGS))
        return path, sheet

    def clear(self) -> None:
        """Remove all but the ZIP."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)


def new_job(photos: Sequence[str], settings: Settings) -> Job:
    """A Job for uploaded files, of which only headers have been read. Raises ValueError, with one sentence, if there
    are none, too many, or too large ones together."""
    if not photos:
        raise ValueError("photos: there is none yet; choose some first")
    if len(photos) > MOST_PHOTOS:
        raise ValueError(f"photos: {len(photos)} are too many; at most {MOST_PHOTOS} at a time")
    good: dict[str, Path] = {}
    bad: dict[str, Row] = {}
    pixels = 0
    for name, photo in zip(distinct_names(photos), map(Path, photos), strict=True):
        try:
            height, width = check_file(photo, limits(PAGE))
        except ValueError as error:
            reason = str(error).removeprefix("image: ")
            bad[name] = {"file": name, "output": None, "status": FAILED, "reason": reason, "key": "", "seconds": 0.0}
            continue
        good[name] = photo
        pixels += height * width * settings.instruction.scale**2
    if not good:
        raise ValueError(f"photos: none of them can be used: {next(iter(bad.values()))['reason']}")
    if pixels > MOST_RESULT_PIXELS:
        raise ValueError(
            f"photos: the results would have {pixels / 1e6:.0f} megapixels, at most {MOST_RESULT_PIXELS / 1e6:.0f} are "
            "accepted; choose fewer"
        )
    return Job(settings=settings, photos=dict(sorted(good.items())), refused=bad, folder=new_file(RESULTS).parent)
