"""How close a photo is to the original it was degraded from."""

import math

from PIL import Image

from controllable.image.picture import load
from controllable.image.resize import resize


def psnr_db(image: str | Image.Image, original: str) -> float:
    """PSNR over RGB in [0, 1], clipped; an enlarged image is compared at the original's size (bicubic, antialiased)."""
    reference, candidate = load(original).rgb, load(image).rgb
    if candidate.shape != reference.shape:
        height, width = reference.shape[-2:]
        candidate = resize(candidate, (height, width)).clamp(0, 1)
    error = float((candidate - reference).square().mean())
    return math.inf if error == 0.0 else -10.0 * math.log10(error)
