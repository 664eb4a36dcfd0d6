"""Camera shake along a line or a parabola: found in the photo's own power spectrum, and undone by one linear filter.

A straight path of L px multiplies the spectrum by a sinc across its direction: dark stripes, 1/L apart, that say where
it lay and how long it was; a bent one leaves a pattern of its own (`bend`). Nothing is trained here. What the blind
Wiener filter lacks is the phase: every second lobe of the sinc is negative, and a filter whose gains are all positive
cannot turn it back.
"""

import math
from functools import lru_cache
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.color import luma
from controllable.networks.bend import STRIPE_FLOOR, likelier_side, likeness, passed, search_bend
from controllable.networks.wiener import even_corners, filtered

WINDOW_PX = 128
"""Side of the windows the stripes are looked for in: those of the longest path are 5 of its frequencies apart."""
WINDOWS = 256
LONGEST_PX = 25.0
SHORTEST_PX = 4.0
CERTAIN, CERTAIN_ON_GRID, CERTAIN_BENT = 0.62, 0.9, 0.55
"""Correlation from which stripes count as found; of 27 development photos without motion none reached it, sharp, out of
focus, reduced or noisy. JPEG's blocks resemble a path of 8 or 16 px along a side, so there it takes more
(docs/experiments.md, motion-1)."""
_TRIED_PX = 320
HALF_PX = 96
"""Half the width of the filter."""
_MISMATCH, _COARSE = 0.002, 0.1
"""Power of what the true path and a straight, even one differ by, over the picture's: limits the gain at the stripes,
and more so below this frequency, where pictures are strongest and errors are seen first."""
_NOISE = 0.3
_CAUTIOUS, _RAMP = 0.05, 2.0
"""Near the border, where half of what was smeared is out of sight: the mismatch there, and the width of the passage in
lengths of the path."""
_CALM_PX, _CALM = 10, 0.1
"""Where the picture is calm within so many px, the cautious filter takes over: echoes of far edges show there. This
and all the numbers above were chosen on development photos (docs/experiments.md, motion-1)."""
_FLOOR = 1e-7
_STEP_DEG, _STEP_PX = 2.0, 0.5
_BINS = 256
"""Bins a unit of frequency."""
SURROUNDINGS_PX = HALF_PX + _CALM_PX
"""What a tile needs around it."""


