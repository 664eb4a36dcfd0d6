"""Where the time goes (docs/speed.md): stages of one run, tile sizes, large photos, moved sliders, a fresh process.

python -m benchmarks.stages --part stages|tiles|large|sliders|loading [--threads 2] [--runs 5]
With one thread it is processor time, which other programs on the machine hardly change.
"""

import argparse
import cProfile
import json
import multiprocessing
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from benchmarks.images import head, row
from benchmarks.speed import clock_for, drawn_picture, imported_mb, resident_mb
from controllable import Enhancer, Instruction, Task
from controllable.generation import painting
from controllable.image.encode import save
from controllable.image.tile import tiles
from controllable.memory import Memory

PROMPTS = ("remove the noise", "deblur it", "remove the haze")
TILES_PX = (256, 512, 768, 1024, 1536, 100_000)
MEGAPIXELS = (12.0, 48.0)
LOADING = """
import json, time
clock = time.process_time if THREADS == 1 else time.perf_counter
last = clock()
found = {}
def passed(name):
    global last
    now = clock()
    found[name], last = now - last, now
import controllable
passed("import controllable")
from controllable import Enhancer, Instruction, Task
passed("import of Enhancer")
import torch
torch.set_num_threads(THREADS)
from benchmarks.speed import drawn_picture
picture = drawn_picture(1000, 1000)
last = clock()
enhancer = Enhancer.from_pretrained()
passed("from_pretrained, nothing loaded")
enhancer.understand("remove the noise")
passed("first prompt")
enhancer.assess(picture)
passed("first look at a photo")
enhancer.enhance(picture, "remove the noise", force=True)
passed("first result")
enhancer.enhance(drawn_picture(1000, 1000, 1), "remove the noise", force=True)
passed("another photo")
print(json.dumps(found))
"""


def stages(side: int, threads: int, runs: int) -> None:
    """One column a prompt; milliseconds, the least of the runs, under a profiler that adds a little to each."""
    enhancer = Enhancer.from_pretrained().warm_up()
    columns = []
    for prompt in PROMPTS:
        enhancer.enhance(drawn_picture(side, side), prompt, force=True)
        every = [_profiled(enhancer, drawn_picture(side, side, turn + 1), prompt, threads) for turn in range(runs)]
        columns.append(min(every, key=lambda times: times["all"]))
    head("stage", *(f'"{prompt}", ms' for prompt in PROMPTS))
    for name in columns[0]:
        row(name, *(f"{1e3 * column[name]:.1f}" for column in columns))
    image = Image.fromarray(drawn_picture(side, side))
    for suffix in (".jpg", ".png"):
        with tempfile.TemporaryDirectory() as folder:
            seconds = _least(partial(save, image, Path(folder) / f"a{suffix}"), threads, runs)
        row(f"besides: writing {suffix}", *[f"{1e3 * seconds:.1f}"] * len(PROMPTS))


def _profiled(enhancer: Enhancer, picture: np.ndarray, prompt: str, threads: int) -> dict[str, float]:
    enhancer.memory = Memory(enhancer.memory.most_bytes)
    profile = cProfile.Profile(clock_for(threads))
    with ThreadPoolExecutor(1) as fresh:  # where memory once ran out, work is done in threads that no profile sees
        fresh.submit(torch.get_num_threads).result()  # takes over the number that was set for the process
        fresh.submit(profile.runcall, enhancer.enhance, picture, prompt, force=True).result()
    seconds: dict[str, float] = {}
    for (file, _, name), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        key = f"{Path(file).stem}.{name}"
        seconds[key] = seconds.get(key, 0.0) + cumulative
    load, words = seconds["enhancer._load"], seconds["enhancer.understand"]
    statistics, network = seconds["restorer.statistics"], seconds["restorer.restore"]
    gain, unet = seconds.get("wiener.apply_gain", 0.0), seconds["generator._residual"]
    everything, after = seconds["enhancer.enhance"], seconds["estimator.assess"]
    order, painted = seconds["enhancer._order"], seconds["enhancer._carry_out"]
    return {
        "read and hash": load,
        "understand": words,
        "assess before": order - load - words,
        "statistics of the whole photo": statistics,
        "linear filter (FFT)": gain,
        "U-net": unet,
        "generator besides (Haar views, physics, clipping)": network - gain - unet,
        "reading, remembering, painting": painted - statistics - network,
        "assess after": after,
        "the rest": everything - order - painted - after,
        "all": everything,
    }


def tile_sizes(side: int, threads: int) -> None:
    """Each size in a process of its own."""
    head("tile, px", "s / MP", "peak memory above import, MB")
    for tile_px in TILES_PX:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
            seconds, peak_mb = fresh.submit(_tiled, side, tile_px, threads).result()
        name = "whole" if tile_px >= side else f"{tile_px}"
        row(name, f"{seconds / (side * side / 1e6):.3f}", f"{peak_mb:.0f}")


