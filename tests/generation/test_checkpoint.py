"""Checkpoints of the ESRGAN family, as people drop them into `models/`: real RRDB weights, small and made here."""

import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from spandrel.architectures.DnCNN import DnCNN
from spandrel.architectures.ESRGAN import ESRGAN
from torch import Tensor

from controllable import Enhancer, Instruction, Task
from controllable.cli import main
from controllable.generation import checkpoint as module
from controllable.generation import painting
from controllable.generation.checkpoint import bytes_per_px, checkpoints, load_checkpoint
from controllable.generation.expert import experts, find_expert
from controllable.image.tile import tiles
from tests.photo import photo_tensor

FINE = 3.0 / 255.0
"""bfloat16, and two roundings to 8 bits."""
LARGER = Instruction(tasks={Task.RESOLUTION: 1.0}, scale=2)


def make_weights(scale: int, seed: int = 0) -> dict[str, Tensor]:
    """A small RRDB network in the first naming ("model.0.weight"), whose answers lie inside [0, 1] and vary."""
    torch.manual_seed(seed)
    weights = ESRGAN(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=scale).state_dict()
    last = max(int(name.split(".")[1]) for name in weights)
    weights[f"model.{last}.weight"] *= 4.0
    weights[f"model.{last}.bias"] = torch.tensor([0.4, 0.5, 0.6])
    return weights


