"""Four drawn photos, one of them for development, and what fits them in a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from controllable.training.fit import FitSettings, fit
from controllable.training.photos import kept_aside
from tests.photo import draw_photo

LIMITS = FitSettings(steps=6, rate=1e-3, warmup=1, every=3)


def draw_photos(folder: Path) -> Path:
    names = [f"{k}.png" for k in range(400)]
    aside = [name for name in names if kept_aside(name, 40)][:1]
    for k, name in enumerate([name for name in names if not kept_aside(name, 40)][:3] + aside):
        draw_photo().resize((240 + 8 * k, 200)).save(folder / name)
    return folder


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([value.flatten() for value in network.state_dict().values()])


def assert_it_resumes(build: Callable[[], Any], folder: Path) -> None:
    """A run that is interrupted in its fifth step, after a checkpoint at its third, ends with the weights of one that
    is not. build: a recipe, always the same."""
    whole, interrupted = fit(build(), LIMITS, folder / "whole"), build()
    seen, loss = [], interrupted.loss

    def interrupting(network: nn.Module, batch: Any) -> Any:
        seen.append(batch.step)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return loss(network, batch)

    interrupted.loss = interrupting
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted, LIMITS, folder / "halves")
    assert torch.equal(weights(whole), weights(fit(build(), LIMITS, folder / "halves")))
