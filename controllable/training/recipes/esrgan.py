"""ESRGAN (Wang et al., "ESRGAN: enhanced super-resolution generative adversarial networks", 2018).

python -m controllable train esrgan --data DIR [--scale 2|4|8]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controllable.training.recipes import srgan
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.settings import setting
from controllable.training.recipes.srgan import SrganSettings


@dataclass(frozen=True, kw_only=True)
class EsrganSettings(SrganSettings):
    """Section 4.1: crops of 128 px; section 3: dense blocks without normalisation, a relativistic average
    discriminator, features before activation, L1.

    Deviations: 3 blocks of width 32 (23 of 64 there) and batches of 8 (16), so that two CPU cores train it; weights
    for features of length 1 (eq. 3: 0.01 for pixels, 1 for features, 0.005 for the discriminator).
    """

    backbone: str = setting("rrdb", "generator; section 3.1, fig. 4")
    blocks: int = setting(3, "blocks of the generator; 23 there")
    adversarial: str = setting("relativistic", "the game; section 3.2, eq. 1 and 2")
    batch: int = setting(8, "pictures a step, in each process; 16 there")
    patch_px: int = setting(128, "side of the clean crops")


def build(settings: EsrganSettings, data: Path | None, **named: Any) -> PairedRecipe:
    """As `srgan.build`: the papers differ in their settings alone."""
    return srgan.build(settings, data, title="ESRGAN", **named)


SETTINGS = EsrganSettings
"""What `python -m controllable train esrgan` makes its arguments of."""
