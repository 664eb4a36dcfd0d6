"""What all members of a federation agree on; the server sends it, as JSON, with every round."""

import json
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from typing import Any, Literal, get_args

from controllable.training.recipes.settings import Settings, setting

RECIPES = ("denoise", "srgan", "esrgan", "deblurgan")
"""Those of pairs: a client needs nothing but photos."""
Strategy = Literal["fedavg", "fedprox", "scaffold"]
Part = Literal["shared", "local"]
ClipAt = Literal["client", "server"]
LEAST_SECURE = 3
"""Of two, each could subtract itself from the sum."""
MAY_CHANGE = ("least", "timeout_s", "outlier", "every", "drop")
"""What a server that goes on may do differently than before it was stopped."""


@dataclass(frozen=True, kw_only=True)
class Federation:
    """Raises ValueError, naming the field and the reason, for values outside their range and for what does not go
    together."""

    recipe: str = setting("denoise", f"what is trained: {', '.join(RECIPES)}")
    settings: str = setting("", "the recipe's own settings, as width=24,batch=8")
    rounds: int = setting(20, "rounds of training and averaging")
    local_steps: int = setting(25, "steps of a client in a round")
    strategy: str = setting(
        "fedavg", "fedavg (McMahan et al. 2017), fedprox (Li et al. 2020) or scaffold (Karimireddy et al. 2020)"
    )
    mu: float = setting(0.01, "of fedprox: weight of half the squared distance to the round's weights")
    fraction: float = setting(1.0, "share of the clients that a round asks")
    least: int = setting(2, "clients without whose answers a round keeps the weights before it")
    timeout_s: float = setting(600.0, "seconds after which an answer is late")
    critic: str = setting("shared", "the discriminator: shared, or local to each client")
    norms: str = setting("shared", "layers of normalisation: shared, or local (FedBN, Li et al. 2021)")
    outlier: float = setting(5.0, "an update so many times as long as the median is left out; 0: none is")
    secure: bool = setting(False, "SecAgg+ (Bell et al. 2020): the server sees sums alone, and checks no update")
    noise_multiplier: float = setting(0.0, "client-level differential privacy, noise for each unit of --clip; 0: none")
    clip: float = setting(1.0, "with noise: largest L2 norm of a client's update")
    clip_at: str = setting("client", "with noise: who shortens updates, client or server")
    delta: float = setting(1e-5, "with noise: delta")
    epsilon: float = setting(0.0, "with noise: no round begins that would spend more than this epsilon; 0: no limit")
    every: int = setting(1, "rounds between evaluations on held-out photos")
    drop: float = setting(0.0, "for trials: probability that a client vanishes in mid-round")
    seed: int = setting(0, "of first weights, batches and choices")

    def __post_init__(self) -> None:
        for name, accepted in (
            ("recipe", RECIPES), ("strategy", get_args(Strategy)), ("critic", get_args(Part)),
            ("norms", get_args(Part)), ("clip_at", get_args(ClipAt)),
        ):  # fmt: skip
            if getattr(self, name) not in accepted:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(accepted)}")
        for name in ("rounds", "local_steps", "least", "every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: must be at least 1, not {getattr(self, name)}")
        for name in ("mu", "noise_multiplier", "epsilon"):
            if not 0.0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name}: must be a number of at least 0, not {getattr(self, name)}")
        if not 0.0 < self.fraction <= 1.0:
            raise ValueError(f"fraction: {self.fraction} is outside (0, 1]")
        if not 0.0 <= self.drop < 1.0:
            raise ValueError(f"drop: {self.drop} is outside [0, 1)")
        if self.timeout_s <= 0.0 or self.clip <= 0.0:
            raise ValueError("timeout_s, clip: must be above 0")
        if self.outlier and self.outlier <= 1.0:
            raise ValueError(f"outlier: must be above 1, or 0 for no such check, not {self.outlier}")
        if not 0.0 < self.delta < 1.0:
            raise ValueError(f"delta: {self.delta} is outside (0, 1)")
        self._check_together()
        self.recipe_settings()

    def _check_together(self) -> None:
        """What is right by itself and wrong together."""
        if self.secure and self.least < LEAST_SECURE:
            raise ValueError(
                f"least: secure aggregation hides a client among {LEAST_SECURE} at least, so --least {LEAST_SECURE} or "
                f"more, not {self.least}"
            )
        if self.secure and self.noise_multiplier and self.clip_at == "server":
            raise ValueError("clip_at: with secure aggregation the server sees no update it could shorten; use client")
        if self.strategy == "scaffold" and (self.secure or self.noise_multiplier):
            raise ValueError(
                "strategy: scaffold shows the server each client's gradient, which secure sums and noise are to hide; "
                "use fedavg or fedprox"
            )
        if self.epsilon and not self.noise_multiplier:
            raise ValueError("epsilon: is a budget of noise, and noise_multiplier is 0")

    @property
    def steps(self) -> int:
        """Of each client that never fails, in all rounds: the length of the schedule."""
        return self.rounds * self.local_steps

    def recipe_settings(self) -> Settings:
        """The recipe's settings for this many steps; raises ValueError for what that recipe does not know."""
        known = import_module(f"controllable.training.recipes.{self.recipe}").SETTINGS
        defaults = {field.name: field.default for field in fields(known)}
        chosen: dict[str, Any] = {"steps": self.steps, "every": self.steps}
        for part in (part.strip() for part in self.settings.split(",") if part.strip()):
            name, _, value = part.partition("=")
            name = name.strip().replace("-", "_")
            if name not in defaults or name in chosen:
                reason = "follow from rounds and local_steps" if name in ("steps", "every") else "is not known"
                raise ValueError(f"settings: {part!r} of the recipe {self.recipe} {reason}")
            chosen[name] = _read(name, value.strip(), type(defaults[name]))
        settings: Settings = known(**chosen)
        return settings

    def to_json(self) -> str:
        """What `from_json` reads back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Federation":
        """Raises ValueError for settings that this version does not know."""
        values = json.loads(text)
        strange = sorted(set(values) - {field.name for field in fields(cls)})
        if strange:
            raise ValueError(f"federation: this version does not know the setting {strange[0]}; update it")
        return cls(**values)


def _read(name: str, text: str, kind: type) -> Any:
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        if kind is bool:
            raise ValueError
        return kind(text)
    except ValueError:
        raise ValueError(f"settings: {name} is {kind.__name__}, which {text!r} is not") from None
