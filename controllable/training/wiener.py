"""Recipe: the generator's blind Wiener filter alone. `python -m controllable train wiener --data DIR`.

One filter for a whole picture is all this network decides, so it learns from spectra, in minutes, what the U-net would
need hours of crops for. The weights are what the generator's recipe builds on (`--wiener`).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from controllable.color import luma
from controllable.degradation import Chain
from controllable.networks.wiener import BlindWiener, apply_gain, power_spectrum
from controllable.task import TASKS, Task
from controllable.training.counterfactual import PairSettings, draw_severity, draw_strengths
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos, center_crop

_WEIGHTS = {
    Task.NOISE: 0.6, Task.BLUR: 2.5, Task.COMPRESSION: 0.8, Task.RESOLUTION: 1.6, Task.DETAIL: 1.0,
    Task.LOW_LIGHT: 0.1, Task.HAZE: 0.1, Task.COLOR: 0.1,
}  # fmt: skip
_MIXED = (Task.NOISE, Task.BLUR, Task.COMPRESSION, Task.RESOLUTION, Task.DETAIL)
"""The flaws that mix a pixel with its neighbours or add to it; a filter can do nothing about the others."""
_PATCH_PX = 176
_BORDER_PX = 24


@dataclass(frozen=True, kw_only=True)
class FilterPair:
    """image, target: luma (B, 1, P, P); spectrum: (B, 2, 64, 33); strengths: (B, 8)."""

    image: Tensor
    target: Tensor
    spectrum: Tensor
    strengths: Tensor


class _Pairs(IterableDataset[FilterPair]):
    def __init__(self, photos: Photos, settings: PairSettings, seed: int, patch_px: int) -> None:
        self.photos, self.settings, self.seed, self.patch_px = photos, settings, seed, patch_px

    def __iter__(self) -> Iterator[FilterPair]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            yield draw_pair(self.photos, self.settings, generator, self.patch_px)


def draw_pair(photos: Photos, settings: PairSettings, generator: torch.Generator, patch_px: int) -> FilterPair:
    """Patches wide enough to measure a spectrum on, with the target that lacks what is named."""
    crops = photos.sample(settings.batch, patch_px, generator)
    clean, window = crops.crops[:, 0], crops.windows[:, 0]
    severity, main = draw_severity(settings, generator)
    strengths = draw_strengths(settings, severity, main, generator)
    strengths = strengths * torch.tensor([float(task in _MIXED) for task in TASKS])
    chain = Chain()
    params = chain.sample(settings.batch, generator, severity)
    image = chain.apply(clean, params, window=window)
    target = chain.apply(clean, params.without(strengths), window=window)
    return FilterPair(
        image=luma(image), target=luma(target), spectrum=power_spectrum(image), strengths=strengths.to(image.device)
    )


class WienerRecipe:
    def __init__(self, data: Path, *, batch: int, seed: int, patch_px: int = _PATCH_PX) -> None:
        self.network: nn.Module = BlindWiener()
        self.settings = PairSettings(batch=batch, flaws=(0.6, 0.28, 0.12), weights=_WEIGHTS)
        self.seed, self.patch_px = seed, patch_px
        self.photos = Photos(data, smallest_px=patch_px)
        development = Photos(data, development=True, smallest_px=patch_px)
        development.images = [center_crop(image, 2 * patch_px) for image in development.images]
        generator = torch.Generator().manual_seed(seed)
        self.development = [draw_pair(development, self.settings, generator, patch_px) for _ in range(12)]

    def batches(self, start: int) -> Iterator[FilterPair]:
        stream = _Pairs(self.photos, self.settings, self.seed + 1_000_003 * start + 1, self.patch_px)
        return iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4))

    def loss(self, network: nn.Module, batch: FilterPair) -> tuple[Tensor, dict[str, float]]:
        """Mean over pictures of log(MSE + 1e-5): gains in dB count alike for faint and for strong flaws."""
        gain, _ = network(batch.spectrum, batch.strengths)
        error = batch.image + apply_gain(batch.image, gain) - batch.target
        inner = error[..., _BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX]
        loss = torch.log(inner.pow(2).mean((1, 2, 3)) + 1e-5).mean()
        return loss, {"loss": loss.item()}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Minus the loss on the development photos."""
        return {"score": -sum(self.loss(network, pair)[1]["loss"] for pair in self.development) / len(self.development)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--out", type=Path, default=Path("runs/wiener"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--start", type=Path, help="wiener.safetensors of an earlier run to continue from")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    recipe = WienerRecipe(arguments.data, batch=arguments.batch, seed=arguments.seed)
    if arguments.start:
        recipe.network.load_state_dict(load_file(arguments.start))
    settings = FitSettings(steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=250)
    best = fit(recipe, settings, arguments.out)
    weights = arguments.out / "wiener.safetensors"
    save_file({name: value.contiguous() for name, value in best.state_dict().items()}, weights)
    return {"weights": str(weights)}
