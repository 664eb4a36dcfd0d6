import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from controllable.cli import main
from controllable.networks.backbones import BACKBONES, make_backbone
from controllable.networks.critics import CRITICS, make_critic
from controllable.training.fit import FitSettings, Training, fit
from controllable.training.losses.adversarial import critic_loss
from controllable.training.photos import Photos
from controllable.training.privacy import Privacy, PrivateGradients
from controllable.training.recipes import cyclegan, denoise, srgan
from controllable.training.recipes.cyclegan import CycleganSettings
from controllable.training.recipes.denoise import DenoiseSettings
from controllable.training.recipes.pairs import PhotographedPairs
from controllable.training.recipes.srgan import SrganSettings
from tests.training.denoising import Denoising
from tests.training.recipes.photos import LIMITS, draw_photos, weights

pytest.importorskip("opacus")

TINY = DenoiseSettings(width=8, blocks=1, batch=2, patch_px=32, steps=6, every=3, precision="fp32")
DUEL = SrganSettings(
    scale=2, width=8, blocks=1, critic_width=4, batch=2, patch_px=32, steps=6, every=3, perceptual=0.0, warmup=0.5,
    precision="fp32",
)  # fmt: skip
PRIVATE = Privacy(epsilon=20.0, delta=1e-3, clip=0.1, noise=2.0)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_photos(tmp_path_factory.mktemp("photos"))


def build(photos: Path, settings: DenoiseSettings = TINY) -> Any:
    torch.manual_seed(0)
    return denoise.build(settings, photos, workers=0)


def by_hand(noise: float, share: float, steps: int, delta: float) -> float:
    from opacus.accountants import PRVAccountant

    accountant = PRVAccountant()
    for _ in range(steps):
        accountant.step(noise_multiplier=noise, sample_rate=share)
    return float(accountant.get_epsilon(delta))


def gradients_of_each(network: nn.Module, loss: Callable[[int], torch.Tensor], photos: int) -> torch.Tensor:
    """(photos, N): one photo at a time, 0 where the loss does not depend on a parameter."""
    rows = []
    for k in range(photos):
        network.zero_grad()
        loss(k).backward()
        rows.append(
            torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters(network)])
        )
    network.zero_grad()
    return torch.stack(rows)


