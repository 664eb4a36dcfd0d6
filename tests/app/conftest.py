"""Shared by the tests in the browser: one server with the bundled models, one Chromium, a noisy photo."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer
from controllable.app.serve import serve
from tests.photo import draw_photo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

SYNC = "playwright.sync_api"
NEEDED = "the browser tests need Playwright"


@pytest.fixture(scope="session")
def address(enhancer: Enhancer) -> str:
    return serve(enhancer, host="127.0.0.1", port=None, block=False)


@pytest.fixture(scope="module")
def driver() -> Iterator["Playwright"]:
    """For one module only: while it runs, nothing else in this thread can run an event loop."""
    with pytest.importorskip(SYNC, reason=NEEDED).sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(driver: "Playwright") -> Iterator["Browser"]:
    from tests.app.browsing import chromium

    with chromium(driver) as opened:
        yield opened


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    from tests.app.browsing import visit

    with visit(browser, address) as opened:
        yield opened


@pytest.fixture(scope="session")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clean = np.asarray(draw_photo(256, 192, seed=3), dtype=np.float32)
    noise = np.random.default_rng(0).normal(0, 25, clean.shape)
    path = tmp_path_factory.mktemp("page") / "holiday.png"
    Image.fromarray((clean + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path
