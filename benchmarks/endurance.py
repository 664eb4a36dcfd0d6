"""What lasts: many users at once, many runs, many cancels, and memory that runs out.

python -m benchmarks.endurance --part users|runs|cancels|oom [--users 50] [--minutes 10] [--times N] [--seed 0]
users: programs on loopback against a server of its own, each with its own photos, which say whose they are.
runs: one process, photos of a few sizes; its memory and its temporary folder.
cancels: Chromium presses Run, and Cancel at a random moment; the server's threads and files are counted.
oom: a process whose address space may grow by no more than a few megabytes, then by as much as it likes.
Exit status 1 if the part's target is missed. Times are of this machine, and of whatever else runs on it.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.images import head, row

BLOCK_PX = 16
BITS = 12
NOISE = "remove the noise"
"""Restores every photo: they are noisy."""
SLOPE_MB = 0.1
WARM = 0.2
"""Share of the runs after which memory is measured: until then sizes are met for the first time."""
TEMP_MB = 16
EXTRA_MB = (150, 180, 210, 250, 300)
_CHILD = "controllable-oom"


def marked(number: int, size: tuple[int, int] = (12 * BLOCK_PX, 96)) -> Image.Image:
    """A noisy photo whose upper edge says a number, bit by bit, in squares of black and white."""
    chance = np.random.default_rng(number)
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    photo = np.stack([128 + 60 * np.sin(x / (7 + number % 9)), 90 + y, 200 - 0.8 * y], -1)
    for bit in range(BITS):
        photo[:BLOCK_PX, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = 230 if number >> bit & 1 else 25
    return Image.fromarray((photo + chance.normal(0, 12, photo.shape)).clip(0, 255).astype(np.uint8))


def read_mark(image: Image.Image) -> int:
    """The number that a photo says."""
    grey = np.asarray(image.convert("L"), dtype=np.float32)[:BLOCK_PX, : BITS * BLOCK_PX]
    means = grey.reshape(BLOCK_PX, BITS, BLOCK_PX).mean((0, 2))
    return sum(1 << bit for bit, mean in enumerate(means) if mean > 128)


class Server:
    """The page in a process of its own, with temporary folders of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.address = folder, f"http://127.0.0.1:{port}"
        own = {"TMPDIR": str(folder), "GRADIO_TEMP_DIR": str(folder / "gradio"), "CONTROLLABLE_TEMP_MB": "64"}
        self.log = open(folder / "server.log", "w+")  # noqa: SIM115
        command = [sys.executable, "-m", "controllable.app", "--port", str(port)]
        self.process = subprocess.Popen(command, env=os.environ | own, stdout=self.log, stderr=subprocess.STDOUT)

    def wait(self, seconds: float = 120.0) -> None:
        import httpx

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"endurance: the server stopped: {self.said()[-500:]}")
            with suppress(httpx.HTTPError):
                if httpx.get(self.address, timeout=5).status_code == 200:
                    return
            time.sleep(0.5)
        raise SystemExit("endurance: the server did not answer in time")

    def said(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")

    @property
    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    @property
    def open_files(self) -> int:
        """Regular files; sockets come and go with the visitors."""
        links = (os.readlink(link) for link in self._links() if os.path.lexists(link))
        return sum(name.startswith("/") and not name.startswith(("/dev", "/proc")) for name in links)

    def _links(self) -> list[Path]:
        return list(Path(f"/proc/{self.process.pid}/fd").iterdir())

    @property
    def resident_mb(self) -> float:
        return resident_mb(self.process.pid)

    @property
    def temp_mb(self) -> float:
        return folder_mb(self.folder)


@contextmanager
def server(port: int) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        running = Server(Path(folder), port)
        try:
            running.wait()
            yield running
        finally:
            running.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(20)
            running.process.kill()
            running.log.close()


def resident_mb(pid: int | str = "self") -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def folder_mb(folder: Path) -> float:
    """Files that vanish meanwhile count nothing."""
    total = 0
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(inside, name)).st_size
    return total / 2**20


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


def runs(options: argparse.Namespace) -> bool:
    from controllable import Enhancer
    from controllable.app import guard
    from controllable.app.files import write_png

    sizes = ((192, 96), (208, 160), (256, 144), (320, 240))
    photos = [np.asarray(marked(number, sizes[number % 4])) for number in range(40)]
    prompts = (NOISE, "a bit warmer", "make it twice as big", "deblur it")
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        os.environ |= {guard.TEMP_SETTING: str(TEMP_MB), "GRADIO_TEMP_DIR": f"{folder}/gradio"}
        enhancer, chance = Enhancer.from_pretrained(), random.Random(options.seed)
        times = options.times or 1000
        measured, most_mb = [], 0.0
        for run in range(times):
            result = enhancer.enhance(Image.fromarray(chance.choice(photos)), chance.choice(prompts), force=True)
            write_png(result.image, None, "enhanced")
            if run % 20 == 19:
                guard.sweep()
                most_mb = max(most_mb, folder_mb(Path(folder)))
            measured.append(resident_mb())
        tempfile.tempdir = None
    settled = measured[int(WARM * times) :]
    slope = statistics.linear_regression(range(len(settled)), settled).slope
    head("runs", "MB after warm-up", "MB at the end", "slope MB a run", "temp MB at most")
    row(times, f"{settled[0]:.0f}", f"{settled[-1]:.0f}", f"{slope:.4f}", f"{most_mb:.1f}")
    return slope < SLOPE_MB and most_mb <= TEMP_MB


