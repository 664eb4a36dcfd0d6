"""Memory: what was computed of late, not to be computed again; bounded in bytes, and the first to be given up."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from torch import Tensor

from controllable.budget import budget_bytes, tried

T = TypeVar("T")
_SMALL = 1024
"""Bytes counted for a value that holds no tensor."""


class Memory:
    """The least recently used values are forgotten first. A key must say everything its value depends on, photos by
    their content: then nobody can be handed another's picture. Values are shared: never change one in place.

    most_bytes: no more than a quarter of the budget is taken, whatever is said here.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = min(most_bytes, budget_bytes() // 4)
        self._values: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of this key, computed now if it is not known; one too large to keep is only computed."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][1]
        value = self.spare(compute)
        self._keep(key, value, _bytes_of(value))
        return value

    def spare(self, compute: Callable[[], T]) -> T:
        """What `compute` gives; where memory runs out, everything remembered is given up and it is tried once more.

        Raises OutOfMemory where that was not enough.
        """
        return tried(compute, self.forget)

    def forget(self) -> None:
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def _keep(self, key: Hashable, value: object, size: int) -> None:
        if size > self.most_bytes:
            return
        with self._lock:
            self._bytes += size - self._values.pop(key, (0, None))[0]
            self._values[key] = (size, value)
            while self._bytes > self.most_bytes:
                self._bytes -= self._values.popitem(last=False)[1][0]


def _bytes_of(value: object) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, tuple):
        return sum(_bytes_of(part) for part in value)
    return int(getattr(value, "nbytes", _SMALL))
