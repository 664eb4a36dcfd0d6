"""Parts of living with the page, without a browser: languages, presets and links, history, live answers, masks."""

import base64
import inspect
import io
import json
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from controllable import Enhancer
from controllable.app import live
from controllable.app.errors import said
from controllable.app.files import new_file, write_preview
from controllable.app.history import MOST_RESULTS, ORIGINAL, History, pair, thumbnail
from controllable.app.language import chinese, translations
from controllable.app.live import Shown
from controllable.app.mask import painted_mask, take_photo
from controllable.app.page import tables
from controllable.app.presets import Preset, clean_name, from_link, saved, to_link, to_store
from controllable.app.words import TEXTS, describe
from controllable.app.workshop import Workshop
from controllable.instruction import Instruction
from controllable.task import Task
from tests.photo import draw_leaves, draw_photo

WISH = Instruction(
    prompt="去噪 & <b>", tasks={Task.NOISE: 0.5}, tone={"contrast": -0.25}, scale=2, region="face", keep=(Task.COLOR,)
)
PRESET = Preset(instruction=WISH, strength=0.6, fidelity=0.35, force=True, guard=False, model="trial")


def _asks(header: str) -> Any:
    return SimpleNamespace(headers={"accept-language": header})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", True), ("zh", True), ("zh-HK, en;q=0.5", True), ("en;q=0.5, zh-TW;q=0.9", True),
        ("en-US,en;q=0.9,zh;q=0.8", False), ("de", False), ("", False), ("zh;q=nonsense, en", False),
    ],
)  # fmt: skip
def test_the_language_is_the_one_the_browser_wants_most(header: str, expected: bool) -> None:
    assert chinese(_asks(header)) is expected


def test_every_text_that_a_module_uses_stands_in_both_languages() -> None:
    known: dict[str, Any] = {}
    for table in tables():
        known |= table
    for key, (english, translated) in known.items():
        assert english.strip() and translated.strip(), key
        assert re.search(r"[\u4e00-\u9fff]", translated) or english == translated, key
    folder = Path(inspect.getfile(describe)).parent
    used = {key for path in folder.glob("*.py") for key in re.findall(r'\bt\("([\w.\-]+)"\)', path.read_text())}
    assert used and used <= known.keys(), used - known.keys()
    assert translations(*tables()).translations["zh-CN"]["task.noise"] == TEXTS["task.noise"][1]
    with pytest.raises(ValueError, match="stands in two tables"):
        translations(TEXTS, TEXTS)


def test_a_summary_in_chinese_names_everything_that_will_be_done() -> None:
    line = describe(WISH, chinese=True)
    for part in ("将要：", "去噪 50%", "对比度 -0.25", "放大 2 倍", "仅限人脸", "不动偏色"):
        assert part in line
    assert not re.search(r"[a-z]{3}", line)
    assert "不需要改动" in describe(Instruction(), chinese=True)


def test_an_upload_is_refused_in_both_languages_as_its_visitor_is_not_known_yet() -> None:
    text = said("image: sea.png is damaged or cut short (bad data)")
    assert text == "image: sea.png is damaged or cut short (bad data) · 照片：sea.png 已损坏或不完整"
    assert said("rare: nobody translated this") == "rare: nobody translated this"


def test_a_link_and_a_browser_give_back_the_preset_and_no_more() -> None:
    assert from_link(to_link(PRESET)) == PRESET and len(to_link(PRESET)) < 400
    assert from_link(to_link(Preset(instruction=Instruction()))) == Preset(instruction=Instruction())
    assert saved(to_store({"家": PRESET})) == {"家": PRESET}
    kept = to_store({"good": PRESET}) | {"bad": {"strength": 7}, "worse": None, "": PRESET.to_dict()}
    assert set(saved(kept)) == {"good"} and saved("nonsense") == {} and saved(None) == {}
    assert clean_name(" a\x00\u202eb ") == "ab"


