"""Recipe: the generator from counterfactual pairs. `python -m controllable train generator --data DIR`."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader

from controllable.degradation import POINTWISE, Chain
from controllable.networks.generator import Generator, make_thumbnail
from controllable.networks.wiener import power_spectrum
from controllable.task import TASKS, Task
from controllable.training.counterfactual import Pair, Pairs, PairSettings
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos, center_crop

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


def charbonnier(output: Tensor, target: Tensor, epsilon: float = 0.01) -> Tensor:
    """Mean of sqrt(e² + ε²) (Charbonnier et al., 1994).

    ε = 0.01 makes it quadratic below 2.5/255: what is already close pulls weakly. Losses relative to the error, such
    as log-MSE, pull hardest there; the network then learns to change nothing (docs/experiments.md, generator-2).
    """
    return torch.sqrt((output.float() - target.float()).pow(2) + epsilon * epsilon).mean()


class GeneratorRecipe:
    def __init__(self, network: Generator, data: Path, *, pairs: PairSettings, seed: int, device: str) -> None:
        self.network = network.to(device, memory_format=torch.channels_last)
        self.device, self.pairs, self.seed = device, pairs, seed
        self.photos = Photos(data, device=device)
        self.development = _development_set(Photos(data, development=True, smallest_px=256), seed)

    def batches(self, start: int) -> Iterator[Pair]:
        stream = Pairs(self.photos, self.pairs, seed=self.seed, start=start)
        if self.device != "cpu":
            return iter(stream)
        return iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4))

    def loss(self, network: nn.Module, batch: Pair) -> tuple[Tensor, dict[str, float]]:
        with torch.autocast(self.device, torch.bfloat16):
            output = network(batch.image, batch.strengths, batch.thumbnail, batch.spectrum)
        loss = charbonnier(output, batch.target)
        return loss, {"loss": loss.item()}

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
        clean, degraded, thumbnails, spectra = self.development[name]
        strengths = torch.zeros(len(clean), len(TASKS), device=self.device)
        strengths[:, TASKS.index(Task(name))] = 1.0
        with torch.autocast(self.device, torch.bfloat16):
            output = network(degraded.to(self.device), strengths, thumbnails.to(self.device), spectra.to(self.device))
        return output.float().cpu(), clean


def _development_set(photos: Photos, seed: int) -> dict[str, tuple[Tensor, Tensor, Tensor, Tensor]]:
    chosen = photos.images[:16]
    whole = [center_crop(image, 512)[None].float() / 255.0 for image in chosen]
    chain = Chain()
    out = {}
    for name, flaws in DEVELOPMENT_FLAWS.items():
        usual = torch.tensor([[flaws.get(task, 0.0) for task in TASKS]])
        generator = torch.Generator().manual_seed(seed)
        clean, degraded, thumbnails, spectra = [], [], [], []
        for k, image in enumerate(whole):
            varied = Task(name) in POINTWISE
            severity = usual * (1.3 if k % 2 else 0.7) if varied else usual
            result = chain.apply(image, chain.sample(1, generator, severity))
            clean.append(center_crop(image, 192))
            degraded.append(center_crop(result, 192))
            thumbnails.append(make_thumbnail(result))
            spectra.append(power_spectrum(result))
        out[name] = (torch.cat(clean), torch.cat(degraded), torch.cat(thumbnails), torch.cat(spectra))
    return out


def _psnr(a: Tensor, b: Tensor) -> Tensor:
    return -10.0 * torch.log10((a - b).pow(2).mean((1, 2, 3)).clamp_min(1e-10))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--out", type=Path, default=Path("runs/generator"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=14)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--every", type=int, default=500, help="steps between evaluations and checkpoints")
    parser.add_argument("--start", type=Path, help="folder of a generator to continue from")
    parser.add_argument("--physics", type=Path, help="safetensors of the physics recipe, kept as they are")
    parser.add_argument("--wiener", type=Path, help="safetensors of the wiener recipe, kept as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    network = Generator.from_pretrained(arguments.start) if arguments.start else Generator()
    if arguments.physics:
        network.physics.load_state_dict(load_file(arguments.physics))
    if arguments.wiener:
        network.wiener.load_state_dict(load_file(arguments.wiener))
    network.physics.requires_grad_(False)
    network.wiener.requires_grad_(False)
    pairs = PairSettings(batch=arguments.batch)
    recipe = GeneratorRecipe(network, arguments.data, pairs=pairs, seed=arguments.seed, device=arguments.device)
    settings = FitSettings(steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=arguments.every)
    best = fit(recipe, settings, arguments.out)
    assert isinstance(best, Generator)
    best.half().save_pretrained(arguments.out / "weights")
    return {"weights": str(arguments.out / "weights")}
