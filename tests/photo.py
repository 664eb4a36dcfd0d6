"""Photos drawn by the tests: a sky, hills with texture, sharp shapes and lettering, in colours a camera would see."""

import math

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor


def draw_photo(width: int = 384, height: int = 256, seed: int = 0) -> Image.Image:
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    sky = np.stack([110 + 60 * y / height, 150 + 50 * y / height, 215 + 20 * y / height], -1)
    horizon = height * (0.45 + 0.08 * np.sin(2 * math.pi * x / width + seed))
    grass = np.stack([70 + 30 * np.sin(x / 9.0), 105 + 35 * np.sin(y / 5.0 + x / 23.0), 55 + 10 * np.cos(y / 3.0)], -1)
    rough = chance.normal(0, 1, (height, width, 1))
    rough = np.asarray([np.convolve(row, np.ones(3) / 3, "same") for row in rough[..., 0]])[..., None]
    scene = np.where((y > horizon)[..., None], grass + 22 * rough, sky)
    image = Image.fromarray(scene.clip(0, 255).astype(np.uint8)).resize(
        (2 * width, 2 * height), Image.Resampling.BICUBIC
    )
    pen = ImageDraw.Draw(image)
    for k in range(14):
        left, top = (int(v) for v in chance.integers(0, (2 * width, 2 * height)))
        colour = tuple(int(v) for v in chance.integers(20, 235, 3))
        size = int(chance.integers(20, 90))
        if k % 3 == 0:
            pen.ellipse((left, top, left + size, top + size), fill=colour)
        elif k % 3 == 1:
            pen.rectangle((left, top, left + size, top + size // 2), fill=colour)
        else:
            pen.text((left, top), "photo 照片"[: 5 + k], fill=colour)
    smooth = image.filter(ImageFilter.GaussianBlur(0.6))
    return smooth.resize((width, height), Image.Resampling.LANCZOS)


def photo_tensor(width: int = 384, height: int = 256, seed: int = 0) -> Tensor:
    """(1, 3, H, W), RGB, [0, 1]."""
    return to_tensor(draw_photo(width, height, seed))


def to_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image.convert("RGB"), dtype=np.float32) / 255.0).permute(2, 0, 1)[None]


def psnr(a: Tensor, b: Tensor) -> float:
    return -10.0 * math.log10(max(float((a - b).pow(2).mean()), 1e-12))
