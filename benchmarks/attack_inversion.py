"""Gradient inversion: what photo made a client change the network so? See `benchmarks.attacks`.

Zhu et al., "Deep leakage from gradients", 2019; Geiping et al., "Inverting gradients: how easy is it to break privacy
in federated learning?", 2020, whose cosine distance is taken here of every layer by itself. The attacker knows the
network before and after, and the recipe's loss; neither the photo nor the noise that the camera added to it.

The mean absolute error's gradient at the output is the sign of what is wrong, which has no slope to follow. So the
attacker guesses two things, both from nothing: what the network was shown, and the signs, as tanh of free numbers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from controllable.degradation.private import gaussian_sigma
from controllable.training.losses.variation import total_variation
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import photograph

Update = tuple[Tensor, ...]
"""One tensor a parameter: by what a client that takes one step of gradient descent at rate 1 lowers it."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """starts: of which the one counts whose gradients came nearest, as an attacker can see. iterations: of Adam, at
    `rate` with a cosine to 0. variation: weight of the guess' total variation."""

    starts: int = 2
    iterations: int = 600
    rate: float = 0.02
    variation: float = 1e-4


def client_update(recipe: PairedRecipe, network: nn.Module, clean: Tensor, generator: torch.Generator) -> Update:
    """Of one client with photos (B, 3, P, P), all in one batch; the recipe's own camera and loss."""
    loss, _ = recipe.loss(network, photograph(clean, recipe.camera, generator, 0))
    return torch.autograd.grad(loss, _trained(network))


def summed(updates: list[Update]) -> Update:
    """The mean over clients: all that secure aggregation (Bonawitz et al. 2017) lets the server see."""
    return tuple(torch.stack(parts).mean(0) for parts in zip(*updates, strict=True))


def made_private(update: Update, epsilon: float, delta: float, generator: torch.Generator) -> Update:
    """Clipped to half its norm, with the noise for which this one update is (epsilon, delta)-private for its client's
    taking part: that the bound cuts into what it bounds is usual (McMahan et al. 2018, section 3)."""
    norm = torch.stack([part.norm() for part in update]).norm()
    bound = 0.5 * float(norm)
    sigma = gaussian_sigma(epsilon, delta, bound)
    return tuple(
        part * (bound / norm) + sigma * torch.randn(part.shape, generator=generator).to(part) for part in update
    )


def reconstruct(
    network: nn.Module, update: Update, shape: tuple[int, int, int, int], attack: Attack, generator: torch.Generator
) -> Tensor:
    """The photos (B, 3, H, W), [0, 1], that together would have made this update, as the network cleans them."""
    found = [_descent(network, update, shape, attack, generator) for _ in range(attack.starts)]
    return min(found, key=lambda ending: ending[1])[0]


def _descent(
    network: nn.Module, update: Update, shape: tuple[int, int, int, int], attack: Attack, generator: torch.Generator
) -> tuple[Tensor, float]:
    """What one start ended with, and how far its gradients are from the update."""
    trained = _trained(network)
    seen = (0.5 + 0.1 * torch.randn(shape, generator=generator)).requires_grad_()
    signs = (0.1 * torch.randn(shape, generator=generator)).requires_grad_()
    stepper = torch.optim.Adam([seen, signs], attack.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(stepper, attack.iterations)
    apart = torch.zeros(())
    for _ in range(attack.iterations):
        made = network(seen)
        guess = torch.autograd.grad(made, trained, torch.tanh(signs) / signs.numel(), create_graph=True)
        apart = distance(guess, update)
        loss = apart + attack.variation * total_variation(seen)
        seen.grad, signs.grad = torch.autograd.grad(loss, [seen, signs])
        stepper.step()
        schedule.step()
        with torch.no_grad():
            seen.clamp_(0.0, 1.0)
    with torch.no_grad():
        return network(seen).clamp(0.0, 1.0), float(apart)


def distance(guess: Update, update: Update) -> Tensor:
    """1 - cosine, mean over the layers."""
    pairs = zip(guess, update, strict=True)
    return sum((1.0 - (a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-12) for a, b in pairs), torch.zeros(())) / len(
        update
    )


def best_match(found: Tensor, photos: Tensor) -> tuple[int, int]:
    """Numbers of the guess (B, 3, H, W) and the photo (N, 3, H, W) that correlate best, place by place."""
    table = torch.corrcoef(torch.cat((found, photos)).flatten(1))[: len(found), len(found) :]
    where = int(table.nan_to_num(-1.0).argmax())
    return where // len(photos), where % len(photos)


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's, of all values of two pictures, [-1, 1]."""
    return float(torch.corrcoef(torch.stack((a.flatten(), b.flatten())))[0, 1].nan_to_num(0.0))


def _trained(network: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]
