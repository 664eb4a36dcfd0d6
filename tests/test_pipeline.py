"""The pipeline for users of diffusers: the Enhancer's pixels, saved, loaded, and uploaded to a hub run by the test."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from huggingface_hub import ModelCard, constants, hf_api
from PIL import Image

from controllable import Enhancer
from controllable.bundled import BUNDLED
from controllable.pipeline import PARTS, ControllablePipeline
from tests.photo import draw_photo, photo_tensor


@pytest.fixture(scope="module")
def pipeline(enhancer: Enhancer) -> ControllablePipeline:
    made = ControllablePipeline(enhancer)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture(scope="module")
def noisy() -> Image.Image:
    clean = np.asarray(draw_photo(96, 80)).astype(float)
    return Image.fromarray((clean + np.random.default_rng(0).normal(0, 25, clean.shape)).clip(0, 255).astype(np.uint8))


def test_the_pixels_are_the_enhancers(pipeline: ControllablePipeline, enhancer: Enhancer, noisy: Image.Image) -> None:
    asked = {"strength": 0.5, "fidelity": 0.3}
    out = pipeline(noisy, "remove the noise", **asked)
    expected = enhancer.enhance(noisy, "remove the noise", **asked)
    assert np.array_equal(np.asarray(out.images[0]), np.asarray(expected.image))
    assert not np.array_equal(np.asarray(out.images[0]), np.asarray(noisy))
    assert out.results[0].applied == expected.applied
    unchanged = pipeline(noisy, "remove the noise", strength=0.0).images[0]
    assert np.array_equal(np.asarray(unchanged), np.asarray(noisy))


def test_several_images_and_prompts_and_every_output_type(pipeline: ControllablePipeline, noisy: Image.Image) -> None:
    one, other = pipeline([noisy, noisy], ["remove the noise", "a bit warmer"]).images
    assert not np.array_equal(np.asarray(one), np.asarray(other))
    tensors = pipeline([noisy, noisy], "make it 2x larger", output_type="pt").images
    arrays, results = pipeline([noisy, noisy], "make it 2x larger", output_type="np", return_dict=False)
    assert tensors.shape == (2, 3, 160, 192) and arrays.shape == (2, 160, 192, 3) and len(results) == 2
    assert torch.equal(tensors.permute(0, 2, 3, 1), torch.from_numpy(arrays))
    assert len(pipeline(photo_tensor(64, 48).repeat(2, 1, 1, 1), "denoise").images) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prompt": ["denoise"] * 3}, "^prompt: 3 came for 1 images"),
        ({"output_type": "latent"}, "^output_type: 'latent' is not one of pil, np, pt"),
        ({"strength": 2.0}, "^strength: 2.0 is outside"),
    ],
    ids=["prompts", "output type", "strength"],
)
def test_bad_input_is_one_sentence(
    pipeline: ControllablePipeline, noisy: Image.Image, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        pipeline(noisy, **({"prompt": "denoise"} | asked))


def test_saved_and_loaded_it_gives_the_same_pixels_and_an_enhancer_reads_the_folder(
    pipeline: ControllablePipeline, noisy: Image.Image, tmp_path: Path
) -> None:
    pipeline.save_pretrained(tmp_path / "saved")
    index = json.loads((tmp_path / "saved" / "model_index.json").read_text())
    assert index["_class_name"] == "ControllablePipeline"
    assert ModelCard.load(tmp_path / "saved" / "README.md").data.license == "apache-2.0"
    loaded = ControllablePipeline.from_pretrained(tmp_path / "saved", torch_dtype=torch.float16).to("cpu")
    assert isinstance(loaded, DiffusionPipeline) and loaded.device == torch.device("cpu")
    expected = np.asarray(pipeline(noisy, "remove the noise").images[0])
    assert np.array_equal(np.asarray(loaded(noisy, "remove the noise").images[0]), expected)
    read = Enhancer.from_pretrained(tmp_path / "saved").enhance(noisy, "remove the noise")
    assert np.array_equal(np.asarray(read.image), expected)
    with pytest.raises(ValueError, match="safetensors only"):
        pipeline.save_pretrained(tmp_path / "pickled", safe_serialization=False)


@dataclass
class Hub:
    """What a hub of one repository was told."""

    address: str = ""
    created: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """The four calls of the hub's API that an upload of small files makes."""
    hub = Hub()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/api/repos/create":
                hub.created.append(json.loads(body))
                answer = {"url": f"{hub.address}/me/photos", "name": "me/photos"}
            elif "/preupload/" in self.path:
                files = json.loads(body)["files"]
                answer = {"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]}
            elif self.path == "/api/validate-yaml":
                answer = {"errors": [], "warnings": []}
            else:
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        hub.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                commit = {"commitOid": "0" * 40, "commitUrl": f"{hub.address}/me/photos/commit/{'0' * 40}"}
                answer = {"success": True} | commit
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hub
    server.shutdown()


def test_pushed_to_a_hub_every_file_of_the_folders_arrives_and_nothing_else(
    pipeline: ControllablePipeline, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    monkeypatch.setattr(hf_api.api, "endpoint", hub.address)
    address = pipeline.push_to_hub("me/photos", private=True, token="hf_test")
    assert address.startswith(f"{hub.address}/me/photos/commit/")
    assert hub.created == [{"name": "photos", "organization": "me", "visibility": "private"}]
    expected = {
        str(path.relative_to(BUNDLED)): path.read_bytes() for part in PARTS for path in (BUNDLED / part).iterdir()
    }
    assert expected.items() <= hub.files.items()
    assert hub.files.keys() - expected.keys() == {"README.md", "model_index.json"}
