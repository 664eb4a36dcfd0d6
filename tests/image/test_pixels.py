import weakref

import pytest
import torch
import torch.nn.functional as F

import controllable.image.pixels as module
from controllable.image.pixels import Pixels, to_float, to_stored
from controllable.image.resize import resize


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_stored_values_come_back_bit_for_bit(dtype: torch.dtype) -> None:
    values = torch.arange(65536).view(1, 1, 256, 256)
    stored = (values / 65535.0) if dtype is torch.float32 else (values % 256 if dtype is torch.uint8 else values)
    stored = stored.to(dtype)
    assert torch.equal(to_stored(to_float(stored), dtype), stored)
    assert float(to_float(stored).min()) >= 0.0 and float(to_float(stored).max()) == 1.0


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("window", [(0, 9, 0, 7), (13, 50, 21, 83), (90, 120, 100, 148)])
def test_a_window_of_the_enlarged_picture_is_cut_from_the_whole(scale: int, window: tuple[int, ...]) -> None:
    stored = torch.randint(0, 256, (1, 3, 30, 37), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole = resize(to_float(stored), (30 * scale, 37 * scale)).clamp(0, 1) if scale > 1 else to_float(stored)
    top, bottom, left, right = (min(value, side) for value, side in zip(window, (120, 120, 148, 148), strict=True))
    pixels = Pixels(stored, scale)
    assert pixels.shape == whole.shape
    assert torch.allclose(pixels[..., top:bottom, left:right], whole[..., top:bottom, left:right], atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (40, 500), (131, 77)])
def test_averages_are_those_of_the_whole(size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size)
    assert torch.allclose(Pixels(image).averaged(64), F.adaptive_avg_pool2d(image, 64), atol=1e-6)


@pytest.mark.parametrize("scale", [1, 2])
def test_windows_are_cut_from_the_whole(scale: int) -> None:
    stored = torch.randint(0, 256, (1, 3, 60, 80), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pixels, corners = Pixels(stored, scale), [(0, 0), (7, 11), (44, 64)]
    parts = pixels.windows(corners, 16)
    assert parts.shape == (3, 3, 16, 16)
    for part, (y, x) in zip(parts, corners, strict=True):
        assert torch.equal(part, pixels[..., y : y + 16, x : x + 16][0])


def test_averages_hold_one_strip_of_the_picture_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def watched(stored: torch.Tensor) -> torch.Tensor:
        alive.append(sum(part() is not None for part in read))
        values = to_float(stored)
        read.append(weakref.ref(values))
        return values

    monkeypatch.setattr(module, "to_float", watched)
    Pixels(torch.zeros(1, 3, 256, 64, dtype=torch.uint8)).averaged(64)
    assert len(alive) == 64 and max(alive) <= 1
