"""Random paths of a shaken camera → blur kernels: what DeblurGAN trains on."""

import math

import torch
from torch import Tensor

KERNEL_PX = 31
STEPS = 400
_FITS_PX = KERNEL_PX - 4


def shaken_kernels(
    batch: int, generator: torch.Generator, *, shortest_px: float = 4.0, longest_px: float = 40.0
) -> Tensor:
    """(batch, 31, 31), each not negative, of sum 1, and centred on its mean.

    The random walk of Boracchi and Foi ("Modeling the performance of image restoration from motion blur", 2012) as
    DeblurGAN draws it (Kupyn et al. 2018, algorithm 1): a velocity of constant size that trembles, that inertia pulls
    back to the start, and that turns round now and then. Deviations: 400 steps, not 2,000, as a kernel of 31 px shows
    no more, with constants to match; a length of path drawn uniformly from [shortest_px, longest_px], not always 60;
    what does not fit is made smaller.
    Raises ValueError for lengths that are not positive or in the wrong order.
    """
    if not 0.0 < shortest_px <= longest_px:
        raise ValueError(f"shortest_px, longest_px: need 0 < {shortest_px} <= {longest_px}")

    def uniform() -> Tensor:
        return torch.rand(batch, generator=generator, dtype=torch.float64)

    length = shortest_px + (longest_px - shortest_px) * uniform()
    jerk, tremble, turn = 0.01 * uniform(), 0.7 * uniform(), 0.2 * uniform()
    inertia = 0.7 * uniform()
    stride = length / STEPS
    velocity = torch.polar(stride, 2.0 * math.pi * uniform())
    place = torch.zeros(batch, dtype=torch.complex128)
    path = []
    for _ in range(STEPS):
        noise = torch.randn(2, batch, generator=generator, dtype=torch.float64)
        back = torch.polar(torch.ones(batch, dtype=torch.float64), math.pi + uniform() - 0.5)
        turned = torch.where(uniform() < turn * jerk, 2.0 * velocity * back, torch.zeros_like(velocity))
        pushed = 10.0 * jerk * (tremble * torch.complex(noise[0], noise[1]) * stride - inertia * place / STEPS * 10.0)
        velocity = velocity + turned + pushed
        velocity = velocity / velocity.abs().clamp_min(1e-12) * stride
        place = place + velocity
        path.append(place)
    points = torch.view_as_real(torch.stack(path, 1))
    points = points - points.mean(1, keepdim=True)
    extent = 2.0 * points.abs().amax((1, 2), keepdim=True)
    points = points * (_FITS_PX / extent).clamp_max(1.0)
    return _splat(points.float() + KERNEL_PX // 2)


def _splat(points: Tensor) -> Tensor:
    """Bilinear: points (B, N, 2) in px, inside the kernel → (B, 31, 31)."""
    corner = points.floor()
    share = points - corner
    kernel = torch.zeros(len(points), KERNEL_PX * KERNEL_PX)
    for dy in (0, 1):
        for dx in (0, 1):
            weight = (share[..., 1] if dy else 1.0 - share[..., 1]) * (share[..., 0] if dx else 1.0 - share[..., 0])
            index = (corner[..., 1].long() + dy) * KERNEL_PX + corner[..., 0].long() + dx
            kernel.scatter_add_(1, index, weight)
    return (kernel / kernel.sum(1, keepdim=True)).view(-1, KERNEL_PX, KERNEL_PX)
