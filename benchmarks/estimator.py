"""How far the estimated severities are from the true ones, and how well they rank.

python -m benchmarks.estimator --data FOLDER    (FOLDER holds `kodak/`)
"""

import argparse
from pathlib import Path

import torch

from benchmarks.images import mean, pictures, to_tensor
from benchmarks.restoration import flawed
from controllable import Enhancer
from controllable.task import TASKS

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def ranks(values: list[float]) -> torch.Tensor:
    return torch.tensor(values).argsort().argsort().float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int)
    parser.add_argument("--models")
    arguments = parser.parse_args()
    enhancer = Enhancer.from_pretrained(arguments.models)
    print("One flaw at a time, severities " + ", ".join(f"{level:g}" for level in LEVELS) + ".\n")
    print("| task | mean absolute error | Spearman | estimated where absent |\n|---|---|---|---|")
    absent: dict[str, list[float]] = {task: [] for task in TASKS}
    rows = []
    for task in TASKS:
        truth, found = [], []
        for k, picture in enumerate(pictures(arguments.data / "kodak", arguments.most)):
            for level in LEVELS:
                image, _ = flawed(to_tensor(picture), {task: level}, k)
                severity = enhancer.assess(image).severity
                truth.append(level)
                found.append(severity[task])
                for other in TASKS:
                    if other is not task:
                        absent[other].append(severity[other])
        error = mean([abs(a - b) for a, b in zip(truth, found, strict=True)])
        a, b = ranks([t + 1e-6 * k for k, t in enumerate(truth)]), ranks(found)
        rows.append((task, error, float(torch.corrcoef(torch.stack((a, b)))[0, 1])))
    for task, error, spearman in rows:
        print(f"| {task} | {error:.3f} | {spearman:.2f} | {mean(absent[task]):.3f} |")


if __name__ == "__main__":
    main()
