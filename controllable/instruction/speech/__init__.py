"""Speech → words: a recording is read, cut to its speech, cleaned and recognised; the parser does the rest."""

from controllable.instruction.speech.audio import RATE_HZ, load_audio
from controllable.instruction.speech.recognizer import ENGINES, Recognizer, Transcript, load_recognizer, recognize

__all__ = ["ENGINES", "RATE_HZ", "Recognizer", "Transcript", "load_audio", "load_recognizer", "recognize"]
