"""Recipe: the quality head alone, on a finished image tower. `python -m controllable train quality-head --data DIR`.

The head is small and what it sees of a photo never changes, so photos are spoilt and described once (`Described`, most
of the time) and the head then learns from all of them many times over. It learns two things: whether a flaw is there
(cross-entropy), and how severe it is where it is (absolute error), beside the score.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from controllable.degradation import POINTWISE, Chain
from controllable.networks.quality_head import QualityHead
from controllable.quality.measurements import NUMBERS, SPECTRA, Measurements, measure
from controllable.quality.mosaic import assemble, choose_tiles, normalize
from controllable.task import TASKS, Task
from controllable.training.counterfactual import PairSettings, draw_severity
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos
from controllable.training.processes import stream
from controllable.training.quality import half, ssim

PHOTO_PX = 320
"""Side of the crops that stand for whole photos."""
SHARD = 64
FLAWS = (0.42, 0.24, 0.22, 0.12)
"""Probabilities of 1 to 4 flaws; `CLEAN_SHARE` have none."""
CLEAN_SHARE = 0.14
SHIFTED = 0.15
"""Share of the photos cut after compression, off JPEG's grid."""
LEAST: dict[Task, float] = {
    Task.NOISE: 0.03, Task.BLUR: 0.12, Task.COMPRESSION: 0.05, Task.RESOLUTION: 0.05,
    Task.LOW_LIGHT: 0.05, Task.HAZE: 0.05, Task.COLOR: 0.05, Task.DETAIL: 0.12,
}  # fmt: skip
"""A flaw counts as there from this severity on; below, a single one changes a photo by less than 45 dB or so."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What the head sees of spoilt photos, and the truth: embedding (B, D), spectrum (B, 3, 64, 33), numbers (B, K),
    severity (B, 8), score (B,) in [0, 1]."""

    embedding: Tensor
    spectrum: Tensor
    numbers: Tensor
    severity: Tensor
    score: Tensor

    def __len__(self) -> int:
        return len(self.score)

    def at(self, rows: Tensor) -> "Described":
        return Described(**{part.name: getattr(self, part.name)[rows].float() for part in fields(self)})


