"""ForeignEncoder: any open_clip text tower in place of the bundled one, its token features read by an adapter head."""

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from controllable.instruction.encoder import Encoded
from controllable.instruction.numbers import COUNT, FRACTION, LARGE

_KINDS = {FRACTION: "fraction", COUNT: "number", LARGE: "hundred"}
_PLACEHOLDER = re.compile(rf"<n(\d)>({FRACTION}|{COUNT}|{LARGE})")


ADAPTER = "adapter.json"
"""In the folder of an adapter: {"clip": the name of the tower it reads}."""


def adapter_folder(name: str) -> Path:
    """Where the adapter of a tower is kept: below $CONTROLLABLE_CACHE, or ~/.cache/controllable."""
    cache = Path(os.environ.get("CONTROLLABLE_CACHE") or Path.home() / ".cache" / "controllable")
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-60:]
    return cache / "adapters" / f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class ForeignEncoder:
    """The text tower of an open_clip model on the CPU; its weights stay as they are.

    name: what `open_clip.create_model` takes: "hf-hub:owner/name", "local-dir:FOLDER", or "MODEL:PRETRAINED" of
    open_clip's own list. Raises ValueError, one sentence, when it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        model, self._tokenize = _load(name)
        self.tower: nn.Module = model.text.eval().requires_grad_(False)
        self.context_length = int(getattr(self.tower, "context_length", 0) or 77)
        self._seen: dict[str, Tensor] = {}
        self._busy = threading.Lock()
        self._padding = int(self._tokenize([""])[0, -1])
        self._is_transformer = hasattr(self.tower, "ln_final")
        self._has_class = getattr(self.tower, "cls_emb", None) is not None
        self._mask: Tensor | None = getattr(self.tower, "attn_mask", None)
        if self._is_transformer:
            self.tower.transformer.register_forward_hook(lambda module, given, out: self._seen.update(tokens=out))
        else:
            self.tower.output_tokens = True

    def count(self, text: str) -> int:
        """Tokens of one text."""
        return int(self._lengths(self.ids([text]))[0])

    def ids(self, texts: Sequence[str]) -> Tensor:
        """(N, L) long, cut to the longest text; whole where a class token's position depends on the length."""
        ids = self._tokenize([spell_out(text) for text in texts])
        return ids if self._has_class else ids[:, : int(self._lengths(ids).max())]

    @property
    def width(self) -> int:
        return self(["photo"]).tokens.shape[-1]

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Encoded:
        """texts: numbers already taken out (`numbers.extract`)."""
        ids = self.ids(texts)
        with self._busy:  # the mask and what the hook saw belong to one text at a time
            pooled, tokens = self._run(ids)
        tokens = tokens[:, : ids.shape[1]].float()
        padding = torch.arange(tokens.shape[1])[None] >= self._lengths(ids)[:, None]
        return Encoded(pooled=pooled.float(), tokens=tokens, padding=padding)

    def _run(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled features and token features."""
        if self._mask is not None:  # open_clip cuts its causal mask to shorter texts only when there is a class token
            self.tower.attn_mask = self._mask if self._has_class else self._mask[: ids.shape[1], : ids.shape[1]]
        out = self.tower(ids)
        return (out, self.tower.ln_final(self._seen.pop("tokens"))) if self._is_transformer else out

    def _lengths(self, ids: Tensor) -> Tensor:
        """(N,): tokens before the padding begins, at least 1."""
        return ((ids != self._padding).long() * torch.arange(1, ids.shape[1] + 1)).amax(1).clamp(min=1)


def spell_out(text: str) -> str:
    """Placeholders as words a foreign vocabulary has: "<n0><frac> %" → "#1 fraction %"."""
    return _PLACEHOLDER.sub(lambda match: f" #{int(match[1]) + 1} {_KINDS[match[2]]} ", text)


def _load(name: str) -> tuple[Any, Any]:
    import open_clip

    known = ("hf-hub:", "local-dir:")
    if name.startswith(known):
        model_name, tag = name, None
    else:
        model_name, _, tag = name.partition(":")
        tags = open_clip.list_pretrained_tags_by_model(model_name)
        if tag not in tags:
            have = f"its pretrained tags are {', '.join(tags)}" if tags else "open_clip does not know this model"
            raise ValueError(f"clip: {name!r} must be hf-hub:OWNER/NAME, local-dir:FOLDER or MODEL:PRETRAINED; {have}.")
    try:
        model = open_clip.create_model(model_name, pretrained=tag, force_custom_text=True)
        tokenizer = open_clip.get_tokenizer(model_name)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"clip: {name!r} could not be loaded: {reason}") from None
    return model, tokenizer
