"""Recipe "adapter": an instruction head for any open_clip text tower, fitted once and kept.

python -m controllable train adapter --clip hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K

The tower stays as it is. Its token features of a few thousand corpus texts are computed once; the head, which is all
that learns, sees them several times.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from controllable.instruction.foreign import ADAPTER, ForeignEncoder, adapter_folder
from controllable.instruction.spelling import WORDS, Spelling
from controllable.networks.instruction_head import HeadConfig, InstructionHead
from controllable.training.corpus import Sample, sample
from controllable.training.instruction import instruction_loss, targets
from controllable.training.muon import optimizers

Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class AdapterRecipe:
    """minutes: for everything; embedding: share of it spent on the tower; texts: at most so many."""

    minutes: float = 2.5
    embedding: float = 0.6
    texts: int = 12_000
    batch: int = 64
    rate: float = 2e-3
    width: int = 160
    heads: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.minutes <= 0 or not 0 < self.embedding < 1 or self.texts < self.batch:
            raise ValueError("minutes: above 0; embedding: between 0 and 1; texts: at least one batch")


@dataclass(frozen=True, kw_only=True)
class Batch:
    """tokens: (B, L, W) bfloat16; padding: (B, L); target: as `training.instruction.targets` gives it."""

    tokens: Tensor
    padding: Tensor
    target: dict[str, Tensor]


def fit_adapter(
    name: str, words: Path, recipe: AdapterRecipe = AdapterRecipe(), *, out: Path | None = None, progress: Progress
) -> Path:
    """Fit and save the adapter of an open_clip model; returns its folder.

    words: the bundled model's list of known words. Raises ValueError when the model cannot be loaded.
    """
    started = time.monotonic()
    torch.manual_seed(recipe.seed)
    encoder = ForeignEncoder(name)
    spelling = Spelling.load(words)
    seconds = 60.0 * recipe.minutes
    batches = _embed(encoder, spelling, recipe, started + recipe.embedding * seconds, progress)
    head = InstructionHead(HeadConfig(width=recipe.width, heads=recipe.heads, tokens=encoder.width))
    _fit(head, batches, recipe, started + seconds, progress)
    folder = out or adapter_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.half().contiguous() for key, value in head.state_dict().items()}
    save_file(weights, folder / "instruction_head.safetensors")
    (folder / "instruction_head.json").write_text(json.dumps(head.config.to_dict(), indent=2) + "\n")
    spelling.save(folder / WORDS)
    (folder / ADAPTER).write_text(json.dumps({"clip": name}) + "\n")
    progress(1.0, "done")
    return folder


def _embed(
    encoder: ForeignEncoder, spelling: Spelling, recipe: AdapterRecipe, until: float, progress: Progress
) -> list[Batch]:
    """As many batches as fit the time, each of texts of similar length."""
    rng = random.Random(recipe.seed)
    batches: list[Batch] = []
    while len(batches) * recipe.batch < recipe.texts and (not batches or time.monotonic() < until):
        pool = sorted((sample(rng, spelling) for _ in range(8 * recipe.batch)), key=lambda one: len(one.reading))
        for start in range(0, len(pool), recipe.batch):
            if batches and time.monotonic() >= until:
                break
            batches.append(_batch(encoder, pool[start : start + recipe.batch]))
            share = len(batches) * recipe.batch / recipe.texts
            left = (until - time.monotonic()) / (60.0 * recipe.minutes * recipe.embedding)
            progress(recipe.embedding * min(1.0, max(share, 1.0 - left)), "reading the corpus with the tower")
    return batches


def _batch(encoder: ForeignEncoder, samples: Sequence[Sample]) -> Batch:
    with torch.autocast("cpu", torch.bfloat16):
        encoded = encoder([one.reading for one in samples])
    return Batch(tokens=encoded.tokens.bfloat16().clone(), padding=encoded.padding.clone(), target=targets(samples))


def _fit(
    head: InstructionHead, batches: Sequence[Batch], recipe: AdapterRecipe, until: float, progress: Progress
) -> None:
    rng = random.Random(recipe.seed)
    steppers = optimizers(head, recipe.rate, dimensions=2)
    begun, done = time.monotonic(), 0.0
    head.train()
    while done < 1.0:
        for batch in rng.sample(batches, len(batches)):
            done = min(1.0, (time.monotonic() - begun) / max(1.0, until - begun))
            head.zero_grad(set_to_none=True)
            instruction_loss(head(batch.tokens.float(), batch.padding), batch.target).backward()
            for stepper in steppers:
                for group in stepper.param_groups:
                    group["lr"] = recipe.rate * (1.0 - 0.98 * done)
                stepper.step()
            progress(recipe.embedding + (1.0 - recipe.embedding) * done, "fitting the adapter")
            if done >= 1.0:
                break
    head.eval()


def ensure_adapter(name: str, words: Path) -> Path:
    """The folder of the tower's adapter; it is fitted first, with a progress bar on stderr, if it is not there."""
    folder = adapter_folder(name)
    return folder if (folder / ADAPTER).exists() else _with_bar(name, words, AdapterRecipe(), None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", required=True, help="hf-hub:OWNER/NAME, local-dir:FOLDER or MODEL:PRETRAINED")
    parser.add_argument("--words", type=Path, default=Path("models/clip") / WORDS, help="the bundled list of words")
    parser.add_argument("--minutes", type=float, default=AdapterRecipe.minutes)
    parser.add_argument("--out", type=Path, help="instead of the cache")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    recipe = AdapterRecipe(minutes=arguments.minutes)
    return {"adapter": str(_with_bar(arguments.clip, arguments.words, recipe, arguments.out))}


def _with_bar(name: str, words: Path, recipe: AdapterRecipe, out: Path | None) -> Path:
    from tqdm import tqdm

    with tqdm(total=100, bar_format="{desc}: {percentage:3.0f} % |{bar}| {elapsed}") as bar:

        def progress(share: float, what: str) -> None:
            bar.set_description(what, refresh=False)
            bar.update(round(100 * share) - bar.n)

        return fit_adapter(name, words, recipe, out=out, progress=progress)
