"""Shared by the tests of the batch stage: a folder of small photos, one of them damaged."""

from pathlib import Path

import pytest

from controllable import Enhancer, Instruction, Task
from controllable.batch import Journal, Settings, Worker
from tests.photo import draw_photo

DENOISE = Instruction(prompt="denoise", tasks={Task.NOISE: 1.0})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """a.jpg and a.png, sub/b.webp, broken.jpg, and files that are no photos."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for seed, name in enumerate(("a.jpg", "a.png", "sub/b.webp")):
        draw_photo(96, 64, seed=seed).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xffhello")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    return folder


def settings(**options: object) -> Settings:
    return Settings(**{"instruction": DENOISE, "force": True, **options})  # type: ignore[arg-type]


def worker(enhancer: Enhancer, journal: Journal, chosen: Settings) -> Worker:
    return Worker(enhancer, chosen, journal.work, journal.report)
