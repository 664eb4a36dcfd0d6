"""Total variation of pictures that are known, and the module against the function."""

import math

import pytest
import torch

from controllable.training.losses.variation import TotalVariation, total_variation


@pytest.mark.parametrize("isotropic", [False, True])
def test_a_flat_picture_has_none_and_pulls_nowhere(isotropic: bool) -> None:
    flat = torch.full((2, 3, 5, 7), 0.4, requires_grad=True)
    loss = total_variation(flat, isotropic=isotropic)
    loss.backward()
    assert float(loss.detach()) == 0.0 and flat.grad is not None and not flat.grad.any()


@pytest.mark.parametrize("isotropic", [False, True])
def test_an_upright_edge_counts_its_height_once_a_row(isotropic: bool) -> None:
    edge = torch.zeros(1, 1, 4, 6)
    edge[..., 3:] = 0.5
    assert float(total_variation(edge, isotropic=isotropic)) == pytest.approx(0.5 * 4 / 24)
    assert float(total_variation(edge.mT, isotropic=isotropic)) == pytest.approx(0.5 * 4 / 24)


def test_a_slanted_slope_is_shorter_where_no_direction_is_favoured() -> None:
    y, x = torch.meshgrid(torch.arange(50.0), torch.arange(50.0), indexing="ij")
    slope = (3.0 * x + 4.0 * y).view(1, 1, 50, 50)
    assert float(total_variation(slope[..., :2, :2])) == pytest.approx((7 + 4 + 3) / 4)
    assert float(total_variation(slope[..., :2, :2], isotropic=True)) == pytest.approx((5 + 4 + 3) / 4)


def test_a_single_bright_pixel() -> None:
    dot = torch.zeros(1, 1, 3, 3)
    dot[..., 1, 1] = 1.0
    assert float(total_variation(dot)) == pytest.approx(4 / 9)
    assert float(total_variation(dot, isotropic=True)) == pytest.approx((2 + math.sqrt(2)) / 9)


@pytest.mark.parametrize("isotropic", [False, True])
def test_it_grows_with_contrast_and_not_with_size_or_brightness(isotropic: bool) -> None:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    once = total_variation(image, isotropic=isotropic)
    assert torch.allclose(total_variation(3.0 * image + 1.0, isotropic=isotropic), 3.0 * once)
    assert torch.allclose(total_variation(image.repeat(2, 1, 1, 1), isotropic=isotropic), once)
    mirrored = torch.cat((image, image.flip(-1)), -1)  # as rough, twice as large
    assert float(total_variation(mirrored, isotropic=isotropic)) == pytest.approx(float(once), rel=0.15)


@pytest.mark.parametrize("isotropic", [False, True])
def test_its_gradient_is_that_of_its_values(isotropic: bool) -> None:
    image = torch.rand(1, 2, 4, 5, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: total_variation(x, isotropic=isotropic), (image,))


def test_descending_it_takes_noise_off_and_leaves_the_edge() -> None:
    """What Rudin, Osher and Fatemi propose: the nearest picture that varies less."""
    clean = torch.zeros(1, 1, 24, 24)
    clean[..., 12:] = 1.0
    noisy = clean + 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    image = noisy.clone().requires_grad_()
    stepper = torch.optim.Adam([image], lr=0.01)
    for _ in range(150):
        stepper.zero_grad()
        (0.5 * (image - noisy).square().mean() + 0.1 * total_variation(image, isotropic=True)).backward()
        stepper.step()
    found = image.detach()
    assert float((found - clean).square().mean()) < 0.3 * float((noisy - clean).square().mean())
    assert float((found[..., 12] - found[..., 11]).mean()) > 0.6


@pytest.mark.parametrize("isotropic", [False, True])
def test_the_module_says_what_the_function_says(isotropic: bool) -> None:
    image = torch.rand(2, 3, 6, 5)
    assert torch.equal(TotalVariation(isotropic=isotropic)(image), total_variation(image, isotropic=isotropic))


def test_other_shapes_are_refused() -> None:
    for wrong in (torch.rand(3, 5, 5), torch.rand(0, 3, 5, 5)):
        with pytest.raises(ValueError, match=r"image: expected \(B, C, H, W\), not empty"):
            total_variation(wrong)
