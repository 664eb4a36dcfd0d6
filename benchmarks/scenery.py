"""A landscape drawn from fractal noise: sky, clouds, ranges in the haze, a lake; a photo that belongs to nobody."""

import numpy as np
from PIL import Image, ImageFilter


def landscape(width: int = 1200, height: int = 800, seed: int = 0) -> Image.Image:
    """RGB; the same seed gives the same place."""
    chance = np.random.default_rng(seed)
    shore = int(0.72 * height)
    y = np.mgrid[0:shore, 0:width][0].astype(np.float32)
    depth = (y / shore)[..., None]
    scene = np.array([64, 118, 190]) * (1 - depth) + np.array([233, 222, 205]) * depth
    clouds = np.clip((_fractal(shore, width, chance, stretch=3.0) - 0.48) * 3.2, 0, 1)[..., None]
    scene = scene * (1 - 0.85 * clouds) + np.array([250, 246, 240]) * 0.85 * clouds
    for layer in range(5):
        near = layer / 4
        ridge = _ridge(width, chance, rough=0.45 + 0.1 * near) * (0.34 - 0.05 * layer) * shore
        top = shore * (0.52 + 0.11 * layer) - ridge
        slope = sum(np.gradient(_fractal(shore, width, chance, octaves=8, stretch=1.3)))
        lit = 0.75 + 0.22 * slope / slope.std()
        rock = np.array([92, 104, 118]) * (1 - near) + np.array([46, 72, 38]) * near
        hazy = 0.75 * (1 - near) ** 1.5
        colour = rock * lit[..., None] * (1 - hazy) + np.array([196, 205, 218]) * hazy
        edge = np.clip(y - top[None], 0, 1.5)[..., None] / 1.5
        scene = scene * (1 - edge) + colour * edge
    lake = scene[::-1][: height - shore] * np.array([0.72, 0.8, 0.88])
    ripples = (_fractal(height - shore, width, chance, stretch=14.0, octaves=7) - 0.5) * 26
    rows = np.arange(height - shore)
    for row in rows:
        shift = int(1.5 * np.sin(row / 2.3) * (1 + 4 * row / len(rows)))
        lake[row] = lake[row][np.clip(np.arange(width) + shift, 0, width - 1)]
    scene = np.concatenate([scene, lake + ripples[..., None]])
    image = Image.fromarray(scene.clip(0, 255).astype(np.uint8))
    return image.filter(ImageFilter.UnsharpMask(1.2, 60, 2))


def _fractal(
    height: int, width: int, chance: np.random.Generator, *, octaves: int = 6, stretch: float = 1.0
) -> np.ndarray:
    """(height, width), [0, 1]: noise at doubling frequencies, each half as strong as the one before."""
    total, weight = np.zeros((height, width), np.float32), 1.0
    for octave in range(octaves):
        cells = 3 * 2**octave
        rough = chance.random((max(2, cells), max(2, round(cells * width / height / stretch)))).astype(np.float32)
        total += weight * np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC))
        weight *= 0.5
    return (total - total.min()) / (total.max() - total.min())


def _ridge(width: int, chance: np.random.Generator, *, rough: float) -> np.ndarray:
    """(width,), about [0, 1]: a mountain's outline."""
    total, weight = np.zeros(width), 1.0
    for octave in range(9):
        points = chance.random(3 * 2**octave + 2)
        total += weight * np.interp(np.linspace(0, len(points) - 1, width), np.arange(len(points)), points)
        weight *= rough
    return (total - total.min()) / (total.max() - total.min())
