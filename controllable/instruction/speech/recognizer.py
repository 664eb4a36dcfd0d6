"""Recognizer: the one interface of every speech engine, and how one is chosen."""

from dataclasses import dataclass
from typing import Protocol

from controllable.instruction.speech.audio import Samples

ENGINES = ("pocketsphinx", "transformers")


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """text: what was said, empty when nothing was understood; confidence: in [0, 1], None where the engine has none."""

    text: str
    confidence: float | None = None


class Recognizer(Protocol):
    """Speech → words. Implementations may be called from several threads."""

    def transcribe(self, samples: Samples) -> Transcript:
        """samples: (N,) float32, mono, 16 kHz, in [-1, 1]."""
        ...


def load_recognizer(engine: str = "pocketsphinx", model: str | None = None) -> Recognizer:
    """The embedded engine (English; model: a folder like models/speech) or any checkpoint of transformers.

    Raises ValueError, one sentence, for an unknown engine or a model that cannot be loaded.
    """
    if engine == "pocketsphinx":
        from controllable.instruction.speech.sphinx import PocketSphinx

        return PocketSphinx.from_pretrained(model)
    if engine == "transformers":
        from controllable.instruction.speech.whisper import Whisper

        return Whisper.from_pretrained(model)
    raise ValueError(f"engine: {engine!r} is not one of {', '.join(ENGINES)}")


def recognize(samples: Samples, recognizer: Recognizer, name: str = "the recording") -> Transcript:
    """What is said in `samples` (N,), as `load_audio` gives them. ValueError, one sentence, when that is nothing."""
    transcript = recognizer.transcribe(samples)
    if not transcript.text:
        raise ValueError(f"audio: no words were understood in {name}; speak clearly and close to the microphone")
    return transcript
