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


_CLASSES = len(SCALE_WORDS) + len(REGIONS) + 1 + len(REASONS)
"""The longest row of logits, that of the picture as a whole."""


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """width: inside; heads: of each query's attention; feedforward: inner width after it; tokens: width of the tower's
    token features, where it is another (None: `width`);
    calibration: slope and offset that turn the product of the classes' probabilities into a confidence.
    """

    width: int = 128
    heads: int = 4
    feedforward: int = 256
    tokens: int | None = None
    calibration: tuple[float, float] = (1.0, 0.0)

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


class Neighbourhood(nn.Module):
    """Residual grouped convolution over tokens: what stands next to a word decides what it means for that word."""

    def __init__(self, width: int, *, kernel: int = 9, groups: int = 4, dilation: int = 1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, kernel, padding=dilation * (kernel // 2), groups=groups, dilation=dilation)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """tokens: (B, L, width); padding: (B, L) bool → (B, L, width)."""
        inside = self.norm(tokens).masked_fill(padding[..., None], 0.0)
        return tokens + self.out(nn.functional.gelu(self.mix(inside.transpose(1, 2))).transpose(1, 2))


class InstructionHead(nn.Module):
    """Convolution and label-wise attention, Mullenbach et al. 2018 ("CAML"), equations 2-4, with several heads a label.

    The convolutions bind words to their neighbours ("not the", "40% of the"), which absolute positions teach slowly.

    Each task, each tone and the picture as a whole has its own learned query over the token features and its own
    classifier. A deviation: the classifier also sees the strongest single token of every class (a maximum over
    tokens), which lets the words of a task be learned within a few hundred steps.
    """

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.adapt = nn.Identity() if config.tokens is None else nn.Linear(config.tokens, width)
        self.near = Neighbourhood(width)
        self.far = Neighbourhood(width, dilation=2)
        self.queries = nn.Parameter(torch.randn(QUERIES, width) * width**-0.5)
        self.key_value = nn.Linear(width, 2 * width)
        self.inner = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, config.feedforward), nn.GELU(), nn.Linear(config.feedforward, width)
        )
        self.classes = nn.Parameter(torch.randn(QUERIES, width, _CLASSES) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(QUERIES, _CLASSES))
        self.evidence = nn.Linear(width, QUERIES * len(STATES))

    def forward(self, tokens: Tensor, padding: Tensor) -> HeadOutput:
        """tokens: (B, L, tokens); padding: (B, L) bool, True where there is no token."""
        tokens = self.adapt(tokens)
        batch, length, width = tokens.shape
        heads = self.config.heads
        tokens = self.far(self.near(tokens, padding), padding)
        key, value = self.key_value(tokens).view(batch, length, 2, heads, width // heads).permute(2, 0, 3, 1, 4)
        query = self.queries.view(1, QUERIES, heads, width // heads).transpose(1, 2).expand(batch, -1, -1, -1)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=~padding[:, None, None])
        features = seen.transpose(1, 2).reshape(batch, QUERIES, width)
        features = features + self.inner(features)
        logits = torch.einsum("bqw,qwc->bqc", features, self.classes) + self.bias
        strongest = self.evidence(tokens).masked_fill(padding[..., None], -1e4).amax(dim=1)
        logits = logits + nn.functional.pad(strongest.view(batch, QUERIES, -1), (0, _CLASSES - len(STATES)))
        tasks, tones, whole = logits.split([len(TASKS), len(TONES), 1], dim=1)
        states, strengths, inverse = _split(tasks, len(STATES), len(STRENGTHS), 1)
        signs, tone_strengths = _split(tones, len(SIGNS), len(STRENGTHS))
        scale, region, auto, reason = _split(whole[:, 0], len(SCALE_WORDS), len(REGIONS), 1, len(REASONS))
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


def _split(logits: Tensor, *sizes: int) -> tuple[Tensor, ...]:
    """Consecutive parts of the last axis; what is left over belongs to no class."""
    return logits.split([*sizes, logits.shape[-1] - sum(sizes)], dim=-1)[: len(sizes)]
