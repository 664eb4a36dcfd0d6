"""ZeroGPU: with the real `spaces` package, and an interface of the devices that the test runs and that lends none."""

import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import torch

from controllable import Enhancer
from controllable.app.space import MOST_S, START_S, load, on_zero_gpu, seconds
from tests.photo import draw_photo

ROOT = Path(__file__).resolve().parents[2]


def test_elsewhere_it_is_the_enhancer_itself_and_spaces_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    before = "spaces" in sys.modules
    assert not on_zero_gpu() and type(load()) is Enhancer and ("spaces" in sys.modules) == before


def test_more_pixels_ask_for_more_time_up_to_what_is_lent() -> None:
    assert seconds(0) == START_S and seconds(12_000_000) == START_S + 12
    assert seconds(1_000_000, 4) == START_S + 16 and seconds(100_000_000, 8) == MOST_S


def test_what_comes_back_from_the_other_process_is_the_result(enhancer: Enhancer) -> None:
    result = enhancer.enhance(draw_photo(64, 48), "make it 2x larger and a bit warmer")
    copied = pickle.loads(pickle.dumps(result))
    assert torch.equal(copied.picture.planes, result.picture.planes)
    assert copied.to_dict() == result.to_dict() and copied.reasons == result.reasons
    assert np.array_equal(np.asarray(copied.image), np.asarray(result.image))


@pytest.fixture
def devices() -> Iterator[tuple[str, list[str]]]:
    """ZeroGPU's own interface; it has no GPU to spare."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            text = json.dumps({"left": 0, "wait": "0:01:00"}).encode()
            self.send_response(429)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_there_networks_lie_on_cuda_and_a_call_asks_for_a_gpu_as_long_as_its_pixels_need(
    devices: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = devices
    (tmp_path / "cgroup").write_text("1:devices:/kubepods/space\n")
    code = (
        "from controllable.app.space import load\n"
        "from tests.photo import draw_photo\n"
        "enhancer = load()\n"
        "print(next(enhancer.restorer.network.parameters()).device, enhancer.estimator.device, enhancer.device)\n"
        "print(enhancer.understand('2x larger').scale, enhancer.size(draw_photo(8, 6)))\n"
        "for work in (lambda: enhancer.enhance(draw_photo(1500, 1000), '2x larger'),\n"
        "             lambda: enhancer.assess(draw_photo(8, 6))):\n"
        "    try:\n"
        "        work()\n"
        "    except Exception as error:\n"
        "        print(type(error).__module__, 'GPU limit' in str(error))\n"
    )
    zero = {
        "SPACES_ZERO_GPU": "true",
        "SPACES_ZERO_DEVICE_API_URL": address,
        "ZEROGPU_PROC_SELF_CGROUP_PATH": str(tmp_path / "cgroup"),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, env=os.environ | zero
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "cuda:0 cuda cpu",
        "2 (6, 8)",
        "gradio.exceptions True",
        "gradio.exceptions True",
    ]
    durations = [parse_qs(urlparse(path).query)["durationSeconds"] for path in asked]
    assert durations == [[str(seconds(1_500_000, 2))], [str(seconds(48))]]
