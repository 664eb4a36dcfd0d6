"""What can be learned of private photos from a network, and from what a client of a federation sends.

python -m benchmarks.attacks --data DIR [--part membership|inversion] [--epsilon 8] [--plot SHEET.png]

membership: networks trained on halves of a pool of small photos, too long, without privacy and with it (DP-SGD); how
often an attacker prefers a photo that a network was trained on to one that it was not (AUC; 0.5 is guessing), and what
the networks are worth. inversion: photos rebuilt from one client's update, from the sum of 4 and of 8 clients, which is
what secure aggregation shows, and from an update that was clipped and noised. The sheet has a column for each, after
the true photos. --data: a folder of photos; the first ones by a hash of their names are used, of these for inversion
those with the most contrast.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.attack_inversion import (
    Attack,
    Update,
    best_match,
    client_update,
    correlation,
    made_private,
    reconstruct,
    summed,
)
from benchmarks.attack_membership import Trial, auc, interval, small_photos, study, train
from benchmarks.images import head, psnr, row, to_pixels
from controllable.training.photos import SUFFIXES
from controllable.training.privacy import Privacy
from controllable.training.recipes.cyclegan import noisy
from controllable.training.recipes.denoise import DenoiseSettings, build

DELTA = 1e-5
VICTIMS = 8
PUBLIC = 64
POOL_PX, INVERTED_PX = 16, 16


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """photo: the true one; found: what was rebuilt of it, both (1, 3, P, P)."""

    photo: Tensor
    found: Tensor

    @property
    def psnr_db(self) -> float:
        return psnr(self.found, self.photo)

    @property
    def correlation(self) -> float:
        return correlation(self.found, self.photo)


def membership(
    photos: Tensor, trial: Trial, epsilons: Sequence[float], steps: int, rate: float
) -> list[tuple[float, float]]:
    """Print the table; returns AUC by loss and by likelihood ratio: too long, as long as the private ones, private.

    steps, rate: of the private trainings; they are worth more if they end before the noise has won.
    """
    head("training", "AUC, loss", "AUC, likelihood ratio", "PSNR members, dB", "PSNR others, dB")
    seen = noisy(photos, torch.Generator().manual_seed(0))[0]
    row("none: the noisy input", "", "", *(f"{psnr(seen, photos):.2f}",) * 2)
    private = [
        replace(trial, steps=steps, rate=rate, privacy=Privacy(epsilon=value, delta=DELTA)) for value in epsilons
    ]
    leaks = []
    for chosen in (trial, replace(trial, steps=steps), *private):
        found = study(photos, chosen)
        cells = []
        for scores in (found.by_loss, found.by_ratio):
            low, high = interval(scores, found.member)
            cells.append(f"{auc(scores, found.member):.2f} ({low:.2f} to {high:.2f})")
        name = "without privacy" if chosen.privacy is None else f"epsilon {chosen.privacy.epsilon:g}, delta {DELTA:g}"
        values = (f"{float(found.psnr_db[who].mean()):.2f}" for who in (found.member, ~found.member))
        row(f"{name}, {chosen.steps} steps", *cells, *values)
        leaks.append((auc(found.by_loss, found.member), auc(found.by_ratio, found.member)))
    return leaks


def inversion(
    public: Tensor, victims: Tensor, attack: Attack, epsilon: float, settings: DenoiseSettings
) -> dict[str, list[Rebuilt]]:
    """Of a network trained on public photos, (N, 3, P, P) as the victims' are: what kind of update → what was rebuilt,
    of three clients one by one; of sums, of the one that is matched best."""
    with tempfile.TemporaryDirectory() as folder:
        network = train(public, settings, Path(folder)).requires_grad_(True)
    recipe = build(settings, None, workers=0)
    updates = [
        client_update(recipe, network, photo, torch.Generator().manual_seed(number))
        for number, photo in enumerate(victims.split(1))
    ]
    generator = torch.Generator().manual_seed(0)

    def alone(number: int, update: Update) -> Rebuilt:
        photo = victims[number : number + 1]
        return Rebuilt(photo=photo, found=reconstruct(network, update, photo.shape, attack, generator))

    def together(clients: int) -> Rebuilt:
        photos = victims[:clients]
        found = reconstruct(network, summed(updates[:clients]), photos.shape, attack, generator)
        guess, photo = best_match(found, photos)
        return Rebuilt(photo=photos[photo : photo + 1], found=found[guess : guess + 1])

    return {
        "one client's update": [alone(number, updates[number]) for number in range(3)],
        "sum of 4 clients": [together(4)],
        f"sum of {len(victims)} clients": [together(len(victims))],
        f"one client's, epsilon {epsilon:g}": [
            alone(number, made_private(updates[number], epsilon, DELTA, generator)) for number in range(3)
        ],
    }


def print_rebuilt(found: dict[str, list[Rebuilt]]) -> None:
    """The table, with the best blank picture for comparison."""
    head("what the server sees", "PSNR, dB", "a blank of its mean colour, dB", "correlation")
    for name, parts in found.items():
        for part in parts:
            blank = part.photo.mean((2, 3), keepdim=True).expand_as(part.photo)
            row(name, f"{part.psnr_db:.2f}", f"{psnr(blank, part.photo):.2f}", f"{part.correlation:.2f}")


def sheet(found: dict[str, list[Rebuilt]], enlarge: int = 6) -> Image.Image:
    """Pairs of true photo and what was rebuilt; a column for each kind of update."""
    columns = []
    rows = max(len(parts) for parts in found.values())
    for parts in found.values():
        pairs = [torch.cat((part.photo, part.found), 3) for part in parts]
        pairs += [torch.ones_like(pairs[0])] * (rows - len(pairs))
        columns.append(torch.cat(pairs, 2))
    pixels = to_pixels(torch.cat(columns, 3))
    size = pixels.shape[1] * enlarge, pixels.shape[0] * enlarge
    return Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST)


def contrasted(photos: Tensor) -> Tensor:
    """Those with the most contrast first, so that the victims show something."""
    return photos[photos.mean(1).std((1, 2)).argsort(descending=True)]


def files_of(folder: Path) -> list[Path]:
    """Photos below a folder, by a hash of their names: neighbours in the alphabet are often of one scene."""
    files = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    return sorted(files, key=lambda path: hashlib.sha256(path.name.encode()).hexdigest())


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--data", type=Path, required=True, help="folder of photos")
    found.add_argument("--part", choices=("membership", "inversion"), help="this one alone")
    found.add_argument("--epsilon", type=float, nargs="+", default=[8.0, 1.0])
    found.add_argument("--models", type=int, default=8, help="networks of each kind; all but two are shadows")
    found.add_argument("--photos", type=int, default=400, help="in the pool; a network is trained on half of it")
    found.add_argument("--steps", type=int, default=1200, help="of the training that is too long")
    found.add_argument("--rate", type=float, default=Trial.rate, help="of learning without privacy")
    found.add_argument("--private-steps", type=int, default=600, help="of the training that is private")
    found.add_argument("--private-rate", type=float, default=1e-2, help="of learning with it")
    found.add_argument("--iterations", type=int, default=600, help="of an inversion")
    found.add_argument("--plot", type=Path, help="write the sheet of what was rebuilt")
    return found


def measure(options: argparse.Namespace) -> list[tuple[float, float]]:
    """Print the tables; returns what `membership` does, if that was a part."""
    files, leaks = files_of(options.data), []
    if options.part != "inversion":
        trial = Trial(models=options.models, steps=options.steps, rate=options.rate)
        pool = small_photos(files, options.photos, POOL_PX)
        leaks = membership(pool, trial, options.epsilon, options.private_steps, options.private_rate)
    if options.part != "membership":
        photos = contrasted(small_photos(files, VICTIMS + PUBLIC, INVERTED_PX))
        settings = DenoiseSettings(
            width=32, blocks=2, patch_px=INVERTED_PX, batch=8, rate=1e-3, steps=30, precision="fp32"
        )  # fmt: skip
        attack = Attack(iterations=options.iterations)
        found = inversion(photos[VICTIMS:], photos[:VICTIMS], attack, options.epsilon[0], settings)
        print_rebuilt(found)
        if options.plot:
            sheet(found).save(options.plot)
    return leaks


if __name__ == "__main__":
    measure(parser().parse_args())
