"""A folder laid out as the public sets are, of small drawn pictures."""

from pathlib import Path

import pytest

from tests.photo import draw_photo, draw_portrait


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    for name in ("kodak", "set5", "set14"):
        (folder / name).mkdir()
        draw_photo(96, 72, 1).save(folder / name / "a.png")
    for name in ("face_london", "face_congress"):
        (folder / name).mkdir()
        draw_portrait(500, 400, 0).save(folder / name / "a.png")
    return folder
