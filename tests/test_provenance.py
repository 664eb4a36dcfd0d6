"""Provenance: what a result's file says of how it was made, and making it again from that."""

import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.app.variants import degrade
from controllable.cli import main
from controllable.degradation.choice import Choice, Draws
from controllable.image.encode import save
from controllable.image.picture import load
from controllable.networks.expert import Expert
from controllable.provenance import Machine, Mask, Record, differences, read, xmp
from controllable.provenance.record import MOST_BYTES, MOST_HISTORY
from controllable.quality.report import QualityReport
from controllable.task import TASKS
from tests.photo import draw_photo

WISH = Instruction(prompt='less <noise> & "haze", 去噪', tasks={Task.NOISE: 0.95}, tone={"brightness": 0.15}, scale=2)
QUALITY = QualityReport(severity=dict.fromkeys(TASKS, 0.25), score=40.0)
RECORD = Record(
    program="controllable 0.1.0", instruction=WISH, strength=0.5, fidelity=0.7, force=True, guard=False,
    model="my expert", mask=Mask(sha256="a" * 64, png=b"\x89PNG"), applied={Task.NOISE: 0.475},
    quality_before=QUALITY, quality_after=QUALITY, weights={"generator/model.safetensors": "b" * 64},
    source="c" * 64, result="d" * 64, machine=Machine(torch="2.14", device="cpu", precision="bf16", threads=2),
)  # fmt: skip
LIGHTROOM = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><!-- 注释 --><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="uuid:1" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'dc:format="image/jpeg" exif:GPSLatitude="52,30N"><dc:creator><r:Seq><r:li>张三</r:li></r:Seq></dc:creator>'
    '</r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def pixels(path: Path) -> np.ndarray:
    return load(path).planes.numpy()


def test_a_record_is_what_it_was_after_json_and_xmp() -> None:
    whole = RECORD.after(replace(RECORD, strength=0.1))
    assert Record.from_dict(whole.to_dict()) == whole == Record.from_json(whole.to_json())
    assert Record.from_xmp(whole.to_xmp()) == whole == Record.from_xmp(whole.to_xmp(LIGHTROOM))


def _set(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        for key in path[:-1]:
            values = values[key]
        values[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("format", to=2), _set("unknown", to=1), _set("program", to=5), _set("program", to="x" * 101),
        _set("strength", to=1.5), _set("strength", to=True), _set("strength", to=float("nan")),
        _set("force", to=1), _set("seed", to=7), _set("model", to="../../etc"), _set("model", to="/tmp/x"),
        _set("source", to="short"), _set("result", to=None), _set("weights", to={"a": "b"}),
        _set("weights", to={"../x": "b" * 64}), _set("weights", to=[]), _set("applied", to={"grain": 1.0}),
        _set("applied", to={"noise": 2}), _set("quality_before", to={"score": 5}),
        _set("instruction", "tasks", to=[]), _set("instruction", "tasks", to={"noise": 10**400}),
        _set("instruction", "tone", to={"glow": 1}), _set("instruction", "scale", to=True),
        _set("instruction", "region", to={}), _set("instruction", "keep", to=[[]]),
        _set("quality_after", "score", to=101), _set("instruction", "scale", to=3), _set("strength", to="1"),
        _set("instruction", "prompt", to=["p"]), _set("instruction", "refused", to="no"), _set("mask", to="x"),
        _set("mask", "png", to="not base64!"), _set("mask", "png", to="A" * 400_000), _set("mask", "sha256", to=""),
        _set("machine", "threads", to=0), _set("machine", "torch", to=[]), _set("history", to={}),
        _set("history", to=[{}]), _set("history", to=[RECORD.to_dict()] * (MOST_HISTORY + 1)),
        _set("history", to=[RECORD.after(RECORD).to_dict()]),
    ],
)  # fmt: skip
def test_a_strangers_record_is_refused_in_one_sentence(change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads(RECORD.to_json())
    change(values)
    with pytest.raises(ValueError) as error:
        Record.from_dict(values)
    assert len(str(error.value)) < 300 and "\n" not in str(error.value)


def test_damaged_json_and_xmp_raise_nothing_but_value_errors() -> None:
    chance = random.Random(0)
    text, packet = RECORD.to_json(), RECORD.to_xmp(LIGHTROOM)
    refused = 0
    for _ in range(400):
        for content, parse in ((text.encode(), Record.from_json), (packet, Record.from_xmp)):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                parse(damaged.decode("utf-8", "replace") if parse == Record.from_json else bytes(damaged))
            except ValueError:
                refused += 1
    assert refused > 400
    for bad in ("[" * 100_000, "5", "null", "", "{", "x" * (MOST_BYTES + 1)):
        with pytest.raises(ValueError, match=r"^record: "):
            Record.from_json(bad)


def test_the_photos_own_packet_stays_byte_for_byte() -> None:
    once = xmp.put(LIGHTROOM, "one")
    assert xmp.take(once) == "one" and xmp.take(xmp.put(once, "two")) == "two" and xmp.drop(once) == LIGHTROOM
    assert xmp.put(once, "two") == xmp.put(LIGHTROOM, "two")
    assert xmp.take(xmp.put(LIGHTROOM.decode().encode("utf-16"), "<&>")) == "<&>"
    empty = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a:RDF xmlns:a="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    assert xmp.take(xmp.put(empty, "v")) == "v"
    as_attribute = LIGHTROOM.replace(b"dc:format", f'xmlns:k="{xmp.NAMESPACE}" k:Record="a&quot;b" dc:format'.encode())
    assert xmp.take(as_attribute) == 'a"b' and xmp.take(xmp.drop(as_attribute)) is None
    assert xmp.take(xmp.put(as_attribute, "new")) == "new"


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"<a", b"<a/>", b"<a>" * 200 + b"</a>" * 200, b"\xff\xfe\x00", b" " * (xmp.MOST_BYTES + 1),
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    ],
)  # fmt: skip
def test_a_packet_that_cannot_be_read_is_refused_and_nothing_in_it_is_followed(packet: bytes) -> None:
    if packet:
        with pytest.raises(ValueError, match=r"^xmp: "):
            xmp.put(packet, "x")
    else:
        assert xmp.take(xmp.put(packet, "x")) == "x"