def cancels(options: argparse.Namespace) -> bool:
    from playwright.sync_api import TimeoutError as Late
    from playwright.sync_api import sync_playwright

    times, chance = options.times or 200, random.Random(options.seed)
    with server(options.port) as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(running.address)
        page.wait_for_selector("#run")
        photo = running.folder / "photo.png"
        marked(5, (1200, 800)).save(photo)
        page.set_input_files("#photo input[type=file]", photo)
        page.wait_for_selector("#quality .bars")
        page.fill("#prompt textarea", NOISE)

        def run() -> float:
            """A run to its end; seconds."""
            started = time.monotonic()
            page.click("#run")
            page.wait_for_selector("#cancel:not([disabled])")
            page.wait_for_selector("#cancel[disabled]")
            page.wait_for_selector("#download:not([disabled])")
            return time.monotonic() - started

        took = max(run() for _ in range(3))
        time.sleep(6)
        before, cancelled = (running.threads, running.open_files), 0
        for _ in range(times):
            page.click("#run")
            page.wait_for_timeout(1000 * chance.uniform(0, 1.2 * took))
            with suppress(Late):  # it was done before
                page.click("#cancel:not([disabled])", timeout=50)
                cancelled += 1
            page.wait_for_selector("#cancel[disabled]")
        again = run()
        time.sleep(6)
        after, left_mb, tracebacks = (
            (running.threads, running.open_files),
            running.temp_mb,
            running.said().count("Traceback"),
        )
        browser.close()
    head(
        "presses",
        "cancelled under way",
        "threads before",
        "after",
        "open files before",
        "after",
        "temp MB",
        "errors",
        "next run s",
    )
    row(times, cancelled, before[0], after[0], before[1], after[1], f"{left_mb:.1f}", tracebacks, f"{again:.1f}")
    return after[0] <= before[0] + 2 and after[1] <= before[1] and not tracebacks


def oom(options: argparse.Namespace) -> bool:
    """Cases of photos, wishes and megabytes; each in a process of its own."""
    times = options.times or 20
    head(
        "case", "photo", "wish", "MB to grow by", "outcome", "times divided", "largest difference", "values that differ"
    )
    found = []
    for case in range(times):
        extra_mb = EXTRA_MB[case % len(EXTRA_MB)]
        arguments = [sys.executable, "-m", "benchmarks.endurance", "--part", _CHILD, "--times", str(case)]
        done = subprocess.run([*arguments, "--extra", str(extra_mb)], capture_output=True, text=True)
        if done.returncode:
            values = {"outcome": f"died: {done.stderr.strip()[-120:]}"}
        else:
            values = json.loads(done.stdout.splitlines()[-1])
        found.append(values)
        row(case, values.get("photo"), values.get("wish"), extra_mb, values["outcome"], *(
            values.get(name, "") for name in ("divided", "most", "share")
        ))  # fmt: skip
    whole = sum(values["outcome"] == "whole" for values in found)
    print(f"\n{whole} of {times} recovered; {sum(values.get('divided', 0) > 0 for values in found)} ran short")
    return whole == times and all(values["most"] <= 1 for values in found)


def oom_child(options: argparse.Namespace) -> bool:
    """One enhancement with so little memory, then the same with all there is, in the same process."""
    import torch

    from controllable import Enhancer, Instruction, Task
    from controllable.generation import halving

    torch.set_num_threads(2)
    case = options.times
    size = ((1800, 1200), (2400, 800), (1500, 1500), (1280, 1024))[case // len(EXTRA_MB) % 4]
    wish = Instruction(tasks={Task.NOISE: 1.0} if case % 2 else {Task.NOISE: 0.5, Task.DETAIL: 1.0})
    enhancer = Enhancer.from_pretrained().warm_up()
    enhancer.enhance(np.asarray(marked(case, (256, 192))), wish, force=True)  # code and threads are there
    photo, short = np.asarray(marked(case, size)), 0
    attempt = halving.attempt

    def counted(work: Callable[[], Any], needed_bytes: float = 0.0) -> tuple[Any] | None:
        nonlocal short
        done = attempt(work, needed_bytes)
        short += done is None
        return done

    halving.attempt = counted  # type: ignore[assignment]
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + options.extra * 2**20
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        made, outcome = enhancer.enhance(photo, wish, force=True).image, "whole"
    except ValueError as error:
        made, outcome = None, str(error)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    values = {"photo": f"{size[0]}×{size[1]}", "wish": ", ".join(wish.tasks), "outcome": outcome, "divided": short}
    if made is not None:
        enhancer.memory.forget()
        change = np.abs(made.astype(int) - enhancer.enhance(photo, wish, force=True).image)
        values |= {"most": int(change.max()), "share": f"{(change > 0).mean():.4f}"}
    print(json.dumps(values))
    return True


PARTS = {"users": users, "runs": runs, "cancels": cancels, "oom": oom, _CHILD: oom_child}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--times", type=int, help="1,000 runs, 200 cancels, 20 cases of too little memory")
    parser.add_argument("--extra", type=int, default=100, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=7931)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    return 0 if PARTS[options.part](options) else 1


if __name__ == "__main__":
    sys.exit(main())
