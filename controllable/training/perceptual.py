"""Recipe: the generator's second weight set, for looks. `python -m controllable train perceptual --data DIR --start …`.

ESRGAN's fine-tuning (Wang et al. 2018, eq. 3) on counterfactual pairs: perceptual features, a relativistic average
discriminator and a pixel loss. The targets it takes for real are the counterfactual ones, so what is not named stays.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from controllable.networks.discriminator import UNetDiscriminator, relativistic_average
from controllable.networks.generator import Generator
from controllable.task import Task
from controllable.training.counterfactual import Pair, PairSettings
from controllable.training.features import Features, load_features
from controllable.training.fit import FitSettings, fit
from controllable.training.generator import GeneratorRecipe, charbonnier
from controllable.training.muon import optimizers

_WEIGHTS: Mapping[Task, float] = {
    Task.NOISE: 1.2, Task.BLUR: 2.0, Task.COMPRESSION: 1.6, Task.RESOLUTION: 3.5, Task.LOW_LIGHT: 0.2,
    Task.HAZE: 0.2, Task.COLOR: 0.2, Task.DETAIL: 1.2,
}  # fmt: skip
"""Mostly flaws that take texture away."""
SHIFT_PX = 8
"""The features see crops shifted by up to this: on one fixed grid, their strides reward a pattern of that period."""


@dataclass(frozen=True, kw_only=True)
class PerceptualSettings:
    """Weights of the three losses; rate of the discriminator.

    ESRGAN weighs pixels 0.01 and the adversary 0.005 against features of length far above 1; these features have
    length 1, so the same balance of gradients needs other numbers.
    """

    pixel: float = 1.0
    features: float = 0.15
    adversary: float = 0.008
    rate: float = 2e-4

    def __post_init__(self) -> None:
        if min(self.pixel, self.features, self.adversary) < 0 or self.rate <= 0:
            raise ValueError("pixel, features, adversary: at least 0; rate: above 0")


class PerceptualRecipe(GeneratorRecipe):
    """`GeneratorRecipe` with the losses of `PerceptualSettings`; the discriminator takes a step whenever `loss` is asked."""

    def __init__(
        self,
        network: Generator,
        data: Path,
        features: Features,
        *,
        settings: PerceptualSettings,
        pairs: PairSettings,
        seed: int,
        device: str,
    ) -> None:
        super().__init__(network, data, pairs=pairs, seed=seed, device=device)
        self.settings = settings
        self.features = features.to(device)
        self.discriminator = UNetDiscriminator().to(device, memory_format=torch.channels_last)
        self.steppers = optimizers(self.discriminator, settings.rate)

    def state(self) -> dict[str, Any]:
        return {
            "discriminator": self.discriminator.state_dict(),
            "optimizers": [stepper.state_dict() for stepper in self.steppers],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.discriminator.load_state_dict(state["discriminator"])
        for stepper, saved in zip(self.steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)

    def loss(self, network: nn.Module, batch: Pair) -> tuple[Tensor, dict[str, float]]:
        with torch.autocast(self.device, torch.bfloat16):
            output = network(batch.image, batch.strengths, batch.thumbnail, batch.spectrum)
        judged = self._train_discriminator(output.detach().float(), batch.target)
        with torch.autocast(self.device, torch.bfloat16):
            self.discriminator.requires_grad_(False)
            adversary = relativistic_average(
                self.discriminator(output).float(), self.discriminator(batch.target).float()
            )
            self.discriminator.requires_grad_(True)
        pixel = charbonnier(output, batch.target)
        top, left = torch.randint(SHIFT_PX, (2,)).tolist()
        seen = self.features(output[..., top:, left:], batch.target[..., top:, left:]).mean()
        loss = self.settings.pixel * pixel + self.settings.features * seen + self.settings.adversary * adversary
        figures = {"loss": loss, "pixel": pixel, "features": seen, "adversary": adversary, "discriminator": judged}
        return loss, {name: value.item() for name, value in figures.items()}

    def _train_discriminator(self, made: Tensor, real: Tensor) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            judged = relativistic_average(self.discriminator(real).float(), self.discriminator(made).float())
        self.discriminator.zero_grad(set_to_none=True)
        judged.backward()
        for stepper in self.steppers:
            stepper.step()
        return judged.detach()

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Gains in dB as for the fidelity set; mean perceptual distance on the same photos; score: minus that."""
        gains = super().evaluate(network)
        distances = []
        for name in ("blur", "resolution", "detail", "compression", "noise"):
            output, clean = self.restored(network, name)
            distances.append(float(self.features(output.clamp(0, 1), clean).mean()))
        return gains | {"distance": sum(distances) / len(distances), "score": -sum(distances) / len(distances)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--start", type=Path, required=True, help="folder of the fidelity set")
    parser.add_argument(
        "--features", default="own", help="own[:FOLDER], squeezenet[:FILE], vgg19[:FILE], resnet50[:FILE]"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/perceptual"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--pixel", type=float, default=PerceptualSettings.pixel)
    parser.add_argument("--perceptual", type=float, default=PerceptualSettings.features)
    parser.add_argument("--adversary", type=float, default=PerceptualSettings.adversary)
    parser.add_argument("--every", type=int, default=250, help="steps between evaluations and checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    network = Generator.from_pretrained(arguments.start).float()
    for part in (network.physics, network.wiener):
        part.requires_grad_(False)
    recipe = PerceptualRecipe(
        network,
        arguments.data,
        load_features(arguments.features),
        settings=PerceptualSettings(
            pixel=arguments.pixel, features=arguments.perceptual, adversary=arguments.adversary
        ),
        pairs=PairSettings(batch=arguments.batch, weights=_WEIGHTS, flaws=(0.6, 0.2, 0.2)),
        seed=arguments.seed,
        device=arguments.device,
    )
    settings = FitSettings(steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=arguments.every)
    best = fit(recipe, settings, arguments.out)
    weights = arguments.out / "perceptual.safetensors"
    save_file({name: value.half().contiguous() for name, value in best.state_dict().items()}, weights)
    return {"weights": str(weights)}
