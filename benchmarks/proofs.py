"""What each recipe of the workshop is good for: trains every proof that is not finished, then prints the tables.

python -m benchmarks.proofs --train CLEAN --data FOLDER [--metrics FOLDER] [--features squeezenet:FILE] [--only NAME …]
The trainings are commands of the project, one after the other, and resume as those do. Two hours and a half on one
core, of which `cyclegan` and `deblurgan` take half. VGG-19's and ResNet-50's features need weights of their own.
"""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from benchmarks.images import arguments, load_lpips, tensors
from benchmarks.niqe import load_niqe
from benchmarks.proof_tables import Given, print_tables
from benchmarks.workshop import load_experts
from controllable.models import BUNDLED

Arguments = dict[str, object]
PIXELS: Arguments = {"adversary": 0.0, "perceptual": 0.0, "warmup": 1.0}
"""The mean absolute error alone."""
CALM: Arguments = {"batch": 8, "steps": 800, "every": 200}
SMALL: Arguments = {
    "steps": 2, "every": 2, "batch": 2, "width": 8, "blocks": 1, "critic_width": 8, "perceptual": 0.0
}  # fmt: skip
"""For a look at whether all of it runs."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One training; arguments: settings of the recipe; minutes: roughly, on one core."""

    name: str
    recipe: str
    minutes: float
    arguments: Arguments = field(default_factory=dict)

    def command(self, photos: Path, runs: Path) -> list[str]:
        options = [text for key, value in self.arguments.items() for text in (f"--{key.replace('_', '-')}", str(value))]
        folders = ["--data", str(photos), "--out", str(runs / self.name)]
        return [sys.executable, "-m", "controllable", "train", self.recipe, *options, *folders]

    def is_finished(self, runs: Path) -> bool:
        """Its weights are there, and its log goes to the last step."""
        log = runs / self.name / "log.csv"
        if not (runs / self.name / "weights").is_dir() or not log.is_file():
            return False
        with log.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        return bool(rows) and int(float(rows[-1]["step"])) >= int(str(self.arguments["steps"]))


def proofs(features: str) -> tuple[Proof, ...]:
    """In the order they are trained; features: what the perceptual ones see."""
    seen: Arguments = {"features": features}
    esrgan: Arguments = {"steps": 1200, "every": 200}
    srgan: Arguments = {"steps": 800, "every": 200}
    large: Arguments = {"scale": 8, "patch_px": 128, "batch": 8, "steps": 600, "every": 200}
    brief: Arguments = {"batch": 4, "steps": 120, "every": 60}
    long: Arguments = {"steps": 3000, "every": 250}
    found = [
        Proof(name="esrgan", recipe="esrgan", minutes=10, arguments=esrgan | seen),
        Proof(name="esrgan-pixels", recipe="esrgan", minutes=7, arguments=esrgan | PIXELS),
        Proof(name="denoise", recipe="denoise", minutes=5, arguments=long | {"batch": 4}),
    ]
    for weight in ("0.1", "0.3", "1.0"):
        name = f"variation-{weight}"
        found.append(Proof(name=name, recipe="denoise", minutes=3, arguments=CALM | {"variation": float(weight)}))
    for backbone, blocks in (("resnet", 4), ("rrdb", 2), ("mobilenet", 8), ("shufflenet", 8), ("unet", 2)):
        chosen = CALM | {"backbone": backbone, "blocks": blocks}
        found.append(Proof(name=f"denoise-{backbone}", recipe="denoise", minutes=3, arguments=chosen))
    found += [
        Proof(name="srgan", recipe="srgan", minutes=7, arguments=srgan | seen),
        Proof(name="srgan-pixels", recipe="srgan", minutes=4, arguments=srgan | PIXELS),
        Proof(name="srgan-8", recipe="srgan", minutes=5, arguments=large | seen),
    ]
    for precision in ("fp32", "fp16", "bf16"):
        name = f"precision-{precision}"
        found.append(Proof(name=name, recipe="denoise", minutes=2, arguments=brief | {"precision": precision}))
    found += [
        Proof(name="srgan-own", recipe="srgan", minutes=7, arguments=srgan | {"features": "own"}),
        Proof(name="cyclegan", recipe="cyclegan", minutes=30, arguments=long),
        Proof(name="deblurgan", recipe="deblurgan", minutes=30, arguments=long | seen | {"steps": 2400}),
    ]
    return tuple(found)


def quick(proof: Proof) -> Proof:
    """The same in two steps of a tiny network."""
    return replace(proof, minutes=0.1, arguments={**proof.arguments, **SMALL})


def train(chosen: Sequence[Proof], photos: Path, runs: Path, threads: int) -> list[str]:
    """Train what is not finished; the names of those that failed. SystemExit with a sentence if it is interrupted."""
    waiting = [proof for proof in chosen if not proof.is_finished(runs)]
    failed, expected, taken = [], 0.0, 0.0
    for number, proof in enumerate(waiting):
        pace = taken / expected if expected else 1.0
        left = pace * sum(other.minutes for other in waiting[number:])
        print(f"{proof.name}: {number + 1} of {len(waiting)}, about {left:.0f} minutes left in all", flush=True)
        begun = time.monotonic()
        process = subprocess.Popen(
            proof.command(photos, runs), env=os.environ | {"OMP_NUM_THREADS": str(threads)}
        )  # fmt: skip
        try:
            if process.wait():
                failed.append(proof.name)
        except KeyboardInterrupt:
            process.wait()
            raise SystemExit(f"stopped in {proof.name}; the same command goes on from there") from None
        expected += proof.minutes
        taken += (time.monotonic() - begun) / 60.0
    return failed


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--train", type=Path, help="folder of clean photographs; without it only the tables")
    parser.add_argument("--runs", type=Path, default=Path("runs/proofs"), help="where the trainings are")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these proofs alone")
    parser.add_argument("--metrics", type=Path, help="folder with lpips_squeeze.py and niqe_pris_params.npz")
    parser.add_argument("--features", default="own", help="own or squeezenet:FILE")
    parser.add_argument("--threads", type=int, default=2, help="of trainings and timings")
    parser.add_argument("--train-only", action="store_true", help="leave the tables out")
    parser.add_argument("--quick", action="store_true", help="tiny: whether all of it runs")
    parser.add_argument("--plot", type=Path, help="also draw what total variation does to this file")
    options = parser.parse_args(argv)
    known = {proof.name: quick(proof) if options.quick else proof for proof in proofs(options.features)}
    unknown = set(options.only or ()) - set(known)
    if unknown:
        parser.error(f"only: {', '.join(sorted(unknown))}: not among {', '.join(known)}")
    chosen = [proof for name, proof in known.items() if name in (options.only or known)]
    failed = train(chosen, options.train, options.runs, options.threads) if options.train else []
    if not options.train_only:
        torch.set_num_threads(options.threads)
        trained = load_experts(Path(options.models or BUNDLED), options.runs)
        found = {proof.name: trained[proof.name] for proof in chosen if proof.name in trained}
        if not found:
            raise SystemExit(f"no proofs in {options.runs}: train them with --train FOLDER")
        sizes = {"speed_px": 64, "steps": 2} if options.quick else {}
        print_tables(
            Given(
                clean=tensors(options.data / "kodak", options.most, 8), found=found, plot=options.plot,
                judges=(load_lpips(options.metrics), load_niqe(options.metrics)), threads=options.threads, **sizes,
            )
        )  # fmt: skip
    if failed:
        raise SystemExit(f"not trained: {', '.join(failed)}")


if __name__ == "__main__":
    main()
