import numpy as np
import pytest
import torch

from benchmarks.flaws import motion_blur, motion_kernel, only, realistic
from controllable import Task
from controllable.task import TASKS
from tests.photo import photo_tensor


@pytest.mark.parametrize("angle_deg", [0.0, 30.0, 90.0, 135.0])
def test_a_motion_kernel_sums_to_one_and_stretches_along_its_angle(angle_deg: float) -> None:
    kernel = motion_kernel(15, angle_deg)
    axis = np.arange(len(kernel)) - len(kernel) // 2
    x, y = np.meshgrid(axis, axis)
    angle = np.radians(angle_deg)
    along = float((kernel * (x * np.cos(angle) + y * np.sin(angle)) ** 2).sum())
    across = float((kernel * (y * np.cos(angle) - x * np.sin(angle)) ** 2).sum())
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert along == pytest.approx(14.0**2 / 12.0, rel=0.05) and across < 0.4


def test_motion_along_a_row_smears_a_dot_over_fifteen_pixels() -> None:
    dot = torch.zeros(1, 3, 41, 41)
    dot[..., 20, 20] = 1.0
    smear = motion_blur(dot, 15, 0.0)[0, 0]
    assert int((smear > 0).sum()) == 15 and bool((smear[20, 13:28] > 0).all())


def test_realistic_pictures_are_a_quarter_as_large_and_differ_by_seed() -> None:
    clean = photo_tensor(128, 96)
    one, same, other = realistic(clean, 1), realistic(clean, 1), realistic(clean, 2)
    assert one.shape == (1, 3, 24, 32) and torch.equal(one, same) and not torch.equal(one, other)


def test_only_names_one_task() -> None:
    strengths = only(Task.HAZE, 0.5)
    assert float(strengths.sum()) == 0.5 and float(strengths[0, TASKS.index(Task.HAZE)]) == 0.5
