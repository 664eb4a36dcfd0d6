"""Recipe: the generator from counterfactual pairs. `python -m controllable train generator --data DIR`."""

import argparse
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader

from controllable.degradation import POINTWISE, Chain
from controllable.networks.generator import Generator, make_thumbnail
from controllable.networks.motion import find_shake
from controllable.networks.wiener import power_spectrum
from controllable.task import TASKS, Task
from controllable.training.counterfactual import Pair, PairSettings
from controllable.training.enlarged import EnlargedPair, MixedPairs, first_pass
from controllable.training.fit import Compile, FitSettings, Precision, fit
from controllable.training.photos import Photos, center_crop
from controllable.training.processes import join

DEVELOPMENT_FLAWS: dict[str, dict[Task, float]] = {
    "noise": {Task.NOISE: 0.5},
    "blur": {Task.BLUR: 0.4},
    "compression": {Task.COMPRESSION: 1.0},
    "resolution": {Task.RESOLUTION: 2 / 3},
    "low_light": {Task.LOW_LIGHT: 0.5},
    "haze": {Task.HAZE: 0.625},
    "color": {Task.COLOR: 0.5},
    "detail": {Task.DETAIL: 0.7},
}

EPSILON = 0.005


def charbonnier(output: Tensor, target: Tensor, epsilon: float = 0.01, weights: Tensor | None = None) -> Tensor:
    """Mean of sqrt(e² + ε²) (Charbonnier et al., 1994), pictures weighted by `weights` (B,), if there are any.

    ε makes it quadratic for small errors: what is already close pulls weakly. Losses relative to the error, such as
    log-MSE, pull hardest there; the network then learns to change nothing (docs/experiments.md, generator-2).
    """
    error = torch.sqrt((output.float() - target.float()).pow(2) + epsilon * epsilon)
    return error.mean() if weights is None else (error.mean((1, 2, 3)) * weights).mean()


def faint_counts_more(pair: Pair) -> Tensor:
    """Weights (B,) of mean 1, in proportion to 1/(d + 0.03), d being the root mean square of what is asked for; at most
    0.05, so that light, haze and colour, which the physics undoes before the U-net, and strong noise keep their part.

    Left alone, a gradient is mostly strong noise and strong enlargements; a reduction to a half, JPEG of quality 40 and
    a slight blur, each of about d = 0.025, hardly move the weights (docs/experiments.md, generator-10).
    """
    asked = (pair.degraded - pair.target).pow(2).mean((1, 2, 3)).sqrt().clamp_max(0.05)
    weights = 1.0 / (asked + 0.03)
    return weights / weights.mean()


