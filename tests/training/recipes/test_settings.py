from dataclasses import replace

import pytest

from controllable.training.recipes.esrgan import EsrganSettings
from controllable.training.recipes.settings import Settings
from controllable.training.recipes.srgan import SrganSettings


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"scale": 3}, "scale: 3 is not one of 1, 2, 4, 8"),
        ({"backbone": "vgg"}, "backbone: 'vgg' is not one of rrdb"),
        ({"adversarial": "wgan"}, "adversarial: 'wgan' is not one of vanilla"),
        ({"precision": "half"}, "precision: 'half' is not one of auto"),
        ({"pixel": -1.0}, "pixel: -1.0 is negative"),
        ({"batch": 0}, "batch: must be at least 1"),
        ({"rate": 0.0}, "rate, critic_rate: must be above 0"),
        ({"warmup": 1.5}, r"warmup: 1.5 is outside \[0, 1\]"),
        ({"pixel": 0.0, "perceptual": 0.0, "adversary": 0.0}, "all are 0, so nothing tells the generator what to make"),
        ({"pixel": 0.0}, "pixel: is 0, but the warm-up has no other loss"),
        ({"patch_px": 100, "adversary": 0.0}, "patch_px: 100 is no multiple of twice the scale, 8"),
        ({"patch_px": 48}, "patch_px: the features need 64 px at least, not 48"),
        ({"patch_px": 64, "critic": "multiscale"}, "multiscale discriminator takes multiples of 32 px, at least 96"),
        ({"adversarial": "wgan-gp"}, "penalty: wgan-gp is defined by its gradient penalty"),
        ({"adversarial": "wgan-gp", "penalty": 10.0, "spectral": True}, "spectral: wgan-gp holds its critic's slope"),
        ({"penalty": 10.0, "precision": "fp16"}, "precision: the gradient of a gradient underflows in fp16"),
    ],
)
def test_wrong_settings_are_refused_with_the_reason(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(Settings(), **wrong)


def test_every_combination_that_is_not_refused_can_be_had() -> None:
    Settings(adversarial="wgan-gp", penalty=10.0, updates=5)
    Settings(adversarial="hinge", spectral=True, critic="multiscale", patch_px=128)
    Settings(scale=8, patch_px=128, backbone="unet", width=16)
    Settings(adversary=0.0, perceptual=0.0, patch_px=16)


def test_super_resolution_needs_a_scale() -> None:
    for settings in (SrganSettings, EsrganSettings):
        with pytest.raises(ValueError, match="scale: 1 enlarges nothing"):
            settings(scale=1)
