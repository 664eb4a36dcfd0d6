"""Real low-quality photos: how each was stored, whether it is on film, and crops of it as it is."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from controllable.networks.degrader import RECORD
from controllable.training.photos import Photos

GRID_PX = 16
"""Crops begin on JPEG's blocks, those of halved chroma included, as those of photos just stored do."""
KEPT_ONE_IN = 3
"""So many of the real photos, by a hash of their names, are for measuring only."""
FILM_RESIDUE = 4.0 / 255.0
"""Chroma of a monochrome photo is a function of its luma, but for compression and dust: so much deviation at most."""
_ANNEX_K_SUM = 3_688.0


class RealPhotos:
    """Those below a folder that are not kept aside, each as likely. records: (N, `RECORD`), see `networks.degrader`.

    Raises ValueError if there are none of `smallest_px` a side.
    """

    def __init__(self, folder: Path, *, smallest_px: int, device: str = "cpu", kept: bool = False) -> None:
        photos = Photos(folder, smallest_px=smallest_px, device=device, development=kept, kept_one_in=KEPT_ONE_IN)
        self.images = photos.images
        rows = zip(photos.paths, photos.images, strict=True)
        self.records = torch.stack([record(path, image) for path, image in rows])

    def sample(self, batch: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Crops (batch, 3, size, size), RGB, [0, 1], never resized, half of them mirrored; and the numbers of their
        photos, (batch,)."""
        picks = torch.randint(len(self.images), (batch,), generator=generator)
        crops = []
        for pick in picks.tolist():
            image = self.images[pick]
            top, left = (
                GRID_PX * int(torch.randint((side - size) // GRID_PX + 1, (), generator=generator))
                for side in image.shape[-2:]
            )
            crop = image[:, top : top + size, left : left + size]
            crops.append(crop.flip(-1) if float(torch.rand((), generator=generator)) < 0.5 else crop)
        return torch.stack(crops).float() / 255.0, picks


def record(path: Path, image: Tensor) -> Tensor:
    """(`RECORD`,) of a file and its pixels (3, H, W), uint8: severity of compression, of which the luma's table tells,
    0 where the file has none; chroma halved in any direction or not; film or not; the film's tint."""
    severity, halved = _storage(path)
    film, tint = _tint(image)
    out = torch.tensor([severity, halved, film, *tint])
    assert len(out) == RECORD
    return out


def _storage(path: Path) -> tuple[float, float]:
    """By the sum of the table's steps against Annex K's of ITU-T T.81, which libjpeg scales (jpeg_set_quality)."""
    try:
        with Image.open(path) as image:
            tables = getattr(image, "quantization", None)
            layers = getattr(image, "layer", None) or [(0, 1, 1, 0)]
    except (OSError, UnidentifiedImageError):
        tables, layers = None, [(0, 1, 1, 0)]
    if not tables:
        return 0.0, 0.0
    percent = 100.0 * sum(tables[0]) / _ANNEX_K_SUM
    quality = 100.0 - percent / 2.0 if percent <= 100.0 else 5_000.0 / percent
    return float(np.clip((100.0 - quality) / 90.0, 0.01, 1.0)), float(max(layers[0][1:3]) > 1)


def _tint(image: Tensor) -> tuple[float, list[float]]:
    """Whether the chroma follows the luma, and how: `degradation.exposure.on_film`'s coefficients."""
    red, green, blue = (image.cpu().numpy().reshape(3, -1)[:, ::7].astype(np.float64)) / 255.0
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    powers = np.stack((np.ones_like(grey), grey, grey * grey), 1)
    chroma = np.stack(((blue - grey) / 1.772, (red - grey) / 1.402), 1)
    coefficients, *_ = np.linalg.lstsq(powers, chroma, rcond=None)
    residue = float(np.std(chroma - powers @ coefficients))
    return (1.0, coefficients.T.flatten().tolist()) if residue < FILM_RESIDUE else (0.0, [0.0] * 6)