def draw(photos: Photos, visual: nn.Module, count: int, generator: torch.Generator) -> Described:
    """`count` photos, spoilt and described."""
    settings = PairSettings(batch=count, flaws=FLAWS, weights=dict.fromkeys(TASKS, 1.0))
    severity, _ = draw_severity(settings, generator)
    column = TASKS.index(Task.RESOLUTION)
    between = 0.05 + 0.95 * torch.rand(count, generator=generator)
    loose = (severity[:, column] > 0.0) & (torch.rand(count, generator=generator) < 0.5)
    severity[:, column] = torch.where(loose, between, severity[:, column])
    severity[torch.rand(count, generator=generator) < CLEAN_SHARE] = 0.0
    crops = photos.sample(count, PHOTO_PX + 8, generator)
    chain = Chain()
    params = chain.sample(count, generator, severity)
    clean = crops.crops[:, 0]
    image = chain.apply(clean, params, window=crops.windows[:, 0])
    middle = slice(PHOTO_PX // 4, 3 * PHOTO_PX // 4)
    score = ssim(image[..., middle, middle], clean[..., middle, middle]).clamp(0.0, 1.0)
    thumbnail = chain.apply(crops.thumbnails, params, only=POINTWISE)
    shift = torch.randint(8, (count, 2), generator=generator)
    shift *= torch.rand(count, 1, generator=generator) < SHIFTED
    image = torch.stack([
        photo[:, y : y + PHOTO_PX, x : x + PHOTO_PX] for photo, (y, x) in zip(image, shift.tolist(), strict=True)
    ])  # fmt: skip
    seen = describe(image, thumbnail, visual, offset=int(torch.randint(2, (), generator=generator)))
    return Described(
        embedding=seen[0], spectrum=seen[1].spectrum, numbers=seen[1].numbers, severity=severity, score=score
    )


@torch.inference_mode()
def describe(image: Tensor, thumbnail: Tensor, visual: nn.Module, offset: int = 0) -> tuple[Tensor, Measurements]:
    """image (B, 3, H, W), thumbnail (B, 3, 64, 64) → the embedding (B, D), of one choice of tiles, and measurements."""
    tiles = torch.cat([choose_tiles(photo, offset) for photo in image.split(1)])
    mosaic = normalize(assemble(thumbnail, tiles)).contiguous(memory_format=torch.channels_last)
    return visual(mosaic), measure(image, thumbnail)


def gather(folder: Path, photos: Photos, visual: nn.Module, shards: int, seed: int) -> Described:
    """`shards` times `SHARD` photos; those already below `folder` are read, the others drawn and written there."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number in range(shards):
        path = folder / f"{number:05d}.pt"
        if not path.exists():
            drawn = draw(photos, visual, SHARD, stream(seed, number))
            temporary = path.with_suffix(".tmp")
            torch.save({part.name: getattr(drawn, part.name).half() for part in fields(drawn)}, temporary)
            temporary.replace(path)
            print(f"described {(number + 1) * SHARD} of {shards * SHARD} photos", flush=True)
        parts.append(torch.load(path, weights_only=True))
    return Described(**{part.name: torch.cat([one[part.name] for one in parts]) for part in fields(Described)})


class HeadRecipe:
    """training, development: what `gather` made of photos of either kind."""

    def __init__(self, training: Described, development: Described, *, batch: int, seed: int) -> None:
        self.training, self.batch, self.seed = training, batch, seed
        self.development = development.at(torch.arange(len(development)))
        self.least = torch.tensor([LEAST[task] for task in TASKS])
        self.network = QualityHead(training.embedding.shape[1], SPECTRA, NUMBERS)
        self._standardise()

    def _standardise(self) -> None:
        some = self.training.at(torch.arange(min(4096, len(self.training))))
        for name in ("embedding", "spectrum", "numbers"):
            values = getattr(some, name)
            getattr(self.network, f"{name}_mean").copy_(values.mean(0))
            getattr(self.network, f"{name}_scale").copy_(1.0 / (values.std(0) + 0.02))

    def batches(self, start: int) -> Iterator[Described]:
        self.network.train()
        step = start
        while True:
            rows = torch.randint(len(self.training), (self.batch,), generator=stream(self.seed, step))
            yield self.training.at(rows)
            step += 1

    def loss(self, network: nn.Module, batch: Described) -> tuple[Tensor, dict[str, Tensor | float]]:
        assert isinstance(network, QualityHead)
        logits, severity, score = network.parts(batch.embedding, batch.spectrum, batch.numbers)
        there = (batch.severity >= self.least).float()
        presence = F.binary_cross_entropy_with_logits(logits, there)
        error = ((severity - batch.severity).abs() * there).sum() / there.sum().clamp_min(1.0)
        loss = presence + error + 0.3 * (score - batch.score).abs().mean()
        return loss, {"presence": presence.detach(), "error": error.detach()}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Mean absolute error of what is reported, per task; score = minus their mean, noise and compression twice."""
        seen = self.development
        quality = network(seen.embedding, seen.spectrum, seen.numbers)
        error = (quality[:, :-1] - seen.severity).abs().mean(0).tolist()
        figures = dict(zip((task.value for task in TASKS), error, strict=True))
        total = sum(error) + figures["noise"] + figures["compression"]
        return {"score": -total / 10.0} | figures | {"overall": float((quality[:, -1] - seen.score).abs().mean())}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--clip", type=Path, default=Path("models/clip"), help="open_clip folder with the image tower")
    parser.add_argument("--out", type=Path, default=Path("runs/quality-head"), help="checkpoints, log and weights")
    parser.add_argument("--shards", type=int, default=160, help=f"of {SHARD} spoilt photos each, kept below OUT/photos")
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--every", type=int, default=200, help="steps between evaluations and checkpoints")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    visual = open_clip.create_model(f"local-dir:{arguments.clip.resolve()}").visual.float().eval()
    visual = visual.to(memory_format=torch.channels_last)
    parts = {}
    for name, shards in (("training", arguments.shards), ("development", max(1, arguments.shards // 16))):
        photos = Photos(arguments.data, development=name == "development")
        parts[name] = gather(arguments.out / "photos" / name, photos, visual, shards, arguments.seed)
    recipe = HeadRecipe(**parts, batch=arguments.batch, seed=arguments.seed)
    settings = FitSettings(
        steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, warmup=50, ema=0.99,
        every=arguments.every,
    )  # fmt: skip
    best = fit(recipe, settings, arguments.out)
    assert isinstance(best, QualityHead)
    return {"weights": str(save(best, arguments.clip, arguments.out / "weights"))}


def save(head: QualityHead, source: Path, folder: Path) -> Path:
    """`source` with this head in it, fp16 safetensors; everything else is copied byte by byte."""
    if source.resolve() != folder.resolve():
        shutil.copytree(source, folder, dirs_exist_ok=True)
    save_file({name: half(value) for name, value in head.state_dict().items()}, folder / "quality_head.safetensors")
    (folder / "quality_head.json").write_text(json.dumps(head.sizes) + "\n")
    return folder
