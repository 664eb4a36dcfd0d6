"""A visitor of the page: a real Chromium, of desktop or phone size, who notices every error and every foreign host."""

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, Request

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WAIT_MS = 60_000
CLEAR = "#photo button[aria-label='Remove Image'], #photo button[aria-label='Clear']"
"""Takes the photo out."""
_KINDS: dict[BrowserContext, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
_ANSWERING: dict[Page, set[Request]] = {}
"""What the server is still answering, page by page."""
_SHOWN = "Array.from(document.querySelectorAll('#comparison img')).map(i => i.src).join()"


@contextmanager
def chromium(driver: Playwright, *flags: str) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail("Debian's chromium is not installed: apt-get install chromium")
    browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
    yield browser
    browser.close()


@contextmanager
def visit(
    browser: Browser, address: str, kind: Mapping[str, Any] = DESKTOP, *, forgiven: str | None = None, **options: Any
) -> Iterator[Page]:
    """An open page; afterwards the test fails if a script failed, or if another host was asked for anything.

    kind, options: of the browser's context, which visits alike share, so that Gradio is loaded from its cache; what a
    visit stored is cleared. forgiven: the beginning of what the console may say.
    """
    alike = next((c for c in browser.contexts if _KINDS.get(c) == (kind, options)), None)
    context = alike or browser.new_context(accept_downloads=True, **kind, **options)
    _KINDS[context] = (kind, options)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    failures: list[str] = []
    own = address.split("/")[2]
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
    page.on("request", lambda sent: None if _is_own(sent.url, own) else failures.append(f"asked {sent.url}"))
    answering = _ANSWERING.setdefault(page, set())
    page.on("request", lambda sent: answering.add(sent) if "/queue/data" in sent.url else None)
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda sent: answering.discard(sent))
    page.goto(address)
    page.wait_for_selector("#run")
    yield page
    page.evaluate("localStorage.clear()")
    page.close()
    failures = [failure for failure in failures if forgiven is None or not failure.startswith(forgiven)]
    assert not failures, failures


def settle(page: Page) -> None:
    """Wait until the server has answered: leaving the page before would cut it off.

    On a busy machine an event can be through before the page hears that it was taken. Gradio then listens on, with
    nothing to come, until the next event ends: the prompt is said once more.
    """
    page.wait_for_timeout(300)
    end, patience = (time.monotonic() + ms / 1000 for ms in (WAIT_MS, WAIT_MS / 10))
    while _ANSWERING[page]:
        assert time.monotonic() < end, "the server did not answer"
        if time.monotonic() > patience:
            page.press("#prompt textarea", "Enter")
            patience = end
        page.wait_for_timeout(100)


def _is_own(url: str, host: str) -> bool:
    return url.startswith(("data:", "blob:", f"http://{host}/"))


def drop(page: Page, photo: Path) -> None:
    """Put a photo in, and wait until it was looked at."""
    if page.locator("#photo img").count():
        page.click(CLEAR)
        page.wait_for_selector("#quality .bars", state="detached")
    page.set_input_files("#photo input[type=file]", photo)
    page.wait_for_selector("#quality .bars")


def ask(page: Page, prompt: str) -> None:
    """Say a prompt, and wait until it was understood."""
    page.fill("#prompt textarea", prompt)
    page.press("#prompt textarea", "Enter")
    page.wait_for_selector("#summary strong")


def run(page: Page) -> None:
    """Press Run and wait until another comparison than the present one is shown."""
    before = page.evaluate(_SHOWN)
    page.click("#run")
    changed(page, before)


def shown(page: Page) -> str:
    return str(page.evaluate(_SHOWN))


def changed(page: Page, before: str) -> None:
    """Wait until another comparison is shown, pictures and all, and its result can be downloaded."""
    page.wait_for_function(f"before => {{ const now = {_SHOWN}; return now.length > 0 && now != before }}", arg=before)
    page.wait_for_function("[...document.querySelectorAll('#comparison img')].every(i => i.complete)")
    page.wait_for_selector("#download:not([disabled])")


def rest(page: Page, selector: str) -> Locator:
    """What is found there, once it is at rest: what was asked before has moved it as far as it will."""
    found, top = page.locator(selector), -1.0
    end = time.monotonic() + WAIT_MS / 1000
    while (place := found.evaluate("one => one.getBoundingClientRect().top + scrollY")) != top:
        assert time.monotonic() < end, f"{selector} does not come to rest"
        top = place
        page.wait_for_timeout(200)
    return found


def unfold(page: Page, box: str) -> None:
    """Press the head of a folded box."""
    rest(page, f"{box} > button").click()


def download(page: Page, button: str = "#download") -> tuple[str, Image.Image]:
    """(name, picture) of what a button hands out."""
    with page.expect_download() as handed:
        page.click(button)
    image = Image.open(io.BytesIO(Path(handed.value.path()).read_bytes()))
    image.load()
    return handed.value.suggested_filename, image


def distance(a: Image.Image, b: Image.Image) -> np.ndarray:
    """|a - b|, (H, W, 3), on the 8-bit scale."""
    return np.abs(np.asarray(a.convert("RGB"), dtype=np.float32) - np.asarray(b.convert("RGB"), dtype=np.float32))
