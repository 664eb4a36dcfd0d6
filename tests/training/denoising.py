"""A recipe of seconds: three convolutions learn to take noise off stripes.

`python -m tests.training.denoising OUT` fits it."""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import torch
from accelerate import PartialState
from torch import Tensor, nn

from controllable.training.fit import FitSettings, fit
from controllable.training.processes import join, leave, stream

SETTINGS = FitSettings(steps=24, rate=1e-2, warmup=4, ema=0.8, every=8)
BATCH = 8


class Denoising:
    """Batch k is the same however many processes share it: each takes every n-th picture."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network: nn.Module = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 1, 1)
        )
        self.processes = join("cpu")

    def batches(self, start: int) -> Iterator[Tensor]:
        for number in count(start):
            clean = torch.rand(BATCH, 1, 1, 12, generator=stream(0, number, 0)).expand(-1, -1, 12, -1)
            yield clean[self.processes.process_index :: self.processes.num_processes]

    def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        noise = (torch.arange(12) % 2 - 0.5).view(1, 1, 12, 1)
        loss = (network(batch + noise) - batch).pow(2).mean()
        return loss, {"loss": loss}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        return {"score": -float(self.loss(network, next(self.batches(10**6)))[0])}


if __name__ == "__main__":
    fit(Denoising(), SETTINGS, Path(sys.argv[1]))
    print(f"process {PartialState().process_index} of {PartialState().num_processes} is done")
    leave()
