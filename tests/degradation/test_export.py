"""Paired export: what it writes replays and is checked, stops and goes on, and never leaves half of anything."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from controllable.degradation.choice import Choice, learned, own, recipe, replayed
from controllable.degradation.export import Exported, ExportSettings, export, find_photos, name_photos, pair_seeds
from controllable.degradation.verify import verify
from controllable.image.picture import load
from controllable.networks.degrader import Degrader
from controllable.task import Task
from tests.photo import draw_photo

OLD_PHONE = ExportSettings(choice=recipe("old_phone"), variants=2, seed=3)


class Stopped(Exception):
    """Raised by a test's progress callback."""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    draw_photo(100, 70, seed=1).save(folder / "boat.png")
    draw_photo(64, 80, seed=2).save(folder / "trip" / "hill.jpg")
    draw_photo(72, 48, seed=3).save(folder / "tower.webp")
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with an untrained learned degrader called "trial"."""
    torch.manual_seed(0)
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=3, title="Trial")
    network.save_pretrained(tmp_path / "models" / "trial")
    return tmp_path / "models"


def _make(folder: Path, out: Path, settings: ExportSettings = OLD_PHONE, stop_after: int | None = None) -> Exported:
    calls = 0

    def progress(share: float, name: str) -> None:
        nonlocal calls
        calls += 1
        if stop_after is not None and calls > stop_after:
            raise Stopped

    return export(find_photos(folder, out), out, settings, progress)


def _files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def _rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def test_every_photo_has_one_clean_file_and_as_many_degraded_ones_as_asked(photos: Path, tmp_path: Path) -> None:
    done = _make(photos, tmp_path / "out")
    rows = _rows(tmp_path / "out")
    assert (done.pairs, done.made, dict(done.skipped)) == (6, 6, {})
    assert [row["clean"] for row in rows] == [f"clean/{n}.png" for n in ("boat", "tower", "trip/hill") for _ in "12"]
    listed = {row[kind] for row in rows for kind in ("clean", "degraded")}
    assert set(_files(tmp_path / "out")) == listed | {"manifest.jsonl", "manifest.sha256", "settings.json"}
    for row in rows:
        clean, degraded = (Image.open(tmp_path / "out" / row[kind]) for kind in ("clean", "degraded"))
        assert row["degraded"] == row["clean"].replace("clean", "degraded").replace(".png", f"-{row['seed']}.png")
        assert clean.size == degraded.size == tuple(row["size"]) and row["recipe"] == "old_phone"
        assert not np.array_equal(np.asarray(clean), np.asarray(degraded))


def test_the_checksums_are_those_that_sha256sum_prints(photos: Path, tmp_path: Path) -> None:
    _make(photos, tmp_path / "out")
    manifest = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    said = (tmp_path / "out" / "manifest.sha256").read_text()
    assert said == f"{hashlib.sha256(manifest).hexdigest()}  manifest.jsonl\n"
    for row in _rows(tmp_path / "out"):
        for kind in ("clean", "degraded"):
            assert hashlib.sha256((tmp_path / "out" / row[kind]).read_bytes()).hexdigest() == row["sha256"][kind]


def test_equal_settings_make_equal_bytes_and_another_seed_others(photos: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        _make(photos, tmp_path / name, replace(OLD_PHONE, seed=seed))
    assert _files(tmp_path / "one") == _files(tmp_path / "two") != _files(tmp_path / "three")


def test_a_photos_pairs_do_not_depend_on_which_others_there_are(photos: Path, tmp_path: Path) -> None:
    _make(photos, tmp_path / "all")
    (photos / "boat.png").unlink()
    _make(photos, tmp_path / "fewer")
    assert (
        _files(tmp_path / "fewer").items()
        >= {name: data for name, data in _files(tmp_path / "all").items() if "/" in name and "boat" not in name}.items()
    )
    assert len(set(pair_seeds("boat", OLD_PHONE)) | set(pair_seeds("tower", OLD_PHONE))) == 4


@pytest.mark.parametrize("stop_after", range(8))
def test_a_run_that_was_stopped_anywhere_goes_on_to_the_same_bytes(
    photos: Path, tmp_path: Path, stop_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(photos, tmp_path / "whole")
    with pytest.raises(Stopped):
        _make(photos, tmp_path / "out", stop_after=stop_after)
    before = _files(tmp_path / "out") if (tmp_path / "out").exists() else {}
    assert "manifest.jsonl" not in before, "a manifest says that the data set is finished"
    made = {name: data for name, data in before.items() if name.startswith("degraded")}
    assert made.items() <= _files(tmp_path / "whole").items()
    done = _make(photos, tmp_path / "out")
    assert (done.pairs, done.made) == (6, 6 - len(made))
    assert _files(tmp_path / "out") == _files(tmp_path / "whole")
    untouched = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}
    assert _make(photos, tmp_path / "out").made == 0
    assert untouched == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}


def test_a_torn_line_and_a_lost_file_are_made_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _make(photos, tmp_path / "whole")
    with pytest.raises(Stopped):
        _make(photos, out, stop_after=5)
    with open(out / "manifest.part", "ab") as journal:
        journal.write(b'{"clean": "clean/tower.png", "degr')
    (out / "degraded" / "half.png.tmp").write_bytes(b"half")
    next((out / "degraded").glob("boat-*.png")).unlink()
    _make(photos, out)
    (out / "degraded" / "half.png.tmp").unlink()
    assert _files(out) == _files(tmp_path / "whole")


def test_more_photos_are_added_to_a_finished_data_set(photos: Path, tmp_path: Path) -> None:
    _make(photos, tmp_path / "out")
    draw_photo(60, 60, seed=9).save(photos / "new.png")
    done = _make(photos, tmp_path / "out")
    assert (done.pairs, done.made) == (8, 2)
    _make(photos, tmp_path / "whole")
    assert _files(tmp_path / "out") == _files(tmp_path / "whole")


def test_every_pair_replays_from_its_line(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _make(photos, out, replace(OLD_PHONE, choice=recipe("messaging_app")))
    for row in _rows(out):
        choice, params = replayed(row, tmp_path)
        again = (choice.apply(load(out / row["clean"]).rgb, params)[0] * 255).round().permute(1, 2, 0).numpy()
        assert np.array_equal(again.astype(np.uint8), np.asarray(Image.open(out / row["degraded"])))
    found = verify(out, models=tmp_path)
    assert (found.pairs, found.replayed, found.faults) == (6, 6, ())


@pytest.mark.parametrize("name", ["clean/boat.png", "degraded/tower-*.png", "manifest.jsonl"])
def test_one_flipped_bit_is_found(photos: Path, tmp_path: Path, name: str) -> None:
    _make(photos, tmp_path / "out")
    path = next((tmp_path / "out").glob(name))
    data = bytearray(path.read_bytes())
    data[data.index(b"7", max(50, data.find(b'"size"')))] ^= 1
    path.write_bytes(data)
    (fault,) = verify(tmp_path / "out", models=tmp_path, replays=0).faults
    assert fault.endswith("is not the file that was written (checksum)") and path.name in fault


def test_parameters_that_were_changed_make_other_pixels(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _make(photos, out, replace(OLD_PHONE, choice=own({Task.NOISE: 0.5}), variants=1))
    rows = _rows(out)
    rows[0]["params"]["draws"]["noise"]["seed"] += 1
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (out / "manifest.jsonl").write_bytes(text)
    (out / "manifest.sha256").write_text(f"{hashlib.sha256(text).hexdigest()}  manifest.jsonl\n")
    (fault,) = verify(out, models=tmp_path).faults
    assert fault.startswith(rows[0]["degraded"]) and "other pixels" in fault


def test_a_manifest_reads_no_file_outside_its_folder(photos: Path, tmp_path: Path) -> None:
    _make(photos, tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("clean/boat", "clean/../../secret"))
    with pytest.raises(ValueError, match=r"line 1 of manifest\.jsonl is damaged"):
        verify(tmp_path / "out", models=tmp_path)


def test_damaged_photos_are_named_once_and_the_others_are_made(photos: Path, tmp_path: Path) -> None:
    (photos / "torn.png").write_bytes((photos / "boat.png").read_bytes()[:300])
    (photos / "text.jpg").write_text("hello")
    (photos / "notes.txt").write_text("no photo")
    (photos / "._boat.png").write_bytes(b"not a photo but a Mac's")
    done = _make(photos, tmp_path / "out")
    assert set(done.skipped) == {"torn", "text"} and done.pairs == 6
    assert all("\n" not in sentence for sentence in done.skipped.values())


def test_odd_photos_become_rgb_of_8_bits_without_exif(photos: Path, tmp_path: Path) -> None:
    for photo in find_photos(photos, tmp_path / "out").values():
        photo.unlink()
    deep = np.linspace(0, 65535, 48 * 40).reshape(48, 40).astype(np.uint16)
    Image.fromarray(deep).save(photos / "deep.png")
    draw_photo(40, 48).convert("CMYK").save(photos / "print.tif")
    draw_photo(40, 48).convert("RGBA").save(photos / "cut.png")
    exif = Image.Exif()
    exif[0x010F] = "Camera of Somebody"
    draw_photo(40, 48).save(photos / "mine.jpg", exif=exif)
    _make(photos, tmp_path / "out")
    assert verify(tmp_path / "out", models=tmp_path).faults == ()
    for path in (tmp_path / "out").rglob("*.png"):
        assert Image.open(path).mode == "RGB" and Image.open(path).size == (40, 48)
        assert b"Somebody" not in path.read_bytes()


def test_a_crop_cuts_the_middle_to_multiples_and_skips_what_is_smaller(photos: Path, tmp_path: Path) -> None:
    done = _make(photos, tmp_path / "out", replace(OLD_PHONE, crop_px=32, variants=1))
    assert {row["clean"]: row["size"] for row in _rows(tmp_path / "out")} == {
        "clean/boat.png": [96, 64], "clean/tower.png": [64, 32], "clean/trip/hill.png": [64, 64],
    }  # fmt: skip
    whole = np.asarray(Image.open(photos / "boat.png"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "clean" / "boat.png")), whole[3:67, 2:98])
    assert not done.skipped
    done = _make(photos, tmp_path / "large", replace(OLD_PHONE, crop_px=60))
    assert set(done.skipped) == {"tower"} and "fewer than 60" in done.skipped["tower"]


def test_photos_that_differ_in_their_suffix_alone_keep_it_in_their_names() -> None:
    files = [Path("a.jpg"), Path("A.png"), Path("b.jpg")]
    assert list(name_photos(["a.jpg", "A.png", "b.jpg"], files)) == ["A.png", "a.jpg", "b"]
    with pytest.raises(ValueError, match=r"two photos are called a\.jpg"):
        name_photos(["a.jpg", "a.png", "a.jpg.webp"], files)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 4}, "made with seed 3, not 4"),
        ({"variants": 3}, "made with variants 2, not 3"),
        ({"crop_px": 8}, "made with crop_px null, not 8"),
        ({"choice": recipe("cctv")}, 'made with recipe "old_phone", not "cctv"'),
        ({"choice": own({Task.BLUR: 0.5})}, "another folder"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(
    photos: Path, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    _make(photos, tmp_path / "out")
    before = _files(tmp_path / "out")
    with pytest.raises(ValueError, match=sentence):
        _make(photos, tmp_path / "out", replace(OLD_PHONE, **change))
    assert _files(tmp_path / "out") == before


def test_folders_that_cannot_be_are_refused_and_nothing_is_written(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no photo below"):
        _make(tmp_path / "empty", tmp_path / "out")
    for out in (photos, photos / "pairs", tmp_path):
        with pytest.raises(ValueError, match="must not lie in one another"):
            _make(photos, out)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds other things"):
        _make(photos, tmp_path / "home")
    for photo in find_photos(photos, tmp_path / "out").values():
        photo.write_bytes(b"")
    with pytest.raises(ValueError, match=r"no photo can be used: image: boat\.png is empty"):
        _make(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists() and list((tmp_path / "home").iterdir()) == [tmp_path / "home" / "letter.txt"]


@pytest.mark.parametrize("change", [{"variants": 0}, {"variants": 9999}, {"seed": -1}, {"crop_px": 0}], ids=str)
def test_settings_name_what_is_accepted(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(variants|seed|crop): "):
        replace(OLD_PHONE, **change)
    with pytest.raises(ValueError, match="every one is 0"):
        replace(OLD_PHONE, choice=own({}))


def test_a_full_disk_is_one_sentence_leaves_whole_files_and_the_next_run_goes_on(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(photos, tmp_path / "whole")
    plain = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if "tower" in path.name:
            plain(path, data[:50])
            raise OSError(28, "No space left on device")
        return plain(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match=r"tower.*was not written: No space left on device"):
            _make(photos, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.tmp"))
    _make(photos, tmp_path / "out")
    assert _files(tmp_path / "out") == _files(tmp_path / "whole")


def test_a_learned_degrader_makes_pairs_that_name_it_and_replay(photos: Path, models: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    settings = ExportSettings(choice=learned("trial", models), variants=2)
    assert _make(photos, out, settings).pairs == 6
    assert {row["model"] for row in _rows(out)} == {"trial"}
    assert verify(out, models=models).faults == ()
    with pytest.raises(ValueError, match=r"^learned: 'trial' is not known: [^\n]+$"):
        verify(out, models=tmp_path / "nowhere")


def test_another_training_of_the_same_name_is_not_mixed_in(photos: Path, models: Path, tmp_path: Path) -> None:
    settings = ExportSettings(choice=learned("trial", models))
    _make(photos, tmp_path / "out", settings)
    Degrader(backbone="resnet", width=8, blocks=1, photos=4, title="Trial").save_pretrained(models / "trial")
    with pytest.raises(ValueError, match="made with weights"):
        _make(photos, tmp_path / "out", replace(settings, choice=learned("trial", models)))


def test_damaged_weights_are_one_sentence(models: Path) -> None:
    weights = models / "trial" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"^learned: its weights are damaged[^\n]+$"):
        learned("trial", models)


def _without_draws(values: dict[str, Any]) -> None:
    del values["params"]["draws"]["blur"]


def _odd_seed(values: dict[str, Any]) -> None:
    values["params"]["draws"]["noise"]["seed"] = 0.5


def _nameless(values: dict[str, Any]) -> None:
    del values["model"]


@pytest.mark.parametrize("spoil", [_without_draws, _odd_seed, _nameless])
def test_parameters_that_lack_something_are_one_sentence(models: Path, spoil: Callable[[dict[str, Any]], None]) -> None:
    choice: Choice = learned("trial", models)
    values = {**choice.origin, "params": choice.at({Task.BLUR: 0.5, Task.NOISE: 0.5}).sample(1).to_dict()}
    replayed(json.loads(json.dumps(values)), models)
    spoil(values)
    with pytest.raises(ValueError, match=r"^parameters: [^\n]+$"):
        replayed(values, models)
    junk: Any
    for junk in ([], "text", {"params": 3}, {}):
        with pytest.raises(ValueError, match=r"^parameters: [^\n]+$"):
            replayed(junk, models)
