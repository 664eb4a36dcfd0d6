"""How a generator learned: gain on the development photos against pairs seen, from the logs its training wrote.

python -m benchmarks.curve NAME=runs/generator-11/log.csv [NAME=LOG ...] [--pairs 14] --plot docs/training.png
Runs that continue each other are drawn one after the other: NAME=FIRST,SECOND. Prints, for the last half of each run,
what a doubling of the pairs brought (least squares on the logarithm); what lies beyond is a guess. The plot needs
matplotlib.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from benchmarks.images import head, row

TASKS = ("noise", "blur", "compression", "resolution", "detail")
Run = dict[str, np.ndarray]
"""Column → values at each evaluation; `pairs` in millions."""


def read(paths: list[Path], pairs: int) -> Run:
    """The logs of runs that continue each other, as one."""
    columns: dict[str, list[float]] = {name: [] for name in ("pairs", *TASKS)}
    before = 0.0
    for path in paths:
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        if not rows:
            raise ValueError(f"{path}: holds no evaluation yet")
        for line in rows:
            columns["pairs"].append(before + float(line["step"]) * pairs / 1e6)
            for name in TASKS:
                columns[name].append(float(line[name]))
        before = columns["pairs"][-1]
    return {name: np.array(values) for name, values in columns.items()}


def per_doubling(run: Run, name: str) -> float:
    """Slope of the gain against log2(pairs) over the last half of the evaluations, dB."""
    half = len(run["pairs"]) // 2
    if len(run["pairs"]) - half < 2:
        return float("nan")
    return float(np.polyfit(np.log2(run["pairs"][half:]), run[name][half:], 1)[0])


def plot(runs: dict[str, Run], out: Path) -> None:
    """One panel a task, one line a run; the pairs on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.2), layout="constrained")
    for axes, task in zip(figure.subplots(1, len(TASKS), sharex=True), TASKS, strict=True):
        for name, run in runs.items():
            axes.plot(run["pairs"], run[task], marker=".", label=name)
        axes.set(title=task, xscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize="small")
    figure.supxlabel("pairs seen, millions")
    figure.supylabel("gain, dB")
    figure.savefig(out, dpi=110)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", metavar="NAME=LOG[,LOG]")
    parser.add_argument("--pairs", type=int, default=14, help="pairs a step")
    parser.add_argument("--plot", type=Path, help="also draw the curves to this file")
    options = parser.parse_args(argv)
    runs = {}
    for given in options.logs:
        name, found, paths = given.partition("=")
        if not found:
            parser.error(f"logs: need NAME=LOG, got {given!r}")
        runs[name] = read([Path(path) for path in paths.split(",")], options.pairs)
    head("run", "pairs, M", *TASKS)
    for name, run in runs.items():
        gains = (f"{run[task][-1]:+.2f} ({per_doubling(run, task):+.2f})" for task in TASKS)
        row(name, f"{run['pairs'][-1]:.2f}", *gains)
    print("\nGain at the end, in dB; in brackets what a doubling of the pairs brought over the last half.")
    if options.plot:
        plot(runs, options.plot)


if __name__ == "__main__":
    main()
