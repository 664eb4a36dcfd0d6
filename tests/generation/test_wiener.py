"""The blind Wiener filter: what a gain does, and that nothing asked is nothing done."""

import math

import pytest
import torch

from controllable.degradation.lens import convolve, kernels
from controllable.networks.wiener import WINDOW_PX, BlindWiener, apply_gain, power_spectrum
from controllable.task import TASKS


def test_a_gaussian_gain_blurs_as_a_gaussian_kernel_does() -> None:
    image = torch.rand(2, 3, 90, 71, generator=torch.Generator().manual_seed(0))
    y = torch.arange(-WINDOW_PX // 2, WINDOW_PX // 2)[:, None] / WINDOW_PX
    x = torch.arange(WINDOW_PX // 2 + 1)[None] / WINDOW_PX
    gain = torch.exp(-2.0 * math.pi**2 * 1.5**2 * (y * y + x * x)).expand(2, -1, -1)
    draws = {name: torch.zeros(2) for name in ("kind", "angle_rad", "bend")}
    blurred = convolve(image, kernels(torch.full((2,), 1.5 / 4), draws))
    assert torch.allclose(apply_gain(image, gain), blurred, atol=5e-3)


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (33, 64), (257, 129)])
def test_unit_gain_gives_back_any_size(size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size)
    assert torch.allclose(apply_gain(image, torch.ones(1, WINDOW_PX, WINDOW_PX // 2 + 1)), image, atol=1e-5)
    assert power_spectrum(image).shape == (1, 2, WINDOW_PX, WINDOW_PX // 2 + 1)


def test_only_what_smooths_is_filtered_and_half_the_strength_is_half_the_gain() -> None:
    torch.manual_seed(0)
    network = BlindWiener(width=8)
    torch.nn.init.normal_(network.heads.weight)
    spectrum = power_spectrum(torch.rand(1, 3, 100, 100))

    def gain(**strengths: float) -> torch.Tensor:
        return network(spectrum, torch.tensor([[strengths.get(task, 0.0) for task in TASKS]]))[0]

    full = gain(blur=1.0)
    assert full.abs().max() > 0.1 and torch.allclose(gain(blur=0.5), 0.5 * full)
    assert not gain().any() and not gain(noise=1.0, compression=1.0, haze=1.0).any()
    assert not torch.allclose(gain(blur=1.0, noise=1.0), full)


def test_the_spectrum_of_white_noise_is_flat_at_its_variance() -> None:
    noise = 0.5 + 0.1 * torch.randn(1, 3, 512, 512, generator=torch.Generator().manual_seed(0))
    weights = torch.tensor([0.299, 0.587, 0.114])
    spectrum = power_spectrum(noise)[0, 1, :, 2:]
    assert abs(float(spectrum.mean()) - math.log(0.01 * float(weights.pow(2).sum()))) < 0.1
    assert float(spectrum.std()) < 0.3
