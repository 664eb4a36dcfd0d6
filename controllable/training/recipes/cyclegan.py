"""CycleGAN (Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks", 2017).

    python -m controllable train cyclegan --data CLEAN [--bad FOLDER]

Nobody has the clean version of a bad photo. From bad photos and from clean ones of other things, one generator learns
to restore, another to degrade; each undoes the other. Without --bad, half of the photos are made bad: a trial.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from controllable.color import quantize_8bit
from controllable.networks.expert import Expert
from controllable.task import Task
from controllable.training.losses.variation import total_variation
from controllable.training.photos import Photos
from controllable.training.processes import stream
from controllable.training.recipes.paired import DEVELOPMENT_PX, SHOWN, make_adversary, psnr
from controllable.training.recipes.pairs import development_pair
from controllable.training.recipes.settings import Settings, setting

NOISE_SIGMA = 25.0 / 255.0
ADAM_BETAS = (0.5, 0.999)
"""Of the critics, as the paper's code has it."""
SPARK = 0.1
"""Noise that the degrading generator is given to make its own of; without any, all of its noise would have to come from
the picture. Not in the paper."""


@dataclass(frozen=True, kw_only=True)
class CycleganSettings(Settings):
    """Section 4: least squares, cycle weight 10, rate 2e-4, a pool of 50; section 5.2: identity at half the weight.

    Deviations: batches of 4 crops of 64 px, not one picture of 256; spectral norm in the critics.
    """

    bad: str = setting("", "folder of bad photos; without one, half of --data with noise of σ = 25 of 255")
    scale: int = setting(1, "1: the picture keeps its size")
    backbone: str = setting("resnet", "both generators; section 4")
    width: int = setting(32, "channels of the generators; 64 there")
    blocks: int = setting(4, "blocks of the generators; 9 there")
    adversarial: str = setting("lsgan", "the game; section 4")
    spectral: bool = setting(True, "spectral norm in the discriminators; not in the paper")
    pixel: float = setting(10.0, "weight of the cycle; 10, section 4")
    identity: float = setting(0.5, "of a picture that is already right, as a share of the cycle's; section 5.2")
    perceptual: float = setting(0.0, "unused: there is nothing to compare with")
    adversary: float = setting(1.0, "weight of the discriminators' judgement")
    pool: int = setting(50, "earlier pictures the discriminators are shown again; section 4")
    warmup: float = setting(0.0, "unused: without the discriminators both generators would do nothing")
    batch: int = setting(4, "pictures a step, in each process")
    patch_px: int = setting(64, "side of the crops")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale != 1 or self.perceptual or self.warmup or not self.adversary:
            raise ValueError(
                "scale, perceptual, warmup, adversary: pictures without a partner keep their size, have no features to "
                "compare with, and need the discriminators from the start, so 1, 0, 0 and above 0"
            )
        if self.pool < 0 or self.identity < 0.0:
            raise ValueError("pool, identity: must be at least 0")


class Cycle(nn.Module):
    """restore: bad → clean, what is shipped; degrade: clean → bad, the same network, given a spark of noise."""

    def __init__(self, restore: Expert, degrade: Expert) -> None:
        super().__init__()
        self.restore, self.degrade = restore, degrade

    def forward(self, image: Tensor) -> Tensor:
        """Restore."""
        return self.restore(image)


class Pool:
    """What a critic is shown for made: half of the time a picture of earlier steps (Shrivastava et al. 2017)."""

    def __init__(self, size: int) -> None:
        self.size, self.kept = size, torch.empty(0)

    def swap(self, made: Tensor, generator: torch.Generator) -> Tensor:
        """(B, 3, H, W) → the same shape."""
        shown = made.detach().clone()
        for row in range(len(shown)):
            if len(self.kept) < self.size:
                self.kept = torch.cat((self.kept.to(shown), shown[row : row + 1]))
            elif self.size and float(torch.rand((), generator=generator)) < 0.5:
                old = int(torch.randint(self.size, (), generator=generator))
                shown[row], self.kept[old] = self.kept[old].clone(), shown[row].clone()
        return shown


@dataclass(frozen=True, kw_only=True)
class Unpaired:
    """bad, clean: (B, 3, P, P) of different photos; spark: (B, 3, P, P); step: the number of this batch."""

    bad: Tensor
    clean: Tensor
    spark: Tensor
    step: int


