import pytest
import torch

import controllable.networks.generator as module
from controllable.networks.blocks import BLOCKS
from controllable.networks.generator import Generator, haar, make_thumbnail
from controllable.networks.wiener import power_spectrum
from controllable.task import TASKS, Task
from tests.photo import photo_tensor


@pytest.fixture(scope="module", params=BLOCKS)
def small(request: pytest.FixtureRequest) -> Generator:
    torch.manual_seed(0)
    small = {"widths": (8, 8, 8), "trunk_blocks": 1, "growth": 8, "condition": 8}
    network = Generator(**small, context_width=4, physics_width=4, block=request.param)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


@torch.inference_mode()
def test_zero_strength_returns_the_same_pixels(small: Generator) -> None:
    image = torch.rand(2, 3, 33, 47)
    assert torch.equal(small(image, torch.zeros(2, len(TASKS))), image)


@torch.inference_mode()
@pytest.mark.parametrize("task", range(len(TASKS)))
def test_every_task_has_its_own_effect(small: Generator, task: int) -> None:
    image = torch.rand(1, 3, 40, 40)
    wish = torch.zeros(1, len(TASKS))
    wish[0, task] = 1.0
    other = wish.roll(1, 1)
    assert not torch.allclose(small(image, wish), image, atol=1e-3)
    assert not torch.allclose(small(image, wish), small(image, other), atol=1e-3)


@torch.inference_mode()
def test_one_view_stands_for_three_that_are_the_same(small: Generator) -> None:
    view, condition, wish = haar(torch.rand(1, 3, 32, 48)), torch.rand(1, 8), torch.rand(1, len(TASKS))
    three = small._residual(view.repeat(1, 3, 1, 1), condition, wish)
    assert torch.allclose(small._residual(view, condition, wish), three, rtol=1e-4, atol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("task", TASKS)
def test_a_filter_runs_only_for_what_filters_undo(
    small: Generator, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    filtered: list[torch.Tensor] = []
    monkeypatch.setattr(module, "apply_gain", lambda image, gain: filtered.append(gain) or torch.zeros_like(image))
    wish = torch.zeros(1, len(TASKS))
    wish[0, TASKS.index(task)] = 0.5
    small(torch.rand(1, 3, 64, 64), wish)
    assert len(filtered) == (task in (Task.BLUR, Task.RESOLUTION, Task.DETAIL))
    gain, _ = small.wiener(power_spectrum(torch.rand(1, 3, 64, 64)), wish)
    assert bool(gain.any()) == bool(filtered), "what is left out changes nothing"


@torch.inference_mode()
def test_one_picture_and_a_batch_agree(small: Generator) -> None:
    images, wishes = torch.rand(3, 3, 32, 48), torch.rand(3, len(TASKS))
    together = small(images, wishes)
    for k in range(3):
        assert torch.allclose(together[k : k + 1], small(images[k : k + 1], wishes[k : k + 1]), rtol=1e-4, atol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (64, 65)])
def test_any_size_goes_in_and_comes_out(small: Generator, size: tuple[int, int]) -> None:
    assert small(torch.rand(1, 3, *size), torch.ones(1, len(TASKS))).shape[-2:] == size


def test_the_thumbnail_of_the_whole_is_what_no_thumbnail_means(small: Generator) -> None:
    image, wish = torch.rand(1, 3, 72, 80), torch.ones(1, len(TASKS))
    with torch.inference_mode():
        assert torch.equal(small(image, wish), small(image, wish, make_thumbnail(image)))


def test_wrong_shapes_are_refused_with_a_sentence(small: Generator) -> None:
    with pytest.raises(ValueError, match="image: expected"):
        small(torch.rand(1, 1, 8, 8), torch.zeros(1, len(TASKS)))
    with pytest.raises(ValueError, match="strengths: expected"):
        small(torch.rand(1, 3, 8, 8), torch.zeros(1, 3))


def test_weights_survive_saving_in_half_precision(small: Generator, tmp_path: object) -> None:
    small.save_pretrained(tmp_path)  # type: ignore[arg-type]
    again = Generator.from_pretrained(tmp_path)  # type: ignore[arg-type]
    assert type(again.trunk[0]) is type(small.trunk[0])
    image, wish = torch.rand(1, 3, 32, 32), torch.ones(1, len(TASKS))
    with torch.inference_mode():
        assert torch.allclose(small(image, wish), again.eval()(image, wish), atol=1e-5)


def test_no_block_looks_beyond_a_tile(small: Generator) -> None:
    image, wish = torch.rand(1, 3, 256, 256), torch.zeros(1, len(TASKS))
    wish[0, TASKS.index(Task.NOISE)] = 1.0
    whole_photo = make_thumbnail(image), power_spectrum(image)
    with torch.inference_mode():
        whole = small(image, wish, *whole_photo)[..., 80:-80, 80:-80]
        image[..., :8, :] = 0.0
        assert torch.allclose(small(image, wish, *whole_photo)[..., 80:-80, 80:-80], whole, atol=1e-6)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_signal_of_an_untrained_generator_neither_dies_nor_explodes(block: str) -> None:
    torch.manual_seed(0)
    network = Generator(widths=(16, 32, 64), block=block)
    deviations: list[float] = []
    levels = (network.stem, network.encoder0[-1], network.encoder1[-1], network.trunk[-1], network.decoder0[-1])
    for level in levels:
        level.register_forward_hook(lambda _module, _inputs, output: deviations.append(float(output.std())))
    with torch.inference_mode():
        network(photo_tensor(256, 256) + 0.1 * torch.randn(1, 3, 256, 256), torch.ones(1, len(TASKS)))
    assert len(deviations) == len(levels)
    assert all(0.3 < deviation < 20.0 for deviation in deviations), deviations


def test_an_unknown_block_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="block: expected one of plain, naf, mobile, got 'dense'"):
        Generator(block="dense")
