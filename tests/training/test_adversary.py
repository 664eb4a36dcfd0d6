"""The adversarial step: who moves, who does not, and that nothing is lost in between."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from controllable.training import adversary as module
from controllable.training.adversary import Adversary
from controllable.training.fit import FitSettings, fit
from controllable.training.losses.adversarial import Adversarial, critic_loss, generator_loss, gradient_penalty
from controllable.training.processes import stream
from tests.training import duel
from tests.training.denoising import SETTINGS, Denoising

PENALTIES = {kind: 10.0 if kind is Adversarial.WGAN_GP else 0.0 for kind in Adversarial}


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("kind", Adversarial)
def test_the_critic_learns_to_tell_real_from_made(kind: Adversarial) -> None:
    trained = duel.make(kind, penalty=PENALTIES[kind], spectral=False)
    duel.train(trained, end=25)
    real, fake = duel.batch(1000)
    assert float(trained.critic(real)[0].mean().detach()) > float(trained.critic(fake)[0].mean().detach()) + 0.3


@pytest.mark.parametrize("kind", Adversarial)
def test_a_step_of_it_is_one_of_the_optimiser_on_the_loss(kind: Adversarial) -> None:
    penalty = PENALTIES[kind]
    trained, by_hand = (duel.make(kind, penalty=penalty, spectral=False) for _ in range(2))
    real, fake = duel.batch(0)
    said = trained.train(real, fake)
    loss = critic_loss(kind, by_hand.critic(real), by_hand.critic(fake))
    if penalty:
        loss = loss + penalty * gradient_penalty(by_hand.critic, real, fake, stream(0, 0))
    loss.backward()
    by_hand.steppers[0].step()
    assert torch.equal(said, loss.detach()) and not said.requires_grad
    assert torch.equal(weights(trained.critic), weights(by_hand.critic))


@pytest.mark.parametrize("kind", Adversarial)
def test_training_the_critic_does_not_reach_the_generator_and_judging_does_not_reach_the_critic(
    kind: Adversarial,
) -> None:
    trained = duel.make(kind, penalty=PENALTIES[kind], spectral=False)
    real, fake = duel.batch(0)
    fake.requires_grad_()
    trained.train(real, fake)
    assert fake.grad is None
    trained.critic.zero_grad(set_to_none=True)
    before = copied(trained.critic)
    judged = trained.judge(real if kind is Adversarial.RELATIVISTIC else None, fake)
    judged.backward()
    assert fake.grad is not None and bool(fake.grad.abs().sum() > 0)
    assert torch.allclose(judged.detach(), generator_loss(kind, trained.critic(real), trained.critic(fake)))
    assert all(p.grad is None and p.requires_grad for p in trained.critic.parameters())
    assert all(torch.equal(value, before[name]) for name, value in trained.critic.state_dict().items())


def test_a_critic_that_fails_to_judge_is_not_left_frozen() -> None:
    trained = duel.make()
    with pytest.raises(ValueError, match="image"):
        trained.judge(None, torch.rand(1, 3, 23, 23))
    assert all(parameter.requires_grad for parameter in trained.critic.parameters())


def test_several_updates_are_so_many_steps_on_one_batch() -> None:
    once, thrice = (duel.make(Adversarial.WGAN_GP, penalty=10.0, updates=updates) for updates in (1, 3))
    real, fake = duel.batch(0)
    said = [once.train(real, fake) for _ in range(3)]
    assert torch.allclose(thrice.train(real, fake), torch.stack(said).mean())
    assert torch.equal(weights(once.critic), weights(thrice.critic)) and thrice.updated == 3


@pytest.mark.parametrize("penalty", [0.0, 10.0])
def test_a_resumed_adversary_goes_on_as_if_it_had_not_stopped(tmp_path: Path, penalty: float) -> None:
    whole, first, second = (duel.make(penalty=penalty, seed=seed) for seed in (0, 0, 1))
    losses = duel.train(whole)
    said = duel.train(first, end=3)
    torch.save(first.state(), tmp_path / "state.pt")
    torch.random.manual_seed(99)
    second.load_state(torch.load(tmp_path / "state.pt", weights_only=True))
    said += duel.train(second, start=3)
    assert said == losses
    for name, value in whole.critic.state_dict().items():
        assert torch.equal(value, second.critic.state_dict()[name])


def test_a_state_without_a_count_is_still_read() -> None:
    """As the perceptual recipe wrote it before it had an `Adversary`."""
    state = duel.make().state()
    del state["updated"]
    other = duel.make(seed=1)
    other.load_state(state)
    assert other.updated == 0 and torch.equal(weights(other.critic), weights(duel.make().critic))


def test_a_batch_that_is_not_finite_moves_nothing() -> None:
    trained = duel.make(spectral=False)
    before = copied(trained.critic)
    real, fake = duel.batch(0)
    trained.train(real, fake * float("nan"))
    assert all(torch.equal(value, before[name]) for name, value in trained.critic.state_dict().items())
    trained.train(real, fake)
    assert not torch.equal(weights(trained.critic), torch.cat([before[n].flatten() for n in before]))


def test_no_pictures_move_nothing_and_still_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[int] = []
    monkeypatch.setattr(module, "average_gradients", lambda parameters: met.append(len(list(parameters))))
    trained = duel.make(penalty=1.0)
    before = copied(trained.critic)
    assert float(trained.train(torch.rand(0, 3, 24, 24), torch.rand(0, 3, 24, 24))) == 0.0
    assert met == [len(list(trained.critic.parameters()))]
    assert all(torch.equal(value, before[name]) for name, value in trained.critic.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_updates_within_autocast_do_not_serve_old_weights(dtype: torch.dtype) -> None:
    """Two updates inside one autocast are the same as two with one each; in fp16 they are those of full precision."""
    within, apart, full = (duel.make(spectral=False) for _ in range(3))
    real, fake = duel.batch(0)
    with torch.autocast("cpu", dtype):
        for _ in range(2):
            within.train(real, fake)
        within.judge(real, fake)
    for _ in range(2):
        with torch.autocast("cpu", dtype):
            apart.train(real, fake)
        full.train(real, fake)
    assert torch.equal(weights(within.critic), weights(apart.critic))
    assert torch.equal(weights(within.critic), weights(full.critic)) == (dtype is torch.float16)


def test_a_conditional_critic_is_given_the_condition() -> None:
    seen: list[Tensor | None] = []

    class Watching(nn.Conv2d):
        def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
            seen.append(condition)
            return super().forward(image)

    critic = Watching(3, 1, 3)
    trained = Adversary(critic, [torch.optim.SGD(critic.parameters(), lr=0.1)], loss="relativistic", penalty=1.0)
    real, fake, condition = torch.rand(3, 2, 3, 8, 8).unbind()
    trained.train(real, fake, condition)
    trained.judge(real, fake, condition)
    assert len(seen) == 5 and all(given is condition for given in seen)


class Dueling(Denoising):
    """A recipe with an adversary, within the loop."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        critic = nn.Sequential(nn.Conv2d(1, 8, 3), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3))
        self.adversary = Adversary(
            _Unconditional(critic), [torch.optim.Adam(critic.parameters(), 1e-3)], loss=Adversarial.WGAN_GP, penalty=1.0
        )

    def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        if not torch.is_grad_enabled():
            return super().loss(network, batch)
        made = network(batch + 0.3)
        critic = self.adversary.train(batch, made)
        loss = (made - batch).pow(2).mean() + 0.1 * self.adversary.judge(None, made)
        return loss, {"loss": loss, "critic": critic}

    def state(self) -> dict[str, Any]:
        return self.adversary.state()

    def load_state(self, state: dict[str, Any]) -> None:
        self.adversary.load_state(state)


