"""`batch` on the command line: a folder of photos, done one after another or on a Ray cluster, and reported."""

import argparse
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from controllable.cli_enhance import Load, add_wish, wish_of

if TYPE_CHECKING:
    from controllable.batch import Journal, Settings, Step
    from controllable.batch.journal import Row
    from controllable.batch.plan import Item
    from controllable.batch.run import Do
    from controllable.enhancer import Enhancer

BATCH = (
    "Do what a sentence asks to every photo of a folder: OUT/NAME.png for each, OUT/report.csv, OUT/report.html "
    "(before and after) and OUT/report.jsonl. The same command goes on where an earlier one was stopped or killed. "
    "Exit status: 0 all done, 1 some photos failed, 130 or 143 stopped."
)
FORMATS = ("png", "jpg", "webp", "tiff", "avif", "same")
CLEAR = "\r\033[K"


def add_batch(parser: argparse.ArgumentParser) -> None:
    """The arguments of `batch`."""
    parser.add_argument("input", type=Path, metavar="IN", help="a folder of photos")
    parser.add_argument("output", type=Path, metavar="OUT", help="a folder, new or of the same batch")
    add_wish(parser)
    parser.add_argument("--where", default="", metavar="CONDITION", help='only such photos: "noise>0.3 and score<60"')
    parser.add_argument("--recursive", action=argparse.BooleanOptionalAction, default=True, help="and its sub-folders")
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the results (png)")
    parser.add_argument("--suffix", default="", help="added to the names of the results")
    parser.add_argument("--overwrite", action="store_true", help="replace results of other settings, and other files")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help='"local", or a Ray cluster: "auto", HOST:PORT, ray://HOST:PORT'
    )
    parser.add_argument("--workers", type=int, metavar="N", help="photos at a time on Ray (one for each processor)")


def batch(arguments: argparse.Namespace, load: Load) -> int:
    """The exit status. Raises ValueError or OSError with one sentence."""
    from controllable.batch import Journal, find_photos, plan, run
    from controllable.batch.plan import check_free
    from controllable.batch.report import HTML, write_report

    if arguments.workers is not None and arguments.ray is None:
        raise ValueError("workers: is for --ray; one photo at a time uses all processors")
    photos = find_photos(arguments.input, arguments.output, recursive=arguments.recursive)
    enhancer, stop = load(arguments), _Stop()
    settings = _settings(arguments, enhancer)
    journal = Journal(arguments.output, settings.to_dict(), overwrite=arguments.overwrite)
    items = plan(photos, settings, journal.rows)
    if not arguments.overwrite:
        check_free(items, arguments.output, journal.rows)
    show = _Show(len(items), as_json=arguments.json)
    with stop.on_signals(), _doing(arguments, settings, enhancer, journal, stop, show) as do, journal:
        try:
            for step in run(items, journal, do):
                show.step(step)
        except KeyboardInterrupt:
            write_report(arguments.output, journal.rows.values())
            raise
        write_report(arguments.output, journal.rows.values())
    show.end(arguments.output / HTML)
    if stop.event.is_set() and show.done < len(items):
        print(f"controllable: stopped; the same command goes on with {arguments.output}", file=sys.stderr)
        return 128 + stop.number
    return 1 if show.counts["failed"] else 0


@contextmanager
def _doing(
    arguments: argparse.Namespace,
    settings: "Settings",
    enhancer: "Enhancer",
    journal: "Journal",
    stop: "_Stop",
    show: "_Show",
) -> Iterator["Do"]:
    """What does the work: this process, or a cluster."""
    if arguments.ray is not None:
        from controllable.batch.cluster import Cluster

        with Cluster(address=arguments.ray, workers=arguments.workers) as cluster:
            yield cluster.work(settings, enhancer.folder, journal, stop.event)
        return
    from controllable.batch import Worker

    worker = Worker(enhancer, settings, journal.work, journal.report)

    def here(items: Sequence["Item"]) -> Iterator["Row"]:
        for item in items:
            if stop.event.is_set():
                return
            yield worker.do(item, lambda share, what, item=item: show.progress(item.name, share))

    yield here


def _settings(arguments: argparse.Namespace, enhancer: "Enhancer") -> "Settings":
    import numpy as np

    from controllable.batch import Settings, Where
    from controllable.image.picture import load as load_picture
    from controllable.provenance.made import all_weights_sha256, unpacked
    from controllable.region.area import load_mask

    where = Where(arguments.where)
    wish, mask = wish_of(arguments, enhancer), None
    if wish.mask is not None:
        mask = load_mask(wish.mask, load_picture(wish.mask).size)[0, 0].numpy()
    elif wish.record is not None and wish.record.mask is not None:
        mask = np.asarray(unpacked(wish.record.mask))
    return Settings(
        instruction=wish.instruction, strength=wish.strength, fidelity=wish.fidelity, force=wish.force,
        guard=wish.guard, model=wish.model, mask=mask, where=where, format=arguments.format, suffix=arguments.suffix,
        gps=not arguments.no_gps, provenance=not arguments.no_provenance,
        weights=all_weights_sha256(enhancer.folder, wish.model),
    )  # fmt: skip


class _Stop:
    """The first signal lets the photo in hand be finished; the second does not wait. number: of the signal."""

    def __init__(self) -> None:
        self.event, self.number = threading.Event(), signal.SIGINT

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Signals reach the main thread alone; elsewhere nothing is changed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.number = signal.Signals(number)
        if self.event.is_set():
            raise KeyboardInterrupt("stopped at once; the same command goes on")
        self.event.set()
        print("\ncontrollable: stopping after the photo in hand; once more stops at once", file=sys.stderr)


class _Show:
    """What is said on the way: JSON lines, or a line that is written over, or nothing."""

    def __init__(self, total: int, *, as_json: bool) -> None:
        self.total, self.as_json = total, as_json
        self.live = not as_json and sys.stderr.isatty()
        self.counts: Counter[str] = Counter()
        self.left_s: float | None = None
        self.done, self.last = 0, 0.0

    def step(self, step: "Step") -> None:
        self.done, self.left_s = step.done, None if step.again else step.left_s
        self.counts[step.row["status"]] += 1
        if self.as_json:
            print(json.dumps(step.row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode(), flush=True)
        elif step.row["status"] == "failed":
            print(f"{CLEAR if self.live else ''}failed: {step.row['file']}: {step.row['reason']}", file=sys.stderr)
        self.progress(step.row["file"], 0.0)

    def progress(self, name: str, share: float) -> None:
        """At most ten times a second."""
        if not self.live or (time.monotonic() - self.last < 0.1 and self.done < self.total):
            return
        self.last = time.monotonic()
        left = "" if self.left_s is None else f", {said_time(self.left_s)} left"
        print(f"{CLEAR}{self.done}/{self.total}{left} · {name} {share:.0%}", end="", file=sys.stderr, flush=True)

    def end(self, report: Path) -> None:
        if self.live:
            print(CLEAR, end="", file=sys.stderr, flush=True)
        if not self.as_json:
            counts = ", ".join(f"{self.counts[status]} {status}" for status in ("done", "skipped", "failed"))
            print(f"{report}: {counts}")


def said_time(seconds: float) -> str:
    """In the largest two units."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
