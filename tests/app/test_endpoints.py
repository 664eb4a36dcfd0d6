"""The named endpoints, as a program calls them over HTTP: the contract's JSON, and one sentence for bad input."""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.app.serve import serve
from controllable.degradation.choice import replayed
from controllable.degradation.recipes import find_recipe
from controllable.image.picture import load
from controllable.networks.degrader import Degrader
from controllable.networks.expert import Expert
from controllable.provenance.stored import read
from tests.photo import draw_photo
from tests.speech import need, say


@pytest.fixture(scope="module")
def client(enhancer: Enhancer) -> Client:
    return Client(serve(enhancer, host="127.0.0.1", port=None, block=False), verbose=False)


@pytest.fixture(scope="module")
def photo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("endpoints") / "photo.png"
    draw_photo(160, 128).save(path)
    return path


def _degrade(client: Client, photo: Path, **arguments: Any) -> tuple[Path, dict[str, Any]]:
    file, params = client.predict(photo=handle_file(photo), api_name="/degrade", **arguments)
    return Path(file), params


def test_understand_speaks_the_contract(client: Client) -> None:
    values = client.predict(prompt="remove the noise", api_name="/understand")
    assert Instruction.from_dict(values).tasks[Task.NOISE] >= 0.5


def test_assess_and_enhance_answer_in_the_shared_vocabulary(client: Client, photo_file: Path) -> None:
    report = client.predict(photo=handle_file(photo_file), api_name="/assess")
    assert set(report["severity"]) == set(Task) and 0 <= report["score"] <= 100
    file, values = client.predict(photo=handle_file(photo_file), prompt="make it 2x larger", api_name="/enhance")
    assert Image.open(file).format == "PNG" and Image.open(file).size == (320, 256)
    assert set(values) == {"instruction", "quality_before", "quality_after", "applied"}


def test_enhance_takes_an_expert_by_its_name_and_no_path(
    client: Client, photo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expert = Expert(backbone="resnet", scale=1, width=8, blocks=1, tasks=["blur"], title="Trial")
    expert.save_pretrained(tmp_path / "runs" / "trial" / "weights")
    asked = {"photo": handle_file(photo_file), "prompt": "deblur it", "force": True, "api_name": "/enhance"}
    file, _ = client.predict(model="trial", **asked)
    untrained = np.asarray(Image.open(file)).astype(int)
    given = np.asarray(Image.open(photo_file).convert("RGB")).astype(int)
    assert np.abs(untrained - given).max() <= 2  # an untrained expert returns what it sees
    for wrong in ("nobody", str(tmp_path / "runs" / "trial" / "weights")):
        with pytest.raises(AppError, match="is not one of controllable, trial"):
            client.predict(model=wrong, **asked)


def test_degrade_is_replayed_by_its_seed_and_visitors_share_no_file_name(client: Client, photo_file: Path) -> None:
    first, params = _degrade(client, photo_file, recipe="old_phone", seed=5)
    assert params == find_recipe("old_phone").sample(5).to_dict()
    second, same = _degrade(client, photo_file, recipe="old_phone", seed=5)
    assert params == same and json.dumps(params)
    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(second)))
    other, _ = _degrade(client, photo_file, severity={"noise": 0.4}, seed=5)
    assert not np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(other)))


def test_degrade_takes_a_learned_degrader_by_its_name_and_no_path(
    client: Client, photo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=3, title="Trial")
    network.save_pretrained(tmp_path / "runs" / "trial" / "weights")
    file, values = _degrade(client, photo_file, learned="trial", seed=5)
    choice, params = replayed(values, tmp_path)
    again = choice.apply(load(photo_file).rgb, params)[0].permute(1, 2, 0).numpy()
    assert values["model"] == "trial" and np.array_equal(np.asarray(Image.open(file)), (again * 255).round())
    for wrong in ("nobody", str(tmp_path / "runs" / "trial" / "weights")):
        with pytest.raises(AppError, match="is not one of trial"):
            _degrade(client, photo_file, learned=wrong)
    with pytest.raises(AppError, match="one of the three"):
        _degrade(client, photo_file, learned="trial", recipe="fog")


def test_listen_answers_with_the_words_and_the_instruction_in_them(client: Client, tmp_path: Path) -> None:
    recording = say("take the noise out", tmp_path / "wish.wav", "rms")
    values = client.predict(speech=handle_file(recording), api_name="/listen")
    assert set(values) == {"transcript", "instruction"} and values["transcript"] == "take the noise out"
    assert set(Instruction.from_dict(values["instruction"]).tasks) == {Task.NOISE}


@pytest.mark.parametrize("data", [b"", b"not a sound at all" * 20], ids=["0 bytes", "text"])
def test_a_bad_recording_is_one_sentence(client: Client, tmp_path: Path, data: bytes) -> None:
    need("ffmpeg")
    (tmp_path / "bad.wav").write_bytes(data)
    with pytest.raises(AppError, match=r"^audio: bad\.wav [^\n]+$"):
        client.predict(speech=handle_file(tmp_path / "bad.wav"), api_name="/listen")


@pytest.mark.parametrize("prompt", ["", "   ", "remove the noise " * 1000], ids=["empty", "blank", "huge"])
def test_a_bad_prompt_is_one_sentence(client: Client, prompt: str) -> None:
    with pytest.raises(AppError, match=r"^prompt: [^\n]+$"):
        client.predict(prompt=prompt, api_name="/understand")


