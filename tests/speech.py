"""Speech for the tests: flite says it. A missing program fails the test that needs it."""

import shutil
import subprocess
from pathlib import Path

import pytest


def say(text: str, path: Path, voice: str = "slt") -> Path:
    """Write `text`, spoken, as a 16-bit WAV file at 16 kHz."""
    need("flite")
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
    return path


def convert(source: Path, target: Path, *options: str) -> Path:
    """Re-encode with ffmpeg, by the target's suffix."""
    need("ffmpeg")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.fail(f"{program} is not installed: apt-get install {program}")
