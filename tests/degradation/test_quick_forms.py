"""Forms that are only quicker: each against the plain one it stands for."""

import pytest
import torch
import torch.nn.functional as F

from controllable.color import linear_to_srgb, srgb_to_linear
from controllable.degradation.lens import _quick_length, convolve, convolve_twice, kernels
from controllable.degradation.processing import _mean
from controllable.degradation.sensor import Noise, _darken
from tests.photo import photo_tensor


@pytest.mark.parametrize("size", [(64, 96), (37, 70), (20, 9)])
def test_a_gaussian_along_columns_and_rows_is_the_convolution_with_its_kernel(size: tuple[int, int]) -> None:
    kernel = kernels(torch.tensor([0.2, 0.9]), {"kind": torch.zeros(2, dtype=torch.long)})
    image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(convolve_twice(image, kernel.sum(1)), convolve(image, kernel), atol=2e-6)


def test_quick_lengths_are_even_smooth_and_the_next() -> None:
    assert [_quick_length(length) for length in (1, 54, 55, 282, 538, 4097)] == [2, 54, 60, 288, 540, 4320]


@pytest.mark.parametrize("ev", [-0.04, -1.0, -4.0])
def test_darkening_is_the_exposure_in_linear_light_also_around_both_joints(ev: float) -> None:
    values = torch.cat((torch.linspace(0.0, 1.0, 10001), torch.linspace(0.0404, 0.0405, 101))).double()
    image = values.view(1, 1, 1, -1).requires_grad_()
    gain = torch.full((1, 1, 1, 1), 2.0**ev, dtype=torch.float64)
    exact, quick = linear_to_srgb(srgb_to_linear(image) * gain), _darken(image, gain)
    assert (exact - quick).abs().max() < 1e-7
    slopes = [torch.autograd.grad(out.sum(), image)[0] for out in (exact, quick)]
    assert (slopes[0] - slopes[1]).abs().median() < 1e-9


@pytest.mark.parametrize("size", [(16, 24), (37, 41)])
def test_noise_without_grain_draws_the_first_three_of_four_planes(size: tuple[int, int]) -> None:
    draws = {"signal": torch.zeros(1), "common": torch.zeros(1), "seed": torch.tensor([7])}
    field = torch.randn(4, *size, generator=torch.Generator().manual_seed(7))[None, :3]
    noisy = Noise().degrade(torch.full((1, 3, *size), 0.5), torch.tensor([0.2]), draws, torch.zeros(1, 4))
    assert torch.allclose(noisy, (0.5 + 10.0 / 255.0 * field).clamp(0.0, 1.0), atol=1e-7)


def test_sums_along_columns_and_rows_are_the_mean_of_the_window() -> None:
    image = photo_tensor(40, 56)
    pooled = F.avg_pool2d(F.pad(image, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
    assert torch.allclose(_mean(image), pooled, atol=1e-6)
