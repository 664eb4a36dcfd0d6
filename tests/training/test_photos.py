from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from controllable.training.photos import Face, Photos, kept_aside
from tests.photo import draw_photo


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(5):
        draw_photo(264 + 40 * seed, 200, seed).save(folder / f"{seed}.png")
    return folder


def test_crops_cut_together_are_those_cut_one_by_one(data: Path) -> None:
    one_by_one, together = Photos(data, batched=False), Photos(data, batched=True)
    for photos in (one_by_one, together):
        photos.faces = [Face(photo=0, x=0.5, y=0.5, width_px=190.0)]
    close = torch.arange(12) < 3
    a, b = (
        photos.sample(12, 56, torch.Generator().manual_seed(4), crops=2, close=close)
        for photos in (one_by_one, together)
    )
    sides = (a.windows[..., 2] - a.windows[..., 0]) * 200
    assert sides.min() < 57 and sides.max() > 2.5 * 56  # some as they are, some reduced, some by more than usual
    assert torch.allclose(a.crops, b.crops, atol=2e-5)
    assert torch.equal(a.windows, b.windows) and torch.equal(a.thumbnails, b.thumbnails)


def test_photos_on_a_device_are_cut_without_asking_it(data: Path) -> None:
    """Tensors on the meta device have no values: whoever would wait for a GPU raises here."""
    photos = Photos(data, batched=True)
    photos.images = [image.to("meta") for image in photos.images]
    photos.thumbnails = photos.thumbnails.to("meta")
    crops = photos.sample(6, 64, torch.Generator().manual_seed(0))
    assert crops.crops.shape == (6, 1, 3, 64, 64) and crops.crops.is_meta and crops.thumbnails.is_meta


def test_photos_come_in_the_order_of_their_names_whatever_thread_reads_them(data: Path) -> None:
    first, second = Photos(data), Photos(data)
    assert len(first) >= 4
    assert all(torch.equal(a, b) for a, b in zip(first.images, second.images, strict=True))
    assert [image.shape[-1] for image in first.images] == sorted(image.shape[-1] for image in first.images)


def test_damaged_and_small_files_are_left_out_and_the_rest_is_read_whatever_its_mode(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = draw_photo(264, 200, 0)
    modes = {"grey.png": "L", "alpha.png": "RGBA", "cmyk.jpg": "CMYK", "palette.png": "P"}
    for name, mode in modes.items():
        drawn.convert(mode).save(tmp_path / name)
    deep = np.asarray(drawn.convert("L")).astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "deep.png")
    drawn.resize((40, 30)).save(tmp_path / "small.png")
    whole = (data / "0.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.png").write_text("no picture")
    aside = [path.name for path in tmp_path.iterdir() if kept_aside(path.name, 40)]
    photos = Photos(tmp_path)
    assert len(photos) == 5 - len(set(aside) & {*modes, "deep.png"})
    assert all(image.dtype == torch.uint8 and image.shape[0] == 3 for image in photos.images)
    assert all(20 < float(image.float().mean()) < 235 for image in photos.images)  # no mode turns white or black
    assert "data: 4 of 9 files are left out, such as: image: " in capsys.readouterr().err
    with pytest.raises(ValueError, match="data: no photo of at least 300 px a side"):
        Photos(tmp_path, smallest_px=300)


def test_photos_can_be_shared_out(data: Path) -> None:
    whole, even, odd = Photos(data), Photos(data), Photos(data)
    even.keep_every(2, 0)
    odd.keep_every(2, 1)
    assert len(even) + len(odd) == len(whole)
    assert torch.equal(odd.images[0], whole.images[1]) and torch.equal(odd.thumbnails[0], whole.thumbnails[1])
    assert odd.sample(4, 64, torch.Generator().manual_seed(0)).crops.shape == (4, 1, 3, 64, 64)
    with pytest.raises(ValueError, match="cannot be shared out among 9"):
        whole.keep_every(9, 8)
