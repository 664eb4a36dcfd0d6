"""PocketSphinx: the embedded engine. English, no network, no GPU; it expects wishes about photos and little else.

The acoustic model comes with the package; the language model and the pronunciations in models/speech are made from
our instruction corpus by `python -m controllable train speech`, the noise reduction by `… train speech-cleaner`.
"""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from controllable.bundled import BUNDLED
from controllable.instruction.speech.audio import Samples
from controllable.instruction.speech.cleaning import Cleaner
from controllable.instruction.speech.recognizer import Transcript
from controllable.instruction.speech.spoken import typed

SPEECH = BUNDLED / "speech"
FILES = ("commands.lm", "commands.dict", "cleaner.safetensors")
SETTINGS: dict[str, Any] = {"lw": 6.5}
"""PocketSphinx's own options, set on tests/data/commands_dev.txt."""


class PocketSphinx:
    """`transcribe` one utterance at a time; calls from other threads wait."""

    def __init__(self, folder: Path) -> None:
        try:
            from pocketsphinx import Decoder, get_model_path
        except ImportError:
            raise ValueError("engine: pocketsphinx is not installed; pip install 'pocketsphinx>=5'") from None

        model, dictionary, cleaner = (str(folder / name) for name in FILES)
        acoustic = get_model_path("en-us/en-us")
        self._decoder = Decoder(hmm=acoustic, lm=model, dict=dictionary, loglevel="FATAL", **SETTINGS)
        self._cleaner = Cleaner.from_pretrained(Path(cleaner))
        self._busy = threading.Lock()

    @classmethod
    def from_pretrained(cls, folder: str | Path | None = None) -> "PocketSphinx":
        """A folder with the three files; the bundled one when None."""
        folder = SPEECH if folder is None else Path(folder)
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ValueError(f"model: {folder} has no {missing[0]}; README, section Speak, says how it is made")
        return cls(folder)

    def transcribe(self, samples: Samples) -> Transcript:
        """samples: (N,) float32, mono, 16 kHz; the whole utterance at once, so that its own mean normalises it."""
        cleaned = self._cleaner.clean(samples)
        loudest = float(np.abs(cleaned).max(initial=1e-6))
        data = (cleaned * (0.7 / loudest) * 32767.0).astype("<i2").tobytes()
        with self._busy:
            self._decoder.start_utt()
            self._decoder.process_raw(data, False, True)
            self._decoder.end_utt()
            found = self._decoder.hyp()
            if found is None or not found.hypstr:
                return Transcript(text="", confidence=0.0)
            words, confidence = found.hypstr, float(self._decoder.get_logmath().exp(int(found.prob)))
        return Transcript(text=typed(words), confidence=min(1.0, confidence))
