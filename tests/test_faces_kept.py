"""The identity guard inside `Enhancer`: what it touches, what it costs, what it says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from controllable import Enhancer, Instruction, Task
from controllable.enhancer import BUNDLED
from controllable.generation.identity import IdentityGuard, head_mask
from controllable.image.tile import tiles
from controllable.networks.face_embedding import FaceEmbedding
from tests.photo import draw_photo, draw_portrait

DENOISE = Instruction(tasks={Task.NOISE: 1.0})
HEIGHT, WIDTH = 200, 220


def noisy(image: object) -> np.ndarray:
    clean = np.asarray(image, dtype=np.float32)
    return (clean + np.random.default_rng(0).normal(0, 25, clean.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return noisy(draw_portrait(WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def strict() -> Enhancer:
    """No changed face passes its guard."""
    return guarded_by(1.0)


def guarded_by(threshold: float) -> Enhancer:
    enhancer = Enhancer.from_pretrained()
    torch.manual_seed(0)
    enhancer.guard = IdentityGuard(FaceEmbedding(threshold=threshold))
    return enhancer


@contextmanager
def network_runs(enhancer: Enhancer) -> Iterator[list[int]]:
    runs = [0]

    def count(*_: object) -> None:
        runs[0] += 1

    hook = enhancer.restorer.network.register_forward_hook(count)
    yield runs
    hook.remove()


def outside(box: tuple[int, int, int, int], height: int, width: int) -> np.ndarray:
    return head_mask(box, tiles(height, width)[0])[0, 0].numpy() == 0.0


def test_a_face_held_back_gets_its_photo_back_and_outside_faces_nothing_is_touched(
    strict: Enhancer, portrait: np.ndarray
) -> None:
    kept = strict.enhance(portrait, DENOISE, force=True)
    free = strict.enhance(portrait, DENOISE, force=True, guard=False)
    (face,) = kept.identity
    assert face.done == "reduced" and face.share == 0.0 and face.before < face.after and free.identity == ()
    beside = outside(face.box, HEIGHT, WIDTH)
    assert 0.1 < beside.mean() < 0.9
    assert np.array_equal(kept.image[beside], free.image[beside])
    x, y, w, h = face.box
    middle = (slice(y + h // 4, y + 3 * h // 4), slice(x + w // 4, x + 3 * w // 4))
    assert np.array_equal(kept.image[middle], portrait[middle])


def test_a_lenient_guard_changes_nothing_and_reports_the_face(portrait: np.ndarray) -> None:
    enhancer = guarded_by(-1.0)
    kept = enhancer.enhance(portrait, DENOISE, force=True)
    assert [face.done for face in kept.identity] == ["left"]
    assert kept.to_dict()["identity"][0]["done"] == "left"
    assert np.array_equal(kept.image, enhancer.enhance(portrait, DENOISE, force=True, guard=False).image)


def test_tone_light_and_photos_without_faces_need_no_guard(strict: Enhancer, portrait: np.ndarray) -> None:
    for wish in (Instruction(tone={"warmth": 0.5}), Instruction(tasks={Task.LOW_LIGHT: 1.0})):
        assert strict.enhance(portrait, wish, force=True).identity == ()
    result = strict.enhance(noisy(draw_photo(WIDTH, HEIGHT)), DENOISE, force=True)
    assert result.identity == () and "identity" not in result.to_dict()


def test_a_face_outside_the_region_is_not_looked_at(strict: Enhancer, portrait: np.ndarray) -> None:
    mask = np.zeros_like(portrait)
    mask[:12] = 255
    assert strict.enhance(portrait, DENOISE, force=True, region_mask=mask).identity == ()
    assert len(strict.enhance(portrait, DENOISE, force=True, region_mask=255 - mask).identity) == 1


def test_an_enlarged_noisy_face_is_looked_at_in_both_passes_and_reported_once(
    strict: Enhancer, portrait: np.ndarray
) -> None:
    wish = Instruction(tasks={Task.NOISE: 1.0, Task.RESOLUTION: 1.0}, scale=2)
    kept = strict.enhance(portrait, wish, force=True)
    free = strict.enhance(portrait, wish, force=True, guard=False)
    (face,) = kept.identity
    assert face.held and face.after > 0.95
    box = tuple(2 * value for value in face.box)
    far = outside((box[0] - 40, box[1] - 40, box[2] + 80, box[3] + 80), 2 * HEIGHT, 2 * WIDTH)
    assert kept.image.shape == (2 * HEIGHT, 2 * WIDTH, 3) and far.any()
    assert (np.abs(kept.image[far].astype(int) - free.image[far]) > 2).mean() < 0.02


def test_what_the_guard_needs_is_remembered(strict: Enhancer) -> None:
    photo = noisy(draw_portrait(WIDTH, HEIGHT, 1))
    with network_runs(strict) as runs:
        strict.enhance(photo, DENOISE, force=True)
        strict.enhance(photo, DENOISE, force=True)
        strict.enhance(photo, DENOISE, force=True, guard=False)
        assert runs[0] == 1, "faces are compared on what is restored anyway"
        strict.enhance(photo, DENOISE, force=True, fidelity=0.0)
        assert runs[0] == 2, "at fidelity 1 this face was restored before"


def test_every_photo_of_a_batch_has_its_own_faces(strict: Enhancer, portrait: np.ndarray) -> None:
    plain = noisy(draw_photo(WIDTH, HEIGHT))
    batch = torch.from_numpy(np.stack((plain, portrait, portrait))).permute(0, 3, 1, 2).float() / 255
    assert [face.picture for face in strict.enhance(batch, DENOISE, force=True).identity] == [1, 2]


def test_progress_never_falls_and_cancels_while_faces_are_compared(strict: Enhancer, portrait: np.ndarray) -> None:
    seen: list[float] = []
    strict.enhance(portrait, DENOISE, force=True, progress=lambda share, what: seen.append(share))
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_models_without_an_embedding_work_without_a_guard(tmp_path: Path, portrait: np.ndarray) -> None:
    for name in ("clip", "generator"):
        (tmp_path / name).symlink_to(BUNDLED / name)
    enhancer = Enhancer.from_pretrained(tmp_path)
    assert enhancer.guard is None and enhancer.enhance(portrait, DENOISE, force=True).identity == ()


def test_the_preview_holds_back_too(strict: Enhancer, portrait: np.ndarray) -> None:
    kept = strict.preview(portrait, DENOISE, force=True)
    free = strict.preview(portrait, DENOISE, force=True, guard=False)
    assert kept.shape == free.shape and (kept != free).any()
