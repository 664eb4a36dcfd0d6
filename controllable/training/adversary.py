"""The one adversarial step that all recipes share: a critic, how it is trained, and what it says to the generator.

A recipe's loss calls `train` with what the generator made, then adds `judge` of the same to what it minimises; its
`state` and `load_state` hand on this one's, so an interrupted run goes on as if it had not been.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from controllable.training.losses.adversarial import Adversarial, critic_loss, generator_loss, gradient_penalty
from controllable.training.privacy import PrivateGradients
from controllable.training.processes import average_gradients, from_main, stream


class Adversary:
    """critic: (image, condition) → logits or a list of them; in several processes all begin with the main one's
    weights, and gradients are averaged. steppers: optimisers of its parameters, as the paper or the recipe wants them.

    loss: the game. penalty: weight of `gradient_penalty`; 10 in Gulrajani et al. 2017, algorithm 1. updates: steps of
    the critic for each of the generator; 5 there, each with pictures of its own. Here they share one batch, as others
    would cost a pass of the generator each; what is drawn for the penalty is new every time. seed: of these draws.

    gradients: set, it makes those of the critic private; `refuse_privacy` says whether that is possible.

    Raises ValueError for a negative penalty, for fewer than 1 update, and for wgan-gp without a penalty: nothing then
    keeps its critic's slope near 1, and its loss has no lower bound.
    """

    def __init__(
        self,
        critic: nn.Module,
        steppers: Sequence[torch.optim.Optimizer],
        *,
        loss: Adversarial | str,
        penalty: float = 0.0,
        updates: int = 1,
        seed: int = 0,
    ) -> None:
        self.loss = Adversarial(loss)
        if penalty < 0.0 or (self.loss is Adversarial.WGAN_GP and penalty == 0.0):
            raise ValueError(f"penalty: must be at least 0, and above 0 for wgan-gp, not {penalty}")
        if updates < 1:
            raise ValueError(f"updates: must be at least 1, not {updates}")
        self.critic, self.steppers = critic, list(steppers)
        self.penalty, self.updates, self.seed = penalty, updates, seed
        self.updated = 0
        self.gradients: PrivateGradients | None = None
        critic.load_state_dict(from_main({name: value.cpu() for name, value in critic.state_dict().items()}))

    def train(self, real: Tensor, fake: Tensor, condition: Tensor | None = None) -> Tensor:
        """Take `updates` steps and return their mean loss, penalty included, a scalar without gradient.

        real, fake, condition: as the critic takes them, (B, 3, H, W), RGB, [0, 1], `fake` roughly; nothing flows back
        to the generator. B may be 0: the process then takes part in the step all the same, as every process must call
        this as often as the others. Where the loss is not finite its gradient counts as 0: a bad batch ends no critic.
        """
        return torch.stack([self._update(real, fake.detach(), condition) for _ in range(self.updates)]).mean()

    def judge(self, real: Tensor | None, fake: Tensor, condition: Tensor | None = None) -> Tensor:
        """The generator's loss, a scalar whose gradient reaches `fake` and not the critic, (B, 3, H, W), B at least 1.

        real: what a relativistic critic compares with; the other kinds do not look at it. The power iteration of
        spectral norm goes on here too, as in every call of a critic that trains.
        """
        trained = [parameter for parameter in self.critic.parameters() if parameter.requires_grad]
        for parameter in trained:
            parameter.requires_grad_(False)
        try:
            judged = None
            if self.loss is Adversarial.RELATIVISTIC and real is not None:
                with torch.no_grad():
                    judged = self.critic(real, condition)
            return generator_loss(self.loss, judged, self.critic(fake, condition))
        finally:
            for parameter in trained:
                parameter.requires_grad_(True)

    def refuse_privacy(self) -> None:
        """Raises ValueError if no photo has a gradient of its own in this game."""
        if self.loss is Adversarial.RELATIVISTIC:
            raise ValueError(
                "adversarial: relativistic compares photos with each other, so none has a gradient of its own; with "
                "privacy choose vanilla, lsgan or hinge"
            )
        if self.penalty:
            raise ValueError(
                "penalty: the gradient of a gradient has no bounded share of a single photo here; with privacy set it "
                "to 0, in another game than wgan-gp"
            )
        if any(is_parametrized(module) for module in self.critic.modules()):
            raise ValueError("spectral: layers that keep statistics of their weights are not supported with privacy")

    def state(self) -> dict[str, Any]:
        """What `load_state` goes on from, as `torch.load(weights_only=True)` reads it back."""
        return {
            "discriminator": self.critic.state_dict(),
            "optimizers": [stepper.state_dict() for stepper in self.steppers],
            "updated": self.updated,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave, in an adversary made alike."""
        self.critic.load_state_dict(state["discriminator"])
        for stepper, saved in zip(self.steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        self.updated = state.get("updated", 0)  # checkpoints of `perceptual` were first written without

    def _update(self, real: Tensor, fake: Tensor, condition: Tensor | None) -> Tensor:
        if self.gradients:
            return self._private_update(self.gradients, real, fake, condition)
        self.critic.zero_grad(set_to_none=True)
        loss = fake.new_zeros(())
        if len(fake):
            with _critic_precision(fake.device.type):
                loss = critic_loss(self.loss, self.critic(real, condition), self.critic(fake, condition))
            if self.penalty:
                drawn = stream(self.seed, self.updated)
                loss = loss + self.penalty * gradient_penalty(self.critic, real, fake, drawn, condition)
            loss.backward()
        for parameter in self.critic.parameters():
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0).mul_(loss.isfinite())
        average_gradients(self.critic.parameters())
        self._step()
        return loss.detach()

    def _private_update(
        self, gradients: PrivateGradients, real: Tensor, fake: Tensor, condition: Tensor | None
    ) -> Tensor:
        """Row k of both is the same photo, whose two gradients are clipped as one. Without photos the step is noise."""
        loss = fake.new_zeros(())
        if len(fake):
            with gradients.watching(), _critic_precision(fake.device.type):
                loss = critic_loss(self.loss, self.critic(real, condition), self.critic(fake, condition))
                loss.backward()
            gradients.collect()
        gradients.release()
        self._step()
        return loss.detach()

    def _step(self) -> None:
        for stepper in self.steppers:
            stepper.step()
        torch.clear_autocast_cache()  # what was cast of the old weights must not serve for the new ones
        self.updated += 1


def _critic_precision(device: str) -> torch.autocast:
    """The loop's, but fp32 for fp16, whose small gradients vanish unless they are scaled, and only the loop's are."""
    dtype = torch.get_autocast_dtype(device)
    enabled = torch.is_autocast_enabled(device) and dtype is not torch.float16
    return torch.autocast(device, dtype, enabled=enabled)
