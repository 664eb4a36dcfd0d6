"""What degradations are worth to a network that learns to undo them, tested on real low-quality photos.

    python -m benchmarks.realism_use --real FOLDER --clean FOLDER --metrics FOLDER [--learned FOLDER] [--sheet FILE]

One small network for each candidate, all alike but for their pairs, with the pixel loss alone; trained in --out/NAME,
where an interrupted training goes on. The photos kept aside are those of `benchmarks.realism`. Two tables:
- what the networks make of the middles of the real photos, judged without a reference: NIQE, smaller is better, the
  project's own estimate, larger is better, and how far the answer is from the input;
- a cross table: trained on the row's pairs, tested on the column's, gain in PSNR over the input in dB. The data has no
  real pairs: a column says what a network knows of that candidate's flaws, not of real ones.
"""

import argparse
import contextlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.candidates import Candidate, candidates
from benchmarks.crops import CROP_PX, GRID_PX, Photo, clean_aside, clean_crops, floats, read_photos, real_aside
from benchmarks.images import Judgement, head, mean, psnr, row, to_pixels
from benchmarks.niqe import load_niqe
from controllable.color import quantize_8bit
from controllable.enhancer import BUNDLED
from controllable.networks.expert import Expert
from controllable.quality.estimator import QualityEstimator
from controllable.task import Task
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import SUFFIXES
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Camera
from controllable.training.recipes.settings import Settings

REAL_PX = 384
"""Side of what is judged of a real photo: whole blocks for NIQE, and quick."""
UNTOUCHED = "untouched"
SHOWN = 6
LEARNING = "learning_"


@dataclass(frozen=True, kw_only=True)
class Size:
    """The network, and how it is trained."""

    width: int = 32
    blocks: int = 4
    batch: int = 16
    patch_px: int = 64
    steps: int = 1500
    every: int = 250

    def settings(self) -> Settings:
        return Settings(
            scale=1, backbone="resnet", width=self.width, blocks=self.blocks, batch=self.batch, patch_px=self.patch_px,
            perceptual=0.0, adversary=0.0, steps=self.steps, every=min(self.every, self.steps),
        )  # fmt: skip


def camera(candidate: Candidate) -> Camera:
    """The candidate as what photographs for a recipe."""

    def photograph(clean: Tensor, generator: torch.Generator) -> tuple[Tensor, None]:
        return candidate.degrade(clean, generator), None

    return photograph


def learning_photos(clean: Path, out: Path) -> Path:
    """A folder of copies of the clean photos that are not kept aside, made if it is not there.

    They get new names: all photos that a recipe keeps for development, one in 40 by the old ones, are kept aside here.
    """
    folder = out / "photos"
    if not folder.is_dir():
        unfinished = out / "photos.part"
        unfinished.mkdir(parents=True, exist_ok=True)
        for path in sorted(clean.rglob("*")):
            if path.suffix.lower() in SUFFIXES and not clean_aside(path.name):
                shutil.copyfile(path, unfinished / f"{LEARNING}{path.name}")
        unfinished.rename(folder)
    return folder


