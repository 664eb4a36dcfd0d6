"""Counterfactual pairs: a degraded crop, the strengths asked for, and the photo that would have been without them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import count

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.utils.data import IterableDataset, get_worker_info

from controllable.degradation import POINTWISE, Chain
from controllable.degradation.degradation import send
from controllable.networks.wiener import power_spectrum
from controllable.task import TASKS, Task
from controllable.training.photos import Photos
from controllable.training.processes import stream
from controllable.training.shake import known_shake

CONTEXT_PX = 64
"""Pixels by which the degraded area is wider than the patch: the filters see all of it."""
ALIGNED = 0.8
"""Share of the patches that start on JPEG's 8 px grid, as most photos do."""


@dataclass(frozen=True, kw_only=True)
class PairSettings:
    """How pairs are drawn.

    flaws: probabilities of 1, 2, 3 flaws; weights: how often each task is among them; named: chance that a present
    flaw is asked for; full: chance that it is asked for entirely; absent: chance that something absent is asked for;
    faces: share of crops that show a face closely; face_weights: factors of `weights` for these.
    """

    batch: int = 14
    patch_px: int = 96
    flaws: tuple[float, ...] = (0.78, 0.15, 0.07)
    weights: Mapping[Task, float] = field(
        default_factory=lambda: {
            Task.NOISE: 1.4,
            Task.BLUR: 2.0,
            Task.COMPRESSION: 2.4,
            Task.RESOLUTION: 2.4,
            Task.LOW_LIGHT: 0.3,
            Task.HAZE: 0.3,
            Task.COLOR: 0.3,
            Task.DETAIL: 0.6,
        }
    )  # fmt: skip
    named: float = 0.8
    full: float = 0.75
    absent: float = 0.06
    faces: float = 0.12
    face_weights: Mapping[Task, float] = field(
        default_factory=lambda: {Task.RESOLUTION: 2.5, Task.BLUR: 1.5, Task.DETAIL: 5.0}
    )

    def __post_init__(self) -> None:
        if self.batch < 1 or self.patch_px < 16:
            raise ValueError(f"batch, patch_px: at least 1 and 16, not {self.batch} and {self.patch_px}")
        if not 0.0 <= self.faces <= 1.0:
            raise ValueError(f"faces: {self.faces} is outside [0, 1]")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """image: (B, 3, S, S), of which the generator answers for the part `own` (top, left, height, width) alone;
    target: (B, 3, P, P), that part; thumbnail: (B, 3, 64, 64) of the degraded photo; spectrum: (B, 2, 64, 33) and
    shake: (B, 4) of `image`; strengths: (B, 8); main: (B,) the index of the first flaw, for logs."""

    image: Tensor
    target: Tensor
    thumbnail: Tensor
    spectrum: Tensor
    shake: Tensor
    strengths: Tensor
    main: Tensor
    own: tuple[int, int, int, int]

    @property
    def degraded(self) -> Tensor:
        """The part of `image` that `target` shows."""
        top, left, height, width = self.own
        return self.image[..., top : top + height, left : left + width]

    def answer(self, network: nn.Module) -> Tensor:
        """The generator's answer, (B, 3, P, P)."""
        return network(self.image, self.strengths, self.thumbnail, self.spectrum, self.shake, self.own)

    def to(self, device: torch.device | str) -> "Pair":
        return replace(self, **{name: send(value, torch.device(device)) for name, value in self._tensors().items()})

    def pin_memory(self) -> "Pair":
        return replace(self, **{name: value.pin_memory() for name, value in self._tensors().items()})

    def _tensors(self) -> dict[str, Tensor]:
        return {part.name: getattr(self, part.name) for part in fields(self) if part.name != "own"}


