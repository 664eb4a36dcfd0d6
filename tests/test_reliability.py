"""What holds when things are short, or somebody listens: memory, and the network."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.budget import SETTING, OutOfMemory
from tests.photo import draw_photo

WISH = Instruction(tasks={Task.NOISE: 1.0})
LISTENED = """
import os, socket, sys
os.environ.pop("HF_HUB_OFFLINE", None)
asked = []
connect, look_up = socket.socket.connect, socket.getaddrinfo

def watched_connect(self, address, *rest):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        asked.append(address)
        raise OSError("no network")
    return connect(self, address, *rest)

def watched_look_up(host, *rest, **named):
    if host not in ("127.0.0.1", "::1", "localhost", "0.0.0.0", None):
        asked.append(host)
        raise OSError("no network")
    return look_up(host, *rest, **named)

socket.socket.connect, socket.getaddrinfo = watched_connect, watched_look_up
import httpx
from controllable import Enhancer
from controllable.app.serve import serve
enhancer = Enhancer.from_pretrained().warm_up()
enhancer.enhance(sys.argv[1], "remove the noise", force=True)
client = httpx.Client(base_url=serve(enhancer, host="127.0.0.1", port=None, block=False), timeout=60)
client.get("/")
photo = client.post("/gradio_api/upload", files={"files": open(sys.argv[1], "rb")}).json()[0]
sent = {"data": [{"path": photo, "meta": {"_type": "gradio.FileData"}}]}
event = client.post("/gradio_api/call/assess", json=sent).json()["event_id"]
assert "severity" in client.get(f"/gradio_api/call/assess/{event}").text
print("asked:", asked, flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def noisy() -> np.ndarray:
    clean = np.asarray(draw_photo(700, 500), dtype=np.float32)
    return (clean + np.random.default_rng(0).normal(0, 15, clean.shape)).clip(0, 255).astype(np.uint8)


def test_a_small_budget_makes_small_tiles_and_the_same_picture(
    enhancer: Enhancer, noisy: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same to one step of 8 bits: in bfloat16 a value near the middle of two steps may fall to either side."""
    whole = enhancer.enhance(noisy, WISH, force=True).image
    monkeypatch.setenv(SETTING, "50")
    enhancer.memory.forget()
    sizes: list[float] = []
    small = enhancer.enhance(noisy, WISH, force=True, progress=lambda share, what: sizes.append(share)).image
    change = np.abs(whole.astype(int) - small)
    assert len(sizes) > 8, "it was not done in tiles"
    assert change.max() <= 1 and (change > 0).mean() < 0.05


def test_a_budget_that_holds_not_even_the_smallest_tile_is_said_in_one_sentence(
    enhancer: Enhancer, noisy: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, "3")
    with pytest.raises(OutOfMemory, match=r"^memory: there is not enough for this photo"):
        enhancer.enhance(noisy, WISH, force=True)


def test_nothing_is_asked_of_the_network_unless_a_model_of_the_hub_is(tmp_path: object) -> None:
    """By the server; a `gradio_client` asks huggingface.co on its own account."""
    photo = f"{tmp_path}/photo.png"
    draw_photo(96, 64).save(photo)
    done = subprocess.run([sys.executable, "-c", LISTENED, photo], capture_output=True, text=True, timeout=120)
    assert "asked: []" in done.stdout, done.stdout + done.stderr[-2000:]


def test_a_photo_given_to_two_threads_at_once_is_the_same_for_both(enhancer: Enhancer, photo: Image.Image) -> None:
    from concurrent.futures import ThreadPoolExecutor

    enhancer.memory.forget()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: np.asarray(enhancer.enhance(photo, WISH, force=True).image), range(4)))
    assert all(np.array_equal(made[0], other) for other in made[1:])
