import os
import subprocess
import sys

import pytest
import torch

from controllable.memory import Memory


def test_what_is_known_is_not_computed_again() -> None:
    memory, calls = Memory(10_000), []

    def compute() -> torch.Tensor:
        calls.append(1)
        return torch.ones(10)

    assert memory.get("a", compute) is memory.get("a", compute)
    assert len(calls) == 1


def test_the_least_recently_used_is_forgotten_first_and_the_bound_holds() -> None:
    memory = Memory(10_000)
    for key in ("a", "b"):
        memory.get(key, lambda: torch.ones(1000))
    memory.get("a", lambda: torch.zeros(1000))
    memory.get("c", lambda: torch.ones(1000))
    assert memory.get("a", lambda: torch.zeros(1000)).sum() == 1000, "a was used last but one"
    assert memory.get("b", lambda: torch.zeros(1000)).sum() == 0, "b was used least recently"


def test_what_is_too_large_is_computed_and_displaces_nothing() -> None:
    memory = Memory(5000)
    memory.get("small", lambda: torch.ones(1000))
    assert len(memory.get("large", lambda: torch.ones(5000))) == 5000
    assert memory.get("small", lambda: torch.zeros(1000)).sum() == 1000


@pytest.mark.parametrize("chosen", [None, "0"])
def test_pages_of_memory_are_large_unless_the_user_chose(chosen: str | None) -> None:
    name = "THP_MEM_ALLOC_ENABLE"
    environment = {key: value for key, value in os.environ.items() if key != name} | ({name: chosen} if chosen else {})
    script = f"import controllable, os; print(os.environ['{name}'])"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (chosen or "1")
