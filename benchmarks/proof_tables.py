"""The tables of `benchmarks.proofs`: each recipe's experts beside what one would do without, on Kodak."""

import fnmatch
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import variation
from benchmarks.flaws import gaussian_noise
from benchmarks.images import COMPARISON, Method, head, mean, psnr, row
from benchmarks.training_cost import measured_apart
from benchmarks.workshop import Experts, Judges, answer, deblurring, denoising, enlarging, methods
from controllable.color import quantize_8bit
from controllable.networks.expert import Expert
from controllable.task import Task

SPEED_RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the tables are made of.

    clean: pictures, (1, 3, H, W) each, RGB, [0, 1]; found: trained experts by name; threads, speed_px: of timings, the
    latter a picture's side; steps: of each timed training; plot: where to draw what total variation does.
    """

    clean: list[Tensor]
    found: Experts
    judges: Judges = (None, None)
    threads: int = 2
    speed_px: int = 1024
    steps: int = 12
    plot: Path | None = None


Table = Callable[[Given, Experts], None]
"""What prints one, of the experts that are to be in it."""


def compared(table: Callable[[list[Tensor], Experts, Judges], None]) -> Table:
    """One of `benchmarks.workshop`'s."""

    def print_it(given: Given, found: Experts) -> None:
        head(*COMPARISON)
        table(given.clean, found, given.judges)

    return print_it


def total_variation(given: Given, found: Experts) -> None:
    denoisers: dict[str, Method] = {"input": lambda x: x} | methods(found, Task.NOISE)
    variation.table(given.clean, denoisers, given.plot)


def backbones(given: Given, found: Experts) -> None:
    head("backbone", "width × blocks", "parameters", f"ms / MP, {given.threads} threads, fp32", "PSNR dB")
    for expert in found.values():
        count = sum(parameter.numel() for parameter in expert.parameters())
        speed = milliseconds_a_megapixel(expert, given.speed_px, given.threads)
        size = f"{expert.width} × {expert.blocks}"
        row(expert.backbone, size, f"{count:,}", f"{speed:.0f}", f"{denoised_psnr(given.clean, expert):.2f}")


def precisions(given: Given, found: Experts) -> None:
    """Time and memory are measured anew: while the others trained, the machine may have had other work."""
    head("precision", f"s / step, {given.threads} threads", "peak MB", "PSNR dB")
    for name, expert in found.items():
        chosen = name.removeprefix("precision-")
        cost = measured_apart(chosen, given.steps, given.threads)
        decibels = denoised_psnr(given.clean, expert)
        row(chosen, f"{cost['seconds']:.3f}", f"{cost['peak_mb']:.0f}", f"{decibels:.2f}")


TABLES: dict[str, tuple[tuple[str, ...], Table]] = {
    "ESRGAN beside the same network on pixels alone": (("esrgan-pixels", "esrgan"), compared(enlarging)),
    "SRGAN beside the same network on pixels alone, and with the project's own features": (
        ("srgan-pixels", "srgan", "srgan-own", "srgan-8"), compared(enlarging)
    ),
    "CycleGAN, unpaired, beside the same network with pairs": (("cyclegan", "denoise"), compared(denoising)),
    "DeblurGAN": (("deblurgan",), compared(deblurring)),
    "Total variation, from weight 0 on": (("denoise-resnet", "variation-*"), total_variation),
    "Backbones": (("denoise-*",), backbones),
    "Precision": (("precision-*",), precisions),
}  # fmt: skip
"""Title → names of the proofs in it, in this order, and what prints it."""


def print_tables(given: Given) -> None:
    """Those of which there is an expert."""
    for title, (names, table) in TABLES.items():
        found = {name: given.found[name] for pattern in names for name in fnmatch.filter(given.found, pattern)}
        if found:
            print(f"\n### {title}\n")
            table(given, found)


def denoised_psnr(clean: list[Tensor], expert: Expert) -> float:
    """Mean over the pictures, noise as in `denoising`, rounded to 8 bits."""
    shots = [gaussian_noise(x, variation.SIGMA, k) for k, x in enumerate(clean)]
    return mean([psnr(quantize_8bit(answer(expert, shot)), x) for shot, x in zip(shots, clean, strict=True)])


def milliseconds_a_megapixel(expert: Expert, side_px: int, threads: int) -> float:
    """Median of five runs after one that does not count, of a picture that comes out `side_px` square."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    image = torch.rand(1, 3, side_px // expert.scale, side_px // expert.scale)
    seconds = []
    for _ in range(1 + SPEED_RUNS):
        begun = time.perf_counter()
        answer(expert, image)
        seconds.append(time.perf_counter() - begun)
    torch.set_num_threads(before)
    return 1e3 * statistics.median(seconds[1:]) / (side_px**2 / 1e6)
