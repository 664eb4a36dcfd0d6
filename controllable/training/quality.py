"""Recipe: the image tower. `python -m controllable train quality --data DIR`, then `train quality-head` on it.

The text tower is locked and the image tower learns to meet it (LiT, Zhai et al. 2022), with soft targets: two photos
of a batch count as alike as their severities are; and for every flaw by itself, the worse photo must lie closer to its
words. A probe that serves training alone regresses the same embedding to severities and score, by
cross-entropy with soft targets (most severities are 0, and an absolute error alone would settle for that) and a
little absolute error; flaws that are there count threefold. What reports the quality is the head of `quality_head`.
"""

import argparse
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from controllable.degradation import POINTWISE, Chain, Params
from controllable.instruction.parser import InstructionParser
from controllable.quality.mosaic import TILE_PX, TILES, assemble, normalize
from controllable.task import TASKS, Task
from controllable.training.captions import CLEAN, caption, flaw_words
from controllable.training.counterfactual import PairSettings, draw_severity
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos

SHIFT_PX = 8


class Probe(nn.Module):
    """embedding (B, D), not normalised → (B, 9) in [0, 1]: severities in the order of `TASKS`, then score / 100."""

    def __init__(self, embedding: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(embedding, hidden), nn.GELU(), nn.Linear(hidden, len(TASKS) + 1))

    def forward(self, embedding: Tensor) -> Tensor:
        return torch.sigmoid(self.layers(embedding))


class ImageTower(nn.Module):
    """What is trained: open_clip's image tower, the probe and the temperature."""

    def __init__(self, visual: nn.Module, embedding: int) -> None:
        super().__init__()
        self.visual = visual
        self.head = Probe(embedding)
        self.logit_scale = nn.Parameter(torch.tensor(2.3))

    def forward(self, mosaic: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, 256, 256) → embedding (B, D) and quality (B, 9)."""
        embedding = self.visual(normalize(mosaic))
        return embedding, self.head(embedding)


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity over 7 px windows and RGB, (B,) (Wang et al., 2004, eq. 13)."""

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 7, stride=2)

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean((1, 2, 3))


