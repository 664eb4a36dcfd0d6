"""Differentially private training: between a loss and the optimisers, each photo's gradient is clipped and noise added.

DP-SGD (Abadi et al., "Deep learning with differential privacy", 2016, algorithm 1) with Opacus' gradients of single
photos, its clipping, its noise and its accountant. Opacus is imported when a training is private, not before.

The unit is one photo of the folder, added or taken away: what a trained network tells is nearly as likely without it.
Several photos of one person or scene are several units, whose epsilons add up. Three things stay private and are for
their owner's eyes: log.csv, the sheets of samples and what is printed, of which losses come from private photos and
scores from private development photos; those move no weight.
"""

import contextlib
import math
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

SMALLEST_NOISE = 0.1
"""Noise multipliers below this protect nobody: a single step then costs an epsilon beyond 50."""
Loss = tuple[Tensor, Mapping[str, Tensor | float]]
CHUNK = {"cpu": 16, "cuda": 128}
"""Device → photos whose own gradients are held in memory together."""


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """Raises ValueError, naming the field, for values that promise nothing.

    epsilon, delta: the budget; training ends before the step that would exceed it. delta should be well below 1 over
    the number of photos, and must be below that. clip, critic_clip: bounds of the norm of what one photo adds to the
    sum of the generator's gradients, and of the critic's. noise: standard deviation of a step's noise over the bound
    (combined, see `PrivateSteps`); None: the smallest with which all steps fit into the budget.
    """

    epsilon: float
    delta: float = 1e-5
    clip: float = 0.02
    critic_clip: float = 1.0
    noise: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.epsilon < math.inf:
            raise ValueError(f"epsilon: must be a number above 0, not {self.epsilon}")
        if not 0.0 < self.delta < 1.0:
            raise ValueError(f"delta: {self.delta} is outside (0, 1)")
        for name in ("clip", "critic_clip"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}: must be a number above 0, not {getattr(self, name)}")
        if self.noise is not None and not SMALLEST_NOISE <= self.noise < math.inf:
            raise ValueError(f"noise: must be at least {SMALLEST_NOISE}, not {self.noise}")


class Chunked(Protocol):
    """A batch of photos."""

    def __len__(self) -> int: ...

    def split(self, photos: int) -> "list[Any]":
        """The same in parts of so many photos at most."""
        ...


@runtime_checkable
class OfPhotos(Protocol):
    """What a recipe must offer to be trained privately: its loss is a mean over the photos of a batch, of terms that
    depend on one photo each; and it takes batches without photos, whose loss needs no gradient."""

    def take_by_coins(self) -> tuple[int, int]:
        """From now on every photo takes part in a batch by a coin of its own that nobody can foretell, once at most;
        → how many photos there are, and how many a batch shall have on average."""
        ...

    def private_critic(self) -> "PrivateCritic | None":
        """The adversary that sees photos, if there is one; raises ValueError if it cannot be private."""
        ...


class PrivateCritic(Protocol):
    """A critic that trains itself, and whose gradients become private by `gradients`."""

    critic: nn.Module
    updates: int
    gradients: "PrivateGradients | None"


