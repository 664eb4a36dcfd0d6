"""NIQE (Mittal et al., "Making a 'completely blind' image quality analyzer", 2013): how far a picture's statistics are
from those of undistorted photographs. No reference, and no network that anything here was trained with.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.images import Judgement
from controllable.image.resize import resize

PARAMETERS = "niqe_pris_params.npz"
BLOCK_PX = 96
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
_LUMA = (65.481 / 255.0, 128.553 / 255.0, 24.966 / 255.0)


def load_niqe(folder: Path | None) -> Judgement | None:
    """NIQE of a (1, 3, H, W) in [0, 1], 96 px a side or more, smaller is better; None without a folder.

    folder: holds `niqe_pris_params.npz`, the statistics of undistorted photographs as the paper's authors published
    them. SystemExit with a sentence if there is no such file.
    """
    if folder is None:
        return None
    path = folder / PARAMETERS
    if not path.is_file():
        raise SystemExit(f"metrics: {folder} has no {PARAMETERS}")
    with np.load(path) as values:
        mean, covariance, window = (
            torch.from_numpy(values[name]).double() for name in ("mu_pris_param", "cov_pris_param", "gaussian_window")
        )

    def niqe(image: Tensor) -> float:
        features = natural_scene_features(image, window)
        features = features[features.isfinite().all(1)]  # a block of one tone has no shape
        difference = (mean.flatten() - features.mean(0))[:, None]
        both = 0.5 * (covariance + torch.cov(features.T))
        return float((difference.T @ torch.linalg.pinv(both) @ difference).sqrt())

    return niqe


def natural_scene_features(image: Tensor, window: Tensor) -> Tensor:
    """(1, 3, H, W) → (blocks, 36): 18 numbers of every 96 px block and of the same block at half the size."""
    luma = (image.double() * image.new_tensor(_LUMA).double().view(1, 3, 1, 1)).sum(1, keepdim=True)
    grey = (255.0 * luma + 16.0).round()
    height, width = (side // BLOCK_PX * BLOCK_PX for side in grey.shape[-2:])
    grey = grey[..., :height, :width]
    scales = []
    for block in (BLOCK_PX, BLOCK_PX // 2):
        parts = _normalised(grey, window)[0, 0].unfold(0, block, block).unfold(1, block, block).flatten(0, 1)
        scales.append(_block_features(parts))
        grey = resize(grey / 255.0, (height // 2, width // 2)) * 255.0
    return torch.cat(scales, 1)


def _normalised(grey: Tensor, window: Tensor) -> Tensor:
    """Ibid., eq. 1 to 3: local mean taken out, divided by the local deviation."""
    half = window.shape[0] // 2

    def local(values: Tensor) -> Tensor:
        return F.conv2d(F.pad(values, (half,) * 4, mode="replicate"), window[None, None])

    mean = local(grey)
    return (grey - mean) / ((local(grey * grey) - mean * mean).abs().sqrt() + 1.0)


def _block_features(parts: Tensor) -> Tensor:
    """(N, b, b) → (N, 18): shape and width of the values, and four numbers of the products of neighbours in four
    directions (ibid., eq. 4 to 8)."""
    shape, left, right = _asymmetric_gaussian(parts)
    features = [shape, 0.5 * (left + right)]
    for dy, dx in _SHIFTS:
        shape, left, right = _asymmetric_gaussian(parts * parts.roll((dy, dx), (1, 2)))
        mean = (right - left) * (torch.lgamma(2.0 / shape) - torch.lgamma(1.0 / shape)).exp()
        features += [shape, mean, left, right]
    return torch.stack(features, 1)


def _asymmetric_gaussian(parts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shape and both widths of an asymmetric generalised Gaussian by moment matching (Lasmar et al., 2009)."""
    values = parts.flatten(1)
    below, above = values.clamp_max(0.0), values.clamp_min(0.0)
    left = (below.pow(2).sum(1) / (values < 0).sum(1)).sqrt()
    right = (above.pow(2).sum(1) / (values > 0).sum(1)).sqrt()
    ratio = left / right
    moment = values.abs().mean(1).pow(2) / values.pow(2).mean(1)
    wanted = moment * (ratio**3 + 1.0) * (ratio + 1.0) / (ratio**2 + 1.0) ** 2
    shapes = torch.arange(0.2, 10.001, 0.001, dtype=torch.float64)
    known = (2.0 * torch.lgamma(2.0 / shapes) - torch.lgamma(1.0 / shapes) - torch.lgamma(3.0 / shapes)).exp()
    shape = shapes[torch.searchsorted(known, wanted.contiguous()).clamp_max(len(shapes) - 1)]
    scale = (0.5 * (torch.lgamma(1.0 / shape) - torch.lgamma(3.0 / shape))).exp()
    return shape, left * scale, right * scale
