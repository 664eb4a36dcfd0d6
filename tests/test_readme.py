"""What the README tells people to type works as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from controllable.cli import main
from tests.photo import draw_photo

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def shown_block(language: str) -> str:
    found = re.findall(rf"<!-- tested:[^>]*-->\n```{language}\n(.*?)```", README, re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("line", shown_block("bash").strip().splitlines())
def test_every_command_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_photo(200, 160).save(tmp_path / "photo.jpg")
    (tmp_path / "photos").mkdir()
    draw_photo(80, 60).save(tmp_path / "photos" / "sea.jpg")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "controllable"]
    if "--replay" in words:  # of what the first line made
        main(shlex.split(shown_block("bash").strip().splitlines()[0])[3:])
    try:
        assert main(words[3:]) == 0
    except SystemExit as stop:
        assert stop.code == 0


def test_the_python_example_runs(tmp_path: Path) -> None:
    draw_photo(200, 160).save(tmp_path / "photo.jpg")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + shown_block("python")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result.png").exists()


def test_the_module_is_a_command() -> None:
    done = subprocess.run([sys.executable, "-m", "controllable", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "enhance" in done.stdout


def test_the_test_command_is_what_ci_runs() -> None:
    assert "bash run_tests.sh" in README and "bash run_tests.sh" in (ROOT / ".ci" / "run").read_text()


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
