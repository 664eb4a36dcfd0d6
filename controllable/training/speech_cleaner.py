"""Recipe "speech-cleaner": the noise reduction in front of the embedded recogniser.

espeak-ng and flite's kal16 say texts of the corpus; white, coloured and babble noise is added. The voices that
benchmarks/speech.py listens to (slt, rms, awb) are not among them.
python -m controllable train speech-cleaner --out models/speech
"""

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from controllable.instruction.speech.audio import RATE_HZ, Samples, read_wav, resample
from controllable.instruction.speech.cleaning import (
    BANDS,
    CHANNELS,
    DILATIONS,
    KERNEL,
    LEVEL,
    features,
    log_bands,
    transform,
)  # fmt: skip
from controllable.instruction.speech.spoken import said
from controllable.training.speech import english

FILE = "cleaner.safetensors"
VOICES = [
    f"{accent}+{voice}"
    for accent in ("en-us", "en-gb", "en-gb-scotland")
    for voice in ("m1", "m2", "m3", "m4", "m5", "m7", "f1", "f2", "f3", "f4", "f5")
]
FRAMES = 220
"""Length of a training example, 2.2 s."""


class CleanerNetwork(nn.Module):
    """(B, 2·BANDS, T) features → (B, BANDS, T) gains; `instruction.speech.cleaning.Cleaner` computes the same."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(2 * BANDS, CHANNELS, KERNEL, padding=KERNEL // 2)
        self.blocks = nn.ModuleList(
            nn.Conv1d(CHANNELS, CHANNELS, KERNEL, padding=KERNEL // 2 * dilation, dilation=dilation)
            for dilation in DILATIONS
        )
        self.last = nn.Conv1d(CHANNELS, BANDS, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return torch.sigmoid(self.last(x))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {FILE}")
    parser.add_argument("--texts", type=int, default=700, help="sentences to be said")
    parser.add_argument("--examples", type=int, default=2500, help="noisy stretches of 2.2 s")
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Say, disturb, fit, write."""
    chance = np.random.default_rng(arguments.seed)
    speech = speak_many(arguments.texts, random.Random(arguments.seed))
    examples = [example(speech, chance) for _ in range(arguments.examples)]
    clean, noisy, seen = (
        torch.tensor(np.stack(part), dtype=torch.float32).transpose(1, 2) for part in zip(*examples, strict=True)
    )
    torch.manual_seed(arguments.seed)
    network = CleanerNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, arguments.steps)
    started, mean = time.monotonic(), 0.0
    for step in range(1, arguments.steps + 1):
        rows = torch.randint(len(clean), (16,))
        loss = cleaning_loss(network(seen[rows]), noisy[rows], clean[rows])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        mean += (loss.item() - mean) / min(step, 100)
        if step % 250 == 0:
            print(f"step {step}/{arguments.steps} loss {mean:.4f} {time.monotonic() - started:.0f} s", flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.half().contiguous() for name, weight in network.state_dict().items()}
    save_file(weights, arguments.out / FILE)
    return {"out": str(arguments.out / FILE), "loss": round(mean, 4)}


def cleaning_loss(gains: Tensor, noisy: Tensor, clean: Tensor) -> Tensor:
    """Squared error of the bands' log power, above a floor 39 dB below the clean peak; (B, BANDS, T) each.

    What is taken from the speech costs half as much again as noise that is left.
    """
    floor = (clean.amax((1, 2), keepdim=True) - 9.0).exp()
    error = torch.log(gains.square() * noisy.exp() + floor) - torch.log(clean.exp() + floor)
    return (error.square() * torch.where(error < 0.0, 1.5, 1.0)).mean()


def speak_many(count: int, rng: random.Random) -> list[Samples]:
    """Sentences of the corpus in many voices, (N,) each at 16 kHz."""
    texts = [text for text in map(said, english(6 * count + 100, rng)) if 12 < len(text) < 80][:count]
    with tempfile.TemporaryDirectory() as folder:
        return [one for k, text in enumerate(texts) if len(one := _speak(text, k, rng, Path(folder))) > RATE_HZ // 5]


def example(speech: Sequence[Samples], chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log bands of the clean and the noisy stretch, and the network's input: (FRAMES, …) each."""
    clean = np.pad(speech[chance.integers(len(speech))], chance.integers(0, RATE_HZ * 3 // 8, 2))
    clean = _filtered(clean, chance, spread=0.5)
    noise = _noise(len(clean), speech, chance)
    snr_db = chance.uniform(0.0, 22.0) if chance.random() < 0.9 else 45.0
    noise *= np.sqrt(np.square(clean).mean() / np.square(noise).mean() / 10.0 ** (snr_db / 10.0))
    scale = LEVEL / np.sqrt(np.square(clean + noise).mean())
    logs = [log_bands(transform(one * scale)) for one in (clean, clean + noise)]
    parts = [*logs, features(logs[1])]
    missing = max(0, FRAMES - len(logs[0]))
    parts = [np.pad(part, ((0, missing), (0, 0)), mode="edge") for part in parts]
    start = chance.integers(len(parts[0]) - FRAMES + 1)
    first, second, third = (part[start : start + FRAMES] for part in parts)
    return first, second, third


def _speak(text: str, index: int, rng: random.Random, folder: Path) -> Samples:
    path = folder / "speech.wav"
    if index % 7 == 0:
        command = ["flite", "-voice", "kal16", "-t", text, "-o", str(path)]
    else:
        rate, pitch = str(rng.randint(130, 180)), str(rng.randint(30, 70))
        command = ["espeak-ng", "-v", VOICES[index % len(VOICES)], "-s", rate, "-p", pitch, "-w", str(path), text]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        raise ValueError(f"speech-cleaner: {command[0]} is missing; apt-get install flite espeak-ng") from None
    decoded = read_wav(path)
    if decoded is None:
        raise ValueError(f"speech-cleaner: {command[0]} wrote no WAV file")
    return resample(*decoded, RATE_HZ)


def _noise(length: int, speech: Sequence[Samples], chance: np.random.Generator) -> np.ndarray:
    """White, coloured, or several people talking."""
    kind = chance.integers(3)
    if kind < 2:
        white = chance.normal(size=length)
        return white if kind == 0 else _filtered(white, chance, spread=1.0, slope=chance.uniform(0.0, 1.0))
    babble = np.zeros(length)
    for _ in range(chance.integers(3, 9)):
        voice = speech[chance.integers(len(speech))]
        babble += np.roll(np.resize(voice, length), chance.integers(length)) / (voice.std() + 1e-6)
    return babble


def _filtered(sound: np.ndarray, chance: np.random.Generator, *, spread: float, slope: float = 0.0) -> np.ndarray:
    """A random smooth equaliser: log gain normal with deviation `spread` at eight frequencies, and f^-slope."""
    spectrum = np.fft.rfft(sound)
    place = np.linspace(0.002, 1.0, len(spectrum))
    bend = np.interp(place, np.linspace(0.0, 1.0, 8), chance.normal(0.0, spread, 8))
    return np.fft.irfft(spectrum * place**-slope * np.exp(bend), len(sound))
