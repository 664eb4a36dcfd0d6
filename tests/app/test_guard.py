"""The guard before a real server: what strangers may send, what they may read, and what a browser is told."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError

from controllable import Enhancer
from controllable.app import guard
from controllable.app.serve import serve
from tests.photo import draw_photo

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")
CHROMIUM = Path("/usr/bin/chromium")
PHOTO = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def address(enhancer: Enhancer) -> str:
    return serve(enhancer, host="127.0.0.1", port=None, block=False)


@pytest.fixture(scope="module")
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def assessed(http: httpx.Client, path: str) -> str:
    """What the server answers when asked to assess a file of that name."""
    asked = http.post("gradio_api/call/assess", json={"data": [PHOTO | {"path": path}]})
    return http.get(f"gradio_api/call/assess/{asked.json()['event_id']}").text


@pytest.mark.parametrize("path", ["", "config", "no/such/page", "gradio_api/file=/etc/passwd", "gradio_api/info"])
def test_every_answer_carries_the_security_headers(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert {name: answer.headers.get(name) for name in guard.headers()} == guard.headers()
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_a_space_may_be_shown_in_its_hosts_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "owner/name")
    assert "frame-ancestors 'self' https://huggingface.co" in guard.headers()["content-security-policy"]
    assert "x-frame-options" not in guard.headers()


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "/tmp/gradio/../../etc/passwd", "//etc/passwd", "app.py",
        str(guard.__file__), "models/generator/model.safetensors", "/proc/self/environ",
        "http://example.com/", "%68ttps://example.com", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_no_file_but_uploads_and_results_is_served(http: httpx.Client, name: str) -> None:
    for path in (f"gradio_api/file={name}", f"gradio_api/file/{name}"):
        answer = http.get(path)
        assert answer.status_code in (403, 404) and "root:" not in answer.text
    assert http.get(f"gradio_api/proxy={name}").status_code in (400, 403, 404)


def test_a_request_cannot_name_a_file_or_an_address(http: httpx.Client) -> None:
    assert "fetches nothing from other addresses" in assessed(http, "http://example.com/photo.png")
    for path in ("/etc/passwd", str(Path(str(guard.__file__)))):
        assert "event: error" in assessed(http, path)


def test_an_address_of_ones_own_upload_is_read_from_the_disk(http: httpx.Client, tmp_path: Path) -> None:
    draw_photo(64, 48).save(tmp_path / "a.png")
    uploaded = http.post("gradio_api/upload", files={"files": (tmp_path / "a.png").open("rb")}).json()[0]
    assert "severity" in assessed(http, f"https://space.example/gradio_api/file={uploaded}")


def test_two_visitors_results_lie_in_folders_nobody_can_guess(address: str, http: httpx.Client, tmp_path: Path) -> None:
    draw_photo(64, 48).save(tmp_path / "same.png")
    found = []
    for _ in range(2):
        client = Client(address, verbose=False, download_files=False)
        asked = handle_file(tmp_path / "same.png")
        found.append(client.predict(photo=asked, severity={"noise": 0.1}, api_name="/degrade")[0]["path"])
    parents = [Path(path).parent for path in found]
    assert all(len(parent.name) >= 32 for parent in parents)
    assert http.get(f"gradio_api/file={found[0]}").status_code == 200
    for folder in {*parents, parents[0].parent}:
        assert http.get(f"gradio_api/file={folder}").status_code == 403


def test_what_is_too_large_or_too_much_is_refused_in_a_sentence(http: httpx.Client) -> None:
    def upload(*sizes: int) -> httpx.Response:
        return http.post("gradio_api/upload", files=[("files", (f"{k}.png", bytes(n))) for k, n in enumerate(sizes)])

    assert upload(21 * 2**20).status_code == 413
    many = upload(*[1] * (guard.MOST_UPLOADS + 1))
    assert many.status_code == 413 and "at most 64 are accepted" in many.json()["detail"]
    assert upload(1, 1).status_code == 200
    large = http.post("gradio_api/queue/join", content=bytes(guard.MOST_BODY_BYTES + 1))
    assert large.status_code == 413 and "at most 4 MB" in large.json()["detail"]
    parts = (bytes(2**20) for _ in range(6))  # without a length
    assert http.post("gradio_api/queue/join", content=parts).status_code in (400, 413)


def test_prompts_and_controls_are_checked_on_the_server(address: str, tmp_path: Path) -> None:
    draw_photo(64, 48).save(tmp_path / "a.png")
    client = Client(address, verbose=False)
    with pytest.raises(AppError, match="prompt: "):
        client.predict(prompt="remove the noise " * 2000, api_name="/understand")
    with pytest.raises(AppError, match="strength: "):
        client.predict(photo=handle_file(tmp_path / "a.png"), prompt="denoise", strength=7, api_name="/enhance")


@pytest.fixture(scope="module")
def crowded() -> Iterator[str]:
    """A page whose queue holds one."""
    with gr.Blocks() as page:
        box = gr.Textbox(elem_id="box")
        gr.Button("Go", elem_id="go").click(lambda text: time.sleep(4) or text, box, box, api_name="wait")
    page.queue(max_size=1, default_concurrency_limit=1)
    _, address, _ = page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **guard.protect())
    yield str(address)
    page.close()


def test_a_full_queue_says_so_in_words(crowded: str) -> None:
    """To programs, to browsers in both languages, and on the page itself."""
    clients = [Client(crowded, verbose=False) for _ in range(3)]
    jobs = [client.submit("x", api_name="/wait") for client in clients[:1]]
    time.sleep(0.5)
    jobs += [client.submit("x", api_name="/wait") for client in clients[1:2]]
    time.sleep(0.3)
    with pytest.raises(QueueError, match="Queue is full"):
        clients[2].predict("x", api_name="/wait")
    body = {"data": ["x"], "fn_index": 0, "session_hash": "s"}
    for language, words in (("en-GB", guard.BUSY[0]), ("zh-CN,zh", guard.BUSY[1])):
        headers = {"accept-language": language, "origin": crowded.rstrip("/")}
        answer = httpx.post(f"{crowded}gradio_api/queue/join", json=body, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (429, words)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="zh-CN")
        page.goto(crowded)
        page.wait_for_selector("#go")
        jobs += [client.submit("x", api_name="/wait") for client in clients[:2]]
        time.sleep(0.3)
        page.click("#go")
        page.wait_for_selector(f".toast-body :text('{guard.BUSY[1]}')", timeout=8000)
        browser.close()
    for job in jobs:
        job.cancel()


def test_the_page_runs_under_its_policy_and_the_policy_holds(address: str, tmp_path: Path) -> None:
    draw_photo(96, 64).save(tmp_path / "a.png")
    said: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#run")
        page.set_input_files("#photo input[type=file]", tmp_path / "a.png")
        page.wait_for_selector("#quality .bars")
        page.fill("#prompt textarea", "a bit warmer")
        page.click("#run")
        page.wait_for_selector("#download:not([disabled])")
        assert not said
        blocked = page.evaluate(
            """async () => {
                const seen = new Promise(done => addEventListener('securitypolicyviolation', e => done(e.blockedURI)))
                fetch('http://example.com/steal').catch(() => 0)
                return await seen
            }"""
        )
        assert blocked.startswith("http://example.com")
        browser.close()


def test_uploads_and_results_are_bounded_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = tmp_path / "gradio", tmp_path / guard.RESULTS
    for k in range(6):
        own = folders[k % 2] / f"{k}"
        own.mkdir(parents=True)
        (own / "a.png").write_bytes(bytes(300_000))
        os.utime(own / "a.png", (k, 0))  # copies keep the times of their originals
        time.sleep(0.01)
    assert guard.bound([*folders, tmp_path / "missing"], 10**9) == 1_800_000
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folders[0]))
    monkeypatch.setattr(guard.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(guard.TEMP_SETTING, "1")
    guard.sweep()
    assert sorted(path.parent.name for path in tmp_path.glob("*/*/a.png")) == ["3", "4", "5"]
