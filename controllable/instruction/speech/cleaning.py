"""Noise reduction for the recogniser: a small network says, band by band, how much of the sound is speech.

The network (five convolutions over time, 227,000 weights) sees the logarithm of 40 mel bands and gives a gain for each;
`python -m controllable train speech-cleaner` fits it. It runs in NumPy: loading it costs milliseconds, and no torch.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Floats = NDArray[np.floating]

RATE_HZ = 16_000
WINDOW, HOP, FFT = 400, 160, 512
"""25 ms every 10 ms: the recogniser's own frames."""
BANDS = 40
CHANNELS = 96
KERNEL = 5
DILATIONS = (1, 2, 4, 8)
LEAST_GAIN = 0.1
LEVEL = 0.1
"""Root mean square that the network expects."""
QUIET_SHARE = 0.2
FEATURE_SCALE = 0.3


class Cleaner:
    """weights: name → array, as `training.speech_cleaner` writes them."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        self._weights = {name: weight.astype(np.float32) for name, weight in weights.items()}

    @classmethod
    def from_pretrained(cls, path: Path) -> "Cleaner":
        """path: a safetensors file."""
        from safetensors.numpy import load_file

        return cls(load_file(path))

    def clean(self, samples: Samples) -> Samples:
        """samples: (N,) at 16 kHz → (N,), at a level of its own; noise is reduced by up to 20 dB."""
        samples = samples * np.float32(LEVEL / max(1e-6, float(np.sqrt(np.square(samples).mean()))))
        spectrum = transform(samples)
        gains = np.maximum(self._gains(features(log_bands(spectrum))) @ _spreading(), LEAST_GAIN)
        return back(spectrum * gains, len(samples))

    def _gains(self, x: Floats) -> Floats:
        """x: (T, 2·BANDS) features → (T, BANDS) in (0, 1)."""
        weight = self._weights
        x = np.maximum(_convolve(x, weight["first.weight"], weight["first.bias"], 1), 0.0)
        for index, dilation in enumerate(DILATIONS):
            name = f"blocks.{index}"
            x = x + np.maximum(_convolve(x, weight[f"{name}.weight"], weight[f"{name}.bias"], dilation), 0.0)
        return 1.0 / (1.0 + np.exp(-_convolve(x, weight["last.weight"], weight["last.bias"], 1)))


def transform(samples: Samples) -> NDArray[np.complexfloating]:
    """(N,) → (T, FFT / 2 + 1) short-time spectrum; the ends are padded, so that every sample is in whole windows."""
    frames = _frame_count(len(samples))
    padded = np.pad(samples, (WINDOW, frames * HOP - len(samples)))
    at = np.arange(WINDOW)[None] + HOP * np.arange(frames)[:, None]
    return np.fft.rfft(padded[at] * _window(), FFT)


def back(spectrum: NDArray[np.complexfloating], length: int) -> Samples:
    """The inverse of `transform`."""
    frames = np.fft.irfft(spectrum, FFT)[:, :WINDOW] * _window()
    out, weight = np.zeros((2, WINDOW + _frame_count(length) * HOP))
    for index, frame in enumerate(frames):
        out[index * HOP : index * HOP + WINDOW] += frame
        weight[index * HOP : index * HOP + WINDOW] += _window() ** 2
    return (out / np.maximum(weight, 1e-3))[WINDOW : WINDOW + length].astype(np.float32)


def log_bands(spectrum: NDArray[np.complexfloating]) -> Floats:
    """(T, FFT / 2 + 1) → (T, BANDS): natural logarithm of the power in triangular mel bands."""
    return np.log(np.abs(spectrum) ** 2 @ _bands().T + 1e-8)


def features(logs: Floats) -> Floats:
    """(T, BANDS) → (T, 2·BANDS): each band against its mean and against its quiet frames, which the noise fills."""
    parts = [logs - logs.mean(0), logs - np.quantile(logs, QUIET_SHARE, axis=0)]
    return (FEATURE_SCALE * np.concatenate(parts, 1)).astype(np.float32)


def _convolve(x: Floats, weight: Floats, bias: Floats, dilation: int) -> Floats:
    """x: (T, C); weight: (O, C, K), as torch has it → (T, O)."""
    size = weight.shape[-1]
    reach = dilation * (size // 2)
    padded = np.pad(x, ((reach, reach), (0, 0)))
    return sum(padded[k * dilation : k * dilation + len(x)] @ weight[:, :, k].T for k in range(size)) + bias


def _frame_count(length: int) -> int:
    return -(-(length + 2 * WINDOW) // HOP)


@cache
def _window() -> Floats:
    return np.sqrt(np.hanning(WINDOW + 1)[:WINDOW])


@cache
def _bands() -> Floats:
    """(BANDS, FFT / 2 + 1), each row sums to 1: triangles at equal distances in mel, 80 to 7,600 Hz (O'Shaughnessy)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (80.0, 7600.0))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    hz = np.arange(FFT // 2 + 1) * RATE_HZ / FFT
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.maximum(0.0, np.minimum(rising, falling))
    return bands / bands.sum(1, keepdims=True)


@cache
def _spreading() -> Floats:
    """(BANDS, FFT / 2 + 1): gains of bands → gains of bins, a weighted mean; bins outside take the nearest band's."""
    total = _bands().sum(0)
    inside = np.flatnonzero(total > 1e-9)
    spread = np.where(total > 1e-9, _bands() / np.maximum(total, 1e-9), 0.0)
    spread[0, : inside[0]] = 1.0
    spread[-1, inside[-1] + 1 :] = 1.0
    return spread