def parameters(network: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def seen_of_each(network: nn.Module, photos: int) -> torch.Tensor:
    """What Opacus' hooks left of each photo."""
    rows = [
        parameter.new_zeros(photos, parameter.numel()) if parameter.grad_sample is None
        else parameter.grad_sample.reshape(photos, -1)
        for parameter in parameters(network)
    ]  # fmt: skip
    return torch.cat(rows, 1)


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("scale", [1, 2])
def test_every_backbone_gives_each_photo_the_gradient_it_has_alone(name: str, scale: int) -> None:
    torch.manual_seed(0)
    network = make_backbone(name, scale=scale, width=8, blocks=1).to(memory_format=torch.channels_last)
    for value in parameters(network):  # untrained, the last layer is 0 and keeps all others from their gradients
        nn.init.normal_(value, std=0.1)
    given, wanted = torch.rand(3, 3, 32, 32), torch.rand(3, 3, 32 * scale, 32 * scale)
    alone = gradients_of_each(network, lambda k: (network(given[k : k + 1]) - wanted[k : k + 1]).abs().mean(), 3)
    gradients = PrivateGradients(network, 1.0, 3)
    with gradients.watching():
        (network(given) - wanted).abs().mean().backward()
    assert torch.allclose(seen_of_each(network, 3), alone, atol=1e-5 * float(alone.abs().max()), rtol=1e-3)


@pytest.mark.parametrize("kind", CRITICS)
def test_a_critic_sees_the_real_and_the_made_of_a_photo_as_one(kind: Any) -> None:
    torch.manual_seed(0)
    critic = make_critic(kind, spectral=False, conditional=True, width=4)
    real, fake, condition = torch.rand(3, 2, 3, 96, 96)

    def loss(rows: slice) -> torch.Tensor:
        return critic_loss("hinge", critic(real[rows], condition[rows]), critic(fake[rows], condition[rows]))

    alone = gradients_of_each(critic, lambda k: loss(slice(k, k + 1)), 2)
    gradients = PrivateGradients(critic, 1.0, 2)
    with gradients.watching():
        loss(slice(None)).backward()
    assert torch.allclose(seen_of_each(critic, 2), alone, atol=1e-5 * float(alone.abs().max()), rtol=1e-3)


def summed(gradients: PrivateGradients, network: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The sum that is released, without noise, times the number of photos expected."""
    with gradients.watching():
        network(batch).pow(2).flatten(1).sum(1).mean().backward()
    gradients.collect()
    gradients.noise = 0.0
    gradients.release()
    return torch.cat([parameter.grad.flatten() for parameter in parameters(network)]) * gradients.expected


def test_no_photo_moves_the_sum_by_more_than_the_bound() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.PReLU(), nn.Conv2d(8, 3, 1))
    gradients = PrivateGradients(network, 0.5, 4)
    batch = torch.rand(4, 3, 8, 8)
    before = summed(gradients, network, batch)
    for wild in (1e6 * torch.rand(1, 3, 8, 8), torch.full((1, 3, 8, 8), math.nan), torch.full((1, 3, 8, 8), 1e30)):
        after = summed(gradients, network, torch.cat((batch, wild)))
        assert float((after - before).norm()) < 0.5 * 1.0001


def test_noise_has_the_deviation_that_the_multiplier_says_and_no_seed_foretells_it() -> None:
    network = nn.Conv2d(16, 64, 5)
    released = []
    for _ in range(2):
        torch.manual_seed(0)
        gradients = PrivateGradients(network, 0.5, 10)
        gradients.noise = 3.0
        gradients.release()  # of no photo
        assert network.weight.grad is not None
        released.append(network.weight.grad.flatten())
        gradients._hooks.remove_hooks()
    assert float(released[0].std()) == pytest.approx(3.0 * 0.5 / 10, rel=0.03)
    assert abs(float(torch.corrcoef(torch.stack(released))[0, 1])) < 0.05


def test_every_photo_comes_by_a_coin_of_its_own_that_no_seed_foretells(photos: Path) -> None:
    few = Photos(photos)
    pairs = PhotographedPairs(few, lambda clean, _: (clean, None), batch=1, patch_px=16, seed=0, by_coins=True)
    for rows in (iter(pairs), iter(pairs)):
        sizes = [len(next(rows)) for _ in range(300)]
        assert min(sizes) == 0 and max(sizes) <= len(few)
        assert sum(sizes) / 300 == pytest.approx(1.0, abs=0.25)  # deviation 0.05
    a, b = (torch.cat([next(rows).clean for _ in range(20)]) for rows in (iter(pairs), iter(pairs)))
    assert a.shape != b.shape or not torch.equal(a, b)


def test_epsilon_is_what_opacus_says_and_is_logged_and_on_the_card(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    sizes = ["--width", "8", "--blocks", "1", "--batch", "2", "--patch-px", "32", "--precision", "fp32"]
    private = ["--epsilon", "20", "--delta", "1e-3", "--noise-multiplier", "2", "--clip", "0.1"]
    steps = ["--steps", "6", "--every", "3", "--workers", "0"]
    assert main(["train", "denoise", "--data", str(photos), "--out", str(out), *sizes, *private, *steps]) == 0
    said = capsys.readouterr().out
    expected = by_hand(2.0, 2 / 3, 6, 1e-3)
    rows = list(csv.DictReader((out / "log.csv").open()))
    assert [row["step"] for row in rows] == ["3", "6"]
    assert float(rows[0]["epsilon"]) == pytest.approx(by_hand(2.0, 2 / 3, 3, 1e-3), rel=1e-4)
    assert float(rows[1]["epsilon"]) == pytest.approx(expected, rel=1e-4)
    assert f"epsilon {expected:.4g}" in said
    card = (Path(json.loads(said.splitlines()[-1])["weights"]) / "README.md").read_text()
    assert f"epsilon {expected:.4g} at delta 0.001" in card and "any one of 3 photos" in card


def test_without_a_multiplier_all_steps_just_fit_into_the_budget(photos: Path, tmp_path: Path) -> None:
    training = Training(build(photos), LIMITS, tmp_path, Privacy(epsilon=4.0, delta=1e-3, clip=0.1))
    training.advance()
    assert training.step == 6
    assert 3.9 < training.spent <= 4.0


def test_a_training_ends_before_the_step_that_would_exceed_its_budget_and_goes_on_no_more(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    privacy = replace(PRIVATE, epsilon=by_hand(2.0, 2 / 3, 4, 1e-3) + 0.01)
    last = fit(build(photos), LIMITS, tmp_path, privacy)
    training = Training(build(photos), LIMITS, tmp_path, privacy)
    training.resume()
    assert training.step == 4 and training.spent <= privacy.epsilon
    assert torch.equal(weights(last), weights(training.average))
    assert "is used up: 4 steps have cost" in capsys.readouterr().out
    with pytest.raises(ValueError, match="is used up: 4 steps have cost"):
        training.advance()
    assert training.step == 4


def test_an_interrupted_training_remembers_what_it_has_cost_and_may_not_be_loosened(
    photos: Path, tmp_path: Path
) -> None:
    training = Training(build(photos), LIMITS, tmp_path, PRIVATE)
    training.advance(until=4)
    again = Training(build(photos), LIMITS, tmp_path, PRIVATE)
    again.resume()
    assert again.spent == training.spent == pytest.approx(by_hand(2.0, 2 / 3, 4, 1e-3))
    again.advance()
    assert again.spent == pytest.approx(by_hand(2.0, 2 / 3, 6, 1e-3))
    for looser in (replace(PRIVATE, epsilon=21.0), replace(PRIVATE, delta=2e-3)):
        with pytest.raises(ValueError, match="would loosen what it promised"):
            Training(build(photos), LIMITS, tmp_path, looser).resume()
    with pytest.raises(ValueError, match="comes from a training with it"):
        Training(build(photos), LIMITS, tmp_path).resume()


def test_steps_that_are_taken_again_cost_again(photos: Path, tmp_path: Path) -> None:
    training = Training(build(photos), LIMITS, tmp_path, PRIVATE)
    training.advance(until=2)
    training.step = 0  # as a server may ask that has lost a round
    training.network.load_state_dict(training.average.state_dict())
    training.advance(until=2)
    assert training.spent == pytest.approx(by_hand(2.0, 2 / 3, 4, 1e-3))


def test_bf16_keeps_the_bound(photos: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = srgan.build(replace(DUEL, warmup=0.0), photos, workers=0)
    training = Training(recipe, replace(LIMITS, precision="bf16"), tmp_path, replace(PRIVATE, clip=1e-3, noise=0.1))
    batch = next(batch for batch in recipe.batches(0) if len(batch) > 1)
    assert training.private is not None
    gradients = training.private._gradients
    gradients.release = lambda: None  # type: ignore[method-assign]
    training.private.take(batch, training._loss)
    summed = torch.cat([parameter.summed_grad.flatten() for parameter in gradients._optimizer.params])
    assert summed.dtype == torch.float32 and 0.0 < float(summed.norm()) <= 1e-3 * len(batch) * 1.001


def test_an_open_training_cannot_be_made_private_afterwards(photos: Path, tmp_path: Path) -> None:
    fit(build(photos), replace(LIMITS, steps=2, every=2), tmp_path)
    with pytest.raises(ValueError, match="comes from a training without it"):
        Training(build(photos), LIMITS, tmp_path, PRIVATE).resume()


def test_generator_and_critic_share_one_steps_noise(photos: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = srgan.build(replace(DUEL, updates=2), photos, workers=0)
    training = Training(recipe, LIMITS, tmp_path, PRIVATE)
    assert training.private is not None and recipe.adversary is not None
    generator, critic = training.private._gradients, recipe.adversary.gradients
    assert critic is not None
    untouched = weights(recipe.adversary.critic).clone()
    training.advance(until=3)  # the warm-up, of pixels alone
    assert generator.noise == 2.0 and torch.equal(untouched, weights(recipe.adversary.critic))
    training.advance()
    assert critic.released == 6 and generator.released == 6
    parts = [critic.noise, critic.noise, generator.noise]
    assert sum(part**-2 for part in parts) ** -0.5 == pytest.approx(2.0)
    assert training.spent == pytest.approx(by_hand(2.0, 2 / 3, 6, 1e-3))


def test_steps_without_a_photo_move_both_networks_all_the_same(photos: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = srgan.build(replace(DUEL, warmup=0.0), photos, workers=0)
    empty = next(batch for batch in by_coins(recipe) if not len(batch))
    training = Training(recipe, LIMITS, tmp_path, PRIVATE)
    assert recipe.adversary is not None
    before = weights(training.network).clone(), weights(recipe.adversary.critic).clone()
    recipe.batches = lambda start: iter([empty] * 9)
    training.advance(until=1)
    after = weights(training.network), weights(recipe.adversary.critic)
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(bool(value.isfinite().all()) for value in after)


def by_coins(recipe: Any) -> Any:
    return iter(PhotographedPairs(recipe.photos, recipe.camera, batch=1, patch_px=32, seed=0, by_coins=True))


def test_a_batch_larger_than_a_chunk_counts_every_photo_once(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from controllable.training import privacy

    recipe = build(photos, replace(TINY, batch=3))
    batch = next(recipe.batches(0))
    found = []
    for chunk in (16, 2):
        monkeypatch.setattr(privacy, "CHUNK", {"cpu": chunk})
        steps = privacy.PrivateSteps(replace(PRIVATE, noise=0.1), recipe, steps=6)
        monkeypatch.setattr(
            PrivateGradients, "noise", property(lambda self: 0.0, lambda self, value: None), raising=False
        )
        loss, _ = steps.take(batch, lambda part: recipe.loss(recipe.network, part))
        found.append((loss, torch.cat([p.grad.flatten() for p in parameters(recipe.network)])))
        steps._gradients._hooks.remove_hooks()
    assert torch.allclose(found[0][0], found[1][0])
    assert torch.allclose(found[0][1], found[1][1], atol=1e-6)


@pytest.mark.parametrize(
    ("named", "match"),
    [
        ({"epsilon": 0.0}, "epsilon: must be a number above 0"),
        ({"epsilon": 1.0, "delta": 1.0}, "delta: 1.0 is outside"),
        ({"epsilon": 1.0, "clip": 0.0}, "clip: must be"),
        ({"epsilon": 1.0, "critic_clip": -1.0}, "critic_clip: must be"),
        ({"epsilon": 1.0, "noise": 0.0}, "noise: must be at least"),
    ],
)
def test_settings_that_promise_nothing_are_refused(named: dict[str, float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Privacy(**named)


def test_what_cannot_be_private_is_refused_with_the_reason(photos: Path, tmp_path: Path) -> None:
    def refused(match: str, recipe: Any, privacy: Privacy = PRIVATE, settings: FitSettings = LIMITS) -> None:
        with pytest.raises(ValueError, match=match):
            Training(recipe, settings, tmp_path, privacy).advance()

    refused("cannot be trained privately yet", Denoising())
    refused("cannot be trained privately yet", cyclegan.build(cycle(), photos, workers=0))
    refused("batch: 4 photos a step are more than the 3", build(photos, replace(TINY, batch=4)))
    refused("delta: 0.5 would allow publishing one of 3", build(photos), replace(PRIVATE, delta=0.5))
    refused("compile", build(photos), settings=replace(LIMITS, compile="default"))
    refused("precision: fp16", build(photos), settings=replace(LIMITS, precision="fp16"))
    refused("smaller than what one step costs", build(photos), replace(PRIVATE, epsilon=0.5))
    for settings, match in (
        (replace(DUEL, adversarial="relativistic"), "adversarial: relativistic compares"),
        (replace(DUEL, penalty=1.0), "penalty: the gradient of a gradient"),
        (replace(DUEL, spectral=True), "spectral: "),
    ):
        refused(match, srgan.build(settings, photos, workers=0))


def cycle() -> CycleganSettings:
    return CycleganSettings(width=8, blocks=1, critic_width=4, batch=2, patch_px=32, steps=6, every=3)


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(8), nn.InstanceNorm2d(8, affine=True, track_running_stats=True)])
def test_norms_that_mix_photos_or_keep_their_statistics_are_named(
    photos: Path, tmp_path: Path, layer: nn.Module
) -> None:
    recipe = build(photos)
    recipe.network.network.blocks.append(layer)
    with pytest.raises(ValueError, match=r"privacy: layer network\.blocks\.1 \((Batch|Instance)Norm2d\)"):
        Training(recipe, LIMITS, tmp_path, PRIVATE)
