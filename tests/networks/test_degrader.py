import pytest
import torch

from controllable.networks.degrader import FATE, KERNEL_RADIUS_PX, LATENT, RECORD, Degrader


def degrader(backbone: str = "resnet") -> Degrader:
    torch.manual_seed(0)
    return Degrader(backbone=backbone, width=8, blocks=1, photos=3, title="Three photos")


def width_px(kernel: torch.Tensor) -> torch.Tensor:
    """Mean standard deviation of a kernel over directions, of the determinant of its second moments."""
    axis = torch.arange(-KERNEL_RADIUS_PX, KERNEL_RADIUS_PX + 1).float()
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    xx, yy, xy = ((kernel * moment).sum((1, 2)) for moment in (x * x, y * y, x * y))
    return (xx * yy - xy * xy).clamp_min(0.0) ** 0.25


def test_an_untrained_kernel_is_the_gaussian_of_its_severity() -> None:
    blur = torch.tensor([0.2, 0.4, 0.6])
    kernel = degrader().kernel(blur, torch.randn(3, LATENT)).detach()
    assert torch.allclose(kernel.sum((1, 2)), torch.ones(3)) and bool((kernel >= 0.0).all())
    assert torch.allclose(width_px(kernel), 4.0 * blur, rtol=0.02)
    sharp = degrader().kernel(torch.zeros(1), torch.randn(1, LATENT)).detach()
    assert float(sharp[0, KERNEL_RADIUS_PX, KERNEL_RADIUS_PX]) > 0.999


def test_elongated_kernels_keep_the_severity_and_their_symmetry() -> None:
    network = degrader()
    torch.nn.init.normal_(network.lens[-1].weight)
    with torch.no_grad():
        network.lens[-1].weight[2] = 0.0  # Gaussians, whose second moments are known
        network.lens[-1].bias[2] = 0.0
        kernel = network.kernel(torch.full((40,), 0.4), torch.randn(40, LATENT))
    assert torch.allclose(kernel, kernel.flip(1, 2), atol=1e-6)
    assert torch.allclose(width_px(kernel), torch.full((40,), 1.6), rtol=0.03)
    assert not torch.allclose(kernel, kernel.mT, atol=1e-3)


def test_fates_give_different_severities_in_range() -> None:
    severities = degrader().severities(torch.zeros(64, RECORD), torch.randn(64, FATE))
    assert severities.shape == (64, 3) and bool(((severities > 0.0) & (severities < 1.0)).all())
    assert bool((severities.std(0) > 0.01).all())


@pytest.mark.parametrize("backbone", ["resnet", "mobilenet", "shufflenet", "unet", "rrdb", "pyramid"])
def test_any_backbone_does_nothing_until_it_is_trained(backbone: str) -> None:
    image, noise = torch.rand(1, 3, 37, 50), torch.randn(1, 3, 37, 50)
    made = degrader(backbone).processed(image, noise, torch.randn(1, 5 + LATENT), torch.ones(1))
    assert torch.equal(made, image)


def test_the_network_leaves_mean_colours_alone() -> None:
    network = degrader()
    for parameter in network.processing.tail.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    image, noise = torch.rand(1, 3, 64, 64), 0.05 * torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        added = network.processed(image, noise, torch.randn(1, 5 + LATENT), torch.ones(1)) - image
    assert float(added.abs().mean()) > 0.01
    assert float(added.mean((2, 3)).abs().max()) < 0.1 * float(added.abs().mean())


def test_grain_on_film_is_common_to_all_channels() -> None:
    _, common = degrader().shares(torch.randn(2, LATENT), torch.tensor([0.0, 1.0]))
    assert common[0].item() < 1.0 and common[1].item() == 1.0