def draw_severity(
    settings: PairSettings, generator: torch.Generator, close: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Severities (B, 8) and the index (B,) of one flaw that surely occurs; close: (B,), which crops show a face."""
    batch = settings.batch
    weights = torch.tensor([settings.weights.get(task, 0.0) for task in TASKS]).expand(batch, -1)
    if close is not None:
        factors = torch.tensor([settings.face_weights.get(task, 1.0) for task in TASKS])
        weights = torch.where(close[:, None], weights * factors, weights)
    count = 1 + torch.multinomial(torch.tensor(settings.flaws), batch, replacement=True, generator=generator)
    order = torch.multinomial(weights, len(settings.flaws), generator=generator)
    severity = torch.zeros(batch, len(TASKS))
    value = 0.05 + 0.95 * torch.rand(batch, len(TASKS), generator=generator)
    value[:, TASKS.index(Task.BLUR)] **= 1.3
    value[:, TASKS.index(Task.NOISE)] **= 1.2
    usual = torch.tensor([1 / 3, 1 / 3, 2 / 3, 2 / 3, 1.0])
    pick = torch.randint(len(usual), (batch,), generator=generator)
    snap = torch.rand(batch, generator=generator) < 0.7
    column = TASKS.index(Task.RESOLUTION)
    value[:, column] = torch.where(snap, usual[pick], value[:, column])
    for k in range(len(settings.flaws)):
        rows = torch.nonzero(count > k).flatten()
        severity[rows, order[rows, k]] = value[rows, order[rows, k]]
    return severity, order[:, 0]


def draw_strengths(settings: PairSettings, severity: Tensor, main: Tensor, generator: torch.Generator) -> Tensor:
    """What is asked for, (B, 8) in [0, 1]: mostly what is there, mostly all of it, now and then what is not there."""
    shape = severity.shape
    rows = torch.arange(len(severity))
    share = 0.1 + 0.9 * torch.rand(shape, generator=generator)
    share = torch.where(torch.rand(shape, generator=generator) < settings.full, torch.ones(shape), share)
    named = (torch.rand(shape, generator=generator) < settings.named) & (severity > 0)
    named[rows, main] |= ~named.any(1)
    strange = torch.rand(len(severity), generator=generator) < settings.absent
    column = torch.randint(shape[1], (len(severity),), generator=generator)
    only = strange & (torch.rand(len(severity), generator=generator) < 0.5)
    named[only] = False
    named[rows, column] |= strange
    return share * named


def make_pair(photos: Photos, chain: Chain, settings: PairSettings, generator: torch.Generator) -> Pair:
    """One batch: sample a chain and a wish, apply the chain, and replay it at s·(1 - r) for the target."""
    size = settings.patch_px + CONTEXT_PX
    offset = torch.randint(CONTEXT_PX + 1, (2,), generator=generator)
    if float(torch.rand((), generator=generator)) < ALIGNED:
        offset -= offset % 8
    close = torch.rand(settings.batch, generator=generator) < settings.faces
    middle = ((offset + settings.patch_px / 2) / size).tolist()
    crops = photos.sample(settings.batch, size, generator, close=close, focus=(middle[0], middle[1]))
    clean, window = crops.crops[:, 0], crops.windows[:, 0]
    severity, main = draw_severity(settings, generator, close)
    strengths = draw_strengths(settings, severity, main, generator)
    params = chain.sample(settings.batch, generator, severity)
    image = chain.apply(clean, params, window=window)
    target = chain.apply(clean, params.without(strengths), window=window)
    thumbnail = chain.apply(crops.thumbnails, params, only=POINTWISE)
    rows = slice(int(offset[0]), int(offset[0]) + settings.patch_px)
    columns = slice(int(offset[1]), int(offset[1]) + settings.patch_px)
    device = image.device
    return Pair(
        image=image,
        target=target[..., rows, columns].contiguous(),
        thumbnail=thumbnail,
        spectrum=power_spectrum(image),
        shake=send(known_shake(image, params, generator), device),
        strengths=send(strengths, device),
        main=send(main, device),
        own=(rows.start, columns.start, settings.patch_px, settings.patch_px),
    )


class Pairs(IterableDataset[Pair]):
    """An endless stream of pairs from number `start` on; each depends on the seed, its number and the process alone, so
    a resumed run sees what it would have seen, and loader processes take turns."""

    def __init__(
        self, photos: Photos, settings: PairSettings, *, seed: int, start: int = 0, chain: Chain | None = None
    ) -> None:
        self.photos, self.settings, self.seed, self.start = photos, settings, seed, start
        self.chain = chain or Chain()
        self.process = PartialState().process_index

    def __iter__(self) -> Iterator[Pair]:
        loader = get_worker_info()
        first, every = (loader.id, loader.num_workers) if loader else (0, 1)
        for number in count(self.start + first, every):
            yield self.draw(stream(self.seed, number, self.process))

    def draw(self, generator: torch.Generator) -> Pair:
        return make_pair(self.photos, self.chain, self.settings, generator)
