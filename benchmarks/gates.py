"""Where the gates should open: what the estimator says of flaws that are not there, and of faint ones that are.

python -m benchmarks.gates --data PHOTOS    (clean photographs; only those kept aside for development are used)

Prints, per task, the 90th and 97th percentile of the estimate where the task is absent (other flaws are present), the
median where it is present with severity 0.15, 0.3 and 0.5, and what today's gates make of both: the share of absent
flaws they leave alone (below 1 %) and their mean where the flaw has its usual severity, alone and among three.
"""

import argparse
from pathlib import Path

import torch

from benchmarks.flaws import USUAL, flawed
from benchmarks.images import head, mean, row
from benchmarks.selectivity import TRIPLES
from controllable import Enhancer
from controllable.generation.strength import gate
from controllable.task import TASKS
from controllable.training.photos import Photos, center_crop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models")
    arguments = parser.parse_args()
    enhancer = Enhancer.from_pretrained(arguments.models)
    photos = [center_crop(image, 512)[None] / 255.0 for image in Photos(arguments.data, development=True).images]
    absent: dict[str, list[float]] = {task: [] for task in TASKS}
    faint: dict[str, list[list[float]]] = {task: [] for task in TASKS}
    alone: dict[str, list[float]] = {task: [] for task in TASKS}
    among: dict[str, list[float]] = {task: [] for task in TASKS}
    for k, photo in enumerate(photos):
        clean = enhancer.assess(photo).severity
        for task in TASKS:
            absent[task].append(clean[task])
            severity = enhancer.assess(flawed(photo, {task: USUAL[task]}, k)[0]).severity
            alone[task].append(gate(task, severity[task]))
            for other in TASKS:
                if other is not task:
                    absent[other].append(severity[other])
            levels = (0.15, 0.3, 0.5)
            faint[task].append([enhancer.assess(flawed(photo, {task: s}, k)[0]).severity[task] for s in levels])
        for triple in TRIPLES:
            severity = enhancer.assess(flawed(photo, {task: USUAL[task] for task in triple}, k)[0]).severity
            for task in triple:
                among[task].append(gate(task, severity[task]))
    head("task", "absent, 90 % below", "97 % below", "s = 0.15", "0.3", "0.5", "left alone", "gate", "among three")
    for task in TASKS:
        high = torch.tensor(absent[task]).quantile(torch.tensor([0.9, 0.97])).tolist()
        middle = torch.tensor(faint[task]).median(0).values.tolist()
        shut = mean([float(gate(task, value) < 0.01) for value in absent[task]])
        opened = (f"{mean(values):.2f}" for values in (alone[task], among[task]))
        row(task, *(f"{value:.3f}" for value in (*high, *middle)), f"{shut:.1%}", *opened)


if __name__ == "__main__":
    main()
