"""Test pictures and measures, by the definitions of the README's tables."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def pictures(folder: Path, most: int | None = None) -> Iterator[Image.Image]:
    """The folder's pictures as RGB, in the order of their names; SystemExit with a sentence if there are none."""
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".png", ".jpg"))
    if not files:
        raise SystemExit(f"no pictures in {folder}")
    for path in files[:most]:
        yield Image.open(path).convert("RGB")


def to_tensor(image: Image.Image) -> Tensor:
    """(1, 3, H, W), RGB, [0, 1]."""
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255.0).permute(2, 0, 1)[None]


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


def mean(values: list[float]) -> float:
    return sum(values) / len(values)
