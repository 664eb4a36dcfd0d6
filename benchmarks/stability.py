"""Which adversarial games survive a setting made to break them: a ring of eight Gaussians, five seeds each.

python -m benchmarks.stability [--seeds 5] [--plot docs/stability.png]
What should break them: a deep critic without normalisation that learns at ten times the generator's rate and takes five
steps for each of it (chosen on seed 100). A run collapsed if it found at most four modes.
Calm: --layers 2 --critic-rate 1e-3 --updates 1.
"""

import argparse
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.images import head, mean, row
from controllable.training.adversary import Adversary

MODES, RADIUS, SPREAD = 8, 10.0, 0.5
"""The ring (Metz et al., "Unrolled generative adversarial networks", 2017, section 3.1), ten times as large: a critic
whose slope is held at 1 has to tell places apart that are as far from each other as photos are, not from 0 to 2."""
SAMPLES, ENOUGH = 2500, 20
"""A mode is found if so many of the samples lie within three deviations of it."""
FAR = 10.0 * RADIUS


@dataclass(frozen=True, kw_only=True)
class Game:
    """A choice of the workshop: the loss, and what steadies it."""

    loss: str
    spectral: bool = False
    penalty: float = 0.0

    def __str__(self) -> str:
        steadied = ["spectral norm"] if self.spectral else []
        steadied += [f"penalty {self.penalty:g}"] if self.penalty else []
        return " + ".join([self.loss, *steadied])


GAMES = (
    Game(loss="vanilla"), Game(loss="vanilla", spectral=True), Game(loss="hinge"), Game(loss="hinge", spectral=True),
    Game(loss="lsgan"), Game(loss="lsgan", spectral=True), Game(loss="relativistic"),
    Game(loss="wgan-gp", penalty=1e-4), Game(loss="wgan-gp", penalty=1.0),
)  # fmt: skip
"""The penalty of 1e-4 stands for none, which wgan-gp refuses."""


@dataclass(frozen=True, kw_only=True)
class Arena:
    """Where all play: fully connected networks, `layers` hidden ones of `width` in each, Adam for both, and `updates`
    steps of the critic for each of the generator."""

    steps: int = 1000
    batch: int = 128
    width: int = 64
    layers: int = 4
    latent: int = 2
    rate: float = 1e-3
    critic_rate: float = 1e-2
    updates: int = 5
    beta: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """modes: found, of eight; good: share of samples within three deviations of one; diverged: not finite, or most of
    the samples ten times as far out as the ring."""

    modes: int
    good: float
    diverged: bool


class Critic(nn.Module):
    """Points (B, 2, 1, 1) → logits (B, 1)."""

    def __init__(self, arena: Arena, spectral: bool) -> None:
        super().__init__()
        self.layers = _connected([2, *[arena.width] * arena.layers, 1], nn.LeakyReLU(0.2), spectral)

    def forward(self, points: Tensor, condition: None = None) -> Tensor:
        logits: Tensor = self.layers(points.flatten(1))
        return logits


class Maker(nn.Module):
    """Latents (B, L) → points (B, 2, 1, 1)."""

    def __init__(self, arena: Arena) -> None:
        super().__init__()
        self.layers = _connected([arena.latent, *[arena.width] * arena.layers, 2], nn.ReLU(), False)

    def forward(self, latent: Tensor) -> Tensor:
        points: Tensor = self.layers(latent)
        return RADIUS * points[..., None, None]


def places() -> Tensor:
    """(8, 2)."""
    angle = 2.0 * math.pi / MODES * torch.arange(MODES)
    return RADIUS * torch.stack((angle.cos(), angle.sin()), 1)


def ring(count: int, generator: torch.Generator) -> Tensor:
    """(count, 2, 1, 1): one of the places, and a little spread."""
    chosen = places()[torch.randint(MODES, (count,), generator=generator)]
    return (chosen + SPREAD * torch.randn(count, 2, generator=generator))[..., None, None]


