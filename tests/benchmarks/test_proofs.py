import json
from importlib import import_module
from pathlib import Path

import pytest
import torch

from benchmarks import proof_tables, proofs, training_cost, variation
from benchmarks.images import to_tensor
from controllable.networks.expert import Expert
from controllable.training.recipes.settings import Settings
from tests.photo import draw_photo

PROOFS = proofs.proofs("own")


def settings_of(proof: proofs.Proof) -> Settings:
    """Raises ValueError for what the recipe refuses."""
    made: Settings = import_module(f"controllable.training.recipes.{proof.recipe}").SETTINGS(**proof.arguments)
    return made


def made_expert(scale: int = 1, task: str = "noise", backbone: str = "resnet") -> Expert:
    return Expert(backbone=backbone, scale=scale, width=8, blocks=1, tasks=[task], title="tiny").eval()


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """kodak, and clean photos of which one, by its name, is for development."""
    folder = tmp_path_factory.mktemp("sets")
    for name, numbers in (("kodak", (0,)), ("clean", (0, 1, 29))):
        (folder / name).mkdir()
        for k in numbers:
            draw_photo(200, 192, k).save(folder / name / f"{k}.png")
    return folder


def test_every_proof_is_of_a_recipe_that_takes_its_settings() -> None:
    assert len({proof.name for proof in PROOFS}) == len(PROOFS)
    for proof in PROOFS:
        assert settings_of(proof).steps == proof.arguments["steps"]
        assert settings_of(proofs.quick(proof)).steps == 2


def test_what_is_compared_differs_in_one_thing() -> None:
    chosen = {proof.name: settings_of(proof) for proof in PROOFS}
    for first, second, apart in (
        ("esrgan", "esrgan-pixels", {"adversary", "perceptual", "warmup"}),
        ("srgan", "srgan-pixels", {"adversary", "perceptual", "warmup"}),
        ("denoise-resnet", "variation-0.3", {"variation"}),
        ("precision-fp32", "precision-bf16", {"precision"}),
        ("denoise-resnet", "denoise-unet", {"backbone", "blocks"}),
    ):
        a, b = vars(chosen[first]), vars(chosen[second])
        assert {name for name in a if a[name] != b[name]} == apart
    paired, unpaired = chosen["denoise"], chosen["cyclegan"]
    for name in ("steps", "batch", "patch_px", "backbone", "width", "blocks", "rate"):
        assert getattr(paired, name) == getattr(unpaired, name)


def test_one_command_trains_what_is_missing_and_prints_its_tables(
    sets: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["--train", str(sets / "clean"), "--data", str(sets), "--runs", str(tmp_path), "--threads", "1"]
    command += ["--quick", "--only", "denoise", "srgan-pixels"]
    proofs.main(command)
    first = capfd.readouterr().out
    assert "denoise: 1 of 2" in first and "srgan-pixels: 2 of 2" in first
    assert "| noise σ25 | denoise |" in first and "| ×4 | srgan-pixels |" in first
    proofs.main(command)
    assert " of 2, about" not in capfd.readouterr().out


def test_a_proof_is_finished_when_its_log_is_at_the_last_step(tmp_path: Path) -> None:
    proof = proofs.Proof(name="a", recipe="denoise", minutes=1, arguments={"steps": 20})
    (tmp_path / "a" / "weights").mkdir(parents=True)
    for text, finished in (("step,score\n", False), ("step,score\n10,1\n", False), ("step,score\n10,1\n20,1\n", True)):
        (tmp_path / "a" / "log.csv").write_text(text)
        assert proof.is_finished(tmp_path) == finished


def test_a_training_that_fails_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    broken = [proofs.Proof(name=name, recipe="nothing", minutes=1, arguments={"steps": 1}) for name in ("a", "b")]
    assert proofs.train(broken, tmp_path, tmp_path, threads=1) == ["a", "b"]


def test_unknown_names_are_refused(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        proofs.main(["--data", str(sets), "--only", "stylegan"])
    assert "stylegan: not among esrgan," in capsys.readouterr().err


def test_each_table_has_a_row_for_each_expert(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = {
        "esrgan": made_expert(4, "resolution"), "srgan-8": made_expert(8, "resolution"), "denoise": made_expert(),
        "denoise-resnet": made_expert(), "variation-0.3": made_expert(), "cyclegan": made_expert(),
        "deblurgan": made_expert(task="blur", backbone="pyramid"), "precision-fp32": made_expert(),
    }  # fmt: skip
    plot = tmp_path / "variation.png"
    given = proof_tables.Given(
        clean=[to_tensor(draw_photo(128, 96))], found=found, threads=1, speed_px=32, steps=2, plot=plot
    )
    proof_tables.print_tables(given)
    out = capsys.readouterr().out
    for title in proof_tables.TABLES:
        assert f"### {title}" in out
    for cells in (
        "×4 | esrgan",
        "×8 | srgan-8",
        "noise σ25 | cyclegan",
        "shaken | deblurgan",
        "resnet | 8 × 1",
        "fp32",
    ):
        assert f"| {cells} |" in out
    assert plot.stat().st_size > 0


def test_noise_left_is_that_of_flat_places_and_texture_kept_a_share_of_it() -> None:
    torch.manual_seed(0)
    flat = torch.full((1, 3, 64, 64), 0.5)
    noise = 0.02 * torch.randn(1, 3, 64, 64)
    left = variation.noise_left_8bit(flat + noise, flat)
    assert left is not None and left == pytest.approx(0.02 * 255.0 * (24 / 25) ** 0.5, rel=0.05)
    assert variation.texture_kept(flat + noise, flat) is None
    texture = (0.5 + 0.1 * torch.randn(1, 1, 64, 64)).expand(-1, 3, -1, -1)
    assert variation.noise_left_8bit(texture, texture) is None
    half = 0.5 + 0.5 * (texture - 0.5)
    for made, share in ((texture, 1.0), (half, 0.5), (half + noise, 0.5)):
        assert variation.texture_kept(made, texture) == pytest.approx(share, abs=0.02)


def test_the_cost_of_a_step_is_time_and_memory(capfd: pytest.CaptureFixture[str]) -> None:
    training_cost.main(["--one", "bf16", "--steps", "2", "--threads", "1"])
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert found["seconds"] > 0.0 and found["peak_mb"] >= 0.0
