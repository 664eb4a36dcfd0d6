"""Recipe "instruction": the text tower, its tokenizer and the instruction head, from the corpus alone.

python -m controllable train instruction --steps 3000 --seed 0 --out models/clip
"""

import argparse
import copy
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.model import CustomTextCLIP
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from controllable.instruction.encoder import encode
from controllable.instruction.spelling import WORDS, Spelling
from controllable.networks.instruction_head import STRENGTHS, HeadConfig, HeadOutput, InstructionHead
from controllable.task import TASKS
from controllable.training.corpus import Sample, known_words, sample
from controllable.training.muon import optimizers
from controllable.training.tokenizer import PAD, save_tokenizer, train_tokenizer, with_dropout

EMBED_DIM = 128
IMAGE_SIZE_PX = 256


@dataclass(frozen=True, kw_only=True)
class InstructionRecipe:
    """Everything a run depends on; the seed reproduces it on one thread."""

    steps: int = 3000
    batch: int = 64
    learning_rate: float = 3e-3
    warmup_steps: int = 100
    average_decay: float = 0.99
    bpe_dropout: float = 0.06
    token_dropout: float = 0.04
    embedding_weight: float = 0.3
    temperature: float = 0.1
    vocabulary: int = 3200
    context_length: int = 96
    width: int = 160
    layers: int = 4
    heads: int = 5
    mlp_ratio: float = 3.0
    tokenizer_texts: int = 60_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 2:
            raise ValueError(f"steps: at least 1 and batch at least 2, not {self.steps} and {self.batch}")

    def model_config(self) -> dict[str, Any]:
        """The folder's model_cfg. The pooled class token and the mask need `embed_cls` without a causal mask."""
        return {
            "embed_dim": EMBED_DIM,
            "custom_text": True,
            "vision_cfg": {"image_size": IMAGE_SIZE_PX, "layers": [1, 1, 1, 1], "width": 20},
            "text_cfg": {
                "context_length": self.context_length,
                "vocab_size": self.vocabulary,
                "hf_tokenizer_name": "local-dir",
                "width": self.width,
                "heads": self.heads,
                "layers": self.layers,
                "mlp_ratio": self.mlp_ratio,
                "embed_cls": True,
                "no_causal_mask": True,
                "pad_id": 0,
            },
        }


