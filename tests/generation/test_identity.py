"""The identity guard on explicit faces: an embedding of random weights is enough, only its vectors are compared."""

import pytest
import torch

from controllable.generation.identity import (
    CROP_SHARE,
    FaceKept,
    Hold,
    IdentityGuard,
    Known,
    Read,
    head_mask,
    hold_back,
    search,
    view,
)
from controllable.image.pixels import Pixels
from controllable.image.resize import resize
from controllable.image.tile import Tile, tiles
from controllable.networks.face_embedding import CROP_PX, DIMENSIONS, FaceEmbedding
from controllable.region.masks import Box
from tests.photo import draw_photo, draw_portrait, to_tensor

BOX: Box = (60, 50, 80, 80)
SIZE = (200, 220)


def portrait(seed: int = 0) -> Pixels:
    return Pixels(to_tensor(draw_portrait(SIZE[1], SIZE[0], seed)))


def own(pixels: Pixels) -> Read:
    return lambda tile: tile.read_own(pixels)


@pytest.fixture(scope="module")
def guard() -> IdentityGuard:
    torch.manual_seed(0)
    return IdentityGuard(FaceEmbedding(threshold=0.97))


def known(guard: IdentityGuard, pixels: Pixels, box: Box = BOX) -> Known:
    seen = view(box, pixels, tiles(*pixels.shape[-2:]), own(pixels))
    return Known(box=box, vector=guard.vectors(seen)[0])


def test_vectors_have_length_one_and_a_crop_of_another_size_is_refused(guard: IdentityGuard) -> None:
    found = guard.vectors(torch.rand(3, 3, CROP_PX, CROP_PX))
    assert found.shape == (3, DIMENSIONS) and torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)
    with pytest.raises(ValueError, match=r"crops: expected \(B, 3, 64, 64\)"):
        guard.network(torch.rand(1, 3, 32, 32))
    with pytest.raises(ValueError, match=r"threshold: 2.0 is outside"):
        FaceEmbedding(threshold=2.0)


def test_exposure_changes_no_vector(guard: IdentityGuard) -> None:
    crop = torch.rand(1, 3, CROP_PX, CROP_PX)
    assert float((guard.vectors(crop) * guard.vectors(0.5 * crop + 0.2)).sum()) > 0.99


def test_a_face_is_seen_by_its_square_however_the_picture_is_tiled() -> None:
    pixels = portrait()
    x, y, width, _ = BOX
    side = round(CROP_SHARE * width)
    left, top = x - (side - width) // 2, y - (side - width) // 2
    square = resize(pixels[..., top : top + side, left : left + side], (CROP_PX, CROP_PX))
    for tile_px in (48, 1024):
        assert torch.allclose(view(BOX, pixels, tiles(*SIZE, tile_px=tile_px), own(pixels)), square, atol=1e-5)


def test_beyond_the_border_the_border_is_repeated() -> None:
    grey = Pixels(torch.full((1, 3, 40, 40), 0.4))
    assert torch.allclose(view((-10, 25, 30, 30), grey, tiles(40, 40), own(grey)), torch.tensor(0.4), atol=1e-5)


def test_a_face_is_compared_at_the_photos_own_resolution(guard: IdentityGuard) -> None:
    """Whatever eight times as many pixels add, what reduces to the photo is the photo."""
    small = Pixels(to_tensor(draw_portrait(32, 32)))
    face = known(guard, small, (8, 8, 16, 16))
    large = Pixels(small.stored, 8)
    block = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(128, 128)
    parts = tiles(256, 256, tile_px=128)
    kept, hold = guard.judge(face, large, parts, lambda t: t.read_own(large) + 0.2 * block[:128, :128], None, 0.0)
    assert kept.before > 0.98 and hold is None


def test_a_face_that_stays_itself_is_left_as_restored(guard: IdentityGuard) -> None:
    pixels = portrait()
    made = Pixels((pixels.stored * 0.9 + 0.02).clamp(0, 1))
    kept, hold = guard.judge(known(guard, pixels), pixels, tiles(*SIZE), own(made), None, 1.0)
    assert hold is None and kept.done == "left" and kept.share == 1.0 and kept.before == kept.after > guard.threshold


