"""Clean crops and what a recipe's camera made of them."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
from accelerate import PartialState
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from controllable.training.photos import Photos, center_crop
from controllable.training.processes import stream

Camera = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor | None]]
"""Clean photos (B, 3, P, P), RGB, [0, 1] → what the network is given, (B, 3, P/scale, P/scale), and the kernels it was
blurred with, (B, K, K), where there are any; all of its randomness comes from the generator."""
DEVELOPMENT_PHOTOS = 16


@dataclass(frozen=True, kw_only=True)
class Photographed:
    """seen: (B, 3, P/scale, P/scale); clean: (B, 3, P, P); kernel: (B, K, K) or None; step: number of this batch."""

    seen: Tensor
    clean: Tensor
    kernel: Tensor | None
    step: int

    def __len__(self) -> int:
        return len(self.clean)

    def split(self, photos: int) -> list["Photographed"]:
        """Parts of so many photos at most; their step is the whole's."""
        kernels = [None] * -(-len(self) // photos) if self.kernel is None else self.kernel.split(photos)
        parts = zip(self.seen.split(photos), self.clean.split(photos), kernels, strict=True)
        return [Photographed(seen=seen, clean=clean, kernel=kernel, step=self.step) for seen, clean, kernel in parts]

    def to(self, device: str) -> "Photographed":
        return self._each(lambda value: value.to(device, non_blocking=True))

    def pin_memory(self) -> "Photographed":
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Photographed":
        kernel = None if self.kernel is None else change(self.kernel)
        return Photographed(seen=change(self.seen), clean=change(self.clean), kernel=kernel, step=self.step)


class PhotographedPairs(IterableDataset[Photographed]):
    """An endless stream from number `start` on; each batch depends on seed, number and process alone.

    by_coins: every photo takes part in a batch with probability batch / photos, once at most, all as likely; of photos
    that do not show in the answer an attacker could ask whether they were there, so the coins, and all that is drawn
    for a photo, come from the operating system and from no seed. Such a batch may be empty.
    """

    def __init__(
        self, photos: Photos, camera: Camera, *, batch: int, patch_px: int, seed: int, start: int = 0,
        by_coins: bool = False,
    ) -> None:  # fmt: skip
        self.photos, self.camera = photos, camera
        self.batch, self.patch_px, self.seed, self.start = batch, patch_px, seed, start
        self.process, self.by_coins = PartialState().process_index, by_coins

    def __iter__(self) -> Iterator[Photographed]:
        loader = get_worker_info()
        first, every = (loader.id, loader.num_workers) if loader else (0, 1)
        for number in count(self.start + first, every):
            if self.by_coins:
                yield self._by_coins(number)
                continue
            generator = stream(self.seed, number, self.process)
            clean = self.photos.sample(self.batch, self.patch_px, generator).crops[:, 0]
            yield photograph(clean, self.camera, generator, number)

    def _by_coins(self, number: int) -> Photographed:
        generator = torch.Generator().manual_seed(secrets.randbits(63))
        taken = torch.rand(len(self.photos), generator=generator, dtype=torch.float64) < self.batch / len(self.photos)
        picks = torch.nonzero(taken).flatten().tolist()
        if not picks:
            none = self.photos.thumbnails.new_zeros(0, 3, self.patch_px, self.patch_px)
            return Photographed(seen=none, clean=none, kernel=None, step=number)
        clean = self.photos.sample(len(picks), self.patch_px, generator, picks=picks).crops[:, 0]
        return photograph(clean, self.camera, generator, number)


def photograph(clean: Tensor, camera: Camera, generator: torch.Generator, step: int) -> Photographed:
    """What the camera makes of these photos, beside them."""
    seen, kernel = camera(clean, generator)
    return Photographed(seen=seen, clean=clean, kernel=kernel, step=step)


def photographed(pairs: PhotographedPairs, device: str, workers: int) -> Iterator[Photographed]:
    """On the device; made there where the photos are, else by `workers` processes, or by this one if that is 0."""
    if pairs.photos.images[0].device.type != "cpu":
        return iter(pairs)
    loader = DataLoader(
        pairs, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None, pin_memory=device != "cpu"
    )
    return (pair.to(device) for pair in loader)


def development_pair(data: Path, camera: Camera, side_px: int, seed: int) -> Photographed:
    """The middles of up to 16 photos that no training sees."""
    photos = Photos(data, development=True, smallest_px=side_px)
    middles = [center_crop(image, side_px) for image in photos.images[:DEVELOPMENT_PHOTOS]]
    clean = torch.stack(middles).float() / 255.0
    return photograph(clean, camera, torch.Generator().manual_seed(seed), -1)
