from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from benchmarks.fidelity import failures, read_back
from benchmarks.fidelity_cells import Cell, cells
from controllable import Enhancer, Instruction

SOME = list(cells(every=17))


@pytest.mark.parametrize("cell", SOME, ids=lambda cell: cell.name)
def test_a_file_comes_back_as_it_was_at_strength_0(enhancer: Enhancer, tmp_path: Path, cell: Cell) -> None:
    assert failures(enhancer, cell, tmp_path) == []


def test_the_check_notices_a_pixel_and_a_profile(enhancer: Enhancer, tmp_path: Path) -> None:
    cell = SOME[0]
    wrong = replace(cell, shown=cell.shown ^ 1, icc_profile=b"another")
    assert len(failures(enhancer, wrong, tmp_path)) == 2


@pytest.mark.parametrize("channels", [1, 3])
def test_a_deep_photo_is_worked_on_in_16_bits(enhancer: Enhancer, tmp_path: Path, channels: int) -> None:
    ramp = np.linspace(2000, 60_000, 96 * 64).reshape(64, 96, 1).repeat(channels, 2).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", ramp[..., 0] if channels == 1 else ramp, metadata=None)
    result = enhancer.enhance(tmp_path / "a.tif", Instruction(tone={"brightness": 0.1}))
    result.save(tmp_path / "b.png")
    made = read_back(tmp_path / "b.png")
    assert made.dtype == np.uint16 and made.shape == ramp.shape and len(np.unique(made)) > 5000
