"""DeblurGAN (Kupyn et al. 2018) with the generator of DeblurGAN-v2 (Kupyn et al. 2019); it also tells the kernel.

python -m controllable train deblurgan --data DIR
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from controllable.color import quantize_8bit
from controllable.degradation.lens import convolve
from controllable.degradation.trajectory import shaken_kernels
from controllable.networks.expert import Expert
from controllable.networks.pyramid import KERNEL_PX, Pyramid
from controllable.task import Task
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Photographed
from controllable.training.recipes.settings import Settings, setting

SENSOR_NOISE = 2.0 / 255.0


@dataclass(frozen=True, kw_only=True)
class DeblurganSettings(Settings):
    """2018, section 3.1: a conditional critic in the Wasserstein game with gradient penalty and five steps of its own,
    and features. 2019, section 3.1: a feature pyramid.

    Deviations: the pixel loss stays (2019 has it too), and two steps of the critic, not five, for the sake of time.
    """

    scale: int = setting(1, "1: the picture keeps its size")
    backbone: str = setting("pyramid", "generator; 2019, section 3.1. Only this one tells the kernel")
    width: int = setting(24, "channels of the generator")
    blocks: int = setting(2, "blocks a level")
    adversarial: str = setting("wgan-gp", "the game; 2018, eq. 2 and 3")
    penalty: float = setting(10.0, "weight of the gradient penalty; 10 in Gulrajani et al. 2017")
    updates: int = setting(2, "steps of the discriminator for each of the generator; 5 there")
    kernel: float = setting(0.5, "weight of the kernel's error; ours")
    adversary: float = setting(0.001, "weight of the discriminator's judgement; with 0.005 faces come out carved")
    warmup: float = setting(0.75, "share of the steps before features and discriminator come in")
    rate: float = setting(8e-4, "of the generator; with 2e-4 three thousand steps are too few")
    batch: int = setting(8, "pictures a step, in each process; 1 there")
    patch_px: int = setting(128, "side of the clean crops; 256 there")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale != 1:
            raise ValueError(f"scale: this recipe deblurs and keeps the size, so 1, not {self.scale}")
        if self.kernel < 0.0:
            raise ValueError(f"kernel: {self.kernel} is negative")
        if self.kernel and self.backbone != "pyramid":
            raise ValueError(f"kernel: {self.backbone} tells no kernel; set --kernel 0, or take the pyramid")


def shaken(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A camera in an unsteady hand: blurred along a random path (2018, algorithm 1), slight noise, 8 bits."""
    kernels = shaken_kernels(len(clean), generator).to(clean.device)
    noise = torch.randn(clean.shape, generator=generator).to(clean.device)
    return quantize_8bit(convolve(clean, kernels) + SENSOR_NOISE * noise), kernels


class DeblurRecipe(PairedRecipe):
    """`PairedRecipe` whose generator also answers for the kernel."""

    settings: DeblurganSettings

    def answer(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, dict[str, Tensor]]:
        backbone = cast(Expert, network).network
        if not isinstance(backbone, Pyramid) or batch.kernel is None:
            return super().answer(network, batch)
        made, kernel = backbone.restore(batch.seen)
        return made.float(), {"kernel": kernel_error(kernel[:, 0], batch.kernel).mean()}

    def added(self, parts: Mapping[str, Tensor]) -> Tensor | float:
        return self.settings.kernel * parts["kernel"] if "kernel" in parts else 0.0

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """As the other recipes, and `kernel`: the mean error of the estimate, 1 where they do not overlap."""
        found = super().evaluate(network)
        _, parts = self.answer(network, self.development.to(self.device))
        return found | {name: float(value) for name, value in parts.items()}


def kernel_error(estimate: Tensor, true: Tensor) -> Tensor:
    """Half the L1 distance of kernels (B, 31, 31) of sum 1 → (B,), in [0, 1]: the share of light that lies elsewhere.

    The kernel a photo was taken with and the same shifted by a few pixels blur alike; both are centred on their mean.
    """
    assert estimate.shape[-1] == true.shape[-1] == KERNEL_PX
    return 0.5 * (estimate - true).abs().sum((1, 2))


def build(settings: DeblurganSettings, data: Path | None, **named: Any) -> DeblurRecipe:
    """named: seed, device and workers, as `PairedRecipe` takes them."""
    network = Expert(
        backbone=settings.backbone, scale=1, width=settings.width, blocks=settings.blocks, tasks=[Task.BLUR],
        title="DeblurGAN",
    )  # fmt: skip
    return DeblurRecipe(network, data, settings, shaken, conditional=True, **named)


SETTINGS = DeblurganSettings
"""What `python -m controllable train deblurgan` makes its arguments of."""
