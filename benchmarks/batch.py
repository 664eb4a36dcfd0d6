"""The batch command under two strains: killed over and over, and spread over the workers of a Ray cluster.

    python -m benchmarks.batch [--part kill] [--times 20] [--photos 120] [--size 800 600] [--seed 0]
    python -m benchmarks.batch --part ray [--photos 24] [--size 960 720]

Photos are drawn, with noise. kill: the real command is started and killed with SIGKILL at a random moment of its work,
again and again, then let finish; its outputs are compared, byte for byte, with those of a run that nobody disturbed.
ray: photos a minute of one process with two threads, and of one and two workers with one thread each.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import torch
from PIL import Image

from benchmarks.images import head, row
from benchmarks.scenery import landscape
from controllable.batch import Journal, Settings, Worker, find_photos, plan, run
from controllable.batch.cluster import Cluster
from controllable.batch.journal import DONE, JOURNAL, REPORT, WORK
from controllable.batch.report import CSV, HTML
from controllable.batch.run import Do
from controllable.enhancer import Enhancer

PROMPT = "remove the noise and sharpen a little"
SPAN_S = 4.0
"""Kills come so long after the work began, at most: model loading and several photos."""
_NOISE_SIGMA = 12.0


@dataclass(frozen=True, kw_only=True)
class Killed:
    """kills: that found the command at work; advanced: of these, that had got on with at least one photo; unfinished:
    that left a part of an output behind, which the next run removed or put to its place; whole: outputs equal to an
    undisturbed run's; lost, twice: photos without output, and done more than once or written anew; strays: files that
    are no part of a finished batch."""

    kills: int
    advanced: int
    unfinished: int
    photos: int
    whole: int
    lost: int
    twice: int
    strays: tuple[str, ...]


def draw_photos(folder: Path, count: int, size: tuple[int, int]) -> None:
    """PNG and JPEG in turn, some in a sub-folder."""
    (folder / "more").mkdir(parents=True)
    for number in range(count):
        clean = np.asarray(landscape(*size, seed=number), dtype=np.float32)
        noise = np.random.default_rng(number).normal(0.0, _NOISE_SIGMA, clean.shape)
        place = folder / "more" if number % 3 == 2 else folder
        image = Image.fromarray((clean + noise).clip(0, 255).astype(np.uint8))
        image.save(place / f"photo-{number:03}.{'png' if number % 2 else 'jpg'}", quality=92)


def kill(folder: Path, *, times: int, seed: int = 0, span_s: float = SPAN_S) -> Killed:
    """folder: holds `in`, with photos; `out` and `undisturbed` are made beside it."""
    photos, out, undisturbed = folder / "in", folder / "out", folder / "undisturbed"
    _command(photos, undisturbed).communicate()
    expected = {name: path.read_bytes() for name, path in _outputs(undisturbed).items()}
    chance, kills, advanced, unfinished = random.Random(seed), 0, 0, 0
    seen: dict[str, tuple[int, int]] = {}
    anew: set[str] = set()
    for _ in range(times):
        before, rows = _changed(out / WORK), _lines(out)
        process = _command(photos, out)
        while process.poll() is None and _changed(out / WORK) in (0, before):
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, span_s))
        if process.poll() is not None:
            break  # all photos are done
        kills += 1
        process.send_signal(signal.SIGKILL)
        process.communicate()
        advanced += _lines(out) > rows
        unfinished += any((out / WORK).glob("*"))
        for name, path in _outputs(out).items():
            anew |= {name} if seen.setdefault(name, _known(path)) != _known(path) else set()
            with Image.open(path) as opened:
                opened.load()
    assert _command(photos, out).wait() == 0
    made = {name: path.read_bytes() for name, path in _outputs(out).items()}
    anew |= {name for name, known in seen.items() if known != _known(out / name)}
    rows = [json.loads(line) for line in (out / JOURNAL).read_text().splitlines()]
    often = Counter(row["file"] for row in rows if row["status"] == DONE)
    fine = {JOURNAL, CSV, HTML, *expected}
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    small = {path.relative_to(undisturbed).as_posix() for path in (undisturbed / REPORT).iterdir()}
    return Killed(
        kills=kills, advanced=advanced, unfinished=unfinished, photos=len(expected),
        whole=sum(made.get(name) == content for name, content in expected.items()),
        lost=len(expected.keys() - made.keys()), twice=len(anew) + sum(count > 1 for count in often.values()),
        strays=tuple(sorted(found - fine - small)),
    )  # fmt: skip


def _command(photos: Path, out: Path) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "controllable", "batch", str(photos), str(out), "-p", PROMPT]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _changed(folder: Path) -> int:
    """When a folder was made, or something in it; 0 if it is not there."""
    try:
        return folder.stat().st_ctime_ns
    except FileNotFoundError:
        return 0


def _lines(out: Path) -> int:
    """Of the journal."""
    return (out / JOURNAL).read_bytes().count(b"\n") if (out / JOURNAL).exists() else 0


def _outputs(out: Path) -> dict[str, Path]:
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*.png")}
    return {name: path for name, path in found.items() if not name.startswith(WORK)}


def _known(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_ino, state.st_mtime_ns


def scaling(folder: Path) -> Iterator[tuple[str, float, float]]:
    """(who does the work, photos a minute once it is under way, seconds from the start to the first photo)."""
    photos, enhancer = find_photos(folder / "in", folder / "out"), Enhancer.from_pretrained()
    settings = Settings(instruction=enhancer.understand(PROMPT))
    for name, workers in (("this process, 2 threads", 0), ("Ray, 1 worker", 1), ("Ray, 2 workers", 2)):
        shutil.rmtree(folder / "out", ignore_errors=True)
        started = time.perf_counter()
        where = Cluster(workers=workers) if workers else nullcontext()
        with where as cluster, Journal(folder / "out", settings.to_dict()) as journal:
            do: Do
            if cluster is None:
                torch.set_num_threads(2)
                do = partial(map, Worker(Enhancer(enhancer.folder), settings, journal.work, journal.report).do)
            else:
                do = cluster.work(settings, enhancer.folder, journal, Event())
            at = [time.perf_counter() for _ in run(plan(photos, settings), journal, do)]
        yield name, 60.0 * (len(at) - 2) / (at[-1] - at[1]), at[0] - started


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("kill", "ray"), default="kill")
    parser.add_argument("--times", type=int, default=20, help="how often the command is killed")
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--size", type=int, nargs=2, default=(800, 600), metavar=("WIDTH", "HEIGHT"), help="in px")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_photos(folder / "in", options.photos, tuple(options.size))
        if options.part == "kill":
            seen = kill(folder, times=options.times, seed=options.seed)
            if seen.kills < options.times:
                raise SystemExit(f"all photos were done after {seen.kills} kills; draw more of them with --photos")
            head("kills", "got on", "left something unfinished", "photos", "whole", "lost", "done twice", "stray files")
            row(
                seen.kills,
                seen.advanced,
                seen.unfinished,
                seen.photos,
                seen.whole,
                seen.lost,
                seen.twice,
                len(seen.strays),
            )
        else:
            head(f"{options.size[0]}×{options.size[1]} px", "photos a minute", "first after, s")
            for name, rate, first_s in scaling(folder):
                row(name, f"{rate:.1f}", f"{first_s:.1f}")


if __name__ == "__main__":
    main()