class _Unconditional(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.network(image)


def test_a_run_with_an_adversary_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    class Stopping(Dueling):
        asked = 0

        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            self.asked += torch.is_grad_enabled()
            if self.asked > 9:
                raise KeyboardInterrupt
            return super().loss(network, batch)

    settings: FitSettings = replace(SETTINGS, steps=16)
    whole = Dueling()
    fit(whole, settings, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(Stopping(), settings, tmp_path / "halves")
    resumed = Dueling()
    fit(resumed, settings, tmp_path / "halves")
    assert torch.equal(weights(whole.network), weights(resumed.network))
    assert torch.equal(weights(whole.adversary.critic), weights(resumed.adversary.critic))


def test_two_processes_that_share_the_batches_train_one_critic(tmp_path: Path) -> None:
    """Each begins with other weights, and ends with those of a single process that saw it all."""
    alone = duel.make()
    duel.train(alone)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", "tests.training.duel", str(tmp_path)],
        capture_output=True, text=True, timeout=600, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    states = [torch.load(tmp_path / f"{place}.pt", weights_only=True)["discriminator"] for place in range(2)]
    for name, value in alone.critic.state_dict().items():
        assert torch.equal(states[0][name], states[1][name])
        assert torch.allclose(states[0][name], value, atol=1e-4)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"loss": "wgan-gp"}, "penalty: must be at least 0, and above 0 for wgan-gp, not 0.0"),
        ({"loss": "hinge", "penalty": -1.0}, "penalty: must be at least 0"),
        ({"loss": "hinge", "updates": 0}, "updates: must be at least 1, not 0"),
        ({"loss": "wgan"}, "adversarial: 'wgan' is not one of"),
    ],
)
def test_senseless_games_are_refused(named: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Adversary(nn.Conv2d(3, 1, 1), [], **named)
