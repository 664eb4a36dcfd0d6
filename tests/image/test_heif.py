import builtins
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controllable.image.heif import heif_array
from controllable.image.picture import load


def test_without_the_package_one_sentence_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pi_heif":
            raise ImportError
        return kept(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "a.heic").write_bytes(struct.pack(">L", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(ValueError, match="pi-heif"):
        load(tmp_path / "a.heic")


def test_damaged_heif_gives_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif")
    (tmp_path / "a.heic").write_bytes(struct.pack(">L", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(ValueError, match="damaged or cut short"):
        load(tmp_path / "a.heic")


class Opened:
    """What pi-heif hands over: an array interface and a mode."""

    def __init__(self, values: np.ndarray, mode: str) -> None:
        self.__array_interface__, self.mode = values.__array_interface__, mode
        self.values = values


@pytest.mark.parametrize(("bits", "largest"), [(10, 1023), (12, 4095)])
def test_ten_and_twelve_bits_fill_the_range_of_sixteen(bits: int, largest: int) -> None:
    values = np.array([[[0, 1, largest]]], np.uint16)
    made = heif_array(Opened(values, f"RGB;{bits}"))
    assert made.dtype == np.uint16 and made[0, 0, 0] == 0 and made[0, 0, 2] == 65535
    assert abs(int(made[0, 0, 1]) - 65535 / largest) < 1


def test_grey_with_alpha_becomes_rgba() -> None:
    made = heif_array(Opened(np.array([[[7, 200]]], np.uint8), "LA"))
    assert made.tolist() == [[[7, 7, 7, 200]]]
