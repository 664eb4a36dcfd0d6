"""Muon: steps whose directions all count alike, for convolutions and for matrices between layers."""

from collections import defaultdict
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
    Kernels of one shape are stepped together, in few large products. With `half` these are in bfloat16 (ibid.), for
    hardware that multiplies it. `torch.optim.Muon` takes matrices only, no kernels.
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float = 1e-3, momentum: float = 0.95, *, half: bool = False
    ) -> None:
        if lr < 0.0 or not 0.0 <= momentum < 1.0:
            raise ValueError(f"lr: at least 0, momentum: in [0, 1), not {lr} and {momentum}")
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self._half = half

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        if closure is not None:
            raise ValueError("closure: Muon takes none")
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for parameters in alike.values():
                self._step(parameters, group["lr"], group["momentum"])

    def _step(self, parameters: list[nn.Parameter], lr: float, momentum: float) -> None:
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        grads = [parameter.grad for parameter in parameters]
        momenta = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_lerp_(momenta, grads, 1.0 - momentum)
        ahead = torch.stack(torch._foreach_lerp(grads, momenta, momentum)).flatten(2)
        steps = orthogonalise(ahead.bfloat16() if self._half else ahead).to(ahead.dtype)
        steps = [step.view_as(parameter) for step, parameter in zip(steps, parameters, strict=True)]
        torch._foreach_add_(parameters, steps, alpha=-STEP * lr * max(ahead.shape[1:]) ** 0.5)


def orthogonalise(matrices: Tensor, iterations: int = 5) -> Tensor:
    """(B, m, n) → the same singular vectors, singular values near 1 (Newton–Schulz, ibid.)."""
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(iterations):
        square = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def optimizers(
    network: nn.Module, rate: float, *, dimensions: int = 4, half: bool = False
) -> list[torch.optim.Optimizer]:
    """Muon for the weights of so many dimensions (kernels: 4), AdamW without decay for all else that is trained.

    half: see `Muon`. Embeddings are tables, not maps between layers: they stay with AdamW.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    tables = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    kernels = [
        p for p in trained if p.ndim == dimensions and min(p.shape[0], p[0].numel()) >= SMALLEST and id(p) not in tables
    ]
    chosen = {id(parameter) for parameter in kernels}
    rest = [parameter for parameter in trained if id(parameter) not in chosen]
    found: list[torch.optim.Optimizer] = [Muon(kernels, lr=rate, half=half)] if kernels else []
    if rest:
        found.append(torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True))
    return found