def test_a_swapped_face_is_backed_off_until_it_passes(guard: IdentityGuard) -> None:
    pixels, swapped = portrait(), portrait(3)
    parts = tiles(*SIZE, tile_px=96)
    face = known(guard, pixels)
    kept, hold = guard.judge(face, pixels, parts, own(swapped), None, 1.0)
    assert kept.before < guard.threshold <= kept.after and kept.done == "reduced" and kept.share < 1.0
    assert hold is not None and hold.share == kept.share
    seen = view(BOX, pixels, parts, lambda tile: hold_back(tile, [hold], pixels, own(swapped), own(swapped)))
    assert float(guard.vectors(seen)[0] @ face.vector) == pytest.approx(kept.after, abs=1e-4)


def test_fidelity_one_is_tried_before_the_change_is_reduced(guard: IdentityGuard) -> None:
    pixels, swapped = portrait(), portrait(3)
    face = known(guard, pixels)
    kept, hold = guard.judge(face, pixels, tiles(*SIZE), own(swapped), own(pixels), 0.0)
    assert kept.done == "faithful" and kept.share == kept.fidelity == 1.0 and kept.after > 0.999
    assert hold == Hold(box=BOX, share=1.0, faithful=True)


def test_a_face_that_never_passes_gets_its_photo_back(guard: IdentityGuard) -> None:
    pixels, swapped = portrait(), portrait(3)
    strict = IdentityGuard(FaceEmbedding(threshold=1.0))
    kept, hold = strict.judge(known(strict, pixels), pixels, tiles(*SIZE), own(swapped), None, 1.0)
    assert kept.share == 0.0 and hold is not None
    tile = tiles(*SIZE)[0]
    held = hold_back(tile, [hold], pixels, own(swapped), own(swapped))
    x, y, width, height = BOX
    inside = (..., slice(y, y + height), slice(x + 10, x + width - 10))
    assert torch.allclose(held[inside], pixels.stored[inside], atol=1e-6)


def test_outside_faces_nothing_is_touched() -> None:
    pixels, swapped = portrait(), portrait(3)
    for tile in tiles(*SIZE, tile_px=96):
        held = hold_back(tile, [Hold(box=BOX, share=0.25, faithful=False)], pixels, own(swapped), own(swapped))
        outside = (head_mask(BOX, tile) == 0.0).expand_as(held)
        assert torch.equal(held[outside], tile.read_own(swapped)[outside])


def test_a_mask_is_one_on_the_face_and_ends_beside_it() -> None:
    tile = Tile(rows=(0, 200), columns=(0, 220), seen_rows=(0, 200), seen_columns=(0, 220))
    mask = head_mask(BOX, tile)[0, 0]
    assert float(mask[90, 60:140].min()) == float(mask[50:130, 100].min()) == 1.0
    assert float(mask[:, :30].max()) == float(mask[:, 170:].max()) == 0.0


def test_faces_are_found_in_small_and_large_photos_and_none_in_a_landscape() -> None:
    for size in (80, 264, 1200):
        box = search(Pixels(to_tensor(draw_portrait(size, size))))[0]
        assert box[0] < size / 2 < box[0] + box[2] and 0.3 * size < box[2] < 0.8 * size
    assert search(Pixels(to_tensor(draw_photo()))) == []
    assert search(Pixels(torch.zeros(1, 3, 2, 400))) == []


def test_a_face_looked_at_twice_is_reported_once_by_its_worse_half() -> None:
    first = FaceKept(box=BOX, before=0.3, after=0.8, fidelity=1.0, share=0.5, held=True)
    second = FaceKept(box=BOX, before=0.9, after=0.9, fidelity=0.0, share=1.0, held=False)
    both = first.then(second)
    assert (both.before, both.after, both.share, both.fidelity, both.done) == (0.3, 0.9, 0.5, 1.0, "reduced")
    assert both.to_dict() == {
        "box": list(BOX), "picture": 0, "before": 0.3, "after": 0.9, "fidelity": 1.0, "share": 0.5, "done": "reduced",
    }  # fmt: skip
