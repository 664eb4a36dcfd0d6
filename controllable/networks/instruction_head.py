"""InstructionHead: token features of a text tower → what is asked of each task, and of the picture as a whole."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from controllable.task import REGIONS, TASKS, TONES

STATES = ("none", "remove", "keep")
NUMBERS = tuple(f"number {index}" for index in range(6))
"""Pointers to the k-th number of the text, see `controllable.instruction.numbers`."""
STRENGTHS = ("default", "little", "half", "strong", "full", *NUMBERS)
SCALE_WORDS = ("none", "larger", "2", "4", "8", *NUMBERS)
REASONS = ("none", "object", "style", "colorize", "geometry", "effect", "question", "unclear")
"""Why a wish is outside what the program does; "none": it is inside."""
SIGNS = ("none", "more", "less")

QUERIES = len(TASKS) + len(TONES) + 1
"""One learned query for each task, each tone, and one for scale, region, auto and reason."""


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """width: of the tower's token features. layers, heads, feedforward: of the decoder over them."""

    width: int = 128
    layers: int = 2
    heads: int = 4
    feedforward: int = 256
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"heads: {self.heads} does not divide width {self.width}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class HeadOutput:
    """Logits. B texts, T = 8 tasks, O = 4 tones.

    states: (B, T, 3); strengths: (B, T, 11); inverse: (B, T), the number says what stays;
    signs: (B, O, 3); tone_strengths: (B, O, 11); scale: (B, 11); region: (B, 5); auto: (B,); reason: (B, 8).
    """

    states: Tensor
    strengths: Tensor
    inverse: Tensor
    signs: Tensor
    tone_strengths: Tensor
    scale: Tensor
    region: Tensor
    auto: Tensor
    reason: Tensor


class InstructionHead(nn.Module):
    """Queries that cross-attend over token features, after DETR's decoder (Carion et al. 2020, section 3.2)."""

    def __init__(self, config: HeadConfig = HeadConfig()) -> None:
        super().__init__()
        self.config = config
        self.queries = nn.Parameter(torch.randn(QUERIES, config.width) * 0.5)
        layer = nn.TransformerDecoderLayer(
            config.width, config.heads, config.feedforward, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, config.layers, nn.LayerNorm(config.width))
        self.task = nn.Linear(config.width, len(STATES) + len(STRENGTHS) + 1)
        self.tone = nn.Linear(config.width, len(SIGNS) + len(STRENGTHS))
        self.whole = nn.Linear(config.width, len(SCALE_WORDS) + len(REGIONS) + 1 + len(REASONS))

    def forward(self, tokens: Tensor, padding: Tensor) -> HeadOutput:
        """tokens: (B, L, width); padding: (B, L) bool, True where there is no token."""
        queries = self.queries.expand(len(tokens), -1, -1)
        features = self.decoder(queries, tokens, memory_key_padding_mask=padding)
        tasks, tones, whole = features.split([len(TASKS), len(TONES), 1], dim=1)
        states, strengths, inverse = self.task(tasks).split([len(STATES), len(STRENGTHS), 1], dim=-1)
        signs, tone_strengths = self.tone(tones).split([len(SIGNS), len(STRENGTHS)], dim=-1)
        scale, region, auto, reason = self.whole(whole[:, 0]).split(
            [len(SCALE_WORDS), len(REGIONS), 1, len(REASONS)], dim=-1
        )
        return HeadOutput(
            states=states,
            strengths=strengths,
            inverse=inverse[..., 0],
            signs=signs,
            tone_strengths=tone_strengths,
            scale=scale,
            region=region,
            auto=auto[..., 0],
            reason=reason,
        )