def _tiled(side: int, tile_px: int, threads: int) -> tuple[float, float]:
    torch.set_num_threads(threads)
    imported = imported_mb()
    enhancer = Enhancer.from_pretrained().warm_up()
    with patch.object(painting, "tiles", partial(tiles, tile_px=tile_px)):
        enhancer.enhance(drawn_picture(256, 256), PROMPTS[1], force=True)
        seconds = _least(partial(enhancer.enhance, drawn_picture(side, side), PROMPTS[1], force=True), threads, 1)
    return seconds, resident_mb("VmHWM") - imported


def large(threads: int, megapixels: tuple[float, ...] = MEGAPIXELS) -> None:
    """Seconds until something is seen of a JPEG."""
    enhancer = Enhancer.from_pretrained().warm_up()
    wish = Instruction(tasks={Task.NOISE: 1.0})
    enhancer.preview(drawn_picture(800, 800), wish, force=True)
    head(
        "photo", "decode, s", "preview of a file just opened, s", "preview once decoded, s", "preview, slider moved, s"
    )
    with tempfile.TemporaryDirectory() as folder:
        for size in megapixels:
            side = round((size * 1e6) ** 0.5)
            file = Path(folder) / "photo.jpg"
            Image.fromarray(drawn_picture(side, side)).save(file, quality=92)
            look = partial(enhancer.preview, file, wish, force=True)
            enhancer.memory = Memory(enhancer.memory.most_bytes)
            opened = _least(look, threads, 1)
            enhancer.memory = Memory(enhancer.memory.most_bytes)
            decode = _least(partial(enhancer.size, file), threads, 1)
            decoded = _least(look, threads, 1)
            moved = _least(partial(look, strength=0.5), threads, 1)
            row(f"{size:.0f} MP", *(f"{seconds:.2f}" for seconds in (decode, opened, decoded, moved)))


def sliders(side: int, threads: int) -> None:
    """What is computed again when one control moves after the first run."""
    enhancer = Enhancer.from_pretrained().warm_up()
    wish = Instruction(tasks={Task.NOISE: 1.0})
    half = np.zeros((side, side, 3), np.uint8)
    half[: side // 2] = 255
    enhancer.enhance(drawn_picture(side, side, 1), wish, force=True, fidelity=0.9)
    moves: dict[str, dict[str, Any]] = {
        "first run": {},
        "nothing": {},
        "tone": {"instruction": Instruction(tasks=wish.tasks, tone={"warmth": 0.3})},
        "region or mask": {"region_mask": half},
        "strength": {"strength": 0.5},
        "fidelity": {"fidelity": 0.5},
    }
    picture = drawn_picture(side, side)
    runs = {"restorer": 0, "estimator": 0}

    def counted(name: str, function: Callable[..., Any], *values: Any, **options: Any) -> Any:
        runs[name] += 1
        return function(*values, **options)

    head("moved", "s", "runs of the generator", "looks of the image tower")
    restore, tower = enhancer.restorer.restore, enhancer.estimator.visual.forward
    with (
        patch.object(enhancer.restorer, "restore", partial(counted, "restorer", restore)),
        patch.object(enhancer.estimator.visual, "forward", partial(counted, "estimator", tower)),
    ):
        for name, move in moves.items():
            runs.update(restorer=0, estimator=0)
            call = partial(enhancer.enhance, picture, force=True, **({"instruction": wish} | move))
            row(name, f"{_least(call, threads, 1):.3f}", runs["restorer"], runs["estimator"])


def loading(threads: int) -> None:
    """Seconds of a fresh process, files in the system's cache."""
    command = [sys.executable, "-c", LOADING.replace("THREADS", str(threads))]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    head("step", "s")
    for name, seconds in json.loads(done.stdout.splitlines()[-1]).items():
        row(name, f"{seconds:.2f}")


def _least(call: Callable[[], object], threads: int, runs: int) -> float:
    clock, seconds = clock_for(threads), []
    for _ in range(runs):
        started = clock()
        call()
        seconds.append(clock() - started)
    return min(seconds)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("stages", "tiles", "large", "sliders", "loading"), default="stages")
    parser.add_argument("--side", type=int, help="of the square picture, px; 1000, and 3000 for tiles")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5, help="for stages")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    side = options.side or (3000 if options.part == "tiles" else 1000)
    if options.part == "stages":
        stages(side, options.threads, options.runs)
    elif options.part == "tiles":
        tile_sizes(side, options.threads)
    elif options.part == "large":
        large(options.threads)
    elif options.part == "sliders":
        sliders(side, options.threads)
    else:
        loading(options.threads)


if __name__ == "__main__":
    main()
