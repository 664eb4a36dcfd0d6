"""SRGAN (Ledig et al., "Photo-realistic single image super-resolution using a GAN", 2017).

python -m controllable train srgan --data DIR [--scale 2|4|8]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.image.resize import resize
from controllable.networks.expert import Expert
from controllable.task import Task
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Camera
from controllable.training.recipes.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class SrganSettings(Settings):
    """Section 3.2: crops of 96 px, batches of 16, a discriminator after a start on pixels.

    Deviations: half the width (64 there) and half the blocks (16), so that two CPU cores train it; the pixel loss stays
    beside the features, whose length is 1 here and which then say little of colour.
    """

    backbone: str = setting("resnet", "generator; SRResNet, fig. 4")
    adversarial: str = setting("vanilla", "the game; eq. 6")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale == 1:
            raise ValueError("scale: 1 enlarges nothing; this recipe is for 2, 4 and 8")


def reduced(scale: int) -> Camera:
    """Bicubic reduction with antialiasing, rounded to 8 bits (section 3.2 there; "classic" super-resolution)."""

    def photograph(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
        height, width = clean.shape[-2:]
        return quantize_8bit(resize(clean, (height // scale, width // scale))), None

    return photograph


def build(settings: Settings, data: Path | None, *, title: str = "SRGAN", **named: Any) -> PairedRecipe:
    """named: seed, device and workers, as `PairedRecipe` takes them."""
    network = Expert(
        backbone=settings.backbone, scale=settings.scale, width=settings.width, blocks=settings.blocks,
        tasks=[Task.RESOLUTION], title=f"{title} ×{settings.scale}",
    )  # fmt: skip
    return PairedRecipe(network, data, settings, reduced(settings.scale), **named)


SETTINGS = SrganSettings
"""What `python -m controllable train srgan` makes its arguments of."""
