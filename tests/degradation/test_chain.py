import io
import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from controllable.color import srgb_to_linear
from controllable.degradation import Chain, Params
from controllable.degradation.lens import MOTION, kernels
from controllable.degradation.sharing import shrink_size
from controllable.task import TASKS, Task
from tests.photo import photo_tensor, psnr, to_tensor


def only(task: Task, value: float, batch: int = 1) -> torch.Tensor:
    severity = torch.zeros(batch, len(TASKS))
    severity[:, TASKS.index(task)] = value
    return severity


def degrade(task: Task, value: float, image: torch.Tensor, seed: int = 0) -> torch.Tensor:
    chain = Chain()
    return chain.apply(
        image, chain.sample(len(image), torch.Generator().manual_seed(seed), only(task, value, len(image)))
    )


def test_zero_severity_returns_the_same_pixels() -> None:
    image = torch.rand(2, 3, 40, 56)
    chain = Chain()
    assert torch.equal(chain.apply(image, chain.sample(2, None, torch.zeros(2, len(TASKS)))), image)


def test_equal_parameters_replay_equal_pixels_also_through_json() -> None:
    image = photo_tensor().repeat(3, 1, 1, 1)
    chain = Chain(second_pass=1.0)
    params = chain.sample(3, torch.Generator().manual_seed(5))
    once = chain.apply(image, params)
    assert torch.equal(once, chain.apply(image, params))
    for index in range(3):
        replayed = Params.from_dict(json.loads(json.dumps(params.to_dict(index))))
        assert torch.equal(chain.apply(image[:1], replayed), once[index : index + 1])


def test_a_seed_reproduces_and_another_differs() -> None:
    image = photo_tensor()
    assert torch.equal(degrade(Task.NOISE, 0.5, image, 1), degrade(Task.NOISE, 0.5, image, 1))
    assert not torch.equal(degrade(Task.NOISE, 0.5, image, 1), degrade(Task.NOISE, 0.5, image, 2))


@pytest.mark.parametrize("task", TASKS)
def test_more_severity_is_farther_from_the_original(task: Task) -> None:
    image = photo_tensor()
    distance = [psnr(degrade(task, value, image), image) for value in (0.2, 0.5, 0.9)]
    assert distance[0] > distance[1] > distance[2]


@pytest.mark.parametrize("task", TASKS)
def test_undoing_half_lies_between_and_undoing_all_is_the_original(task: Task) -> None:
    image = photo_tensor()
    chain = Chain()
    params = chain.sample(1, torch.Generator().manual_seed(3), only(task, 0.8))
    half, all_of_it = only(task, 0.5), only(task, 1.0)
    degraded = chain.apply(image, params)
    assert torch.equal(chain.apply(image, params.without(all_of_it)), image)
    assert psnr(chain.apply(image, params.without(half)), image) > psnr(degraded, image)


def test_one_picture_of_a_batch_does_not_depend_on_the_others() -> None:
    images = torch.cat([photo_tensor(seed=k) for k in range(4)])
    chain = Chain()
    params = chain.sample(4, torch.Generator().manual_seed(0))
    together = chain.apply(images, params)
    alone = chain.apply(images[2:3], Params.from_dict(params.to_dict(2)))
    assert torch.allclose(together[2:3], alone, atol=1.01 / 255)


def test_noise_has_the_stated_sigma_on_mean_grey() -> None:
    grey = torch.full((4, 3, 256, 256), 0.5)
    error = degrade(Task.NOISE, 0.5, grey) - grey
    assert abs(float(error.std()) * 255 - 25.0) < 0.5


def test_low_light_is_an_exposure_in_linear_light() -> None:
    image = photo_tensor()
    ratio = srgb_to_linear(degrade(Task.LOW_LIGHT, 0.25, image)).mean() / srgb_to_linear(image).mean()
    assert abs(math.log2(float(ratio)) + 1.0) < 0.02


