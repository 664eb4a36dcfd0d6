import math
from pathlib import Path

import pytest
import torch

from benchmarks.images import COMPARISON, compare, load_lpips, pictures, psnr, psnr_y, tensors, to_pixels, to_tensor


def cells(printed: str) -> list[list[str]]:
    """The rows of what was printed as markdown, without head and rule."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines() if line[:1] == "|"]


def test_psnr_is_what_a_constant_error_gives() -> None:
    clean = torch.full((1, 3, 32, 32), 0.2)
    assert psnr(clean + 0.1, clean) == pytest.approx(20.0, abs=1e-4) and psnr(clean, clean) == 100.0
    assert psnr_y(clean + 0.2, clean, 4) == pytest.approx(-20.0 * math.log10(0.2 * 219 / 255), abs=1e-3)


def test_pixels_survive_a_round_trip(data: Path) -> None:
    (clean,) = tensors(data / "kodak")
    assert torch.equal(to_tensor(to_pixels(clean)), clean)


def test_pictures_are_cut_to_whole_multiples(data: Path) -> None:
    assert tensors(data / "kodak", multiple_px=7)[0].shape == (1, 3, 70, 91)


def test_an_empty_folder_and_missing_metrics_are_one_sentence_each(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no pictures"):
        next(pictures(tmp_path))
    with pytest.raises(SystemExit, match=r"has no lpips_squeeze\.py"):
        load_lpips(tmp_path)
    assert load_lpips(None) is None


def test_a_comparison_never_times_a_picture_its_warm_up_has_seen(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[torch.Tensor] = []

    def method(image: torch.Tensor) -> torch.Tensor:
        assert not any(torch.equal(image, other) for other in seen)
        seen.append(image)
        return image

    photos = list(torch.rand(2, 1, 3, 16, 16))
    compare("case", [(photo, photo) for photo in photos], {"same": method}, psnr, None)
    (found,) = cells(capsys.readouterr().out)
    assert len(seen) == 3 and len(found) == len(COMPARISON) and float(found[2]) > 50.0
