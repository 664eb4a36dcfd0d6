"""The light behind the numbers: sRGB encoding and luma, for every stage that needs physics.

Tensors are (B, 3, H, W), RGB, [0, 1] unless a function says otherwise.
"""

import torch
from torch import Tensor

LUMA_BT601 = (0.299, 0.587, 0.114)


def srgb_to_linear(encoded: Tensor) -> Tensor:
    """Display values to linear light (IEC 61966-2-1); negative values are taken as 0."""
    encoded = encoded.clamp_min(0.0)
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055).clamp_min(1e-6) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Linear light to display values (IEC 61966-2-1); negative values are taken as 0."""
    linear = linear.clamp_min(0.0)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - 0.055)


def luma(image: Tensor) -> Tensor:
    """BT.601 luma of display values, (B, 1, H, W)."""
    weights = torch.tensor(LUMA_BT601, dtype=image.dtype).to(image.device, non_blocking=True).view(1, 3, 1, 1)
    return (image * weights).sum(1, keepdim=True)


def quantize_8bit(image: Tensor) -> Tensor:
    """Clip to [0, 1] and round to 8-bit steps; the gradient passes straight through the rounding."""
    image = image.clamp(0.0, 1.0)
    rounded = torch.round(image.detach() * 255.0) / 255.0
    return image + (rounded - image.detach()) if image.requires_grad else rounded
