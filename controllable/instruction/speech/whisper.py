"""Whisper and its like: any checkpoint that transformers' automatic-speech-recognition pipeline reads.

Multilingual, far more words than the embedded engine, and a download of its own; nothing of it is loaded before use.
"""

import threading
from typing import Any

from controllable.instruction.speech.audio import RATE_HZ, Samples
from controllable.instruction.speech.recognizer import Transcript

DEFAULT = "openai/whisper-base"
CHUNK_S = 30
"""Whisper hears 30 s at once; longer recordings are read in pieces."""


class Whisper:
    """Wraps a pipeline; calls from other threads wait."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._busy = threading.Lock()

    @classmethod
    def from_pretrained(cls, model: str | None = None) -> "Whisper":
        """model: a folder or a hub name, such as openai/whisper-small. ValueError when it cannot be loaded."""
        name = model or DEFAULT
        try:
            from transformers import pipeline

            return cls(pipeline("automatic-speech-recognition", model=name))
        except ImportError as error:
            raise ValueError(f"engine: transformers cannot recognise speech here ({_first_line(error)})") from None
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ValueError(f"model: {name} cannot be loaded as a speech recogniser ({_first_line(error)})") from None

    def transcribe(self, samples: Samples) -> Transcript:
        """samples: (N,) float32, mono, 16 kHz."""
        options = {"chunk_length_s": CHUNK_S} if len(samples) > CHUNK_S * RATE_HZ else {}
        with self._busy:
            found = self._pipeline({"raw": samples, "sampling_rate": RATE_HZ}, **options)
        return Transcript(text=" ".join(found["text"].split()))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")
