import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from controllable.files import write_whole
from controllable.training.fit import FitSettings, Training, fit
from controllable.training.logbook import write_state
from tests.training.denoising import SETTINGS as DENOISING
from tests.training.denoising import Denoising


class Line:
    """Fit y = 2x - 1."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network: nn.Module = nn.Linear(1, 1)

    def batches(self, start: int) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(start)
        while True:
            yield torch.rand(32, 1, generator=generator)

    def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, float]]:
        loss = (network(batch) - (2 * batch - 1)).pow(2).mean()
        return loss, {"loss": loss.item()}

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        x = torch.linspace(0, 1, 50).view(-1, 1)
        return {"score": -float((network(x) - (2 * x - 1)).abs().mean().detach())}


SETTINGS = FitSettings(steps=600, rate=3e-2, warmup=10, ema=0.9, every=100)


def test_fit_learns_and_returns_its_best_weights(tmp_path: Path) -> None:
    line = Line()
    before = line.evaluate(line.network)["score"]
    best = fit(line, SETTINGS, tmp_path)
    assert line.evaluate(best)["score"] > max(before, -0.02)
    assert (tmp_path / "log.csv").read_text().startswith("step,minutes,rate,loss,score")


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupted(Line):
        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, float]]:
            self.count = getattr(self, "count", 0) + 1
            if self.count > 350:
                raise KeyboardInterrupt
            return super().loss(network, batch)

    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(), SETTINGS, tmp_path)
    line = Line()
    fit(line, SETTINGS, tmp_path)
    assert "resumed at step 300" in capsys.readouterr().out
    steps = [int(row.split(",")[0]) for row in (tmp_path / "log.csv").read_text().splitlines()[1:]]
    assert steps == [100, 200, 300, 400, 500, 600]


def test_the_schedule_warms_up_and_ends_by_steps_or_minutes() -> None:
    settings = FitSettings(steps=1000, minutes=10.0, rate=1.0, final_rate=0.1, warmup=100)
    assert settings.rate_at(0, 0.0) < 0.02
    assert settings.rate_at(200, 0.0) > settings.rate_at(700, 0.0) > settings.rate_at(1000, 0.0)
    assert settings.rate_at(200, 10.0) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="steps, minutes"):
        FitSettings(steps=0)
    with pytest.raises(ValueError, match="precision: 'half' is not one of auto, bf16, fp16, fp32"):
        FitSettings(precision="half")  # type: ignore[arg-type]


def weights(folder: Path, name: str = "network") -> Tensor:
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    return torch.cat([value.flatten() for value in state[name].values()])


def test_a_training_in_stretches_is_the_same_as_one_that_is_not(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=30, every=20)
    whole = fit(Denoising(), settings, tmp_path / "whole")
    training = Training(Denoising(), settings, tmp_path / "stretches")
    training.resume()
    for until in (7, 14, 21):
        training.advance(until)
        assert torch.load(tmp_path / "stretches" / "checkpoint.pt", weights_only=True)["step"] == until
    again = Training(Denoising(), settings, tmp_path / "stretches")
    again.resume()
    again.advance()
    for name, value in again.best_network().state_dict().items():
        assert torch.equal(value, whole.state_dict()[name])


@pytest.mark.parametrize("at", [8, 13])
def test_a_run_that_is_told_to_stop_goes_on_as_if_it_had_not_been(tmp_path: Path, at: int) -> None:
    class Stopped(Denoising):
        asked = 0

        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            self.asked += torch.is_grad_enabled()
            if self.asked == at and torch.is_grad_enabled():
                os.kill(os.getpid(), signal.SIGINT)
            return super().loss(network, batch)

    whole, halves = tmp_path / "whole", tmp_path / "halves"
    best = fit(Denoising(), DENOISING, whole)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {at}; the same command goes on from there"):
        fit(Stopped(), DENOISING, halves)
    assert torch.load(halves / "checkpoint.pt", weights_only=True)["step"] == at
    again = fit(Denoising(), DENOISING, halves)
    for name in ("network", "average"):
        assert torch.equal(weights(whole, name), weights(halves, name))
    assert all(torch.equal(a, b) for a, b in zip(best.parameters(), again.parameters(), strict=True))


def test_two_processes_with_half_a_batch_each_are_one_with_all_of_it(tmp_path: Path) -> None:
    """Through `torchrun`, over gloo; gradients are averaged before Muon evens their directions out."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    recipe = Denoising()
    before = recipe.evaluate(recipe.network)["score"]
    best = fit(recipe, DENOISING, alone)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", "tests.training.denoising", str(together)],
        capture_output=True, text=True, timeout=600, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(f"process {k} of 2 is done" in done.stdout for k in range(2))  # the two may share a line
    assert recipe.evaluate(best)["score"] > 0.2 * before
    assert torch.allclose(weights(alone), weights(together), atol=1e-4)
    rows = [(folder / "log.csv").read_text().splitlines() for folder in (alone, together)]
    assert len(rows[0]) == len(rows[1]) == 4 and rows[0][0] == rows[1][0]


