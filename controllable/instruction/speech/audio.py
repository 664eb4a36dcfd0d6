"""An audio file → the speech in it: (N,) float32, mono, 16 kHz, in [-1, 1].

Plain PCM WAV is read by the standard library, everything else by the ffmpeg program. The speech is cut out first and
resampled afterwards, so that minutes of silence cost nothing.
"""

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE_HZ = 16_000
MOST_FILE_S = 600.0
MOST_SPEECH_S = 60.0
LEAST_SPEECH_S = 0.15
FFMPEG_LIMIT_S = 60
"""How long ffmpeg may work on one file."""

FRAME_S = 0.02
MARGIN_S = 0.25
"""Kept on either side of sound; the recogniser wants a little silence around words."""
SILENCE_DB = -55.0
"""A recording whose loudest frames stay below, relative to full scale, is silent."""
STEADY_DB = 5.0
"""Speech rises and falls by 20 dB and more; a sound with less between its quiet and loud frames is noise or a tone."""


def load_audio(path: str | Path) -> Samples:
    """The speech of a file in any format that ffmpeg knows, (N,) float32, 16 kHz.

    Raises ValueError, one sentence, when the file is missing, empty, damaged, no audio, silent, only noise or too long,
    and when ffmpeg is needed and missing.
    """
    path = Path(path)
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError:
        size = -1
    if size < 0:
        raise ValueError(f"audio: cannot read {path.name}; there is no such file")
    if size == 0:
        raise ValueError(f"audio: {path.name} is empty (0 bytes)")
    decoded = read_wav(path) or read_ffmpeg(path)
    samples, rate_hz = decoded
    if len(samples) > MOST_FILE_S * rate_hz:
        raise ValueError(f"audio: {path.name} is longer than {MOST_FILE_S / 60:.0f} minutes; a wish takes some seconds")
    speech = find_speech(samples, rate_hz, path.name)
    return resample(speech, rate_hz, RATE_HZ)


def find_speech(samples: Samples, rate_hz: int, name: str = "the recording") -> Samples:
    """The stretches with sound, joined; samples: (N,) at any rate. ValueError when there is none, or too much."""
    frame = max(1, round(FRAME_S * rate_hz))
    count = len(samples) // frame
    if count * FRAME_S < LEAST_SPEECH_S:
        raise ValueError(f"audio: {name} is shorter than {LEAST_SPEECH_S} s; say what to improve")
    samples = samples - samples.mean(dtype=np.float64).astype(np.float32)
    power = np.square(samples[: count * frame].reshape(count, frame)).mean(1)
    level_db = 10.0 * np.log10(power + 1e-12)
    loud_db = float(np.quantile(level_db, 0.98))
    if level_db.max() < SILENCE_DB:
        raise ValueError(f"audio: {name} is silent; check the microphone")
    # Digital silence between the words would hide how steady the sound itself is.
    sound_db = level_db[level_db > level_db.max() - 60.0]
    quiet_db = float(np.quantile(sound_db, 0.1))
    if level_db.max() - quiet_db < STEADY_DB and len(sound_db) > 0.9 * count:
        raise ValueError(f"audio: no speech was found in {name}, only a steady sound")
    active = level_db > max(min(loud_db, level_db.max()) - 35.0, SILENCE_DB - 10.0)
    margin = round(MARGIN_S / FRAME_S)
    active = np.convolve(active, np.ones(2 * margin + 1), "same") > 0.5
    speech = samples[: count * frame].reshape(count, frame)[active].reshape(-1)
    if len(speech) > MOST_SPEECH_S * rate_hz:
        raise ValueError(
            f"audio: {name} holds {len(speech) / rate_hz:.0f} s of sound, at most {MOST_SPEECH_S:.0f} s are accepted; "
            "a wish takes some seconds"
        )
    return speech


def resample(samples: Samples, rate_hz: int, wanted_hz: int) -> Samples:
    """Band-limited change of rate by the Fourier transform of the whole; (N,) → (round(N · wanted / rate),).

    The last tenth below the lower Nyquist frequency is faded out, which keeps the filter's ringing short.
    """
    if rate_hz == wanted_hz:
        return samples
    padding = rate_hz // 10
    padded = np.pad(samples, padding)
    length = round(len(padded) * wanted_hz / rate_hz)
    spectrum = np.fft.rfft(padded)
    bins = length // 2 + 1
    kept = np.zeros(bins, spectrum.dtype)
    common = min(bins, len(spectrum))
    nyquist = common - 1
    fade = np.clip((nyquist - np.arange(common)) / max(1.0, 0.1 * nyquist), 0.0, 1.0)
    kept[:common] = spectrum[:common] * (0.5 - 0.5 * np.cos(np.pi * fade))
    changed = np.fft.irfft(kept, length) * (length / len(padded))
    start = round(padding * wanted_hz / rate_hz)
    return changed[start : start + round(len(samples) * wanted_hz / rate_hz)].astype(np.float32)


def read_wav(path: Path) -> tuple[Samples, int] | None:
    """(N,) mono and its rate, or None when this is no WAV file that the standard library reads whole."""
    try:
        with wave.open(str(path), "rb") as file:
            rate_hz, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            if not 1 <= width <= 4 or not 1000 <= rate_hz <= 768_000 or not 1 <= channels <= 64:
                return None
            data = file.readframes(min(file.getnframes(), int(MOST_FILE_S * rate_hz) + 1))
    except (wave.Error, EOFError, OSError, ValueError, RuntimeError):
        return None
    data = data[: len(data) // (width * channels) * width * channels]
    return _mono(_from_pcm(data, width), channels), rate_hz


def _from_pcm(data: bytes, width: int) -> Samples:
    """Little-endian PCM of 1 to 4 bytes a sample, in [-1, 1); one byte is unsigned, as WAV has it."""
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0].astype(np.float32) / 2.0**31
    return np.frombuffer(data, f"<i{width}").astype(np.float32) / 2.0 ** (8 * width - 1)


def _mono(samples: Samples, channels: int) -> Samples:
    return samples.reshape(-1, channels).mean(1, dtype=np.float32) if channels > 1 else samples


def read_ffmpeg(path: Path) -> tuple[Samples, int]:
    """(N,) mono at 16 kHz: ffmpeg decodes, mixes down and resamples."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(f"audio: {path.name} is not a plain WAV file, and other formats need ffmpeg, which is missing")
    command = [
        program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-t", str(MOST_FILE_S + 1.0),
        "-i", f"file:{path}", "-vn", "-map", "0:a:0", "-ac", "1", "-ar", str(RATE_HZ), "-f", "f32le", "pipe:1",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=FFMPEG_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"audio: {path.name} took too long to decode") from None
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], "<f4")
    if len(samples) == 0:
        raise ValueError(f"audio: {path.name} is not an audio file, or it is damaged")
    return np.nan_to_num(samples, posinf=0.0, neginf=0.0).clip(-1.0, 1.0), RATE_HZ
