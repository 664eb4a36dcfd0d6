"""An adversary of seconds: a tiny critic learns to tell bright squares from dark ones.

`python -m tests.training.duel OUT` lets it; several processes share every batch."""

import sys
from pathlib import Path

import torch
from accelerate import PartialState
from torch import Tensor

from controllable.networks.critics import make_critic
from controllable.training.adversary import Adversary
from controllable.training.losses.adversarial import Adversarial
from controllable.training.processes import join, leave, stream

BATCH, STEPS = 4, 6


def make(
    loss: Adversarial = Adversarial.HINGE, *, penalty: float = 0, updates: int = 1, spectral: bool = True, seed: int = 0
) -> Adversary:
    """seed: of the critic's first weights."""
    torch.manual_seed(seed)
    critic = make_critic("single", spectral=spectral, conditional=False, width=4)
    stepper = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.999))
    return Adversary(critic, [stepper], loss=loss, penalty=penalty, updates=updates)


def batch(step: int) -> tuple[Tensor, Tensor]:
    """Real ones and made ones, (4, 3, 24, 24); the same however many processes share them."""
    drawn = torch.rand(2, BATCH, 3, 24, 24, generator=stream(0, step, 0))
    return 0.5 + 0.5 * drawn[0], 0.5 * drawn[1]


def train(adversary: Adversary, start: int = 0, end: int = STEPS) -> list[float]:
    place, processes = PartialState().process_index, PartialState().num_processes
    shares = ([part[place::processes] for part in batch(step)] for step in range(start, end))
    return [float(adversary.train(*share)) for share in shares]


if __name__ == "__main__":
    join("cpu")
    duel = make(seed=PartialState().process_index)  # each would begin with weights of its own
    train(duel)
    torch.save(duel.state(), Path(sys.argv[1]) / f"{PartialState().process_index}.pt")
    leave()
