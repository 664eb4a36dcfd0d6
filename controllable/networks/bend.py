"""A bent path of a camera's shake, where no straight one was found: its spectrum, the search, and which way it bends.

A parabola's power spectrum depends on the frequencies along and across it times its length, so one table a bend serves
all lengths and angles. A path and the same path turned by half a turn have one power spectrum; the photo itself decides
between them: undone the wrong way, every edge gets ghosts.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

BENDS = (0.06, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45)
"""Height of the parabola over its length: y = bend·(4t² - 1/3), t in [-1/2, 1/2]."""
STRIPE_FLOOR = 0.01
"""Windows of finite width fill the dark places of the spectrum up to about this share."""
_POINTS = 97
_FINENESS, _WIDEST = 12, 13
"""Steps of the tables a unit of frequency times length, and how far they go."""
_COARSE_BENDS, _COARSE_STEP_DEG, _THIN = (1, 3, 5), 6.0, 4
_COARSE_LENGTHS_PX = (5.5, 6.5, 7.5, 8.5, 10.0, 11.5, 13.5, 15.5, 18.0, 20.5, 23.0)
_KEPT = 4
Frequencies = tuple[Tensor, Tensor]
"""fx, fy of the places that are looked at, flat."""


def passed(frequencies: Frequencies, length_px: float, angle_rad: float, bend: float) -> Tensor:
    """Power that a path lets through at each frequency, in [0, 1]."""
    along, across = _turned(frequencies, angle_rad)
    t = torch.linspace(-0.5, 0.5, _POINTS, device=along.device)
    phase = 2.0 * math.pi * length_px * (along[:, None] * t + across[:, None] * bend * (4.0 * t * t - 1.0 / 3.0))
    return torch.cos(phase).mean(1).square() + torch.sin(phase).mean(1).square()


def search_bend(frequencies: Frequencies, trend: Tensor, detrended: Tensor) -> tuple[float, float, float, float]:
    """Length in px, angle in rad, bend ≥ 0 and correlation of the likeliest bent path.

    trend: (M, k), orthonormal, what smooth spectra consist of; detrended: (M,), log-power without it, of unit length.
    """
    keys, templates, thinned = _coarse(frequencies, trend)
    few = detrended[::_THIN] - thinned @ (thinned.T @ detrended[::_THIN])
    best = (0.0, 0.0, 0.0, -1.0)
    for start in (templates @ few).topk(_KEPT).indices.tolist():
        number, length, angle = keys[start]
        stretch, turn = 0.08, math.radians(0.5 * _COARSE_STEP_DEG)
        for _ in range(4):
            steps = [(a, c) for a in (-1.0, -0.5, 0.0, 0.5, 1.0) for c in (-1.0, -0.5, 0.0, 0.5, 1.0)]
            near = [
                (other, length * (1.0 + a * stretch), angle + c * turn)
                for other in range(max(0, number - 1), min(len(BENDS), number + 2))
                for a, c in steps
            ]
            found = torch.stack([_template(frequencies, *key) for key in near])
            found = found - (found @ trend) @ trend.T
            likeness = (found @ detrended) / found.norm(dim=1)
            number, length, angle = near[int(likeness.argmax())]
            stretch, turn = 0.5 * stretch, 0.5 * turn
        if float(likeness.max()) > best[3]:
            best = (length, angle, BENDS[number], float(likeness.max()))
    return best


def likelier_side(grey: Tensor, bend: float, undo: Callable[[Tensor, float], Tensor]) -> float:
    """The bend, its opposite, or 0 if neither makes the picture sharper; grey: (1, 1, H, W), undo: with a bend.

    Sharpness is the gradients' L1 over L2 norm, which any blur raises (Krishnan et al., "Blind Deconvolution Using a
    Normalized Sparsity Measure", 2011).
    """
    return min((0.0, grey), *((side, undo(grey, side)) for side in (bend, -bend)), key=lambda one: _spread(one[1]))[0]


def _spread(grey: Tensor) -> float:
    gradients = (grey[..., 1:] - grey[..., :-1], grey[..., 1:, :] - grey[..., :-1, :])
    return float(sum(g.abs().sum() / g.square().sum().sqrt().clamp_min(1e-6) for g in gradients))


def _turned(frequencies: Frequencies, angle_rad: float) -> Frequencies:
    fx, fy = frequencies
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return fx * cos + fy * sin, fy * cos - fx * sin


def _template(frequencies: Frequencies, number: int, length_px: float, angle_rad: float) -> Tensor:
    table = _table(number, frequencies[0].device)
    along, across = (
        (part.abs() * (length_px * _FINENESS)).round().long().clamp_max(len(table) - 1)
        for part in _turned(frequencies, angle_rad)
    )
    return table[along, across]


@lru_cache(maxsize=2 * len(BENDS))
def _table(number: int, device: torch.device) -> Tensor:
    """Log-power over frequency along (rows) and across (columns) the path, both times its length."""
    steps = torch.arange(_WIDEST * _FINENESS + 2, device=device) / _FINENESS
    places = (steps.repeat_interleave(len(steps)), steps.repeat(len(steps)))
    power = torch.cat(
        [passed(part, 1.0, 0.0, BENDS[number]) for part in zip(*(p.split(4096) for p in places), strict=True)]
    )
    return (power + STRIPE_FLOOR).log().view(len(steps), -1)


_known: dict[torch.device, tuple[list[tuple[int, float, float]], Tensor, Tensor]] = {}


def _coarse(frequencies: Frequencies, trend: Tensor) -> tuple[list[tuple[int, float, float]], Tensor, Tensor]:
    """(number of the bend, length, angle) of a wide grid, their templates at every 4th frequency without the trend, of
    unit length, and that trend; made once."""
    device = frequencies[0].device
    if device not in _known:
        thin = (frequencies[0][::_THIN], frequencies[1][::_THIN])
        thinned = torch.linalg.qr(trend[::_THIN])[0]
        angles = [math.radians(_COARSE_STEP_DEG * k) for k in range(round(180.0 / _COARSE_STEP_DEG))]
        keys = [
            (number, length, angle) for number in _COARSE_BENDS for length in _COARSE_LENGTHS_PX for angle in angles
        ]
        templates = torch.stack([_template(thin, *key) for key in keys])
        templates = templates - (templates @ thinned) @ thinned.T
        _known[device] = keys, templates / templates.norm(dim=1, keepdim=True), thinned
    return _known[device]
