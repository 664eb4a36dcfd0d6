"""Denoising with pairs and pixels alone (as DnCNN, Zhang et al. 2017, does): what the other recipes are compared with.

python -m controllable train denoise --data DIR [--variation W]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controllable.networks.expert import Expert
from controllable.task import Task
from controllable.training.recipes.cyclegan import noisy
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Camera
from controllable.training.recipes.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class DenoiseSettings(Settings):
    """The generator and the crops of `cyclegan`, so that what pairs are worth can be read off."""

    scale: int = setting(1, "1: the picture keeps its size")
    blocks: int = setting(4, "blocks of the generator; of a unet, convolutions a level")
    perceptual: float = setting(0.0, "weight of the distance of features")
    adversary: float = setting(0.0, "weight of the discriminator's judgement; 0 trains without one")
    patch_px: int = setting(64, "side of the clean crops")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale != 1:
            raise ValueError(f"scale: this recipe denoises and keeps the size, so 1, not {self.scale}")


def build(settings: DenoiseSettings, data: Path | None, *, camera: Camera = noisy, **named: Any) -> PairedRecipe:
    """camera: what makes the photos worse. named: seed, device, workers and look, as `PairedRecipe` takes them."""
    network = Expert(
        backbone=settings.backbone, scale=1, width=settings.width, blocks=settings.blocks, tasks=[Task.NOISE],
        title="Denoiser",
    )  # fmt: skip
    return PairedRecipe(network, data, settings, camera, **named)


SETTINGS = DenoiseSettings
"""What `python -m controllable train denoise` makes its arguments of."""
