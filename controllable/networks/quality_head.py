"""The regression head on the image tower's embedding: eight severities and a score."""

import torch
from torch import Tensor, nn

from controllable.task import TASKS


class QualityHead(nn.Module):
    """embedding (B, D), not normalised → (B, 9) in [0, 1]: severities in the order of `TASKS`, then score / 100."""

    def __init__(self, embedding: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(embedding, hidden), nn.GELU(), nn.Linear(hidden, len(TASKS) + 1))

    def forward(self, embedding: Tensor) -> Tensor:
        return torch.sigmoid(self.layers(embedding))
