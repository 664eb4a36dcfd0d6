from pathlib import Path

import pytest
import torch

from controllable.training.photos import Face, Photos
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
