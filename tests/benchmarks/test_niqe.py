"""NIQE's statistics on values whose distribution is known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.niqe import PARAMETERS, _asymmetric_gaussian, load_niqe, natural_scene_features
from tests.photo import photo_tensor

WINDOW = torch.exp(-0.5 * (torch.arange(-3.0, 4.0)[:, None] ** 2 + torch.arange(-3.0, 4.0) ** 2) / (7 / 6) ** 2)


def test_a_gaussian_has_shape_2_and_its_own_width_on_both_sides() -> None:
    values = 1.5 * torch.randn(3, 200, 200, generator=torch.Generator().manual_seed(0)).double()
    shape, left, right = _asymmetric_gaussian(values)
    assert torch.allclose(shape, torch.full_like(shape, 2.0), atol=0.05)
    assert torch.allclose(left, torch.full_like(left, 1.5 * 2**0.5), atol=0.05)
    assert torch.allclose(left, right, atol=0.05)


def test_a_laplacian_has_shape_1() -> None:
    values = torch.from_numpy(np.random.default_rng(0).laplace(size=(2, 300, 300)))
    assert torch.allclose(_asymmetric_gaussian(values)[0], torch.ones(2).double(), atol=0.05)


def test_a_picture_is_nearer_to_its_own_kind_than_a_noisy_one(tmp_path: Path) -> None:
    window = (WINDOW / WINDOW.sum()).double()
    known = torch.cat([natural_scene_features(photo_tensor(480, 384, seed), window) for seed in range(3)])
    assert known.shape == (60, 36)
    known = known[known.isfinite().all(1)]
    assert len(known) > 40
    np.savez(
        tmp_path / PARAMETERS, mu_pris_param=known.mean(0)[None].numpy(),
        cov_pris_param=torch.cov(known.T).numpy(), gaussian_window=window.numpy(),
    )  # fmt: skip
    niqe = load_niqe(tmp_path)
    assert niqe is not None
    photo = photo_tensor(480, 384, 9)
    noisy = (photo + 0.1 * torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    assert niqe(photo) < niqe(noisy)


def test_without_its_statistics_it_says_so(tmp_path: Path) -> None:
    assert load_niqe(None) is None
    with pytest.raises(SystemExit, match="niqe_pris_params"):
        load_niqe(tmp_path)