def trained(candidate: Candidate, photos: Path, size: Size, out: Path) -> nn.Module:
    """The network for this candidate's pairs; what is trained already is read from `out`."""
    settings = size.settings()
    torch.manual_seed(0)
    network = Expert(
        backbone=settings.backbone, scale=1, width=settings.width, blocks=settings.blocks, tasks=list(Task),
        title=out.name,
    )  # fmt: skip
    recipe = PairedRecipe(network, photos, settings, camera(candidate), workers=1)
    limits = FitSettings(
        steps=settings.steps, rate=settings.rate, every=settings.every, batch=settings.batch,
        warmup=min(200, max(1, settings.steps // 10)),
    )  # fmt: skip
    return fit(recipe, limits, out).eval()


@torch.inference_mode()
def answer(network: nn.Module, image: Tensor) -> Tensor:
    """(1, 3, H, W), RGB, [0, 1] → the same, 8 bits."""
    made: Tensor = network(image)
    return quantize_8bit(made.float())


def real_middle(photo: Photo, side_px: int = REAL_PX) -> Tensor:
    """The middle of a photo, on JPEG's grid, at most `side_px` a side: (1, 3, H, W), RGB, [0, 1]."""
    height, width = (min(side_px, side // GRID_PX * GRID_PX) for side in photo.pixels.shape[-2:])
    top, left = (
        (side - kept) // 2 // GRID_PX * GRID_PX
        for side, kept in zip(photo.pixels.shape[-2:], (height, width), strict=True)
    )
    return floats(photo.pixels[None, :, top : top + height, left : left + width])


def without_reference(
    networks: dict[str, nn.Module], real: list[Tensor], niqe: Judgement | None, estimator: QualityEstimator
) -> None:
    """Print the table of real photos."""
    head("trained on", "NIQE", "own estimate", "PSNR to the input, dB")
    for name in (UNTOUCHED, *networks):
        answers = [photo if name == UNTOUCHED else answer(networks[name], photo) for photo in real]
        natural = f"{mean([niqe(image) for image in answers]):.2f}" if niqe else "–"
        own = mean([estimator.assess(image).score for image in answers])
        apart = "–" if name == UNTOUCHED else f"{mean([psnr(a, b) for a, b in zip(answers, real, strict=True)]):.2f}"
        row(name, natural, f"{own:.1f}", apart)


def crossed(networks: dict[str, nn.Module], cameras: dict[str, Candidate], photos: list[Photo], count: int) -> None:
    """Print the cross table, of `count` crops of 96 px that no training saw."""
    clean = floats(clean_crops(photos, count, CROP_PX, torch.Generator().manual_seed(1)).images)
    seen = {name: one.degrade(clean, torch.Generator().manual_seed(2)) for name, one in cameras.items()}
    head("trained on \\ tested on", *(f"{name} ({decibels(images, clean):.2f} dB)" for name, images in seen.items()))
    for name, network in networks.items():
        gains = []
        for images in seen.values():
            answers = torch.cat([answer(network, image) for image in images.split(1)])
            gains.append(decibels(answers, clean) - decibels(images, clean))
        row(name, *(f"{gain:+.2f}" for gain in gains))


def decibels(images: Tensor, clean: Tensor) -> float:
    return mean([psnr(a, b) for a, b in zip(images.split(1), clean.split(1), strict=True)])


def sheet(networks: dict[str, nn.Module], real: list[Tensor], out: Path) -> None:
    """A row a photo: the middle 192 px of the input, then each network's answer in the order of the tables."""
    side = min(192, *(min(photo.shape[-2:]) for photo in real))
    rows = []
    for photo in real[:: max(1, len(real) // SHOWN)][:SHOWN]:
        top, left = ((length - side) // 2 for length in photo.shape[-2:])
        part = photo[..., top : top + side, left : left + side]
        rows.append(torch.cat([part, *(answer(network, part) for network in networks.values())], 3))
    Image.fromarray(to_pixels(torch.cat(rows, 2))).save(out)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="folder of real low-quality photos")
    parser.add_argument("--clean", type=Path, required=True, help="folder of clean photographs")
    parser.add_argument("--metrics", type=Path, help="folder with niqe_pris_params.npz")
    parser.add_argument("--learned", type=Path, help="folder of a learned degrader")
    parser.add_argument("--out", type=Path, default=Path("runs/realism"), help="where trainings are kept")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="candidates, all if not given")
    parser.add_argument("--steps", type=int, default=Size.steps, help="of each training")
    parser.add_argument("--width", type=int, default=Size.width, help="channels of the network")
    parser.add_argument("--batch", type=int, default=Size.batch, help="crops a step")
    parser.add_argument("--pairs", type=int, default=96, help="of each column of the cross table")
    parser.add_argument("--most", type=int, help="real photos")
    parser.add_argument("--sheet", type=Path, help="also write a picture: inputs, then answers in the tables' order")
    options = parser.parse_args(argv)
    cameras = candidates(options.learned, scales=(1,))
    if unknown := [name for name in options.only or () if name not in cameras]:
        parser.error(f"only: {unknown[0]!r} is not one of {', '.join(cameras)}")
    cameras = {name: cameras[name] for name in options.only or cameras}
    niqe = load_niqe(options.metrics)
    real = [real_middle(photo) for photo in read_photos(options.real, CROP_PX, real_aside)[: options.most]]
    aside = read_photos(options.clean, CROP_PX, clean_aside)
    photos = learning_photos(options.clean, options.out)
    size = Size(steps=options.steps, width=options.width, batch=options.batch)
    with contextlib.redirect_stdout(sys.stderr):  # progress is no table
        networks = {name: trained(one, photos, size, options.out / name.lower()) for name, one in cameras.items()}
    print(f"\n{len(real)} real photos kept aside\n")
    without_reference(networks, real, niqe, QualityEstimator.from_pretrained(BUNDLED / "clip"))
    print(f"\n{options.pairs} pairs of clean photos kept aside\n")
    crossed(networks, cameras, aside, options.pairs)
    if options.sheet:
        sheet(networks, real, options.sheet)


if __name__ == "__main__":
    main()
