"""A bent path of a camera's shake, where no straight one was found: its spectrum, the search, and which way it bends.

A parabola's power spectrum depends on the frequencies along and across it times its length, so one table a bend serves
all lengths and angles. A path and the same path turned by half a turn have one power spectrum; the photo itself decides
between them: undone the wrong way, every edge gets ghosts.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import product

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
_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
Frequencies = tuple[Tensor, Tensor]
"""fx, fy of the places that are looked at, flat."""


def passed(frequencies: Frequencies, length_px: float, angle_rad: float, bend: float) -> Tensor:
    """Power that a path lets through at each frequency, in [0, 1].

    |mean of exp(i·(a·t + c·(4t² - 1/3)))|² over the path; t and -t together are 2·cos(a·t)·exp(i·c·(4t² - 1/3)).
    """
    along, across = (2.0 * math.pi * length_px * part.view(-1, 1) for part in _turned(frequencies, [angle_rad]))
    t = torch.linspace(0.0, 0.5, _POINTS // 2 + 1, device=along.device)
    share = torch.full_like(t, 2.0 / _POINTS)
    share[0] = 1.0 / _POINTS
    swing, lag = torch.cos(along * t) * share, across * bend * (4.0 * t * t - 1.0 / 3.0)
    return (swing * torch.cos(lag)).sum(1).square() + (swing * torch.sin(lag)).sum(1).square()


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
            numbers = list(range(max(0, number - 1), min(len(BENDS), number + 2)))
            lengths, angles = [length * (1.0 + s * stretch) for s in _STEPS], [angle + s * turn for s in _STEPS]
            alike = likeness(_templates(frequencies, numbers, lengths, angles), trend, detrended)
            number, length, angle = list(product(numbers, lengths, angles))[int(alike.argmax())]
            stretch, turn = 0.5 * stretch, 0.5 * turn
        if float(alike.max()) > best[3]:
            best = (length, angle, BENDS[number], float(alike.max()))
    return best


def likeness(templates: Tensor, trend: Tensor, detrended: Tensor) -> Tensor:
    """(T, M) → (T,): correlation of what the trend leaves of each template with `detrended`, both as in `search_bend`.

    What is left of a template is perpendicular to its trend: Pythagoras gives its length, it need not be made.
    """
    squared = templates.square().sum(1) - (trend.T @ templates.T).square().sum(0)
    return (templates @ detrended) / squared.clamp_min(1e-6).sqrt()


def likelier_side(grey: Tensor, bend: float, undo: Callable[[Tensor, float], Tensor]) -> float:
    """The bend, its opposite, or 0 if neither makes the picture sharper; grey: (1, 1, H, W), undo: with a bend.

    Sharpness is the gradients' L1 over L2 norm, which any blur raises (Krishnan et al., "Blind Deconvolution Using a
    Normalized Sparsity Measure", 2011).
    """
    return min((0.0, grey), *((side, undo(grey, side)) for side in (bend, -bend)), key=lambda one: _spread(one[1]))[0]


def _spread(grey: Tensor) -> float:
    gradients = (grey[..., 1:] - grey[..., :-1], grey[..., 1:, :] - grey[..., :-1, :])
    return float(sum(g.abs().sum() / g.square().sum().sqrt().clamp_min(1e-6) for g in gradients))


def _turned(frequencies: Frequencies, angles_rad: list[float]) -> Frequencies:
    """Frequencies along and across paths at these angles, (angles, M) each."""
    fx, fy = frequencies
    cos, sin = (fx.new_tensor([[turn(angle)] for angle in angles_rad]) for turn in (math.cos, math.sin))
    return fx * cos + fy * sin, fy * cos - fx * sin


def _templates(frequencies: Frequencies, numbers: list[int], lengths: list[float], angles: list[float]) -> Tensor:
    """Log-power, (T, M), of each of these bends with each of the lengths at each of the angles, in that order."""
    tables = _tables(frequencies[0].device)
    side = math.isqrt(tables.shape[1])
    steps = frequencies[0].new_tensor([[[length * _FINENESS]] for length in lengths])
    along, across = ((part.abs() * steps).round_().clamp_max_(side - 1) for part in _turned(frequencies, angles))
    places = along.mul_(side).add_(across).long().view(1, -1)
    return tables[numbers].gather(1, places.expand(len(numbers), -1)).view(-1, len(frequencies[0]))


@lru_cache(maxsize=2)
def _tables(device: torch.device) -> Tensor:
    """Log-power of each bend, flat, over frequency along (rows) and across (columns) the path, both times its length.

    Less its mean, which the trend would take anyway: `likeness` subtracts squares, and small ones lose fewer digits.
    """
    steps = torch.arange(_WIDEST * _FINENESS + 2, device=device) / _FINENESS
    places = (steps.repeat_interleave(len(steps)), steps.repeat(len(steps)))
    parts = list(zip(*(p.split(4096) for p in places), strict=True))
    power = torch.stack([torch.cat([passed(part, 1.0, 0.0, bend) for part in parts]) for bend in BENDS])
    logarithm = (power + STRIPE_FLOOR).log()
    return logarithm - logarithm.mean()


_known: dict[torch.device, tuple[list[tuple[int, float, float]], Tensor, Tensor]] = {}


def _coarse(frequencies: Frequencies, trend: Tensor) -> tuple[list[tuple[int, float, float]], Tensor, Tensor]:
    """(number of the bend, length, angle) of a wide grid, their templates at every 4th frequency without the trend, of
    unit length, and that trend; made once."""
    device = frequencies[0].device
    if device not in _known:
        thin = (frequencies[0][::_THIN], frequencies[1][::_THIN])
        thinned = torch.linalg.qr(trend[::_THIN])[0]
        angles = [math.radians(_COARSE_STEP_DEG * k) for k in range(round(180.0 / _COARSE_STEP_DEG))]
        keys = list(product(_COARSE_BENDS, _COARSE_LENGTHS_PX, angles))
        templates = _templates(thin, list(_COARSE_BENDS), list(_COARSE_LENGTHS_PX), angles)
        templates = templates - (templates @ thinned) @ thinned.T
        _known[device] = keys, templates / templates.norm(dim=1, keepdim=True), thinned
    return _known[device]
