"""Conditions on measured quality: what they select, and what is no condition."""

import pickle

import pytest

from controllable.batch import Where
from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

QUALITY = QualityReport(severity=dict.fromkeys(TASKS, 0.5) | {Task.NOISE: 0.1, Task.LOW_LIGHT: 0.0}, score=40.0)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", True), ("   ", True), ("noise > 0.05", True), ("noise>0.1", False), ("noise>=0.1", True),
        ("noise<.2", True), ("noise<=0", False), ("low_light == 0", True), ("score != 40", False),
        ("NOISE > 0 AND Score < 50", True), ("noise > 0.3 or blur > 0.3", True),
        ("blur > 0.3 or noise > 0.3 and score > 90", True), ("(blur > 0.3 or noise > 0.3) and score > 90", False),
        ("not noise > 0.3", True), ("not (noise < 0.3 and blur < 0.6)", False), ("not not haze > 0.2", True),
    ],
)  # fmt: skip
def test_conditions_select_by_quality(condition: str, holds: bool) -> None:
    assert Where(condition)(QUALITY) is holds
    assert pickle.loads(pickle.dumps(Where(condition)))(QUALITY) is holds


@pytest.mark.parametrize(
    "condition",
    [
        "grain > 1", "noise", "noise >", "> 0.3", "noise > blur", "noise > 0.3 and", "and noise > 0.3",
        "noise > 0.3 blur", "noise > inf", "noise > 0x1",
        "noise > 3", "score > 101", "noise > -1", "noise => 1", "noise > 1e-3", "noise > nan",
        "(noise > 0.3", "noise > 0.3)", "()", "not", "noise > 0.3; import os", "__import__('os')", "noise.real > 0",
        "(" * 299, "(" * 100 + "noise > 0" + ")" * 101, "noise > 0 or " * 30,
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_sentence(condition: str) -> None:
    with pytest.raises(ValueError, match=r"^where: [^\n]{5,150}$"):
        Where(condition)
