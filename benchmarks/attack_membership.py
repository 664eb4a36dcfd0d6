"""Membership inference: was this photo among those that a denoiser was trained on? See `benchmarks.attacks`.

Several networks are trained, each on a half of a pool of small photos, every photo in half of them; each network is the
target in turn, and the attacker knows all others. Two attacks: the loss (Yeom et al., "Privacy risk in machine
learning", 2018, section 3.2) and the likelihood ratio (Carlini et al., "Membership inference attacks from first
principles", 2022, algorithm 1, with one variance for all photos, as section V.C advises for few shadow models).
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.images import to_pixels, to_tensor
from benchmarks.two_sample import verdict
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import DEVELOPMENT_ONE_IN, kept_aside
from controllable.training.privacy import Privacy
from controllable.training.recipes.cyclegan import noisy
from controllable.training.recipes.denoise import DenoiseSettings, build
from controllable.training.recipes.paired import DEVELOPMENT_PX, psnr

RESAMPLED = 1000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How the networks are trained. models: even, two at least of which know each photo and two do not; crop_px: of
    what a step sees of a photo; draws: noises with which the attacker tries each photo, upright and mirrored."""

    models: int = 8
    steps: int = 1200
    crop_px: int = 16
    width: int = 8
    rate: float = 3e-3
    draws: int = 16
    privacy: Privacy | None = None

    def __post_init__(self) -> None:
        if self.models < 4 or self.models % 2:
            raise ValueError(f"models: must be even and at least 4, not {self.models}")


@dataclass(frozen=True, kw_only=True)
class Study:
    """losses: (M, N), mean absolute errors of M networks on N photos; member: (M, N), bool, who was trained on what;
    psnr_db: (M, N)."""

    losses: Tensor
    member: Tensor
    psnr_db: Tensor

    @property
    def by_loss(self) -> Tensor:
        """(M, N), higher for likelier members."""
        return -self.losses

    @property
    def by_ratio(self) -> Tensor:
        """(M, N), higher for likelier members."""
        return likelihood_ratios(self.losses, self.member)