class Mosaics(IterableDataset[tuple[Tensor, Tensor]]):
    """An endless stream of (mosaic (B, 3, 256, 256), quality (B, 9)): one photo in eight is clean."""

    def __init__(self, photos: Photos, batch: int, seed: int) -> None:
        weights = {task: 1.0 for task in TASKS} | {Task.NOISE: 1.3, Task.COMPRESSION: 1.8}
        self.settings = PairSettings(batch=batch, flaws=(0.5, 0.3, 0.2), weights=weights)
        self.photos, self.seed = photos, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        chain = Chain()
        batch = self.settings.batch
        while True:
            severity, _ = draw_severity(self.settings, generator)
            severity[torch.rand(batch, generator=generator) < 0.125] = 0.0
            params = chain.sample(batch, generator, severity)
            yield self._mosaic(chain, params, generator)

    def _mosaic(self, chain: Chain, params: Params, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        batch = len(params)
        crops = self.photos.sample(batch, TILE_PX + SHIFT_PX, generator, crops=TILES)
        clean = crops.crops.flatten(0, 1)
        tiles = chain.apply(clean, params.repeat(TILES), window=crops.windows.flatten(0, 1))
        score = ssim(tiles, clean).clamp(0.0, 1.0).view(batch, TILES).mean(1)
        shift = torch.randint(SHIFT_PX, (2,), generator=generator)
        dy, dx = (shift * (torch.rand((), generator=generator) < 0.3)).tolist()
        tiles = tiles[..., dy : dy + TILE_PX, dx : dx + TILE_PX].unflatten(0, (batch, TILES))
        thumbnail = chain.apply(crops.thumbnails, params, only=POINTWISE)
        return assemble(thumbnail, tiles), torch.cat((params.severity, score[:, None]), 1)


class QualityRecipe:
    def __init__(
        self,
        visual: nn.Module,
        text: InstructionParser | None,
        data: Path,
        *,
        batch: int,
        contrast: float,
        seed: int,
        device: str,
    ) -> None:
        self.text, self.device = text, device
        self.network = ImageTower(visual, visual.output_dim).to(device, memory_format=torch.channels_last)
        self.batch, self.contrast, self.seed = batch, contrast, seed
        self.chance = random.Random(seed)
        self.photos = Photos(data)
        development = iter(Mosaics(Photos(data, development=True), 32, seed))
        self.development = [next(development) for _ in range(8)]

    def batches(self, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        self.network.train()
        stream = Mosaics(self.photos, self.batch, self.seed + 1_000_003 * start)
        return iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4))

    def loss(self, network: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, float]]:
        mosaic, quality = (part.to(self.device) for part in batch)
        with torch.autocast(self.device, torch.bfloat16):
            embedding, estimate = network(mosaic)
        weights = quality.new_tensor([2.0 if t in (Task.NOISE, Task.COMPRESSION) else 1.0 for t in TASKS] + [1.0])
        estimate = estimate.float().clamp(1e-4, 1.0 - 1e-4)
        error = (estimate - quality).abs()
        likelihood = F.binary_cross_entropy(estimate, quality, reduction="none")
        present = 1.0 + 2.0 * (quality > 0.0)
        regression = ((likelihood + 0.3 * error) * weights * present).mean()
        figures = {"error": error.mean().item()}
        if self.text is None:
            return regression, figures
        severity = quality[:, : len(TASKS)]
        contrast = self._contrast(network, embedding.float(), severity)
        ranking = self._ranking(network, embedding.float(), severity)
        figures |= {"contrast": contrast.item(), "ranking": ranking.item()}
        return regression + self.contrast * (contrast + ranking), figures

    def _contrast(self, network: nn.Module, embedding: Tensor, severity: Tensor) -> Tensor:
        words = [caption(row, self.chance) for row in severity.cpu()]
        text = self.text.embed(words).to(embedding)
        logits = network.logit_scale.exp().clamp(max=100.0) * F.normalize(embedding, dim=1) @ text.T
        target = torch.softmax(-torch.cdist(severity, severity, p=1) / 0.1, dim=1)
        rows = -(target * torch.log_softmax(logits, 1)).sum(1).mean()
        columns = -(target * torch.log_softmax(logits.T, 1)).sum(1).mean()
        return 0.5 * (rows + columns)

    def _ranking(self, network: nn.Module, embedding: Tensor, severity: Tensor) -> Tensor:
        """Of two photos the worse one lies closer to the words of its flaw than to those of a good photo.

        Pairwise logistic loss (RankNet, Burges et al. 2005, eq. 3), each step with other words for every task.
        """
        words = [flaw_words(task, self.chance) for task in TASKS] + [self.chance.choice(CLEAN)]
        text = self.text.embed(words).to(embedding)
        closeness = F.normalize(embedding, dim=1) @ (text[:-1] - text[-1:]).T
        lead = closeness[:, None] - closeness[None]
        worse = severity[:, None] - severity[None] > 0.1
        return F.softplus(-network.logit_scale.exp().clamp(max=100.0) * lead)[worse].mean()

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """Mean absolute error per task on degraded development photos; score = -(mean, noise and compression twice)."""
        errors = []
        for mosaic, quality in self.development:
            with torch.autocast(self.device, torch.bfloat16):
                _, estimate = network(mosaic.to(self.device))
            errors.append((estimate.float().cpu() - quality).abs())
        mean = torch.cat(errors).mean(0)
        names = [task.value for task in TASKS] + ["overall"]
        figures = {name: float(value) for name, value in zip(names, mean, strict=True)}
        return {"score": -(sum(figures.values()) + figures["noise"] + figures["compression"]) / 11.0} | figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--clip", type=Path, default=Path("models/clip"), help="open_clip folder with the text tower")
    parser.add_argument("--out", type=Path, default=Path("runs/quality"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--contrast", type=float, default=0.05, help="weight of the contrastive loss")
    parser.add_argument("--start", type=Path, help="best.pt of an earlier run to continue from")
    parser.add_argument("--every", type=int, default=500, help="steps between evaluations and checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    torch.manual_seed(arguments.seed)
    clip = open_clip.create_model(f"local-dir:{arguments.clip.resolve()}")
    text = InstructionParser.from_pretrained(arguments.clip) if arguments.contrast > 0 else None
    recipe = QualityRecipe(
        clip.visual, text, arguments.data,
        batch=arguments.batch, contrast=arguments.contrast, seed=arguments.seed, device=arguments.device,
    )  # fmt: skip
    if arguments.start:
        recipe.network.load_state_dict(torch.load(arguments.start, weights_only=True))
    settings = FitSettings(steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=arguments.every)
    best = fit(recipe, settings, arguments.out)
    assert isinstance(best, ImageTower)
    return {"weights": str(save(best, clip, arguments.clip, arguments.out / "weights"))}


def save(tower: ImageTower, clip: nn.Module, source: Path, folder: Path) -> Path:
    """`source` with the trained image tower in it, as fp16 safetensors, and without a head: that of `source` was
    trained on another tower."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    for path in folder.glob("quality_head.*"):
        path.unlink()
    clip.visual.load_state_dict(tower.visual.state_dict())
    with torch.no_grad():
        clip.logit_scale.copy_(tower.logit_scale)
    state = {name: half(value) for name, value in clip.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def half(value: Tensor) -> Tensor:
    return (value.half() if value.is_floating_point() else value).contiguous()
