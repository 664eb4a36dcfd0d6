"""What a server looks at before it lets an answer count: each reason is one sentence without the client's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from controllable.training.federation.shared import Arrays

MOST_PHOTOS = 10_000_000
"""A client that claims more would decide alone."""
FEWEST_TO_COMPARE = 3
"""Of two updates none is the odd one out."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """A client's answer as it came: nothing of it is known to be what it should be."""

    client: str
    round: Any
    photos: Any
    arrays: Arrays
    gradient: Arrays = field(default_factory=dict)


def flaw(update: Update, round_number: int, expected: Arrays, gradients: Sequence[str] = ()) -> str | None:
    """Why this answer to round `round_number` must not count, or None; expected: the round's own arrays; gradients:
    names of those of which the answer has a gradient."""
    if update.round != round_number:
        return f"its answer is one to round {update.round} and came in round {round_number}, too late"
    photos = update.photos
    if isinstance(photos, bool) or not isinstance(photos, int) or not 0 < photos <= MOST_PHOTOS:
        return f"it says it has {photos} photos, which is no number from 1 to {MOST_PHOTOS}"
    wanted = {name: expected[name] for name in gradients}
    return _unlike(update.arrays, expected) or _unlike(update.gradient, wanted, "gradient of ")


def _unlike(found: Arrays, expected: Arrays, kind: str = "") -> str | None:
    """How arrays differ from those expected in more than values, or are not finite."""
    if list(found) != list(expected):
        strange = sorted(set(found) ^ set(expected))
        return f"its arrays have other names than the server's, such as {strange[0] if strange else 'in their order'}"
    for name, value in found.items():
        right = expected[name]
        if value.shape != right.shape or value.dtype != right.dtype:
            return f"its {kind}{name} is {value.dtype} {value.shape}, not {right.dtype} {right.shape}"
        if not np.isfinite(value).all():
            return f"its {kind}{name} has values that are no finite numbers"
    return None


def outliers(updates: Sequence[Update], begun: Arrays, factor: float) -> dict[int, str]:
    """Numbers of updates over `factor` times as long (L2 norm of the difference to `begun`) as the median, and why.

    None with fewer than three updates, or where `factor` is 0. A median of honest clients holds while they are most.
    """
    if not factor or len(updates) < FEWEST_TO_COMPARE:
        return {}
    lengths = [length(update.arrays, begun) for update in updates]
    middle = float(np.median(lengths))
    return {
        number: f"its update is {value / max(middle, 1e-12):.1f} times as long as the median, over {factor:g} times"
        for number, value in enumerate(lengths)
        if value > factor * middle
    }


def shortened(gradients: Sequence[Arrays], factor: float) -> list[Arrays]:
    """Each at most `factor` times as long as their median, with the exceptions of `outliers`: none corrects all others.

    They are not left out, since honest ones differ more than updates do: noisy photos have long gradients.
    """
    lengths = [length(gradient, dict.fromkeys(gradient, 0.0)) for gradient in gradients]
    if not factor or len(gradients) < FEWEST_TO_COMPARE:
        return list(gradients)
    most = factor * float(np.median(lengths))
    return [
        {name: (min(1.0, most / max(long, 1e-12)) * value).astype(value.dtype) for name, value in gradient.items()}
        for gradient, long in zip(gradients, lengths, strict=True)
    ]


def length(arrays: Mapping[str, Any], begun: Mapping[str, Any]) -> float:
    """L2 norm of the difference, all arrays together."""
    squares = [float(np.square(value.astype(np.float64) - begun[name]).sum()) for name, value in arrays.items()]
    return float(np.sqrt(sum(squares)))
