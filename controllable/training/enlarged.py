"""Photos that were made small, collected their flaws there, and are enlarged: what "make it four times as big" meets.

`Chain` reduces and enlarges again before JPEG, on one grid. Enlarging a small file is another order: its noise and its
JPEG blocks are of the small grid. The program removes these first and enlarges then, so that is what is trained here.
"""

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from controllable.color import quantize_8bit
from controllable.degradation import Chain
from controllable.degradation.degradation import send
from controllable.image.resize import resize
from controllable.networks.generator import make_thumbnail
from controllable.networks.wiener import power_spectrum
from controllable.task import TASKS, Task
from controllable.training.counterfactual import Pair, Pairs
from controllable.training.photos import Photos

_RESOLUTION, _BLUR = TASKS.index(Task.RESOLUTION), TASKS.index(Task.BLUR)
_BEFORE, _AFTER = frozenset({Task.BLUR}), frozenset({Task.NOISE, Task.COMPRESSION})
"""Flaws that a photo has before it is made small, and those it gets as a small file."""
BORDER_PX = 16
"""Border of the enlarged pictures that no loss looks at: the filters saw no surroundings there."""


@dataclass(frozen=True, kw_only=True)
class EnlargedSettings:
    """target_px: side of the clean photo's part; factors: how often it is made half, a quarter, an eighth of that;
    blur, noise, compression: chance of each, and its largest severity (blur in pixels of the small grid, σ = 4·s)."""

    batch: int = 2
    target_px: int = 256
    factors: tuple[float, float, float] = (0.3, 0.55, 0.15)
    blur: tuple[float, float] = (0.5, 0.2)
    noise: tuple[float, float] = (0.6, 0.25)
    compression: tuple[float, float] = (0.7, 0.7)


@dataclass(frozen=True, kw_only=True)
class EnlargedPair:
    """image: (B, 3, P/f, P/f), the small photo; target: (B, 3, P, P), the clean one; strengths: (B, 8), its own flaws,
    asked for in full, but a blur only half of the time: one of less than a pixel goes unnoticed."""

    image: Tensor
    target: Tensor
    strengths: Tensor

    def to(self, device: torch.device | str) -> "EnlargedPair":
        return EnlargedPair(
            **{part.name: send(getattr(self, part.name), torch.device(device)) for part in fields(self)}
        )

    def pin_memory(self) -> "EnlargedPair":
        return EnlargedPair(**{part.name: getattr(self, part.name).pin_memory() for part in fields(self)})


def draw_enlarged(photos: Photos, chain: Chain, settings: EnlargedSettings, generator: torch.Generator) -> EnlargedPair:
    """One batch, all of one factor."""
    factor = 2 ** (1 + int(torch.multinomial(torch.tensor(settings.factors), 1, generator=generator)))
    clean = photos.sample(settings.batch, settings.target_px, generator).crops[:, 0]
    severity = torch.zeros(settings.batch, len(TASKS))
    for task, (chance, most) in (
        (Task.BLUR, settings.blur), (Task.NOISE, settings.noise), (Task.COMPRESSION, settings.compression)
    ):  # fmt: skip
        present = torch.rand(settings.batch, generator=generator) < chance
        severity[:, TASKS.index(task)] = present * most * torch.rand(settings.batch, generator=generator)
    strengths = (severity > 0).to(clean)
    strengths[:, _BLUR] *= (torch.rand(settings.batch, generator=generator) < 0.5).to(clean)
    severity[:, _BLUR] *= factor
    params = chain.sample(settings.batch, generator, severity.clamp_max(1.0))
    side = settings.target_px // factor
    small = quantize_8bit(resize(chain.apply(clean, params, only=_BEFORE), (side, side)))
    return EnlargedPair(image=chain.apply(small, params, only=_AFTER), target=clean, strengths=strengths)


class MixedPairs(Pairs):
    """`Pairs` among which a share of the batches are enlarged ones."""

    def __init__(self, *arguments: Any, share: float, enlarged: EnlargedSettings | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.share = share
        self.enlarged = enlarged or EnlargedSettings(batch=max(2, self.settings.batch // 7))

    def draw(self, generator: torch.Generator) -> Pair | EnlargedPair:  # type: ignore[override]
        if self.share and float(torch.rand((), generator=generator)) < self.share:
            return draw_enlarged(self.photos, self.chain, self.enlarged, generator)
        return super().draw(generator)


@torch.no_grad()
def first_pass(network: nn.Module, pair: Pair | EnlargedPair) -> Pair:
    """Let the network clean the small photos, and enlarge them: a pair whose only wish is `resolution`. Other pairs
    are what they were."""
    if isinstance(pair, Pair):
        return pair
    device = pair.image.device
    still = pair.image.new_zeros(len(pair.image), 4)
    cleaned = quantize_8bit(network(pair.image, pair.strengths, shake=still).float())
    image = resize(cleaned, tuple(pair.target.shape[-2:])).clamp(0.0, 1.0)
    wish = torch.zeros_like(pair.strengths)
    wish[:, _RESOLUTION] = 1.0
    inner = slice(BORDER_PX, -BORDER_PX)
    side = image.shape[-1] - 2 * BORDER_PX
    return Pair(
        image=image,
        target=pair.target[..., inner, inner].contiguous(),
        thumbnail=make_thumbnail(image),
        spectrum=power_spectrum(image),
        shake=still,
        strengths=wish,
        main=torch.full((len(image),), _RESOLUTION, device=device),
        own=(BORDER_PX, BORDER_PX, side, side),
    )
