"""Living with the page, in a real Chromium: live sliders, this session's results, presets, links, brush, records."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer
from controllable.app.presets import Preset, to_link

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")
from benchmarks.page import STOPWATCH  # noqa: E402
from tests.app.browsing import ask, changed, distance, download, drop, run, settle, shown, unfold, visit  # noqa: E402

PROMPT = "remove the noise"
MOST_MS = 250
"""For a slider's movement to be seen on a machine that does other things too; `benchmarks.page --part slider` has the
figure of a quiet one."""
CANVAS = "document.querySelector('#live-canvas').toDataURL()"


def _ready(page: "playwright.Page") -> None:
    """All answers for the sliders have come."""
    page.wait_for_selector("#live[data-ready]", state="attached")


def _result(page: "playwright.Page", noisy: Path, prompt: str = PROMPT) -> None:
    drop(page, noisy)
    ask(page, prompt)
    run(page)


def _expected(enhancer: Enhancer, photo: Path, strength: float = 1.0, fidelity: float = 1.0) -> Image.Image:
    return enhancer.enhance(photo, enhancer.understand(PROMPT), strength=strength, fidelity=fidelity).image


def test_a_moving_slider_shows_at_once_and_the_exact_result_follows(
    page: "playwright.Page", enhancer: Enhancer, noisy: Path
) -> None:
    _result(page, noisy)
    _ready(page)
    assert [one.get_attribute("alt") for one in page.locator("#comparison .content > img").all()] == ["Before", "after"]
    page.evaluate(STOPWATCH)
    box = page.locator("#strength input[type=range]").bounding_box()
    assert box is not None
    y, left, span = box["y"] + box["height"] / 2, box["x"] + 10, box["width"] - 20
    before = shown(page)
    page.mouse.move(left + span, y)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(left + span * (1 - step / 20), y)
        page.wait_for_timeout(40)
    at = float(page.input_value("#strength input[type=number]"))
    page.wait_for_timeout(100)
    assert 0.3 < at < 0.7 and page.inner_text("#live-word") == "Preview"
    preview = Image.open(io.BytesIO(base64.b64decode(page.evaluate(CANVAS).partition(",")[2])))
    exact = _expected(enhancer, noisy, strength=at)
    assert distance(preview, exact).mean() < 2.0 < distance(_expected(enhancer, noisy), exact).mean()
    times = page.evaluate("window.painted")
    assert len(times) >= 6 and float(np.median(times)) < MOST_MS, times
    page.mouse.up()
    changed(page, before)
    page.wait_for_selector("#live-canvas", state="detached")
    assert distance(download(page)[1], exact).max() <= 1.0

    before = shown(page)
    page.focus("#fidelity input[type=range]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#live-canvas")
    changed(page, before)
    page.wait_for_selector("#live-canvas", state="detached")
    there = float(page.input_value("#fidelity input[type=number]"))
    assert there == 0.95
    assert distance(download(page)[1], _expected(enhancer, noisy, strength=at, fidelity=there)).max() <= 1.0

    after = "i => getComputedStyle(i).visibility"
    page.keyboard.down("b")
    assert page.eval_on_selector("#comparison .content > img:nth-of-type(2)", after) == "hidden"
    page.keyboard.up("b")
    page.keyboard.press("/")
    page.keyboard.type("b/")
    assert page.input_value("#prompt textarea") == PROMPT + "b/", "a shortcut fired while a field was typed in"
    drop(page, noisy)
    page.focus("#strength input[type=range]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert page.locator("#live-canvas").count() == 0, "a preview outlived its photo"


def test_results_are_kept_compared_and_their_settings_used_again(
    page: "playwright.Page", enhancer: Enhancer, noisy: Path, tmp_path: Path
) -> None:
    _result(page, noisy)
    before = shown(page)
    page.fill("#strength input[type=number]", "0.5")
    page.press("#strength input[type=number]", "Tab")
    changed(page, before)
    page.wait_for_selector("#history .thumbnail-item >> nth=1")
    captions = page.locator("#history .caption-label").all_inner_texts()
    assert captions == ["2 · strength 50% · remove the noise", "1 · remove the noise"]

    before = shown(page)
    page.click("#history .thumbnail-item >> nth=1")
    changed(page, before)
    page.wait_for_selector("#comparison label:has-text('The photo | 1')")
    assert distance(download(page)[1], _expected(enhancer, noisy)).max() <= 1.0
    page.click("#against input")
    page.click("[role=option]:has-text('2 · strength')")
    page.wait_for_selector("#comparison label:has-text('2 | 1')")
    page.click("#history .thumbnail-item >> nth=0")
    page.wait_for_selector("#comparison label:has-text('2 | 2')")
    page.fill("#prompt textarea", "something else")
    page.fill("#strength input[type=number]", "0.9")
    page.click("#reuse")
    page.wait_for_function("document.querySelector('#strength input[type=number]')?.value == '0.5'")
    assert page.input_value("#prompt textarea") == PROMPT

    with visit(page.context.browser, page.url) as stranger:
        assert stranger.locator("#history .thumbnail-item").count() == 0


def test_a_preset_outlives_the_page_and_a_link_carries_it_elsewhere(
    page: "playwright.Page", enhancer: Enhancer, noisy: Path
) -> None:
    ask(page, "remove half of the noise and make it twice as big")
    page.fill("#strength input[type=number]", "0.6")
    unfold(page, "#presets-box")
    page.fill("#preset-name input, #preset-name textarea", "<img src=x> 家")
    page.click("#preset-save")
    page.wait_for_selector(".toast-body :text('Saved as')")
    settle(page)
    page.reload()
    page.wait_for_selector("#run")
    unfold(page, "#presets-box")
    page.wait_for_function("document.querySelector('#preset input')?.value == '<img src=x> 家'")
    page.click("#preset-load")
    page.wait_for_function("document.querySelector('#strength input[type=number]')?.value == '0.6'")
    assert page.input_value("#prompt textarea") == "remove half of the noise and make it twice as big"
    page.click("#share")
    page.wait_for_function("(document.querySelector('#link textarea')?.value ?? '').startsWith('http')")
    link = page.input_value("#link textarea")
    page.click("#preset-delete")
    page.wait_for_function("document.querySelector('#preset input')?.value == ''")

    with visit(page.context.browser, link) as other:
        other.wait_for_selector("#summary :text('noise 50%')")
        assert float(other.input_value("#strength input[type=number]")) == 0.6
        assert other.is_checked("#scale input[value='2']")
        drop(other, noisy)
        run(other)
        assert "512 × 384 px" in other.inner_text("#outcome")
    cut = to_link(Preset(instruction=enhancer.understand("remove the noise")))[:-4]
    with visit(page.context.browser, f"{page.url}?do={cut}") as other:
        other.wait_for_selector(".toast-body :text('link: is damaged')")
        assert other.input_value("#prompt textarea") == ""


def test_what_is_painted_is_worked_on_and_nothing_else(page: "playwright.Page", noisy: Path) -> None:
    drop(page, noisy)
    ask(page, PROMPT)
    unfold(page, "#mask-box")
    page.wait_for_selector("#mask-editor .pixi-target.visible canvas")
    page.wait_for_timeout(1000)  # the photo fades in
    page.locator("#mask-editor").scroll_into_view_if_needed()
    box = page.locator("#mask-editor .pixi-target.visible canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=2)
    page.mouse.up()
    run(page)
    moved = distance(download(page)[1], Image.open(noisy)).max(axis=2) > 0
    assert 0.01 < moved.mean() < 0.5, "Run pressed right after the brush: its mask must have been used"
    page.wait_for_selector("#mask img")
    assert page.input_value("#region input") == "Painted mask"
    page.click("#mask-editor button[aria-label='Clear canvas']")
    page.wait_for_selector("#mask img", state="detached")
    page.wait_for_function("document.querySelector('#region input')?.value == 'Whole photo'")


def test_a_result_says_what_made_it_and_the_original_repeats_it(
    page: "playwright.Page", noisy: Path, tmp_path: Path
) -> None:
    _result(page, noisy)
    with page.expect_download() as handed:
        page.click("#download")
    made = tmp_path / handed.value.suggested_filename
    handed.value.save_as(made)
    page.fill("#prompt textarea", "")
    drop(page, made)
    page.wait_for_selector(".toast-body :text('drop the original')")
    page.wait_for_function(f"document.querySelector('#prompt textarea')?.value == '{PROMPT}'")
    drop(page, noisy)
    run(page)
    assert np.array_equal(np.asarray(download(page)[1]), np.asarray(Image.open(made)))
    unfold(page, "#file")
    page.uncheck("#record input")
    page.wait_for_selector("#history .thumbnail-item >> nth=2")
    with page.expect_download() as handed:
        page.click("#download")
    assert b"urn:controllable" not in Path(handed.value.path()).read_bytes()
    assert b"urn:controllable" in made.read_bytes()
