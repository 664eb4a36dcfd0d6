"""Many pictures to many sizes at once: `image.resize` as products of matrices, for devices that want few steps."""

from collections.abc import Callable

import torch
from torch import Tensor


def shrunk_sizes(height: int, width: int, factor: Tensor) -> Tensor:
    """(B, 2), int64: height and width of pictures reduced by factors (B,), at least 1 px."""
    return torch.stack([torch.round(side / factor).long().clamp_min(1) for side in (height, width)], 1)


def there_and_back(image: Tensor, sizes: Tensor, between: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """(B, 3, H, W) resized to sizes (B, 2) at most as large, passed through `between`, and resized to H × W again.

    A picture whose size is its own comes back as it is.
    """
    full = image.shape[-2:]
    own = torch.stack([torch.full_like(sizes[:, 0], side) for side in full], 1)
    most = sizes.amax(0).tolist() if sizes.device.type == "cpu" else full  # a device would have to be waited for
    out = apply_matrices(image, *(resize_matrix(own[:, k], sizes[:, k], most[k], full[k]) for k in (0, 1)))
    out = out if between is None else between(out)
    out = apply_matrices(out, *(resize_matrix(sizes[:, k], own[:, k], full[k], most[k]) for k in (0, 1)))
    return torch.where((sizes == own).all(1).view(-1, 1, 1, 1), image, out)


def apply_matrices(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """(B, C, H, W) by matrices (B, h, H) and (B, w, W) → (B, C, h, w)."""
    return vertical[:, None] @ image @ horizontal[:, None].mT


def resize_matrix(source: Tensor, target: Tensor, rows: int, columns: int) -> Tensor:
    """(B, rows, columns): what `resize` does to a line of source (B,) px to make it target (B,) px.

    Rows from `target` on and columns from `source` on are 0. Keys' cubic, a = -0.5 (1981, eq. 4), stretched by the
    reduction as Pillow does, normalised at the border.
    """
    source, target = source.view(-1, 1, 1), target.view(-1, 1, 1)
    scale = source.double() / target.double()
    row = torch.arange(rows, device=source.device).view(1, -1, 1)
    column = torch.arange(columns, device=source.device).view(1, 1, -1)
    distance = ((column + 0.5 - scale * (row + 0.5)) / scale.clamp_min(1.0)).abs().float()
    near = (1.5 * distance - 2.5) * distance * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    weight = torch.where(distance < 1.0, near, far) * (distance < 2.0) * (column < source)
    return weight / weight.sum(2, keepdim=True).clamp_min(1e-3) * (row < target)