class CycleRecipe:
    """Two generators, two critics with pools. Evaluated on pairs that no training saw: noisy development photos."""

    def __init__(
        self, data: Path, settings: CycleganSettings, *, seed: int = 0, device: str = "cpu", workers: int = 1
    ) -> None:
        self.settings, self.seed, self.device, self.noisy = settings, seed, device, not settings.bad
        restore, degrade = (self._generator(title) for title in ("CycleGAN", "CycleGAN, reversed"))
        self.network: nn.Module = Cycle(restore, degrade).to(device, memory_format=torch.channels_last)
        self.clean = Photos(data, device=device, smallest_px=settings.patch_px)
        self.bad = Photos(Path(settings.bad or data), device=device, smallest_px=settings.patch_px)
        if self.noisy:
            self.clean.keep_every(2, 0)
            self.bad.keep_every(2, 1)
        self.development = development_pair(data, noisy, DEVELOPMENT_PX, seed)
        self.adversaries = {
            name: make_adversary(settings, ADAM_BETAS, conditional=False, seed=seed, device=device)
            for name in ("clean", "bad")
        }
        self.pools = {name: Pool(settings.pool) for name in self.adversaries}

    def _generator(self, title: str) -> Expert:
        settings = self.settings
        return Expert(
            backbone=settings.backbone, scale=1, width=settings.width, blocks=settings.blocks,
            tasks=[Task.NOISE, Task.COMPRESSION] if not self.noisy else [Task.NOISE], title=title,
        )  # fmt: skip

    def shipped(self, network: nn.Module) -> Expert:
        return cast(Cycle, network).restore

    def state(self) -> dict[str, Any]:
        return {
            name: {"adversary": self.adversaries[name].state(), "pool": self.pools[name].kept}
            for name in self.adversaries
        }

    def load_state(self, state: dict[str, Any]) -> None:
        for name, saved in state.items():
            self.adversaries[name].load_state(saved["adversary"])
            self.pools[name].kept = saved["pool"].to(self.device)

    def batches(self, start: int) -> Iterator[Unpaired]:
        settings = self.settings
        for step in count(start):
            generator = stream(self.seed, step)
            clean, bad = (
                photos.sample(settings.batch, settings.patch_px, generator).crops[:, 0]
                for photos in (self.clean, self.bad)
            )
            spark = SPARK * torch.randn(clean.shape, generator=generator).to(clean.device)
            yield Unpaired(bad=noisy(bad, generator)[0] if self.noisy else bad, clean=clean, spark=spark, step=step)

    def loss(self, network: nn.Module, batch: Unpaired) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        settings, cycle_of = self.settings, cast(Cycle, network)
        restore, degrade = cycle_of.restore, cycle_of.degrade
        restored, degraded = restore(batch.bad).float(), degrade(batch.clean + batch.spark).float()
        cycle = (restore(degraded).float() - batch.clean).abs().mean()
        cycle = cycle + (degrade(restored + batch.spark).float() - batch.bad).abs().mean()
        same = (restore(batch.clean).float() - batch.clean).abs().mean()
        parts: dict[str, Tensor | float] = {"cycle": cycle, "identity": same}
        loss = settings.pixel * (cycle + settings.identity * same)
        if settings.variation:
            parts["variation"] = total_variation(restored)
            loss = loss + settings.variation * parts["variation"]
        generator = stream(self.seed, batch.step)
        for name, real, made in (("clean", batch.clean, restored), ("bad", batch.bad, degraded)):
            adversary = self.adversaries[name]
            parts[f"critic_{name}"] = adversary.train(real, self.pools[name].swap(made, generator))
            judged = adversary.judge(real, made)
            parts[f"adversary_{name}"] = judged
            loss = loss + settings.adversary * judged
        return loss, {"loss": loss} | parts

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """gain: in dB over noisy development photos, which have clean partners; score is the gain."""
        pair = self.development.to(self.device)
        made = torch.cat([network(seen).float().clamp(0.0, 1.0) for seen in pair.seen.split(1)])
        gain = float((psnr(made, pair.clean) - psnr(pair.seen, pair.clean)).mean())
        return {"score": gain, "gain": gain}

    @torch.inference_mode()
    def samples(self, network: nn.Module) -> Tensor:
        """Four rows of development photos: bad, restored, true, degraded by the other generator."""
        pair = self.development.to(self.device)
        spark = SPARK * torch.randn(pair.clean.shape, generator=stream(self.seed, 0)).to(self.device)
        rows = [pair.seen, network(pair.seen).float(), pair.clean, network.degrade(pair.clean + spark).float()]
        blank = torch.ones_like(pair.clean[:1]).expand(max(0, SHOWN - len(pair.clean)), -1, -1, -1)
        return torch.cat([torch.cat((row[:SHOWN], blank)) for row in rows])


def noisy(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
    """Gaussian noise of σ = 25 of 255, clipped, 8 bits."""
    noise = torch.randn(clean.shape, generator=generator).to(clean.device)
    return quantize_8bit(clean + NOISE_SIGMA * noise), None


def build(settings: CycleganSettings, data: Path, **named: Any) -> CycleRecipe:
    """named: seed, device and workers, as `CycleRecipe` takes them."""
    return CycleRecipe(data, settings, **named)


SETTINGS = CycleganSettings
"""What `python -m controllable train cyclegan` makes its arguments of."""
