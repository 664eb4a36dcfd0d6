import pytest
import torch

from controllable.degradation.jpeg import jpeg_torch
from controllable.degradation.sharing import jpeg_pillow
from tests.photo import photo_tensor, psnr


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 95])
@pytest.mark.parametrize("subsample", [True, False])
def test_torch_jpeg_is_within_42_db_of_libjpeg_and_as_far_from_the_original(quality: int, subsample: bool) -> None:
    image = photo_tensor(200, 136)
    real = jpeg_pillow(image, [quality], [subsample])
    ours = jpeg_torch(image, [quality], [subsample])
    assert psnr(real, ours) > 42.0
    assert abs(psnr(real, image) - psnr(ours, image)) < 0.15


def test_each_picture_gets_its_own_quality() -> None:
    image = photo_tensor(96, 96).repeat(2, 1, 1, 1)
    both = jpeg_torch(image, [10, 90], [True, False])
    assert torch.equal(both[1:], jpeg_torch(image[1:], [90], [False]))
    assert psnr(both[:1], image[:1]) < psnr(both[1:], image[1:])
