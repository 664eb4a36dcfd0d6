import numpy as np
import pytest
import torch
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.degradation import Chain
from controllable.generation.strength import vector
from controllable.image.pixels import Pixels
from controllable.image.tile import tiles
from controllable.networks.generator import MULTIPLE_PX
from controllable.task import TASKS, TONES
from tests.photo import photo_tensor, psnr, to_tensor


def degraded(task: Task, severity: float, seed: int = 0) -> torch.Tensor:
    chain = Chain()
    values = torch.tensor([[severity if t is task else 0.0 for t in TASKS]])
    image = photo_tensor(384, 320, seed)
    return chain.apply(image, chain.sample(1, torch.Generator().manual_seed(seed), values))


@pytest.mark.parametrize("instruction", [Instruction(), Instruction(refused="no"), Instruction(keep=(Task.NOISE,))])
def test_nothing_asked_is_bit_identical(enhancer: Enhancer, photo: Image.Image, instruction: Instruction) -> None:
    result = enhancer.enhance(photo, instruction)
    assert np.array_equal(np.asarray(result.image), np.asarray(photo)) and not result.applied


def test_strength_zero_is_bit_identical(enhancer: Enhancer, photo: Image.Image) -> None:
    wish = Instruction(tasks={task: 1.0 for task in TASKS}, tone={"contrast": 0.5})
    assert np.array_equal(np.asarray(enhancer.enhance(photo, wish, strength=0.0).image), np.asarray(photo))


@pytest.mark.parametrize("task", [Task.NOISE, Task.HAZE])
def test_outside_the_mask_is_bit_identical_and_inside_changes(enhancer: Enhancer, task: Task) -> None:
    image = np.array((degraded(task, 0.6)[0].permute(1, 2, 0) * 255).round().byte())
    mask = np.zeros(image.shape, np.uint8)
    mask[80:200, 100:300] = 255
    wish = Instruction(tasks={task: 1.0}, tone={"warmth": 0.5})
    result = enhancer.enhance(image, wish, region_mask=mask, force=True)
    assert np.array_equal(result.image[mask == 0], image[mask == 0])
    assert (result.image[mask > 0] != image[mask > 0]).mean() > 0.5
    assert result.instruction.region == "mask"


@pytest.mark.parametrize("task", TASKS)
def test_each_task_brings_its_own_flaw_closer_to_the_original(enhancer: Enhancer, task: Task) -> None:
    """On a drawn scene, which is no photograph: detail and resolution only have to do no harm worth the name."""
    clean, flawed = photo_tensor(384, 320), degraded(task, 2 / 3 if task is Task.RESOLUTION else 0.5)
    restored = enhancer.enhance(flawed, Instruction(tasks={task: 1.0}), force=True).image
    least = -0.5 if task in (Task.DETAIL, Task.RESOLUTION, Task.COLOR) else 0.1
    assert psnr(restored, clean) > psnr(flawed, clean) + least


@pytest.mark.parametrize("task", [Task.NOISE, Task.LOW_LIGHT, Task.HAZE])
def test_more_strength_leaves_less_of_the_flaw(enhancer: Enhancer, task: Task) -> None:
    clean, flawed = photo_tensor(384, 320), degraded(task, 0.5)
    wish = Instruction(tasks={task: 1.0})
    gains = [psnr(enhancer.enhance(flawed, wish, strength=s, force=True).image, clean) for s in (0.0, 0.4, 0.8)]
    assert gains[0] < gains[1] < gains[2]


@pytest.mark.parametrize("name", TONES)
def test_tone_and_fidelity_change_the_picture(enhancer: Enhancer, photo: Image.Image, name: str) -> None:
    up = enhancer.enhance(photo, Instruction(tone={name: 0.5})).image
    down = enhancer.enhance(photo, Instruction(tone={name: -0.5})).image
    assert psnr(to_tensor(up), to_tensor(photo)) < 40 and psnr(to_tensor(up), to_tensor(down)) < 40


def test_lower_fidelity_is_crisper(enhancer: Enhancer) -> None:
    flawed = degraded(Task.NOISE, 0.5)
    wish = Instruction(tasks={Task.NOISE: 1.0})

    def sharpness(fidelity: float) -> float:
        image = enhancer.enhance(flawed, wish, fidelity=fidelity, force=True).image
        return float((image[..., 1:] - image[..., :-1]).abs().mean())

    assert sharpness(0.0) > sharpness(0.5) > sharpness(1.0)


def test_a_noisy_small_photo_is_cleaned_before_it_is_enlarged(enhancer: Enhancer) -> None:
    small = degraded(Task.NOISE, 0.3)
    wish = Instruction(tasks={Task.NOISE: 1.0, Task.RESOLUTION: 1.0}, scale=2)
    cleaned = enhancer.enhance(small, Instruction(tasks={Task.NOISE: 1.0}), force=True).image
    after = enhancer.enhance(cleaned, Instruction(tasks={Task.RESOLUTION: 1.0}, scale=2)).image
    assert psnr(enhancer.enhance(small, wish, force=True).image, after) > 45