def small_photos(files: Sequence[Path], count: int, side_px: int) -> Tensor:
    """(count, 3, side_px, side_px), [0, 1]: of every photo that is large enough the middle square of at most four times
    that side, reduced. Raises ValueError if there are too few."""
    found: list[Tensor] = []
    for path in files:
        photo = Image.open(path).convert("RGB")
        side = min(4 * side_px, *photo.size)
        if side >= side_px and len(found) < count:
            left, top = ((whole - side) // 2 for whole in photo.size)
            square = photo.crop((left, top, left + side, top + side))
            found.append(to_tensor(square.resize((side_px, side_px), Image.Resampling.LANCZOS)))
    if len(found) < count:
        raise ValueError(f"data: {len(found)} photos of at least {side_px} px a side, {count} are needed")
    return torch.cat(found)


def halves(models: int, photos: int, generator: torch.Generator) -> Tensor:
    """(models, photos), bool: rows in pairs, a random half and the other half."""
    rows: list[Tensor] = []
    for _ in range(models // 2):
        half = torch.zeros(photos, dtype=torch.bool)
        half[torch.randperm(photos, generator=generator)[: photos // 2]] = True
        rows += [half, ~half]
    return torch.stack(rows)


def train(
    photos: Tensor, settings: DenoiseSettings, folder: Path, *, seed: int = 0, privacy: Privacy | None = None
) -> nn.Module:
    """The denoiser that `fit` makes of crops of photos (N, 3, P, P); its last averaged weights, not the best ones."""
    data = folder / "data"
    data.mkdir(parents=True)
    names = [f"{number}.png" for number in range(2 * len(photos) + 8 * DEVELOPMENT_ONE_IN)]
    aside = [name for name in names if kept_aside(name, DEVELOPMENT_ONE_IN)]
    for photo, name in zip(photos, (name for name in names if name not in aside), strict=False):
        Image.fromarray(to_pixels(photo[None])).save(data / name)
    Image.new("RGB", (DEVELOPMENT_PX, DEVELOPMENT_PX)).save(data / aside[0])  # chooses nothing: scored at the end alone
    limits = FitSettings(steps=settings.steps, every=settings.steps, rate=settings.rate, warmup=20, ema=0.99)
    torch.manual_seed(seed)
    return fit(build(settings, data, seed=seed, workers=0), limits, folder / "out", privacy)


@torch.inference_mode()
def look(network: nn.Module, photos: Tensor, draws: int) -> tuple[Tensor, Tensor]:
    """Mean absolute errors and PSNR in dB, (N,) each, over `draws` noises, the same for every network, and both
    mirrorings of the whole photos."""
    generator = torch.Generator().manual_seed(1)
    errors, found = [], []
    for _ in range(draws):
        for clean in (photos, photos.flip(-1)):
            made = network(noisy(clean, generator)[0])
            errors.append((made - clean).abs().mean((1, 2, 3)))
            found.append(psnr(made.clamp(0.0, 1.0), clean))
    return torch.stack(errors).mean(0), torch.stack(found).mean(0)


def study(photos: Tensor, trial: Trial, seed: int = 0) -> Study:
    """Train all networks on halves of photos (N, 3, P, P), and look at all photos with all of them."""
    member = halves(trial.models, len(photos), torch.Generator().manual_seed(seed))
    settings = DenoiseSettings(
        backbone="unet", width=trial.width, blocks=1, patch_px=trial.crop_px, batch=max(1, len(photos) // 4),
        rate=trial.rate, steps=trial.steps, warmup=0.0, precision="fp32",
    )  # fmt: skip
    looks = []
    for number, chosen in enumerate(member):
        with tempfile.TemporaryDirectory() as folder:
            network = train(photos[chosen], settings, Path(folder), seed=seed + number, privacy=trial.privacy)
        looks.append(look(network, photos, trial.draws))
    losses, found = (torch.stack(parts) for parts in zip(*looks, strict=True))
    return Study(losses=losses, member=member, psnr_db=found)


def likelihood_ratios(losses: Tensor, member: Tensor) -> Tensor:
    """(M, N) losses and who was trained on what, rows in pairs as `halves` makes them → (M, N), log of how much
    likelier a loss is of networks that know the photo than of those that do not.

    Of a Gaussian each, of log losses less their mean over the photos, which is the network's and not the photo's. The
    target and its other half are left out: so a photo is known by as many of the others as it is unknown to.
    """
    values = losses.clamp_min(1e-12).log()
    values = values - values.mean(1, keepdim=True)
    models, photos = values.shape
    scores = torch.zeros(models, photos)
    for target in range(models):
        others = torch.arange(models) // 2 != target // 2
        known, likelihood = values[others], []
        for group in (member[others], ~member[others]):
            centre = (known * group).sum(0) / group.sum(0)
            spread = ((known - centre) * group).pow(2).sum() / (group.sum() - photos).clamp_min(1)
            spread = spread.clamp_min(1e-12)
            likelihood.append(-0.5 * (values[target] - centre).pow(2) / spread - 0.5 * spread.log())
        scores[target] = likelihood[0] - likelihood[1]
    return scores


def auc(scores: Tensor, member: Tensor) -> float:
    """Mean over targets of the area under the ROC curve, both (M, N)."""
    each = [verdict(row, label.float()).auc for row, label in zip(scores, member, strict=True)]
    return sum(each) / len(each)


def interval(scores: Tensor, member: Tensor, seed: int = 0) -> tuple[float, float]:
    """95 % of the `auc` of networks and photos drawn again, with replacement (Efron's percentiles)."""
    generator = torch.Generator().manual_seed(seed)
    models, photos = scores.shape
    found = []
    for _ in range(RESAMPLED):
        rows = torch.randint(models, (models,), generator=generator)
        columns = torch.randint(photos, (photos,), generator=generator)
        found.append(auc(scores[rows][:, columns], member[rows][:, columns]))
    low, high = torch.tensor(found).quantile(torch.tensor([0.025, 0.975])).tolist()
    return cast(tuple[float, float], (low, high))
