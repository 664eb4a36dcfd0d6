"""Fidelity below 1: the restored picture's own fine detail amplified, which looks crisper and is less exact."""

import torch.nn.functional as F
from torch import Tensor

from controllable.color import luma

GAIN = 0.9
"""Detail gain at fidelity 0."""


def amplify_detail(image: Tensor, fidelity: float) -> Tensor:
    """image + (1 - fidelity)·GAIN·(Y - smooth(Y)), edge-preserving so that no halos form; clipped to [0, 1].

    smooth is the self-guided filter with a 9 px window and ε = 0.01 (He et al., "Guided Image Filtering", 2010,
    section 4, detail enhancement), on BT.601 luma, so colours stay.
    """
    if fidelity >= 1.0:
        return image
    grey = luma(image)
    average = _mean(grey)
    variance = (_mean(grey * grey) - average * average).clamp_min(0.0)
    slope = variance / (variance + 0.01)
    smooth = _mean(slope) * grey + _mean(average - slope * average)
    return (image + (1.0 - fidelity) * GAIN * (grey - smooth)).clamp(0.0, 1.0)


def _mean(values: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(values, (4, 4, 4, 4), mode="replicate"), 9, stride=1)
