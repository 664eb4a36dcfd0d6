"""Does a damaged or malicious file do harm? Each is loaded in a process of its own kind, watched from outside.

python -m benchmarks.hostile [--seed 0] [--mutations 3000] [--samples FOLDER] [--pillow]
corrupt: the faults of PngSuite's x* files; bombs: headers, chunks, tags and scans that exhaust a reader; mutations: of
small files of every format; samples: every file of a folder, such as Tests/images of Pillow's source.
A file must give a picture or, within 2 s, a ValueError. Crashes are processes that died, hangs those stopped after
20 s. Memory: the most that a refused file took for a moment, and how much more a process has in use after any of its
files than after the first ten; neither may pass 200 MB. A picture may take 10 bytes a pixel for a moment: of Pillow,
of ours, and of its decoder. Limits are those of the page. Linux.
--pillow: through Pillow alone, its formats and limits as it comes, to see what this program's checks are for.
"""

import argparse
import ctypes
import gc
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.hostile_files import File, bombs, corrupt
from benchmarks.hostile_mutations import mutations
from benchmarks.images import head, row
from controllable.image.limits import PAGE

HANG_S = 20.0
SLOW_S = 2.0
MOST_GROWTH_MB = 200.0
BYTES_A_PIXEL = 10
_WARM = 10
_NOTICED_MB = 50.0
"""From here on, what is free but not given back to the system is given back before memory is counted."""


@dataclass
class Tally:
    """outcomes: pictures, refused, untyped, crash, hang; named: what was not as promised."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    slowest_refused_s: float = 0.0
    peak_mb: float = 0.0
    growth_mb: float = 0.0
    named: list[str] = field(default_factory=list)

    def add(self, name: str, outcome: str, said: str, seconds: float, peak_mb: float, pixels: int) -> None:
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, (seconds, name))
        if outcome == "refused":
            self.slowest_refused_s = max(self.slowest_refused_s, seconds)
            self.peak_mb = max(self.peak_mb, peak_mb)
        allowed_mb = max(MOST_GROWTH_MB, pixels * BYTES_A_PIXEL / 1e6)
        slow = outcome == "refused" and seconds > SLOW_S
        if outcome not in ("picture", "refused") or slow or peak_mb > allowed_mb:
            self.named.append(f"{name}: {outcome}, {seconds:.1f} s, {peak_mb:.0f} MB; {said}")

    @property
    def failed(self) -> bool:
        return bool(self.named) or self.growth_mb > MOST_GROWTH_MB


class Worker:
    """A process that loads files one after the other."""

    def __init__(self, alone: bool = False) -> None:
        self.ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, alone), daemon=True)
        self.process.start()
        theirs.close()
        self.ours.recv()

    def load(self, path: Path) -> tuple[str, str, float, float, float, int]:
        """outcome, what was said, seconds, MB at its peak, MB in use after, pixels."""
        start = time.perf_counter()
        try:
            self.ours.send(path)
            if self.ours.poll(HANG_S):
                outcome, said, seconds, peak_mb, held_mb, pixels = self.ours.recv()
                return outcome, said, seconds, peak_mb, held_mb, pixels
            return "hang", "", HANG_S, 0.0, 0.0, 0
        except (EOFError, ConnectionError):
            return "crash", f"exit code {self.process.exitcode}", time.perf_counter() - start, 0.0, 0.0, 0

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.ours.close()


def _by_pillow(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        ImageOps.exif_transpose(image).convert("RGBA")
        return image.height, image.width


def _serve(pipe: Connection, alone: bool) -> None:
    from controllable.image.picture import load

    libc, first_mb = ctypes.CDLL(None), _memory("VmRSS")
    pipe.send(None)
    while True:
        path = pipe.recv()
        before, start, pixels = _memory("VmRSS"), time.perf_counter(), 0
        Path("/proc/self/clear_refs").write_text("5")
        try:
            height, width = _by_pillow(path) if alone else load(path, PAGE).size
            outcome, said, pixels = "picture", "", height * width
        except ValueError as error:
            outcome, said = "refused", str(error)
        except BaseException as error:
            outcome, said = "untyped", f"{type(error).__name__}: {error}"
        seconds, peak_mb = time.perf_counter() - start, _memory("VmHWM") - before
        if _memory("VmRSS") > first_mb + _NOTICED_MB:
            gc.collect()
            libc.malloc_trim(0)
        pipe.send((outcome, said, seconds, peak_mb, _memory("VmRSS"), pixels))


def _memory(what: str) -> float:
    """MB, of this process; VmHWM is the most since the last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def watch(files: Iterable[File], alone: bool = False) -> Tally:
    """Load each file, in a worker that is replaced when it dies."""
    tally, worker, done, first_mb = Tally(), Worker(alone), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for name, content in files:
            path.write_bytes(content)
            outcome, said, seconds, peak_mb, held_mb, pixels = worker.load(path)
            tally.add(name, outcome, said, seconds, peak_mb, pixels)
            done += 1
            if outcome in ("crash", "hang"):
                worker.stop()
                worker, done = Worker(alone), 0
            elif done <= _WARM:
                first_mb = held_mb
            else:
                tally.growth_mb = max(tally.growth_mb, held_mb - first_mb)
    worker.stop()
    return tally


def samples(folder: Path) -> Iterable[File]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutations", type=int, default=3000)
    parser.add_argument("--samples", type=Path, help="folder of other hostile files")
    parser.add_argument("--pillow", action="store_true", help="through Pillow alone")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parts: dict[str, Iterable[File]] = {
        "corrupt": corrupt(), "bombs": bombs(), "mutations": mutations(arguments.mutations, arguments.seed),
    }  # fmt: skip
    if arguments.samples:
        parts["samples"] = samples(arguments.samples)
    head(
        "files", "tried", "pictures", "refused", "untyped errors", "crashes", "hangs", "slowest s",
        "slowest refused s", "refused at most MB", "grown MB",
    )  # fmt: skip
    tallies = {name: watch(files, arguments.pillow) for name, files in parts.items()}
    for name, tally in tallies.items():
        row(
            name, tally.outcomes.total(),
            *(tally.outcomes[key] for key in ("picture", "refused", "untyped", "crash", "hang")),
            *(f"{value:.2f}" for value in (tally.slowest[0], tally.slowest_refused_s)),
            *(f"{value:.0f}" for value in (tally.peak_mb, tally.growth_mb)),
        )  # fmt: skip
    for tally in tallies.values():
        print(*(f"\nnot as promised: {line}" for line in tally.named), sep="", end="")
    print()
    raise SystemExit(1 if any(tally.failed for tally in tallies.values()) else 0)


if __name__ == "__main__":
    main()