def shake_spectrum(windows: Tensor) -> Tensor:
    """Luma (N, 128, 128), [0, 1] → mean log-power (128, 65), row 64 is frequency 0; near-empty windows are left out."""
    window = torch.hann_window(WINDOW_PX, device=windows.device)
    window = window[:, None] * window[None]
    window = window / window.pow(2).mean().sqrt()
    waves = torch.fft.rfft2((windows - windows.mean((1, 2), keepdim=True)) * window, norm="ortho")
    power = waves.real.square() + waves.imag.square()
    energy = power.sum((1, 2))
    power = power[energy >= 0.25 * energy.median()]
    return (power + _FLOOR).log().mean(0).roll(WINDOW_PX // 2, 0)


def shake_corners(height: int, width: int) -> list[tuple[int, int]]:
    """(y, x) of the windows that are looked at, a quarter of their side apart or wider; none in a smaller photo."""
    if min(height, width) < WINDOW_PX:
        return []
    return even_corners(height, width, WINDOW_PX, WINDOW_PX // 4, WINDOWS)


def find_shake(image: Tensor) -> Tensor:
    """(B, 3, H, W), RGB, [0, 1] → (B, 4): length in px, angle in rad (from right to down), noise over signal, bend.

    The length is 0 where no path is certain. Noise over signal is N/A of a spectrum A·f⁻² with noise of power N; the
    bend is 0 for a straight path, see `bend`.
    """
    height, width = image.shape[-2:]
    corners = shake_corners(height, width)
    if not corners:
        return image.new_zeros(len(image), 4)
    grey = luma(image.float())
    parts = torch.stack([grey[:, 0, y : y + WINDOW_PX, x : x + WINDOW_PX] for y, x in corners], 1)
    top, left, side = middle(height, width)
    middles = grey[..., top : top + side, left : left + side].split(1)
    return torch.stack([read_shake(shake_spectrum(w), m) for w, m in zip(parts, middles, strict=True)])


def middle(height: int, width: int) -> tuple[int, int, int]:
    """Top, left and side of the part on which the two sides of a bend are tried."""
    side = min(height, width, _TRIED_PX)
    return (height - side) // 2, (width - side) // 2, side


def read_shake(spectrum: Tensor, grey: Tensor) -> Tensor:
    """`shake_spectrum` and the luma of the photo's `middle`, (1, 1, side, side) → (4,), see `find_shake`."""
    plane = _plane(spectrum.device)
    detrended = spectrum.flatten()[plane.used]
    for _ in range(2):  # once leaves rounding errors that the searches would see
        detrended = detrended - plane.trend @ (plane.trend.T @ detrended)
    detrended = detrended / detrended.norm().clamp_min(1e-6)
    length, angle, certainty = _search_straight(plane, detrended)
    if certainty >= (CERTAIN_ON_GRID if _on_grid(length, angle) else CERTAIN) and SHORTEST_PX <= length <= LONGEST_PX:
        return spectrum.new_tensor((length, angle, noise_over_signal(spectrum, length, angle), 0.0))
    length, angle, bend, certainty = search_bend((plane.fx, plane.fy), plane.trend, detrended)
    if certainty < CERTAIN_BENT or not SHORTEST_PX <= length <= LONGEST_PX:
        return spectrum.new_zeros(4)
    noise = noise_over_signal(spectrum, length, angle, bend)
    one = torch.ones(1, device=spectrum.device)

    def undone(part: Tensor, side: float) -> Tensor:
        return undo_shake(part, spectrum.new_tensor([[length, angle, noise, side]]), one)

    side = likelier_side(grey, bend, undone)
    return spectrum.new_tensor((length, angle, noise, side)) if side else spectrum.new_zeros(4)


def _search_straight(plane: "_Plane", detrended: Tensor) -> tuple[float, float, float]:
    """Length, angle and correlation of the likeliest straight path."""
    angles, bins, lengths, profiles, norms = _templates(detrended.device)
    sums = detrended.new_zeros(len(angles), profiles.shape[1]).scatter_add_(1, bins, detrended.expand_as(bins))
    best = int(((sums @ profiles.T) / norms).argmax())
    angle, length = float(angles[best // len(lengths)]), float(lengths[best % len(lengths)])
    angle, length, certainty = _refine(plane, detrended, angle, length)
    return length, angle, certainty


def noise_over_signal(spectrum: Tensor, length_px: float, angle_rad: float, bend: float = 0.0) -> float:
    """N/A of `shake_spectrum` ≈ A·f⁻²·|H|² + N, for a path that is known."""
    plane = _plane(spectrum.device)
    logarithm = spectrum.flatten()[plane.used]
    power = passed((plane.fx, plane.fy), length_px, angle_rad, bend)
    noise = torch.quantile(logarithm[plane.radius > 0.35], 0.1)
    clear = (power > 0.2) & (plane.radius < 0.2)
    signal = (logarithm + 2.0 * plane.radius.log() - power.clamp_min(STRIPE_FLOOR).log())[clear].median()
    return float((noise - signal).exp())


def undo_shake(image: Tensor, shake: Tensor, strength: Tensor) -> Tensor:
    """Shorten the path to (1 - strength) of its length; image (B, C, H, W), shake (B, 4), strength (B,) in [0, 1].

    Gain (H' H* + λ)/(|H|² + λ), with H the path's transfer function and H' the shorter one's: Wiener's filter (1949)
    towards H', that leaves what lies under the noise as it is, and the identity at strength 0. λ = κ + N/S, where κ
    stands for paths that are not quite what they were taken for. Paths are centred on their mean: nothing moves.
    """
    rows = torch.nonzero((shake[:, 0] > 0.0) & (strength > 0.0)).flatten()
    if not len(rows):
        return image
    length, angle, noise, bend = shake[rows].unbind(1)
    side = 4 * HALF_PX
    before = _transfer(path_kernel(length, angle, bend), side)
    after = _transfer(path_kernel(length * (1.0 - strength[rows]), angle, bend), side)
    fy, fx = torch.fft.fftfreq(side, device=image.device), torch.fft.rfftfreq(side, device=image.device)
    squared = (fy[:, None] ** 2 + fx[None] ** 2).clamp_min(1.0 / side**2)
    bold, cautious = (
        _kernel(before, after, mismatch * (1.0 + _COARSE**2 / squared) + _NOISE * noise.view(-1, 1, 1) * squared)
        for mismatch in (_MISMATCH, _CAUTIOUS)
    )
    inside, border = filtered(image[rows], bold), filtered(image[rows], cautious)
    share = (_from_border(image) / (_RAMP * length).view(-1, 1, 1, 1)).clamp_max(1.0) * _lively(border, inside)
    out = image.clone()
    out[rows] = torch.lerp(border, inside, share)
    return out


def _kernel(before: Tensor, after: Tensor, doubt: Tensor) -> Tensor:
    """(B, 2·HALF_PX, 2·HALF_PX), centred on HALF_PX, of transfer functions (B, 4·HALF_PX, 2·HALF_PX + 1)."""
    gain = (after * before.conj() + doubt) / (before.abs().square() + doubt)
    gain[:, 0, 0] = 1.0
    kernel = torch.fft.irfft2(gain, s=(4 * HALF_PX, 4 * HALF_PX))
    return kernel.roll((HALF_PX, HALF_PX), (1, 2))[:, : 2 * HALF_PX, : 2 * HALF_PX]


def _lively(cautious: Tensor, bold: Tensor) -> Tensor:
    """(B, 1, H, W) in [0, 1]: 1 where the picture has structure beside what the bold filter adds, 0 where it is calm
    and all that is added are echoes of edges elsewhere."""

    def near(values: Tensor) -> Tensor:
        mode = "reflect" if min(values.shape[-2:]) > _CALM_PX else "replicate"
        return F.avg_pool2d(F.pad(values, (_CALM_PX,) * 4, mode=mode), 2 * _CALM_PX + 1, 1)

    grey, added = cautious.mean(1, keepdim=True), (bold - cautious).mean(1, keepdim=True)
    structure = (near(grey * grey) - near(grey).square()).clamp_min(0.0)
    return structure / (structure + _CALM * near(added * added) + 1e-7)


def _from_border(image: Tensor) -> Tensor:
    """(H, W): pixels between each and the nearest border."""
    rows, columns = (torch.arange(side, device=image.device) for side in image.shape[-2:])
    rows, columns = torch.minimum(rows, rows.flip(0)), torch.minimum(columns, columns.flip(0))
    return torch.minimum(rows[:, None], columns[None]).float()


def path_kernel(length_px: Tensor, angle_rad: Tensor, bend: Tensor, half_px: int = 18) -> Tensor:
    """(B,) each → kernels (B, 2·half + 1, 2·half + 1) that sum to 1: 97 points of the path, splatted bilinearly."""
    axis = torch.arange(-half_px, half_px + 1, device=length_px.device, dtype=length_px.dtype)
    t = torch.linspace(-0.5, 0.5, 97, device=length_px.device, dtype=length_px.dtype)
    along, across = length_px[:, None] * t, (length_px * bend)[:, None] * (4.0 * t * t - 1.0 / 3.0)
    cos, sin = torch.cos(angle_rad)[:, None], torch.sin(angle_rad)[:, None]
    places = (along * cos - across * sin, along * sin + across * cos)
    columns, rows = ((1.0 - (axis[None, :, None] - p[:, None]).abs()).clamp_min(0.0) for p in places)
    kernel = rows @ columns.mT
    return kernel / kernel.sum((1, 2), keepdim=True)


def _transfer(kernel: Tensor, side: int) -> Tensor:
    """Transfer function (B, side, side/2 + 1), complex, of kernels centred on their middle."""
    half = kernel.shape[-1] // 2
    padded = F.pad(kernel, (0, side - kernel.shape[-1], 0, side - kernel.shape[-1])).roll((-half, -half), (1, 2))
    return torch.fft.rfft2(padded)


def _on_grid(length_px: float, angle_rad: float) -> bool:
    """Whether a path looks like JPEG's blocks: along a side, a multiple of 8 px long."""
    tilt = math.degrees(angle_rad) % 90.0
    return min(tilt, 90.0 - tilt) < 3.0 and abs(length_px - 8.0 * round(length_px / 8.0)) < 1.0


class _Plane:
    """The frequencies that are looked at, as flat vectors; trend: an orthonormal basis of what smooth spectra are."""

    def __init__(self, device: torch.device) -> None:
        fy = ((torch.arange(WINDOW_PX) - WINDOW_PX // 2)[:, None] / WINDOW_PX).expand(-1, WINDOW_PX // 2 + 1)
        fx = (torch.arange(WINDOW_PX // 2 + 1)[None] / WINDOW_PX).expand_as(fy)
        radius = torch.sqrt(fx**2 + fy**2)
        on_axis = (fx < 1.5 / WINDOW_PX) | (fy.abs() < 1.5 / WINDOW_PX)
        self.used = (~on_axis & (radius > 2.5 / WINDOW_PX) & (radius < 0.5)).flatten().to(device)
        keep = self.used.cpu()
        self.fx, self.fy, self.radius = (v.flatten()[keep].to(device) for v in (fx, fy, radius))
        direction, logarithm = torch.atan2(self.fy, self.fx), self.radius.log()
        columns = []
        for falling in (torch.ones_like(logarithm), logarithm, logarithm**2, self.radius):
            columns.append(falling)
            for k in (2, 4, 6):
                columns += [falling * torch.cos(k * direction), falling * torch.sin(k * direction)]
        self.trend = torch.linalg.qr(torch.stack(columns, 1).double())[0].float()

    def across(self, angle_rad: float) -> Tensor:
        """The frequency along the path."""
        return self.fx * math.cos(angle_rad) + self.fy * math.sin(angle_rad)

    def bins(self, angle_rad: float) -> Tensor:
        return (self.across(angle_rad).abs() * _BINS).round().long()


@lru_cache(maxsize=2)
def _plane(device: torch.device) -> _Plane:
    return _Plane(device)


def _profile(length_px: Tensor, frequency: Tensor) -> Tensor:
    """Log-power of a straight path; torch.sinc takes three times as long."""
    half_turns = (math.pi * (length_px * frequency)).abs().clamp_min(1e-6)
    return ((half_turns.sin() / half_turns).square() + STRIPE_FLOOR).log()


@lru_cache(maxsize=2)
def _templates(device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Angles (A,), the frequencies' bins (A, M), lengths (L,), profiles (L, bins) across the stripes, and the
    templates' norms (A, L) without their trend."""
    plane = _plane(device)
    angles = torch.arange(0.0, 180.0, _STEP_DEG, device=device) * (math.pi / 180.0)
    lengths = torch.arange(SHORTEST_PX - 1.0, LONGEST_PX + 2.0, _STEP_PX, device=device)
    count = _BINS // 2 + 2
    profiles = _profile(lengths[:, None], torch.arange(count, device=device)[None] / _BINS)
    norms, bins = [], torch.stack([plane.bins(float(angle)) for angle in angles])
    for places in bins:
        counts = torch.bincount(places, minlength=count).float()
        trends = plane.trend.new_zeros(count, plane.trend.shape[1]).index_add_(0, places, plane.trend)
        norms.append(((profiles.square() @ counts) - (profiles @ trends).square().sum(1)).clamp_min(1e-6).sqrt())
    return angles, bins, lengths, profiles, torch.stack(norms)


def _refine(plane: _Plane, detrended: Tensor, angle: float, length: float) -> tuple[float, float, float]:
    """Angle, length and correlation of the best path near a given one, on grids twice finer each time."""
    step_rad, step_px, certainty = math.radians(_STEP_DEG), _STEP_PX, 0.0
    for _ in range(4):
        angles = [angle + a * step_rad for a in (-0.5, 0.0, 0.5)]
        lengths = [length + b * step_px for b in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        across = torch.stack([plane.across(rad) for rad in angles])[:, None]
        alike = likeness(_profile(across.new_tensor(lengths)[:, None], across).flatten(0, 1), plane.trend, detrended)
        best = int(alike.argmax())
        (angle, length), certainty = list(product(angles, lengths))[best], float(alike[best])
        step_rad, step_px = 0.5 * step_rad, 0.5 * step_px
    return angle, length, certainty
