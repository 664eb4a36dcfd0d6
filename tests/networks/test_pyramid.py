"""The pyramid: a kernel that is one, and what it learns from it."""

import pytest
import torch

from controllable.networks.pyramid import KERNEL_PX, Pyramid


def pyramid(scale: int = 1) -> Pyramid:
    torch.manual_seed(0)
    return Pyramid(scale, 8, 1)


@pytest.mark.parametrize("scale", [1, 2])
def test_the_kernel_is_not_negative_and_sums_to_one(scale: int) -> None:
    network, image = pyramid(scale), torch.rand(2, 3, 37, 50)
    for _ in range(2):
        restored, kernel = network.restore(image)
        assert kernel.shape == (2, 1, KERNEL_PX, KERNEL_PX) and kernel.dtype == torch.float32
        assert bool((kernel >= 0).all()) and torch.allclose(kernel.sum((1, 2, 3)), torch.ones(2))
        assert torch.equal(restored, network(image))
        with torch.no_grad():  # once more with a head that has learned
            next(network.kernel_head.layers[-1].parameters()).normal_(std=3.0)


def test_an_untrained_kernel_is_flat() -> None:
    _, kernel = pyramid().restore(torch.rand(1, 3, 32, 32))
    assert torch.allclose(kernel, torch.full_like(kernel, 1.0 / KERNEL_PX**2))


def test_a_kernel_can_be_learned() -> None:
    network, image = pyramid(), torch.rand(1, 3, 32, 32)
    wanted = torch.zeros(1, 1, KERNEL_PX, KERNEL_PX)
    wanted[..., 15, 12:19] = 1.0 / 7.0
    stepper = torch.optim.Adam(network.kernel_head.parameters(), lr=3e-2)
    for _ in range(60):
        stepper.zero_grad()
        loss = -(wanted * network.restore(image)[1].clamp_min(1e-12).log()).sum()
        loss.backward()
        stepper.step()
    assert float((network.restore(image)[1] - wanted).detach().abs().sum()) < 0.1


def test_the_coarse_levels_reach_every_pixel() -> None:
    """A change in one corner of 64 px is felt in the opposite one, as wide blur demands."""
    network = pyramid()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    network(image)[0, 0, 63, 63].backward()
    assert image.grad is not None and bool((image.grad[..., :16, :16] != 0).any())