def play(game: Game, arena: Arena, seed: int) -> Tensor:
    """What the generator makes after training, (SAMPLES, 2)."""
    torch.manual_seed(seed)
    drawn = torch.Generator().manual_seed(seed)
    maker, critic = Maker(arena), Critic(arena, game.spectral)
    betas = arena.beta, 0.999
    adversary = Adversary(
        critic, [torch.optim.Adam(critic.parameters(), arena.critic_rate, betas, fused=True)],
        loss=game.loss, penalty=game.penalty, updates=arena.updates, seed=seed,
    )  # fmt: skip
    stepper = torch.optim.Adam(maker.parameters(), arena.rate, betas, fused=True)
    for _ in range(arena.steps):
        real, fake = ring(arena.batch, drawn), maker(torch.randn(arena.batch, arena.latent, generator=drawn))
        adversary.train(real, fake)
        stepper.zero_grad(set_to_none=True)
        adversary.judge(real, fake).backward()
        stepper.step()
    with torch.inference_mode():
        points: Tensor = maker(torch.randn(SAMPLES, arena.latent, generator=drawn)).flatten(1)
    return points


def judge(points: Tensor) -> Outcome:
    """points: (N, 2)."""
    if not bool(points.isfinite().all()) or float(points.norm(dim=1).median()) > FAR:
        return Outcome(modes=0, good=0.0, diverged=True)
    near = torch.cdist(points, places()) <= 3.0 * SPREAD
    found = int((near.sum(0) >= ENOUGH).sum())
    return Outcome(modes=found, good=float(near.any(1).float().mean()), diverged=False)


def draw(played: dict[str, Tensor], out: Path) -> None:
    """A panel a game; crosses mark the places."""
    from matplotlib.figure import Figure

    columns = 4
    rows = math.ceil(len(played) / columns)
    figure = Figure(figsize=(2.4 * columns, 2.5 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    reach = 1.5 * RADIUS
    for panel in panels:
        panel.set_axis_off()
    for panel, (name, points) in zip(panels, played.items(), strict=False):
        panel.scatter(*points.T, s=2, alpha=0.3, linewidths=0)
        panel.scatter(*places().T, s=20, marker="x", color="black", linewidths=0.8)
        panel.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        panel.set_title(name, fontsize="small")
    figure.savefig(out, dpi=100)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    for name in ("steps", "layers", "updates", "critic_rate"):
        default = getattr(Arena(), name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--games", nargs="+", choices=[str(game) for game in GAMES], help="these alone")
    parser.add_argument("--plot", type=Path, help="also draw what the first seed made")
    options = parser.parse_args(argv)
    arena = Arena(
        steps=options.steps, layers=options.layers, updates=options.updates, critic_rate=options.critic_rate
    )  # fmt: skip
    head("game", "diverged", "collapsed", f"modes of {MODES}", "points on a mode")
    played: dict[str, Tensor] = {}
    for game in GAMES:
        if options.games and str(game) not in options.games:
            continue
        made = [play(game, arena, options.first_seed + k) for k in range(options.seeds)]
        played[str(game)] = made[0]
        runs = [judge(points) for points in made]
        diverged = sum(run.diverged for run in runs)
        collapsed = sum(run.modes <= MODES // 2 for run in runs) - diverged
        modes = ", ".join(str(run.modes) for run in runs)
        good = mean([run.good for run in runs])
        row(game, f"{diverged} of {len(runs)}", f"{collapsed} of {len(runs)}", modes, f"{good:.0%}")
    if options.plot:
        draw(played, options.plot)


def _connected(sizes: list[int], activation: nn.Module, spectral: bool) -> nn.Sequential:
    """Layers between these sizes; spectral: in every one, as `make_critic` has it."""
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layer = nn.Linear(a, b)
        layers += [spectral_norm(layer) if spectral else layer, activation]
    return nn.Sequential(*layers[:-1])


if __name__ == "__main__":
    main()
