"""Total variation: how much a picture goes up and down from pixel to pixel. As a loss, a wish for flat places."""

import torch
from torch import Tensor, nn


def total_variation(image: Tensor, *, isotropic: bool = False) -> Tensor:
    """Mean over all values of |∂x| + |∂y|; isotropic: of √(∂x² + ∂y²), which favours no direction. A scalar.

    Rudin, Osher and Fatemi 1992, "Nonlinear total variation based noise removal algorithms", minimise the isotropic
    form's integral; a mean does not depend on the picture's size, so neither does the weight of a loss. Differences to
    the next pixel, 0 beyond the last row and column. Where both are 0 the gradient is 0, one of its subgradients.

    image: (B, C, H, W), any range; not empty. Raises ValueError for another shape.

    >>> float(total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])))
    0.5
    """
    if image.ndim != 4 or 0 in image.shape:
        raise ValueError(f"image: expected (B, C, H, W), not empty, got {tuple(image.shape)}")
    across = image.diff(dim=-1, append=image[..., -1:])
    down = image.diff(dim=-2, append=image[..., -1:, :])
    if isotropic:
        return torch.linalg.vector_norm(torch.stack((across, down)), dim=0).mean()
    return across.abs().mean() + down.abs().mean()


class TotalVariation(nn.Module):
    """`total_variation` as a module."""

    def __init__(self, *, isotropic: bool = False) -> None:
        super().__init__()
        self.isotropic = isotropic

    def forward(self, image: Tensor) -> Tensor:
        return total_variation(image, isotropic=self.isotropic)
