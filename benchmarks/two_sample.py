"""How well two sets of crops can be told apart: classifiers trained to do it, and the distance of their features.

Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", 2017: if both sets are alike, a classifier trained on a
part of them is right on half of the rest. Heusel et al., "GANs trained by a two time-scale update rule", 2017: the
Fréchet distance. `real` is class 1, what is compared with it class 0, both as often.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.crops import CROP_PX, GRID_PX, Pool, floats
from controllable.training.features import Features

TRAIN_PX = 64
VALIDATION_SHARE = 0.2
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """On crops that no training saw: accuracy at threshold 0.5 and area under the ROC curve, in [0, 1]."""

    accuracy: float
    auc: float


Rows = tuple[Tensor, Tensor]
"""Values (N, ...) and the numbers (N,) of the photos they are of."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both sets in one, as many of each. values: (N, ...); label: (N,), 1 for real; photo: (N,), below 0 for others."""

    values: Tensor
    label: Tensor
    photo: Tensor

    @staticmethod
    def of(real: Rows, other: Rows) -> "Sides":
        count = min(len(real[0]), len(other[0]))
        real, other = thinned(real, count), thinned(other, count)
        return Sides(
            values=torch.cat((real[0], other[0])),
            label=torch.cat((torch.ones(count), torch.zeros(count))),
            photo=torch.cat((real[1], -1 - other[1])),
        )

    def split(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Masks of crops to fit and to validate with, by photos; a fifth of either side's photos validate."""
        held = []
        for side in (self.photo[self.label == 1.0], self.photo[self.label == 0.0]):
            photos = side.unique()
            held.append(photos[torch.randperm(len(photos), generator=generator)[: _validating(len(photos))]])
        validating = torch.isin(self.photo, torch.cat(held))
        return ~validating, validating


def _validating(photos: int) -> int:
    return max(1, round(VALIDATION_SHARE * photos))


def thinned(rows: Rows, count: int) -> Rows:
    """`count` of the rows, evenly spaced."""
    numbers = torch.arange(count) * len(rows[0]) // count
    return rows[0][numbers], rows[1][numbers]


def verdict(score: Tensor, label: Tensor) -> Verdict:
    """score: (N,), logits; label: (N,), 0 or 1. The AUC is Mann and Whitney's U (1947), ties counted half."""
    accuracy = float(((score > 0.0) == (label > 0.5)).float().mean())
    above = score[label > 0.5][:, None] - score[label < 0.5]
    return Verdict(accuracy=accuracy, auc=float(((above > 0).float() + 0.5 * (above == 0).float()).mean()))


class Judge(nn.Sequential):
    """Four strided convolutions with batch norm, their mean over all places, one logit; any size from 16 px on."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 64)) -> None:
        layers: list[nn.Module] = []
        channels = 3
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, 2, 1), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            channels = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1), nn.Flatten(0))


def judge_by_network(train: Sides, test: Sides, *, steps: int, seed: int, batch: int = 32, every: int = 50) -> Verdict:
    """`Judge` from scratch on pixels (N, 3, 96, 96), uint8; the state with the lowest loss in validation counts.

    Adam, 2e-3 with a cosine to 0. Augmentation keeps JPEG's grid: parts of 64 px on its multiples, flips.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Judge().to(memory_format=torch.channels_last)
    fitting, validating = train.split(generator)
    numbers = torch.nonzero(fitting).flatten()
    stepper = torch.optim.Adam(network.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(stepper, steps)
    best, kept = float("inf"), {name: value.clone() for name, value in network.state_dict().items()}
    for step in range(1, steps + 1):
        picked = numbers[torch.randint(len(numbers), (batch,), generator=generator)]
        network.train()
        stepper.zero_grad()
        logits = network(_pieces(train.values[picked], generator))
        F.binary_cross_entropy_with_logits(logits, train.label[picked]).backward()
        stepper.step()
        schedule.step()
        if step % every == 0 or step == steps:
            scores = _scores(network, train.values[validating])
            loss = float(F.binary_cross_entropy_with_logits(scores, train.label[validating]))
            if loss < best:
                best, kept = loss, {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    return verdict(_scores(network, test.values), test.label)


def _pieces(images: Tensor, generator: torch.Generator) -> Tensor:
    places = (CROP_PX - TRAIN_PX) // GRID_PX + 1
    out = []
    for image in images:
        top, left, flip, turn = torch.randint(places * 1000, (4,), generator=generator).tolist()
        top, left = GRID_PX * (top % places), GRID_PX * (left % places)
        part = image[:, top : top + TRAIN_PX, left : left + TRAIN_PX]
        axes = [axis for axis, drawn in ((-1, flip), (-2, turn)) if drawn % 2]
        out.append(part.flip(axes) if axes else part)
    return (floats(torch.stack(out)) - 0.5).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def _scores(network: nn.Module, images: Tensor) -> Tensor:
    network.eval()
    return torch.cat([network(floats(part) - 0.5) for part in images.split(64)])


def judge_by_features(train: Sides, test: Sides, *, seed: int) -> Verdict:
    """Logistic regression on standardised features (N, D), L2 penalty chosen on the validating photos, then refitted
    on all."""
    fitting, validating = train.split(torch.Generator().manual_seed(seed))

    def loss(penalty: float) -> float:
        scores = _regression(train.values[fitting], train.label[fitting], penalty)(train.values[validating])
        return float(F.binary_cross_entropy_with_logits(scores, train.label[validating]))

    score = _regression(train.values, train.label, min(PENALTIES, key=loss))
    return verdict(score(test.values), test.label)


def _regression(values: Tensor, label: Tensor, penalty: float) -> Callable[[Tensor], Tensor]:
    """Minimises mean cross entropy + penalty/2·|w|² by L-BFGS; features scaled to deviation 1/√D, so that the penalty
    means the same for any number of them."""
    centre = values.mean(0)
    width = values.std(0).clamp_min(1e-6) * values.shape[1] ** 0.5
    known = (values - centre) / width
    weight = torch.zeros(values.shape[1], requires_grad=True)
    offset = torch.zeros(1, requires_grad=True)
    solver = torch.optim.LBFGS([weight, offset], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        error = F.binary_cross_entropy_with_logits(known @ weight + offset, label)
        (error + 0.5 * penalty * weight.pow(2).sum()).backward()
        return error.detach() + 0.5 * penalty * weight.detach().pow(2).sum()

    solver.step(closure)
    return lambda others: (((others - centre) / width) @ weight + offset).detach()


@torch.inference_mode()
def describe(features: Features, pool: Pool) -> tuple[Tensor, Tensor]:
    """Mean and deviation over places of every layer, (N, 2·ΣC), and the mean of the last layer alone, (N, C)."""
    all_of_them, last = [], []
    for part in pool.images.split(32):
        layers = features.layers(floats(part))
        moments = [value for layer in layers for value in (layer.mean((2, 3)), layer.std((2, 3)))]
        all_of_them.append(torch.cat(moments, 1))
        last.append(layers[-1].mean((2, 3)))
    return torch.cat(all_of_them), torch.cat(last)


def frechet(a: Tensor, b: Tensor) -> float:
    """|μa - μb|² + tr(Σa + Σb - 2·(Σa Σb)^½) of features (N, C) (Heusel et al. 2017, eq. 6).

    The trace of the root is the sum of the roots of the eigenvalues of Σa^½ Σb Σa^½, which is symmetric. With few
    crops the value is too high, for all alike: compare values of equal numbers of crops only.
    """
    a, b = a.double(), b.double()
    values, vectors = torch.linalg.eigh(torch.cov(a.T))
    root = vectors * values.clamp_min(0.0).sqrt() @ vectors.T
    both = torch.linalg.eigvalsh(root @ torch.cov(b.T) @ root).clamp_min(0.0).sqrt().sum()
    apart = (a.mean(0) - b.mean(0)).pow(2).sum()
    return float(apart + torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2.0 * both)