@pytest.mark.parametrize("data", [b"", b"not a picture at all", None], ids=["0 bytes", "text", "truncated"])
def test_a_bad_photo_is_one_sentence_and_the_server_keeps_serving(
    client: Client, photo_file: Path, tmp_path: Path, data: bytes | None
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(photo_file.read_bytes()[:2000] if data is None else data)
    with pytest.raises(AppError, match=r"^image: bad\.png [^\n]+$"):
        client.predict(photo=handle_file(bad), prompt="remove the noise", api_name="/enhance")
    assert client.predict(prompt="remove the noise", api_name="/understand")["tasks"]


def test_a_bomb_a_wrong_mask_and_a_missing_face_are_one_sentence_each(
    client: Client, photo_file: Path, tmp_path: Path
) -> None:
    bomb, mask = tmp_path / "bomb.png", tmp_path / "mask.png"
    Image.new("1", (12000, 12000)).save(bomb)
    Image.new("L", (10, 10), 255).save(mask)
    with pytest.raises(AppError, match=r"^image: [^\n]*large[^\n]*$|^image: [^\n]*megapixels[^\n]*$"):
        client.predict(photo=handle_file(bomb), api_name="/assess")
    with pytest.raises(AppError, match=r"^mask: is 10×10 px, but the photo is 160×128 px"):
        client.predict(
            photo=handle_file(photo_file), prompt="remove the noise", mask=handle_file(mask), api_name="/enhance"
        )
    with pytest.raises(AppError, match="no face was found"):
        client.predict(photo=handle_file(photo_file), prompt="remove the noise from the face", api_name="/enhance")


@pytest.mark.parametrize("severity", [{"noise": 2.0}, {"rain": 0.5}, [0.5], {}], ids=str)
def test_bad_severities_are_one_sentence(client: Client, photo_file: Path, severity: Any) -> None:
    with pytest.raises(AppError, match=r"^(severity|degrade): [^\n]+$"):
        _degrade(client, photo_file, severity=severity)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"strength": 1.5}, "strength: 1.5 is outside [0, 1]"),
        ({"strength": "much"}, "strength: 'much' is not a number"),
        ({"fidelity": True}, "fidelity: True is not a number"),
        ({"region": "hands"}, "region: 'hands' is not one of all, face, background, sky"),
        ({"scale": 3}, "scale: 3 is not one of 1, 2, 4, 8"),
        ({"force": "yes"}, "force: 'yes' is neither true nor false"),
        ({"format": "exe"}, "format: 'exe' is not one of png, jpg, webp, tif, avif"),
        ({"model": 7}, "model: 7 is not text"),
        ({"prompt": None}, "prompt: is missing"),
        ({"prompt": ["denoise"]}, "prompt: ['denoise'] is not text"),
    ],
    ids=str,
)
def test_every_control_is_checked_on_the_server(
    client: Client, photo_file: Path, asked: dict[str, Any], said: str
) -> None:
    values = {"photo": handle_file(photo_file), "prompt": "denoise"} | asked
    with pytest.raises(AppError, match=f"^{re.escape(said)}$"):
        client.predict(**values, api_name="/enhance")


def test_a_bad_seed_is_one_sentence(client: Client, photo_file: Path) -> None:
    for seed, said in ((-1, "seed: -1 is outside"), (0.5, "seed: 0.5 is not a whole number")):
        with pytest.raises(AppError, match=f"^{said}"):
            _degrade(client, photo_file, recipe="fog", seed=seed)


def test_scale_and_region_override_the_prompt_and_the_format_is_as_asked(client: Client, photo_file: Path) -> None:
    photo = handle_file(photo_file)
    asked = {"photo": photo, "prompt": "make it 4x larger", "scale": 2, "format": "webp", "api_name": "/enhance"}
    file, values = client.predict(**asked)
    assert values["instruction"]["scale"] == 2
    assert Image.open(file).format == "WEBP" and Image.open(file).size == (320, 256)
    with pytest.raises(AppError, match="no face was found"):
        client.predict(photo=photo, prompt="remove the noise", region="face", force=True, api_name="/enhance")


def test_sixteen_bits_come_back_with_the_record_of_what_was_done_unless_it_is_not_wanted(
    client: Client, tmp_path: Path
) -> None:
    deep = (np.asarray(draw_photo(64, 48), dtype=np.uint16) * 257) ^ 5
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    asked = {"photo": handle_file(tmp_path / "deep.png"), "prompt": "denoise", "strength": 0, "api_name": "/enhance"}
    file, _ = client.predict(**asked)
    assert np.array_equal(cv2.imread(file, cv2.IMREAD_UNCHANGED), deep)
    record = read(file)
    assert record is not None and record.instruction.prompt == "denoise"
    assert read(client.predict(**asked, provenance=False)[0]) is None


def test_a_path_on_the_server_is_not_read(client: Client) -> None:
    stolen = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    call = f"{client.src.rstrip('/')}/gradio_api/call/assess"
    event = httpx.post(call, json={"data": [stolen]}).json()["event_id"]
    answer = httpx.get(f"{call}/{event}", timeout=30).text
    assert "event: error" in answer and "hostname" not in answer
