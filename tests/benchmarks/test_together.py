"""Small versions of what the tables of training together are made of."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("flwr")
pytest.importorskip("opacus")

from benchmarks.federated import Results, seeded
from benchmarks.federated_runs import CLIENTS, EVERY_CAMERA, gains, gather, share_out
from benchmarks.together import EPSILON, accountant
from controllable.training.federation.client import places
from controllable.training.federation.settings import Federation
from tests.photo import draw_photo

TINY = Federation(rounds=2, local_steps=2, settings="width=8,blocks=1,batch=4,patch_px=32,rate=0.001,precision=fp32")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """A gathered training takes one, for the process; what comes after shall have as many as before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(12):
        draw_photo(200, 200, seed=number).save(folder / f"{number:02}.png")
    return folder


def test_photos_are_shared_out_once_each_and_with_their_cameras(photos: Path, tmp_path: Path) -> None:
    folder = share_out(photos, tmp_path / "clients", 12, CLIENTS, 0)
    links = [link for name in CLIENTS for link in sorted((folder / name).glob("*.png"))]
    assert {link.resolve() for link in links} == set(photos.iterdir()) and len(links) == 12
    assert [len(list((folder / name).glob("*.png"))) for name in CLIENTS] == [6, 3, 2, 1]
    assert ";".join(place.cameras for place in places(folder, tmp_path)) == EVERY_CAMERA


def test_gathered_training_goes_on_where_it_was_and_every_camera_is_measured(photos: Path, tmp_path: Path) -> None:
    known = places(share_out(photos, tmp_path / "clients", 12, CLIENTS, 0), tmp_path)
    once = gather(TINY, known, tmp_path / "once")
    gather(replace(TINY, rounds=1), known, tmp_path / "other")
    again = gather(TINY, known, tmp_path / "once")
    assert all(torch.equal(once[name], again[name]) for name in once)
    found = gains(TINY, once, photos)
    assert len(found) == 2 * len(CLIENTS) and torch.tensor(found).isfinite().all()


def test_figures_of_seeds_are_kept_and_read_back(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json")
    for seed in range(2):
        results.put(seeded("fedavg", seed), [float(seed)] * 8)
    assert Results(tmp_path / "results.json").gains("fedavg", 2).mean(1).tolist() == [0.0, 1.0]


def test_the_accountant_is_opacus_own_and_stops_within_the_budget() -> None:
    off, spent, more = accountant()
    assert off < 1e-6 and spent <= EPSILON < more
