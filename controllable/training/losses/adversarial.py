"""What a critic and a generator minimise against each other, on the critic's logits; and the gradient penalty."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.networks.discriminator import relativistic_average

Logits = Tensor | Sequence[Tensor]
"""A map of logits, (B, …), or several maps, whose losses are averaged."""


class Adversarial(StrEnum):
    """A kind of game. With C the critic's logit, x real, y made, σ the logistic function and E the mean."""

    VANILLA = "vanilla"
    """Goodfellow et al. 2014, eq. 1: critic -E log σ(C(x)) - E log(1 - σ(C(y))); generator, not saturating as section 3
    advises: -E log σ(C(y))."""
    LSGAN = "lsgan"
    """Mao et al. 2017, eq. 9: critic ½E(C(x) - 1)² + ½E C(y)²; generator ½E(C(y) - 1)²."""
    WGAN_GP = "wgan-gp"
    """Gulrajani et al. 2017, eq. 3: critic E C(y) - E C(x), to which belongs 10 times `gradient_penalty`; generator
    -E C(y)."""
    RELATIVISTIC = "relativistic"
    """Jolicoeur-Martineau 2018, eq. 10 and 11, halved as in ESRGAN's code: `relativistic_average`."""
    HINGE = "hinge"
    """Lim and Ye 2017; Miyato et al. 2018, eq. 16 and 17: critic E max(0, 1 - C(x)) + E max(0, 1 + C(y)); generator
    -E C(y)."""

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"adversarial: {value!r} is not one of {', '.join(cls)}")


def critic_loss(kind: Adversarial | str, real: Logits, fake: Logits) -> Tensor:
    """What the critic minimises, a scalar; real, fake: its logits, as many maps of the one as of the other.

    >>> float(critic_loss("hinge", torch.tensor([0.5]), torch.tensor([-2.0])))
    0.5
    """
    loss = _CRITIC[Adversarial(kind)]
    return _averaged([loss(*maps) for maps in _paired(real, fake)])


def generator_loss(kind: Adversarial | str, real: Logits | None, fake: Logits) -> Tensor:
    """What the generator minimises, a scalar. Only `relativistic` looks at the logits of real pictures, `real`; the
    others take None as well.

    >>> float(generator_loss("hinge", None, torch.tensor([-2.0])))
    2.0
    """
    kind = Adversarial(kind)
    if kind is Adversarial.RELATIVISTIC:
        if real is None:
            raise ValueError("real: the relativistic loss compares made pictures with real ones, and there are none")
        return _averaged([relativistic_average(better=y, worse=x) for x, y in _paired(real, fake)])
    return _averaged([_GENERATOR[kind](y) for y in _maps(fake)])


def gradient_penalty(
    critic: Callable[[Tensor, Tensor | None], Logits],
    real: Tensor,
    fake: Tensor,
    generator: torch.Generator,
    condition: Tensor | None = None,
) -> Tensor:
    """E(‖∇C(z)‖₂ - 1)² at z = ε·real + (1 - ε)·fake, one ε a picture, uniform in [0, 1] and drawn from `generator`.

    Gulrajani et al. 2017, eq. 3 and algorithm 1. real, fake: (B, C, H, W), one shape; condition: as the critic takes
    it, the same for every z. C(z) is what the critic's loss averages, the mean of a picture's maps. A scalar, in full
    precision, differentiable by the critic's weights. Raises ValueError where the shapes differ.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real, fake: need one shape, got {tuple(real.shape)} and {tuple(fake.shape)}")
    share = torch.rand(len(real), 1, 1, 1, generator=generator, device=generator.device).to(real.device)
    with torch.autocast(real.device.type, enabled=False), torch.enable_grad():
        between = torch.lerp(fake.detach().float(), real.detach().float(), share).requires_grad_()
        maps = _maps(critic(between, condition))
        judged = _averaged([logits.reshape(len(real), -1).mean(1).sum() for logits in maps])
        (slope,) = torch.autograd.grad(judged, between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1.0).square().mean()


def _vanilla(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def _least_squares(real: Tensor, fake: Tensor) -> Tensor:
    return 0.5 * (real - 1.0).square().mean() + 0.5 * fake.square().mean()


def _wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def _hinge(real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()


_CRITIC: dict[Adversarial, Callable[[Tensor, Tensor], Tensor]] = {
    Adversarial.VANILLA: _vanilla,
    Adversarial.LSGAN: _least_squares,
    Adversarial.WGAN_GP: _wasserstein,
    Adversarial.RELATIVISTIC: relativistic_average,
    Adversarial.HINGE: _hinge,
}
_GENERATOR: dict[Adversarial, Callable[[Tensor], Tensor]] = {
    Adversarial.VANILLA: lambda fake: F.softplus(-fake).mean(),
    Adversarial.LSGAN: lambda fake: 0.5 * (fake - 1.0).square().mean(),
    Adversarial.WGAN_GP: lambda fake: -fake.mean(),
    Adversarial.HINGE: lambda fake: -fake.mean(),
}


def _maps(logits: Logits) -> Sequence[Tensor]:
    return [logits] if isinstance(logits, Tensor) else logits


def _paired(real: Logits, fake: Logits) -> list[tuple[Tensor, Tensor]]:
    return list(zip(_maps(real), _maps(fake), strict=True))


def _averaged(losses: list[Tensor]) -> Tensor:
    return torch.stack(losses).mean()
