"""Ways of using the page, in a real Chromium: a phone, Chinese, a microphone, many photos, waiting and cancelling."""

import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from controllable import Enhancer
from tests.photo import draw_photo
from tests.speech import need, say

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")
from tests.app.browsing import CLEAR, PHONE, ask, chromium, drop, run, unfold, visit  # noqa: E402

TABS = ("增强", "批量", "退化")
SMALL = """() => [...document.querySelectorAll("button, [role=tab], input[type=range]")]
  .filter((one) => one.offsetParent && !one.closest("footer, #mask-editor, .overflow-menu, .visually-hidden"))
  .map((one) => [one.id || one.getAttribute("aria-label") || one.innerText, one.getBoundingClientRect().height])
  .filter(([, height]) => height < 39.5)"""
"""What a finger would miss."""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
IN_SIGHT = """() => {
  const box = document.querySelector("#comparison").getBoundingClientRect();
  return box.top < innerHeight / 2 && box.bottom > 100;
}"""


def test_a_phone_in_chinese_gets_a_result_without_hunting(
    browser: "playwright.Browser", address: str, enhancer: Enhancer, noisy: Path
) -> None:
    with visit(browser, address, PHONE, locale="zh-CN") as page:
        assert page.inner_text("#run") == "开始"
        assert page.get_attribute("#prompt textarea", "placeholder") == "例如：去除噪点，放大两倍"
        drop(page, noisy)
        assert "处理前" in page.inner_text("#quality") and "噪点" in page.inner_text("#quality")
        ask(page, "去除噪点，放大两倍")
        assert "将要：" in page.inner_text("#summary") and "放大 2 倍" in page.inner_text("#summary")
        assert page.evaluate(WIDE) <= 0
        page.locator("#quality").scroll_into_view_if_needed()
        page.tap("#run")
        page.wait_for_selector("#download:not([disabled])")
        page.wait_for_function(IN_SIGHT)
        assert "512 × 384 像素" in page.inner_text("#outcome")
        assert page.evaluate(SMALL) == []
        page.wait_for_selector("#live[data-ready]", state="attached")
        page.locator("#strength input[type=range]").scroll_into_view_if_needed()
        box = page.locator("#strength input[type=range]").bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#history .thumbnail-item >> nth=1")
        assert "强度" in page.inner_text("#history .caption-label >> nth=0")
        for tab in TABS:
            page.tap(f"button[role=tab]:has-text('{tab}'):visible")
            page.wait_for_timeout(200)
            assert page.evaluate(WIDE) <= 0, tab
            assert page.evaluate(SMALL) == [], tab
        page.tap(f"button[role=tab]:has-text('{TABS[0]}'):visible")
        page.tap(CLEAR)
        page.tap("#run")
        page.wait_for_selector(".toast-body :text('还没有照片')")


def test_what_a_microphone_hears_fills_the_prompt(
    driver: "playwright.Playwright", address: str, tmp_path: Path
) -> None:
    need("ffmpeg")
    speech = say("take the noise out", tmp_path / "wish.wav", "rms")
    flags = (
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={speech}%noloop",
    )  # fmt: skip
    with chromium(driver, *flags) as hearing, visit(hearing, address, permissions=["microphone"]) as page:
        unfold(page, "#speak")
        page.click("#speech button.record-button, #speech button:has-text('Record')")
        page.wait_for_timeout(3500)
        page.click("#speech button.stop-button, #speech button:has-text('Stop')")
        page.wait_for_function("document.querySelector('#prompt textarea').value.includes('noise')")
        page.wait_for_selector("#summary :text('Understood')")


def test_many_photos_are_done_in_turn_and_handed_out_together(
    page: "playwright.Page", noisy: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(noisy.read_bytes()[:900])
    draw_photo(96, 64).save(tmp_path / "small.png")
    page.click("button[role=tab]:has-text('Batch')")
    page.set_input_files("#batch-files input[type=file]", [noisy, tmp_path / "small.png", torn])
    page.wait_for_selector("#batch-files :text('torn')")
    page.fill("#batch-prompt textarea", "remove the noise")
    page.click("#batch-start")
    page.wait_for_selector("#batch-zip:not([disabled])")
    assert "2 done" in page.inner_text("#batch-line") and "1 failed" in page.inner_text("#batch-line")
    with page.expect_download() as handed:
        page.click("#batch-zip")
    names = zipfile.ZipFile(handed.value.path()).namelist()
    assert {"holiday.png", "small.png"} <= {Path(name).name for name in names}


def test_a_second_visitor_sees_the_queue_and_a_cancel_frees_it(
    browser: "playwright.Browser", address: str, noisy: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    Image.open(noisy).resize((1600, 1200)).save(large)
    with visit(browser, address) as first, visit(browser, address, locale="en-GB") as second:
        drop(second, noisy)
        ask(second, "remove the noise")
        drop(first, large)
        ask(first, "remove the noise and the blur, four times as big")
        first.keyboard.press("Control+Enter")
        first.wait_for_selector("#comparison .progress-text, #comparison .meta-text, #comparison .progress-level")
        first.wait_for_selector("#cancel:not([disabled])")
        second.click("#run")
        second.wait_for_selector("#comparison :text('queue: 1/1')")
        first.keyboard.press("Escape")
        pressed = time.monotonic()
        second.wait_for_selector("#download:not([disabled])")
        assert time.monotonic() - pressed < 20.0, "the worker was not freed"
        first.wait_for_selector("#cancel[disabled]")
        assert first.locator("#live-canvas").count() == 0
        first.fill("#prompt textarea", "a bit brighter")
        first.wait_for_timeout(300)
        run(first)
        assert "1600 × 1200 px" in first.inner_text("#outcome")
