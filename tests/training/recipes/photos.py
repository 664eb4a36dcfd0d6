"""Four drawn photos, one of them for development, and what fits them in a second."""

from pathlib import Path

import torch
from torch import nn

from controllable.training.fit import FitSettings
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
