"""Every table is printed, whole and in range, for one tiny drawn picture of each set."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import identity, peers, restoration, selectivity, speed, strength, upscale
from benchmarks.flaws import USUAL, flawed
from controllable import Enhancer, Task
from controllable.task import TASKS
from tests.benchmarks.test_images import cells
from tests.photo import draw_portrait, photo_tensor


def printed(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [row for row in cells(capsys.readouterr().out) if not row[0].startswith("---")][1:]


def test_gains_has_a_row_a_case_and_inputs_of_the_stated_quality(
    data: Path, enhancer: Enhancer, capsys: pytest.CaptureFixture[str]
) -> None:
    restoration.gains(enhancer, data, 1)
    rows = {row[0]: row for row in printed(capsys)}
    assert list(rows) == [name for name, _, _ in restoration.CASES]
    assert float(rows["noise σ25"][2]) == pytest.approx(20.4, abs=0.6)
    assert all(float(row[4]) == pytest.approx(float(row[3]) - float(row[2]), abs=0.011) for row in rows.values())


def test_sheet_shows_input_output_and_original(data: Path, tmp_path: Path, enhancer: Enhancer) -> None:
    restoration.sheet(enhancer, data, 1, tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size == (2 * 3 * 96, 72)


def test_matrix_has_gains_on_its_diagonal(enhancer: Enhancer, capsys: pytest.CaptureFixture[str]) -> None:
    selectivity.matrix(selectivity.Named(enhancer, force=False), [photo_tensor(96, 72, 1)])
    rows = printed(capsys)
    assert [row[0] for row in rows] == ["none", *TASKS] and all(len(row) == 1 + len(TASKS) for row in rows)
    for row in rows:
        bold = [task for task, cell in zip(TASKS, row[1:], strict=True) if cell.startswith("**")]
        assert bold == ([] if row[0] == "none" else [row[0]])


def test_composite_names_each_of_three_flaws(enhancer: Enhancer, capsys: pytest.CaptureFixture[str]) -> None:
    selectivity.composite(selectivity.Named(enhancer, force=True), [photo_tensor(96, 72, 1)])
    rows = printed(capsys)
    assert len(rows) == 3 * len(selectivity.TRIPLES) and all(row[1] in row[0] for row in rows)
    assert {row[1] for row in rows} == set(TASKS)


def test_the_share_left_is_one_for_the_flaw_and_zero_without_it() -> None:
    clean = photo_tensor(96, 72, 1)
    image, _ = flawed(clean, {Task.NOISE: USUAL[Task.NOISE]}, 0)
    assert strength.share_left(image, image, clean) == pytest.approx(1.0)
    assert strength.share_left(clean, image, clean) == 0.0
    assert strength.share_left((image + clean) / 2, image, clean) == pytest.approx(0.5)


def test_strength_prints_errors_and_draws_its_curves(
    tmp_path: Path, enhancer: Enhancer, capsys: pytest.CaptureFixture[str]
) -> None:
    curves = strength.calibrate(enhancer, [photo_tensor(96, 72, 1)])
    rows = printed(capsys)
    assert [row[0] for row in rows] == list(TASKS)
    assert all(float(row[4]) == 0.0 and float(row[1]) >= 0.0 for row in rows)
    strength.plot(curves, tmp_path / "curves.png")
    assert np.asarray(Image.open(tmp_path / "curves.png").convert("L")).std() > 5.0


@pytest.mark.parametrize(("part", "rows"), [("classic", 12), ("realistic", 3), ("faces", 12)])
def test_upscale_prints_bicubic_first(part: str, rows: int, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upscale.main(["--data", str(data), "--most", "1", "--part", part])
    table = printed(capsys)
    assert len(table) == rows and [row[1] for row in table[::3]] == ["bicubic"] * (rows // 3)
    assert all(10.0 < float(row[2]) < 60.0 and row[3] == "–" for row in table)


def test_face_crops_are_of_one_size_and_a_picture_without_a_face_is_said_so(data: Path) -> None:
    assert [crop.shape for crop in upscale.face_crops(data / "face_london", 1)] == [(1, 3, 128, 128)]
    with pytest.raises(SystemExit, match="no face found"):
        upscale.face_crops(data / "kodak", 1)


def test_identity_compares_given_faces_with_ours_at_both_fidelities(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity.main(["--data", str(data), "--most", "1"])
    table = printed(capsys)
    assert [row[0] for row in table] == [name for name, _, _ in identity.CASES for _ in range(5)]
    assert all(-1.0 <= float(row[3]) <= 1.0 for row in table)
    assert [row[6] == "–" for row in table] == [True, True, False, True, False] * 3
    identity.main(["--data", str(data), "--most", "1", "--sheet", str(tmp_path / "sheet.jpg")])
    assert Image.open(tmp_path / "sheet.jpg").size == (4 * 128, 2 * 128)


def test_the_embedding_tells_people_apart_in_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in identity.SETS:
        (tmp_path / name).mkdir()
        for seed in range(3):
            draw_portrait(240, 200, seed).save(tmp_path / name / f"{seed}_neutral.png")
    draw_portrait(230, 200, 0).save(tmp_path / "face_london" / "0_smiling.png")
    identity.main(["--data", str(tmp_path), "--part", "pairs"])
    text = capsys.readouterr().out
    assert text.count("one photo") == 2 and text.count("neutral") == 1 and "of true restorations pass" in text


def test_peers_prints_ours_last_in_every_case(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peers.main(["--data", str(data), "--most", "1", "--threads", "1"])
    table = printed(capsys)
    last = {row[0]: row[1] for row in table}
    assert len(last) == 3 + len(peers.USUAL_WAYS) and all(name.startswith("ours") for name in last.values())
    noise = {row[1]: float(row[2]) for row in table if row[0] == "noise σ25"}
    assert noise["OpenCV NLM"] > noise["input"] + 1.0


def test_a_network_in_ncnns_format_sees_and_gives_rgb(tmp_path: Path) -> None:
    lines = ("7767517", "2 2", "Input in 0 1 data", "Interp enlarge 1 1 data output 0=1 1=4.0 2=4.0")
    (tmp_path / "nearest.param").write_text("\n".join(lines) + "\n")
    (tmp_path / "nearest.bin").write_bytes(b"")
    small = torch.rand(1, 3, 5, 7)
    out = peers.NcnnUpscaler(tmp_path / "nearest", 1)(small)
    assert torch.allclose(out, torch.nn.functional.interpolate(small, scale_factor=4), atol=1e-2)
    with pytest.raises(SystemExit, match="is missing"):
        peers.NcnnUpscaler(tmp_path / "none", 1)


def test_the_cost_of_a_size_is_that_of_a_fresh_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ballast = np.ones(1_000_000_000, np.uint8)
    out = str(tmp_path / "cost.png")
    speed.main(["--size", "200", "100", "--runs", "1", "--threads", "1", "--plot", out])
    rows = printed(capsys)
    assert ballast.all()
    assert [row[0] for row in rows] == ["200×100"] and 0.0 < float(rows[0][2]) < 60.0
    assert 0.0 < float(rows[0][5]) < float(rows[0][4]) + 1.0 < 900.0
    assert Image.open(out).size[0] > 600


def test_pictures_for_timing_differ_from_run_to_run() -> None:
    first, second = speed.drawn_picture(100, 1500, 1), speed.drawn_picture(100, 1500, 2)
    assert first.shape == (100, 1500, 3) and not np.array_equal(first, second)


def test_peers_of_speed_are_slower_than_ours_by_the_printed_factor(capsys: pytest.CaptureFixture[str]) -> None:
    speed.peers(1, 1, side_px=64)
    rows = printed(capsys)
    assert len(rows) == 6 and {row[2] for row in rows[2:]} == {"fp32", "bf16"}
    for row, ours in zip(rows[2:], (rows[0], rows[0], rows[1], rows[1]), strict=True):
        assert float(row[4]) == pytest.approx(float(row[3]) / float(ours[3]), abs=0.1 + 0.05 * float(row[4]))
    assert 10.0 < float(rows[2][1]) < 20.0 and 16.0 < float(rows[4][1]) < 17.0