def test_a_gradient_that_is_not_finite_counts_as_none(tmp_path: Path) -> None:
    class Broken(Denoising):
        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            loss, figures = super().loss(network, batch)
            return loss * (float("nan") if torch.is_grad_enabled() else 1.0), figures

    recipe = Broken()
    before = [parameter.detach().clone() for parameter in recipe.network.parameters()]
    fit(recipe, replace(DENOISING, steps=3), tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(before, recipe.network.parameters(), strict=True))


def test_what_a_recipe_trains_itself_is_kept_in_checkpoints(tmp_path: Path) -> None:
    class Counting(Denoising):
        seen = 0

        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            self.seen += torch.is_grad_enabled() * len(batch)
            return super().loss(network, batch)

        def state(self) -> dict[str, Any]:
            return {"seen": self.seen}

        def load_state(self, state: dict[str, Any]) -> None:
            self.seen = state["seen"]

    fit(Counting(), replace(DENOISING, steps=8), tmp_path)
    resumed = Counting()
    fit(resumed, DENOISING, tmp_path)
    assert resumed.seen == 24 * 8


def test_the_log_tells_speed_and_waiting_and_keeps_the_columns_it_was_begun_with(tmp_path: Path) -> None:
    fit(Denoising(), replace(DENOISING, batch=8), tmp_path)
    head, *rows = (line.split(",") for line in (tmp_path / "log.csv").read_text().splitlines())
    last = dict(zip(head, map(float, rows[-1]), strict=True))
    assert 0.0 < last["busy"] <= 1.0 and last["wait_s"] > 0.0 and last["compute_s"] > 0.0
    assert last["samples_per_s"] == pytest.approx(8 * last["steps_per_s"], rel=1e-4)
    assert last["steps_per_s"] == pytest.approx(8 / (last["wait_s"] + last["compute_s"]), rel=1e-4)
    (tmp_path / "log.csv").write_text("step,loss\n24,0.5\n")
    fit(Denoising(), replace(DENOISING, steps=32), tmp_path)
    assert (tmp_path / "log.csv").read_text().splitlines()[-1].startswith("32,0.")
    assert (tmp_path / "log.csv").read_text().splitlines()[-1].count(",") == 1


def test_a_lost_loss_ends_the_run_and_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    class Lost(Denoising):
        def loss(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            loss, figures = super().loss(network, batch)
            self.asked = getattr(self, "asked", 0) + 1
            return loss * (float("inf") if self.asked > 12 else 1.0), figures

    with pytest.raises(ValueError, match="loss: not a finite number for 10 steps, at step 30"):
        fit(Lost(), replace(DENOISING, steps=60, every=8), tmp_path)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["step"] in (8, 16, 24)
    assert all(bool(torch.isfinite(value).all()) for value in state["network"].values())


def test_a_killed_run_ends_with_the_losses_of_one_that_was_not(tmp_path: Path) -> None:
    """kill -9 between checkpoints: rows that were written after the last one are not there twice."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    fit(Denoising(), DENOISING, whole)
    script = (
        "import os, signal, sys, torch; from pathlib import Path; from controllable.training.fit import fit\n"
        "from tests.training.denoising import SETTINGS, Denoising\n"
        "torch.set_num_threads(int(sys.argv[2]))\n"
        "class Killed(Denoising):\n"
        "    asked = 0\n"
        "    def loss(self, network, batch):\n"
        "        self.asked += 1\n"
        "        self.asked == 19 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return super().loss(network, batch)\n"
        "fit(Killed(), SETTINGS, Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, str(killed), str(torch.get_num_threads())]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    fit(Denoising(), DENOISING, killed)

    def losses(folder: Path) -> list[list[float]]:
        rows = [row.split(",") for row in (folder / "log.csv").read_text().splitlines()[1:]]
        return [[float(row[column]) for column in (0, 3, 4)] for row in rows]  # step, loss, score

    assert losses(whole) == losses(killed)
    assert torch.equal(weights(whole), weights(killed))


def test_pictures_a_recipe_shows_are_written_beside_the_log(tmp_path: Path) -> None:
    class Shown(Denoising):
        def samples(self, network: nn.Module) -> Tensor:
            return torch.rand(16, 3, 20, 30)

    fit(Shown(), DENOISING, tmp_path)
    sheets = sorted((tmp_path / "samples").glob("*.png"))
    assert len(sheets) == 3
    with Image.open(sheets[0]) as sheet:
        assert sheet.size == (8 * 32 + 2, 2 * 22 + 2)


def test_a_full_disk_is_told_in_one_sentence_and_what_was_there_stays(tmp_path: Path) -> None:
    """/dev/full refuses every byte, as a full disk does."""
    path = tmp_path / "checkpoint.pt"
    write_whole(b"before", path)
    (tmp_path / "checkpoint.pt.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"checkpoint\.pt was not written: No space left on device; what was"):
        write_state({"step": 1}, path)
    assert path.read_bytes() == b"before" and not (tmp_path / "checkpoint.pt.tmp").exists()
