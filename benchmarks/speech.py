"""How well spoken wishes are understood: flite says them, the recogniser writes them down, the parser reads both.

    python -m benchmarks.speech [--data tests/data/commands.txt] [--engine pocketsphinx] [--model NAME] [--errors]

A transcript is right word for word when it has the same words as the text once numbers are in words and spelling is
American. An instruction is exact when the transcript and the text give the same tasks, strengths within 0.11, scale,
region, auto, keep, and whether it is refused. Noise: 10 dB below the speech, mean power over the whole recording;
babble is six flite voices that say other sentences.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from controllable.instruction.instruction import Instruction  # noqa: E402
from controllable.instruction.parser import InstructionParser  # noqa: E402
from controllable.instruction.speech import ENGINES, RATE_HZ, load_recognizer  # noqa: E402
from controllable.instruction.speech.audio import Samples, find_speech, read_wav, resample  # noqa: E402
from controllable.instruction.speech.spoken import said  # noqa: E402

VOICES = ("slt", "rms", "awb")
CONDITIONS = ("clean", "white 10 dB", "babble 10 dB")
SNR_DB = 10.0
STRENGTH_TOLERANCE = 0.11
BABBLE = (
    "the weather was lovely by the river on sunday",
    "she sold seven green apples at the market",
    "when the train arrived nobody was waiting",
    "he told me about the meeting in the afternoon",
    "we should buy some bread and cheese for dinner",
    "my brother plays the guitar every evening",
)
TALKERS = 6


def speak(text: str, voice: str) -> Samples:
    """text, said by one of flite's voices: (N,) float32 at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        try:
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
        except FileNotFoundError:
            raise SystemExit("flite is missing: apt-get install flite") from None
        decoded = read_wav(path)
        assert decoded is not None
        return resample(*decoded, RATE_HZ)


def disturb(speech: Samples, condition: str, talkers: Sequence[Samples], chance: np.random.Generator) -> Samples:
    """speech with the condition's noise, scaled down where it would clip."""
    if condition == "clean":
        return speech
    if condition.startswith("white"):
        noise = chance.normal(size=len(speech))
    else:
        noise = np.zeros(len(speech))
        for talker in chance.choice(len(talkers), TALKERS, replace=False):
            voice = np.roll(np.resize(talkers[talker], len(speech)), chance.integers(len(speech)))
            noise += voice / voice.std()
    gain = np.sqrt(np.square(speech).mean() / np.square(noise).mean() / 10.0 ** (SNR_DB / 10.0))
    noisy = speech + gain * noise
    return (noisy / max(1.0, float(np.abs(noisy).max()))).astype(np.float32)


def same_instruction(one: Instruction, other: Instruction) -> bool:
    """Whether two prompts ask for the same."""
    if one.refused is not None or other.refused is not None:
        return one.refused is not None and other.refused is not None
    return (
        set(one.tasks) == set(other.tasks)
        and all(abs(one.tasks[task] - other.tasks[task]) <= STRENGTH_TOLERANCE for task in one.tasks)
        and (one.scale, one.region, one.auto, set(one.keep)) == (other.scale, other.region, other.auto, set(other.keep))
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "tests/data/commands.txt", help="one command a line")
    parser.add_argument("--engine", choices=ENGINES, default="pocketsphinx")
    parser.add_argument("--model", help="folder or checkpoint of the engine")
    parser.add_argument("--clip", type=Path, default=ROOT / "models/clip", help="folder of the instruction parser")
    parser.add_argument("--every", type=int, default=1, help="take every N-th command only, for a quick look")
    parser.add_argument("--errors", action="store_true", help="print what was misheard; only for development lists")
    arguments = parser.parse_args(argv)
    commands = [line for line in arguments.data.read_text(encoding="utf-8").splitlines() if line.strip()]
    commands = commands[:: arguments.every]
    recognizer = load_recognizer(arguments.engine, arguments.model)
    reader = InstructionParser.from_pretrained(arguments.clip)
    meant = {command: reader.parse(command) for command in commands}
    talkers = [speak(text, voice) for text in BABBLE for voice in VOICES]

    print(f"{len(commands)} commands a voice; word for word / exact instruction")
    print("| condition | " + " | ".join(VOICES) + " | all |\n|---|" + "---|" * (len(VOICES) + 1), flush=True)
    spoken_s = worked_s = 0.0
    for condition in CONDITIONS:
        cells = []
        for voice in VOICES:
            chance = np.random.default_rng(0)
            words = right = 0
            for command in commands:
                recording = disturb(speak(command, voice), condition, talkers, chance)
                started = time.process_time()
                heard = recognizer.transcribe(find_speech(recording, RATE_HZ)).text
                worked_s += time.process_time() - started
                spoken_s += len(recording) / RATE_HZ
                exact = bool(heard) and same_instruction(reader.parse(heard), meant[command])
                words, right = words + (said(heard) == said(command)), right + exact
                if arguments.errors and said(heard) != said(command):
                    print(f"{condition} {voice}: {command!r} -> {heard!r}{'' if exact else '   WRONG'}")
            cells.append((words / len(commands), right / len(commands)))
        cells.append((sum(cell[0] for cell in cells) / len(VOICES), sum(cell[1] for cell in cells) / len(VOICES)))
        row = " | ".join(f"{words:.0%} / {exact:.0%}" for words, exact in cells)
        print(f"| {condition} | {row} |", flush=True)
    print(f"{worked_s / spoken_s:.2f} s of processor time for a second of speech")


if __name__ == "__main__":
    main()
