"""A run that is announced can be cancelled before it comes; files in use outlive those nobody asked for."""

import os
import threading
import time
from pathlib import Path

import pytest

from controllable.app import guard
from controllable.app.sentences import Cancelled
from controllable.app.workshop import Workshop, in_use
from controllable.enhancer import Enhancer
from tests.photo import draw_photo

WISH = {"strength": 1.0, "fidelity": 1.0, "mask": None, "force": False, "progress": lambda share, what: None}


@pytest.fixture
def photo(tmp_path: Path) -> str:
    draw_photo(64, 48).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_a_cancel_reaches_a_run_that_has_not_come_yet_and_no_later_one(enhancer: Enhancer, photo: str) -> None:
    workshop = Workshop(enhancer)
    workshop.announce("me")
    workshop.cancel("me")
    with pytest.raises(Cancelled):
        workshop.enhance("me", photo, "a bit warmer", **WISH)
    assert workshop.enhance("me", photo, "a bit warmer", **WISH).picture.size == (48, 64)


def test_a_cancelled_run_that_never_comes_does_not_stop_the_next(enhancer: Enhancer, photo: str) -> None:
    workshop = Workshop(enhancer)
    workshop.announce("me")
    workshop.cancel("me")
    workshop.announce("me")
    assert workshop.enhance("me", photo, "a bit warmer", **WISH).picture.size == (48, 64)


def test_a_cancel_leaves_other_visitors_alone(enhancer: Enhancer, photo: str) -> None:
    workshop = Workshop(enhancer)
    workshop.announce("me")
    workshop.announce("you")
    workshop.cancel("you")
    assert workshop.enhance("me", photo, "a bit warmer", **WISH).picture.size == (48, 64)


def test_cancelled_runs_leave_no_threads_and_no_open_files(enhancer: Enhancer, photo: str) -> None:
    workshop = Workshop(enhancer)

    def run_and_cancel(share: int) -> None:
        """A wish of its own, so that nothing of it is remembered."""
        ended: list[BaseException | None] = []

        def run() -> None:
            try:
                workshop.enhance("me", photo, f"remove {share}% of the noise", **WISH)
                ended.append(None)
            except Cancelled as error:
                ended.append(error)

        workshop.announce("me")
        running = threading.Thread(target=run)
        running.start()
        time.sleep(share / 5000)
        workshop.cancel("me")
        running.join(60)
        assert len(ended) == 1

    def left() -> tuple[int, int, int]:
        threads, files = (len(list(Path(f"/proc/self/{name}").iterdir())) for name in ("task", "fd"))
        return threading.active_count(), files, threads

    for share in range(10, 20):  # until torch has the threads it wants
        run_and_cancel(share)
    before = left()
    for share in range(20, 60):
        run_and_cancel(share)
    after = left()
    assert after[:2] == before[:2]
    assert after[2] <= before[2] + 4  # torch's own come and go; one for each of the 40 would be seen


def test_what_was_used_last_goes_last(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "photo.png").write_bytes(os.urandom(1000))
        time.sleep(0.02)
    assert in_use(str(tmp_path / "first" / "photo.png")).exists()
    assert guard.bound([tmp_path], 1500) == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
