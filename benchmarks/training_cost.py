"""What a training step costs in fp32, fp16 and bf16: seconds, and the memory that the process needs for it.

python -m benchmarks.training_cost [--precision fp32 fp16 bf16] [--steps 12] [--threads 2]
The denoiser of the workshop on batches of 8 × 64 px of noise, in the loop that all recipes share (with fp16 it scales
the loss), each in a process of its own: a peak cannot be forgotten.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor, nn

from benchmarks.images import head, row
from benchmarks.speed import resident_mb
from controllable.networks.backbones import make_backbone
from controllable.training.fit import FitSettings, Precision, fit

BATCH, PATCH_PX = 8, 64


class Trial:
    """A recipe that learns to take noise from noise."""

    def __init__(self) -> None:
        self.network: nn.Module = make_backbone("resnet", scale=1, width=32, blocks=4)

    def batches(self, start: int) -> Iterator[Tensor]:
        while True:
            yield torch.rand(BATCH, 3, PATCH_PX, PATCH_PX)

    def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        loss = (network(batch).float() - 0.5).abs().mean()
        return loss, {"loss": loss}

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        return {"score": 0.0}


def measure(precision: Precision, steps: int, threads: int) -> dict[str, float]:
    """seconds a step, of the second half of the steps; peak_mb above what the process held before."""
    torch.set_num_threads(threads)
    trial, half = Trial(), max(1, steps // 2)
    before = resident_mb("VmRSS")
    with tempfile.TemporaryDirectory() as folder:
        fit(trial, FitSettings(steps=2 * half, every=half, precision=precision), Path(folder))
        with (Path(folder) / "log.csv").open(newline="") as stream:
            last = list(csv.DictReader(stream))[-1]
    return {"seconds": 1.0 / float(last["steps_per_s"]), "peak_mb": resident_mb("VmHWM") - before}


def measured_apart(precision: str, steps: int, threads: int) -> dict[str, float]:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.training_cost", "--one", precision]
    command += ["--steps", str(steps), "--threads", str(threads)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(answer.splitlines()[-1])
    return found


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    accepted = [name for name in get_args(Precision) if name != "auto"]
    parser.add_argument("--precision", nargs="+", choices=accepted, default=["fp32", "fp16", "bf16"])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", choices=accepted, help="measure this one here, and print it for machines")
    options = parser.parse_args(argv)
    if options.one:
        print(json.dumps(measure(options.one, options.steps, options.threads)))
        return
    head("precision", "s / step", "peak MB")
    for precision in options.precision:
        found = measured_apart(precision, options.steps, options.threads)
        row(precision, f"{found['seconds']:.3f}", f"{found['peak_mb']:.0f}")


if __name__ == "__main__":
    main()
