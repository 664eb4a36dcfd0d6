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
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from controllable.degradation import POINTWISE
from controllable.generation.restorer import PERCEPTUAL
from controllable.networks import discriminator
from controllable.networks.discriminator import UNetDiscriminator
from controllable.networks.generator import MULTIPLE_PX, Generator
from controllable.task import TASKS, Task
from controllable.training import generator
from controllable.training.adversary import Adversary
from controllable.training.counterfactual import Pair, PairSettings
from controllable.training.enlarged import EnlargedPair, first_pass
from controllable.training.features import Features, load_features
from controllable.training.fit import fit
from controllable.training.generator import GeneratorRecipe, charbonnier, fit_settings, load_network
from controllable.training.losses.adversarial import Adversarial
from controllable.training.muon import optimizers
from controllable.training.processes import join

_WEIGHTS: Mapping[Task, float] = {
    Task.NOISE: 1.2, Task.BLUR: 2.0, Task.COMPRESSION: 1.6, Task.RESOLUTION: 3.5, Task.LOW_LIGHT: 0.2,
    Task.HAZE: 0.2, Task.COLOR: 0.2, Task.DETAIL: 1.2,
}  # fmt: skip
"""Mostly flaws that take texture away."""
_TEXTURE = torch.tensor([float(task not in POINTWISE) for task in TASKS])
"""1 for the tasks that may invent texture; light, haze and colour stay faithful."""
SMALLEST_PX = 64
"""Smallest crops the losses can look at."""
SHIFT_PX = 8
"""The features see crops shifted by up to this: on one fixed grid, their strides reward a pattern of that period."""


@dataclass(frozen=True, kw_only=True)
class PerceptualSettings:
    """Weights of the four losses; rate of the discriminator.

    ESRGAN weighs pixels 0.01 and the adversary 0.005 against features of length far above 1; these features have
    length 1, so the same balance of gradients needs other numbers.
    """

    pixel: float = 1.0
    features: float = 0.15
    adversary: float = 0.008
    grid: float = 2.0
    rate: float = 2e-4

    def __post_init__(self) -> None:
        if min(self.pixel, self.features, self.adversary, self.grid) < 0 or self.rate <= 0:
            raise ValueError("pixel, features, adversary, grid: at least 0; rate: above 0")


def grid_pattern(error: Tensor) -> Tensor:
    """Mean amplitude of what repeats every 8 px, the generator's coarsest grid, in an error (B, 3, H, W), H, W ≥ 48.

    Features and discriminator are content with any faint texture on smooth places, and dots on that grid are the
    cheapest; averaged over 6×6 of its cells, true errors vanish and such dots remain.
    """
    cells = F.avg_pool2d(F.pixel_unshuffle(error, MULTIPLE_PX), 6).unflatten(1, (3, MULTIPLE_PX**2))
    return (cells - cells.mean(2, keepdim=True)).abs().mean()


