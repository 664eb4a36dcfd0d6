"""16 bits a channel, in files that other programs made."""

import io
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from benchmarks.fidelity import read_back
from benchmarks.hostile_files import chunk, png
from controllable.image.encode import save
from controllable.image.picture import load

BGR = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}


def values(channels: int, height: int = 37, width: int = 53) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 65536, (height, width, channels), dtype=np.uint16)


def shown(path: Path) -> np.ndarray:
    """(H, W, C) as loaded; of a grey picture one colour."""
    picture = load(path)
    array = picture.array(torch.uint16)
    assert picture.depth == 16 and picture.planes.dtype == torch.uint16
    return array[..., [0, 3][: array.shape[2] - 2]] if picture.grey else array


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_bit_of_a_deep_file_is_read(tmp_path: Path, channels: int, suffix: str) -> None:
    cv2.imwrite(str(tmp_path / f"a{suffix}"), values(channels)[..., BGR[channels]])
    assert np.array_equal(shown(tmp_path / f"a{suffix}"), values(channels))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "how",
    [
        {}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}, {"byteorder": ">"},
        {"byteorder": ">", "compression": "zlib", "predictor": True}, {"rowsperstrip": 5},
    ],
)  # fmt: skip
def test_every_bit_of_a_deep_tiff_is_read_however_it_is_stored(
    tmp_path: Path, channels: int, how: dict[str, Any]
) -> None:
    write(tmp_path / "a.tif", values(channels), **how)
    assert np.array_equal(shown(tmp_path / "a.tif"), values(channels))


def write(path: Path, array: np.ndarray, **how: Any) -> None:
    channels = array.shape[2]
    photometric = how.pop("photometric", "minisblack" if channels < 3 else "rgb")
    tifffile.imwrite(
        path, array[..., 0] if channels == 1 else array, photometric=photometric,
        extrasamples=how.pop("extrasamples", ["unassalpha"]) if channels in (2, 4) else None,
        planarconfig=how.pop("planarconfig", "contig") if channels > 1 else None, metadata=None, **how,
    )  # fmt: skip


def test_grey_with_alpha_of_16_bits_is_read_from_png(tmp_path: Path) -> None:
    array = values(2)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    (tmp_path / "a.png").write_bytes(png(53, 37, 16, 4, rows))
    assert np.array_equal(shown(tmp_path / "a.png"), array)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_colour_of_a_deep_png_is_one_of_16_bits(tmp_path: Path, channels: int) -> None:
    array = values(channels)
    array[5, 7], array[5, 8] = 0x1234, 0x1235
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    key = chunk(b"tRNS", b"\x12\x34" * channels)
    (tmp_path / "a.png").write_bytes(png(53, 37, 16, {1: 0, 3: 2}[channels], rows, key))
    made = shown(tmp_path / "a.png")
    assert made[5, 7, -1] == 0 and made[5, 8, -1] == 65535 and np.array_equal(made[..., :-1], array)


def test_white_may_be_zero_and_alpha_multiplied_into_the_colours(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", values(1), photometric="miniswhite")
    assert np.array_equal(shown(tmp_path / "a.tif"), 65535 - values(1))
    array = values(4)
    array[..., 3] = 32768
    array[..., :3] //= 2
    write(tmp_path / "b.tif", array, extrasamples=["assocalpha"])
    assert np.abs(shown(tmp_path / "b.tif")[..., :3].astype(int) - 2 * array[..., :3].astype(int)).max() <= 2


def test_channels_that_are_stored_apart_are_refused_in_one_sentence(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((3, 8, 8), np.uint16), photometric="rgb", planarconfig="separate")
    with pytest.raises(ValueError, match="one after the other"):
        load(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (300, 1), (37, 53)])
def test_a_deep_picture_is_saved_for_other_programs(
    tmp_path: Path, channels: int, suffix: str, size: tuple[int, int]
) -> None:
    array = values(channels, *size)
    write(tmp_path / "a.tif", array)
    save(load(tmp_path / "a.tif"), tmp_path / f"b{suffix}")
    assert np.array_equal(read_back(tmp_path / f"b{suffix}"), array)
    assert np.array_equal(shown(tmp_path / f"b{suffix}"), array)


def test_pil_gets_8_bits_of_it(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", values(3))
    image = load(tmp_path / "a.tif").export()
    assert image.mode == "RGB" and np.abs(np.asarray(image) * 257.0 - values(3)).max() <= 129


@pytest.mark.parametrize("channels", [3, 4])
def test_arrays_and_tensors_are_saved_in_16_bits(tmp_path: Path, channels: int) -> None:
    array = values(channels)
    save(load(array), tmp_path / "a.png")
    assert np.array_equal(read_back(tmp_path / "a.png"), array)
    tensor = torch.from_numpy(array[..., :3] / np.float32(65535)).permute(2, 0, 1)[None]
    save(load(tensor), tmp_path / "b.tif")
    assert np.array_equal(read_back(tmp_path / "b.tif"), array[..., :3])


def test_floats_of_a_tiff_are_rounded_to_16_bits_and_it_is_said(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)).save(tmp_path / "a.tif")
    picture = load(tmp_path / "a.tif")
    assert picture.depth == 16 and picture.grey and picture.notes == ("Its values were rounded to 16 bits.",)
    Image.fromarray(np.full((4, 5), 2.0, np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        load(tmp_path / "b.tif")


def test_whole_numbers_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        load(Image.fromarray(np.full((4, 4), 70_000, np.int32)))
    assert load(Image.fromarray(np.full((4, 4), 60_000, np.int32))).depth == 16


def test_an_adam7_png_of_16_bits_is_read(tmp_path: Path) -> None:
    array = values(3, 8, 8)
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.astype(">u2").tobytes()
        for top, left, down, right in starts
        for row in array[top::down, left::right]
    )
    head = (8).to_bytes(4, "big") * 2 + bytes([16, 2, 0, 0, 1])
    stream = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    stream.seek(8)
    for kind, content in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        stream.write(chunk(kind, content))
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    assert np.array_equal(shown(tmp_path / "a.png"), array)
