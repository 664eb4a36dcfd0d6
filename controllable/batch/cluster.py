"""The same work on a Ray cluster: photos go through `ray.data` to as many workers as there is room for.

Every machine has this program, and the folders of photos and results at the same paths. Workers write outputs and small
pictures; rows come back to the driver, which alone writes the journal.
"""

import json
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from controllable.batch.journal import Journal, Row
from controllable.batch.plan import Item, Settings
from controllable.batch.work import Worker
from controllable.generation.expert import find_expert

LOCAL = "local"
STOP = "stop"
"""File in the folder of what is being written: workers begin no photo once it is there."""
_STORE_BYTES = 128 * 2**20
"""Of a local Ray's object store: rows are small, and no pixel goes through it."""
_MOST_BLOCKS = 10_000
_KNOCK_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """address: `LOCAL` starts a Ray on this machine alone, "auto", HOST:PORT or ray://HOST:PORT joins one that runs;
    workers: photos at a time, None for as many as its processors, or its GPUs if it has any; threads: of each worker.

    `with Cluster(...) as cluster: run(items, journal, cluster.work(...))`. Raises ValueError, with one sentence, if Ray
    is not installed or cannot be reached.
    """

    address: str = LOCAL
    workers: int | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 10_000:
                raise ValueError(f"{name}: {value} is outside [1, 10000]")

    def __enter__(self) -> "Cluster":
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported: nothing is sent to its makers
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        try:
            import ray
            import ray.data
        except ImportError:
            raise ValueError("ray: is not installed; pip install -r requirements-ray.txt") from None
        self._knock()
        local = {"num_cpus": self._cpus(), "object_store_memory": _STORE_BYTES, "include_dashboard": False}
        try:
            ray.init(
                self.address, log_to_driver=False, logging_level="error", configure_logging=True,
                **(local if self.address == LOCAL else {}),
            )  # fmt: skip
        except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as error:
            line = " ".join(str(error).split())[:200]
            raise ValueError(f"ray: no cluster can be reached at {self.address!r} ({line})") from None
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        ray.shutdown()

    def _knock(self) -> None:
        """Ray itself asks for many minutes where nobody answers."""
        host, colon, port = self.address.removeprefix("ray://").rpartition(":")
        if not colon:
            return
        try:
            socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
        except (OSError, ValueError, OverflowError) as error:
            raise ValueError(f"ray: nobody answers at {self.address!r} ({error})") from None

    def _cpus(self) -> int:
        """Of a local Ray."""
        return (self.workers or max(1, (os.cpu_count() or 1) // self.threads)) * self.threads

    def work(self, settings: Settings, models: Path, journal: Journal, stop: Event) -> "Work":
        """What `run` calls to have items done. models: folder of the models, at the same path on every machine."""
        return Work(cluster=self, settings=settings, models=models.resolve(), journal=journal, stop=stop)


@dataclass(frozen=True, kw_only=True)
class Work:
    """stop: once it is set, no photo is begun; those in hand are finished."""

    cluster: Cluster
    settings: Settings
    models: Path
    journal: Journal
    stop: Event

    def __call__(self, items: Sequence[Item]) -> Iterator[Row]:
        if not items:
            return
        import ray
        import ray.data

        there = ray.cluster_resources()
        gpus, threads = int(there.get("GPU", 0)), self.cluster.threads
        room = gpus or max(1, int(there.get("CPU", 1)) // threads)
        workers = min(len(items), self.cluster.workers or room)
        work = self.journal.work.resolve()
        told = (self._settings(), str(self.models), str(work), str(self.journal.report.resolve()), threads)
        rows = ray.data.from_items(
            [{"item": _packed(item)} for item in items], override_num_blocks=min(len(items), _MOST_BLOCKS)
        ).map_batches(
            _Actor, fn_constructor_args=told, batch_size=1, compute=ray.data.ActorPoolStrategy(size=workers),
            num_cpus=threads, num_gpus=1 if gpus else None,
        )  # fmt: skip
        for given in rows.iter_rows():
            if self.stop.is_set():
                (work / STOP).touch()
            row = json.loads(given["row"])
            if row is not None:
                yield row

    def _settings(self) -> Settings:
        """With an expert's place instead of its name, which workers would look for in a folder of their own."""
        model = self.settings.model
        if model is None:
            return self.settings
        return replace(self.settings, model=str(find_expert(model, self.models).resolve()))


class _Actor:
    """One worker: an Enhancer that stays loaded. A batch is one photo; None comes back for one that was not begun."""

    def __init__(self, settings: Settings, models: str, work: str, report: str, threads: int) -> None:
        import torch

        from controllable.enhancer import Enhancer

        torch.set_num_threads(threads)
        self.stop = Path(work, STOP)
        self.worker = Worker(Enhancer(Path(models)), settings, Path(work), Path(report))

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        rows = [None if self.stop.exists() else self.worker.do(_unpacked(text)) for text in batch["item"]]
        return {"row": [json.dumps(row) for row in rows]}


def _packed(item: Item) -> str:
    """ASCII, whatever bytes a name has."""
    return json.dumps([item.name, str(item.source.resolve()), item.output])


def _unpacked(text: str) -> Item:
    name, source, output = json.loads(text)
    return Item(name=name, source=Path(source), output=output)
