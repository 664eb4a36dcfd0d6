"""How real generated flaws look: what classifiers and features tell apart of real low-quality crops and of made ones.

    python -m benchmarks.realism --real FOLDER --clean FOLDER --squeezenet FILE [--learned FOLDER] [--sheet FILE]

Real: JPEG files as cameras and scanners left them. Clean: photographs without faces. A third of the real and a fifth
of the clean photos are kept aside (by a hash of their names); classifiers learn from the others' crops of 96 px and are
tested on those. 50 % is perfect; `clean` is what nothing done gives, `real` what real photos against real ones give.
All get the same clean crops, those that reduce by 4 as large ones. The scenes differ too, and nothing here tells how
much of an accuracy is theirs: compare candidates. Two tables: all photos without colour (four in ten are monochrome),
and colour photos alone, see `crops.has_colour`. ± is over seeds: start, order and validating photos of the network; of
the regression on features the validating photos, by which its penalty is chosen. The crops are the same for all seeds,
and those of one photo are not independent: with 51 photos tested a few per cent are chance.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from benchmarks.candidates import Candidate, candidates, degraded, untouched
from benchmarks.crops import (
    CROP_PX,
    Photo,
    Pool,
    clean_aside,
    clean_crops,
    has_colour,
    read_parts,
    real_aside,
    real_crops,
    whole,
)
from benchmarks.images import head, row
from benchmarks.two_sample import Rows, Sides, Verdict, describe, frechet, judge_by_features, judge_by_network, thinned
from controllable.training.features import Features, load_features

REAL = "real"
SHOWN = 8
LABEL_PX = 176
COLUMNS = (
    "candidate", "network", "AUC", "features", "AUC", "higher accuracy", "Fréchet, SqueezeNet", "Fréchet, own tower"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Halves:
    """Crops to learn from and to be tested on."""

    train: Pool
    test: Pool

    def each(self, change: Callable[[Pool], Pool]) -> "Halves":
        return Halves(train=change(self.train), test=change(self.test))

    def first(self, like: "Halves") -> "Halves":
        """No more than those: generated crops come in turns from all photos."""
        train, test = torch.arange(len(like.train)), torch.arange(len(like.test))
        return Halves(train=self.train.where(train), test=self.test.where(test))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A pool and what both networks see in it, one row a crop."""

    pool: Pool
    moments: torch.Tensor
    squeezenet: torch.Tensor
    own: torch.Tensor

    def where(self, chosen: torch.Tensor) -> "Seen":
        return Seen(
            pool=self.pool.where(chosen), moments=self.moments[chosen], squeezenet=self.squeezenet[chosen],
            own=self.own[chosen],
        )  # fmt: skip

    def rows(self, what: str) -> Rows:
        return (self.pool.images if what == "images" else getattr(self, what)), self.pool.photo


@dataclass(frozen=True, kw_only=True)
class Look:
    """Pools → what both networks see in them."""

    squeezenet: Features
    own: Features

    def __call__(self, halves: Halves) -> tuple[Seen, Seen]:
        return self.one(halves.train), self.one(halves.test)

    def one(self, pool: Pool) -> Seen:
        moments, last = describe(self.squeezenet, pool)
        return Seen(pool=pool, moments=moments, squeezenet=last, own=describe(self.own, pool)[1])


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def made(candidate: Candidate, photos: tuple[list[Photo], list[Photo]], counts: tuple[int, int], seed: int) -> Halves:
    """As many crops as there are real ones, from the clean photos to learn from and from those kept aside."""
    pools = []
    for part, (pictures, count) in enumerate(zip(photos, counts, strict=True)):
        large = [photo for photo in pictures if min(photo.pixels.shape[-2:]) >= candidate.clean_px]
        if not large:
            raise SystemExit(f"clean: no photo of at least {candidate.clean_px} px a side in one of the two parts")
        generator = torch.Generator().manual_seed(2 * seed + part)
        pools.append(degraded(candidate, clean_crops(large, count, candidate.clean_px, generator), 2 * seed + part))
    return Halves(train=pools[0], test=pools[1])


def of_colour(pool: Pool, photos: list[Photo]) -> Pool:
    """The crops of photos with colour."""
    return pool.where(torch.tensor([has_colour(photo) for photo in photos])[pool.photo])


def compare(name: str, real: tuple[Seen, Seen], other: tuple[Seen, Seen], steps: int, seeds: int) -> None:
    """Print one row; real, other: to learn from, to be tested on."""
    rivals = (real[1], other[1])
    if name == REAL:
        even = [seen.pool.photo % 2 == 0 for seen in real]
        rivals = real[1], real[0]
        other = (real[0].where(~even[0]), real[1].where(~even[1]))
        real = (real[0].where(even[0]), real[1].where(even[1]))
    pictures, moments = (
        [Sides.of(a.rows(what), b.rows(what)) for a, b in zip(real, other, strict=True)]
        for what in ("images", "moments")
    )
    verdicts = [
        [judge_by_network(*pictures, steps=steps, seed=seed) for seed in range(seeds)],
        [judge_by_features(*moments, seed=seed) for seed in range(seeds)],
    ]
    cells = [cell for found in verdicts for cell in spread(found)]
    higher = max(statistics.fmean(verdict.accuracy for verdict in found) for found in verdicts)
    count = min(len(seen.pool) for seen in rivals)
    distances = [
        frechet(*(thinned(seen.rows(what), count)[0] for seen in rivals)) for what in ("squeezenet", "own")
    ]  # fmt: skip
    row(name, *cells, f"**{higher:.1%}**", f"{distances[0]:,.0f}", f"{distances[1]:.1f}")


