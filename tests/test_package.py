"""What is handed out beside the source: the wheel, the container file, the front matter, the cards of the models."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, SpaceCard

from controllable.bundled import BUNDLED

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("controllable", "models"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [
        *pip,
        "wheel",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "-w",
        str(folder / "out"),
        str(folder),
    ]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "out").iterdir()
    return built


def test_the_wheel_carries_every_module_every_model_and_the_pages_files(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    own = {str(path.relative_to(ROOT)) for path in (ROOT / "controllable").rglob("*") if path.is_file()}
    own = {name for name in own if "__pycache__" not in name}
    models = {f"controllable/bundled_models/{path.relative_to(BUNDLED)}" for path in BUNDLED.glob("*/*")}
    assert own | models <= held


def test_installed_elsewhere_it_finds_its_models_and_says_what_it_needs(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "controllable", "understand", "denoise"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
    )  # fmt: skip
    assert done.returncode == 0 and "noise" in done.stdout, done.stderr
    (info,) = (tmp_path / "site").glob("*.dist-info")
    needed = re.findall(r"^Requires-Dist: (.+)$", (info / "METADATA").read_text(), re.MULTILINE)
    asked = [line for line in (ROOT / "requirements.txt").read_text().split("\n") if line]
    assert len([line for line in needed if "extra ==" not in line]) == len(asked)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert all(any(f'extra == "{name}"' in line for line in needed) for name in extras)
    assert "controllable-page = controllable.app.__main__:main" in (info / "entry_points.txt").read_text()


def _instructions() -> list[tuple[str, str]]:
    """The Dockerfile's (INSTRUCTION, rest), lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def test_the_containers_file_copies_what_exists_and_what_is_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [source for word, rest in _instructions() if word == "COPY" for source in rest.split()[:-1]]
    assert {"app.py", "models", "controllable", "requirements.txt", "packages.txt"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists() and any(fnmatch(source, name) for name in allowed), source
    assert {path.name for path in ROOT.iterdir() if path.name in allowed} == set(allowed)


def test_the_containers_file_is_well_formed_and_ends_as_nobody_with_a_check_of_health() -> None:
    words = [word for word, _ in _instructions()]
    known = {"FROM", "ARG", "COPY", "RUN", "WORKDIR", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert set(words) <= known and words[0] == "FROM" and words[-1] == "CMD"
    said = dict(_instructions())
    assert said["USER"] == "user" and words.index("USER") < words.index("CMD") and said["EXPOSE"] == "7860"
    assert "HF_HUB_OFFLINE=1" in said["ENV"] and "urlopen" in said["HEALTHCHECK"]
    for word, rest in _instructions():
        if word == "RUN":
            assert subprocess.run(["sh", "-n", "-c", rest]).returncode == 0
    check = re.search(r'CMD \["python", "-c", "(.+)"\]', said["HEALTHCHECK"])
    assert check is not None
    compile(check[1], "HEALTHCHECK", "exec")


def test_the_front_matter_is_what_spaces_accept() -> None:
    card = SpaceCard.load(ROOT / "README.md").data.to_dict()
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert card["sdk"] == "gradio" and (ROOT / card["app_file"]).is_file() and card["license"] == "apache-2.0"
    assert {card["colorFrom"], card["colorTo"]} <= colours and len(card["short_description"]) <= 60
    assert card["python_version"] == "3.12.12" and card["suggested_hardware"] in ("cpu-basic", "zero-a10g")
    needed = (ROOT / "requirements.txt").read_text()
    low = re.search(r"^gradio\[mcp\]>=([\d.]+),<(\d+)$", needed, re.MULTILINE)
    assert low is not None and str(card["sdk_version"]).startswith(low[1])
    assert re.search(r"^torch>=2\.11$", needed, re.MULTILINE)  # ZeroGPU's newest is 2.11


@pytest.mark.parametrize("card", sorted(BUNDLED.glob("*/README.md")), ids=lambda path: path.parent.name)
def test_every_models_card_says_its_licence_task_and_library(card: Path) -> None:
    data = ModelCard.load(card).data
    assert data.license == "apache-2.0" and data.library_name and data.tags
    assert data.pipeline_tag in {
        "image-to-image", "image-feature-extraction", "automatic-speech-recognition", "zero-shot-image-classification",
    }  # fmt: skip


def test_every_models_folder_has_a_card() -> None:
    assert all((folder / "README.md").is_file() for folder in BUNDLED.iterdir() if folder.is_dir())
