"""The tables of docs/speed.md, printed for tiny pictures."""

import pytest

from benchmarks import runtimes, stages
from tests.benchmarks.test_images import cells


def printed(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [row for row in cells(capsys.readouterr().out) if not row[0].startswith("---")][1:]


def test_every_runtime_is_compared_with_eager_fp32(capsys: pytest.CaptureFixture[str]) -> None:
    runtimes.measure(96, 1, 1, ["eager"])
    rows = {row[0]: row for row in printed(capsys)}
    assert list(rows) == [f"eager {bits}{order}" for bits in ("fp32", "bf16") for order in ("", ", channels first")]
    assert all(float(row[2]) > 0.0 and float(row[3]) > 0.0 for row in rows.values())
    assert float(rows["eager fp32"][4]) == 0.0
    assert float(rows["eager bf16"][5]) > 45.0


def test_the_stages_make_up_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    stages.stages(160, 1, 1)
    rows = {row[0]: [float(cell) for cell in row[1:]] for row in printed(capsys)}
    whole = rows.pop("all")
    parts = [row for name, row in rows.items() if not name.startswith("besides")]
    for column, total in enumerate(whole):
        assert sum(part[column] for part in parts) == pytest.approx(total, abs=0.1 * len(parts))
    noise, blur, _ = rows["linear filter (FFT)"]
    assert noise == 0.0 < blur


def test_only_strength_and_fidelity_run_the_generator_again(capsys: pytest.CaptureFixture[str]) -> None:
    stages.sliders(96, 1)
    rows = {row[0]: [int(cell) for cell in row[2:]] for row in printed(capsys)}
    assert [name for name, (generator, _) in rows.items() if generator] == ["first run", "strength", "fidelity"]
    assert rows["first run"][1] == 2 and all(looks == 1 for name, (_, looks) in rows.items() if name != "first run")


def test_previews_of_large_photos_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    stages.large(1, (0.1,))
    rows = printed(capsys)
    assert [row[0] for row in rows] == ["0 MP"] and all(float(cell) < 60.0 for cell in rows[0][1:])


def test_tile_sizes_have_time_and_memory(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "TILES_PX", (64, 1000))
    stages.tile_sizes(128, 1)
    rows = printed(capsys)
    assert [row[0] for row in rows] == ["64", "whole"] and all(float(row[2]) > 0.0 for row in rows)
