import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from controllable.image import upright
from controllable.image.encode import save
from controllable.image.picture import load
from tests.photo import draw_photo


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".bmp"])
def test_a_lossless_file_comes_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    image = draw_photo(60, 40)
    save(image, tmp_path / f"a{suffix}")
    picture = load(tmp_path / f"a{suffix}")
    assert np.array_equal(np.asarray(picture.export()), np.asarray(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_applied_and_reset(tmp_path: Path, orientation: int) -> None:
    upright = draw_photo(60, 40)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    stored.save(tmp_path / "a.png", exif=exif)
    exported = load(tmp_path / "a.png").export()
    assert np.array_equal(np.asarray(exported), np.asarray(upright))
    save(exported, tmp_path / "b.jpg")
    kept = Image.open(tmp_path / "b.jpg").getexif()
    assert kept.get(0x0112, 1) == 1 and kept[0x010F] == "Maker"


def test_alpha_and_colour_profile_survive(tmp_path: Path) -> None:
    image = draw_photo(60, 40).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((60, 40)))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(tmp_path / "a.png", icc_profile=profile)
    save(load(tmp_path / "a.png").export(), tmp_path / "b.png")
    after = Image.open(tmp_path / "b.png")
    assert np.array_equal(np.asarray(after), np.asarray(image)) and after.info["icc_profile"] == profile


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_every_mode_is_read_as_what_it_shows(mode: str) -> None:
    grey = draw_photo(60, 40).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode) if mode != "1" else grey.point(lambda v: 255 * (v > 127)).convert("1")
    shown = torch.from_numpy(np.asarray(image.convert("RGB") if mode != "I;16" else grey.convert("RGB")) / 255.0)
    assert torch.allclose(load(image).rgb[0].permute(1, 2, 0).double(), shown, atol=1 / 255)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [3, 4])
def test_arrays_come_back_in_their_own_kind(dtype: type, channels: int) -> None:
    values = np.random.default_rng(0).random((20, 30, channels)).astype(np.float32)
    array = values if dtype is np.float32 else (values * np.iinfo(dtype).max).astype(dtype)  # type: ignore[type-var]
    exported = load(array).export()
    assert exported.dtype == array.dtype and np.array_equal(exported, array)


def test_a_tensor_batch_comes_back_as_it_was() -> None:
    tensor = torch.rand(2, 3, 16, 16)
    assert torch.equal(load(tensor).export(), tensor)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "0 bytes"), (b"hello, not a picture", "not a picture"), ("cut", "damaged or cut short")],
)
def test_bad_files_give_one_clear_sentence(tmp_path: Path, content: bytes | str, sentence: str) -> None:
    if content == "cut":
        stream = io.BytesIO()
        draw_photo(200, 150).save(stream, "JPEG")
        content = stream.getvalue()[:3000]
    assert isinstance(content, bytes)
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        load(tmp_path / "a.jpg")


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    with pytest.raises(ValueError, match="megapixels"):
        load(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.full((4, 4, 3), np.nan, np.float32), "NaN"),
        (np.full((4, 4, 3), 2.0, np.float32), r"\[0, 1\]"),
        (np.zeros((4, 4, 5), np.uint8), "expected an array"),
        (np.zeros((0, 4, 3), np.uint8), "expected an array"),
        (np.zeros((4, 4, 3), np.int64), "int64"),
        (torch.zeros(3, 4, 4), "expected a float tensor"),
        (42, "got int"),
    ],
)
def test_bad_values_give_one_clear_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        load(value)  # type: ignore[arg-type]


def test_nothing_is_written_where_saving_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must end in"):
        save(draw_photo(20, 20), tmp_path / "a.xyz")
    with pytest.raises(ValueError, match="does not exist"):
        save(draw_photo(20, 20), tmp_path / "no" / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("height", [1, 255, 256, 600])
def test_strips_of_a_pil_image_make_up_the_whole(mode: str, height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upright, "_STRIP_PIXELS", 256 * 5)
    values = np.random.default_rng(0).integers(0, 256, (height, 5, len(mode)), dtype=np.uint8)
    assert np.array_equal(np.asarray(load(Image.fromarray(values)).export()), values)
