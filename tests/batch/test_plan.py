"""What is to be done: which photos, and outputs that never share a name."""

from pathlib import Path

import numpy as np
import pytest

from controllable import Instruction, Task
from controllable.batch import find_photos, plan
from controllable.batch.plan import check_free
from tests.batch.conftest import settings


def outputs(names: list[str], rows: dict | None = None, **options: object) -> list[str]:
    return [item.output for item in plan({name: Path(name) for name in names}, settings(**options), rows)]


def test_photos_are_found_below_a_folder_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    assert list(find_photos(photos, tmp_path / "out")) == ["a.jpg", "a.png", "broken.jpg", "sub/b.webp"]
    assert "sub/b.webp" not in find_photos(photos, tmp_path / "out", recursive=False)
    for folder, out in ((photos, photos / "out"), (photos / "sub", photos), (photos, photos)):
        with pytest.raises(ValueError, match="must not lie in one another"):
            find_photos(folder, out)
    for folder in (tmp_path / "nowhere", photos / "notes.txt"):
        with pytest.raises(ValueError, match="is not a folder"):
            find_photos(folder, tmp_path / "out")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ValueError, match="no photo"):
        find_photos(tmp_path / "bare", tmp_path / "out")


def test_names_that_would_collide_get_outputs_of_their_own() -> None:
    assert outputs(["a.jpg", "b.jpg"]) == ["a.png", "b.png"]
    assert outputs(["a.jpg", "a.png", "x/a.png"]) == ["a.jpg.png", "a.png.png", "x/a.png"]
    assert outputs(["A.jpg", "a.tif"]) == ["A.jpg.png", "a.tif.png"]
    assert outputs(["a.jpg", "a.png"], suffix="-new", format="webp") == ["a.jpg-new.webp", "a.png-new.webp"]
    assert outputs(["a.jpg", "a.gif", "a.png"], format="same") == ["a.jpg", "a.gif.png", "a.png.png"]
    assert outputs(["a.jpg", "a.png", "a.jpg.gif"]) == ["a.jpg.png", "a.png.png", "a.jpg.gif.png"]
    many = outputs([f"{stem}.{end}" for stem in ("a", "a.jpg", "a.png") for end in ("jpg", "png", "gif")])
    assert len(set(map(str.casefold, many))) == 9


def test_what_was_made_keeps_its_name_when_photos_come_later() -> None:
    rows = {"a.png": {"status": "done", "output": "a.png"}, "c.jpg": {"status": "failed", "output": None}}
    assert outputs(["a.jpg", "a.png", "c.jpg"], rows) == ["a.jpg.png", "a.png", "c.png"]


def test_a_file_in_the_way_that_no_run_made_is_not_replaced(tmp_path: Path) -> None:
    items = plan({"a.jpg": Path("a.jpg")}, settings())
    check_free(items, tmp_path, {})
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(ValueError, match="not made by this batch"):
        check_free(items, tmp_path, {})
    check_free(items, tmp_path, {"a.jpg": {"output": "a.png"}})


def test_settings_are_checked_and_told_apart() -> None:
    for options, words in (
        ({"instruction": Instruction(refused="no hats")}, "no hats"),
        ({"instruction": Instruction()}, "nothing that can be done"),
        ({"instruction": Instruction(tasks={Task.NOISE: 1.0}, region="mask")}, "mask: there is none"),
        ({"strength": 2.0}, "strength"), ({"format": "bmp"}, "format"), ({"suffix": "../x"}, "suffix"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            settings(**options)
    grey = np.zeros((4, 6), np.uint8)
    different = [
        settings(), settings(strength=0.5), settings(gps=False), settings(mask=grey), settings(mask=grey.T.copy()),
        settings(weights="x"),
    ]  # fmt: skip
    assert len({str(sorted(one.to_dict().items())) for one in different}) == 6
