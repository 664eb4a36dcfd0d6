"""The degradations in the form that accelerators run, against the form that CPUs run."""

import pytest
import torch

from controllable.degradation import Chain
from controllable.degradation.resample import apply_matrices, resize_matrix, shrunk_sizes, there_and_back
from controllable.degradation.sensor import hashed_normal
from controllable.image.resize import resize
from controllable.task import TASKS, Task
from tests.photo import photo_tensor, psnr

PHOTOS = torch.cat([photo_tensor(104, 88, seed) for seed in range(4)])


def severity(task: Task, *values: float) -> torch.Tensor:
    out = torch.zeros(len(values), len(TASKS))
    out[:, TASKS.index(task)] = torch.tensor(values)
    return out


@pytest.mark.parametrize("task", [Task.RESOLUTION, Task.DETAIL, Task.BLUR, Task.HAZE, Task.COLOR, Task.LOW_LIGHT])
def test_batched_pictures_are_those_made_one_by_one(task: Task) -> None:
    params = Chain().sample(4, torch.Generator().manual_seed(2), severity(task, 0.1, 1 / 3, 0.0, 0.9))
    one_by_one, batched = Chain(batched=False).apply(PHOTOS, params), Chain(batched=True).apply(PHOTOS, params)
    assert not torch.equal(one_by_one, PHOTOS) and torch.equal(batched[2], PHOTOS[2])
    assert (one_by_one - batched).abs().max() < 1.01 / 255
    assert (one_by_one != batched).float().mean() < 0.01


def test_resize_matrices_do_what_resize_does() -> None:
    image = PHOTOS[:1]
    for height, width in ((88, 104), (61, 103), (11, 13), (1, 1)):
        sizes = torch.tensor([[height, width]])
        down = [resize_matrix(torch.tensor([full]), sizes[:, k], full, full) for k, full in enumerate((88, 104))]
        small = apply_matrices(image, *down)
        assert torch.allclose(small[..., :height, :width], resize(image, (height, width)), atol=2e-6)
        assert not small[..., height:, :].any() and not small[..., :, width:].any()
        back = resize(resize(image, (height, width)), (88, 104))
        assert torch.allclose(there_and_back(image, sizes), back, atol=5e-6)


def test_sizes_shrink_by_the_factor_and_never_vanish() -> None:
    factors = torch.tensor([1.0, 4.0, 3.1, 1000.0], dtype=torch.float64)
    assert shrunk_sizes(240, 366, factors).tolist() == [[240, 366], [60, 92], [77, 118], [1, 1]]


def test_hashed_noise_is_white_normal_and_each_seed_its_own() -> None:
    seeds = torch.tensor([0, 1, 2**31 - 1])
    field = hashed_normal(seeds, (4, 128, 128))
    assert torch.equal(field[1:2], hashed_normal(seeds[1:2], (4, 128, 128)))
    flat = field.flatten(1).double()
    assert flat.mean(1).abs().max() < 0.02 and (flat.std(1) - 1.0).abs().max() < 0.02
    assert (flat.pow(4).mean(1) - 3.0).abs().max() < 0.15 and flat.pow(3).mean(1).abs().max() < 0.08
    shifted = [field.roll(1, 3), field.roll(1, 2), field.roll(1, 1), field.roll(1, 0)]
    assert all((field * other).mean().abs() < 0.01 for other in shifted)
    spectrum = torch.fft.rfft2(field).abs().pow(2).mean((0, 1)) / 128**2
    assert 0.9 < float(spectrum[1:64, 1:32].mean()) < 1.1 and 0.9 < float(spectrum[64:, 32:].mean()) < 1.1


def test_batched_noise_is_as_strong_and_weakens_without_changing() -> None:
    grey = torch.full((2, 3, 96, 96), 0.5)
    chain = Chain(batched=True)
    params = chain.sample(2, torch.Generator().manual_seed(1), severity(Task.NOISE, 0.4, 0.4))
    noise = chain.apply(grey, params) - grey
    assert abs(float(noise.std()) * 255 - 20.0) < 0.5
    half = chain.apply(grey, params.without(0.5 * (params.severity > 0))) - grey
    assert (half - 0.5 * noise).abs().max() < 1.01 / 255


def test_the_device_is_never_asked_for_a_value() -> None:
    """Tensors on the meta device have shapes but no values: whoever would wait for a GPU raises here."""
    chain = Chain(second_pass=0.5)
    params = chain.sample(4, torch.Generator().manual_seed(0), torch.full((4, len(TASKS)), 0.4).triu())
    out = chain.apply(PHOTOS.to("meta"), params, window=torch.rand(4, 4))
    assert out.device.type == "meta" and out.shape == PHOTOS.shape
    with pytest.raises((RuntimeError, NotImplementedError)):
        bool(out.any())


def test_batched_jpeg_costs_what_libjpeg_costs() -> None:
    params = Chain().sample(4, torch.Generator().manual_seed(3), severity(Task.COMPRESSION, 0.2, 0.5, 0.8, 1.0))
    real, ours = Chain().apply(PHOTOS, params), Chain(codec="torch", batched=True).apply(PHOTOS, params)
    for k in range(4):
        assert abs(psnr(real[k], PHOTOS[k]) - psnr(ours[k], PHOTOS[k])) < 0.3
