"""Does half mean half? The share of a flaw that stays against the share asked for, on Kodak, gates open.

python -m benchmarks.strength --data FOLDER [--most N] [--plot docs/calibration.png]
α(y) = ⟨y - clean, input - clean⟩ / ‖input - clean‖² is the share of the flaw still in y. For the strength r, with the
counterfactual photo t_r and full removal y_1, the error is |α(y_r) - (α(y_1) + (1 - α(y_1))·α(t_r))|; at r = 1 it is 0
by definition as t_1 is the clean photo. The plot needs matplotlib.
"""

from pathlib import Path

from torch import Tensor

from benchmarks.flaws import USUAL, flawed, only
from benchmarks.images import arguments, head, mean, row, tensors
from controllable import Enhancer, Instruction, Task
from controllable.degradation import Chain
from controllable.task import TASKS

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
Curve = tuple[list[float], list[float]]
"""The share removed and the share that should be, for each of `STRENGTHS`."""


def share_left(y: Tensor, image: Tensor, clean: Tensor) -> float:
    """α(y): 1 for the flawed image itself, 0 for the clean one."""
    flaw = image - clean
    return float(((y - clean) * flaw).sum() / flaw.pow(2).sum())


def curve(enhancer: Enhancer, clean: Tensor, task: Task, seed: int) -> Curve:
    """What one photo with one flaw gives at each strength."""
    image, params = flawed(clean, {task: USUAL[task]}, seed)
    outputs = [enhancer.enhance(image, Instruction(tasks={task: r}), force=True).image for r in STRENGTHS]
    left = [share_left(y, image, clean) for y in outputs]
    targets = [Chain().apply(clean, params.without(only(task, r))) for r in STRENGTHS]
    wanted = [left[-1] + (1.0 - left[-1]) * share_left(target, image, clean) for target in targets]
    return [1.0 - a for a in left], [1.0 - a for a in wanted]


def calibrate(enhancer: Enhancer, photos: list[Tensor]) -> dict[Task, Curve]:
    """Print the table of errors; task → its curve, the mean over the photos."""
    head("task", *(f"r = {r:g}" for r in STRENGTHS), "removed at r = 1")
    curves, errors = {}, []
    for task in TASKS:
        found = [curve(enhancer, clean, task, k) for k, clean in enumerate(photos)]
        table = [[abs(a - b) for a, b in zip(*one, strict=True)] for one in found]
        columns = [mean(list(column)) for column in zip(*table, strict=True)]
        errors.append(columns)
        removed, wanted = ([mean(list(at)) for at in zip(*side, strict=True)] for side in zip(*found, strict=True))
        curves[task] = (removed, wanted)
        row(task, *(f"{value:.3f}" for value in columns), f"{removed[-1]:.0%}")
    inner = mean([value for columns in errors for value in columns[:-1]])
    print(f"\nmean calibration error {inner:.3f} over r = 0.25, 0.5, 0.75; "
          f"{mean([value for columns in errors for value in columns]):.3f} with r = 1")  # fmt: skip
    return curves


def plot(curves: dict[Task, Curve], out: Path) -> None:
    """A curve a task: the share asked for against the share removed; dashed, what the counterfactual photo has lost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5), layout="constrained")
    panels = figure.subplots(2, 4, sharex=True, sharey=True)
    asked, top = (0.0, *STRENGTHS), 1.05 * max(1.0, *(value for curve in curves.values() for value in curve[0]))
    for axes, (task, (removed, wanted)) in zip(panels.flat, curves.items(), strict=True):
        axes.plot(asked, (0.0, *wanted), color="0.6", linestyle="--", label="counterfactual photo")
        axes.plot(asked, (0.0, *removed), marker="o", markersize=4, label="measured")
        axes.set(title=task, xlim=(0, 1.03), ylim=(0, top), xticks=(0, 0.5, 1))
        axes.grid(alpha=0.3)
    panels[0, 0].legend(loc="upper left", fontsize="small")
    figure.supxlabel("share asked for")
    figure.supylabel("share of the flaw removed")
    figure.savefig(out, dpi=110)


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--plot", type=Path, help="also draw the calibration curves to this file")
    options = parser.parse_args(argv)
    curves = calibrate(Enhancer.from_pretrained(options.models), tensors(options.data / "kodak", options.most))
    if options.plot:
        plot(curves, options.plot)


if __name__ == "__main__":
    main()
