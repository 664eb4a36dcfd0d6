"""What privacy costs: denoisers trained alike but for their budget, on photos that no training saw.

python -m benchmarks.privacy --photos FOLDER --data DATA [--out runs/privacy] [--device cuda] [--plot docs/privacy.png]
Noise of σ = 25 of 255 on Kodak's photos; each training is `train denoise` with the settings below, and what is there
already in --out is not trained again. --part train or table does half of it. The plot needs matplotlib.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks.images import head, psnr, row, tensors
from controllable.networks.expert import Expert
from controllable.training.recipes.cyclegan import noisy

BUDGETS = (1.0, 2.0, 4.0, 8.0, None)
"""epsilon at delta 1e-5; None: not private."""
SETTINGS = {
    "backbone": "unet", "width": 8, "blocks": 1, "patch-px": 128, "batch": 256, "steps": 800, "every": 200,
    "rate": 1e-2, "precision": "fp32",
}  # fmt: skip


def name_of(budget: float | None) -> str:
    return "none" if budget is None else f"epsilon-{budget:g}"


def train(photos: Path, out: Path, device: str, together: int) -> None:
    """All that is missing, so many at a time, each in a process of its own."""
    missing = [budget for budget in BUDGETS if not (out / name_of(budget) / "weights").exists()]
    while missing:
        batch, missing = missing[:together], missing[together:]
        running = []
        for budget in batch:
            command = [sys.executable, "-m", "controllable", "train", "denoise", "--data", str(photos)]
            command += [
                "--out",
                str(out / name_of(budget)),
                "--device",
                device,
                "--precision",
                "fp32",
                "--every",
                "200",
            ]
            command += [] if budget is None else ["--epsilon", str(budget)]
            command += [text for name, value in SETTINGS.items() for text in (f"--{name}", str(value))]
            running.append(subprocess.Popen(command))
        if any([process.wait() for process in running]):
            raise SystemExit("privacy: a training failed; what it said stands above")


def story_of(weights: Path) -> str:
    """The sentence of the model card on how it was trained."""
    return next((line for line in (weights / "README.md").read_text().splitlines() if "**Training**" in line), "")


@torch.inference_mode()
def gains(weights: Path, data: Path, most: int | None) -> tuple[float, float]:
    """Means over Kodak's photos, dB: PSNR, and what that is above the noisy photo's."""
    network = Expert.from_pretrained(weights).float().eval()
    after, gained = [], []
    for number, clean in enumerate(tensors(data / "kodak", most)):
        seen, _ = noisy(clean, torch.Generator().manual_seed(number))
        after.append(psnr(network(seen), clean))
        gained.append(after[-1] - psnr(seen, clean))
    return sum(after) / len(after), sum(gained) / len(gained)


def plot(rows: list[tuple[float | None, float]], path: Path) -> None:
    """Gain against epsilon, and the gain without privacy as a line."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.4), layout="constrained")
    axes = figure.subplots()
    private = [(budget, gain) for budget, gain in rows if budget is not None]
    axes.plot(*zip(*private, strict=True), marker="o", label="private, δ = 1e-5")
    for budget, gain in rows:
        if budget is None:
            axes.axhline(gain, color="black", linestyle="--", label="not private")
    axes.set(xscale="log", xlabel="ε, the budget", ylabel="gain over the noisy photo, dB", ylim=(0, None))
    axes.set_xticks([budget for budget, _ in private], [f"{budget:g}" for budget, _ in private])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--photos", type=Path, help="folder to train on")
    found.add_argument("--data", type=Path, help="folder that holds kodak/")
    found.add_argument("--out", type=Path, default=Path("runs/privacy"))
    found.add_argument("--part", choices=("train", "table"))
    found.add_argument("--device", choices=("cuda", "cpu"), default="cpu")
    found.add_argument("--together", type=int, default=1, help="trainings at a time")
    found.add_argument("--most", type=int, help="photos of Kodak")
    found.add_argument("--plot", type=Path)
    return found


def measure(options: argparse.Namespace) -> dict[float | None, float]:
    """Train what is missing and print the table; returns the gains of the budgets, dB. Raises ValueError for folders
    that a part needs and was not given."""
    if options.part != "table":
        if options.photos is None:
            raise ValueError("photos: training needs a folder of them")
        train(options.photos, options.out, options.device, options.together)
    if options.part == "train":
        return {}
    if options.data is None:
        raise ValueError("data: the table needs the folder that holds kodak/")
    head("epsilon", "PSNR dB", "gain dB")
    found = {}
    for budget in BUDGETS:
        weights = options.out / name_of(budget) / "weights"
        after, found[budget] = gains(weights, options.data, options.most)
        row("not private" if budget is None else f"{budget:g}", f"{after:.2f}", f"{found[budget]:+.2f}")
        print(story_of(weights), file=sys.stderr)
    if options.plot:
        plot(list(found.items()), options.plot)
    return found


def main(argv: list[str] | None = None) -> int:
    try:
        measure(parser().parse_args(argv))
    except ValueError as error:
        parser().error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
