"""What lasts: many users at once, many runs, many cancels, and memory that runs out.

python -m benchmarks.endurance --part users|runs|cancels|oom [--users 50] [--minutes 10] [--times N] [--seed 0]
users: programs on loopback against a server of its own, each with its own photos, which say whose they are.
runs: one process, photos of a few sizes; its memory and its temporary folder.
cancels: Chromium presses Run, and Cancel at a random moment; the server's threads and files are counted.
oom: a process whose address space may grow by no more than a few megabytes, then by as much as it likes.
Exit status 1 if the part's target is missed. Times are of this machine, and of whatever else runs on it.
"""

import argparse
import itertools
import random
import sys
import time

from benchmarks.endurance_memory import CHILD, oom, oom_child, runs
from benchmarks.endurance_server import marked, server
from benchmarks.endurance_users import users
from benchmarks.images import head, row

_CANCEL = """() => {
    const button = document.querySelector('#cancel:not([disabled])')
    button?.click()
    return button ? 1 : 0
}"""
"""Presses Cancel unless the run is done; whether it did."""
_WARM = 20
"""Cancels before the threads are counted: pools grow to their size with the first."""
_POOL = 8
"""Threads by which pools may still grow; cancels that left one behind each would leave 200."""
_PAUSE_MS = 700
"""Between Cancel and the next Run, as a person takes."""


def cancels(options: argparse.Namespace) -> bool:
    from playwright.sync_api import sync_playwright

    times, chance = options.times or 200, random.Random(options.seed)
    with server(options.port) as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(running.address)
        page.wait_for_selector("#run")
        photo = running.folder / "photo.png"
        marked(5, (1800, 1200)).save(photo)
        page.set_input_files("#photo input[type=file]", photo)
        page.wait_for_selector("#quality .bars")
        shares = itertools.cycle(range(10, 100))

        def press() -> None:
            """Run, with a wish that was not carried out of late: nothing of it is remembered."""
            page.fill("#prompt textarea", f"remove {next(shares)}% of the noise")
            page.click("#run")

        def run() -> float:
            """A run to its end; seconds."""
            started = time.monotonic()
            press()
            page.wait_for_selector("#cancel:not([disabled])")
            page.wait_for_selector("#cancel[disabled]")
            page.wait_for_selector("#download:not([disabled])")
            return time.monotonic() - started

        def cancel() -> int:
            """A run that is cancelled at a random moment; 1 if it was under way still."""
            press()
            page.wait_for_timeout(1000 * chance.uniform(0, took))
            pressed = page.evaluate(_CANCEL)
            page.wait_for_selector("#cancel[disabled]")
            page.wait_for_timeout(_PAUSE_MS)
            return int(pressed)

        took = min(run() for _ in range(3))
        for _ in range(min(_WARM, times)):
            cancel()
        before = running.settled()
        cancelled = sum(cancel() for _ in range(times))
        again = run()
        after, left_mb, tracebacks = running.settled(), running.temp_mb, running.said().count("Traceback")
        browser.close()
    head(
        "presses", "cancelled under way", "threads before", "after", "open files before", "after", "temp MB", "errors",
        "next run s",
    )  # fmt: skip
    row(times, cancelled, before[0], after[0], before[1], after[1], f"{left_mb:.1f}", tracebacks, f"{again:.1f}")
    return after[0] <= before[0] + _POOL and after[1] <= before[1] and not tracebacks


PARTS = {"users": users, "runs": runs, "cancels": cancels, "oom": oom, CHILD: oom_child}


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
