"""For endurance: the page in a process of its own, and photos that say whose they are."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image

BLOCK_PX = 16
BITS = 12
TEMP_MB = 64
"""What the server's uploads and results may take together."""


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
        own = {"TMPDIR": str(folder), "GRADIO_TEMP_DIR": str(folder / "gradio"), "CONTROLLABLE_TEMP_MB": str(TEMP_MB)}
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

    def settled(self) -> tuple[int, int]:
        """Threads and open files, once neither has changed for two seconds, at the latest after ten."""
        seen = [(self.threads, self.open_files)]
        while len(seen) < 20 and (len(seen) < 5 or len(set(seen[-5:])) > 1):
            time.sleep(0.5)
            seen.append((self.threads, self.open_files))
        return seen[-1]

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