def test_gaussian_kernel_has_the_stated_sigma_and_motion_the_stated_length() -> None:
    axis = torch.arange(-13, 14.0)
    draws = {"kind": torch.tensor([0]), "angle_rad": torch.zeros(1), "bend": torch.zeros(1)}
    kernel = kernels(torch.tensor([0.5]), draws)[0]
    assert abs(float((kernel.sum(0) * axis**2).sum()) ** 0.5 - 2.0) < 0.02
    kernel = kernels(torch.tensor([0.5]), draws | {"kind": torch.tensor([MOTION])})[0]
    assert abs(float((kernel.sum(0) * axis**2).sum() * 12) ** 0.5 - 12.0) < 0.6
    assert float(kernel.sum(1)[13]) > 0.99


def test_haze_is_koschmieders_law() -> None:
    image = photo_tensor()
    chain = Chain()
    params = chain.sample(1, torch.Generator().manual_seed(0), only(Task.HAZE, 0.625))
    params.draws[Task.HAZE]["slope"].zero_()
    airlight = params.draws[Task.HAZE]["airlight"].view(1, 3, 1, 1)
    expected = image * 0.5 + airlight * 0.5
    assert torch.allclose(chain.apply(image, params), expected.clamp(0, 1), atol=0.51 / 255)


def test_a_window_of_a_photo_gets_the_haze_of_its_place() -> None:
    image = torch.rand(1, 3, 64, 64)
    chain = Chain()
    params = chain.sample(1, torch.Generator().manual_seed(0), only(Task.HAZE, 0.6))
    params.draws[Task.HAZE]["slope"].fill_(0.7)
    whole = chain.apply(image, params)
    lower = chain.apply(image[:, :, 32:], params, window=torch.tensor([[0.5, 0.0, 1.0, 1.0]]))
    assert torch.allclose(whole[:, :, 32:], lower, atol=1.01 / 255)


def test_compression_is_the_jpeg_of_the_stated_quality() -> None:
    image = photo_tensor()
    chain = Chain()
    params = chain.sample(1, None, only(Task.COMPRESSION, 0.7))
    params.draws[Task.COMPRESSION]["subsample"].fill_(True)
    stream = io.BytesIO()
    pixels = (image[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG", quality=37, subsampling=2)
    assert torch.equal(chain.apply(image, params), to_tensor(Image.open(stream)))


def test_resolution_keeps_only_what_the_small_picture_holds() -> None:
    assert shrink_size(240, 360, 2 / 3) == (60, 90)
    image = photo_tensor(240, 240)
    lost = degrade(Task.RESOLUTION, 2 / 3, image)
    spectrum = torch.fft.fft2(lost).abs()
    before = torch.fft.fft2(image).abs()
    assert float(spectrum[..., 60:180, 60:180].mean()) < 0.2 * float(before[..., 60:180, 60:180].mean())


def test_saturation_falls_by_the_stated_factor() -> None:
    image = photo_tensor()
    chain = Chain()
    params = chain.sample(1, None, only(Task.COLOR, 0.5))
    params.draws[Task.COLOR]["direction"].zero_()
    spread = (chain.apply(image, params)[:, 0] - chain.apply(image, params)[:, 2]).mean()
    assert abs(float(spread / (image[:, 0] - image[:, 2]).mean()) - 0.6) < 0.02


def test_every_operator_but_real_jpeg_passes_a_gradient() -> None:
    chain = Chain(codec="torch")
    severity = torch.full((1, len(TASKS)), 0.3)
    params = chain.sample(1, torch.Generator().manual_seed(0), severity)
    image = photo_tensor(96, 96).requires_grad_()
    chain.apply(image, params).mean().backward()
    assert image.grad is not None and float(image.grad.abs().mean()) > 0


def test_bad_input_is_refused_with_a_sentence() -> None:
    chain = Chain()
    with pytest.raises(ValueError, match=r"image: expected \(B, 3, H, W\)"):
        chain.apply(torch.rand(3, 8, 8), chain.sample(1))
    with pytest.raises(ValueError, match="made for 2 pictures, got 1"):
        chain.apply(torch.rand(1, 3, 8, 8), chain.sample(2))
    with pytest.raises(ValueError, match="severity"):
        chain.sample(1, None, torch.full((1, len(TASKS)), 1.5))
    with pytest.raises(ValueError, match="parameters"):
        Params.from_dict({"severity": {}})
