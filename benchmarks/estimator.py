"""How far the estimated severities are from the true ones, and how well they rank; and how well the joint
text–image space ranks them without the regression head (`quality.zeroshot.match`).

python -m benchmarks.estimator --data FOLDER    (FOLDER holds `kodak/`)
"""

import argparse
from pathlib import Path

import torch

from benchmarks.flaws import flawed
from benchmarks.images import mean, pictures, to_tensor
from controllable import Enhancer
from controllable.task import TASKS

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def spearman(a: list[float], b: list[float]) -> float:
    """Spearman's ρ; ties share the mean of their ranks."""
    return float(torch.corrcoef(torch.stack([_ranks(torch.tensor(a)), _ranks(torch.tensor(b))]))[0, 1])


def _ranks(x: torch.Tensor) -> torch.Tensor:
    less, equal = (x[:, None] > x[None]).sum(1), (x[:, None] == x[None]).sum(1)
    return less.float() + 0.5 * (equal.float() - 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int)
    parser.add_argument("--models")
    arguments = parser.parse_args()
    enhancer = Enhancer.from_pretrained(arguments.models)
    print("One flaw at a time, severities " + ", ".join(f"{level:g}" for level in LEVELS) + ".\n")
    print("| task | mean absolute error | Spearman | estimated where absent | Spearman of the joint space |")
    print("|---|---|---|---|---|")
    absent: dict[str, list[float]] = {task: [] for task in TASKS}
    rows = []
    for task in TASKS:
        truth, found, matched = [], [], []
        for k, picture in enumerate(pictures(arguments.data / "kodak", arguments.most)):
            for level in LEVELS:
                image, _ = flawed(to_tensor(picture), {task: level}, k)
                severity = enhancer.assess(image).severity
                matched.append(enhancer.match(image)[task])
                truth.append(level)
                found.append(severity[task])
                for other in TASKS:
                    if other is not task:
                        absent[other].append(severity[other])
        error = mean([abs(a - b) for a, b in zip(truth, found, strict=True)])
        rows.append((task, error, spearman(truth, found), spearman(truth, matched)))
    for task, error, ranking, joint in rows:
        print(f"| {task} | {error:.3f} | {ranking:.2f} | {mean(absent[task]):.3f} | {joint:.2f} |")


if __name__ == "__main__":
    main()
