"""The recipe of the face embedding: whose photo it is, known values of loss and measures, and a run in a few steps."""

import argparse
import math
from pathlib import Path

import pytest
import torch

from controllable.networks.face_embedding import CROP_PX, FaceEmbedding
from controllable.training import identity
from controllable.training.identity import (
    Batches,
    accepted_at,
    cut,
    identity_of,
    load_people,
    pairs,
    read_identities,
    restorations,
    roc_auc,
    supervised_contrast,
)
from controllable.training.processes import stream
from tests.photo import draw_photo, draw_portrait


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen drawn people, the first with two photos, and a landscape; three of them are kept for development."""
    folder = tmp_path_factory.mktemp("people")
    for seed in (*range(11), 16, 23):
        draw_portrait(200, 200, seed).save(folder / f"person_{seed}_neutral.png")
    draw_portrait(200, 210, 0).save(folder / "person_0_smiling.png")
    draw_photo(200, 200).save(folder / "hills.png")
    return folder


def test_photos_that_differ_by_an_expression_show_one_person() -> None:
    assert identity_of(Path("a/London_001_neutral.jpg")) == identity_of(Path("b/london_001_smiling.png"))
    assert identity_of(Path("canon_eos.jpg")) != identity_of(Path("canon_ixus.jpg"))


def test_a_manifest_decides_and_leaves_out_whom_it_does_not_name(data: Path, tmp_path: Path) -> None:
    assert len(set(read_identities(data).values())) == 14
    manifest = tmp_path / "who.csv"
    manifest.write_text("file,identity\nperson_1_neutral.png,x\nperson_2_neutral.png,x\nperson_3_neutral.png,\n")
    assert read_identities(data, manifest) == {data / f"person_{k}_neutral.png": "x" for k in (1, 2)}
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="columns file and identity"):
        read_identities(data, tmp_path / "other.csv")


def test_people_kept_aside_are_not_trained_on(data: Path) -> None:
    named = read_identities(data)
    people = [load_people(named, development=kept) for kept in (False, True)]
    assert [len(group) for group in people] == [10, 3]
    assert sum(len(photos) for group in people for photos in group) == 14


def test_a_batch_shows_each_person_several_times_and_depends_on_its_number_alone(data: Path) -> None:
    batches = Batches(load_people(read_identities(data), development=False), 3, seed=0)
    first, again = (batches.draw(stream(0, 5)) for _ in range(2))
    assert first.crops.shape == (12, 3, CROP_PX, CROP_PX)
    assert first.people.unique(return_counts=True)[1].tolist() == [4, 4, 4]
    assert torch.equal(first.crops, again.crops) and not torch.equal(first.crops[0], first.crops[1])


def test_the_face_lies_in_the_middle_of_its_crop(data: Path) -> None:
    face = load_people({data / "person_1_neutral.png": "x"}, development=identity.kept_aside("x", 6))[0][0]
    assert cut(face, 48).shape == (1, 3, 48, 48)
    skin = cut(face, 64)[0, :, 28:36, 28:36].mean((1, 2))
    assert skin[0] > skin[1] > skin[2]


def test_a_swap_shows_somebody_else_and_a_restoration_the_same(data: Path) -> None:
    people = load_people(read_identities(data), development=False)
    before, true, swapped = restorations(people, 2, 0)
    assert before.shape == true.shape == swapped.shape == (2 * len(people), 3, CROP_PX, CROP_PX)
    assert (true - swapped).abs().mean((1, 2, 3)).min() > 0.01


def test_contrast_is_zero_for_people_apart_and_the_logarithm_of_the_others_for_people_alike() -> None:
    people = torch.tensor([0, 0, 1, 1])
    apart = torch.eye(2)[people]
    assert float(supervised_contrast(apart, people, 0.01)) == pytest.approx(0.0, abs=1e-4)
    assert float(supervised_contrast(torch.ones(4, 2) / 2**0.5, people)) == pytest.approx(math.log(3.0), abs=1e-5)


def test_measures_of_pairs_have_known_values() -> None:
    assert roc_auc(torch.tensor([0.9, 0.8]), torch.tensor([0.1, 0.2, 0.3])) == 1.0
    assert roc_auc(torch.tensor([0.5]), torch.tensor([0.5])) == 0.5
    assert roc_auc(torch.tensor([0.1, 0.9]), torch.tensor([0.5])) == 0.5
    assert accepted_at(torch.tensor([0.9, 0.1]), torch.linspace(0.0, 0.5, 100)) == 0.5
    same, other = pairs(torch.eye(3), torch.tensor([0, 0, 1]))
    assert len(same) == 1 and len(other) == 2


def test_the_recipe_trains_and_its_weights_carry_a_threshold(data: Path, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    identity.add_arguments(parser)
    words = ["--data", data, "--out", tmp_path, "--steps", 2, "--every", 1, "--batch", 2, "--workers", 0]
    found = identity.run(parser.parse_args([*map(str, words), "--device", "cpu"]))
    network = FaceEmbedding.from_pretrained(found["weights"])
    assert network.threshold == found["threshold"] and found["passing"]["true"] > 0.95
    assert (tmp_path / "weights" / "model.safetensors").stat().st_size < 2e6


def test_a_folder_without_people_is_refused_with_a_sentence(tmp_path: Path) -> None:
    draw_photo(200, 200).save(tmp_path / "hills.png")
    with pytest.raises(ValueError, match="faces of two people each are needed, found 0 to train on"):
        identity.IdentityRecipe(tmp_path, None, people=2, seed=0, device="cpu", workers=0)
