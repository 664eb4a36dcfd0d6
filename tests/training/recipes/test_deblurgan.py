from dataclasses import replace
from pathlib import Path

import pytest
import torch

from controllable.degradation.lens import convolve
from controllable.degradation.trajectory import KERNEL_PX, shaken_kernels
from controllable.training.fit import fit
from controllable.training.recipes import deblurgan
from controllable.training.recipes.deblurgan import DeblurganSettings, kernel_error, shaken
from tests.training.recipes.photos import LIMITS, weights

TINY = DeblurganSettings(
    width=8,
    blocks=1,
    critic_width=4,
    batch=2,
    patch_px=64,
    steps=6,
    every=3,
    perceptual=0.0,
    warmup=0.5,
    precision="fp32",
)


def test_kernels_are_light_that_is_moved_and_not_lost() -> None:
    kernels = shaken_kernels(64, torch.Generator().manual_seed(0))
    assert kernels.shape == (64, KERNEL_PX, KERNEL_PX) and kernels.min() >= 0.0
    assert torch.allclose(kernels.sum((1, 2)), torch.ones(64), atol=1e-5)
    axis = torch.arange(KERNEL_PX) - KERNEL_PX // 2
    assert (kernels.sum(1) @ axis.float()).abs().max() < 1e-2  # centred
    again = shaken_kernels(64, torch.Generator().manual_seed(0))
    assert torch.equal(kernels, again) and not torch.equal(kernels[0], kernels[1])


def test_longer_paths_spread_the_light_further() -> None:
    def spread(length_px: float) -> float:
        kernels = shaken_kernels(
            40, torch.Generator().manual_seed(1), shortest_px=length_px, longest_px=length_px
        )  # fmt: skip
        axis = (torch.arange(KERNEL_PX) - KERNEL_PX // 2).float().pow(2)
        return float((kernels.sum(1) @ axis + kernels.sum(2) @ axis).sqrt().mean())

    assert spread(2.0) < spread(10.0) < spread(30.0)
    with pytest.raises(ValueError, match="shortest_px, longest_px"):
        shaken_kernels(1, torch.Generator(), shortest_px=5.0, longest_px=4.0)


def test_the_camera_says_which_kernel_it_used() -> None:
    clean = torch.rand(3, 3, 64, 64)
    seen, kernels = shaken(clean, torch.Generator().manual_seed(2))
    assert (convolve(clean, kernels) - seen)[..., 16:-16, 16:-16].abs().mean() < 0.02


def test_kernel_error_is_the_share_of_light_that_lies_elsewhere() -> None:
    one, other = torch.zeros(2, 1, KERNEL_PX, KERNEL_PX)
    one[0, 3, 3] = other[0, 9, 9] = 1.0
    assert float(kernel_error(one, one)) == 0.0 and float(kernel_error(one, other)) == 1.0
    assert float(kernel_error(one, 0.5 * (one + other))) == pytest.approx(0.5)


def test_a_kernel_is_learned_with_the_picture(photos: Path, tmp_path: Path) -> None:
    recipe = deblurgan.build(TINY, photos)
    _, figures = recipe.loss(recipe.network, next(recipe.batches(3)))
    assert set(figures) == {"loss", "pixel", "kernel", "critic", "adversary"}
    before = recipe.evaluate(recipe.network)
    assert before["gain"] == pytest.approx(0.0, abs=1e-4)  # untrained: the input itself
    best = fit(recipe, LIMITS, tmp_path)
    assert recipe.evaluate(best)["kernel"] < before["kernel"]
    assert bool(torch.isfinite(weights(best)).all())


def test_only_the_pyramid_tells_kernels() -> None:
    with pytest.raises(ValueError, match="kernel: unet tells no kernel"):
        replace(TINY, backbone="unet")
    replace(TINY, backbone="unet", kernel=0.0)
    with pytest.raises(ValueError, match="scale: this recipe deblurs"):
        replace(TINY, scale=2)
