"""Budget: how much memory the work may take, how a shortage is recognised, and what is done about one."""

import contextvars
import ctypes
import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

T = TypeVar("T")
SETTING = "CONTROLLABLE_MEMORY_MB"
"""Environment variable: megabytes for computing and remembering, beside the models and the photos themselves."""
_SIGNS = (
    "out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "insufficient memory",
    "memory allocation", "failed to allocate", "bad_alloc", "could not create a primitive",
    "could not execute a primitive", "could not create a memory", "can't start new thread",
)  # fmt: skip
"""What torch, oneDNN, MKL, OpenCV and the C++ library say where no memory is left."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 2**20
_SPARE_BYTES, _MOST_SPARE_BYTES = 16 * 2**20, 48 * 2**20
"""Left over for what is small: generated code, stacks, lists."""
_thread = threading.local()
_CGROUP = Path("/sys/fs/cgroup")


class OutOfMemory(ValueError):
    """Not even the smallest piece of work fits; one sentence."""

    def __init__(self) -> None:
        super().__init__(f"memory: there is not enough for this photo; free some, raise {SETTING} or try a smaller one")


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that memory ran out, whichever library says it."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return not isinstance(error, ValueError) and any(sign in str(error).lower() for sign in _SIGNS)


def attempt(compute: Callable[[], T], needed_bytes: float = 0.0) -> tuple[T] | None:
    """What `compute` gives, or None where memory ran out; all it had allocated is free again by then.

    needed_bytes: about what it allocates at once; where that cannot be had, it does not begin. For a shortage on the
    way costs more than time: oneDNN's code generator remembers it for as long as its thread lives, and fails ever
    after. So once memory ran out in a thread, what it computes is computed in others.
    """
    spoiled, begun = getattr(_thread, "spoiled", False), False
    try:
        if needed_bytes > 0.0 or spoiled:
            spare_bytes = min(_MOST_SPARE_BYTES, _SPARE_BYTES + int(needed_bytes / 2))
            torch.empty(max(0, int(needed_bytes) - _free_bytes()) + spare_bytes, dtype=torch.uint8)
        begun = True
        return (_elsewhere(compute) if spoiled else compute(),)
    except Exception as error:
        if not is_shortage(error):
            raise
    _thread.spoiled = spoiled or begun
    if mallopt := _c_function("mallopt"):
        mallopt(_M_ARENA_MAX, 1)  # threads that are made from now on reserve no 64 MB each for their small blocks
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)  # what is larger goes back when it is freed, and leaves no holes
    gc.collect(1)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def tried(compute: Callable[[], T], relieve: Callable[[], None] = lambda: None) -> T:
    """What `compute` gives, at once or after `relieve` made room. Raises OutOfMemory where that was not enough."""
    for _ in range(2):
        done = attempt(compute)
        if done is not None:
            return done[0]
        relieve()
    raise OutOfMemory


class _Mallinfo(ctypes.Structure):
    """What `mallinfo2` of the GNU C library gives, in its order."""

    _fields_ = [
        (name, ctypes.c_size_t) for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _c_function(name: str) -> Any:
    """A function of the C library that runs this process; None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None


def _free_bytes() -> int:
    """What this process has from the system and does not use; 0 where the C library cannot say."""
    read = _c_function("mallinfo2")
    if read is None:
        return 0
    read.restype = _Mallinfo
    return int(read().fordblks)


def _elsewhere(compute: Callable[[], T]) -> T:
    """In a thread of its own, with the context of this one."""
    made: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        torch.get_num_threads()  # makes the number that was set for the process that of this thread, too
        try:
            made.append(compute())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if failed:
        raise failed.pop()
    return made[0]


def setting(name: str, default: int) -> int:
    """A whole number above 0 from the environment."""
    given = os.environ.get(name, "").strip()
    if given and not (given.isdecimal() and int(given) > 0):
        raise ValueError(f"{name}: {given!r} is not a whole number above 0")
    return int(given) if given else default


def budget_bytes(device: torch.device | None = None) -> int:
    """`SETTING`, or half of the memory of this machine or container; no more than is free now."""
    if given := setting(SETTING, 0):
        return given * 2**20
    if device is not None and device.type == "cuda":
        free, whole = torch.cuda.mem_get_info(device)
        reusable = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return min(whole // 2, free + reusable)
    table = _table(Path("/proc/meminfo"))
    whole, free = table.get("MemTotal:", 2**23) * 1024, table.get("MemAvailable:", 2**23) * 1024
    most, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    if most is not None and used is not None and most < whole:
        whole, free = most, min(free, most - used + _table(_CGROUP / "memory.stat").get("inactive_file", 0))
    return max(0, min(whole // 2, free))


def _table(path: Path) -> dict[str, int]:
    """Names → numbers, as the kernel lists them; nothing where it does not."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0]: int(line[1]) for line in lines if len(line) > 1 and line[1].isdecimal()}


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
