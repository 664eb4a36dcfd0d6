"""Test pictures and measures, by the definitions of the README's tables; what every table's command has in common."""

import argparse
import importlib.util
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from controllable.color import quantize_8bit

Distance = Callable[[Tensor, Tensor], float]
"""Of an output and the clean picture, both (1, 3, H, W) in [0, 1]."""
Judgement = Callable[[Tensor], float]
"""Of an output alone, (1, 3, H, W) in [0, 1]."""
Method = Callable[[Tensor], Tensor]
"""The flawed picture (1, 3, h, w) → (1, 3, H, W), both in [0, 1]."""


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with --data, --most and --models, whose help is the module's docstring."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets: kodak/, set5/ and so on")
    parser.add_argument("--most", type=int, help="pictures of each set")
    parser.add_argument("--models", help="folder of other models")
    return parser


def pictures(folder: Path, most: int | None = None) -> Iterator[Image.Image]:
    """The folder's pictures as RGB, in the order of their names; SystemExit with a sentence if there are none."""
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".png", ".jpg"))
    if not files:
        raise SystemExit(f"no pictures in {folder}")
    for path in files[:most]:
        yield Image.open(path).convert("RGB")


def tensors(folder: Path, most: int | None = None, multiple_px: int = 1) -> list[Tensor]:
    """The folder's pictures, each (1, 3, H, W), cut at the right and below to sides of whole multiples."""
    return [
        to_tensor(picture.crop((0, 0, *(side // multiple_px * multiple_px for side in picture.size))))
        for picture in pictures(folder, most)
    ]


def to_tensor(image: Image.Image | np.ndarray) -> Tensor:
    """8-bit RGB → (1, 3, H, W), RGB, [0, 1]."""
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255.0).permute(2, 0, 1)[None]


def to_pixels(image: Tensor) -> np.ndarray:
    """(1, 3, H, W), RGB, [0, 1] → (H, W, 3), uint8."""
    pixels = (image[0].permute(1, 2, 0).clamp(0, 1) * 255.0).round().to(torch.uint8)
    return np.ascontiguousarray(pixels.numpy())


def psnr(a: Tensor, b: Tensor) -> float:
    """RGB PSNR in dB of [0, 1] pictures, clipped; 100 for equal ones."""
    error = float((a.clamp(0, 1) - b.clamp(0, 1)).pow(2).mean())
    return 100.0 if error == 0.0 else -10.0 * math.log10(error)


def psnr_y(a: Tensor, b: Tensor, border: int) -> float:
    """PSNR of BT.601 Y (16 to 235) without a border, as super-resolution is measured."""
    weights = torch.tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1) / 255.0
    ya, yb = ((x.clamp(0, 1) * 255.0).round() / 255.0 for x in (a, b))
    difference = ((ya - yb) * weights).sum(1)[..., border:-border, border:-border]
    return -10.0 * math.log10(float(difference.pow(2).mean()))


def load_lpips(folder: Path | None) -> Distance | None:
    """LPIPS (Zhang et al., "The Unreasonable Effectiveness of Deep Features", 2018) of two (1, 3, H, W) in [0, 1].

    folder: holds `lpips_squeeze.py`, whose `lpips(a, b)` reads its weights beside it; None gives None, and the tables
    leave the column empty. SystemExit with a sentence if there is no such file.
    """
    if folder is None:
        return None
    path = folder / "lpips_squeeze.py"
    if not path.is_file():
        raise SystemExit(f"metrics: {folder} has no lpips_squeeze.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @torch.inference_mode()
    def distance(a: Tensor, b: Tensor) -> float:
        return float(module.lpips(a, b))

    return distance


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def row(*cells: object) -> None:
    """Print one line of a markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*names: object) -> None:
    """Print a markdown table's first two lines."""
    row(*names)
    print("|---" * len(names) + "|")


def compare(
    case: str, pairs: list[tuple[Tensor, Tensor]], methods: Mapping[str, Method], measure: Distance,
    lpips: Distance | None, niqe: Judgement | None = None,
) -> None:  # fmt: skip
    """Print one row a method, outputs rounded to 8 bits: PSNR by `measure`, LPIPS with its change against the first
    method, NIQE, and seconds per output megapixel by the clock, all means over `pairs` of flawed and clean pictures.

    Each method runs once before it is timed, on a mirrored picture that it cannot remember. The columns are
    `COMPARISON`'s.
    """
    first = None
    for name, method in methods.items():
        method(pairs[0][0].flip(-1))
        seconds, decibels, distances, naturalness = 0.0, [], [], []
        for flawed, clean in pairs:
            start = time.perf_counter()
            out = method(flawed)
            seconds += time.perf_counter() - start
            out = quantize_8bit(out)
            decibels.append(measure(out, clean))
            distances.extend([] if lpips is None else [lpips(out, clean)])
            naturalness.extend([] if niqe is None else [niqe(out)])
        looks = "–"
        if distances:
            first = mean(distances) if first is None else first
            looks = f"{mean(distances):.3f} ({mean(distances) / first - 1.0:+.0%})"
        megapixels = sum(clean.shape[-2] * clean.shape[-1] for _, clean in pairs) / 1e6
        natural = f"{mean(naturalness):.2f}" if naturalness else "–"
        row(case, name, f"{mean(decibels):.2f}", looks, natural, f"{seconds / megapixels:.3f}")


COMPARISON = ("pictures", "method", "PSNR dB", "LPIPS", "NIQE", "s / output MP")
