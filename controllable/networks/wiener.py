"""Blind Wiener filter: the photo's own power spectrum → one linear filter that undoes what struck every pixel alike.

A blur, a reduction and lost detail are (nearly) convolutions, and the best linear answer to a convolution is known
(Wiener, 1949): a gain for each frequency, S_xy/S_yy. S_yy is measured, log S_yy and the log-gain are nearly linear in
each other, and a small network supplies the rest. A U-net would need most of its training for what this does at once.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.color import luma
from controllable.task import TASKS, Task

WINDOW_PX = 64
"""Side of the windows the spectrum is averaged over, and of the filter."""
WINDOWS = 256
"""At most so many windows of a photo are looked at."""
_SMOOTHED = tuple(TASKS.index(task) for task in (Task.BLUR, Task.RESOLUTION, Task.DETAIL))
"""What a filter undoes."""
_ADDED = tuple(TASKS.index(task) for task in (Task.NOISE, Task.COMPRESSION))
"""What a filter can only hold back while it sharpens; alone, the U-net does far better from the photo as it is."""
_FLOOR = 1e-7
"""Power of rounding to 8 bits, (1/255)²/12, is 1.3e-6; below this there is nothing."""


def power_spectrum(image: Tensor) -> Tensor:
    """(B, 3, H, W), RGB, [0, 1] → (B, 2, 64, 33): log-power of luma, as mean of the windows' logarithms and as
    logarithm of their mean (Welch, 1967); row 32 is frequency 0, Hann windows on an even grid, at most `WINDOWS`.
    """
    grey = luma(image.float())
    height, width = grey.shape[-2:]
    grey = F.pad(grey, (0, max(0, WINDOW_PX - width), 0, max(0, WINDOW_PX - height)), mode="replicate")
    height, width = grey.shape[-2:]
    parts = [grey[:, 0, y : y + WINDOW_PX, x : x + WINDOW_PX] for y, x in window_corners(height, width)]
    return spectrum_of_windows(torch.stack(parts, 1))


def spectrum_of_windows(parts: Tensor) -> Tensor:
    """Luma of a photo's windows at `window_corners`, (B, N, 64, 64) → its `power_spectrum`, (B, 2, 64, 33)."""
    window = torch.hann_window(WINDOW_PX, periodic=True, device=parts.device)
    window = window[:, None] * window[None]
    window = window / window.pow(2).mean().sqrt()
    parts = (parts - parts.mean((2, 3), keepdim=True)) * window
    power = torch.fft.rfft2(parts, norm="ortho").abs().pow(2)
    both = torch.stack(((power + _FLOOR).log().mean(1), (power.mean(1) + _FLOOR).log()), 1)
    return both.roll(WINDOW_PX // 2, 2)


def window_corners(height: int, width: int) -> list[tuple[int, int]]:
    """(y, x) of the windows the spectrum is averaged over, on an even grid."""
    return even_corners(height, width, WINDOW_PX, WINDOW_PX // 2, WINDOWS)


def even_corners(height: int, width: int, window_px: int, step_px: float, most: int) -> list[tuple[int, int]]:
    """(y, x) of at most so many windows on an even grid, `step_px` or more apart."""
    while ((height - window_px) // step_px + 1) * ((width - window_px) // step_px + 1) > most:
        step_px *= 1.1
    rows, columns = (
        torch.linspace(0, side - window_px, int((side - window_px) // step_px) + 1).round().long().tolist()
        for side in (height, width)
    )
    return [(y, x) for y in rows for x in columns]


class BlindWiener(nn.Module):
    """Spectrum (B, 2, 64, 33), strengths (B, 8) → gain minus one at each frequency (B, 64, 33); code (B, 64).

    gain - 1 = Σ_t r_t·(exp a_t - 1), one map a_t a task; r_t is the strength of blur, resolution and detail; that of
    noise and compression counts times the largest of these, so without them nothing is filtered. Gains are real: the
    filter is symmetric and moves nothing. The code says what the spectrum shows beside that: noise, JPEG's grid.
    """

    code = 64

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        w0, w1, w2 = width, 2 * width, 3 * width
        self.first = nn.Conv2d(5, w0, 5, padding=2)
        self.down = nn.ModuleList((nn.Conv2d(w0, w1, 3, 2, 1), nn.Conv2d(w1, w2, 3, 2, 1)))
        self.middle = nn.Conv2d(w2, w2, 3, padding=1)
        self.whole = nn.Sequential(
            nn.Linear(2 * w2, 64), nn.LeakyReLU(0.1), nn.Linear(64, self.code), nn.LeakyReLU(0.1)
        )
        self.spread = nn.Linear(self.code, w2)
        self.up = nn.ModuleList((nn.Conv2d(w1 + w2, w1, 3, padding=1), nn.Conv2d(w0 + w1, w0, 3, padding=1)))
        self.heads = nn.Conv2d(w0, len(TASKS), 1)
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)
        frequency_y = torch.arange(-WINDOW_PX // 2, WINDOW_PX // 2)[:, None] / WINDOW_PX
        frequency_x = torch.arange(WINDOW_PX // 2 + 1)[None] / WINDOW_PX
        radius = torch.sqrt(frequency_y**2 + frequency_x**2)
        falling = torch.log(radius.clamp_min(0.5 / WINDOW_PX))
        place = torch.stack((radius, falling, (frequency_x.abs() - frequency_y.abs()).expand_as(radius)))
        self.register_buffer("place", place[None], persistent=False)

    def forward(self, spectrum: Tensor, strengths: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat((0.25 * (spectrum + 8.0), self.place.expand(len(spectrum), -1, -1, -1)), 1)
        x0 = F.leaky_relu(self.first(seen), 0.1)
        x1 = F.leaky_relu(self.down[0](x0), 0.1)
        x2 = F.leaky_relu(self.down[1](x1), 0.1)
        code = self.whole(torch.cat((x2.mean((2, 3)), x2.amax((2, 3))), 1))
        x2 = F.leaky_relu(self.middle(x2) + self.spread(code)[:, :, None, None], 0.1)
        x1 = F.leaky_relu(self.up[0](torch.cat((x1, F.interpolate(x2, size=x1.shape[-2:])), 1)), 0.1)
        x0 = F.leaky_relu(self.up[1](torch.cat((x0, F.interpolate(x1, size=x0.shape[-2:])), 1)), 0.1)
        logarithm = 4.0 * torch.tanh(self.heads(x0))
        share = torch.zeros_like(strengths)
        share[:, _SMOOTHED] = strengths[:, _SMOOTHED]
        share[:, _ADDED] = strengths[:, _ADDED] * strengths[:, _SMOOTHED].amax(1, keepdim=True)
        return torch.einsum("btyx,bt->byx", torch.exp(logarithm) - 1.0, share), code


def smoothed(strengths: Tensor) -> bool:
    """Whether anything a filter undoes is asked for; the gain is 0 everywhere if not."""
    return bool((strengths[:, _SMOOTHED] > 0).any())


def apply_gain(image: Tensor, gain: Tensor) -> Tensor:
    """Convolve (B, C, H, W) with the filter of gain (B, 64, 33), 63 px wide; the picture is mirrored at its edges."""
    half = WINDOW_PX // 2
    kernel = torch.fft.irfft2(gain.roll(half, 1), s=(WINDOW_PX, WINDOW_PX)).roll((half, half), (1, 2))
    return filtered(image, kernel)


def filtered(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve (B, C, H, W) with one kernel (B, K, K) each, K even, centred on K/2 and faded out to its border."""
    side = kernel.shape[-1]
    half = side // 2
    height, width = image.shape[-2:]
    taper = torch.cos(math.pi * (torch.arange(side, device=image.device) - half) / side).clamp_min(0.0).sqrt()
    kernel = kernel * taper[:, None] * taper[None]
    padded = F.pad(image, (half,) * 4, mode="reflect" if min(height, width) > half else "replicate")
    size = tuple(_fast(length) for length in padded.shape[-2:])
    transfer = torch.fft.rfft2(F.pad(kernel, (0, size[1] - side, 0, size[0] - side)))
    out = torch.fft.irfft2(torch.fft.rfft2(padded, s=size) * transfer[:, None], s=size)
    return out[..., side : side + height, side : side + width]


def _fast(side: int) -> int:
    """The next even number without prime factors above 5."""
    while True:
        side += side % 2
        rest = side
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return side
        side += 2
