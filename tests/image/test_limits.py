from pathlib import Path

import pytest
from PIL import Image

from controllable.image.decode import check_file
from controllable.image.limits import LIBRARY, PAGE, Limits, limits
from controllable.image.picture import load
from tests.photo import draw_photo


def test_the_environment_sets_both_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits() == LIBRARY and limits(PAGE) == PAGE and PAGE.pixels < LIBRARY.pixels
    monkeypatch.setenv("CONTROLLABLE_MAX_MB", "1.5")
    assert limits(PAGE) == Limits(file_bytes=3 * 2**19, pixels=PAGE.pixels)
    monkeypatch.setenv("CONTROLLABLE_MAX_MP", "200")
    assert limits().pixels == 200_000_000
    for nonsense in ("many", "-1", "0", "nan"):
        monkeypatch.setenv("CONTROLLABLE_MAX_MP", nonsense)
        with pytest.raises(ValueError, match="CONTROLLABLE_MAX_MP"):
            limits()


def test_a_file_too_large_is_refused_by_its_size_and_by_its_header(tmp_path: Path) -> None:
    draw_photo(60, 40).save(tmp_path / "a.png")
    size = (tmp_path / "a.png").stat().st_size
    for most, sentence in (
        (Limits(file_bytes=size - 1, pixels=2400), "MB are accepted"),
        (Limits(file_bytes=size, pixels=2399), "megapixels"),
    ):
        for read in (load, check_file):
            with pytest.raises(ValueError, match=sentence):
                read(tmp_path / "a.png", most)
    assert check_file(tmp_path / "a.png", Limits(file_bytes=size, pixels=2400)) == (40, 60)


def test_the_header_is_checked_without_decoding(tmp_path: Path) -> None:
    draw_photo(200, 150).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    assert check_file(tmp_path / "a.jpg", PAGE) == (150, 200)
    with pytest.raises(ValueError, match="damaged or cut short"):
        load(tmp_path / "a.jpg")


@pytest.mark.parametrize("what", ["folder", "missing"])
def test_what_is_no_file_gives_one_sentence(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=f"image: .*{what}"):
        load(tmp_path / what)


def test_a_long_side_is_refused(tmp_path: Path) -> None:
    Image.new("L", (70_000, 2)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="a side"):
        load(tmp_path / "a.png")
