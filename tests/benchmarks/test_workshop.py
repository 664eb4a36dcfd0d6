from pathlib import Path

import pytest
import torch

from benchmarks import workshop
from benchmarks.images import psnr, to_tensor
from controllable.degradation.lens import convolve
from controllable.degradation.trajectory import shaken_kernels
from controllable.networks.expert import Expert
from tests.photo import draw_photo


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "kodak").mkdir()
    draw_photo(128, 96).save(folder / "kodak" / "one.png")
    for name, task, scale, backbone in (
        ("large", "resolution", 2, "resnet"), ("still", "blur", 1, "pyramid"), ("calm", "noise", 1, "unet")
    ):  # fmt: skip
        expert = Expert(backbone=backbone, scale=scale, width=8, blocks=1, tasks=[task], title=name)
        expert.save_pretrained(folder / "runs" / name / "weights")
    return folder


def test_every_expert_stands_beside_its_baselines(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Untrained ones return the bicubic enlargement, and the input, and a flat kernel."""
    workshop.main(["--data", str(data), "--runs", str(data / "runs"), "--models", str(data)])
    out = capsys.readouterr().out
    rows = {tuple(cells[:2]): cells[2:] for line in out.splitlines() if (cells := line.strip("| ").split(" | "))[1:]}
    assert rows["×2", "large"][0] == rows["×2", "bicubic"][0]
    assert rows["noise σ25", "calm"][0] == rows["noise σ25", "input"][0]
    assert rows["shaken", "still"][0] == rows["shaken", "input"][0]
    elsewhere = {name: share for name, share in rows if share.endswith("%")}
    assert elsewhere["still"] == elsewhere["flat"] and set(elsewhere) == {"flat", "unmoved", "still"}


def test_the_filter_that_is_told_the_kernel_undoes_it() -> None:
    clean = to_tensor(draw_photo(160, 128))
    kernel = shaken_kernels(1, torch.Generator().manual_seed(3), shortest_px=12.0, longest_px=12.0)
    blurred = convolve(clean, kernel)
    assert psnr(workshop.wiener(blurred, kernel), clean) > psnr(blurred, clean) + 1.0


def test_no_experts_is_said_in_a_sentence(data: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no experts: train one"):
        workshop.main(["--data", str(data), "--runs", str(tmp_path), "--models", str(tmp_path)])
