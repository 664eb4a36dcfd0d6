"""Attacks on networks and updates of which it is known what they give away, and what privacy leaves of that."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.attack_inversion import (
    Attack,
    best_match,
    client_update,
    correlation,
    made_private,
    reconstruct,
    summed,
)
from benchmarks.attack_membership import Study, Trial, auc, halves, interval, small_photos, study, train
from controllable.training.privacy import Privacy
from controllable.training.recipes.denoise import DenoiseSettings, build
from tests.photo import draw_photo, photo_tensor


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(count: int, side_px: int, first: int = 0) -> Tensor:
    """Middles of drawn photos, reduced by four."""
    large = torch.cat([photo_tensor(4 * side_px, 4 * side_px, first + number) for number in range(count)])
    return torch.nn.functional.avg_pool2d(large, 4)


def simulated(shift: float, models: int = 8, count: int = 64) -> Study:
    """Losses that differ by photo, by network, and by `shift` deviations for members."""
    generator = seeded(0)
    member = halves(models, count, generator)
    value = torch.randn(1, count, generator=generator) + 0.3 * torch.randn(models, 1, generator=generator)
    value = value + 0.1 * (torch.randn(models, count, generator=generator) - shift * member.float())
    return Study(losses=value.exp(), member=member, psnr_db=value)


def test_halves_hold_every_photo_as_often_as_not() -> None:
    member = halves(6, 10, seeded(0))
    assert member.sum(0).tolist() == [3] * 10 and member.sum(1).tolist() == [5] * 6
    assert torch.equal(member[::2], ~member[1::2])


def test_the_ratio_finds_what_the_loss_alone_hides_and_nothing_where_nothing_is() -> None:
    leaking, tight = simulated(2.0), simulated(0.0)
    most = 0.5 * (1.0 + math.erf(2.0 / 2.0))  # of two Gaussians two deviations apart: Φ(2/√2)
    assert 0.8 < auc(leaking.by_ratio, leaking.member) < most + 0.05
    assert auc(leaking.by_loss, leaking.member) < 0.65
    for scores in (tight.by_loss, tight.by_ratio):
        low, high = interval(scores, tight.member)
        assert low < 0.5 < high and high - low < 0.3


def test_an_over_trained_denoiser_gives_its_photos_away_and_a_private_one_does_not() -> None:
    pool = photos(16, 16)
    trained = study(pool, Trial(models=4, steps=250, draws=8))
    privacy = Privacy(epsilon=1.0, noise=6.0)  # the noise is given since its search takes seconds
    private = study(photos(48, 16), Trial(models=4, steps=20, draws=8, privacy=privacy))
    assert auc(trained.by_loss, trained.member) > 0.6
    assert auc(trained.by_ratio, trained.member) > 0.8
    assert abs(auc(private.by_loss, private.member) - 0.5) < 0.1
    assert auc(private.by_ratio, private.member) < 0.72  # of 192 guesses, 0.5 plus five deviations: noise has no seed


def test_a_photo_is_rebuilt_from_its_update_but_not_from_a_noised_one_nor_from_a_sum(tmp_path: Path) -> None:
    settings = DenoiseSettings(width=32, blocks=1, patch_px=16, batch=4, rate=1e-3, steps=30, precision="fp32")
    network = train(photos(8, 16, first=100), settings, tmp_path).requires_grad_(True)
    recipe, clients = build(settings, None, workers=0), photos(3, 16)
    updates = [client_update(recipe, network, clean, seeded(n)) for n, clean in enumerate(clients.split(1))]
    attack = Attack(starts=1, iterations=250, rate=0.03)
    plain = reconstruct(network, updates[0], clients[:1].shape, attack, seeded(9))
    noised = reconstruct(network, made_private(updates[0], 8.0, 1e-5, seeded(1)), clients[:1].shape, attack, seeded(9))
    together = reconstruct(network, summed(updates), clients.shape, attack, seeded(9))
    guess, photo = best_match(together, clients)
    seen = correlation(plain, clients[:1])
    assert seen > 0.5
    assert abs(correlation(noised, clients[:1])) < 0.3
    assert correlation(together[guess], clients[photo]) < seen - 0.05


def test_a_private_update_is_bounded_and_its_noise_is_what_the_mechanism_asks_for() -> None:
    update = (torch.full((100, 100), 0.01), torch.zeros(10_000))
    noised = made_private(update, 8.0, 1e-5, seeded(0))
    assert float(noised[1].std()) == pytest.approx(0.6002 * 0.5 * 1.0, rel=0.03)  # σ/Δ for (8, 1e-5); half the norm
    barely = made_private(update, 1000.0, 1e-5, seeded(0))
    assert float(barely[0].mean()) == pytest.approx(0.005, abs=0.001)


def test_small_photos_are_middles_and_too_few_are_refused(tmp_path: Path) -> None:
    for number in range(2):
        draw_photo(80, 64, seed=number).save(tmp_path / f"{number}.png")
    files = sorted(tmp_path.iterdir())
    assert small_photos(files, 2, 16).shape == (2, 3, 16, 16)
    with pytest.raises(ValueError, match="3 are needed"):
        small_photos(files, 3, 16)
    with pytest.raises(ValueError, match="even and at least 4"):
        Trial(models=5)
