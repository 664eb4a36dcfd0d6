"""Super-resolution, classic and realistic, and of faces, through `Enhancer` and prompts alone.

python -m benchmarks.upscale --data FOLDER [--part classic|realistic|faces] [--most N] [--metrics FOLDER]
classic: bicubic reductions of set5 and set14, PSNR of Y. realistic: Kodak, blurred, reduced, noisy and compressed, RGB.
faces: crops of held-out people from 16 and 32 px to 128 px, RGB. --metrics: a folder with `lpips_squeeze.py` and, for
NIQE of the realistic part, `niqe_pris_params.npz`.
"""

from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from benchmarks.flaws import enlarged, realistic, shrunk
from benchmarks.images import (
    COMPARISON,
    Distance,
    Judgement,
    Method,
    arguments,
    compare,
    head,
    load_lpips,
    pictures,
    psnr,
    psnr_y,
    tensors,
    to_tensor,
)
from benchmarks.niqe import load_niqe
from controllable import Enhancer
from controllable.region.masks import find_faces

GENERAL = "restore this photo and enlarge it {scale}x"
PLAIN = "upscale {scale}x"
FACE_PX = 128
Pairs = list[tuple[Tensor, Tensor]]


def bicubic(small: Tensor, scale: int) -> Tensor:
    return enlarged(small, (small.shape[-2] * scale, small.shape[-1] * scale))


@cache
def load_enhancer(models: str | None, fidelity: float) -> Enhancer:
    """One for each fidelity, so that none is timed with what another remembers of a picture."""
    return Enhancer.from_pretrained(models).warm_up()


def methods(models: str | None, prompt: str, scale: int) -> dict[str, Method]:
    """Bicubic, and ours at both ends of the fidelity slider; the prompt's {scale} is filled in."""

    def ours(fidelity: float) -> Method:
        enhancer = load_enhancer(models, fidelity)
        wish = enhancer.understand(prompt.format(scale=scale))
        return lambda small: enhancer.enhance(small, wish, fidelity=fidelity).image

    return {
        "bicubic": partial(bicubic, scale=scale),
        "ours, fidelity 1": ours(1.0),
        "ours, fidelity 0": ours(0.0),
    }


def classic_pairs(data: Path, name: str, scale: int, most: int | None) -> Pairs:
    """Bicubic reductions and the pictures themselves."""
    return [(shrunk(clean, scale), clean) for clean in tensors(data / name, most, scale)]


def realistic_pairs(data: Path, most: int | None) -> Pairs:
    """Blurred, reduced to a quarter, noisy and compressed Kodak photos, and the clean ones."""
    return [(realistic(clean, k), clean) for k, clean in enumerate(tensors(data / "kodak", most, 4))]


def face_crops(folder: Path, most: int | None) -> list[Tensor]:
    """The largest face of each portrait with a margin of 15 % on each side, reduced by area to 128 px."""
    crops = []
    for picture in pictures(folder, most):
        pixels = np.asarray(picture)
        faces = find_faces(pixels)
        if not faces:
            raise SystemExit(f"no face found in a picture of {folder}")
        x, y, width, height = faces[0]
        side = min(round(1.3 * width), *pixels.shape[:2])
        left = min(max(0, x + (width - side) // 2), pixels.shape[1] - side)
        top = min(max(0, y + (height - side) // 2), pixels.shape[0] - side)
        crop = pixels[top : top + side, left : left + side]
        crops.append(to_tensor(cv2.resize(crop, (FACE_PX, FACE_PX), interpolation=cv2.INTER_AREA)))
    return crops


def classic(models: str | None, data: Path, most: int | None, lpips: Distance | None) -> None:
    for name in ("set5", "set14"):
        for scale in (2, 4):
            pairs = classic_pairs(data, name, scale, most)
            measure = partial(psnr_y, border=scale)
            compare(f"{name} ×{scale} (Y)", pairs, methods(models, PLAIN, scale), measure, lpips)


def real(models: str | None, data: Path, most: int | None, lpips: Distance | None, niqe: Judgement | None) -> None:
    compare("Kodak realistic ×4", realistic_pairs(data, most), methods(models, GENERAL, 4), psnr, lpips, niqe)


def faces(models: str | None, data: Path, most: int | None, lpips: Distance | None) -> None:
    for name in ("face_london", "face_congress"):
        crops = face_crops(data / name, most)
        for scale in (8, 4):
            pairs = [(shrunk(clean, scale), clean) for clean in crops]
            case = f"{name} {FACE_PX // scale} → {FACE_PX}"
            compare(case, pairs, methods(models, PLAIN, scale), psnr, lpips)


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", choices=("classic", "realistic", "faces"), default="classic")
    parser.add_argument("--metrics", type=Path, help="folder of lpips_squeeze.py, its weights, and NIQE's")
    options = parser.parse_args(argv)
    lpips = load_lpips(options.metrics)
    head(*COMPARISON)
    if options.part == "realistic":
        real(options.models, options.data, options.most, lpips, load_niqe(options.metrics))
    else:
        part = {"classic": classic, "faces": faces}[options.part]
        part(options.models, options.data, options.most, lpips)


if __name__ == "__main__":
    main()