@pytest.mark.parametrize("scale", [2, 4])
def test_enlarging_enlarges_picture_and_alpha(enhancer: Enhancer, scale: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 56, 4), np.uint8)
    result = enhancer.enhance(image, Instruction(scale=scale))
    assert result.image.shape == (40 * scale, 56 * scale, 4)
    assert result.applied[Task.RESOLUTION] == 1.0


def test_a_named_flaw_that_is_not_there_is_left_alone_and_force_overrides(
    enhancer: Enhancer, photo: Image.Image
) -> None:
    wish = Instruction(tasks={Task.LOW_LIGHT: 1.0})
    assert psnr(to_tensor(enhancer.enhance(photo, wish).image), to_tensor(photo)) > 30
    assert enhancer.enhance(photo, wish, force=True).applied[Task.LOW_LIGHT] == 1.0


def test_the_result_says_why(enhancer: Enhancer) -> None:
    result = enhancer.enhance(degraded(Task.NOISE, 0.6), Instruction(tasks={Task.NOISE: 0.5}), strength=0.8)
    reason = result.reasons[Task.NOISE]
    assert reason.request == 0.5 and reason.effective == pytest.approx(0.4 * reason.gate)
    assert result.applied[Task.NOISE] == reason.effective
    assert result.quality_before.severity[Task.NOISE] > result.quality_after.severity[Task.NOISE]


@pytest.mark.parametrize("kind", ["pil", "uint8", "uint16", "float", "tensor"])
def test_the_result_has_the_kind_it_was_given(enhancer: Enhancer, photo: Image.Image, kind: str) -> None:
    array = np.asarray(photo)
    given = {
        "pil": photo, "uint8": array, "uint16": array.astype(np.uint16) * 257,
        "float": array.astype(np.float32) / 255, "tensor": to_tensor(photo).repeat(2, 1, 1, 1),
    }[kind]  # fmt: skip
    image = enhancer.enhance(given, Instruction(tone={"brightness": 0.2})).image
    assert type(image) is type(given) or isinstance(image, Image.Image)
    if kind not in ("pil",):
        assert image.shape == given.shape and image.dtype == given.dtype


@pytest.mark.parametrize("task", TASKS)
def test_tiles_leave_no_seam(enhancer: Enhancer, task: Task) -> None:
    image = torch.cat((degraded(task, 0.5), degraded(task, 0.5, 1)), 3)
    strengths, pixels = vector({task: 1.0}), Pixels(image)
    statistics = enhancer.restorer.statistics(pixels)
    whole, tiled = enhancer.restorer.restore(image, strengths, statistics), torch.empty_like(image)
    reach_px = enhancer.restorer.reach_px({task: 1.0})
    for tile in tiles(*image.shape[-2:], reach_px=reach_px, multiple_px=MULTIPLE_PX, tile_px=192):
        tile.read_own(tiled).copy_(tile.crop(enhancer.restorer.restore(tile.read(pixels), strengths, statistics)))
    assert float((whole - tiled).abs().max()) < 1 / 255


def test_progress_is_reported_and_cancels(enhancer: Enhancer, photo: Image.Image) -> None:
    seen: list[float] = []
    wish = Instruction(tasks={Task.NOISE: 1.0})
    enhancer.enhance(photo, wish, force=True, progress=lambda share, what: seen.append(share))
    assert seen == sorted(seen) and seen[-1] == 1.0

    def cancel(share: float, what: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        enhancer.enhance(photo, wish, progress=cancel)


def test_bad_input_is_one_clear_sentence(enhancer: Enhancer, photo: Image.Image) -> None:
    wish = Instruction(tasks={Task.NOISE: 1.0})
    with pytest.raises(ValueError, match=r"strength: 2.0 is outside \[0, 1\]"):
        enhancer.enhance(photo, wish, strength=2.0)
    with pytest.raises(ValueError, match="mask: is 10×10 px, but the photo is 384×256 px"):
        enhancer.enhance(photo, wish, region_mask=Image.new("L", (10, 10)))
    with pytest.raises(ValueError, match="no face was found"):
        enhancer.enhance(photo, Instruction(tasks={Task.DETAIL: 1.0}, region="face"))
    with pytest.raises(ValueError, match="needs a mask"):
        enhancer.enhance(photo, Instruction(tasks={Task.DETAIL: 1.0}, region="mask"))
    with pytest.raises(ValueError, match="megapixels"):
        enhancer.enhance(Image.new("RGB", (4000, 3000)), Instruction(scale=8))
    with pytest.raises(ValueError, match="neither a folder nor a hub id"):
        Enhancer.from_pretrained("no-such-folder")
