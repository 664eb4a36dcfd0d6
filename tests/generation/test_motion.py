"""A straight shake: found where it is, not where it is not, and undone."""

import math

import pytest
import torch
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.degradation.lens import convolve
from controllable.networks.bend import likeness
from controllable.networks.motion import SHORTEST_PX, find_shake, path_kernel, undo_shake
from tests.photo import draw_leaves, psnr, to_tensor


def shaken(image: Tensor, length_px: float, angle_deg: float, bend: float = 0.0) -> Tensor:
    kernel = path_kernel(torch.tensor([length_px]), torch.tensor([math.radians(angle_deg)]), torch.tensor([bend]))
    return quantize_8bit(convolve(image, kernel))


@pytest.fixture(scope="module")
def photo() -> Tensor:
    return to_tensor(draw_leaves(400, 320, seed=3))


@pytest.mark.parametrize(("length_px", "angle_deg"), [(9.0, 20.0), (14.0, 70.0), (20.0, 130.0)])
def test_a_straight_path_is_found_with_its_length_and_angle(photo: Tensor, length_px: float, angle_deg: float) -> None:
    length, angle, noise, bend = find_shake(shaken(photo, length_px, angle_deg))[0].tolist()
    assert bend == 0.0
    assert abs(length - length_px) < 0.6
    assert abs(math.degrees(angle) - angle_deg) < 2.0
    assert noise > 0.0


@pytest.mark.parametrize("bend", [0.2, -0.2, 0.35])
def test_a_bent_path_is_found_with_the_side_it_bends_to_and_undone(photo: Tensor, bend: float) -> None:
    spoilt = shaken(photo, 12.0, 40.0, bend)
    shake = find_shake(spoilt)
    length, angle, _, found = shake[0].tolist()
    turned = abs(math.degrees(angle) - 40.0) > 90.0
    assert abs(length - 12.0) < 1.0 and abs((-found if turned else found) - bend) < 0.09
    assert psnr(undo_shake(spoilt, shake, torch.ones(1)), photo) > psnr(spoilt, photo) + 4.0


def test_nothing_is_found_in_sharp_or_defocused_or_tiny_photos(photo: Tensor) -> None:
    axis = torch.arange(-13.0, 14.0)
    gaussian = torch.exp(-0.5 * (axis[:, None] ** 2 + axis[None] ** 2) / 2.0**2)[None]
    defocused = quantize_8bit(convolve(photo, gaussian / gaussian.sum()))
    for image in (photo, defocused, torch.full((1, 3, 200, 200), 0.5), photo[..., :100, :100]):
        assert float(find_shake(image)[0, 0]) == 0.0


def test_likeness_is_the_correlation_of_what_the_trend_leaves() -> None:
    draws = torch.Generator().manual_seed(0)
    trend = torch.linalg.qr(torch.randn(500, 3, generator=draws))[0]
    templates, detrended = torch.randn(6, 500, generator=draws) + 20.0 * trend[:, 0], torch.randn(500, generator=draws)
    detrended = torch.nn.functional.normalize(detrended - trend @ (trend.T @ detrended), dim=0)
    left = templates - (templates @ trend) @ trend.T
    expected = torch.nn.functional.cosine_similarity(left, detrended[None])
    assert torch.allclose(likeness(templates, trend, detrended), expected, atol=1e-5)


def test_undoing_brings_the_photo_nearer_and_moves_nothing(photo: Tensor) -> None:
    spoilt = shaken(photo, 14.0, 35.0)
    restored = undo_shake(spoilt, find_shake(spoilt), torch.ones(1))
    assert psnr(restored, photo) > psnr(spoilt, photo) + 3.0
    shifted = [psnr(restored.roll(step, -1), photo) for step in (-1, 0, 1)]
    assert max(shifted) == shifted[1]


def test_half_the_strength_leaves_about_the_path_of_half_the_length(photo: Tensor) -> None:
    spoilt, half = shaken(photo, 16.0, 50.0), shaken(photo, 8.0, 50.0)
    restored = undo_shake(spoilt, find_shake(spoilt), torch.tensor([0.5]))
    assert psnr(restored, half) > psnr(spoilt, half) + 3.0


def test_no_strength_or_no_shake_gives_the_very_same_tensor(photo: Tensor) -> None:
    shake = torch.tensor([[12.0, 0.3, 1e-3, 0.0]])
    assert undo_shake(photo, shake, torch.zeros(1)) is photo
    assert undo_shake(photo, torch.zeros(1, 4), torch.ones(1)) is photo


def test_in_a_batch_only_the_shaken_photos_change(photo: Tensor) -> None:
    both = torch.cat((photo, photo))
    shake = torch.tensor([[0.0, 0.0, 0.0, 0.0], [2.0 * SHORTEST_PX, 0.3, 1e-3, 0.2]])
    out = undo_shake(both, shake, torch.ones(2))
    assert torch.equal(out[0], photo[0]) and not torch.equal(out[1], photo[0])