def _link(values: Any) -> str:
    packed = zlib.compress(json.dumps(values).encode(), wbits=-15)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        "<script>alert(1)</script>", "", "A" * 5000, to_link(PRESET)[:-3], to_link(PRESET) + "AAAA",
        _link([1]), _link("text"), _link({"prompt": 5}), _link({"strength": 2}), _link({"strength": float("nan")}),
        _link({"force": "yes"}), _link({"model": "../../etc"}), _link({"model": "<b>"}), _link({"tasks": {"noise": 9}}),
        _link({"tasks": {"hats": 1}}), _link({"tasks": [1]}), _link({"keep": [["noise"]]}), _link({"scale": True}),
        _link({"scale": 3}), _link({"region": "moon"}), _link({"refused": "<img>"}), _link({"prompt": "x" * 1001}),
        _link({"photo": "/etc/passwd"}), _link({"prompt": " " * 10_000_000}), _link([[[[]]]] * 900),
    ],
)  # fmt: skip
def test_a_forged_link_is_one_sentence(link: str) -> None:
    with pytest.raises(ValueError, match=r"^(link|preset|tasks|scale|region)[\[:]") as error:
        from_link(link)
    assert len(str(error.value)) < 300 and "<" not in str(error.value)


def _shown(folder: Path, **changes: Any) -> Shown:
    photo = folder / "photo.png"
    if not photo.exists():
        draw_photo(96, 64).save(photo)
    before, after = write_preview(draw_photo(96, 64)), write_preview(draw_photo(96, 64, seed=1))
    shown = Shown(photo=str(photo), preset=replace(PRESET, **changes), mask=None)
    return shown.answered(before=before, after=after, size=(96, 64), restored=True)


def _add(history: History, shown: Shown) -> History:
    path = new_file("photo-enhanced.png")
    draw_photo(96, 64, seed=1).save(path)
    return history.with_result(shown, str(path), thumbnail(shown.after), "96 × 64 px")


def test_a_history_is_bounded_and_takes_the_files_of_what_it_forgets_along(tmp_path: Path) -> None:
    history, files = History(), []
    for _ in range(MOST_RESULTS + 3):
        history = _add(history, _shown(tmp_path))
        files.append(history.entries[0].file)
    assert [entry.number for entry in history.entries] == list(range(MOST_RESULTS + 3, 3, -1))
    assert [Path(file).exists() for file in files] == [False] * 3 + [True] * MOST_RESULTS
    assert history.picked == MOST_RESULTS + 3 and history.pick(5).picked == 5
    assert Image.open(history.entries[0].thumbnail).size == (96, 64)
    with pytest.raises(ValueError, match="deleted"):
        history.pick(1)
    Path(files[-1]).unlink()
    with pytest.raises(ValueError, match="deleted"):
        history.pick(MOST_RESULTS + 3)
    caption = history.entries[0].caption(chinese=True)
    assert caption == f"{MOST_RESULTS + 3} · 强度 60% · 保真 35% · 去噪 & <b>"


def test_two_results_of_one_photo_are_compared_at_the_size_of_the_right_one(tmp_path: Path) -> None:
    large = replace(_shown(tmp_path), after=write_preview(draw_photo(192, 128, seed=2)))
    history = _add(_add(History(), _shown(tmp_path)), large)
    assert pair(history, ORIGINAL) == (large.before, large.after)
    left, right = pair(history, 1)
    assert Image.open(left).size == Image.open(right).size == (192, 128)
    elsewhere = _add(history, replace(_shown(tmp_path), photo="other.png"))
    with pytest.raises(ValueError, match="different photos"):
        pair(elsewhere, 1)


def test_answers_begin_with_what_tells_most() -> None:
    shown = Shown(photo="p", preset=Preset(instruction=WISH), mask=None, restored=True)
    assert live.places(shown) == [
        ("strength", 0.5), ("strength", 0.25), ("fidelity", 0.0), ("fidelity", 0.5), ("strength", 0.75),
    ]  # fmt: skip
    assert live.places(shown.at("strength", 0.5))[0] == ("strength", 1.0)
    assert all(axis == "strength" for axis, _ in live.places(replace(shown, restored=False)))


