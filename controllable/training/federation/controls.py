"""SCAFFOLD (Karimireddy et al. 2020): each client steps along everybody's gradient, not along that of its own photos.

The server keeps every client's mean gradient of its last round, c_i (the paper's option of gradients rather than of
differences of weights), and c, their mean weighted by photos. A client adds c - c_i to each of its gradients. Muon and
Adam make steps of one length whatever a gradient's: without this a client with clean photos, whose gradients are small,
pulls as hard as one with noisy photos.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from controllable.training.federation.shared import Arrays, from_tensors, to_tensors


class Controls:
    """Of the server: each client's photos and mean gradient, as it last told them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Arrays]] = {}

    def put(self, client: str, photos: int, gradient: Arrays) -> None:
        self._known[client] = (photos, gradient)

    def correction(self, client: str, present: Iterable[str]) -> Arrays:
        """c - c_i, where c is the mean over those of `present` that are known; empty for a client that is not."""
        if client not in self._known:
            return {}
        counted = [self._known[name] for name in {client, *present} & self._known.keys()]
        total = sum(photos for photos, _ in counted)
        own = self._known[client][1]
        return {
            name: sum((photos / total * gradient[name] for photos, gradient in counted), np.zeros_like(value)) - value
            for name, value in own.items()
        }

    def state(self) -> dict[str, Any]:
        """As `torch.load(weights_only=True)` reads it back."""
        return {client: (photos, to_tensors(gradient)) for client, (photos, gradient) in self._known.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._known = {client: (photos, from_tensors(gradient)) for client, (photos, gradient) in state.items()}


class MeanGradient:
    """Of a client: what it adds to its gradients, and the mean of these without it.

    correction: c - c_i by the parameters' names; may be empty.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], correction: Arrays) -> None:
        self._parameters = parameters
        self._correction = {name: torch.from_numpy(value).to(parameters[name]) for name, value in correction.items()}
        self._sums = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._steps = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While gradients are summed, after every backward pass."""
        hooks = [
            parameter.register_post_accumulate_grad_hook(self._adder(name))
            for name, parameter in self._parameters.items()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def term(self) -> Tensor | float:
        """What of a loss has the correction as its gradient; call it once a step."""
        self._steps += 1
        return sum(((value * self._parameters[name]).sum() for name, value in self._correction.items()), 0.0)

    def read(self) -> Arrays:
        """The mean over the steps, without the correction."""
        found = {}
        for name, total in self._sums.items():
            mean = total / max(1, self._steps)
            found[name] = (mean - self._correction.get(name, 0.0)).cpu().numpy()
        return found

    def _adder(self, name: str) -> Any:
        def add(parameter: Tensor) -> None:
            self._sums[name] += parameter.grad

        return add
