"""The server's own photos, which no client has: how good the average is."""

from pathlib import Path

import torch

from controllable.training.photos import Photos, center_crop
from controllable.training.recipes.cameras import OWN, cameras
from controllable.training.recipes.paired import DEVELOPMENT_PX, NONE_ASIDE, PairedRecipe
from controllable.training.recipes.pairs import Camera, Photographed, photograph


def hold_out(recipe: PairedRecipe, folder: Path, text: str = OWN, *, seed: int = 0) -> None:
    """Let the recipe's `evaluate` look at the middles of all photos of a folder, each taken by every camera of `text`,
    the recipe's own if it takes no others. Raises ValueError for a folder without photos."""
    side = max(DEVELOPMENT_PX, recipe.settings.patch_px)
    photos = Photos(folder, smallest_px=side, kept_one_in=NONE_ASIDE)
    clean = torch.stack([center_crop(image, side) for image in photos.images]).float() / 255.0
    recipe.development = taken_by(cameras(text, recipe.camera), clean, seed)


def taken_by(choices: list[Camera], clean: torch.Tensor, seed: int) -> Photographed:
    """These photos, (B, 3, P, P), by the first camera, then by the second, and so on."""
    pairs = [photograph(clean, camera, torch.Generator().manual_seed(seed), -1) for camera in choices]
    kernels = [pair.kernel for pair in pairs if pair.kernel is not None]
    return Photographed(
        seen=torch.cat([pair.seen for pair in pairs]),
        clean=torch.cat([pair.clean for pair in pairs]),
        kernel=torch.cat(kernels) if len(kernels) == len(pairs) else None,
        step=-1,
    )
