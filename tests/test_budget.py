import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from controllable import budget
from controllable.budget import OutOfMemory, attempt, budget_bytes, is_shortage
from controllable.memory import Memory


@pytest.fixture(autouse=True)
def _own_thread_state() -> None:
    budget._thread.spoiled = False


def test_every_library_s_word_for_a_shortage_is_known() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_shortage(raised.value) and is_shortage(MemoryError()) and is_shortage(torch.OutOfMemoryError("CUDA"))
    assert is_shortage(RuntimeError("could not create a primitive"))
    assert not is_shortage(RuntimeError("sizes differ")) and not is_shortage(ValueError("out of memory"))


def test_a_shortage_frees_what_was_allocated_and_later_work_is_done_in_another_thread() -> None:
    held: list[int] = []

    def work() -> int:
        kept = torch.ones(1000)
        if not held:
            held.append(threading.get_ident())
            raise MemoryError
        return threading.get_ident() + 0 * int(kept[0])

    assert attempt(work) is None
    again = attempt(work)
    assert again is not None and again[0] != held[0], "oneDNN's generator fails for good in a thread that ran short"


def test_a_need_that_cannot_be_met_leaves_the_thread_as_it_was() -> None:
    assert attempt(lambda: pytest.fail("begun"), needed_bytes=2.0**60) is None
    assert attempt(threading.get_ident) == (threading.get_ident(),)


FREED_AFTER_A_SHORTAGE = """
import resource, torch
from controllable.budget import attempt

def reserved_bytes():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

torch.empty(2**24, dtype=torch.uint8)  # after it is freed, the C library keeps blocks of this size as holes
assert attempt(lambda: torch.empty(2**60)) is None
blocks = [torch.empty(2**22, dtype=torch.uint8) for _ in range(20)]
before = reserved_bytes()
del blocks[::2]
print(before - reserved_bytes())
"""


def test_what_is_freed_after_a_shortage_goes_back_to_the_system() -> None:
    """In a process of its own: in this one there may be holes from before that blocks fit in."""
    done = subprocess.run([sys.executable, "-c", FREED_AFTER_A_SHORTAGE], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 9 * 2**22


def test_memory_is_given_up_before_a_value_fails() -> None:
    memory, calls = Memory(10_000), []
    memory.get("old", lambda: torch.ones(100))

    def compute() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        return 7

    assert memory.get("new", compute) == 7
    assert memory.get("old", lambda: torch.zeros(100)).sum() == 0
    with pytest.raises(OutOfMemory):
        memory.get("never", lambda: torch.empty(2**60, dtype=torch.uint8))


def test_the_setting_is_the_budget_and_bounds_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROLLABLE_MEMORY_MB", "40")
    assert budget_bytes() == 40 * 2**20 and Memory(2**30).most_bytes == 10 * 2**20
    monkeypatch.setenv("CONTROLLABLE_MEMORY_MB", "many")
    with pytest.raises(ValueError, match="CONTROLLABLE_MEMORY_MB: 'many' is not a whole number above 0"):
        budget_bytes()
    monkeypatch.delenv("CONTROLLABLE_MEMORY_MB")
    assert budget_bytes() > 2**24


def test_a_container_s_limit_counts(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(str(tmp_path))
    for name, text in (
        ("memory.max", "1000000000"),
        ("memory.current", "700000000"),
        ("memory.stat", "inactive_file 100000000\n"),
    ):
        (folder / name).write_text(text)
    monkeypatch.setattr(budget, "_CGROUP", folder)
    monkeypatch.delenv("CONTROLLABLE_MEMORY_MB", raising=False)
    assert budget_bytes() == 400_000_000
    (folder / "memory.max").write_text("max\n")
    assert budget_bytes() > 500_000_000
