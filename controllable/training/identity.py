"""Recipe: the face embedding of the identity guard. `python -m controllable train identity --data DIR`.

One person's face, spoilt in several ways by the project's own chain, must stay closer to itself than to anybody else's
(supervised contrastive learning, Khosla et al. 2020). Nobody is named: all it learns is "still the same face".
"""

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from controllable.color import quantize_8bit
from controllable.degradation import Chain
from controllable.degradation.chain import SeverityRange
from controllable.generation.identity import CROP_SHARE
from controllable.image.resize import resize
from controllable.networks.face_embedding import CROP_PX, FaceEmbedding
from controllable.region.masks import find_faces
from controllable.task import TASKS, Task
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import SUFFIXES, kept_aside
from controllable.training.processes import join, stream

MANIFEST = "manifest.csv"
EXPRESSIONS = ("neutral", "smiling", "happy", "sad", "angry", "afraid", "disgusted", "surprised")
DEVELOPMENT_ONE_IN = 6
VIEWS = 4
"""Crops of each person in a batch."""
TEMPERATURE = 0.1
PASSING = 0.99
"""Share of true restorations that the threshold lets pass."""
_SEARCH_PX = 320
_KEPT_SHARE, _KEPT_PX = 2.2, 256
"""Around each face, so many face widths are kept, reduced to this size at most."""
_SIZES = (64, 96, 128)
"""Sides of the crops while they are spoilt: a flaw of 2 px is another one on a small face."""
_LEAST_PX = 12
"""No crop is reduced below this: fewer pixels do not say whose face it is."""
_FLAWS: Mapping[Task, SeverityRange] = {
    Task.NOISE: SeverityRange(probability=0.35, high=0.8),
    Task.BLUR: SeverityRange(probability=0.3, high=0.6),
    Task.COMPRESSION: SeverityRange(probability=0.4),
    Task.RESOLUTION: SeverityRange(probability=0.5),
    Task.LOW_LIGHT: SeverityRange(probability=0.2, high=0.6),
    Task.HAZE: SeverityRange(probability=0.15, high=0.6),
    Task.COLOR: SeverityRange(probability=0.25, high=0.6),
    Task.DETAIL: SeverityRange(probability=0.25),
}
_CLEAN = 0.2
_JITTER_ZOOM, _JITTER_SHIFT = 0.12, 0.07

Person = list[Tensor]
"""The photos of one person: squares of `_KEPT_SHARE` face widths, (3, P, P), uint8, the face in the middle."""


def identity_of(path: Path) -> str:
    """Whose photo this is, by its name alone: the stem without a last `_word` that is one of `EXPRESSIONS`.

    `london_001_neutral.jpg` and `london_001_smiling.png` show one person; any other two stems are two people, even
    where they are not.
    """
    stem = path.stem.lower()
    return re.sub(rf"_({'|'.join(EXPRESSIONS)})$", "", stem)


def read_identities(folder: Path, manifest: Path | None = None) -> dict[Path, str]:
    """Photo below `folder` → whose it is. A CSV with columns `file`, relative to the folder, and `identity` decides,
    and files it names nobody for are left out; the folder's own `manifest.csv` is taken if it has both columns;
    without one, names decide (`identity_of`). Raises ValueError for a manifest without these columns.
    """
    path = manifest or folder / MANIFEST
    if path.is_file():
        with open(path, newline="") as stream_:
            rows = csv.DictReader(stream_)
            if {"file", "identity"} <= set(rows.fieldnames or ()):
                named = {folder / row["file"]: row["identity"] for row in rows if row["identity"]}
                return {file: who for file, who in sorted(named.items()) if file.is_file()}
    if manifest is not None:
        raise ValueError(f"identities: {manifest} is no CSV with the columns file and identity")
    return {file: identity_of(file) for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES}


