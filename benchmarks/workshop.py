"""What the recipes of the workshop are good for: every expert below --runs on Kodak, beside what one would do without.

python -m benchmarks.workshop --data FOLDER [--part enlarging|denoising|deblurring ...] [--runs runs] [--metrics FOLDER]
enlarging: bicubic reductions. denoising: Gaussian noise of σ = 25 of 255. deblurring: random paths of up to 40 px and
slight noise, as `deblurgan` is trained on, and what it says of the kernel. Networks alone, in fp32, without prompts.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from benchmarks.flaws import enlarged, gaussian_noise, shrunk
from benchmarks.images import (
    COMPARISON,
    Distance,
    Judgement,
    Method,
    arguments,
    compare,
    head,
    load_lpips,
    mean,
    psnr,
    row,
    tensors,
    to_pixels,
    to_tensor,
)
from benchmarks.niqe import load_niqe
from controllable.generation.expert import experts
from controllable.generation.restorer import quietly
from controllable.models import BUNDLED
from controllable.networks.expert import Expert
from controllable.networks.pyramid import KERNEL_PX, Pyramid
from controllable.task import Task
from controllable.training.recipes.deblurgan import kernel_error, shaken

Experts = dict[str, Expert]
Judges = tuple[Distance | None, Judgement | None]
SIGMA = 25.0
NOISE_OVER_SIGNAL = 0.03
"""Of the Wiener filter that is told the kernel: best between 0.02 and 0.05 on nine development photos."""


def load_experts(models: Path, runs: Path) -> Experts:
    with quietly():
        return {name: Expert.from_pretrained(folder).eval() for name, folder in experts(models, runs).items()}


@torch.inference_mode()
def answer(expert: Expert, image: Tensor) -> Tensor:
    made: Tensor = expert(image)
    return made.clamp(0.0, 1.0)


def methods(found: Experts, task: Task, scale: int = 1) -> dict[str, Method]:
    return {
        name: partial(answer, expert)
        for name, expert in found.items()
        if task in expert.tasks and expert.scale == scale
    }  # fmt: skip


def enlarging(clean: list[Tensor], found: Experts, judges: Judges) -> None:
    for scale in sorted({expert.scale for expert in found.values() if expert.scale > 1}):
        pairs = [(shrunk(x, scale), x) for x in clean]
        bicubic = lambda small, s=scale: enlarged(small, (small.shape[-2] * s, small.shape[-1] * s))  # noqa: E731
        compare(f"×{scale}", pairs, {"bicubic": bicubic} | methods(found, Task.RESOLUTION, scale), psnr, *judges)


def denoising(clean: list[Tensor], found: Experts, judges: Judges) -> None:
    pairs = [(gaussian_noise(x, SIGMA, k), x) for k, x in enumerate(clean)]
    compare(f"noise σ{SIGMA:.0f}", pairs, {"input": lambda x: x} | methods(found, Task.NOISE), psnr, *judges)


def deblurring(clean: list[Tensor], found: Experts, judges: Judges) -> None:
    """Pictures, then kernels: half the L1 distance to the true one, beside a flat and an unmoved one."""
    shots = [shaken(x, torch.Generator().manual_seed(k)) for k, x in enumerate(clean)]
    kernels = {id(seen): kernel for seen, kernel in shots}
    told: Method = lambda seen: wiener(seen, kernels[id(seen)]) if id(seen) in kernels else seen  # noqa: E731
    classic = {"input": lambda x: x, "unsharp mask": unsharp, "Wiener, told the kernel": told}
    pairs = [(seen, x) for (seen, _), x in zip(shots, clean, strict=True)]
    compare("shaken", pairs, classic | methods(found, Task.BLUR), psnr, *judges)
    flat, unmoved = torch.full((1, KERNEL_PX, KERNEL_PX), 1.0 / KERNEL_PX**2), torch.zeros(1, KERNEL_PX, KERNEL_PX)
    unmoved[:, KERNEL_PX // 2, KERNEL_PX // 2] = 1.0
    guesses = {"flat": flat, "unmoved": unmoved}
    print()
    head("kernel", "light elsewhere")
    for name, guess in guesses.items():
        row(name, f"{mean([float(kernel_error(guess, kernel)) for _, kernel in shots]):.0%}")
    for name, expert in found.items():
        if isinstance(expert.network, Pyramid) and Task.BLUR in expert.tasks:
            with torch.inference_mode():
                told_kernels = [expert.network.restore(seen)[1][:, 0] for seen, _ in shots]
            errors = [float(kernel_error(a, kernel)) for a, (_, kernel) in zip(told_kernels, shots, strict=True)]
            row(name, f"{mean(errors):.0%}")


def unsharp(image: Tensor) -> Tensor:
    """Pillow's, radius 2, 150 %."""
    return to_tensor(np.asarray(Image.fromarray(to_pixels(image)).filter(ImageFilter.UnsharpMask())))


def wiener(image: Tensor, kernel: Tensor) -> Tensor:
    """Wiener (1949), told the kernel (1, K, K), one noise-to-signal ratio; the mean stays, borders are mirrored."""
    side = kernel.shape[-1]
    padded = torch.nn.functional.pad(image, (side,) * 4, mode="reflect")
    size = padded.shape[-2:]
    shifted = torch.zeros(1, *size)
    shifted[:, :side, :side] = kernel
    transfer = torch.fft.rfft2(shifted.roll((-(side // 2),) * 2, (1, 2)))[:, None]
    gain = transfer.conj() * (1.0 + NOISE_OVER_SIGNAL) / (transfer.abs().pow(2) + NOISE_OVER_SIGNAL)
    restored = torch.fft.irfft2(torch.fft.rfft2(padded) * gain, s=size)
    return restored[..., side:-side, side:-side].clamp(0.0, 1.0)


PARTS = {"enlarging": enlarging, "denoising": denoising, "deblurring": deblurring}


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the trainings: runs/NAME/weights")
    parser.add_argument("--metrics", type=Path, help="folder with lpips_squeeze.py and niqe_pris_params.npz")
    options = parser.parse_args(argv)
    found = load_experts(Path(options.models or BUNDLED), options.runs)
    if not found:
        raise SystemExit(f"no experts: train one, or name their folder with --runs (looked in {options.runs})")
    clean = tensors(options.data / "kodak", options.most, 8)
    judges = load_lpips(options.metrics), load_niqe(options.metrics)
    for part in options.part:
        head(*COMPARISON)
        PARTS[part](clean, found, judges)
        print()


if __name__ == "__main__":
    main()
