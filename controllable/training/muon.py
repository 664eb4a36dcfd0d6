"""Muon: steps whose directions all count alike, for convolutions and for matrices between layers."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration (Jordan et al., "Muon", 2024): steepest at 0, good enough near 1."""
STEP = 0.6
"""Root mean square of a step over lr: 0.2 is Adam's (Liu et al., "Muon is scalable", 2025, eq. 4); three times as long
steps learned faster here (docs/experiments.md, generator-6)."""
SMALLEST = 16
"""Weights with a side below this are vectors rather than matrices."""


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised (Jordan et al., 2024); a kernel (O, I, h, w) counts as a matrix (O, I·h·w).

    Gradients of image-restoring kernels are nearly of rank one: they all say "smooth more". Adam follows that one
    direction and the others, which hold the edges, move only later; here every direction moves by the same amount.
    `torch.optim.Muon` takes matrices only, no kernels.
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float = 1e-3, momentum: float = 0.95) -> None:
        if lr < 0.0 or not 0.0 <= momentum < 1.0:
            raise ValueError(f"lr: at least 0, momentum: in [0, 1), not {lr} and {momentum}")
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        if closure is not None:
            raise ValueError("closure: Muon takes none")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1.0 - group["momentum"])
                ahead = parameter.grad.lerp(state["momentum"], group["momentum"]).flatten(1)
                step = orthogonalise(ahead).view_as(parameter)
                parameter.add_(step, alpha=-STEP * group["lr"] * max(ahead.shape) ** 0.5)


def orthogonalise(matrix: Tensor, iterations: int = 5) -> Tensor:
    """(m, n) → (m, n) of the same singular vectors, singular values near 1 (Newton–Schulz, ibid.)."""
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


def optimizers(network: nn.Module, rate: float, *, dimensions: int = 4) -> list[torch.optim.Optimizer]:
    """Muon for the weights of so many dimensions (kernels: 4), AdamW without decay for all else that is trained.

    Embeddings are tables, not maps between layers: they stay with AdamW.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    tables = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    kernels = [
        p for p in trained if p.ndim == dimensions and min(p.shape[0], p[0].numel()) >= SMALLEST and id(p) not in tables
    ]
    chosen = {id(parameter) for parameter in kernels}
    rest = [parameter for parameter in trained if id(parameter) not in chosen]
    found: list[torch.optim.Optimizer] = [Muon(kernels, lr=rate)] if kernels else []
    if rest:
        found.append(torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True))
    return found
