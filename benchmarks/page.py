"""The page in a real Chromium: how fast a slider shows, how true its preview is, and what every tab looks like.

python -m benchmarks.page --part slider [--moves 60]           from a slider's movement to painted pixels, in ms
python -m benchmarks.page --part blend [--data FOLDER]         the preview beside the network's real answers
python -m benchmarks.page --part screenshots --out docs/screens
Needs Playwright and Chromium at --chromium. The photo is a drawn landscape; blend takes Kodak's too where --data has
them. slider counts from the input event until the frame with the new picture is out, on the machine that also serves.
"""

import argparse
import base64
import io
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.images import head, mean, pictures, row
from benchmarks.scenery import landscape
from controllable import Enhancer
from controllable.app import live
from controllable.app.files import write_preview
from controllable.app.live import Shown
from controllable.app.presets import Preset
from controllable.app.serve import serve
from controllable.app.workshop import Workshop

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PROMPTS = {"en-US": "remove the noise", "zh-CN": "去除噪点"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
MOST_BYTES = 150_000
"""Of a screenshot."""
STOPWATCH = """() => {
  window.painted = [];
  document.addEventListener("input", (event) => {
    if (event.target.type !== "range") return;
    const moved = event.timeStamp, channel = new MessageChannel();
    channel.port1.onmessage = () => window.painted.push(performance.now() - moved);
    requestAnimationFrame(() => requestAnimationFrame(() => channel.port2.postMessage(0)));
  });
}"""
"""The first frame draws; when the second has begun, and its message has come, the first is on the screen."""


def noisy(picture: Image.Image, sigma_8bit: float, seed: int = 0) -> Image.Image:
    values = np.asarray(picture, dtype=np.float32)
    values = values + np.random.default_rng(seed).normal(0, sigma_8bit, values.shape)
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8))


@contextmanager
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


def visit(opened: Any, address: str, size: str, locale: str = "en-US") -> Any:
    context = opened.new_context(viewport=SIZES[size], locale=locale, has_touch=size == "phone")
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector("#run")
    return page


def run(page: Any, photo: Path, prompt: str) -> None:
    """Drop the photo, say the prompt, press Run, wait for the result and for all answers between."""
    page.set_input_files("#photo input[type=file]", photo)
    page.wait_for_selector("#quality .bars")
    page.fill("#prompt textarea", prompt)
    page.press("#prompt textarea", "Enter")
    page.wait_for_selector("#summary strong")
    page.click("#run")
    page.wait_for_selector("#download:not([disabled])")
    page.wait_for_selector("#live[data-ready]", state="attached")


def slider(options: argparse.Namespace, folder: Path) -> None:
    """Each axis is dragged by the mouse; every movement is one input event."""
    address = serve(Enhancer.from_pretrained().warm_up(), host="127.0.0.1", port=options.port, block=False)
    head("size shown", "slider", "moves", "median ms", "95 % ms", "worst ms")
    with browser(options.chromium) as opened:
        for width, height in ((1200, 800), (1600, 1067)):
            photo = folder / f"lake-{width}.png"
            noisy(landscape(width, height), 20).save(photo)
            for axis in live.AXES:
                page = visit(opened, address, "desktop")
                run(page, photo, PROMPTS["en-US"])
                page.evaluate(STOPWATCH)
                box = page.locator(f"#{axis} input[type=range]").bounding_box()
                y, left, span = box["y"] + box["height"] / 2, box["x"] + 10, box["width"] - 20
                page.mouse.move(left + span, y)
                page.mouse.down()
                for move in range(options.moves):
                    page.mouse.move(left + span * abs(np.cos(move / 7.0)), y)
                    page.wait_for_timeout(60)
                painted = sorted(page.evaluate("window.painted"))
                page.mouse.up()
                page.context.close()
                at = painted[int(0.95 * (len(painted) - 1))]
                row(f"{width} × {height}", axis, len(painted), f"{statistics.median(painted):.0f}", f"{at:.0f}",
                    f"{painted[-1]:.0f}")  # fmt: skip


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def _dark(picture: Image.Image, ev: float) -> Image.Image:
    return Image.fromarray((255 * ((np.asarray(picture) / 255) ** 2.2 * 2**ev) ** (1 / 2.2)).round().astype(np.uint8))


def _hazy(picture: Image.Image, transmission: float) -> Image.Image:
    return Image.fromarray((np.asarray(picture) * transmission + 215 * (1 - transmission)).round().astype(np.uint8))