class PerceptualRecipe(GeneratorRecipe):
    """`GeneratorRecipe` with the losses of `PerceptualSettings`; the discriminator takes a step whenever `loss` is
    asked. features: one or several, averaged; named: as `GeneratorRecipe` takes them."""

    def __init__(
        self,
        network: Generator,
        data: Path,
        features: list[Features],
        *,
        settings: PerceptualSettings,
        pairs: PairSettings,
        **named: Any,
    ) -> None:
        if pairs.patch_px % discriminator.MULTIPLE_PX or pairs.patch_px < SMALLEST_PX:
            multiple = discriminator.MULTIPLE_PX
            raise ValueError(f"patch_px: {pairs.patch_px} is no multiple of {multiple}, at least {SMALLEST_PX}")
        super().__init__(network, data, pairs=pairs, **named)
        self.settings = settings
        self.features = nn.ModuleList(features).to(self.device)
        self.discriminator = UNetDiscriminator().to(self.device, memory_format=torch.channels_last)
        self.steppers = optimizers(self.discriminator, settings.rate)
        self.adversary = Adversary(self.discriminator, self.steppers, loss=Adversarial.RELATIVISTIC)

    def state(self) -> dict[str, Any]:
        return self.adversary.state()

    def load_state(self, state: dict[str, Any]) -> None:
        self.adversary.load_state(state)

    def loss(self, network: nn.Module, batch: Pair | EnlargedPair) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        pair = first_pass(network, batch)
        output = pair.answer(network).float()
        pixel, grid = charbonnier(output, pair.target), grid_pattern(output - pair.target)
        loss = self.settings.pixel * pixel + self.settings.grid * grid
        figures: dict[str, Tensor | float] = {"pixel": pixel, "grid": grid}
        rows = torch.nonzero((pair.strengths * _TEXTURE.to(pair.strengths)).any(1)).flatten()
        made, real, degraded = output[rows], pair.target[rows], pair.degraded[rows]
        figures["discriminator"] = self.adversary.train(real, made, degraded)
        if len(rows):
            seen, adversary = self.distance(made, real).mean(), self.adversary.judge(real, made, degraded)
            generative = self.settings.features * seen + self.settings.adversary * adversary
            loss = loss + generative * (len(rows) / len(output))
            figures |= {"features": seen, "adversary": adversary}
        return loss, {"loss": loss} | figures

    def distance(self, output: Tensor, target: Tensor) -> Tensor:
        """Perceptual distance, (B,), in full precision, on a grid that lies elsewhere every time."""
        top, left = torch.randint(SHIFT_PX, (2,)).tolist()
        output, target = output[..., top:, left:], target[..., top:, left:]
        with torch.autocast(self.device, enabled=False):
            return torch.stack([features(output, target) for features in self.features]).mean(0)

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Gains in dB as for the fidelity set; on the same photos the mean perceptual distance and the pattern of the
        generator's own grid; score: minus the distance and thrice the pattern."""
        gains = super().evaluate(network)
        distance, grid = [], []
        for name in ("blur", "resolution", "detail", "compression", "noise"):
            output, clean = self.restored(network, name)
            output, clean = output.clamp(0, 1).to(self.device), clean.to(self.device)
            with torch.autocast(self.device, enabled=False):
                distance += [float(features(output, clean).mean()) for features in self.features]
            grid.append(float(grid_pattern(output - clean)))
        means = {"distance": sum(distance) / len(distance), "grid": sum(grid) / len(grid)}
        return gains | means | {"score": -means["distance"] - 3.0 * means["grid"]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    generator.add_arguments(parser)
    parser.set_defaults(out=Path("runs/perceptual"), steps=20_000, batch=10, rate=1.5e-4, every=250, enlarged=0.4)
    parser.add_argument(
        "--features", nargs="+", default=["own"], help="own[:FOLDER], squeezenet[:FILE], vgg19[:FILE], resnet50[:FILE]"
    )
    for name in ("pixel", "perceptual", "adversary", "grid"):
        default = getattr(PerceptualSettings, "features" if name == "perceptual" else name)
        parser.add_argument(f"--{name}", type=float, default=default, metavar="W", help=f"weight of the {name} loss")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.start is None:
        raise ValueError("start: name the folder of the fidelity set, --start models/generator")
    process = join(arguments.device)
    torch.manual_seed(arguments.seed)
    recipe = PerceptualRecipe(
        load_network(arguments), arguments.data, [load_features(name) for name in arguments.features],
        settings=PerceptualSettings(
            pixel=arguments.pixel, features=arguments.perceptual, adversary=arguments.adversary, grid=arguments.grid
        ),
        pairs=PairSettings(batch=arguments.batch, patch_px=arguments.patch, weights=_WEIGHTS, flaws=(0.6, 0.2, 0.2)),
        seed=arguments.seed, device=arguments.device, resident=arguments.resident, workers=arguments.workers,
        enlarged=arguments.enlarged,
    )  # fmt: skip
    best = fit(recipe, fit_settings(arguments), arguments.out)
    weights = arguments.out / PERCEPTUAL
    if process.is_main_process:
        save_file({name: value.half().contiguous() for name, value in best.state_dict().items()}, weights)
    return {"weights": str(weights)}
