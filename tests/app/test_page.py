"""The page as a visitor meets it: a real server, a real Chromium, the bundled models; and as a program calls it."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer
from controllable.app.serve import serve
from controllable.degradation.choice import replayed
from controllable.degradation.verify import verify
from controllable.image.picture import load
from controllable.networks.degrader import Degrader
from controllable.networks.expert import Expert
from tests.photo import draw_photo
from tests.speech import need, say

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")
from tests.app.browsing import (  # noqa: E402
    DESKTOP,
    PHONE,
    changed,
    distance,
    download,
    drop,
    rest,
    run,
    shown,
    unfold,
    visit,
)  # fmt: skip

PROMPT = "remove the noise and make it twice as big"
DOUBTFUL = (
    "the colour of the grain in the fog is not the blur i meant",
    "it is the light, or the veil, or the little dots that i like, not sure",
    "the squares are on purpose but then again they are not, and the blur",
    "颜色还是雾还是噪点，我也说不清，反正不是模糊",
)


def test_photo_and_prompt_to_understood_controls_to_a_lossless_download(
    page: "playwright.Page", enhancer: Enhancer, noisy: Path
) -> None:
    drop(page, noisy)
    assert page.locator("button[id^=suggestion-]:visible").count() >= 1

    page.fill("#prompt textarea", PROMPT)
    page.press("#prompt textarea", "Enter")
    page.wait_for_selector("#summary :text('Understood')")
    page.wait_for_selector("#task-noise input[type=number]:visible")
    assert float(page.input_value("#task-noise input[type=number]")) >= 0.5
    assert page.is_checked("#scale input[value='2']")

    run(page)
    assert "512 × 384 px" in page.inner_text("#outcome")
    assert "→" in page.inner_text("#quality .bars")
    name, full = download(page)
    assert name == "holiday-enhanced.png"
    assert (full.format, full.size) == ("PNG", (512, 384))
    expected = enhancer.enhance(noisy, enhancer.understand(PROMPT)).image
    assert distance(full, Image.fromarray(np.asarray(expected))).max() <= 1.0, "not what the enhancer made: lossy?"

    before = shown(page)
    page.fill("#strength input[type=number]", "0.2")
    page.press("#strength input[type=number]", "Tab")
    changed(page, before)
    _, weak = download(page)
    plain = Image.open(noisy).resize((512, 384), Image.Resampling.BICUBIC)
    assert 0.0 < distance(weak, plain).mean() < distance(full, plain).mean()


def test_edited_controls_win_over_the_words(page: "playwright.Page", noisy: Path) -> None:
    drop(page, noisy)
    page.fill("#prompt textarea", PROMPT)
    page.press("#prompt textarea", "Enter")
    page.wait_for_selector("#scale input[value='1']:visible")
    page.wait_for_function("document.querySelector('#scale input[value=\"2\"]').checked")
    page.check("#scale input[value='1']")
    run(page)
    assert "256 × 192 px" in page.inner_text("#outcome")


def test_a_doubtful_wish_is_asked_about_and_the_answer_runs(
    page: "playwright.Page", enhancer: Enhancer, noisy: Path
) -> None:
    doubtful = next(
        prompt for prompt in DOUBTFUL if (read := enhancer.interpret(prompt)).unsure and len(read.choices) == 2
    )
    drop(page, noisy)
    page.fill("#prompt textarea", doubtful)
    page.press("#prompt textarea", "Enter")
    page.wait_for_selector("#summary :text('Did you mean')")
    assert page.locator("button[id^=choice-]:visible").count() == 2
    page.click("#run")
    page.wait_for_selector("text=press the one you meant")
    page.click("#choice-1")
    page.wait_for_selector("#summary :text('Understood')")
    assert page.locator("button[id^=choice-]:visible").count() == 0
    second = enhancer.interpret(doubtful).choices[1]
    for task, strength in second.tasks.items():
        assert float(page.input_value(f"#task-{task} input[type=number]")) == pytest.approx(strength, abs=0.01)


def test_a_spoken_wish_fills_the_prompt_and_does_not_run_by_itself(
    page: "playwright.Page", noisy: Path, tmp_path: Path
) -> None:
    need("ffmpeg")
    drop(page, noisy)
    unfold(page, "#speak")
    page.click("#speech button[aria-label='Upload file']")
    page.set_input_files("#speech input[type=file]", say("take the noise out", tmp_path / "wish.wav", "rms"))
    page.wait_for_function("document.querySelector('#prompt textarea').value == 'take the noise out'")
    page.wait_for_selector("#summary :text('Understood')")
    assert page.locator("#comparison img").count() == 0, "it ran by itself"
    page.fill("#prompt textarea", "take half of the noise out")
    run(page)
    assert "256 × 192 px" in page.inner_text("#outcome")


def test_a_bad_recording_gives_one_sentence(browser: "playwright.Browser", address: str, tmp_path: Path) -> None:
    need("ffmpeg")
    (tmp_path / "bad.wav").write_bytes(b"hello " * 99)
    with visit(browser, address, forgiven="Waveform load error") as page:
        unfold(page, "#speak")
        page.click("#speech button[aria-label='Upload file']")
        page.set_input_files("#speech input[type=file]", tmp_path / "bad.wav")
        page.wait_for_selector(".toast-body :text('bad.wav is not an audio file')")


def test_a_bad_file_gives_one_sentence_and_the_page_still_works(
    page: "playwright.Page", noisy: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(noisy.read_bytes()[:5000])
    page.set_input_files("#photo input[type=file]", damaged)
    page.wait_for_selector(".toast-body :text('damaged.png is damaged or cut short')")
    page.click(".toast-close")
    page.click("#run")
    page.wait_for_selector(".toast-body :text('prompt: is empty')")

    drop(page, noisy)
    page.fill("#prompt textarea", "remove the noise")
    run(page)
    assert "256 × 192 px" in page.inner_text("#outcome")


def test_degraded_photo_goes_to_enhance_and_is_scored_against_its_original(
    page: "playwright.Page", tmp_path: Path
) -> None:
    clean = tmp_path / "clean.png"
    draw_photo(256, 192, seed=4).save(clean)
    page.click("button[role=tab]:has-text('Degrade')")
    page.set_input_files("#clean-photo input[type=file]", clean)
    page.wait_for_selector("#clean-photo img")
    page.fill("#severity-noise input[type=number]", "0.5")
    page.press("#severity-noise input[type=number]", "Tab")
    page.click("#degrade")
    page.wait_for_selector("#send:not([disabled])")
    assert page.locator("#variants .thumbnail-item").count() >= 3
    name, degraded = download(page, "#degraded-png")
    assert (name, degraded.size) == ("clean-degraded-0.png", (256, 192))

    page.click("#send")
    page.wait_for_selector("#photo img")
    page.wait_for_selector("#quality .bars")
    page.fill("#prompt textarea", "remove the noise")
    run(page)
    score = page.inner_text("#outcome")
    assert "Score against the original" in score
    before, after = (float(part.split(" dB")[0].split()[-1]) for part in score.split("→"))
    assert after > before + 2.0


def test_many_photos_become_a_zip_of_pairs_and_a_damaged_one_is_named(page: "playwright.Page", tmp_path: Path) -> None:
    photos = [tmp_path / name for name in ("one.png", "two.jpg", "torn.png")]
    for number, photo in enumerate(photos):
        draw_photo(96, 64, seed=number).save(photo)
    photos[2].write_bytes(photos[2].read_bytes()[:400])
    page.click("button[role=tab]:has-text('Degrade')")
    unfold(page, "#pairs")
    page.click("#make-pairs")
    page.wait_for_selector(".toast-body :text('every one is 0')")
    page.click("#recipe input")
    page.click("[role=option]:has-text('Old phone')")
    page.wait_for_selector("#story :text('small sensor')")
    page.set_input_files("#pair-photos input[type=file]", photos)
    page.wait_for_selector("#pair-photos :text('torn')")
    page.click("#make-pairs")
    page.wait_for_selector("#pairs-zip:not([disabled])")
    assert "2 pairs" in page.inner_text("#pairs-outcome") and "torn.png is damaged" in page.inner_text("#pairs-outcome")
    with page.expect_download() as handed:
        page.click("#pairs-zip")
    assert handed.value.suggested_filename == "pairs.zip"
    with zipfile.ZipFile(handed.value.path()) as archive:
        archive.extractall(tmp_path / "pairs")
    found = verify(tmp_path / "pairs", models=tmp_path)
    assert (found.pairs, found.replayed, found.faults) == (2, 2, ())


@pytest.mark.parametrize("kind", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_comes_by_itself_moves_nothing_that_is_being_pressed(
    browser: "playwright.Browser", address: str, noisy: Path, kind: Mapping[str, Any]
) -> None:
    with visit(browser, address, kind) as page:
        page.fill("#prompt textarea", "remove the noise")
        head = rest(page, "#options > button")
        head.scroll_into_view_if_needed()
        box, bar = head.bounding_box(), page.locator("#run").bounding_box()
        assert box is not None
        page.set_input_files("#photo input[type=file]", noisy)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.wait_for_selector("#suggestion-0")
        page.mouse.up()
        page.wait_for_selector("#guard input")
        page.press("#prompt textarea", "Enter")
        page.wait_for_selector("#summary strong")
        assert rest(page, "#run").bounding_box() == bar


def test_what_was_trained_here_stands_in_the_lists_and_does_its_task(
    enhancer: Enhancer, browser: "playwright.Browser", noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=3, title="Attic")
    network.save_pretrained(tmp_path / "runs" / "attic" / "weights")
    expert = Expert(backbone="resnet", scale=1, width=8, blocks=1, tasks=["noise"], title="Trial")
    expert.save_pretrained(tmp_path / "runs" / "trial" / "weights")
    draw_photo(96, 64).save(tmp_path / "clean.png")
    with visit(browser, serve(enhancer, host="127.0.0.1", port=None, block=False)) as page:
        page.set_input_files("#photo input[type=file]", noisy)
        page.fill("#prompt textarea", "remove the noise")
        unfold(page, "#options")
        page.click("#model input")
        page.click("[role=option]:has-text('trial')")
        page.wait_for_function("document.querySelector('#model input').value == 'trial'")
        run(page)
        _, untouched = download(page)
        assert distance(untouched, Image.open(noisy)).mean() < 1.0, "an untrained expert returns what it sees"

        page.click("button[role=tab]:has-text('Degrade')")
        page.set_input_files("#clean-photo input[type=file]", tmp_path / "clean.png")
        page.wait_for_selector("#clean-photo img")
        page.click("#recipe input")
        page.click("[role=option]:has-text('Learned: Attic')")
        page.wait_for_function("document.querySelector('#severity-detail input[type=number]').value > 0")
        page.click("#degrade")
        page.wait_for_selector("#send:not([disabled])")
        assert page.locator("#variants .thumbnail-item").count() >= 3
        _, picture = download(page, "#degraded-png")
        with page.expect_download() as handed:
            page.click("#degraded-json")
        choice, params = replayed(json.loads(Path(handed.value.path()).read_text()), tmp_path)
        again = choice.apply(load(tmp_path / "clean.png").rgb, params)[0].permute(1, 2, 0).numpy()
        assert choice.origin == {"model": "attic"} and np.array_equal((again * 255).round(), np.asarray(picture))
