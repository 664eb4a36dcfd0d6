import pytest
import torch

from controllable.degradation import Chain
from controllable.image.pixels import Pixels
from controllable.networks.generator import make_thumbnail
from controllable.networks.wiener import power_spectrum
from controllable.quality.measurements import BLOCK_PX, NUMBERS, SPECTRA, WINDOW_PX, Measurements, measure
from controllable.task import TASKS, Task
from tests.photo import photo_tensor

EMPTY, EMPTY_OFF_GRID = slice(2 * BLOCK_PX**2, 3 * BLOCK_PX**2), slice(5 * BLOCK_PX**2, 6 * BLOCK_PX**2)


def measured(image: torch.Tensor) -> Measurements:
    return measure(image, make_thumbnail(image))


def spoilt(task: Task, severity: float) -> torch.Tensor:
    chain = Chain()
    values = torch.tensor([[severity if t is task else 0.0 for t in TASKS]])
    return chain.apply(photo_tensor(320, 384), chain.sample(1, torch.Generator().manual_seed(0), values))


@pytest.mark.parametrize("size", [(1, 1), (40, 500), (64, 64), (301, 777)])
def test_any_size_can_be_measured(size: tuple[int, int]) -> None:
    seen = measured(torch.rand(2, 3, *size))
    assert seen.spectrum.shape == (2, SPECTRA, WINDOW_PX, WINDOW_PX // 2 + 1) and seen.numbers.shape == (2, NUMBERS)
    assert seen.spectrum.isfinite().all() and seen.numbers.isfinite().all()


def test_stored_pixels_measure_as_the_tensor_they_hold() -> None:
    stored = (photo_tensor(200, 264) * 255.0).round().to(torch.uint8)
    image = stored / 255.0
    one, other = measured(image), measure(Pixels(stored), make_thumbnail(image))
    assert torch.allclose(one.spectrum, other.spectrum, atol=1e-4)
    assert torch.allclose(one.numbers, other.numbers, atol=1e-4)


def test_the_spectrum_of_one_window_is_that_of_the_linear_filter() -> None:
    image = photo_tensor(WINDOW_PX, WINDOW_PX)
    assert torch.allclose(measured(image).spectrum[:, :2], power_spectrum(image), atol=1e-3)


def test_compression_empties_coefficients_on_its_grid_and_less_beside_it() -> None:
    clean, compressed = measured(photo_tensor(320, 384)).numbers[0], measured(spoilt(Task.COMPRESSION, 0.8)).numbers[0]
    assert compressed[EMPTY].mean() > clean[EMPTY].mean() + 0.5
    assert compressed[EMPTY_OFF_GRID].mean() < clean[EMPTY_OFF_GRID].mean() - 0.1


def test_blur_lowers_the_power_of_high_frequencies_and_noise_raises_it() -> None:
    clean, blurred, noisy = (
        measured(image).spectrum[0, 0, 4:12, 16:].mean()
        for image in (photo_tensor(320, 384), spoilt(Task.BLUR, 0.5), spoilt(Task.NOISE, 0.3))
    )
    assert blurred < clean - 1.0 and noisy > clean + 1.0
