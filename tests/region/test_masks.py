import pytest
import torch

from controllable.region.masks import blend, region_mask
from tests.photo import photo_tensor


def test_all_means_no_mask() -> None:
    assert region_mask(photo_tensor(), "all") is None


def test_blending_leaves_what_the_mask_leaves_out_bit_for_bit() -> None:
    inside, outside = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:4] = 1.0
    mask[..., 4] = 0.5
    mixed = blend(inside, outside, mask)
    assert torch.equal(mixed[..., :2], outside[..., :2]) and torch.allclose(mixed[..., 2:4], inside[..., 2:4])
    assert torch.allclose(mixed[..., 4], (inside + outside)[..., 4] / 2)


def test_the_sky_is_found_above_the_hills() -> None:
    photo = photo_tensor(384, 256, 4)
    mask = region_mask(photo, "sky")
    assert mask is not None and mask.shape == (1, 1, 256, 384)
    assert float(mask[0, 0, :60].mean()) > 0.5 and float(mask[0, 0, 200:].mean()) < 0.05


def test_a_region_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ValueError, match="no face was found"):
        region_mask(photo_tensor(), "face")
    with pytest.raises(ValueError, match="no sky was found"):
        region_mask(torch.rand(1, 3, 120, 160), "sky")


def test_the_background_leaves_the_middle_alone() -> None:
    photo = torch.full((1, 3, 200, 200), 0.2)
    photo[:, 0, 50:190, 70:130] = 0.9
    mask = region_mask(photo, "background")
    assert mask is not None and float(mask[0, 0, :30].min()) > 0.95 and float(mask[0, 0, 80:160, 90:110].max()) < 0.05
