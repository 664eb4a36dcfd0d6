from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from controllable.training.fit import FitSettings, fit


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
