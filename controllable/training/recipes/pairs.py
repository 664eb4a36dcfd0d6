"""Clean crops and what a recipe's camera made of them."""

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

Camera = Callable[[Tensor, torch.Generator], Tensor]
"""Clean photos (B, 3, P, P), RGB, [0, 1] → what the network is given, (B, 3, P/scale, P/scale); all of its randomness
comes from the generator."""
DEVELOPMENT_PHOTOS = 16


@dataclass(frozen=True, kw_only=True)
class Photographed:
    """seen: (B, 3, P/scale, P/scale); clean: (B, 3, P, P); step: the number of this batch."""

    seen: Tensor
    clean: Tensor
    step: int

    def to(self, device: str) -> "Photographed":
        return Photographed(
            seen=self.seen.to(device, non_blocking=True),
            clean=self.clean.to(device, non_blocking=True),
            step=self.step,
        )

    def pin_memory(self) -> "Photographed":
        return Photographed(seen=self.seen.pin_memory(), clean=self.clean.pin_memory(), step=self.step)


class PhotographedPairs(IterableDataset[Photographed]):
    """An endless stream from number `start` on; each batch depends on seed, number and process alone."""

    def __init__(self, photos: Photos, camera: Camera, *, batch: int, patch_px: int, seed: int, start: int = 0) -> None:
        self.photos, self.camera = photos, camera
        self.batch, self.patch_px, self.seed, self.start = batch, patch_px, seed, start
        self.process = PartialState().process_index

    def __iter__(self) -> Iterator[Photographed]:
        loader = get_worker_info()
        first, every = (loader.id, loader.num_workers) if loader else (0, 1)
        for number in count(self.start + first, every):
            generator = stream(self.seed, number, self.process)
            clean = self.photos.sample(self.batch, self.patch_px, generator).crops[:, 0]
            yield Photographed(seen=self.camera(clean, generator), clean=clean, step=number)


def photographed(pairs: PhotographedPairs, device: str, workers: int) -> Iterator[Photographed]:
    """On the device; made there where the photos are, else by `workers` processes."""
    if pairs.photos.images[0].device.type != "cpu":
        return iter(pairs)
    loader = DataLoader(pairs, batch_size=None, num_workers=workers, prefetch_factor=4, pin_memory=device != "cpu")
    return (pair.to(device) for pair in loader)


def development_pair(data: Path, camera: Camera, side_px: int, seed: int) -> Photographed:
    """The middles of up to 16 photos that no training sees."""
    photos = Photos(data, development=True, smallest_px=side_px)
    middles = [center_crop(image, side_px) for image in photos.images[:DEVELOPMENT_PHOTOS]]
    clean = torch.stack(middles).float() / 255.0
    return Photographed(seen=camera(clean, torch.Generator().manual_seed(seed)), clean=clean, step=-1)