FLAWS: dict[str, tuple[Callable[[Image.Image], Image.Image], str]] = {
    "noise": (lambda p: noisy(p, 25), "remove the noise"),
    "noise, ×2": (
        lambda p: noisy(p.resize((p.width // 2, p.height // 2)), 15),
        "remove the noise and make it twice as big",
    ),
    "JPEG": (lambda p: _jpeg(p, 20), "remove the JPEG artifacts"),
    "blur": (lambda p: p.filter(ImageFilter.GaussianBlur(1.5)), "remove the blur"),
    "low light": (lambda p: noisy(_dark(p, -2.5), 5), "brighten this dark photo and remove the noise"),
    "haze": (lambda p: _hazy(p, 0.5), "remove the haze"),
    "tone": (lambda p: p, "a bit brighter, warmer and with more contrast"),
    "old photo": (lambda p: _jpeg(noisy(_hazy(p, 0.7), 12), 40), "restore this old photo"),
}
BETWEEN = {"strength": (0.1, 0.15, 0.35, 0.4, 0.6, 0.65, 0.85, 0.9), "fidelity": (0.25, 0.35, 0.65, 0.75)}


def blend(options: argparse.Namespace, folder: Path) -> None:
    """The error of what page.js shows to the exact result at the same size: mean absolute difference on the 8-bit
    scale, over places between the answers. "ends": without any answer, as in the first moment; sent: answers, in all.
    """
    clean = {"landscape": landscape(960, 640)}
    if options.data:
        clean |= {f"Kodak {k}": picture for k, picture in enumerate(pictures(options.data / "kodak", options.most), 1)}
    workshop = Workshop(Enhancer.from_pretrained().warm_up())
    head("flaw", "way", "strength moves", "ends", "answers", "worst place", "fidelity moves", "answers", "sent")
    for flaw, (spoil, prompt) in FLAWS.items():
        for way, exact_pixels in (("exact", 10**9), ("corrected", 0)):
            live.EXACT_PIXELS = exact_pixels
            found: list[tuple[float, ...]] = []
            for name, picture in clean.items():
                photo = folder / f"{name}.png"
                spoil(picture).save(photo)
                found.append(_blend_errors(workshop, str(photo), prompt))
            values = [mean([one[k] for one in found]) for k in range(len(found[0]))]
            row(flaw, way, *(f"{value:.2f}" for value in values))


def _blend_errors(workshop: Workshop, photo: str, prompt: str) -> tuple[float, ...]:
    preset = Preset(instruction=workshop.understand(prompt))
    asked = Shown(photo=photo, preset=preset, mask=None)

    def exact(axis: str, at: float) -> Image.Image:
        there = asked.at(axis, at)
        return workshop.enhance("", photo, preset.instruction, progress=lambda *_: None, **there.settings).image

    result = exact("strength", 1.0)
    before = workshop.resized(photo, (result.height, result.width))
    shown = asked.answered(before=write_preview(before), after=write_preview(result), size=result.size, restored=True)
    ends = {"strength": {0.0: _values(before), 1.0: _values(result)}, "fidelity": {1.0: _values(result)}}
    known = {axis: dict(places) for axis, places in ends.items()}
    for answer in live.answers(workshop, "", shown):
        if answer["kind"] != "answer":
            continue
        data = base64.b64decode(answer["image"].partition(",")[2])
        known[answer["axis"]][answer["at"]] = _values(Image.open(io.BytesIO(data)))
    true = {(axis, at): _values(exact(axis, at)) for axis, places in BETWEEN.items() for at in places}
    errors = {
        (axis, name): [_distance(live.blended(answers[axis], at), true[axis, at]) for at in BETWEEN[axis]]
        for name, answers in (("ends", ends), ("known", known))
        for axis in BETWEEN
    }
    return (
        _distance(ends["strength"][0.0], ends["strength"][1.0]),
        mean(errors["strength", "ends"]),
        mean(errors["strength", "known"]),
        max(errors["strength", "known"]),
        _distance(known["fidelity"].get(0.0, ends["fidelity"][1.0]), ends["fidelity"][1.0]),
        mean(errors["fidelity", "known"]),
        sum(map(len, known.values())) - sum(map(len, ends.values())),
    )


def _values(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=np.float32)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).mean())


def screenshots(options: argparse.Namespace, folder: Path) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    photo, clean = folder / "lake.png", folder / "clear.png"
    landscape(960, 640).save(clean)
    noisy(landscape(960, 640), 20).save(photo)
    address = serve(Enhancer.from_pretrained().warm_up(), host="127.0.0.1", port=options.port, block=False)
    with browser(options.chromium) as opened:
        for size in SIZES:
            for locale, suffix in (("en-US", ""), ("zh-CN", "-zh")):
                page = visit(opened, address, size, locale)
                run(page, photo, PROMPTS[locale])
                _shoot(page, options.out / f"enhance-{size}{suffix}.jpg")
                page.context.close()
            for tab, use in (("degrade", _use_degrade), ("batch", _use_batch)):
                page = visit(opened, address, size)
                use(page, clean, photo)
                _shoot(page, options.out / f"{tab}-{size}.jpg")
                page.context.close()


def _use_degrade(page: Any, clean: Path, photo: Path) -> None:
    page.click("button[role=tab]:has-text('Degrade')")
    page.set_input_files("#clean-photo input[type=file]", clean)
    page.click("#recipe input")
    page.click("[role=option]:has-text('Old phone')")
    page.wait_for_function("document.querySelector('#severity-noise input[type=number]').value > 0")
    page.click("#degrade")
    page.wait_for_selector("#send:not([disabled])")


def _use_batch(page: Any, clean: Path, photo: Path) -> None:
    page.click("button[role=tab]:has-text('Batch')")
    page.set_input_files("#batch-files input[type=file]", [photo, clean])
    page.wait_for_selector("#batch-files :text('clear')")
    page.fill("#batch-prompt textarea", PROMPTS["en-US"])
    page.click("#batch-start")
    page.wait_for_selector("#batch-zip:not([disabled])")


def _shoot(page: Any, path: Path) -> None:
    """The whole page, as JPEG of at most `MOST_BYTES`; in a window as high, so that a phone's fixed bar lies below."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.wait_for_timeout(800)
    whole = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for quality in (90, 80, 70, 60, 50):
        whole.save(path, "JPEG", quality=quality, subsampling=0, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    print(f"{path}: {whole.width} × {whole.height}, {path.stat().st_size / 1000:.0f} kB", flush=True)


PARTS = {"slider": slider, "blend": blend, "screenshots": screenshots}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--data", type=Path, help="folder of the public sets: kodak/ and so on")
    parser.add_argument("--most", type=int, default=2, help="pictures of Kodak")
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--port", type=int)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        PARTS[options.part](options, Path(folder))


if __name__ == "__main__":
    main()