def test_where_room_is_short_the_history_goes_first_and_then_the_mask() -> None:
    large = replace(RECORD, mask=Mask(sha256="a" * 64, png=bytes(range(256)) * 100)).after(RECORD)
    without_history = Record.from_xmp(large.to_xmp(most_bytes=len(replace(large, history=()).to_xmp())))
    assert without_history is not None and not without_history.history and without_history.mask == large.mask
    smallest = Record.from_xmp(large.to_xmp(most_bytes=10_000))
    assert smallest is not None and smallest.mask is not None and smallest.mask.png is None and smallest.mask.left_out
    with pytest.raises(ValueError, match="at most 100 go"):
        large.to_xmp(most_bytes=100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos as JPEG and as PNG, and a mask with soft edges."""
    folder = tmp_path_factory.mktemp("provenance")
    draw_photo(200, 150).save(folder / "photo.jpg", quality=60, xmp=LIGHTROOM)
    draw_photo(200, 150, seed=1).save(folder / "photo.png")
    mask = np.zeros((150, 200), np.uint8)
    mask[30:90, 40:160], mask[60:80, 60:100] = 255, 100
    Image.fromarray(mask).save(folder / "mask.png")
    return folder


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "avif"])
def test_a_result_is_made_again_bit_for_bit_from_any_format(enhancer: Enhancer, folder: Path, suffix: str) -> None:
    source = folder / "photo.jpg"
    result = enhancer.enhance(
        source, "remove all of the noise, a bit brighter", force=True, fidelity=0.6, region_mask=folder / "mask.png"
    )
    assert result.save(folder / f"result.{suffix}") == ()
    record = read(folder / f"result.{suffix}")
    assert record is not None and record.to_dict() == result.record.to_dict()
    enhancer.memory.forget()
    again = enhancer.repeat(source, folder / f"result.{suffix}")
    assert torch.equal(again.picture.planes, result.picture.planes) and differences(record, again.record) is None
    assert not torch.equal(result.picture.planes, load(source).planes)
    carried = load(folder / f"result.{suffix}")
    assert xmp.drop(carried.xmp or b"") == LIGHTROOM and set(carried.text) == (
        {"controllable"} if suffix == "png" else set()
    )
    again.save(folder / f"again.{suffix}")
    assert (folder / f"again.{suffix}").read_bytes() == (folder / f"result.{suffix}").read_bytes()


def test_the_number_of_threads_is_recorded_and_used_again(enhancer: Enhancer, folder: Path) -> None:
    before, photo = torch.get_num_threads(), draw_photo(96, 64)
    torch.set_num_threads(2 if before == 1 else 1)
    try:
        enhancer.memory.forget()
        result = enhancer.enhance(photo, Instruction(tasks={Task.NOISE: 1.0}), force=True)
    finally:
        torch.set_num_threads(before)
    enhancer.memory.forget()
    again = enhancer.repeat(photo, result.record)
    assert result.record.machine.threads != before == torch.get_num_threads()
    assert torch.equal(again.picture.planes, result.picture.planes)


def test_a_result_processed_again_keeps_its_history_bounded_and_opting_out_leaves_none(
    enhancer: Enhancer, folder: Path
) -> None:
    path, mask = folder / "step.png", folder / "mask.png"
    enhancer.enhance(folder / "photo.png", Instruction(tone={"warmth": 0.1}), region_mask=mask).save(path)
    first = read(path)
    for step in range(MOST_HISTORY + 2):
        enhancer.enhance(path, Instruction(tone={"warmth": 0.1 + step / 100})).save(path)
    record = read(path)
    assert first is not None and record is not None and first.mask is not None and first.mask.png
    assert [round(old.instruction.tone["warmth"], 2) for old in record.history] == [
        round(0.11 + k / 100, 2) for k in range(MOST_HISTORY)
    ]
    assert record.mask is None and not any(old.mask and old.mask.png for old in record.history)
    result = enhancer.enhance(path, Instruction(tone={"warmth": 0.1}))
    for suffix in ("png", "jpg"):
        result.save(folder / f"plain.{suffix}", provenance=False)
        assert read(folder / f"plain.{suffix}") is None
        assert xmp.NAMESPACE.encode() not in (folder / f"plain.{suffix}").read_bytes()


def test_a_degraded_copy_carries_no_record_of_other_pixels(enhancer: Enhancer, folder: Path) -> None:
    enhancer.enhance(folder / "photo.png", WISH).save(folder / "result.png")
    assert read(folder / "result.png") is not None
    physics = Choice(source=Draws(), origin={}, severity={Task.NOISE: 0.5})
    save(degrade(str(folder / "result.png"), physics)[0].image, folder / "page.png")
    main(["degrade", str(folder / "result.png"), str(folder / "command.png"), "--noise", "0.5"])
    assert read(folder / "page.png") is read(folder / "command.png") is None


def test_places_go_where_that_is_asked_and_the_record_stays(enhancer: Enhancer, folder: Path) -> None:
    result = enhancer.enhance(folder / "photo.jpg", Instruction(tone={"warmth": 0.1}))
    result.save(folder / "placed.jpg")
    result.save(folder / "nowhere.jpg", gps=False)
    assert b"GPSLatitude" in (folder / "placed.jpg").read_bytes()
    assert b"GPSLatitude" not in (folder / "nowhere.jpg").read_bytes() and read(folder / "nowhere.jpg") is not None


def test_a_damaged_packet_of_the_photo_stays_and_that_is_said(enhancer: Enhancer, folder: Path) -> None:
    draw_photo(64, 48).save(folder / "damaged.jpg", xmp=b"<x:xmpmeta no end")
    result = enhancer.enhance(folder / "damaged.jpg", Instruction(tone={"warmth": 0.1}))
    assert "not added" in " ".join(result.save(folder / "kept.jpg")) and b"no end" in (folder / "kept.jpg").read_bytes()
    assert result.save(folder / "kept.png") and read(folder / "kept.png") is not None  # in its text


def test_a_large_mask_stays_out_and_is_asked_for(enhancer: Enhancer, folder: Path) -> None:
    photo = draw_photo(600, 500)
    mask = np.random.default_rng(0).integers(0, 256, (500, 600), dtype=np.uint8)
    result = enhancer.enhance(photo, Instruction(tone={"warmth": 0.4}), region_mask=mask)
    result.save(folder / "large.png")
    with pytest.raises(ValueError, match=r"mask: the record does not hold it .*256"):
        enhancer.repeat(photo, folder / "large.png")
    again = enhancer.repeat(photo, folder / "large.png", region_mask=mask)
    assert torch.equal(again.picture.planes, result.picture.planes)
    other = enhancer.repeat(photo, folder / "large.png", region_mask=255 - mask)
    assert "the mask is another" in str(differences(result.record, other.record))


def test_what_differs_is_said_in_one_line(enhancer: Enhancer, folder: Path) -> None:
    record = enhancer.enhance(folder / "photo.png", Instruction(tone={"warmth": 0.1})).record
    other = replace(record, source="0" * 64, result="1" * 64, weights={name: "2" * 64 for name in record.weights})
    line = str(differences(record, other))
    assert "photo is not the one" in line and "clip/open_clip_model.safetensors" in line and "\n" not in line
    assert "torch 1.0" in str(differences(replace(record, machine=Machine(torch="1.0"), result="1" * 64), record))
    assert "another processor" in str(differences(replace(record, result="1" * 64), record))
    assert differences(record, record) is None


def test_an_expert_is_named_and_where_it_lies_is_not(
    enhancer: Enhancer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    expert = Expert(backbone="unet", scale=1, width=8, blocks=1, tasks=["noise"], title="Trial")
    with contextlib.redirect_stdout(None):
        expert.save_pretrained(folder / "runs" / "trial" / "weights")
    by_folder = str(folder / "runs" / "trial" / "weights")
    result = enhancer.enhance(folder / "photo.png", Instruction(tasks={Task.NOISE: 1.0}), force=True, model=by_folder)
    assert result.record.model == "trial" and "trial/model.safetensors" in result.record.weights
    assert str(folder) not in result.record.to_json()
    again = enhancer.repeat(folder / "photo.png", result.record)
    assert torch.equal(again.picture.planes, result.picture.planes)


def test_files_without_a_record_and_no_files_are_told_apart(folder: Path) -> None:
    assert read(folder / "photo.jpg") is None and read(folder / "photo.png") is None
    (folder / "text.png").write_text("hello urn:controllable:provenance:1")
    with pytest.raises(ValueError, match="not a picture"):
        read(folder / "text.png")
    Image.new("RGB", (9, 9)).save(folder / "forged.webp", xmp=xmp.put(None, '{"format": 1}'))
    with pytest.raises(ValueError, match=r"^record: "):
        read(folder / "forged.webp")
