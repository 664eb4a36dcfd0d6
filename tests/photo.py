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


def draw_portrait(width: int = 264, height: int = 272, seed: int = 0, share: float = 0.6) -> Image.Image:
    """A drawn head (`share` of the shorter side high) before the drawn scene: enough of a face for the cascade."""
    chance = np.random.default_rng(seed)
    scene = draw_photo(width, height, seed).filter(ImageFilter.GaussianBlur(3)).resize((2 * width, 2 * height))
    pen = ImageDraw.Draw(scene)
    radius = share * min(width, height)
    tone = chance.uniform(0.75, 1.1)

    def oval(x: float, y: float, half_width: float, half_height: float, *colour: float) -> None:
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        place = [centre + radius * at for centre, at in zip((width, height) * 2, box, strict=True)]
        pen.ellipse(place, fill=tuple(min(255, int(tone * value)) for value in colour))

    wide, apart, brow, chin = (chance.uniform(*span) for span in ((0.72, 0.85), (0.32, 0.4), (0.14, 0.2), (0.5, 0.62)))
    oval(0, -0.25, 1.1 * wide, 1.05, 72, 58, 49)
    oval(0, 0.05, wide, 1.0, 205, 165, 140)
    for x in (-apart, apart):
        oval(x, -0.16, 0.24, 0.14, 148, 119, 101)
        oval(x, -0.16 - brow, 0.24, 0.05, 72, 58, 49)
        oval(x, -0.16, 0.16, 0.075, 235, 235, 235)
        oval(x, -0.16, 0.075, 0.075, 40, 30, 25)
        oval(1.1 * x, 0.26, 0.2, 0.16, 225, 181, 154)
    oval(0, 0.1, 0.09, 0.3, 225, 181, 154)
    oval(0, 0.32, 0.16, 0.06, 123, 99, 84)
    oval(0, chin, 0.3, 0.09, 150, 70, 70)
    oval(0, chin, 0.3, 0.02, 70, 30, 30)
    smooth = scene.filter(ImageFilter.GaussianBlur(radius / 28))
    return smooth.resize((width, height), Image.Resampling.LANCZOS)


def draw_leaves(width: int = 384, height: int = 320, seed: int = 0) -> Image.Image:
    """Discs of all sizes that cover each other: edges and a power spectrum as in photographs of nature.

    The dead leaves of Matheron (1968), radii with density r^-3 (Lee, Mumford and Huang, 2001).
    """
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (2 * width, 2 * height), (128, 128, 128))
    pen = ImageDraw.Draw(image)
    for _ in range(6000):
        radius = 3.0 / math.sqrt(1.0 - chance.uniform(0.0, 0.9996))
        x, y = chance.uniform(0, 2 * width), chance.uniform(0, 2 * height)
        shade, tint = chance.uniform(15, 240), chance.normal(0, 12, 3)
        colour = tuple(int(min(255, max(0, shade + part))) for part in tint)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def photo_tensor(width: int = 384, height: int = 256, seed: int = 0) -> Tensor:
    """(1, 3, H, W), RGB, [0, 1]."""
    return to_tensor(draw_photo(width, height, seed))


def to_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image.convert("RGB"), dtype=np.float32) / 255.0).permute(2, 0, 1)[None]


def psnr(a: Tensor, b: Tensor) -> float:
    return -10.0 * math.log10(max(float((a - b).pow(2).mean()), 1e-12))
