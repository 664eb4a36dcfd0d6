import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from controllable.color import luma
from controllable.degradation import Chain, Params
from controllable.degradation import learned as module
from controllable.degradation.exposure import on_film
from controllable.degradation.learned import LearnedDegrader, degraders, find_degrader
from controllable.models import BUNDLED
from controllable.networks.degrader import Degrader
from controllable.task import TASKS, Task
from tests.photo import photo_tensor


def untrained() -> Degrader:
    """Whose network does something: an untrained one adds nothing."""
    torch.manual_seed(0)
    network = Degrader(backbone="resnet", width=8, blocks=1, photos=2, title="Two photos")
    network.records.copy_(torch.tensor([[0.3, 1, 0, *[0.0] * 6], [0.5, 0, 1, 0.02, 0, 0, 0.05, 0, 0]]))
    for parameter in network.processing.tail.parameters():
        torch.nn.init.normal_(parameter, std=2e-3)
    return network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "mine" / "weights"
    untrained().half().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def degrader(folder: Path) -> LearnedDegrader:
    return LearnedDegrader.from_pretrained(folder)


@pytest.fixture(scope="module")
def photo() -> Tensor:
    return photo_tensor()[..., :150, :201]


def test_parameters_replay_the_same_pixels_through_json(degrader: LearnedDegrader, photo: Tensor) -> None:
    for seed in range(4):
        params = degrader.sample(seed)
        again = Params.from_dict(json.loads(json.dumps(params.to_dict())))
        made = degrader.apply(photo, params)
        assert torch.equal(made, degrader.apply(photo, again))
        assert torch.equal(made * 255.0, (made * 255.0).round()) and made.shape == photo.shape


def test_seeds_and_severities_change_the_picture_and_keep_the_scene(degrader: LearnedDegrader, photo: Tensor) -> None:
    first, second = (degrader.apply(photo, degrader.sample(seed)) for seed in (0, 1))
    assert not torch.equal(first, second)
    params = degrader.sample(0)
    errors = [
        float((degrader.apply(photo, params.at(params.severity * share)) - photo).abs().mean())
        for share in (0.25, 0.5, 1.0)
    ]
    assert errors[0] < errors[1] < errors[2]
    small = torch.nn.functional.avg_pool2d(luma(photo), 8).flatten()
    assert (
        float(torch.corrcoef(torch.stack((small, torch.nn.functional.avg_pool2d(luma(first), 8).flatten())))[0, 1])
        > 0.9
    )


def test_severity_zero_is_the_photo_itself_in_a_batch_too(degrader: LearnedDegrader, photo: Tensor) -> None:
    params = degrader.sample(3, batch=2)
    half = params.at(params.severity * torch.tensor([[0.0], [1.0]]))
    made = degrader.apply(photo.expand(2, -1, -1, -1), half)
    assert torch.equal(made[:1], photo)
    alone = Params.from_dict(half.to_dict(1))
    assert torch.equal(made[1:], degrader.apply(photo, alone))


def test_what_is_not_learned_is_the_chains(degrader: LearnedDegrader, photo: Tensor) -> None:
    params = degrader.sample(5)
    haze = torch.zeros_like(params.severity)
    haze[:, TASKS.index(Task.HAZE)] = 0.5
    assert torch.equal(
        degrader.apply(photo, params.at(haze)), Chain().apply(photo, params.at(haze), only=frozenset([Task.HAZE]))
    )


def test_records_are_drawn_as_they_are(degrader: LearnedDegrader) -> None:
    params = degrader.sample(0, batch=200)
    compression = params.severity[:, TASKS.index(Task.COMPRESSION)]
    assert {round(float(value), 2) for value in compression} == {0.3, 0.5}
    film = params.draws[Task.DETAIL]["film"]
    assert bool((film == (compression > 0.4)).all()) and bool(
        (params.draws[Task.COMPRESSION]["subsample"] != film).all()
    )


def test_tiles_leave_no_seam(degrader: LearnedDegrader, photo: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    params = degrader.sample(1)
    whole = degrader.apply(photo, params)
    cut = module.tiles
    monkeypatch.setattr(module, "tiles", lambda *size, **named: cut(*size, **named, tile_px=64))
    assert float((degrader.apply(photo, params) - whole).abs().mean()) < 0.1 / 255.0


def test_film_keeps_the_luma_and_colours_it_by_its_tint(photo: Tensor) -> None:
    tint = torch.tensor([[-0.05, 0.0, 0.0, 0.04, 0.0, 0.0]])
    toned = on_film(photo, torch.ones(1), tint)
    assert torch.allclose(luma(toned), luma(photo), atol=1e-4)
    red, _, blue = toned.unbind(1)
    assert torch.allclose((blue - luma(toned)[:, 0]) / 1.772, torch.tensor(-0.05), atol=1e-4)
    assert torch.allclose((red - luma(toned)[:, 0]) / 1.402, torch.tensor(0.04), atol=1e-4)
    assert torch.equal(on_film(photo, torch.zeros(1), tint), photo)


def test_the_bundled_degrader_spoils_a_photo_a_little_and_leaves_its_colours(photo: Tensor) -> None:
    bundled = LearnedDegrader.from_pretrained(BUNDLED / "degrader")
    params = bundled.sample(0, batch=12)
    made = bundled.apply(photo.expand(12, -1, -1, -1), params)
    film = params.draws[Task.DETAIL]["film"]
    assert bool(film.any()) and not bool(film.all())
    errors = (made - photo).abs().mean((1, 2, 3))[~film] * 255.0
    assert bool((errors > 0.5).all()) and bool((errors < 12.0).all())
    assert float((made - photo).mean((2, 3))[~film].abs().max()) < 2.0 / 255.0
    grey = luma(made)
    assert bool(((grey - luma(photo)).abs().mean((1, 2, 3)) < 12.0 / 255.0).all())


def test_parameters_of_a_physical_recipe_are_refused(degrader: LearnedDegrader, photo: Tensor) -> None:
    with pytest.raises(ValueError, match="not of a learned one"):
        degrader.apply(photo, Chain().sample(1, severity=torch.full((1, 8), 0.2)))


def test_degraders_are_found_by_name(folder: Path, tmp_path: Path) -> None:
    runs = folder.parents[1]
    assert degraders(tmp_path, runs) == {"mine": folder}
    assert find_degrader("mine", tmp_path, runs) == find_degrader(str(folder), tmp_path, runs) == folder
    with pytest.raises(ValueError, match="'other' is not known: one of mine"):
        find_degrader("other", tmp_path, runs)
    with pytest.raises(ValueError, match="holds no degrader"):
        LearnedDegrader.from_pretrained(tmp_path)
