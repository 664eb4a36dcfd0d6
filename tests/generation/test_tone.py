import math

import pytest
import torch

from controllable.color import linear_to_srgb, luma, srgb_to_linear
from controllable.generation.tone import adjust_tone
from controllable.task import TONES
from tests.photo import photo_tensor


def measure(name: str, image: torch.Tensor) -> float:
    if name == "brightness":
        return float(image.mean())
    if name == "contrast":
        return float(luma(image).std())
    if name == "saturation":
        return float((image - luma(image)).abs().mean())
    return float((image[:, 0] - image[:, 2]).mean())


@pytest.mark.parametrize("name", TONES)
def test_each_tone_moves_its_measure_in_its_direction(name: str) -> None:
    image = 0.2 + 0.6 * photo_tensor()
    down, same, up = (measure(name, adjust_tone(image, {name: v})) for v in (-0.5, 0.0, 0.5))
    assert down < same < up


def test_no_tone_is_the_same_tensor() -> None:
    image = photo_tensor()
    assert adjust_tone(image, {"contrast": 0.0}) is image


def test_brightness_is_an_exposure_in_ev() -> None:
    image = torch.full((1, 3, 4, 4), 0.2)
    ratio = srgb_to_linear(adjust_tone(image, {"brightness": 0.7})) / srgb_to_linear(image)
    assert math.isclose(math.log2(float(ratio.mean())), 0.7, abs_tol=1e-3)


def test_srgb_and_linear_are_inverse() -> None:
    values = torch.linspace(0, 1, 300).view(1, 3, 10, 10)
    assert torch.allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-5)
