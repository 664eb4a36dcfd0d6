"""What every recipe of the workshop can choose; a paper's recipe is a subclass with that paper's defaults."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from controllable.networks.backbones import BACKBONES
from controllable.networks.critics import CRITICS
from controllable.task import SCALES
from controllable.training.fit import Precision
from controllable.training.losses.adversarial import Adversarial

CriticKind = Literal["single", "multiscale", "unet"]
SMALLEST_SEEN_PX = 64
"""Perceptual features look at pictures of this side at least."""


def setting(default: Any, text: str) -> Any:
    """A field of a settings class with the sentence that `--help` shows."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Raises ValueError, naming the field and the reason, for values outside their range and for what does not go
    together."""

    scale: int = setting(4, "enlarges by 1, 2, 4 or 8")
    backbone: str = setting("resnet", f"generator: {', '.join(BACKBONES)}")
    width: int = setting(32, "channels of the generator")
    blocks: int = setting(8, "blocks of the generator; of a unet, convolutions a level")
    adversarial: str = setting("vanilla", f"the game: {', '.join(Adversarial)}")
    critic: str = setting("single", f"discriminator: {', '.join(CRITICS)}")
    critic_width: int = setting(32, "channels of the discriminator's first layer")
    spectral: bool = setting(False, "spectral norm in the discriminator (Miyato et al. 2018)")
    penalty: float = setting(0.0, "weight of the gradient penalty; 10 in Gulrajani et al. 2017, algorithm 1")
    updates: int = setting(1, "steps of the discriminator for each of the generator; 5 in Gulrajani et al. 2017")
    pixel: float = setting(1.0, "weight of the mean absolute error")
    perceptual: float = setting(0.15, "weight of the distance of features")
    features: str = setting("own", "own[:FOLDER], squeezenet[:FILE], vgg19[:FILE] or resnet50[:FILE]")
    variation: float = setting(0.0, "weight of the total variation (Rudin et al. 1992)")
    adversary: float = setting(0.005, "weight of the discriminator's judgement; 0 trains without one")
    warmup: float = setting(0.5, "share of the steps before features and discriminator come in")
    batch: int = setting(16, "pictures a step, in each process")
    patch_px: int = setting(96, "side of the clean crops")
    rate: float = setting(2e-4, "of the generator")
    critic_rate: float = setting(1e-4, "of the discriminator (Adam)")
    steps: int = setting(20_000, "of the generator")
    every: int = setting(500, "steps between evaluations, samples and checkpoints")
    precision: str = setting("auto", f"of the generator: {', '.join(get_args(Precision))}")

    def __post_init__(self) -> None:
        self._check_choices()
        for name in ("penalty", "pixel", "perceptual", "variation", "adversary"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name}: {getattr(self, name)} is negative")
        for name in ("width", "blocks", "critic_width", "updates", "batch", "steps", "every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: must be at least 1, not {getattr(self, name)}")
        if self.rate <= 0.0 or self.critic_rate <= 0.0:
            raise ValueError("rate, critic_rate: must be above 0")
        if not 0.0 <= self.warmup <= 1.0:
            raise ValueError(f"warmup: {self.warmup} is outside [0, 1]")
        self._check_together()

    def _check_choices(self) -> None:
        for name, accepted in (
            ("scale", SCALES), ("backbone", tuple(BACKBONES)), ("adversarial", tuple(Adversarial)),
            ("critic", tuple(CRITICS)), ("precision", get_args(Precision)),
        ):  # fmt: skip
            if getattr(self, name) not in accepted:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(map(str, accepted))}")

    def _check_together(self) -> None:
        """What is right by itself and wrong together."""
        if not self.pixel + self.perceptual + self.adversary:
            raise ValueError("pixel, perceptual, adversary: all are 0, so nothing tells the generator what to make")
        if self.warmup and not self.pixel:
            raise ValueError("pixel: is 0, but the warm-up has no other loss; set --warmup 0 or give it a weight")
        if self.patch_px % (2 * self.scale):
            raise ValueError(f"patch_px: {self.patch_px} is no multiple of twice the scale, {2 * self.scale}")
        if self.perceptual and self.patch_px < SMALLEST_SEEN_PX:
            raise ValueError(f"patch_px: the features need {SMALLEST_SEEN_PX} px at least, not {self.patch_px}")
        if not self.adversary:
            return
        kind = CRITICS[self.critic]
        if self.patch_px % kind.multiple_px or self.patch_px < kind.smallest_px:
            raise ValueError(
                f"patch_px: the {self.critic} discriminator takes multiples of {kind.multiple_px} px, at least "
                f"{kind.smallest_px}, not {self.patch_px}"
            )
        if self.adversarial == Adversarial.WGAN_GP and not self.penalty:
            raise ValueError("penalty: wgan-gp is defined by its gradient penalty; give it a weight, such as 10")
        if self.adversarial == Adversarial.WGAN_GP and self.spectral:
            raise ValueError(
                "spectral: wgan-gp holds its critic's slope at 1 by the penalty, which spectral norm, holding every "
                "layer at most at 1, keeps it from reaching; choose one of the two"
            )
        if self.penalty and self.precision == "fp16":
            raise ValueError(
                "precision: the gradient of a gradient underflows in fp16; use bf16 or fp32 with a penalty"
            )