class GeneratorRecipe:
    """Counterfactual pairs, the Charbonnier loss, gains on development photos.

    resident: photos stay on the device and are cropped and degraded there, in the form that accelerators run
    (`Degradation`); otherwise `workers` processes do it on the CPU. None: resident wherever the device is not the CPU.
    enlarged: share of the batches that are small photos, enlarged (`EnlargedPair`).
    """

    def __init__(
        self,
        network: Generator,
        data: Path,
        *,
        pairs: PairSettings,
        seed: int,
        device: str,
        resident: bool | None = None,
        workers: int = 1,
        enlarged: float = 0.0,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers: must be at least 1, not {workers}")
        if not 0.0 <= enlarged <= 1.0:
            raise ValueError(f"enlarged: {enlarged} is outside [0, 1]")
        self.enlarged = enlarged
        self.network = network.to(device, memory_format=torch.channels_last)
        self.device, self.pairs, self.seed, self.workers = device, pairs, seed, workers
        self.data, self.resident = data, device != "cpu" if resident is None else resident
        self.photos = Photos(data, device=device if self.resident else "cpu", batched=self.resident)

    @cached_property
    def development(self) -> dict[str, tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
        return _development_set(Photos(self.data, development=True, smallest_px=256), self.seed)

    def batches(self, start: int) -> Iterator[Pair | EnlargedPair]:
        chain = Chain(codec="torch", batched=True) if self.resident else Chain()
        stream = MixedPairs(self.photos, self.pairs, seed=self.seed, start=start, chain=chain, share=self.enlarged)
        if self.resident:
            return iter(stream)
        pinned = self.device != "cpu"
        loader = DataLoader(stream, batch_size=None, num_workers=self.workers, prefetch_factor=4, pin_memory=pinned)
        return (pair.to(self.device) for pair in loader)

    def loss(self, network: nn.Module, batch: Pair | EnlargedPair) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        pair = first_pass(network, batch)
        loss = charbonnier(pair.answer(network), pair.target, EPSILON, faint_counts_more(pair))
        return loss, {"loss": loss}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Mean PSNR gain in dB per task on degraded development photos; score: their mean, each capped at 10 dB."""
        gains: dict[str, float] = {}
        for name in self.development:
            output, clean = self.restored(network, name)
            degraded = self.development[name][1]
            gains[name] = float((_psnr(output.clamp(0, 1), clean) - _psnr(degraded, clean)).mean())
        return {"score": sum(min(gain, 10.0) for gain in gains.values()) / len(gains)} | gains

    def restored(self, network: nn.Module, name: str) -> tuple[Tensor, Tensor]:
        """The network's answer to a development flaw, asked for in full, and the clean photos; (16, 3, 192, 192)."""
        clean, *seen = self.development[name]
        degraded, thumbnails, spectra, shakes = (part.to(self.device) for part in seen)
        strengths = torch.zeros(len(clean), len(TASKS), device=self.device)
        strengths[:, TASKS.index(Task(name))] = 1.0
        output = network(degraded, strengths, thumbnails, spectra, shakes)
        return output.float().cpu(), clean


def _development_set(photos: Photos, seed: int) -> dict[str, tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
    """Flaw → clean and degraded middles of 16 photos, and thumbnail, spectrum and shake of the whole degraded ones."""
    chosen = photos.images[:16]
    whole = [center_crop(image, 512)[None].float() / 255.0 for image in chosen]
    chain = Chain()
    out = {}
    for name, flaws in DEVELOPMENT_FLAWS.items():
        usual = torch.tensor([[flaws.get(task, 0.0) for task in TASKS]])
        generator = torch.Generator().manual_seed(seed)
        clean, degraded, thumbnails, spectra, shakes = [], [], [], [], []
        for k, image in enumerate(whole):
            varied = Task(name) in POINTWISE
            severity = usual * (1.3 if k % 2 else 0.7) if varied else usual
            result = chain.apply(image, chain.sample(1, generator, severity))
            clean.append(center_crop(image, 192))
            degraded.append(center_crop(result, 192))
            thumbnails.append(make_thumbnail(result))
            spectra.append(power_spectrum(result))
            shakes.append(find_shake(result) if severity[0, TASKS.index(Task.BLUR)] > 0 else torch.zeros(1, 4))
        out[name] = tuple(map(torch.cat, (clean, degraded, thumbnails, spectra, shakes)))
    return out


def _psnr(a: Tensor, b: Tensor) -> Tensor:
    return -10.0 * torch.log10((a - b).pow(2).mean((1, 2, 3)).clamp_min(1e-10))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--out", type=Path, default=Path("runs/generator"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=14, help="pairs a step, in each process")
    parser.add_argument("--patch", type=int, default=96, help="side of the pairs in px")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--every", type=int, default=500, help="steps between evaluations and checkpoints")
    parser.add_argument("--enlarged", type=float, default=0.0, help="share of the batches that are enlarged photos")
    parser.add_argument("--start", type=Path, help="folder of a generator to continue from")
    parser.add_argument("--physics", type=Path, help="safetensors of the physics recipe, kept as they are")
    parser.add_argument("--wiener", type=Path, help="safetensors of the wiener recipe, kept as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cuda", "cpu"))
    parser.add_argument(
        "--resident",
        action=argparse.BooleanOptionalAction,
        help="keep and degrade photos on the device; default on GPUs",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that degrade photos where none are resident")
    parser.add_argument("--precision", default="auto", choices=get_args(Precision))
    parser.add_argument(
        "--compile",
        nargs="?",
        default="off",
        const="default",
        choices=get_args(Compile),
        help="torch.compile, its mode",
    )


def load_network(arguments: argparse.Namespace) -> Generator:
    """The generator to begin with; what other recipes train of it, physics and the linear filter, stays as it is."""
    network = Generator.from_pretrained(arguments.start) if arguments.start else Generator()
    if arguments.physics:
        network.physics.load_state_dict(load_file(arguments.physics))
    if arguments.wiener:
        network.wiener.load_state_dict(load_file(arguments.wiener))
    network.physics.requires_grad_(False)
    network.wiener.requires_grad_(False)
    return network


def fit_settings(arguments: argparse.Namespace) -> FitSettings:
    return FitSettings(
        steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=arguments.every,
        precision=arguments.precision, compile=arguments.compile, batch=arguments.batch,
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    process = join(arguments.device)
    torch.manual_seed(arguments.seed)
    recipe = GeneratorRecipe(
        load_network(arguments), arguments.data, pairs=PairSettings(batch=arguments.batch, patch_px=arguments.patch),
        seed=arguments.seed, device=arguments.device, resident=arguments.resident, workers=arguments.workers,
        enlarged=arguments.enlarged,
    )  # fmt: skip
    best = fit(recipe, fit_settings(arguments), arguments.out)
    assert isinstance(best, Generator)
    if process.is_main_process:
        best.half().save_pretrained(arguments.out / "weights")
    return {"weights": str(arguments.out / "weights")}
