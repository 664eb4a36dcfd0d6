from pathlib import Path

import pytest
import torch

from benchmarks import stability
from benchmarks.stability import GAMES, SAMPLES, Arena, Outcome, judge, places, play, ring

TINY = Arena(steps=2, batch=8, width=4, layers=1, updates=1)


def test_samples_of_the_ring_itself_find_every_mode() -> None:
    found = judge(ring(SAMPLES, torch.Generator().manual_seed(0)).flatten(1))
    assert found.modes == 8 and not found.diverged
    assert found.good == pytest.approx(1.0 - torch.tensor(-4.5).exp().item(), abs=0.01)  # Rayleigh, three deviations


def test_one_point_is_one_mode() -> None:
    assert judge(places()[:1].expand(SAMPLES, 2)) == Outcome(modes=1, good=1.0, diverged=False)


def test_a_few_stray_samples_make_no_mode() -> None:
    points = places()[:1].repeat(SAMPLES, 1)
    for count, modes in ((19, 1), (20, 2)):
        points[:count] = places()[1]
        assert judge(points).modes == modes


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e4])
def test_what_is_not_finite_or_far_out_has_diverged(value: float) -> None:
    assert judge(torch.full((SAMPLES, 2), value)) == Outcome(modes=0, good=0.0, diverged=True)


@pytest.mark.parametrize("game", GAMES, ids=str)
def test_every_game_is_played_and_a_seed_repeats_it(game: stability.Game) -> None:
    first, again, other = (play(game, TINY, seed) for seed in (3, 3, 4))
    assert first.shape == (SAMPLES, 2)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_spectral_norm_holds_the_slope_of_the_critic() -> None:
    torch.manual_seed(0)
    critic = stability.Critic(Arena(), spectral=True)
    for _ in range(50):
        critic(torch.zeros(1, 2, 1, 1))
    points = ring(64, torch.Generator().manual_seed(0)).requires_grad_()
    (slope,) = torch.autograd.grad(critic(points).sum(), points)
    assert float(slope.flatten(1).norm(dim=1).max()) <= 1.01


def test_the_table_has_a_row_a_game_and_the_plot_a_panel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "stability.png"
    stability.main(["--seeds", "2", "--steps", "1", "--updates", "1", "--plot", str(plot)])
    out = capsys.readouterr().out
    assert all(f"| {game} |" in out for game in GAMES)
    assert plot.stat().st_size > 0