def instruction_loss(output: HeadOutput, target: dict[str, Tensor]) -> Tensor:
    """Sum of the cross-entropies of everything that is asked; strengths only where there is something to scale."""
    pairs = [
        (output.states, target["states"], 6.0),
        (output.strengths, target["strengths"], 3.0),
        (output.signs, target["signs"], 1.5),
        (output.tone_strengths, target["tone_strengths"], 0.3),
        (output.scale, target["scale"], 1.0),
        (output.region, target["region"], 1.0),
        (output.reason, target["reason"], 1.5),
    ]
    loss = sum(weight * _cross_entropy(logits.flatten(0, -2), wanted.flatten()) for logits, wanted, weight in pairs)
    numbered = target["strengths"] >= STRENGTHS.index("number 0")
    if numbered.any():
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(
            output.inverse[numbered], target["inverse"][numbered].float()
        )
    return loss + F.binary_cross_entropy_with_logits(output.auto, target["auto"].float())


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean over the rows whose class is not -1; 0 when there is none."""
    total = F.cross_entropy(logits, wanted, ignore_index=-1, reduction="sum")
    return total / (wanted >= 0).sum().clamp(min=1)


def embedding_loss(embedding: Tensor, asked: Tensor, temperature: float) -> Tensor:
    """Texts that ask for the same are each other's positives: supervised contrast, Khosla et al. 2020, equation 2.

    embedding: (B, E), length 1; asked: (B, K) integer description of the wish.
    """
    same = (asked[:, None] == asked[None]).all(dim=-1).fill_diagonal_(False)
    logits = (embedding @ embedding.T / temperature).fill_diagonal_(-1e4)
    log_share = logits.log_softmax(dim=-1)
    positives = same.sum(dim=-1)
    return -((log_share * same).sum(dim=-1) / positives.clamp(min=1)).sum() / (positives > 0).sum().clamp(min=1)


def targets(samples: Sequence[Sample]) -> dict[str, Tensor]:
    """The classes of `instruction_loss`, stacked."""
    names = [item.name for item in fields(Sample) if item.name not in ("text", "reading")]
    return {name: torch.tensor([getattr(one, name) for one in samples]) for name in names}


def collate(samples: Sequence[Sample], tokenizer: Tokenizer) -> tuple[Tensor, dict[str, Tensor]]:
    """ids: (B, L) long, padded to the longest; targets."""
    ids = torch.tensor([encoding.ids for encoding in tokenizer.encode_batch([one.reading for one in samples])])
    return ids, targets(samples)


def batches(
    rng: random.Random, tokenizer: Tokenizer, spelling: Spelling, size: int, pool: int = 16
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """Endless batches of texts of similar length, so that little is padding: drawn in pools, sorted, shuffled."""
    while True:
        samples = sorted((sample(rng, spelling) for _ in range(size * pool)), key=lambda one: len(one.reading.encode()))
        starts = list(range(0, size * pool, size))
        rng.shuffle(starts)
        for start in starts:
            yield collate(samples[start : start + size], tokenizer)


def train(
    recipe: InstructionRecipe,
    *,
    start: Path | None = None,
    out: Path | None = None,
    save_every: int = 500,
    head_only: bool = False,
) -> tuple[CustomTextCLIP, InstructionHead, Tokenizer, Spelling]:
    """Train on fresh samples; the weights returned are an exponential average over the steps.

    start: a folder that `save` wrote, to continue from with its tokenizer; out: where to save on the way; head_only:
    leave the tower as it is, so that an image tower aligned with it stays aligned.
    """
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    corpus = random.Random(recipe.seed + 1)
    spelling = known_words(random.Random(recipe.seed + 2), 2 * recipe.tokenizer_texts)
    texts = (sample(corpus, spelling).reading for _ in range(recipe.tokenizer_texts))
    tokenizer = (
        train_tokenizer(texts, vocabulary=recipe.vocabulary)
        if start is None
        else Tokenizer.from_file(str(start / "tokenizer.json"))
    )
    rough = with_dropout(tokenizer, recipe.bpe_dropout)
    rough.enable_truncation(recipe.context_length - 1)
    rough.enable_padding(pad_id=0, pad_token=PAD)

    config = recipe.model_config()
    config.pop("custom_text")
    clip = CustomTextCLIP(**config)
    head = InstructionHead(HeadConfig(width=recipe.width))
    if start is not None:
        clip.load_state_dict(load_file(start / "open_clip_model.safetensors"))
        if (start / "instruction_head.safetensors").exists():
            head.load_state_dict(load_file(start / "instruction_head.safetensors"))
    probe = nn.Linear(EMBED_DIM, len(TASKS) + 2)
    modules = nn.ModuleList([clip.text, head, probe])
    average = torch.optim.swa_utils.AveragedModel(
        modules, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average_decay)
    )
    clip.text.requires_grad_(not head_only)
    steppers = optimizers(modules, recipe.learning_rate, dimensions=2)
    started, running = time.monotonic(), 0.0
    modules.train()
    data = batches(rng, rough, spelling, recipe.batch)
    for step in range(1, recipe.steps + 1):
        ids, target = next(data)
        dropped = (torch.rand(ids.shape) < recipe.token_dropout) & (ids > 10)
        with torch.set_grad_enabled(not head_only):
            encoded = encode(clip.text, ids.masked_fill(dropped, 1))
        output = head(encoded.tokens, encoded.padding)
        removed = target["states"] == 1
        refused = (target["reason"] > 0)[:, None]
        kinds = torch.cat([removed, target["auto"][:, None] > 0, refused], dim=1)
        loss = instruction_loss(output, target)
        alike = embedding_loss(
            F.normalize(encoded.pooled, dim=-1), torch.cat([kinds, target["signs"]], dim=1).long(), recipe.temperature
        )
        named = F.binary_cross_entropy_with_logits(probe(encoded.pooled), kinds.float())
        modules.zero_grad(set_to_none=True)
        (loss + recipe.embedding_weight * (alike + 4.0 * named)).backward()
        nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = recipe.learning_rate * _cosine(step, recipe)
            stepper.step()
        average.update_parameters(modules)
        running += loss.item()
        if step % 100 == 0:
            losses = f"loss {running / 100:.4f} alike {alike.item():.3f}"
            print(f"step {step}/{recipe.steps} {losses} {time.monotonic() - started:.0f} s", flush=True)
            running = 0.0
        if out is not None and step % save_every == 0:
            so_far = copy.deepcopy(clip)
            so_far.text.load_state_dict(average.module[0].state_dict())
            save(out, recipe, so_far, average.module[1], tokenizer, spelling)
    modules.load_state_dict(average.module.state_dict())
    return clip.eval(), head.eval(), tokenizer, spelling


def save(
    folder: Path,
    recipe: InstructionRecipe,
    clip: CustomTextCLIP,
    head: InstructionHead,
    tokenizer: Tokenizer,
    spelling: Spelling,
) -> None:
    """Write the open_clip folder, fp16; an image tower that is already there stays, it must be aligned anew."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = clip.state_dict()
    existing = folder / "open_clip_model.safetensors"
    if existing.exists():
        image = {
            name: value
            for name, value in load_file(existing).items()
            if name.startswith("visual.") or name == "logit_scale"
        }
        weights |= {
            name: value for name, value in image.items() if name in weights and value.shape == weights[name].shape
        }
    save_file({name: _half(value) for name, value in weights.items()}, existing)
    save_file(
        {name: _half(value) for name, value in head.state_dict().items()}, folder / "instruction_head.safetensors"
    )
    (folder / "instruction_head.json").write_text(json.dumps(head.config.to_dict(), indent=2) + "\n")
    config = {"model_cfg": recipe.model_config(), "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_tokenizer(tokenizer, folder, context_length=recipe.context_length)
    spelling.save(folder / WORDS)


def _half(value: Tensor) -> Tensor:
    return value.detach().half().contiguous() if value.is_floating_point() else value.contiguous()


def _cosine(step: int, recipe: InstructionRecipe) -> float:
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    progress = (step - recipe.warmup_steps) / max(1, recipe.steps - recipe.warmup_steps)
    return 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=InstructionRecipe.steps, help="optimiser steps of 64 texts")
    parser.add_argument("--rate", type=float, default=InstructionRecipe.learning_rate, help="highest step size")
    parser.add_argument("--seed", type=int, default=0, help="of the texts, the weights and the dropout")
    parser.add_argument("--out", type=Path, default=Path("runs/instruction"), help="the open_clip folder to write")
    parser.add_argument("--start", type=Path, help="a folder of an earlier run to continue from")
    parser.add_argument("--head-only", action="store_true", help="leave the text tower as it is")
    parser.add_argument("--threads", type=int, default=1)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.set_num_threads(arguments.threads)
    recipe = InstructionRecipe(steps=arguments.steps, seed=arguments.seed, learning_rate=arguments.rate)
    clip, head, tokenizer, spelling = train(
        recipe, start=arguments.start, out=arguments.out, head_only=arguments.head_only
    )
    save(arguments.out, recipe, clip, head, tokenizer, spelling)
    return {"weights": str(arguments.out)}
