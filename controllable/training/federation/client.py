"""A client of a federation: a folder of photos, the cameras that took them, and the same training as everywhere.

A round begins with the server's weights, at the round's place on the schedule; what is the client's own (moments of the
optimisers, its checkpoint, a local discriminator, local norms) it keeps in its folder from round to round.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from controllable.training.federation.controls import MeanGradient
from controllable.training.federation.settings import Federation
from controllable.training.federation.shared import Arrays, build, fingerprint, gradients, shared, take
from controllable.training.fit import FitSettings, Training
from controllable.training.recipes.cameras import OWN
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Photographed


class Vanished(Exception):
    """A trial's client that does not answer: see `Federation.drop`."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """name: for people; data: folder of photos; out: the client's own folder, for nobody else; cameras: see there."""

    name: str
    data: Path
    out: Path
    cameras: str = OWN


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Of one round: the shared arrays after it, how many photos they rest on, the mean training loss, and with scaffold
    the mean gradient."""

    arrays: Arrays
    photos: int
    loss: float
    gradient: Arrays


class Client:
    """run: the federation's own name; below `out` each has a folder. Raises ValueError for a folder without photos and
    for cameras that are none."""

    def __init__(self, place: Place, federation: Federation, run: str = "", *, device: str = "cpu") -> None:
        self.place, self.federation, self.out = place, federation, place.out / run
        torch.manual_seed(self._draw("weights"))
        self.recipe = build(
            federation, place.data, cameras_text=place.cameras, seed=self._draw("batches"), device=device, workers=0
        )
        self.photos = len(self.recipe.photos)
        self.fingerprint = fingerprint(self.recipe, federation)
        settings = self.recipe.settings
        self.limits = FitSettings(
            steps=federation.steps, rate=settings.rate, every=federation.steps, precision=settings.precision,
            batch=settings.batch, warmup=warmup(federation.steps),
        )  # fmt: skip

    def train(self, number: int, arrays: Arrays, correction: Arrays | None = None) -> Answer:
        """Round `number`, counted from 1, from the server's `arrays`; again, if the server asks again.

        correction: of scaffold, see `MeanGradient`. Raises Vanished where `Federation.drop` has it so, in the middle of
        the round, ValueError for scaffold in fp16.
        """
        federation, scaffold = self.federation, None
        if federation.strategy == "scaffold":
            scaffold = MeanGradient(gradients(self.recipe, federation), correction or {})
        local = _Local(self.recipe, federation.mu if federation.strategy == "fedprox" else 0.0, scaffold)
        training = Training(local, self.limits, self.out)
        if scaffold and training.precision is torch.float16:
            raise ValueError("precision: fp16 scales the gradients that scaffold compares; use bf16 or fp32")
        training.resume()
        take(self.recipe, federation, arrays)
        local.remember()
        training.step = (number - 1) * federation.local_steps
        until = training.step + federation.local_steps
        if self._draw(f"drop {number}") < federation.drop * 2**32:
            training.advance(until - (federation.local_steps + 1) // 2)
            raise Vanished(f"vanished in the middle of round {number}, as the trial has it")
        with scaffold.watching() if scaffold else contextlib.nullcontext():
            training.advance(until)
        return Answer(
            arrays=shared(self.recipe, federation), photos=self.photos, loss=local.loss_so_far(),
            gradient=scaffold.read() if scaffold else {},
        )  # fmt: skip

    def _draw(self, purpose: str) -> int:
        """A number of 32 bits that depends on the seed, the client's name and the purpose alone."""
        text = f"{self.federation.seed} {self.place.name} {purpose}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def warmup(steps: int) -> int:
    """Of a workshop recipe's schedule, as `recipes.command` has it."""
    return min(200, max(1, steps // 10))


class _Local:
    """A recipe as `Training` takes it, without looks at development photos, and with FedProx's term if mu is not 0:
    mu / 2 · ‖w - w_round‖² (Li et al. 2020, eq. 2), or scaffold's."""

    def __init__(self, recipe: PairedRecipe, mu: float, scaffold: MeanGradient | None = None) -> None:
        self.recipe, self.mu, self.scaffold = recipe, mu, scaffold
        self.network = recipe.network
        self.state, self.load_state = recipe.state, recipe.load_state
        self._begun: list[Tensor] = []
        self._sum, self._count = torch.zeros(()), 0

    def remember(self) -> None:
        """The round's weights are those that the network has now."""
        self._begun = [parameter.detach().clone() for parameter in self.network.parameters()]

    def batches(self, start: int) -> Iterator[Photographed]:
        return self.recipe.batches(start)

    def loss(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        loss, parts = self.recipe.loss(network, batch)
        self._sum, self._count = self._sum.to(loss.device) + loss.detach(), self._count + 1
        if self.mu:
            pairs = zip(network.parameters(), self._begun, strict=True)
            loss = loss + 0.5 * self.mu * torch.stack([(now - begun).square().sum() for now, begun in pairs]).sum()
        if self.scaffold:
            loss = loss + self.scaffold.term()
        return loss, parts

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """The server looks, at held-out photos; a client's own say nothing of the others'."""
        return {"score": 0.0}

    def loss_so_far(self) -> float:
        return float(self._sum) / max(1, self._count)


def places(folder: Path, out: Path) -> list[Place]:
    """One for each sub-folder, in their order; its cameras.txt, if there is one, names its cameras.

    Raises ValueError where there is no sub-folder.
    """
    folders = sorted(path for path in Path(folder).iterdir() if path.is_dir()) if Path(folder).is_dir() else []
    if not folders:
        raise ValueError(f"data: no clients, since {folder} has no sub-folders, one for each client's photos")
    return [
        Place(name=path.name, data=path, out=out / "clients" / path.name, cameras=_cameras(path)) for path in folders
    ]


def _cameras(folder: Path) -> str:
    named = folder / "cameras.txt"
    return named.read_text().strip() if named.exists() else OWN
