"""The degradations beside kornia's, for tiny pictures: the comparison is of equals."""

import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("kornia")

from benchmarks import degradation_speed
from controllable.degradation.lens import GAUSSIAN
from controllable.networks.degrader import Degrader
from tests.benchmarks.test_images import cells

EQUAL = {"Gaussian blur", "motion blur, filter2d", "motion blur, fft_conv", "gain and saturation", "guided filter"}


def test_the_same_operators_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    threads = torch.get_num_threads()
    degradation_speed.measure(torch.device("cpu"), batch=2, side=64, severity=0.4, threads=threads, runs=1)
    names, _, *rows = cells(capsys.readouterr().out)
    assert [row[0] for row in rows] == list(degradation_speed.ROWS)
    for name, theirs, *ours in rows:
        assert len(ours) == len(names) - 2 == 6
        assert all(float(rate) > 0.0 for rate in ours[::3])
        if name == "haze":
            assert {theirs, ours[1], ours[2]} == {"–"}
            continue
        assert float(theirs) > 0.0
        for apart in ours[2::3]:
            mean, largest = (float(part.strip("()")) for part in apart.split())
            assert mean < (0.001 if name in EQUAL else 6.0)
            assert largest < (0.05 if name in EQUAL else 100.0)


def test_a_learned_degrader_is_timed_beside_the_operators_of_its_frame(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Degrader(backbone="resnet", width=4, blocks=1, photos=1, title="One photo").save_pretrained(tmp_path)
    threads = torch.get_num_threads()
    degradation_speed.measure(torch.device("cpu"), 2, 64, 0.4, threads, 1, learned=tmp_path)
    names, _, *rows = cells(capsys.readouterr().out)
    assert rows[-1][0] == "learned" and len(rows[-1]) == len(names)
    assert all(float(value) > 0.0 for value in rows[-1][1:4])


def test_without_kornia_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kornia", None)
    params = degradation_speed.parameters(1, 0.5, GAUSSIAN)
    with pytest.raises(SystemExit, match="kornia is not installed: pip install"):
        degradation_speed.theirs(params, params, torch.device("cpu"))
