"""What members of a federation send each other: the network's arrays, the discriminator's where it is shared.

Whole numbers, such as counts of batches, and local layers of normalisation stay where they are; so do the vectors by
which spectral norm estimates, of which a mean, since their sign is by chance, would be none.
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

import controllable
from controllable.training.federation.settings import Federation
from controllable.training.recipes.cameras import OWN, any_of, cameras
from controllable.training.recipes.paired import PairedRecipe

Arrays = dict[str, npt.NDArray[Any]]
"""By name: "network." or "critic.", then what the module's state dict calls it."""
NORMS = (
    nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm, nn.LayerNorm, nn.GroupNorm,
)  # fmt: skip

ESTIMATES = ("._u", "._v")
"""Ends of the names of spectral norm's vectors."""


def build(federation: Federation, data: Path | None, *, cameras_text: str = OWN, **named: Any) -> PairedRecipe:
    """The federation's recipe; data: None for the server, which has no photos. named: as `PairedRecipe` takes them.

    Raises ValueError for cameras that are not the recipe's own where it is not `denoise`, which is the one that takes
    any, and where norms or a critic shall stay local that there are none of.
    """
    settings = federation.recipe_settings()
    module = import_module(f"controllable.training.recipes.{federation.recipe}")
    if cameras_text != OWN:
        if federation.recipe != "denoise":
            raise ValueError(f"cameras: {federation.recipe} has its own; others are for the recipe denoise")
        named["camera"] = any_of(cameras(cameras_text, module.noisy))
    recipe: PairedRecipe = module.build(settings, data, look=False, **named)
    if federation.critic == "local" and recipe.adversary is None:
        raise ValueError("critic: nothing can stay local, since this recipe's adversary is 0 and it has none")
    if federation.norms == "local" and not _norms(recipe.network):
        raise ValueError(f"norms: nothing can stay local, since a {settings.backbone} has no layer of normalisation")
    return recipe


def shared(recipe: PairedRecipe, federation: Federation) -> Arrays:
    """Copies of all arrays that are shared, on the CPU."""
    return {name: value.detach().cpu().numpy().copy() for name, value in _shared(recipe, federation).items()}


def to_tensors(found: Arrays) -> dict[str, Tensor]:
    """As `torch.save` keeps them; `from_tensors` reads them back."""
    return {name: torch.from_numpy(value) for name, value in found.items()}


def from_tensors(kept: Mapping[str, Tensor]) -> Arrays:
    return {name: value.numpy() for name, value in kept.items()}


@torch.no_grad()
def take(recipe: PairedRecipe, federation: Federation, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Set the recipe's shared arrays to these, of the same names and shapes."""
    for name, value in _shared(recipe, federation).items():
        value.copy_(torch.from_numpy(np.ascontiguousarray(arrays[name])))


def gradients(recipe: PairedRecipe, federation: Federation) -> dict[str, nn.Parameter]:
    """What of the shared arrays the network's loss has gradients of."""
    among = _shared(recipe, federation)
    named = {f"network.{name}": value for name, value in recipe.network.named_parameters() if value.requires_grad}
    return {name: value for name, value in named.items() if name in among}


def fingerprint(recipe: PairedRecipe, federation: Federation) -> str:
    """Version, recipe, network and a hash of the names, shapes and types of what is shared: members need the same."""
    arrays = shared(recipe, federation)
    shapes = "".join(f"{name}{value.shape}{value.dtype}" for name, value in arrays.items())
    settings = recipe.settings
    digest = hashlib.sha256(f"{settings}{shapes}".encode()).hexdigest()[:12]
    size = f"{settings.backbone} {settings.width}×{settings.blocks}"
    return f"controllable {controllable.__version__}, {federation.recipe}, {size}, {len(arrays)} arrays, {digest}"


def _shared(recipe: PairedRecipe, federation: Federation) -> dict[str, Tensor]:
    modules = {"network": recipe.network}
    if recipe.adversary and federation.critic == "shared":
        modules["critic"] = recipe.adversary.critic
    kept: Callable[[nn.Module], set[str]] = _norms if federation.norms == "local" else lambda module: set()
    return {
        f"{place}.{name}": value
        for place, module in modules.items()
        for local in [kept(module)]
        for name, value in module.state_dict().items()
        if value.is_floating_point() and name not in local and not name.endswith(ESTIMATES)
    }


def _norms(network: nn.Module) -> set[str]:
    """Names of all arrays of layers of normalisation."""
    return {
        f"{place}.{name}" if place else name
        for place, module in network.named_modules()
        if isinstance(module, NORMS)
        for name in module.state_dict()
    }
