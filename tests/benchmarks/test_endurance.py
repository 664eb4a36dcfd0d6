"""Small versions of what lasts long: the same code, for seconds."""

import os
import tempfile

import numpy as np
import pytest

from benchmarks import endurance
from benchmarks.endurance_memory import TEMP_MB
from benchmarks.endurance_server import BITS, marked, read_mark
from tests.photo import draw_photo


def last_row(capsys: pytest.CaptureFixture[str]) -> list[str]:
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    return [cell.strip() for cell in rows[-1].strip("|").split("|")]


def test_a_photo_says_whose_it_is_and_another_one_does_not() -> None:
    for number in (0, 1, 99, 2**BITS - 1):
        assert read_mark(marked(number)) == number
    assert read_mark(draw_photo(192, 96)) != 5


def test_a_few_users_are_served_their_own_photos(capsys: pytest.CaptureFixture[str]) -> None:
    assert endurance.main(["--part", "users", "--users", "3", "--minutes", "0.1", "--port", "7938"]) == 0
    users, _, served, _, failed, crossed, errors, *_ = last_row(capsys)
    assert (users, failed, crossed, errors) == ("3", "0", "0", "0") and int(served) >= 3


def test_a_few_runs_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(os.environ), tempfile.gettempdir()
    endurance.main(["--part", "runs", "--times", "40"])
    assert (dict(os.environ), tempfile.gettempdir()) == before
    runs, *megabytes = last_row(capsys)
    assert runs == "40" and all(np.isfinite(float(value)) for value in megabytes)
    assert 0 < float(megabytes[-1]) <= TEMP_MB


def test_a_few_cancels_leave_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    assert endurance.main(["--part", "cancels", "--times", "3", "--port", "7939"]) == 0
    assert last_row(capsys)[0] == "3"


def test_memory_that_runs_out_is_survived_and_the_picture_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert endurance.main(["--part", "oom", "--times", "1"]) == 0
    *_, outcome, divided, most, _ = last_row(capsys)
    assert outcome == "whole" and int(divided) > 0 and int(most) <= 1
