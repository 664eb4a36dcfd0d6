"""What has been computed is not computed again, and nobody can tell from the result."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from controllable import Enhancer, Instruction, Task
from controllable.degradation import Chain
from controllable.image.resize import resize
from controllable.task import TASKS
from tests.photo import draw_photo, photo_tensor, psnr, to_tensor

NOISE = Instruction(tasks={Task.NOISE: 1.0})
WARM = Instruction(tasks={Task.NOISE: 1.0}, tone={"warmth": 0.5, "contrast": -0.2})


@pytest.fixture
def fresh() -> Enhancer:
    """An Enhancer whose memory is its own."""
    return Enhancer.from_pretrained()


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    clean = np.asarray(draw_photo(200, 160), dtype=np.float32)
    path = tmp_path / "noisy.png"
    from PIL import Image

    noise = np.random.default_rng(0).normal(0, 25, clean.shape)
    Image.fromarray((clean + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


@contextmanager
def network_runs(enhancer: Enhancer) -> Iterator[list[int]]:
    """Counts how often the generator and the image tower run."""
    runs = [0, 0]

    def count(place: int) -> None:
        runs[place] += 1

    hooks = [
        enhancer.restorer.network.register_forward_hook(lambda *_: count(0)),
        enhancer.estimator.visual.register_forward_hook(lambda *_: count(1)),
    ]
    yield runs
    for hook in hooks:
        hook.remove()


def test_sliders_that_need_no_network_run_cost_none(fresh: Enhancer, noisy: Path) -> None:
    mask = np.zeros((160, 200, 3), np.uint8)
    mask[40:90] = 255
    fresh.enhance(noisy, NOISE)
    with network_runs(fresh) as runs:
        fresh.enhance(noisy, NOISE)
        fresh.enhance(noisy, WARM)
        fresh.enhance(noisy, WARM, region_mask=mask)
        assert runs[0] == 0
        assert runs[1] == 3, "the result alone is assessed anew"
        fresh.enhance(noisy, NOISE, strength=0.5)
        assert runs[0] == 1


def test_a_photo_is_not_searched_where_no_region_is_named(
    fresh: Enhancer, noisy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import controllable.region.area as module

    monkeypatch.delattr(module, "region_mask")
    fresh.enhance(noisy, NOISE)


def test_what_is_too_large_to_remember_is_restored_all_the_same(fresh: Enhancer, noisy: Path) -> None:
    small = Enhancer(fresh.folder, memory_bytes=150_000)
    with network_runs(small) as runs:
        first, second = (small.enhance(noisy, NOISE).image for _ in range(2))
        assert runs[0] == 2, "200 × 160 px at 6 bytes are more"
    assert np.array_equal(np.asarray(first), np.asarray(second))
    assert np.array_equal(np.asarray(first), np.asarray(fresh.enhance(noisy, NOISE).image))


def test_a_known_photo_is_assessed_once_under_any_name(fresh: Enhancer, noisy: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes(noisy.read_bytes())
    first = fresh.assess(noisy)
    with network_runs(fresh) as runs:
        assert fresh.assess(tmp_path / "copy.png") == first
        fresh.suggest(noisy)
        assert runs[1] == 0


def test_a_file_that_changed_under_its_name_is_another_photo(fresh: Enhancer, noisy: Path) -> None:
    before = np.asarray(fresh.enhance(noisy, NOISE).image)
    draw_photo(200, 160, seed=5).save(noisy)
    after = np.asarray(fresh.enhance(noisy, NOISE).image)
    assert np.abs(before.astype(int) - after).mean() > 5


def test_an_array_changed_after_the_call_changes_no_later_answer(fresh: Enhancer) -> None:
    array = np.asarray(draw_photo(120, 90)).copy()
    kept = array.copy()
    same = fresh.enhance(array, Instruction()).image
    first = fresh.enhance(array, NOISE, force=True).image
    array[:] = 0
    assert np.array_equal(same, kept)
    assert np.array_equal(fresh.enhance(kept, NOISE, force=True).image, first)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("kind", ["file", "tensor"])
def test_results_with_and_without_memory_are_the_same_pixels(
    fresh: Enhancer, noisy: Path, kind: str, scale: int
) -> None:
    forgetful = Enhancer(fresh.folder, memory_bytes=0)
    image = noisy if kind == "file" else photo_tensor(120, 90).repeat(2, 1, 1, 1)
    wish = Instruction(tasks={Task.NOISE: 0.7, Task.DETAIL: 0.4}, tone={"contrast": 0.3}, scale=scale)
    for strength in (1.0, 0.5, 1.0):
        remembered = fresh.enhance(image, wish, strength=strength, force=True).image
        anew = forgetful.enhance(image, wish, strength=strength, force=True).image
        assert np.array_equal(np.asarray(remembered), np.asarray(anew))


def test_a_cancelled_run_keeps_its_tiles(fresh: Enhancer, monkeypatch: pytest.MonkeyPatch) -> None:
    import controllable.generation.painting as module
    from controllable.image.tile import tiles

    monkeypatch.setattr(module, "tiles", lambda *size, **options: tiles(*size, **options, tile_px=96))
    image = np.asarray(draw_photo(384, 96))

    def cancel(share: float, what: str) -> None:
        if share > 0.3:
            raise InterruptedError

    with network_runs(fresh) as runs:
        with pytest.raises(InterruptedError):
            fresh.enhance(image, NOISE, force=True, progress=cancel)
        begun = runs[0]
        fresh.enhance(image, NOISE, force=True)
        assert 0 < begun < 4 and runs[0] == 4


def flawed(task: Task, severity: float) -> torch.Tensor:
    chain, values = Chain(), torch.tensor([[severity if t is task else 0.0 for t in TASKS]])
    return chain.apply(photo_tensor(768, 512), chain.sample(1, torch.Generator().manual_seed(0), values))


@pytest.mark.parametrize("task", TASKS)
def test_the_preview_resembles_the_result_made_as_small(fresh: Enhancer, task: Task) -> None:
    image, wish = flawed(task, 0.5), Instruction(tasks={task: 1.0}, tone={"warmth": 0.3})
    shown = fresh.preview(image, wish, most_pixels=192 * 128)
    result = fresh.enhance(image, wish).image
    assert shown.shape == (1, 3, 128, 192)
    assert psnr(shown, resize(result, (128, 192)).clamp(0, 1)) > 27
    assert psnr(shown, resize(result, (128, 192))) > psnr(resize(image, (128, 192)), resize(result, (128, 192)))


def test_the_preview_of_a_small_photo_is_the_result(fresh: Enhancer, noisy: Path) -> None:
    assert np.array_equal(np.asarray(fresh.preview(noisy, WARM)), np.asarray(fresh.enhance(noisy, WARM).image))


def test_the_preview_keeps_out_of_what_is_masked(fresh: Enhancer) -> None:
    image = draw_photo(400, 300)
    mask = np.zeros((300, 400, 3), np.uint8)
    mask[:, 200:] = 255
    shown = fresh.preview(image, Instruction(tone={"brightness": 0.8}), region_mask=mask, most_pixels=200 * 150)
    change = (to_tensor(shown) - to_tensor(image.resize((200, 150)))).abs().mean((0, 1, 2))
    assert float(change[:98].max()) < 0.1 < float(change[102:].mean())
