import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.tile import run_tiled


def local(image: Tensor) -> Tensor:
    """Depends on pixels up to 12 px away and on the position modulo 8."""
    phase = (torch.arange(image.shape[-1]) % 8 / 8.0).view(1, 1, 1, -1)
    return F.avg_pool2d(F.pad(image, (12, 12, 12, 12), mode="replicate"), 25, 1) + phase


def test_tiled_equals_whole_when_the_reach_covers_the_function() -> None:
    image = torch.rand(1, 3, 203, 317)
    tiled = run_tiled(local, image, reach_px=12, multiple_px=8, tile_px=64)
    assert torch.allclose(tiled, local(image), atol=1e-5)


def test_progress_rises_to_one_and_can_cancel() -> None:
    image = torch.rand(1, 3, 200, 200)
    seen: list[float] = []
    run_tiled(local, image, reach_px=12, multiple_px=8, tile_px=64, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) == 16

    def cancel(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_tiled(local, image, reach_px=12, multiple_px=8, tile_px=64, progress=cancel)
