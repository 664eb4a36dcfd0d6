"""The README's ways in, block by block as it stands there, against a server on a free port; and that a server speaks to
nobody who has not spoken to it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from controllable import Enhancer
from controllable.app.manual import ENDPOINTS, page
from controllable.app.serve import serve
from tests.photo import draw_photo

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"<!-- served: tests/test_ways_in\.py [^>]*-->\n```(python|bash)\n(.*?)```", README, re.DOTALL)
ADDRESS = "http://127.0.0.1:7860"


class Said(NamedTuple):
    """What a block printed, and the folder it ran in."""

    output: str
    folder: Path


@pytest.fixture(scope="module")
def address(enhancer: Enhancer) -> str:
    return serve(enhancer, host="127.0.0.1", port=None, block=False).rstrip("/")


def _shown(word: str) -> tuple[str, str]:
    """Language and text of the one block with this word in it."""
    (block,) = [(language, text) for language, text in SHOWN if word in text]
    return block


def _run(word: str, address: str, folder: Path) -> Said:
    """A block, against the server of the test instead of the README's port."""
    language, block = _shown(word)
    draw_photo(200, 160).save(folder / "photo.jpg")
    code = block.replace(ADDRESS, address)
    shell = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(
        shell if language == "bash" else [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Said(done.stdout, folder)


def test_gradio_client_runs_the_readmes_block(address: str, tmp_path: Path) -> None:
    said = _run("gradio_client", address, tmp_path)
    assert Image.open(re.findall(r"\S+\.png", said.output)[0]).size == (200, 160)
    assert "'noise'" in said.output and "'severity'" in said.output


def test_curl_runs_the_readmes_block(address: str, tmp_path: Path) -> None:
    said = _run("curl", address, tmp_path)
    assert "event: complete" in said.output and Image.open(tmp_path / "better.png").size == (200, 160)


def test_the_official_mcp_client_runs_the_readmes_block(address: str, tmp_path: Path) -> None:
    said = _run("mcp", address, tmp_path)
    tools, answer = said.output.splitlines()
    assert tools == str(list(ENDPOINTS))
    kind, _, _, file, _ = answer.split(maxsplit=4)
    assert kind == "image/jpeg" and '"applied": {' in answer
    with urllib.request.urlopen(file) as whole:
        assert Image.open(whole).size == (400, 320)


def test_the_pipeline_runs_the_readmes_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_photo(200, 160).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(compile(_shown("ControllablePipeline")[1], "README.md", "exec"), {})
    assert Image.open("better.png").size == (200, 160) and capsys.readouterr().out.startswith("{")
    assert Path("my-pipeline", "generator").is_dir()


def test_the_containers_health_is_what_a_running_server_answers(address: str) -> None:
    check = re.search(r'CMD \["python", "-c", "(.+)"\]', (ROOT / "Dockerfile").read_text())
    assert check is not None and ADDRESS in check[1]
    assert subprocess.run([sys.executable, "-c", check[1].replace(ADDRESS, address)]).returncode == 0


def test_every_block_is_run_by_one_of_these_and_the_reference_is_up_to_date() -> None:
    assert len(SHOWN) == 4
    assert (ROOT / "docs" / "api.md").read_text() == page()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """`app.py` in a process of its own that writes down every host it looks up or connects to, but for its own."""
    log = tmp_path / "hosts.txt"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import sys\n"
        "def heard(event, values):\n"
        "    if event in ('socket.connect', 'socket.sendto', 'socket.getaddrinfo'):\n"
        "        place = values[0] if event == 'socket.getaddrinfo' else values[1]\n"
        "        host = place[0] if isinstance(place, tuple) else place\n"
        "        if host not in (None, '127.0.0.1', '::1', 'localhost', '0.0.0.0'):\n"
        f"            open({str(log)!r}, 'a').write(f'{{event}} {{host}}\\n')\n"
        "sys.addaudithook(heard)\n"
        f"sys.argv = ['app.py', '--port', '{port}']\n"
        "from controllable.app.__main__ import main\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_HUB_", "GRADIO_"))}
    server = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            httpx.get(address, timeout=5)
            break
        except httpx.HTTPError:
            assert server.poll() is None
            time.sleep(0.2)
    yield address, log
    server.terminate()
    server.wait(20)


def test_a_server_speaks_to_nobody_and_fetches_nothing(logged: tuple[str, Path], tmp_path: Path) -> None:
    address, log = logged
    draw_photo(120, 90).save(tmp_path / "photo.jpg")
    photo = handle_file(tmp_path / "photo.jpg")
    client = Client(address, verbose=False)
    client.predict(photo=photo, prompt="restore this photo", api_name="/enhance")
    client.predict(prompt="denoise", api_name="/understand")
    client.predict(photo=photo, api_name="/assess")
    client.predict(photo=photo, recipe="fog", api_name="/degrade")
    with pytest.raises(Exception, match="fetches nothing"):
        client.predict(photo=handle_file("http://192.0.2.1/photo.jpg"), api_name="/assess")
    httpx.post(f"{address}/gradio_api/mcp/", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, timeout=20)
    assert not log.exists(), log.read_text()
