"""Fidelity: two weight sets of one architecture, and everything between them."""

import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from controllable.generation.restorer import PERCEPTUAL, Restorer
from controllable.networks.generator import Generator
from controllable.task import TASKS

WISH = [1.0] * len(TASKS)


def tiny(seed: int, width: int = 8) -> Generator:
    torch.manual_seed(seed)
    network = Generator(
        widths=(width, 8, 8), trunk_blocks=1, growth=8, condition=8, context_width=4, physics_width=4
    )  # fmt: skip
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return network.eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny(0).save_pretrained(tmp_path)
    save_file(tiny(1).state_dict(), tmp_path / PERCEPTUAL)
    return tmp_path


def weights(network: Generator) -> Tensor:
    return torch.cat([value.flatten() for value in network.state_dict().values()])


def test_the_ends_are_the_two_sets_and_the_middle_is_their_mean(folder: Path) -> None:
    restorer = Restorer.from_pretrained(folder)
    exact, textured = weights(tiny(0)), weights(tiny(1))
    assert restorer.network_at(1.0) is restorer.network and torch.equal(weights(restorer.network_at(1.0)), exact)
    assert torch.equal(weights(restorer.network_at(0.0)), textured)
    assert torch.allclose(weights(restorer.network_at(0.5)), (exact + textured) / 2, atol=1e-6)


def test_fidelity_one_is_what_a_folder_without_the_second_set_gives(folder: Path) -> None:
    image = torch.rand(1, 3, 41, 67)
    both = Restorer.from_pretrained(folder)
    textured = both.restore(image, WISH, fidelity=0.0)
    exact = both.restore(image, WISH)
    (folder / PERCEPTUAL).unlink()
    assert torch.equal(exact, Restorer.from_pretrained(folder).restore(image, WISH))
    assert not torch.equal(exact, textured) and textured.shape == image.shape


@pytest.mark.parametrize("fidelity", [0.0, 0.3, 1.0])
def test_zero_strength_returns_the_same_pixels_at_any_fidelity(folder: Path, fidelity: float) -> None:
    image = torch.rand(1, 3, 33, 47)
    restorer = Restorer.from_pretrained(folder)
    assert restorer.restore(image, [0.0] * len(TASKS), fidelity=fidelity) is image
    with torch.inference_mode():
        assert torch.equal(restorer.network_at(fidelity)(image, torch.zeros(1, len(TASKS))), image)


def test_the_last_mixture_is_kept_and_one_handed_out_never_changes(folder: Path) -> None:
    restorer = Restorer.from_pretrained(folder)
    first = restorer.network_at(0.25)
    before = weights(first).clone()
    assert restorer.network_at(0.25) is first
    assert not torch.equal(weights(restorer.network_at(0.75)), before)
    assert torch.equal(weights(first), before)


def test_visitors_with_different_fidelities_do_not_disturb_each_other(folder: Path) -> None:
    restorer = Restorer.from_pretrained(folder)
    image = torch.rand(1, 3, 64, 64)
    alone = {fidelity: restorer.restore(image, WISH, fidelity=fidelity) for fidelity in (0.0, 0.4, 0.8, 1.0)}
    wrong: list[float] = []

    def visit(fidelity: float) -> None:
        for _ in range(10):
            if not torch.equal(restorer.restore(image, WISH, fidelity=fidelity), alone[fidelity]):
                wrong.append(fidelity)

    visitors = [threading.Thread(target=visit, args=(fidelity,)) for fidelity in alone]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert not wrong


def test_a_missing_or_foreign_second_set_is_one_clear_sentence(folder: Path) -> None:
    save_file(tiny(1, width=16).state_dict(), folder / PERCEPTUAL)
    with pytest.raises(ValueError, match=r"perceptual\.safetensors: is of another architecture"):
        Restorer.from_pretrained(folder)
    (folder / PERCEPTUAL).unlink()
    with pytest.raises(ValueError, match="fidelity: this generator has no perceptual set"):
        Restorer.from_pretrained(folder).restore(torch.rand(1, 3, 16, 16), WISH, fidelity=0.5)
