"""Private pictures: the noise is the least that keeps the promise, and no neighbour moves the means by more."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from controllable.cli import main
from controllable.degradation.choice import recipe
from controllable.degradation.export import Exported, ExportSettings, export, find_photos
from controllable.degradation.private import (
    Pixelation,
    gaussian_delta,
    gaussian_epsilon,
    gaussian_sigma,
    pixelate,
    system_noise,
)
from controllable.degradation.verify import verify
from controllable.models import BUNDLED
from tests.photo import draw_photo, photo_tensor, psnr

CAREFUL = Pixelation(epsilon=8.0, cell_px=8, region_px=2)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in (1, 2):
        draw_photo(70, 50, seed=number).save(folder / f"{number}.png")
    return folder


def _export(folder: Path, out: Path, variants: int = 2, private: Pixelation | None = CAREFUL) -> Exported:
    settings = ExportSettings(choice=recipe("old_phone"), variants=variants, private=private)
    return export(find_photos(folder, out), out, settings)


def _rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("delta", [1e-9, 1e-5, 0.1])
@pytest.mark.parametrize("epsilon", [0.01, 1.0, 8.0, 1000.0])
def test_the_noise_is_private_and_the_least_that_is(epsilon: float, delta: float) -> None:
    sigma = gaussian_sigma(epsilon, delta, sensitivity=0.3)
    assert gaussian_delta(epsilon, sigma, 0.3) <= delta * (1.0 + 1e-9)
    assert gaussian_delta(epsilon, 0.999 * sigma, 0.3) > delta
    assert gaussian_epsilon(delta, sigma, 0.3) == pytest.approx(epsilon, rel=1e-3)


def test_delta_is_the_integral_that_defines_it() -> None:
    sigma, epsilon = 0.7, 1.3
    x = torch.linspace(-12.0, 13.0, 2_000_001, dtype=torch.float64)
    density = torch.exp(-0.5 * (x / sigma) ** 2), torch.exp(-0.5 * ((x - 1.0) / sigma) ** 2)
    excess = (density[1] - math.exp(epsilon) * density[0]).clamp_min(0.0) / (sigma * math.sqrt(2.0 * math.pi))
    assert gaussian_delta(epsilon, sigma) == pytest.approx(float(torch.trapezoid(excess, x)), rel=1e-6)


def test_below_one_the_noise_is_less_than_the_classical_bounds() -> None:
    classical = math.sqrt(2.0 * math.log(1.25 / 1e-5)) / 0.5
    assert 0.5 * classical < gaussian_sigma(0.5, 1e-5) < classical


@pytest.mark.parametrize(("cell_px", "region_px"), [(8, 1), (8, 3), (8, 8), (8, 11), (4, 13), (1, 5)])
def test_no_neighbour_moves_the_means_by_more_than_the_sensitivity_and_one_by_as_much(
    cell_px: int, region_px: int
) -> None:
    settings = Pixelation(epsilon=1.0, cell_px=cell_px, region_px=region_px)
    most = 0.0
    for top in range(2 * cell_px):
        for left in range(2 * cell_px):
            changed = torch.zeros(1, 3, 32, 32, dtype=torch.float64)
            changed[..., top : top + region_px, left : left + region_px] = 1.0
            most = max(most, float(torch.linalg.vector_norm(F.avg_pool2d(changed, cell_px))))
    assert most == pytest.approx(settings.sensitivity, rel=1e-12)


def test_what_comes_out_has_the_noise_that_was_promised_and_no_two_are_alike() -> None:
    settings = Pixelation(epsilon=1000.0, cell_px=2, region_px=2)
    grey = torch.full((1, 3, 200, 200), 0.5)
    means = [F.avg_pool2d(pixelate(grey, settings), 2) for _ in range(2)]
    plain = torch.full((1, 3, 100, 100), 0.5) + settings.sigma * torch.randn(1, 3, 100, 100)
    expected = F.avg_pool2d(_enlarged(plain), 2)
    assert float(means[0].mean()) == pytest.approx(0.5, abs=0.005)
    assert float(means[0].std()) == pytest.approx(float(expected.std()), rel=0.05)
    assert not torch.equal(*means)


def _enlarged(cells: torch.Tensor) -> torch.Tensor:
    return F.interpolate(cells, scale_factor=2, mode="bicubic", antialias=True)


def test_the_systems_noise_is_normal() -> None:
    noise = system_noise((200_000,))
    share = [float((noise < bound).double().mean()) for bound in (-1.0, 0.0, 2.0)]
    assert share == pytest.approx([0.15866, 0.5, 0.97725], abs=0.006)
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.02) and float(noise.std()) == pytest.approx(1.0, abs=0.02)


def test_more_epsilon_shows_more_and_detail_below_a_cell_never_shows() -> None:
    photo = photo_tensor(128, 96)
    near = [psnr(pixelate(photo, Pixelation(epsilon=e, cell_px=8, region_px=2)), photo) for e in (0.5, 8.0, 500.0)]
    assert near[0] < near[1] < near[2] < 30.0
    checks = torch.zeros(1, 3, 64, 64)
    checks[..., ::2, :] = 1.0
    assert float(pixelate(checks, Pixelation(epsilon=500.0, cell_px=8, region_px=1)).std()) < 0.02


def test_a_larger_square_and_a_second_picture_cost_what_the_mechanism_says() -> None:
    larger = Pixelation(epsilon=8.0, cell_px=8, region_px=4)
    assert gaussian_epsilon(1e-5, CAREFUL.sigma, CAREFUL.sensitivity) == pytest.approx(8.0)
    assert gaussian_epsilon(1e-5, CAREFUL.sigma, larger.sensitivity) > 40.0
    assert 8.0 < gaussian_epsilon(1e-5, CAREFUL.sigma, math.sqrt(2.0) * CAREFUL.sensitivity) < 16.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Pixelation(epsilon=0.0), "epsilon 0"),
        (lambda: Pixelation(epsilon=math.nan), "epsilon nan"),
        (lambda: Pixelation(epsilon=1.0, delta=1.0), "delta 1"),
        (lambda: Pixelation(epsilon=1.0, cell_px=0), "cell_px must be at least 1, not 0"),
        (lambda: Pixelation(epsilon=1.0, region_px=-1), "region_px must be at least 1, not -1"),
        (lambda: pixelate(torch.rand(3, 8, 8), CAREFUL), "expected (B, 3, H, W)"),
        (lambda: pixelate(torch.full((1, 3, 8, 8), math.inf), CAREFUL), "NaN or infinite"),
        (lambda: pixelate(torch.rand(1, 3, 7, 90), CAREFUL), "90×7 px"),
        (lambda: ExportSettings(choice=recipe("old_phone"), crop_px=20, private=CAREFUL), "no multiple"),
    ],
)
def test_what_cannot_be_private_is_refused_in_one_sentence(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_both_pictures_of_a_pair_come_from_the_noised_one_and_nothing_else_tells_of_the_photo(
    photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _export(photos, out).pairs == 4
    found = verify(out, models=BUNDLED, replays=4)
    assert (found.pairs, found.replayed, found.faults) == (4, 4, ())  # degraded again from clean, pixel for pixel
    for row in _rows(out):
        assert "photo" not in row and row["size"] == [64, 48]
        with Image.open(out / row["clean"]) as clean:
            assert "icc_profile" not in clean.info and not clean.getexif()
    stored = json.loads((out / "settings.json").read_text())["private"]
    assert stored == CAREFUL.to_dict() and stored["epsilon"] == 8.0 and stored["sigma"] == CAREFUL.sigma
    _export(photos, tmp_path / "again")
    assert (out / "clean/1.png").read_bytes() != (tmp_path / "again/clean/1.png").read_bytes()


def test_a_private_picture_that_is_there_is_kept_and_never_drawn_again(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _export(photos, out)
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    for path in out.glob("degraded/1-*.png"):
        path.unlink()
    assert _export(photos, out).made == 2
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(ValueError, match="private"):
        _export(photos, out, private=None)


def test_the_command_line_makes_a_private_data_set(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    main(["degrade", str(photos), out, "--recipe", "old_phone", "--private", "4", "--private-cell", "10"])
    assert "epsilon 4 at delta 1e-05 for any square of 4 px" in capsys.readouterr().out
    main(["verify", out])
    assert "pixel for pixel" in capsys.readouterr().out
    stored = json.loads((tmp_path / "out/settings.json").read_text())["private"]
    assert (stored["epsilon"], stored["cell_px"], stored["region_px"]) == (4.0, 10, 4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["photos/1.png", "x.png", "--private", "8"], "is for a folder"),
        (["photos", "out", "--private-cell", "8"], "goes with --private"),
        (["photos", "out", "--private", "-1"], "outside (0, 1000]"),
    ],
)
def test_a_wrong_private_argument_is_one_sentence(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["degrade", *arguments, "--noise", "0.5"]) != 0
    sentence = capsys.readouterr().err
    assert said in sentence and len(sentence.splitlines()) == 1
