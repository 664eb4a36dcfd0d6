"""The second-order chains and their parts: what holds whatever is drawn."""

import math

import pytest
import torch

from benchmarks.chain_parts import add_gaussian, add_poisson, gaussian, interpolate, plateau, sinc
from benchmarks.chains import CHAINS
from benchmarks.raw_noise import SHOT, add_sensor_noise
from tests.photo import photo_tensor


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_the_result_is_smaller_by_the_scale_and_has_8_bits(name: str, scale: int) -> None:
    out = CHAINS[name](photo_tensor(96, 64).repeat(4, 1, 1, 1), seeded(0), scale)
    assert out.shape == (4, 3, 64 // scale, 96 // scale)
    assert float(out.min()) >= 0.0 and float(out.max()) <= 1.0
    assert torch.allclose(out * 255.0, (out * 255.0).round(), atol=1e-3)


@pytest.mark.parametrize("name", CHAINS)
def test_a_seed_repeats_itself_and_no_two_pictures_are_spoilt_alike(name: str) -> None:
    clean = photo_tensor(64, 64).repeat(2, 1, 1, 1)
    one, same, other = (CHAINS[name](clean, seeded(seed), 1) for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other) and not torch.equal(one[0], one[1])


@pytest.mark.parametrize("name", CHAINS)
def test_the_scene_stays_where_it_was(name: str) -> None:
    clean = photo_tensor(128, 128, 3).repeat(12, 1, 1, 1)
    low = torch.nn.functional.avg_pool2d(clean, 16)
    out = torch.nn.functional.avg_pool2d(CHAINS[name](clean, seeded(5), 1), 16)
    assert float((out - low).abs().mean()) < 0.05
    shifted = float((out[..., :-1] - low[..., 1:]).abs().mean())
    assert float((out - low).abs().mean()) < 0.7 * shifted


@pytest.mark.parametrize("name", CHAINS)
def test_a_size_that_does_not_divide_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="scale: 64×63"):
        CHAINS[name](torch.rand(1, 3, 64, 63), seeded(0), 4)
    with pytest.raises(ValueError, match="clean: expected"):
        CHAINS[name](torch.rand(3, 64, 64), seeded(0), 1)


@pytest.mark.parametrize("kernel", [gaussian(21, (2.0, 4.0), 0.5), plateau(9, (1.5, 1.5)), sinc(21, math.pi / 2)])
def test_kernels_sum_to_one_and_are_symmetric_about_their_middle(kernel: torch.Tensor) -> None:
    assert float(kernel.sum()) == pytest.approx(1.0, abs=1e-5)
    assert torch.allclose(kernel, kernel.flip(1, 2), atol=1e-6)


def test_a_gaussian_kernel_has_its_two_widths_along_its_axes() -> None:
    kernel = gaussian(41, (4.0, 1.0), 0.0)[0]
    axis = torch.arange(41.0) - 20.0
    assert float((kernel.sum(0) * axis**2).sum()) == pytest.approx(16.0, rel=0.02)
    assert float((kernel.sum(1) * axis**2).sum()) == pytest.approx(1.0, rel=0.02)
    assert torch.allclose(gaussian(41, (4.0, 1.0), math.pi / 2), kernel.T[None], atol=1e-6)


def test_a_generalised_kernel_of_larger_shape_has_a_flatter_top() -> None:
    peaked, flat = (gaussian(21, (3.0, 3.0), shape=shape)[0] for shape in (0.5, 4.0))
    assert float(flat[10, 10] / flat[10, 12]) < 1.05 < float(peaked[10, 10] / peaked[10, 12])


def test_a_sinc_passes_low_frequencies_and_stops_high_ones() -> None:
    response = torch.fft.fft2(sinc(41, math.pi / 2)[0].double(), s=(64, 64)).abs()
    assert float(response[0, 4]) == pytest.approx(1.0, abs=0.1) and float(response[0, 28]) < 0.1


def test_gaussian_noise_has_the_covariance_it_was_given() -> None:
    covariance = 1e-4 * torch.tensor([[4.0, 2.0, 0.0], [2.0, 4.0, 1.0], [0.0, 1.0, 3.0]])
    grey = torch.full((1, 3, 256, 256), 0.5)
    noise = (add_gaussian(grey, covariance, seeded(0)) - grey)[0].flatten(1)
    assert torch.allclose(torch.cov(noise), covariance, atol=1e-5)
    one = add_gaussian(grey, 1e-4 * torch.ones(3, 3), seeded(0))[0]
    assert torch.allclose(one[0], one[1], atol=1e-5) and torch.allclose(one[0], one[2], atol=1e-5)


def test_poisson_noise_grows_with_the_light_and_its_scale() -> None:
    for value, scale in ((0.2, 0.5), (0.6, 0.5), (0.6, 1.5)):
        flat = torch.full((1, 3, 256, 256), value)
        noise = add_poisson(flat, scale, False, seeded(0)) - flat
        assert float(noise.std()) == pytest.approx(scale * math.sqrt(value / 255.0), rel=0.03)


def test_no_interpolation_moves_the_picture_by_more_than_half_a_pixel() -> None:
    ramp = torch.linspace(0.0, 1.0, 64).view(1, 1, 1, 64).expand(1, 3, 64, 64)
    for mode in ("nearest", "area", "bilinear", "bicubic"):
        small = interpolate(ramp, (16, 16), mode)
        assert float((small.mean() - 0.5).abs()) <= 0.5 / 63.0 + 1e-5


def test_sensor_noise_keeps_the_colours_and_is_coarser_than_a_pixel() -> None:
    flat = torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1).expand(1, 3, 128, 128)
    out = add_sensor_noise(flat, seeded(3))
    assert torch.allclose(out.mean((0, 2, 3)), flat[0, :, 0, 0], atol=0.03)
    noise = (out - out.mean((2, 3), keepdim=True))[0, 0]
    together = float((noise[:, 1:] * noise[:, :-1]).mean() / noise.pow(2).mean())
    assert together > 0.2 and float(noise.std()) > math.sqrt(SHOT[0]) / 10.0
