"""The engine of a batch: what is not done yet is done, one photo after another, each at once written down.

One engine serves the command line, the page's tab and a cluster: they differ in who does the work.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from controllable.batch.journal import Journal, Row
from controllable.batch.plan import Item

Do = Callable[[Sequence[Item]], Iterable[Row]]
"""Items → their rows, in any order, each as soon as it is done."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One photo is over with. row: its row; again: from an earlier run; done: photos so far, of `total`; left_s: about
    how long the rest takes."""

    row: Row
    again: bool
    done: int
    total: int
    left_s: float


def run(items: Sequence[Item], journal: Journal, do: Do) -> Iterator[Step]:
    """A Step for each photo, first for those that an earlier run is done with. `journal` has been entered.

    Whoever stops iterating stops the batch; it can go on at any time. Raises what `do` raises, and OSError.
    """
    known = {item.name: row for item in items if (row := journal.finished(item.name, item.source)) is not None}
    for done, row in enumerate(known.values(), 1):
        yield Step(row=row, again=True, done=done, total=len(items), left_s=0.0)
    todo = [item for item in items if item.name not in known]
    clock = _Clock(todo)
    for done, row in enumerate(do(todo), len(known) + 1):
        journal.add(row)
        yield Step(row=row, again=False, done=done, total=len(items), left_s=clock.left_s(row["file"]))


class _Clock:
    """Files of twice the bytes are taken to need twice the time: their pixels are not known before they are read."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.bytes = {item.name: _bytes(item) for item in items}
        self.all, self.done, self.started = sum(self.bytes.values()), 0, time.perf_counter()

    def left_s(self, name: str) -> float:
        self.done += self.bytes.get(name, 0)
        took_s = time.perf_counter() - self.started
        return took_s * (self.all - self.done) / max(1, self.done)


def _bytes(item: Item) -> int:
    try:
        return max(1, item.source.stat().st_size)
    except OSError:
        return 1