def renamed(weights: Mapping[str, Tensor], scale: int) -> dict[str, Tensor]:
    """The same weights in the naming of Real-ESRGAN ("conv_first.weight")."""
    steps = scale.bit_length() - 1
    names = {"model.0": "conv_first", "model.1.sub.1": "conv_body"}
    names |= {f"model.{3 * k}": f"conv_up{k}" for k in range(1, steps + 1)}
    names |= {f"model.{3 * steps + 2}": "conv_hr", f"model.{3 * steps + 4}": "conv_last"}
    new = {}
    for name, value in weights.items():
        stem, kind = name.rsplit(".", 1)
        inner = re.fullmatch(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0", stem)
        stem = "body.{}.rdb{}.conv{}".format(*inner.groups()) if inner else names[stem]
        new[f"{stem}.{kind}"] = value.contiguous()
    return new


@pytest.fixture(scope="module")
def small() -> Tensor:
    return (photo_tensor(96, 80, seed=2) * 255).round() / 255


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people drop: every naming, suffix and scale."""
    folder = tmp_path_factory.mktemp("dropped")
    torch.save(make_weights(4), folder / "4x_old.pth")
    torch.save({"params_ema": renamed(make_weights(2), 2)}, folder / "2x_new.pt")
    save_file({k: v.half() for k, v in renamed(make_weights(8), 8).items()}, folder / "8x_half.safetensors")
    torch.save(make_weights(1), folder / "1x_clean.pth")
    (folder / "readme.txt").write_text("no weights")
    return folder


def enhanced(enhancer: Enhancer, image: Tensor, wish: Instruction, **named: object) -> Tensor:
    made: Tensor = enhancer.enhance(image, wish, force=True, guard=False, **named).image  # type: ignore[arg-type]
    return made


def answer(path: Path, image: Tensor) -> Tensor:
    with torch.inference_mode():
        return load_checkpoint(path)(image)


def test_both_namings_are_the_same_network(small: Tensor, tmp_path: Path) -> None:
    torch.save(make_weights(4), tmp_path / "old.pth")
    torch.save(renamed(make_weights(4), 4), tmp_path / "new.pth")
    old, new = (answer(tmp_path / name, small) for name in ("old.pth", "new.pth"))
    assert old.shape == (1, 3, 320, 384) and torch.equal(old, new)


@pytest.mark.parametrize(("name", "scale"), [("4x_old.pth", 4), ("2x_new.pt", 2), ("8x_half.safetensors", 8)])
def test_an_enlarging_checkpoint_sees_the_small_photo_and_obeys_the_strength(
    enhancer: Enhancer, folder: Path, small: Tensor, name: str, scale: int
) -> None:
    path, wish = folder / name, Instruction(tasks={Task.RESOLUTION: 1.0}, scale=scale)
    none, half, whole = (enhanced(enhancer, small, wish, model=str(path), strength=r) for r in (0.0, 0.5, 1.0))
    assert (whole - answer(path, small)).abs().max() < FINE
    assert (whole - none).abs().mean() > 0.05, "it changes nothing: the test says nothing"
    assert (half - 0.5 * (none + whole)).abs().max() < FINE


def test_a_checkpoint_of_the_same_size_answers_for_the_flaws_that_are_named(
    enhancer: Enhancer, folder: Path, small: Tensor
) -> None:
    path = folder / "1x_clean.pth"
    for task in (Task.NOISE, Task.COMPRESSION):
        made = enhanced(enhancer, small, Instruction(tasks={task: 1.0}), model=str(path))
        assert (made - answer(path, small)).abs().max() < FINE
    none, half, whole = (
        enhanced(enhancer, small, Instruction(tasks={Task.BLUR: 1.0}), model=str(path), strength=r)
        for r in (0.0, 0.5, 1.0)
    )
    assert torch.equal(none, small)
    assert (half - 0.5 * (none + whole)).abs().max() < FINE
    haze = Instruction(tasks={Task.HAZE: 1.0})
    assert torch.equal(enhanced(enhancer, small, haze, model=str(path)), enhanced(enhancer, small, haze))


def test_outside_a_mask_every_pixel_stays(enhancer: Enhancer, folder: Path, photo: Image.Image) -> None:
    mask = Image.new("L", photo.size)
    mask.paste(255, (100, 80, 250, 200))
    made = enhancer.enhance(
        photo, Instruction(tasks={Task.NOISE: 1.0}), force=True, guard=False, region_mask=mask,
        model=str(folder / "1x_clean.pth"),
    ).image  # fmt: skip
    change = torch.tensor(list(Image.Image.tobytes(made))).int() - torch.tensor(list(photo.tobytes())).int()
    change = change.view(photo.height, photo.width, 3)
    assert change[80:200, 100:250].abs().float().mean() > 10
    change[80:200, 100:250] = 0
    assert not change.any()


@pytest.mark.parametrize(
    ("name", "scale"), [("4x_old.pth", 1), ("2x_new.pt", 2), ("4x_old.pth", 2), ("1x_clean.pth", 1)]
)
def test_tiles_leave_no_seam(enhancer: Enhancer, folder: Path, name: str, scale: int) -> None:
    """Of odd sizes too, and where the photo is not enlarged by the checkpoint's own scale."""
    odd = photo_tensor(459 // scale, 83 // scale, seed=3)
    wish = Instruction(tasks={Task.RESOLUTION: 1.0, Task.DETAIL: 1.0}, scale=scale)
    with patch.object(painting, "tiles", lambda *size, **named: tiles(*size, **named, tile_px=64)):
        tiled = enhanced(enhancer, odd, wish, model=str(folder / name), fidelity=0.98)
    whole = enhanced(enhancer, odd, wish, model=str(folder / name), fidelity=0.99)  # nothing is remembered of it
    assert (tiled - whole).abs().max() < FINE


def test_a_photo_of_one_pixel_and_a_grey_network(tmp_path: Path, folder: Path, small: Tensor) -> None:
    assert answer(folder / "4x_old.pth", small[..., :1, :1]).shape == (1, 3, 4, 4)
    torch.manual_seed(0)
    torch.save(DnCNN(in_nc=1, out_nc=1, nc=8, nb=17, mode="R").state_dict(), tmp_path / "grey.pth")
    made = answer(tmp_path / "grey.pth", small)
    change = made - small
    inside = ((made > 0) & (made < 1)).all(1, keepdim=True)
    assert change.abs().max() > 0.01 and ((change - change.mean(1, keepdim=True)) * inside).abs().max() < 1e-5


def test_what_lies_in_models_is_listed_by_name_and_found(folder: Path) -> None:
    names = {"4x_old", "2x_new", "8x_half", "1x_clean"}
    assert set(checkpoints(folder)) == set(experts(folder, folder / "none")) == names
    assert find_expert("2x_new", folder) == folder / "2x_new.pt"
    with pytest.raises(ValueError, match=r"model: 'readme' is not known: one of .*2x_new"):
        find_expert("readme", folder)


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("x.pth", "x.safetensors", "Y.PTH"):
        (tmp_path / name).touch()
    assert set(checkpoints(tmp_path)) == {"x", "x.safetensors", "Y"}


def test_the_command_line_takes_a_checkpoint(
    folder: Path, photo: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, out = tmp_path / "small.png", tmp_path / "large.png"
    photo.resize((64, 48)).save(given)
    order = ["enhance", str(given), str(out), "-p", "make it twice as big", "--force"]
    assert main([*order, "--model", str(folder / "4x_old.pth")]) == 0
    assert Image.open(out).size == (128, 96)
    out.unlink()
    (tmp_path / "letter.pth").write_text("Dear reader,")
    assert main([*order, "--model", str(tmp_path / "letter.pth")]) == 2
    assert "letter.pth is no plain file of weights" in capsys.readouterr().err and not out.exists()


class Harm:
    """A pickle that, read by Python's own unpickler, makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_file_that_would_run_code_runs_none(tmp_path: Path, folder: Path) -> None:
    mark = tmp_path / "mark"
    legacy, container = tmp_path / "legacy.pth", tmp_path / "container.pth"
    legacy.write_bytes(pickle.dumps({"params": Harm(mark)}))
    torch.save(make_weights(2) | {"extra": Harm(mark)}, container)
    (tmp_path / "container.pt").write_bytes(container.read_bytes())
    for path in (legacy, container, tmp_path / "container.pt"):
        with pytest.raises(ValueError, match=f"model: {path.name} is no plain file of weights"):
            load_checkpoint(path)
        assert not mark.exists()
    pickle.loads(legacy.read_bytes())
    assert mark.exists(), "the file does no harm: the test says nothing"


def test_what_is_not_a_network_of_this_kind_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str, why: str) -> None:
        with pytest.raises(ValueError, match=f"^model: {name} {why}") as raised:
            load_checkpoint(tmp_path / name)
        assert "\n" not in str(raised.value)

    weights = make_weights(2)
    (tmp_path / "text.safetensors").write_text("hello")
    (tmp_path / "empty.pth").touch()
    torch.jit.script(torch.nn.Conv2d(3, 3, 1)).save(str(tmp_path / "script.pt"))
    torch.save(weights, tmp_path / "cut.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "cut.pth").read_bytes()[:9000])
    with zipfile.ZipFile(tmp_path / "zip.pth", "w") as container:
        container.writestr("a.txt", "hello")
    for name in ("text.safetensors", "empty.pth", "script.pt", "cut.pth", "zip.pth"):
        refused(name, "is no plain file of weights, or is damaged")

    torch.save({"layer.weight": torch.zeros(3, 3)}, tmp_path / "other.pth")
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    torch.save({k: v for k, v in weights.items() if "RDB3" not in k}, tmp_path / "partial.pth")
    torch.save({k: v * float("nan") for k, v in weights.items()}, tmp_path / "nan.pth")
    refused("list.pth", "is no plain file")
    for name in ("other.pth", "partial.pth"):
        refused(name, "is of no architecture that spandrel knows, or is incomplete")
    refused("nan.pth", "does not give a picture")

    torch.save(weights | {"model.0.weight": torch.zeros(1).expand(2**14, 2**14, 3, 3)}, tmp_path / "view.pth")
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("x/data/0", bytes(2**22))
    torch.save(weights, tmp_path / "large.pth")
    refused("view.pth", "is too large")
    monkeypatch.setattr(module, "MOST_BYTES", 2**16)
    refused("bomb.pth", "is too large")
    refused("large.pth", "is too large")


def test_the_memory_a_network_needs_grows_with_its_widest_layer() -> None:
    narrow, wide = (ESRGAN(in_nc=3, out_nc=3, num_filters=n, num_blocks=1, scale=2).eval() for n in (8, 64))
    assert 4 * 8 * 4 <= bytes_per_px(narrow, 2) < bytes_per_px(wide, 2) <= 4 * 64 * 4 + 1
