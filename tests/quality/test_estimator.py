import pytest
import torch

from controllable import Enhancer, Task
from controllable.degradation import Chain
from controllable.quality.mosaic import MOSAIC_PX, TILE_PX, assemble, choose_tiles
from controllable.quality.zeroshot import WISHES
from controllable.task import TASKS
from tests.photo import photo_tensor


@pytest.mark.parametrize("task", [Task.NOISE, Task.BLUR, Task.COMPRESSION, Task.LOW_LIGHT, Task.HAZE])
def test_more_of_a_flaw_is_estimated_higher(enhancer: Enhancer, task: Task) -> None:
    chain = Chain()
    estimates = []
    for severity in (0.0, 0.4, 0.9):
        values = torch.tensor([[severity if t is task else 0.0 for t in TASKS]])
        means = []
        for seed in range(3):
            image = photo_tensor(384, 320, seed)
            params = chain.sample(1, torch.Generator().manual_seed(seed), values)
            means.append(enhancer.assess(chain.apply(image, params)).severity[task])
        estimates.append(sum(means) / 3)
    assert estimates[0] < estimates[1] < estimates[2]


def test_a_flaw_lowers_the_score_and_is_suggested(enhancer: Enhancer) -> None:
    image = photo_tensor(384, 320)
    noisy = (image + 0.2 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    before, after = enhancer.assess(image), enhancer.assess(noisy)
    assert after.score < before.score
    report, english = enhancer.suggest(noisy)
    _, chinese = enhancer.suggest(noisy, chinese=True)
    assert report.severity == after.severity
    assert set(english) & set(WISHES[Task.NOISE][0]) and set(chinese) & set(WISHES[Task.NOISE][1])


@pytest.mark.parametrize("size", [(1, 1), (40, 500), (128, 128), (301, 777)])
def test_any_size_can_be_assessed(enhancer: Enhancer, size: tuple[int, int]) -> None:
    report = enhancer.assess(torch.rand(1, 3, *size))
    assert 0 <= report.score <= 100


def test_tiles_lie_on_the_grid_of_jpeg_blocks() -> None:
    y, x = torch.meshgrid(torch.arange(400.0), torch.arange(600.0), indexing="ij")
    image = torch.stack((y, x + 0.01 * torch.rand(400, 600), y))[None]
    tiles = choose_tiles(image)
    assert tiles.shape == (1, 3, 3, TILE_PX, TILE_PX)
    assert (tiles[0, :, 0, 0, 0] % 8 == 0).all() and (tiles[0, :, 1, 0, 0].floor() % 8 == 0).all()
    assert assemble(torch.rand(1, 3, 64, 64), tiles).shape == (1, 3, MOSAIC_PX, MOSAIC_PX)
