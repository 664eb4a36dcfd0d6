"""The same work on a local Ray of two workers: the same outputs, one journal, and a stop that loses nothing."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from controllable import Enhancer
from controllable.batch import Journal, find_photos, plan, run
from controllable.batch.cluster import Cluster
from controllable.image.picture import load
from controllable.provenance import read
from tests.batch.conftest import settings, worker
from tests.photo import draw_photo


def test_without_ray_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    with pytest.raises(ValueError, match=r"^ray: is not installed; pip install -r requirements-ray.txt$"), Cluster():
        pass


@pytest.mark.parametrize("address", ["127.0.0.1:7909", "ray://127.0.0.1:7909", "nowhere:99999999"])
def test_a_cluster_that_does_not_answer_is_said_at_once(address: str) -> None:
    pytest.importorskip("ray", reason="Ray is optional")
    with pytest.raises(ValueError, match=r"^ray: nobody answers at "), Cluster(address=address):
        pass


def test_numbers_of_workers_are_checked() -> None:
    with pytest.raises(ValueError, match=r"workers: 0 is outside \[1, 10000\]"):
        Cluster(workers=0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("ray", reason="Ray is optional")
    with Cluster(workers=2) as cluster:
        yield cluster


def test_two_workers_make_what_one_process_makes(
    cluster: Cluster, enhancer: Enhancer, photos: Path, tmp_path: Path
) -> None:
    for seed in range(4):
        draw_photo(96, 64, seed=seed).save(photos / f"more-{seed}.png")
    out, chosen, threads = tmp_path / "out", settings(), torch.get_num_threads()
    with Journal(out, chosen.to_dict()) as journal:
        items = plan(find_photos(photos, out), chosen)
        steps = list(run(items, journal, cluster.work(chosen, enhancer.folder, journal, threading.Event())))
    assert sorted(step.row["file"] for step in steps) == [item.name for item in items]
    assert [step.row["file"] for step in steps if step.row["status"] == "failed"] == ["broken.jpg"]
    torch.set_num_threads(1)
    try:
        enhancer.memory.forget()
        for step in steps:
            if step.row["status"] == "done":
                expected = enhancer.enhance(photos / step.row["file"], chosen.instruction, force=True)
                assert torch.equal(load(out / step.row["output"]).planes, expected.picture.planes)
                record = read(out / step.row["output"])
                assert record is not None and record.machine.threads == 1
    finally:
        torch.set_num_threads(threads)
    journal = Journal(out, chosen.to_dict())
    assert [item.name for item in items if journal.finished(item.name, item.source) is None] == ["broken.jpg"]


def test_a_stop_finishes_what_is_in_hand_and_one_process_goes_on_with_the_rest(
    cluster: Cluster, enhancer: Enhancer, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for seed in range(12):
        draw_photo(240, 180, seed=seed).save(tmp_path / "in" / f"{seed:02}.png")
    out, chosen, stop = tmp_path / "out", settings(), threading.Event()
    with Journal(out, chosen.to_dict()) as journal:
        items = plan(find_photos(tmp_path / "in", out), chosen)
        done = []
        for step in run(items, journal, cluster.work(chosen, enhancer.folder, journal, stop)):
            done.append(step.row["file"])
            stop.set()
    assert 1 <= len(done) < 12 and len(list(out.glob("*.png"))) == len(done)
    with Journal(out, chosen.to_dict()) as journal:
        rest = run(items, journal, lambda todo: map(worker(enhancer, journal, chosen).do, todo))
        made = {step.row["file"] for step in rest if not step.again}
    assert made.isdisjoint(done) and made | set(done) == {item.name for item in items}
