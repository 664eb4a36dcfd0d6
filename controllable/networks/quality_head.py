"""The regression head: embedding and measurements of a photo → eight severities and a score."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.task import TASKS

UNLIKELY, LIKELY = 0.15, 0.5
"""Probabilities of a flaw between which its severity is reported in part. Asked for by name, a flaw that is overlooked
costs more than one wrongly seen: on development photos (0.3, 0.7) shut the gate on a third of all lost detail that
(0.15, 0.5) finds, and (0.05, 0.3) opened it on a third of the photos with none."""
_PLACED = 3


class QualityHead(nn.Module):
    """embedding (B, D), not normalised; spectrum (B, S, 64, 33); numbers (B, K) → (B, 9) in [0, 1]: severities in the
    order of `TASKS`, then score / 100.

    Whether a flaw is there and how severe it then is are two questions: `parts` answers both, and the severity
    reported is 0 while a flaw is unlikely, so that doubt between two flaws does not make both of them half as severe.
    """

    def __init__(
        self, embedding: int = 128, spectra: int = 3, numbers: int = 694, hidden: int = 256, width: int = 16
    ) -> None:
        super().__init__()
        self.sizes = {"embedding": embedding, "spectra": spectra, "numbers": numbers, "hidden": hidden, "width": width}
        for name, shape in (("embedding", embedding), ("numbers", numbers), ("spectrum", (spectra, 64, 33))):
            size = shape if isinstance(shape, tuple) else (shape,)
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))
        self.convolutions = nn.Sequential(
            nn.Conv2d(spectra + _PLACED, width, 5, 2, 2), nn.GELU(),
            nn.Conv2d(width, 2 * width, 3, 2, 1), nn.GELU(),
            nn.Conv2d(2 * width, 3 * width, 3, 2, 1), nn.GELU(),
        )  # fmt: skip
        self.layers = nn.Sequential(
            nn.Dropout(0.1),
            nn.Linear(embedding + numbers + 6 * width + spectra * 16 * 8, hidden), nn.GELU(), nn.Dropout(0.2),
            nn.Linear(hidden, hidden // 2), nn.GELU(), nn.Dropout(0.1),
            nn.Linear(hidden // 2, 2 * len(TASKS) + 1),
        )  # fmt: skip
        row = torch.arange(-32, 32)[:, None].expand(64, 33) / 32.0
        column = torch.arange(33)[None].expand(64, 33) / 32.0
        place = torch.stack((row, column, torch.hypot(row, column)))
        self.register_buffer("place", place[None], persistent=False)

    def parts(self, embedding: Tensor, spectrum: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, 8) of each flaw being there; severities (B, 8) if it is; score / 100, (B,)."""
        embedding = (embedding - self.embedding_mean) * self.embedding_scale
        numbers = (numbers - self.numbers_mean) * self.numbers_scale
        spectrum = (spectrum - self.spectrum_mean) * self.spectrum_scale
        seen = self.convolutions(torch.cat((spectrum, self.place.expand(len(spectrum), -1, -1, -1)), 1))
        coarse = F.adaptive_avg_pool2d(spectrum, (16, 8)).flatten(1)
        both = torch.cat((embedding, numbers, seen.mean((2, 3)), seen.amax((2, 3)), coarse), 1)
        out = self.layers(both.clamp(-8.0, 8.0))
        there, severity, score = out.split((len(TASKS), len(TASKS), 1), 1)
        return there, torch.sigmoid(severity), torch.sigmoid(score[:, 0])

    def forward(self, embedding: Tensor, spectrum: Tensor, numbers: Tensor) -> Tensor:
        there, severity, score = self.parts(embedding, spectrum, numbers)
        return torch.cat((severity * trusted(there), score[:, None]), 1)


def trusted(logits: Tensor) -> Tensor:
    """Share of a severity that is reported: the smoothstep from 0 at `UNLIKELY` to 1 at `LIKELY`."""
    x = ((torch.sigmoid(logits) - UNLIKELY) / (LIKELY - UNLIKELY)).clamp(0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
