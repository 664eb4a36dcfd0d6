"""Photo → what can be measured of it without learning: spectrum, JPEG's transform on and off its grid, tones.

The image tower sees three tiles. A blur, a reduction and a loss of detail differ in how the power falls with the
frequency, a compression in which coefficients of its own transform are empty, and light, haze and cast in where the
tones begin and end: all of these are sure only as means over the whole photo, and cheap.
"""

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.color import luma
from controllable.image.pixels import Pixels

WINDOW_PX = 64
WINDOWS_A_SIDE = 10
"""At most so many windows across and down, on multiples of 8 px, where JPEG's blocks are."""
FEW_WINDOWS = 36
"""Up to so many, tones are taken from every 16th pixel, else from every 64th: sorting them is what costs."""
FLAT_SHARE = 0.25
"""Share of the windows, those with the least structure, that are looked at apart: noise shows there first."""
SPECTRA = 3
LEVELS = (0.0, 0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.998, 1.0)
"""Shares of the pixels below the tones that are kept."""
BLOCK_PX = 8
NUMBERS = 8 * BLOCK_PX**2 + 2 * 7 * len(LEVELS)
_STEP = 1.0 / 255.0


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """spectrum: (B, 3, 64, 33), log-power of luma, row 32 is frequency 0: mean over windows of the logarithm,
    logarithm of the mean, and the former over flat windows alone; numbers: (B, `NUMBERS`)."""

    spectrum: Tensor
    numbers: Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def nbytes(self) -> int:
        return self.spectrum.nbytes + self.numbers.nbytes

    def to(self, device: torch.device | str) -> "Measurements":
        return Measurements(**{part.name: getattr(self, part.name).to(device) for part in fields(self)})


def measure(image: Tensor | Pixels, thumbnail: Tensor) -> Measurements:
    """image: (B, 3, H, W), RGB, [0, 1], any size; thumbnail: (B, 3, 64, 64) of the whole photo."""
    height, width = image.shape[-2:]
    if min(height, width) < WINDOW_PX:
        padding = (0, max(0, WINDOW_PX - width), 0, max(0, WINDOW_PX - height))
        image = F.pad(image[..., :, :], padding, mode="replicate")
        height, width = image.shape[-2:]
    corners = [(y, x) for y in _starts(height) for x in _starts(width)]
    windows = torch.stack([image[..., y : y + WINDOW_PX, x : x + WINDOW_PX] for y, x in corners], 1)
    grey = luma(windows.flatten(0, 1)).view(*windows.shape[:2], WINDOW_PX, WINDOW_PX)
    flat = _flat(grey)
    step = 4 if len(corners) <= FEW_WINDOWS else 8
    numbers = (_transform(windows, grey, flat), _tones(windows[..., ::step, ::step]), _tones(thumbnail[:, None]))
    return Measurements(spectrum=_spectra(grey, flat), numbers=torch.cat(numbers, 1))


def _starts(length: int) -> list[int]:
    """An even grid of window corners along a side, on multiples of 8 px."""
    count = min(WINDOWS_A_SIDE, length // WINDOW_PX)
    reach = (length - WINDOW_PX) // BLOCK_PX
    return [BLOCK_PX * (round(k * reach / (count - 1)) if count > 1 else reach // 2) for k in range(count)]


def _flat(grey: Tensor) -> Tensor:
    """(B, N, 64, 64) → the numbers of the windows with the least structure, (B, n); clipped ones, which show nothing,
    last."""
    structure = grey.var((2, 3))
    mean = grey.mean((2, 3))
    structure = structure + 1e3 * ((mean > 0.97) | (mean < 0.02))
    return structure.topk(max(1, round(FLAT_SHARE * grey.shape[1])), dim=1, largest=False).indices


def _spectra(grey: Tensor, flat: Tensor) -> Tensor:
    """(B, N, 64, 64) → (B, 3, 64, 33): Hann windows (Welch, 1967), as `wiener.power_spectrum`."""
    hann = torch.hann_window(WINDOW_PX, periodic=True, device=grey.device)
    hann = hann[:, None] * hann[None]
    parts = (grey - grey.mean((2, 3), keepdim=True)) * (hann / hann.pow(2).mean().sqrt())
    power = torch.view_as_real(torch.fft.rfft2(parts, norm="ortho")).pow(2).sum(-1) + 1e-7
    logarithm = power.log()
    rows = torch.arange(len(grey), device=grey.device)[:, None]
    kinds = (logarithm.mean(1), power.mean(1).log(), logarithm[rows, flat].mean(1))
    return torch.stack(kinds, 1).roll(WINDOW_PX // 2, 2)


def _transform(windows: Tensor, grey: Tensor, flat: Tensor) -> Tensor:
    """Of JPEG's 8×8 cosine transform (ITU-T T.81, A.3.3), for each coefficient: its mean size in luma, all over and in
    flat windows, and how often it is (nearly) 0; how all three change half a block off the grid; the same of colour,
    two numbers. (B, 8·64).
    """
    rows = torch.arange(len(grey), device=grey.device)[:, None]
    off = grey[..., BLOCK_PX // 2 : -BLOCK_PX // 2, BLOCK_PX // 2 : -BLOCK_PX // 2]
    on_size, off_size = _coefficients(grey).abs(), _coefficients(off).abs()
    colour = windows[:, :, (0, 2)] - grey[:, :, None]
    colour_size = _coefficients(colour).abs().mean(2)
    on, shifted = (
        torch.stack((_logarithm(size.mean((1, 2))), _logarithm(size[rows, flat].mean((1, 2))), _empty(size)), 1)
        for size in (on_size, off_size)
    )
    rest = torch.stack((_logarithm(colour_size.mean((1, 2))), _logarithm(colour_size[rows, flat].mean((1, 2)))), 1)
    return torch.cat((on, shifted - on, rest), 1).flatten(1)


def _coefficients(grey: Tensor) -> Tensor:
    """(..., H, W), sides in multiples of 8 → (..., blocks, 64)."""
    n = torch.arange(BLOCK_PX, device=grey.device, dtype=grey.dtype)
    cosine = 0.5 * torch.cos(math.pi / BLOCK_PX * (n + 0.5) * n[:, None])
    cosine[0] *= 0.5**0.5
    blocks = grey.unflatten(-1, (-1, BLOCK_PX)).unflatten(-3, (-1, BLOCK_PX)).transpose(-3, -2)
    return (cosine @ blocks @ cosine.T).flatten(-2).flatten(-3, -2)


def _logarithm(size: Tensor) -> Tensor:
    return (size / _STEP + 0.01).log()


def _empty(size: Tensor) -> Tensor:
    """Share of the coefficients below a step and a half of 255, times 4 to be of the size of the other numbers."""
    return 4.0 * (size < 1.5 * _STEP).float().mean((1, 2))


def _tones(windows: Tensor) -> Tensor:
    """(B, N, 3, h, w) → (B, 7·13): of red, green, blue, their mean, least, largest and range the values that `LEVELS`
    of all pixels lie below."""
    pixels = windows.transpose(1, 2).flatten(2)
    low, high = pixels.amin(1, keepdim=True), pixels.amax(1, keepdim=True)
    kinds = torch.cat((pixels, pixels.mean(1, keepdim=True), low, high, high - low), 1).sort(2).values
    places = [round(level * (kinds.shape[2] - 1)) for level in LEVELS]
    return 4.0 * kinds[:, :, places].flatten(1)
