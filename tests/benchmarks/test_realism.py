"""Both commands, whole, on a few drawn photos."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from benchmarks import realism, realism_use
from benchmarks.candidates import Candidate, candidates, degraded, learned, untouched
from benchmarks.crops import Pool, clean_aside, middle, real_aside
from controllable.degradation import Chain, Params
from controllable.training.photos import DEVELOPMENT_ONE_IN, kept_aside
from tests.benchmarks.test_images import cells
from tests.photo import draw_photo, photo_tensor


class Known:
    """A degrader that learned nothing but the chain."""

    def sample(self, seed: int, batch: int = 1) -> Params:
        return Chain().sample(batch, torch.Generator().manual_seed(seed))

    def apply(self, image: torch.Tensor, params: Params) -> torch.Tensor:
        return Chain().apply(image, params)


def develops(name: str) -> bool:
    return kept_aside(name, DEVELOPMENT_ONE_IN)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """real/ and clean/, with photos of both parts, and weights of a SqueezeNet that has learned nothing."""
    from torchvision.models import squeezenet1_1

    folder = tmp_path_factory.mktemp("realism")
    for name, aside, size in (("real", real_aside, (176, 144)), ("clean", clean_aside, (208, 200))):
        (folder / name).mkdir()
        left = {True: 4, False: 6}
        for seed in range(100):
            file = f"{seed}.jpg"
            if left[aside(file)]:
                left[aside(file)] -= 1
                draw_photo(*size, seed).save(folder / name / file, quality=40 if name == "real" else 95)
    names = (f"d{number}.jpg" for number in range(1000))
    developing = next(name for name in names if develops(realism_use.LEARNING + name) and not clean_aside(name))
    draw_photo(208, 200, 7).save(folder / "clean" / developing)
    torch.manual_seed(0)
    save_file(squeezenet1_1(weights=None).state_dict(), folder / "squeezenet.safetensors")
    return folder


def test_every_candidate_gives_its_own_size_back_and_repeats_itself() -> None:
    for name, one in candidates(None).items():
        clean = Pool(
            images=(photo_tensor(one.clean_px, one.clean_px) * 255).to(torch.uint8).repeat(2, 1, 1, 1),
            photo=torch.arange(2),
        )
        first = degraded(one, clean, 3)
        assert first.images.shape == (2, 3, 96, 96) and first.images.dtype == torch.uint8, name
        assert torch.equal(first.images, degraded(one, clean, 3).images)
        assert not torch.equal(first.images, degraded(one, clean, 4).images)


def test_what_is_left_alone_is_the_middle_of_the_clean_crop() -> None:
    clean = Pool(images=(photo_tensor(128, 128) * 255).round().to(torch.uint8), photo=torch.zeros(1))
    assert torch.equal(degraded(Candidate(degrade=untouched), clean, 0).images, middle(clean.images))


def test_a_learned_degrader_draws_anew_for_every_call_of_one_generator() -> None:
    generator, clean = torch.Generator().manual_seed(0), photo_tensor(64, 64).repeat(3, 1, 1, 1)
    first, second = (learned(Known(), clean, generator) for _ in range(2))
    assert first.shape == clean.shape and not torch.equal(first, second) and not first.is_inference()


def test_both_tables_have_a_row_a_candidate_and_the_sheet_too(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["real", "clean", "BSRGAN-style"]
    realism.main([
        "--real", str(photos / "real"), "--clean", str(photos / "clean"), "--crops", "1", "--steps", "3",
        "--seeds", "2", "--squeezenet", str(photos / "squeezenet.safetensors"), "--only", *names,
        "--sheet", str(tmp_path / "sheet.png"),
    ])  # fmt: skip
    rows = [row for row in cells(capsys.readouterr().out) if row[0] in names]
    assert [row[0] for row in rows] == names * 2 and all(len(row) == len(realism.COLUMNS) for row in rows)
    for row in rows:
        both = [float(row[column].split("%")[0]) for column in (1, 3)]
        assert float(row[5].strip("*%")) == pytest.approx(max(both), abs=0.11)
    width, height = Image.open(tmp_path / "sheet.png").size
    assert (width, height) == (realism.LABEL_PX + 8 * 96, 3 * 96)


def test_an_unknown_candidate_and_a_folder_without_photos_are_said(photos: Path, tmp_path: Path) -> None:
    usual = ["--clean", str(photos / "clean"), "--squeezenet", str(photos / "squeezenet.safetensors")]
    with pytest.raises(SystemExit):
        realism.main(["--real", str(photos / "real"), *usual, "--only", "magic"])
    with pytest.raises(SystemExit, match="no photos of at least 96 px"):
        realism.main(["--real", str(tmp_path), *usual])
    with pytest.raises(SystemExit, match="holds no degrader"):
        realism.main(["--real", str(photos / "real"), "--learned", str(tmp_path), *usual])


def test_networks_are_trained_once_and_judged_on_real_photos_and_on_pairs(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = [
        "--real", str(photos / "real"), "--clean", str(photos / "clean"), "--out", str(tmp_path), "--steps", "2",
        "--width", "8", "--pairs", "2", "--most", "2", "--only", "physical", "BSRGAN-style",
    ]  # fmt: skip
    realism_use.main(usual)
    first = cells(capsys.readouterr().out)
    kept = {path.name for path in (tmp_path / "photos").iterdir()}
    learning = [path.name for path in (photos / "clean").iterdir() if not clean_aside(path.name)]
    assert kept == {realism_use.LEARNING + name for name in learning} and sum(map(develops, kept)) in range(
        1, len(kept)
    )
    realism_use.main([*usual, "--sheet", str(tmp_path / "sheet.png")])
    again = cells(capsys.readouterr().out)
    assert [row[0] for row in first if len(row) == 4] == ["trained on", "---", "untouched", "physical", "BSRGAN-style"]
    assert [row[0] for row in first[-2:]] == ["physical", "BSRGAN-style"] and again == first
    assert Image.open(tmp_path / "sheet.png").size[0] % 3 == 0