def _workshop(enhancer: Enhancer, folder: Path, prompt: str) -> tuple[Workshop, Shown]:
    workshop = Workshop(enhancer)
    photo = folder / "dark.png"
    dark = np.asarray(draw_leaves(192, 128), dtype=np.float32) * 0.15
    Image.fromarray(dark.round().astype(np.uint8)).save(photo)
    preset = Preset(instruction=workshop.understand(prompt))
    result = enhancer.enhance(photo, preset.instruction).image
    before, after = write_preview(Image.open(photo)), write_preview(result)
    shown = Shown(photo=str(photo), preset=preset, mask=None)
    return workshop, shown.answered(before=before, after=after, size=result.size, restored=True)


def _values(answer: Mapping[str, Any]) -> np.ndarray:
    data = base64.b64decode(answer["image"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.float32)


@pytest.mark.parametrize("exact_pixels", [10**9, 0])
def test_between_answers_the_blend_is_close_to_the_network(
    enhancer: Enhancer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact_pixels: int
) -> None:
    monkeypatch.setattr(live, "EXACT_PIXELS", exact_pixels)
    workshop, shown = _workshop(enhancer, tmp_path, "brighten this dark photo")
    *answers, last = live.answers(workshop, "me", shown)
    assert last["kind"] == "ready" and all(answer["run"] == shown.run for answer in answers)
    ends = {
        0.0: np.asarray(Image.open(shown.before), dtype=np.float32),
        1.0: np.asarray(Image.open(shown.after).convert("RGB"), dtype=np.float32),
    }
    known = ends | {answer["at"]: _values(answer) for answer in answers if answer["axis"] == "strength"}
    assert len(known) > 2, "the middle of so strong a change is not the blend of its ends"
    for at in (0.35, 0.65):
        exact = enhancer.enhance(shown.photo, shown.preset.instruction, strength=at).image
        true = np.asarray(exact.convert("RGB"), dtype=np.float32)
        errors = [float(np.abs(live.blended(some, at) - true).mean()) for some in (ends, known)]
        assert errors[1] < min(2.0, 0.5 * errors[0]), (at, errors)


def test_answers_give_way_to_whoever_waits_and_end_when_cancelled(enhancer: Enhancer, tmp_path: Path) -> None:
    workshop, shown = _workshop(enhancer, tmp_path, "brighten this dark photo")
    waiting, done = threading.Event(), threading.Event()

    def wait() -> None:
        with workshop.turn("somebody"):
            waiting.set()
            done.wait(10)

    somebody = threading.Thread(target=wait)
    somebody.start()
    assert waiting.wait(10)
    assert [answer["kind"] for answer in live.answers(workshop, "me", shown)] == ["ready"]
    done.set()
    somebody.join(10)
    Path(shown.after).unlink()
    assert [answer["kind"] for answer in live.answers(workshop, "me", shown)] == ["ready"] and not shown.files_there
    assert workshop.sessions == ()


def test_paint_becomes_a_mask_and_takes_it_along_when_it_goes(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    draw_photo(96, 64).save(photo)
    layer = Image.new("RGBA", (48, 32))
    layer.paste((255, 255, 255, 176), (0, 0, 24, 32))
    region, mask, painted = painted_mask(str(photo), "all", {"layers": [layer]}, False)
    assert (region, painted) == ("mask", True)
    values = np.asarray(Image.open(mask).convert("L"))
    assert values.shape == (64, 96) and values[:, :40].min() == 255 and values[:, 56:].max() == 0
    empty = {"layers": [Image.new("RGBA", (48, 32))]}
    assert painted_mask(str(photo), "mask", empty, True) == ["all", None, False]
    untouched = painted_mask(str(photo), "mask", empty, False)
    assert all(isinstance(value, dict) for value in untouched), "a mask that was uploaded must stay"
    paper, on, painted = take_photo(str(photo), True, None)
    assert Image.open(paper).size == (96, 64) and on == str(photo) and painted is False
    assert take_photo(str(photo), False, None) == [None, None, False]
