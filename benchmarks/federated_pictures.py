"""Pictures of the tables of `benchmarks.federated`: gains as bars, and photos as each network makes them. Needs
matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.images import to_pixels
from controllable.training.federation.held_out import hold_out
from controllable.training.recipes.paired import PairedRecipe

CROP_PX, ENLARGED = 128, 2
PHOTO = 20
"""Of the held-out ones, in the order of their names: one with sky, lines and small things."""


def bars(gains: Mapping[str, Tensor], clients: Sequence[str], path: Path) -> None:
    """A group for each client's cameras, a bar for each training; gains by name: (seeds, cameras), dB. Thin lines go
    from the worst seed to the best."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(gains)
    for place, (name, found) in enumerate(gains.items()):
        pairs = found.unflatten(1, (len(clients), -1)).mean(2)
        mean = pairs.mean(0)
        spread = torch.stack((mean - pairs.min(0).values, pairs.max(0).values - mean))
        left = [group + (place - len(gains) / 2 + 0.5) * width for group in range(len(clients))]
        axes.bar(left, mean.tolist(), width, yerr=spread.numpy(), error_kw={"linewidth": 0.8}, label=name)
    axes.set_xticks(range(len(clients)), [f"cameras of {client}" for client in clients])
    axes.set(ylabel="gain over the input, dB")
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(ncols=len(gains), loc="upper center", bbox_to_anchor=(0.5, 1.16), frameon=False)
    figure.savefig(path, dpi=110)


@torch.inference_mode()
def sheet(recipe: PairedRecipe, weights: Mapping[str, Mapping[str, Tensor]], held_out: Path, cameras: Sequence[str],
          path: Path) -> None:  # fmt: skip
    """A row for each camera: what it made of a photo, what the networks made of that, and the photo."""
    rows = []
    for camera in cameras:
        hold_out(recipe, held_out, camera)
        seen, clean = (part[PHOTO : PHOTO + 1] for part in (recipe.development.seen, recipe.development.clean))
        made = [seen]
        for found in weights.values():
            recipe.network.load_state_dict(found)
            made.append(recipe.network.eval()(seen).float())
        rows.append(torch.cat([part[..., :CROP_PX, :CROP_PX] for part in (*made, clean)], 3))
    pixels = to_pixels(torch.cat(rows, 2))
    size = pixels.shape[1] * ENLARGED, pixels.shape[0] * ENLARGED
    Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST).save(path, quality=90)
