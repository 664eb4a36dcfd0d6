import pytest

from controllable.generation.strength import effective_strengths, gate
from controllable.instruction import Instruction
from controllable.quality import QualityReport
from controllable.task import TASKS, Task


def report(**severity: float) -> QualityReport:
    return QualityReport(severity={task: severity.get(task.value, 0.0) for task in TASKS}, score=50.0)


@pytest.mark.parametrize("task", TASKS)
def test_the_gate_rises_from_closed_to_open(task: Task) -> None:
    values = [gate(task, s / 100) for s in range(101)]
    assert values[0] == 0.0 and values[-1] == 1.0 and values == sorted(values)


def test_strength_is_request_times_slider_times_gate() -> None:
    wish = Instruction(tasks={Task.NOISE: 0.5})
    reason = effective_strengths(wish, report(noise=0.06), strength=0.8)[Task.NOISE]
    assert reason.effective == pytest.approx(0.5 * 0.8 * gate(Task.NOISE, 0.06))


def test_an_absent_flaw_is_left_alone_unless_forced() -> None:
    wish = Instruction(tasks={Task.NOISE: 1.0})
    assert effective_strengths(wish, report())[Task.NOISE].effective == 0.0
    assert effective_strengths(wish, report(), force=True)[Task.NOISE].effective == 1.0


def test_keep_wins_over_auto_and_over_naming() -> None:
    wish = Instruction(auto=True, tasks={Task.COLOR: 1.0}, keep=(Task.NOISE, Task.COLOR))
    reasons = effective_strengths(wish, report(noise=0.5, color=0.5, blur=0.5))
    assert set(reasons) == set(TASKS) - {Task.NOISE, Task.COLOR}
    assert reasons[Task.BLUR].effective == 1.0


def test_enlarging_never_waits_for_the_gate() -> None:
    assert effective_strengths(Instruction(scale=2), report())[Task.RESOLUTION].effective == 1.0


def test_a_general_wish_needs_more_evidence_than_a_named_task() -> None:
    photo = report(low_light=0.2, haze=0.2, color=0.2, noise=0.2)
    general = effective_strengths(Instruction(auto=True), photo)
    for task in (Task.LOW_LIGHT, Task.HAZE, Task.COLOR):
        named = effective_strengths(Instruction(tasks={task: 1.0}), photo)[task]
        assert general[task].effective < 0.9 < named.effective
    assert general[Task.NOISE].effective == 1.0
