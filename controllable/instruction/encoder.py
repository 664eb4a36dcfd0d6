"""TextEncoder: readings → token features and embeddings, by the text tower of the bundled open_clip folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from open_clip.transformer import TextTransformer


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """B texts of at most L tokens. pooled: (B, E), not normalised; tokens: (B, L, W); padding: (B, L) bool."""

    pooled: Tensor
    tokens: Tensor
    padding: Tensor


class Encoder(Protocol):
    """What the instruction stage asks of a text tower, bundled or foreign. Texts: numbers already taken out."""

    context_length: int

    def count(self, text: str) -> int:
        """Tokens of one text."""
        ...

    def __call__(self, texts: Sequence[str]) -> Encoded: ...


def encode(tower: "TextTransformer", ids: Tensor) -> Encoded:
    """`tower(ids)` together with its token features, at the cost of the longest text instead of the whole context.

    ids: (B, L) long, padded with `tower.pad_id`. The pooled features equal open_clip's own `encode_text`: the class
    token keeps the last position, and the mask is open_clip's, which lets a text see one padding token.
    """
    length = min(tower.context_length, int((ids != tower.pad_id).sum(dim=1).max()) + 1)
    ids = torch.nn.functional.pad(ids, (0, max(0, length - ids.shape[1])), value=tower.pad_id)[:, :length]
    padding = ids == tower.pad_id
    positions = tower.positional_embedding
    words = tower.token_embedding(ids) + positions[:length]
    summary = (tower.cls_emb + positions[-1]).expand(len(ids), 1, -1)
    mask = tower._build_additive_mask(ids, length + 1, words.dtype)
    features = tower.ln_final(tower.transformer(torch.cat([words, summary], dim=1), attn_mask=mask))
    first_only = padding.clone()
    first_only[:, 0] = False
    return Encoded(pooled=features[:, -1] @ tower.text_projection, tokens=features[:, :-1], padding=first_only)


class TextEncoder:
    """The text tower and tokenizer of an open_clip folder, CPU, fp32."""

    def __init__(self, tower: "TextTransformer", tokenizer: Any) -> None:
        """tokenizer: a `tokenizers.Tokenizer`."""
        self.tower = tower.eval()
        self.context_length = tower.context_length
        self.tokenizer = tokenizer
        self.tokenizer.enable_truncation(tower.context_length - 1)
        self.tokenizer.enable_padding(pad_id=tower.pad_id, pad_token="<pad>")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "TextEncoder":
        import open_clip
        from tokenizers import Tokenizer

        model = open_clip.create_model(f"local-dir:{folder}")
        return cls(model.text, Tokenizer.from_file(str(Path(folder) / "tokenizer.json")))

    def count(self, text: str) -> int:
        return len(self.ids([text])[0].nonzero())

    def ids(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))])

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Encoded:
        return encode(self.tower, self.ids(texts))