class PrivateGradients:
    """Of one network: `watching` a backward pass, `collect` clips each photo's gradient to `clip` and adds it to the
    sum, `release` adds noise of deviation `noise`·`clip` and leaves sum / `expected` in `grad`.

    The network itself is not changed but for hooks. Every photo's loss counts by itself: batches are means. Values that
    are not finite count as 0 in the photo they come from. The noise comes from a generator that the operating system
    seeds: a training's own seed would let others subtract it. Raises ValueError for layers that mix photos.
    """

    def __init__(self, network: nn.Module, clip: float, expected: int) -> None:
        opacus = import_opacus()
        refuse_layers(network)
        network.train()  # hooks of networks in evaluation do nothing
        self.expected, self.noise, self.released = expected, 1.0, 0
        self._hooks = _hooks(network)
        self._hooks.disable_hooks()
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        device = trained[0].device
        self._optimizer = opacus.optimizers.DPOptimizer(
            torch.optim.SGD(trained, lr=0.0),
            noise_multiplier=1.0,
            max_grad_norm=clip,
            expected_batch_size=None,
            loss_reduction="sum",
            generator=torch.Generator(device).manual_seed(secrets.randbits(63)),
            secure_mode=True,  # several draws an entry, so that rounding tells nothing (Holohan and Braghin 2021)
        )
        self._unused: set[nn.Parameter] = set()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Forward and backward passes in here are of photos; others are not looked at."""
        self._hooks.enable_hooks()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Full backward hook is firing")  # of layers that see photos
                yield
        finally:
            self._hooks.disable_hooks()

    @torch.no_grad()
    def collect(self) -> None:
        """Clip what the backward pass has left of each photo, and add it up."""
        grads = [parameter.grad_sample for parameter in self._optimizer.params if parameter.grad_sample is not None]
        photos = len(grads[0])
        for parameter in self._optimizer.params:
            grad = parameter.grad_sample
            if grad is None:  # has no part in this loss, whatever the photos
                assert parameter.grad is None, "a gradient that no hook saw"
                self._unused.add(parameter)
                grad = parameter.new_zeros(photos, *parameter.shape)
            parameter.grad_sample = grad.float().nan_to_num_(0.0, 0.0, 0.0)
        with torch.autocast(grads[0].device.type, enabled=False):  # a critic collects within the loss
            self._optimizer.clip_and_accumulate()
        for parameter in self._optimizer.params:
            parameter.grad_sample = parameter.grad = None

    @torch.no_grad()
    def release(self) -> None:
        """What was collected since the last time, be it of no photo, becomes public."""
        self._optimizer.noise_multiplier = self.noise
        for parameter in self._optimizer.params:
            if parameter.summed_grad is None:
                parameter.summed_grad = torch.zeros_like(parameter)
        self._optimizer.add_noise()
        for parameter in self._optimizer.params:
            parameter.grad = None if parameter in self._unused else parameter.grad.div_(self.expected)
            parameter.summed_grad = None
        self.released += 1


class Ledger:
    """What a training has cost: its steps as Opacus' PRV accountant counts them (Gopi et al. 2021), the tightest that
    it has, as an upper bound: for the same budget less noise than by Rényi's divergences."""

    def __init__(self, epsilon: float, delta: float) -> None:
        self.epsilon, self.delta = epsilon, delta
        self._accountant = import_opacus().accountants.PRVAccountant()

    @property
    def steps(self) -> int:
        return sum(steps for _, _, steps in self._accountant.history)

    @property
    def history(self) -> list[tuple[float, float, int]]:
        """(noise multiplier, share of the photos a step takes, steps), in their order."""
        return [(float(noise), float(share), int(steps)) for noise, share, steps in self._accountant.history]

    def charge(self, noise: float, share: float) -> None:
        self._accountant.step(noise_multiplier=noise, sample_rate=share)

    def spent(self, noise: float = 1.0, share: float = 1.0, more: int = 0) -> float:
        """epsilon so far, or after so many further steps."""
        accountant = import_opacus().accountants.PRVAccountant()
        accountant.history = self.history + ([(noise, share, more)] if more else [])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Optimal order")  # of the bound that it begins with
            return float(accountant.get_epsilon(self.delta)) if accountant.history else 0.0

    def affordable(self, noise: float, share: float, wanted: int) -> int:
        """How many of the wanted steps fit into the budget."""
        if self.spent(noise, share, wanted) <= self.epsilon:
            return wanted
        fits, exceeds = 0, wanted
        while exceeds - fits > 1:
            middle = (fits + exceeds) // 2
            if self.spent(noise, share, middle) <= self.epsilon:
                fits = middle
            else:
                exceeds = middle
        return fits

    def state(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, "delta": self.delta, "history": [list(row) for row in self.history]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError where this ledger is more generous than the one before."""
        for name in ("epsilon", "delta"):
            if getattr(self, name) > state[name]:
                raise ValueError(
                    f"{name}: this training began with a budget of {state[name]:g}, and {getattr(self, name):g} would "
                    "loosen what it promised"
                )
        self._accountant.history = [tuple(row) for row in state["history"]]


class PrivateSteps:
    """The private part of a training's steps: which photos, whose gradients, how much noise, what it costs.

    With a critic one step releases several vectors about one sample of photos: `updates` gradients of the critic, and
    the generator's, whose pixel loss sees the photos as well. Each has noise of √(1 + updates)·`noise` times its own
    bound, so together they are one sampled Gaussian of multiplier `noise` (McMahan et al., "A general approach to
    adding differential privacy to iterative training procedures", 2018, section 3: Σ 1/zᵢ² = 1/z²). Later ones depend
    on earlier ones, which changes nothing: given who was sampled, the composition of Gaussians whose means move by at
    most 1/zᵢ deviations is no worse than one whose mean moves by √Σ 1/zᵢ², and what sampling gains is a function of
    that alone (Zhu et al., "Optimal accounting of differential privacy via characteristic function", 2022, theorems 10
    and 11). Before the critic comes in, a step releases one vector, with multiplier `noise`: all steps cost the same.
    """

    def __init__(self, privacy: Privacy, recipe: Any, *, steps: int) -> None:
        import_opacus()
        if not isinstance(recipe, OfPhotos):
            raise ValueError(
                "privacy: this recipe cannot be trained privately yet; those of pairs can: denoise, srgan, esrgan and "
                "deblurgan"
            )
        self.privacy, self.planned = privacy, steps
        self._critic = recipe.private_critic()
        self.photos, self.batch = recipe.take_by_coins()
        if self.batch > self.photos:
            raise ValueError(f"batch: {self.batch} photos a step are more than the {self.photos} that there are")
        if privacy.delta >= 1.0 / self.photos:
            raise ValueError(
                f"delta: {privacy.delta:g} would allow publishing one of {self.photos} photos whole; take less "
                f"than {1.0 / self.photos:.2g}"
            )
        self.share = self.batch / self.photos
        self.ledger = Ledger(privacy.epsilon, privacy.delta)
        self.left = self.wanted = 0
        self.chunk = CHUNK[next(recipe.network.parameters()).device.type]
        self._gradients = PrivateGradients(recipe.network, privacy.clip, self.batch)
        if self._critic is not None:
            self._critic.gradients = PrivateGradients(self._critic.critic, privacy.critic_clip, self.batch)

    @cached_property
    def noise(self) -> float:
        """The multiplier of a step: as given, or as the training began, or the smallest for the steps planned."""
        if self.privacy.noise is not None:
            return self.privacy.noise
        if self.ledger.history:
            return self.ledger.history[-1][0]
        find = import_opacus().accountants.utils.get_noise_multiplier
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Optimal order")
                return float(
                    find(
                        target_epsilon=self.privacy.epsilon, target_delta=self.privacy.delta, sample_rate=self.share,
                        steps=self.planned, accountant="prv", epsilon_tolerance=min(0.01, 0.01 * self.privacy.epsilon),
                    )
                )  # fmt: skip
        except ValueError as error:
            raise ValueError(
                f"epsilon: no noise makes {self.planned} steps as private as {self.privacy.epsilon:g}"
            ) from error

    @property
    def spent(self) -> float:
        """epsilon so far."""
        return self.ledger.spent()

    def afford(self, wanted: int) -> None:
        """Find out how many of the wanted steps are `left`; raises ValueError if none is."""
        self.wanted = wanted
        self.left = self.ledger.affordable(self.noise, self.share, wanted)
        if self.left:
            return
        if self.ledger.steps:
            raise ValueError(self.exhausted())
        raise ValueError(
            f"privacy: the budget of epsilon {self.privacy.epsilon:g} is smaller than what one step costs, "
            f"{self.ledger.spent(self.noise, self.share, 1):.4g} at delta {self.privacy.delta:g}; take more noise"
        )

    @property
    def is_exhausted(self) -> bool:
        """Whether another step would exceed the budget, as far as `afford` has looked."""
        return self.left < self.wanted and not self.left

    def exhausted(self) -> str:
        """A sentence for the end of the budget."""
        return (
            f"privacy: the budget of epsilon {self.privacy.epsilon:g} at delta {self.privacy.delta:g} is used up: "
            f"{self.ledger.steps} steps have cost {self.spent:.4g}, and one more would make it "
            f"{self.ledger.spent(self.noise, self.share, 1):.4g}"
        )

    def _parts(self, batch: Chunked) -> list[Any]:
        """The batch as `collect` is to see it; with a critic, which takes its steps within the loss, whole."""
        return [batch] if self._critic is not None or len(batch) <= self.chunk else batch.split(self.chunk)

    def take(self, batch: Chunked, loss: Callable[[Any], Loss]) -> Loss:
        """Leave private gradients for the optimisers, and pay for them; → what `loss`, which is asked for each part of
        the batch, says of all."""
        self.ledger.charge(self.noise, self.share)
        self.left, self.wanted = self.left - 1, self.wanted - 1
        critic = self._critic.gradients if self._critic is not None else None
        before = critic.released if critic else 0
        if self._critic is not None and critic:
            critic.noise = self.noise * math.sqrt(1.0 + self._critic.updates)
        total, said = torch.zeros(()), dict[str, Tensor | float]()
        for part in self._parts(batch):
            with self._gradients.watching():
                value, figures = loss(part)
                if len(part):
                    value.backward()
            if len(part):
                self._gradients.collect()
            weight = len(part) / len(batch) if len(batch) else 1.0
            total = total.to(value.device) + weight * value.detach()
            for name, figure in figures.items():
                figure = figure.detach() if isinstance(figure, Tensor) else figure
                said[name] = said.get(name, 0.0) + weight * figure
        others = critic.released - before if critic else 0
        self._gradients.noise = self.noise * math.sqrt(1.0 + others)
        self._gradients.release()
        return total, said

    def story(self) -> str:
        """What a model card says."""
        rows = "; ".join(
            f"{steps:,} steps with multiplier {noise:.4g}, each photo in a step with probability {share:.4g}"
            for noise, share, steps in self.ledger.history
        )
        critic = ""
        if self._critic is not None:
            critic = f", the discriminator's to {self.privacy.critic_clip:g} (the multiplier is of both together)"
        return (
            f"Differentially private: epsilon {self.spent:.4g} at delta {self.privacy.delta:g} (budget "
            f"{self.privacy.epsilon:g}) for the presence of any one of {self.photos:,} photos. DP-SGD: {rows}; "
            f"gradients of a photo clipped to {self.privacy.clip:g}{critic}; PRV accountant of Opacus "
            f"{import_opacus().__version__}. The seeds of sampling and of noise are not known."
        )


def _hooks(network: nn.Module) -> Any:
    """Opacus' hooks on a network. Those of convolutions read what they have kept as if its channels came first in
    memory (Opacus 1.6, `unfold2d`), which here they do not."""
    opacus = import_opacus()

    class Hooks(opacus.GradSampleModule):  # type: ignore[misc, name-defined]
        def rearrange_grad_samples(self, **named: Any) -> tuple[list[Tensor], Tensor]:
            activations, backward = super().rearrange_grad_samples(**named)
            return [value.contiguous() for value in activations], backward.contiguous()

    return Hooks(network, loss_reduction="mean")


def import_opacus() -> Any:
    """The package, or ValueError with a sentence."""
    try:
        import opacus
        import opacus.accountants.utils
        import opacus.validators
    except ImportError as error:
        raise ValueError("privacy: opacus is not installed; pip install -r requirements-federated.txt") from error
    return opacus


def private_optimizers(network: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """AdamW for all: Muon makes all directions of a gradient count alike, and most of them are noise here."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [torch.optim.AdamW(trained, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)]


def refuse_layers(network: nn.Module) -> None:
    """Raises ValueError for layers whose answer to one photo depends on the others: then no photo has a gradient of its
    own to clip; and for layers whose statistics, untouched by noise, would keep what they saw."""
    validators = import_opacus().validators.ModuleValidator.VALIDATORS
    for name, module in network.named_modules():
        kind, known = type(module).__name__, validators.get(type(module))
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise ValueError(
                f"privacy: layer {name} ({kind}) mixes the photos of a batch, so no photo has a gradient of its own to "
                "clip; take group norm, or none"
            )
        if known is not None and known(module):
            raise ValueError(f"privacy: layer {name} ({kind}) cannot be trained privately: {known(module)[0]}")
        if any(parameter.requires_grad for parameter in module.parameters(recurse=False)) and any(
            True for _ in module.buffers(recurse=False)
        ):
            raise ValueError(f"privacy: layer {name} ({kind}) keeps statistics of what it saw, which no noise covers")
