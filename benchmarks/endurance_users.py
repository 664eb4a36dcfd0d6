"""For endurance: many users at once."""

import argparse
import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.endurance_server import marked, read_mark, server
from benchmarks.images import head, row

NOISE = "remove the noise"


class User:
    """Asks for one thing after another until the time is up, and looks at whose photo comes back."""

    def __init__(self, number: int, address: str, folder: Path, until: float) -> None:
        self.number, self.address, self.until = number, address, until
        self.chance = random.Random(number)
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.wrong: list[str] = []
        self.known: dict[tuple[int, str], bytes] = {}
        self.photos = {}
        for photo in (2 * number, 2 * number + 1):
            self.photos[photo] = folder / f"photo-{photo}.png"
            marked(photo).save(self.photos[photo])

    def live(self) -> None:
        from gradio_client import Client
        from gradio_client.utils import QueueError

        time.sleep(self.chance.uniform(0, 2))
        client = None
        while time.monotonic() < self.until:
            started = time.monotonic()
            try:
                client = client or Client(self.address, verbose=False, analytics_enabled=False)
                self._ask(client)
                self.outcomes["served"] += 1
                self.seconds.append(time.monotonic() - started)
                time.sleep(self.chance.uniform(0, 0.5))
            except QueueError:
                self.outcomes["busy"] += 1
                time.sleep(self.chance.uniform(0.5, 2))
            except Exception as error:
                self.outcomes["failed"] += 1
                self.wrong.append(f"user {self.number}: {type(error).__name__}: {str(error)[:200]}")
                time.sleep(1)
        if client is not None:
            client.close()

    def _ask(self, client: Any) -> None:
        from gradio_client import handle_file

        number = self.chance.choice(list(self.photos))
        photo = handle_file(str(self.photos[number]))
        what = self.chance.choice((NOISE, "a bit warmer", f"remove {20 + self.number}% of the noise", "degrade"))
        if what == "degrade":
            asked = {"photo": photo, "severity": {"noise": 0.1}, "seed": number, "api_name": "/degrade"}
        else:
            asked = {"photo": photo, "prompt": what, "api_name": "/enhance"}
        file, values = client.predict(**asked)
        picture = Image.open(file)
        pixels = picture.convert("RGB").tobytes()
        mine = read_mark(picture) == number and values.get("instruction", {"prompt": what})["prompt"] == what
        same = self.known.setdefault((number, what), pixels) == pixels
        if not (mine and same):
            self.outcomes["crossed"] += 1
            self.wrong.append(f"user {self.number}: asked about {number}, got {read_mark(picture)}")
        Path(file).unlink()


def users(options: argparse.Namespace) -> bool:
    with server(options.port) as running, tempfile.TemporaryDirectory() as folder:
        until = time.monotonic() + 60 * options.minutes
        everyone = [User(number, running.address, Path(folder), until) for number in range(options.users)]
        peak = [0.0, 0.0]
        with ThreadPoolExecutor(options.users) as pool:
            living = [pool.submit(user.live) for user in everyone]
            while not all(done.done() for done in living):
                peak = [max(peak[0], running.temp_mb), max(peak[1], running.resident_mb)]
                time.sleep(1)
        tracebacks = running.said().count("Traceback")
    outcomes = sum((user.outcomes for user in everyone), Counter())
    seconds = sorted(second for user in everyone for second in user.seconds)
    head("users", "minutes", "served", "busy", "failed", "crossed", "server errors", "p50 s", "p95 s", "temp MB", "MB")
    row(
        options.users, options.minutes, outcomes["served"], outcomes["busy"], outcomes["failed"], outcomes["crossed"],
        tracebacks, *(f"{at(seconds, share):.1f}" for share in (0.5, 0.95)), *(f"{value:.0f}" for value in peak),
    )  # fmt: skip
    print(*[line for user in everyone for line in user.wrong][:10], sep="\n")
    everybody = min(user.outcomes["served"] for user in everyone) > 0
    return everybody and not (outcomes["failed"] or outcomes["crossed"] or tracebacks)


def at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")