def table(pools: dict[str, Halves], chosen: list[str], look: Look, steps: int, seeds: int) -> None:
    """Print a row for each of the chosen."""
    print(f": {len(pools[REAL].train)} real crops to learn from, {len(pools[REAL].test)} to be tested on\n")
    head(*COLUMNS)
    real = look(pools[REAL])
    for name in chosen:
        compare(name, real, real if name == REAL else look(pools[name]), steps, seeds)
        say(f"judged {name}")


def spread(verdicts: list[Verdict]) -> tuple[str, str]:
    """Accuracy and AUC: mean ± standard deviation."""
    accuracy, auc = ([getattr(verdict, name) for verdict in verdicts] for name in ("accuracy", "auc"))
    return (
        f"{statistics.fmean(accuracy):.1%} ± {100.0 * statistics.pstdev(accuracy):.1f}",
        f"{statistics.fmean(auc):.3f} ± {statistics.pstdev(auc):.3f}",
    )


def sheet(pools: dict[str, Pool], out: Path) -> None:
    """A row of crops kept aside for each, labelled; real ones first."""
    canvas = Image.new("RGB", (LABEL_PX + SHOWN * CROP_PX, len(pools) * CROP_PX), "white")
    pen = ImageDraw.Draw(canvas)
    for line, (name, pool) in enumerate(pools.items()):
        label = name.replace("×", "x")  # which Pillow's own font lacks
        pen.text((6, line * CROP_PX + CROP_PX // 2 - 8), label, fill="black", font=ImageFont.load_default(15))
        firsts = [pool.photo.tolist().index(photo) for photo in pool.photo.unique().tolist()]
        for column, number in enumerate(firsts[:: max(1, len(firsts) // SHOWN)][:SHOWN]):
            canvas.paste(Image.fromarray(whole(pool.images[number])), (LABEL_PX + column * CROP_PX, line * CROP_PX))
    canvas.save(out)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="folder of real low-quality photos")
    parser.add_argument("--clean", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--squeezenet", type=Path, required=True, help="SqueezeNet 1.1's weights, safetensors")
    parser.add_argument("--learned", type=Path, help="folder of a learned degrader")
    parser.add_argument("--crops", type=int, default=6, help="of each real photo; as many in all of each candidate")
    parser.add_argument("--steps", type=int, default=300, help="of the network's training")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each classifier")
    parser.add_argument("--seed", type=int, default=0, help="of the crops and of what is done to them")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="candidates, all if not given")
    parser.add_argument("--sheet", type=Path, help="also write a picture of them all")
    options = parser.parse_args(argv)
    if min(options.crops, options.steps, options.seeds) < 1:
        parser.error("crops, steps, seeds: must be at least 1")
    if not options.squeezenet.is_file():
        parser.error(f"squeezenet: there is no {options.squeezenet}")
    everything = {REAL: None, "clean": Candidate(degrade=untouched), **candidates(options.learned)}
    chosen = options.only or list(everything)
    if unknown := [name for name in chosen if name not in everything]:
        parser.error(f"only: {unknown[0]!r} is not one of {', '.join(everything)}")

    photos, scenes = read_parts(options.real, CROP_PX, real_aside), read_parts(options.clean, CROP_PX, clean_aside)
    say(f"read {len(photos[0])} + {len(photos[1])} real photos, {len(scenes[0])} + {len(scenes[1])} clean ones")
    generator = torch.Generator().manual_seed(options.seed)
    train, test = (real_crops(part, options.crops, generator) for part in photos)
    pools = {REAL: Halves(train=train, test=test)}
    for name in chosen:
        if (candidate := everything[name]) is not None:
            pools[name] = made(candidate, scenes, (len(train), len(test)), options.seed)
            say(f"made {name}")
    if options.sheet:
        sheet({name: halves.test for name, halves in pools.items()}, options.sheet)
    look = Look(squeezenet=load_features(f"squeezenet:{options.squeezenet}"), own=load_features("own"))
    print("\nAll photos, luma alone", end="")
    table({name: halves.each(Pool.grey) for name, halves in pools.items()}, chosen, look, options.steps, options.seeds)
    coloured = Halves(train=of_colour(train, photos[0]), test=of_colour(test, photos[1]))
    pools = {name: coloured if name == REAL else halves.first(coloured) for name, halves in pools.items()}
    print("\nColour photos, in colour", end="")
    table(pools, chosen, look, options.steps, options.seeds)


if __name__ == "__main__":
    main()