def load_people(identities: Mapping[Path, str], *, development: bool) -> list[Person]:
    """The largest face of each photo that has one, by person, in the order of their names; every sixth person, by a
    hash of the name, is kept for development."""
    people: dict[str, Person] = defaultdict(list)
    for path, who in identities.items():
        if kept_aside(who, DEVELOPMENT_ONE_IN) == development:
            face = _face(np.asarray(Image.open(path).convert("RGB")))
            if face is not None:
                people[who].append(face)
    return [people[who] for who in sorted(people)]


def _face(pixels: np.ndarray) -> Tensor | None:
    """(H, W, 3), uint8 → the square around its largest face, the border repeated beyond it; None without a face."""
    scale = min(1.0, _SEARCH_PX / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes = find_faces(small)
    if not boxes:
        return None
    x, y, w, h = (value / scale for value in boxes[0])
    side = round(_KEPT_SHARE * w)
    left, top = round(x + (w - side) / 2), round(y + (h - side) / 2)
    padded = cv2.copyMakeBorder(pixels, side, side, side, side, cv2.BORDER_REPLICATE)
    square = padded[top + side : top + 2 * side, left + side : left + 2 * side]
    if side > _KEPT_PX:
        square = cv2.resize(square, (_KEPT_PX, _KEPT_PX), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(square)).permute(2, 0, 1)


def cut(face: Tensor, size: int, generator: torch.Generator | None = None) -> Tensor:
    """What the guard sees of a kept face, (1, 3, size, size), [0, 1]; with a generator shifted, zoomed and mirrored as
    a search may find the same face another time."""
    zoom, x, y, mirror = 1.0, 0.0, 0.0, False
    if generator is not None:
        draws = torch.rand(4, generator=generator).tolist()
        zoom = 1.0 + _JITTER_ZOOM * (2.0 * draws[0] - 1.0)
        x, y = (_JITTER_SHIFT * (2.0 * draw - 1.0) for draw in draws[1:3])
        mirror = draws[3] < 0.5
    whole = face.shape[-1]
    width = whole / _KEPT_SHARE
    side = round(CROP_SHARE * zoom * width)
    left, top = (round((whole - side) / 2 + shift * width) for shift in (x, y))
    crop = face[None, :, top : top + side, left : left + side].float() / 255.0
    crop = resize(crop, (size, size)).clamp(0.0, 1.0)
    return crop.flip(-1) if mirror else crop


def spoil(crops: Tensor, chain: Chain, generator: torch.Generator, *, clean: float = _CLEAN) -> Tensor:
    """(B, 3, P, P) through the chain, then at the network's size; a share of them stays clean."""
    params = chain.sample(len(crops), generator)
    severity = params.severity.clone()
    severity[torch.rand(len(crops), generator=generator) < clean] = 0.0
    most = float(np.log2(crops.shape[-1] / _LEAST_PX)) / 3.0
    severity[:, TASKS.index(Task.RESOLUTION)].clamp_(max=most)
    return at_network_size(chain.apply(crops, params.at(severity)))


def at_network_size(crops: Tensor) -> Tensor:
    return resize(crops, (CROP_PX, CROP_PX)).clamp(0.0, 1.0)


def supervised_contrast(vectors: Tensor, people: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """L_out^sup of supervised contrastive learning (Khosla et al. 2020, eq. 2): of all other crops in the batch, those
    of the same person should be the near ones. vectors: (B, D), of length 1; people: (B,), a number each."""
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    logits = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)
    likelihood = logits - torch.logsumexp(logits, 1, keepdim=True)
    same = (people[:, None] == people[None]) & ~itself
    return -(likelihood.masked_fill(~same, 0.0).sum(1) / same.sum(1).clamp_min(1)).mean()


def roc_auc(same: Tensor, other: Tensor) -> float:
    """Chance that a pair of one person is more alike than a pair of two (Mann–Whitney U; equal pairs count half)."""
    values = torch.cat((same, other)).double()
    _, place, counts = values.unique(return_inverse=True, return_counts=True)
    ranks = counts.cumsum(0) - (counts - 1) / 2.0
    least = len(same) * (len(same) + 1) / 2.0
    return float((ranks[place[: len(same)]].sum() - least) / (len(same) * len(other)))


def accepted_at(same: Tensor, other: Tensor, false_share: float = 0.01) -> float:
    """True accept rate where this share of the pairs of two people is accepted."""
    return float((same > torch.quantile(other.float(), 1.0 - false_share)).float().mean())


@dataclass(frozen=True, kw_only=True)
class Faces:
    """crops: (B, 3, 64, 64); people: (B,), a number for each person."""

    crops: Tensor
    people: Tensor


class Batches(IterableDataset[Faces]):
    """An endless stream of `count` people a batch, `VIEWS` crops of each; each batch depends on the seed and its number
    alone."""

    def __init__(self, people: Sequence[Person], size: int, *, seed: int, start: int = 0) -> None:
        self.people, self.size, self.seed, self.start = people, min(size, len(people)), seed, start
        self.chain = Chain(ranges=_FLAWS)

    def __iter__(self) -> Iterator[Faces]:
        for number in count(self.start):
            yield self.draw(stream(self.seed, number))

    def draw(self, generator: torch.Generator) -> Faces:
        who = torch.randperm(len(self.people), generator=generator)[: self.size].tolist()
        size = _SIZES[int(torch.randint(len(_SIZES), (), generator=generator))]
        crops = []
        for person in who:
            photos = self.people[person]
            first = int(torch.randint(len(photos), (), generator=generator))
            crops += [cut(photos[(first + k) % len(photos)], size, generator) for k in range(VIEWS)]
        numbers = torch.tensor(who).repeat_interleave(VIEWS)
        return Faces(crops=spoil(torch.cat(crops), self.chain, generator), people=numbers)


def pairs(vectors: Tensor, people: Tensor) -> tuple[Tensor, Tensor]:
    """Similarities of all pairs of one person, and of all pairs of two."""
    alike = vectors @ vectors.T
    upper = torch.ones_like(alike, dtype=torch.bool).triu(1)
    same = people[:, None] == people[None]
    return alike[same & upper], alike[~same & upper]


def restorations(people: Sequence[Person], draws: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """What the guard compares, (N, 3, 64, 64) each: a spoilt face, the same photo unspoilt, and the unspoilt photo of
    somebody else, as a perfect restoration and a perfect swap would hand them out. All three of a row have the
    resolution of the spoilt one, since the guard compares at the input's."""
    generator = torch.Generator().manual_seed(seed)
    chain = Chain(ranges={task: spec for task, spec in _FLAWS.items() if task is not Task.RESOLUTION})
    faces = [photos[k % len(photos)] for photos in people for k in range(draws)]
    before, true, swapped = [], [], []
    for k, face in enumerate(faces):
        size = int(torch.randint(2 * _LEAST_PX, 2 * CROP_PX, (), generator=generator))
        clean, other = cut(face, size), cut(faces[(k + draws * (1 + k % (len(people) - 1))) % len(faces)], size)
        before.append(spoil(clean, chain, generator, clean=0.0))
        true.append(at_network_size(quantize_8bit(clean)))
        swapped.append(at_network_size(quantize_8bit(other)))
    return torch.cat(before), torch.cat(true), torch.cat(swapped)


class IdentityRecipe:
    """identities: as `read_identities` takes it; people: how many a batch holds."""

    def __init__(
        self, data: Path, identities: Path | None, *, people: int, seed: int, device: str, workers: int
    ) -> None:
        named = read_identities(data, identities)
        self.device, self.size, self.seed, self.workers = device, people, seed, workers
        self.people, self.kept = (load_people(named, development=kept) for kept in (False, True))
        if len(self.people) < 2 or len(self.kept) < 2:
            found = f"{len(self.people)} to train on and {len(self.kept)} kept aside"
            raise ValueError(f"data: faces of two people each are needed, found {found} below {data}")
        self.network: nn.Module = FaceEmbedding().to(device, memory_format=torch.channels_last)
        everyone = Batches(self.kept, len(self.kept), seed=seed)
        self.development = [everyone.draw(stream(seed, number)) for number in range(2)]

    def batches(self, start: int) -> Iterator[Faces]:
        self.network.train()
        faces = Batches(self.people, self.size, seed=self.seed + 1, start=start)
        return iter(DataLoader(faces, batch_size=None, num_workers=self.workers))

    def loss(self, network: nn.Module, batch: Faces) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        loss = supervised_contrast(network(batch.crops.to(self.device)), batch.people.to(self.device))
        return loss, {"loss": loss}

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """On people kept aside, each spoilt in several ways: ROC AUC, and the true accept rates at 1 % and at 0.1 %
        false ones; the latter, which saturates last, is the score."""
        found = [pairs(network(batch.crops.to(self.device)).cpu(), batch.people) for batch in self.development]
        same, other = (torch.cat(values) for values in zip(*found, strict=True))
        figures = {"score": accepted_at(same, other, 0.001), "tar": accepted_at(same, other)}
        return figures | {"auc": roc_auc(same, other)} | expressions(network, self.kept)


@torch.inference_mode()
def expressions(network: nn.Module, people: Sequence[Person]) -> dict[str, float]:
    """ROC AUC and true accept rate at 1 % for unspoilt photos of people with several against those of others; empty if
    nobody has several."""
    device = next(network.parameters()).device
    crops = torch.cat([at_network_size(cut(face, 128)) for photos in people for face in photos])
    numbers = torch.tensor([k for k, photos in enumerate(people) for _ in photos])
    same, other = pairs(network(crops.to(device)).cpu(), numbers)
    if not len(same):
        return {}
    return {"auc_expressions": roc_auc(same, other), "tar_expressions": accepted_at(same, other)}


@torch.inference_mode()
def judge(network: nn.Module, people: Sequence[Person], seed: int, draws: int = 16) -> tuple[Tensor, Tensor]:
    """Similarities of spoilt faces to their true restorations, and to swaps."""
    device = next(network.parameters()).device
    before, true, swapped = (
        torch.cat([network(part.to(device)).cpu() for part in crops.split(256)])
        for crops in restorations(people, draws, seed)
    )
    return (before * true).sum(1), (before * swapped).sum(1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of photographs with faces")
    parser.add_argument("--identities", type=Path, help="CSV: file,identity; default DATA/manifest.csv, else by name")
    parser.add_argument("--out", type=Path, default=Path("runs/identity"), help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, and end the schedule, by then")
    parser.add_argument("--batch", type=int, default=24, help=f"people a step, {VIEWS} crops of each")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--every", type=int, default=100, help="steps between evaluations and checkpoints")
    parser.add_argument("--workers", type=int, default=1, help="processes that spoil faces; 0: none apart")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    process = join(arguments.device)
    torch.manual_seed(arguments.seed)
    recipe = IdentityRecipe(
        arguments.data, arguments.identities, people=arguments.batch, seed=arguments.seed, device=arguments.device,
        workers=arguments.workers,
    )  # fmt: skip
    settings = FitSettings(
        steps=arguments.steps, minutes=arguments.minutes, rate=arguments.rate, every=arguments.every,
        precision="auto", batch=arguments.batch * VIEWS,
    )  # fmt: skip
    best = fit(recipe, settings, arguments.out)
    true, swapped = judge(best, recipe.kept, arguments.seed)
    threshold = round(float(torch.quantile(true, 1.0 - PASSING)), 3)
    weights = arguments.out / "weights"
    if process.is_main_process:
        finished = FaceEmbedding(threshold=threshold)
        finished.load_state_dict(best.state_dict())
        finished.half().save_pretrained(weights)
    passing = {
        name: float((alike >= threshold).float().mean()) for name, alike in (("true", true), ("swapped", swapped))
    }
    return {"weights": str(weights), "threshold": threshold, "passing": passing} | recipe.evaluate(best)
