import pytest
import torch
from torch import nn

from controllable.training.muon import Muon, optimizers, orthogonalise


@pytest.mark.parametrize("shape", [(24, 24), (16, 144), (96, 20)])
def test_orthogonalise_keeps_the_directions_and_evens_out_their_sizes(shape: tuple[int, int]) -> None:
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0)).double()
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    out = orthogonalise(matrix[None])[0]
    sizes = torch.linalg.svdvals(out)
    assert sizes.min() > 0.5 and sizes.max() < 1.5
    assert torch.allclose(u.mT @ out @ v.mT, torch.diag(torch.diagonal(u.mT @ out @ v.mT)), atol=1e-6)


def test_every_trained_weight_is_stepped_once_and_kernels_by_muon() -> None:
    network = nn.Sequential(nn.Conv2d(16, 32, 3), nn.Conv2d(32, 4, 1), nn.Embedding(40, 20))
    network[1].bias.requires_grad_(False)
    muon, adam = optimizers(network, 1e-3)
    assert isinstance(muon, Muon)
    stepped = [id(p) for stepper in (muon, adam) for group in stepper.param_groups for p in group["params"]]
    assert sorted(stepped) == sorted(id(p) for p in network.parameters() if p.requires_grad)
    assert [tuple(p.shape) for p in muon.param_groups[0]["params"]] == [(32, 16, 3, 3)]


def test_muon_fits_a_linear_map_whose_directions_differ_much_in_size() -> None:
    """One direction has a thousand times the gradient of another; both are learned."""
    torch.manual_seed(0)
    wanted, network = nn.Linear(32, 32, bias=False), nn.Linear(32, 32, bias=False)
    scale = torch.logspace(0, -1.5, 32)
    muon = Muon(network.parameters(), lr=1e-2)
    for step in range(300):
        for group in muon.param_groups:
            group["lr"] = 1e-2 * (1 - step / 300)
        x = torch.randn(64, 32) * scale
        network.zero_grad()
        (network(x) - wanted(x)).pow(2).mean().backward()
        muon.step()
    assert (network.weight - wanted.weight).abs().max() < 0.05


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="lr"):
        Muon(nn.Linear(2, 2).parameters(), lr=-1.0)


def test_kernels_of_one_shape_step_together_as_each_would_alone() -> None:
    torch.manual_seed(0)
    start = [torch.randn(16, 24, 3, 3) for _ in range(3)]
    grads = [torch.randn(16, 24, 3, 3) for _ in range(3)]

    def stepped(rows: list[int]) -> list[torch.Tensor]:
        kernels = [nn.Parameter(start[row].clone()) for row in rows]
        muon = Muon(kernels, lr=1e-2)
        for _ in range(3):
            for kernel, row in zip(kernels, rows, strict=True):
                kernel.grad = grads[row]
            muon.step()
        return [kernel.detach() for kernel in kernels]

    together, alone = stepped([0, 1, 2]), [stepped([row])[0] for row in range(3)]
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(together, alone, strict=True))
    assert all((a - b).abs().max() > 1e-3 for a, b in zip(together, start, strict=True))


def test_half_precision_steps_point_the_same_way() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(2, 32, 288)
    full, half = orthogonalise(matrix), orthogonalise(matrix.bfloat16()).float()
    assert torch.nn.functional.cosine_similarity(full.flatten(), half.flatten(), dim=0) > 0.999
