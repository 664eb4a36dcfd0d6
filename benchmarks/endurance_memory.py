"""For endurance: memory over many runs, and memory that runs out."""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image

from benchmarks.endurance_server import folder_mb, marked, resident_mb
from benchmarks.images import head, row

SLOPE_MB = 0.1
WARM = 0.2
"""Share of the runs after which memory is measured: until then sizes are met for the first time."""
TEMP_MB = 16
EXTRA_MB = (150, 180, 210, 250, 300)
CHILD = "controllable-oom"


def runs(options: argparse.Namespace) -> bool:
    from controllable import Enhancer
    from controllable.app import guard
    from controllable.app.files import write_png

    sizes = ((192, 96), (208, 160), (256, 144), (320, 240))
    photos = [np.asarray(marked(number, sizes[number % 4])) for number in range(40)]
    prompts = ("remove the noise", "a bit warmer", "make it twice as big", "deblur it")
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(tempfile, "tempdir", folder),
        patch.dict(os.environ, {guard.TEMP_SETTING: str(TEMP_MB), "GRADIO_TEMP_DIR": f"{folder}/gradio"}),
    ):
        enhancer, chance = Enhancer.from_pretrained(), random.Random(options.seed)
        times = options.times or 1000
        measured, most_mb = [], 0.0
        for run in range(times):
            result = enhancer.enhance(Image.fromarray(chance.choice(photos)), chance.choice(prompts), force=True)
            write_png(result.image, None, "enhanced")
            if run % 20 == 19:
                guard.sweep()
                most_mb = max(most_mb, folder_mb(Path(folder)))
            measured.append(resident_mb())
    settled = measured[int(WARM * times) :]
    slope = statistics.linear_regression(range(len(settled)), settled).slope
    head("runs", "MB after warm-up", "MB at the end", "slope MB a run", "temp MB at most")
    row(times, f"{settled[0]:.0f}", f"{settled[-1]:.0f}", f"{slope:.4f}", f"{most_mb:.1f}")
    return slope < SLOPE_MB and most_mb <= TEMP_MB


def oom(options: argparse.Namespace) -> bool:
    """Cases of photos, wishes and megabytes; each in a process of its own."""
    times = options.times or 20
    head(
        "case", "photo", "wish", "MB to grow by", "outcome", "times divided", "largest difference", "values that differ"
    )
    found = []
    for case in range(times):
        extra_mb = EXTRA_MB[case % len(EXTRA_MB)]
        arguments = [sys.executable, "-m", "benchmarks.endurance", "--part", CHILD, "--times", str(case)]
        own = os.environ | {"MALLOC_ARENA_MAX": "1"}  # others reserve addresses, which the limit counts like memory
        done = subprocess.run([*arguments, "--extra", str(extra_mb)], capture_output=True, text=True, env=own)
        if done.returncode:
            values = {"outcome": f"died: {done.stderr.strip()[-120:]}"}
        else:
            values = json.loads(done.stdout.splitlines()[-1])
        found.append(values)
        row(case, values.get("photo"), values.get("wish"), extra_mb, values["outcome"], *(
            values.get(name, "") for name in ("divided", "most", "share")
        ))  # fmt: skip
    whole = sum(values["outcome"] == "whole" for values in found)
    print(f"\n{whole} of {times} recovered; {sum(values.get('divided', 0) > 0 for values in found)} ran short")
    return whole == times and all(values["most"] <= 1 for values in found)


def oom_child(options: argparse.Namespace) -> bool:
    """One enhancement with so little memory, then the same with all there is, in the same process."""
    import torch

    from controllable import Enhancer, Instruction, Task
    from controllable.generation import halving

    torch.set_num_threads(2)
    case = options.times
    size = ((1280, 1024), (1800, 1200), (2400, 800), (1500, 1500))[case // len(EXTRA_MB) % 4]
    wish = Instruction(tasks={Task.NOISE: 1.0} if case % 2 else {Task.NOISE: 0.5, Task.DETAIL: 1.0})
    enhancer = Enhancer.from_pretrained().warm_up()
    enhancer.enhance(np.asarray(marked(case, (256, 192))), wish, force=True)  # code and threads are there
    photo, short = np.asarray(marked(case, size)), 0
    attempt = halving.attempt

    def counted(work: Callable[[], Any], needed_bytes: float = 0.0) -> tuple[Any] | None:
        nonlocal short
        done = attempt(work, needed_bytes)
        short += done is None
        return done

    halving.attempt = counted  # type: ignore[assignment]
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + options.extra * 2**20
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        made, outcome = enhancer.enhance(photo, wish, force=True).image, "whole"
    except ValueError as error:
        made, outcome = None, str(error)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    values = {"photo": f"{size[0]}×{size[1]}", "wish": ", ".join(wish.tasks), "outcome": outcome, "divided": short}
    if made is not None:
        enhancer.memory.forget()
        change = np.abs(made.astype(int) - enhancer.enhance(photo, wish, force=True).image)
        values |= {"most": int(change.max()), "share": f"{(change > 0).mean():.4f}"}
    print(json.dumps(values))
    return True
