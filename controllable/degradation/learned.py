"""Learned degradation in use: what a `Degrader` makes of a photo, from a seed or from parameters."""

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from controllable.degradation.chain import Chain
from controllable.degradation.exposure import LEARNED, Code, expose, stored
from controllable.degradation.params import Params
from controllable.degradation.sensor import drawn_normal
from controllable.degradation.sharing import Compression
from controllable.image.tile import tiles
from controllable.networks.degrader import FATE, LATENT, RECORD, Degrader
from controllable.task import TASKS, Task
from controllable.trained import RUNS, holds, trained

_KEY = "photos"
_REACH_PX = 40
_COLUMNS = [TASKS.index(task) for task in LEARNED]
_OTHERS = frozenset(TASKS) - frozenset(LEARNED)


@dataclass(frozen=True)
class LearnedDegrader:
    """A trained `Degrader` with the calls of `Chain`: `sample` draws what happens, `apply` makes it happen."""

    network: Degrader

    @property
    def title(self) -> str:
        return self.network.title

    @property
    def story(self) -> str:
        return f"as {self.network.photos} real low-quality photos have it"

    @classmethod
    def from_pretrained(cls, folder: Path, device: str = "cpu") -> "LearnedDegrader":
        """Raises ValueError where the folder holds no degrader."""
        if not holds(_KEY, folder):
            raise ValueError(f"learned: {folder} holds no degrader that `train degradation-gan` wrote")
        with redirect_stdout(io.StringIO()):  # huggingface_hub prints a line that is no result of ours
            network = Degrader.from_pretrained(folder)
        return cls(network.float().eval().to(device, memory_format=torch.channels_last))

    @torch.inference_mode()
    def sample(self, seed: int, batch: int = 1) -> Params:
        """Severities, cameras and ways of storage as often as real photos had them, on the CPU."""
        generator = torch.Generator().manual_seed(seed)
        records = self.network.records.cpu().float()
        record = records[torch.randint(len(records), (batch,), generator=generator)]
        fate = torch.randn(batch, FATE, generator=generator)
        latent = torch.randn(batch, LATENT, generator=generator)
        device = self.network.records.device
        noise, blur, detail = self.network.severities(record.to(device), fate.to(device)).cpu().unbind(1)
        severity = torch.zeros(batch, len(TASKS))
        severity[:, _COLUMNS] = torch.stack((noise, blur, record[:, 0], detail), 1)
        draws = dict(Chain().sample(batch, generator, severity).draws)
        draws[Task.BLUR] = {"latent": latent}
        draws[Task.COMPRESSION] = {"subsample": record[:, 1] > 0.5}
        draws[Task.DETAIL] = {"film": record[:, 2] > 0.5, "tint": record[:, 3:RECORD]}
        return Params(severity=severity, draws=draws)

    @torch.inference_mode()
    def apply(self, image: Tensor, params: Params) -> Tensor:
        """Degrade (B, 3, H, W), RGB, [0, 1]; the same size, 8 bits. Haze, low light, colour and resolution, which are
        not learned, are the chain's; a picture with no severity above 0 comes back bit for bit.

        On a CPU one picture after the other, elsewhere all at once, which agrees to rounding, but for the noise field.
        Raises ValueError for a wrong shape or batch, and for parameters that a `Chain` drew.
        """
        image = Chain().apply(image, params, only=_OTHERS)
        blur = params.draws.get(Task.BLUR, {})
        if "latent" not in blur or "film" not in params.draws.get(Task.DETAIL, {}):
            raise ValueError("params: these are of the physical recipes, not of a learned one")
        code = Code(
            severity=params.severity[:, _COLUMNS], latent=blur["latent"].float(),
            film=params.draws[Task.DETAIL]["film"].float(), tint=params.draws[Task.DETAIL]["tint"].float(),
            subsample=params.draws[Task.COMPRESSION]["subsample"].float(),
        )  # fmt: skip
        seeds = params.draws[Task.NOISE]["seed"]
        struck = torch.nonzero((code.severity > 0.0).any(1)).flatten()
        out = image.clone()
        for rows in struck.split(1 if image.device.type == "cpu" else max(1, len(struck))):
            if len(rows):
                own = Code(**{name: value[rows] for name, value in vars(code).items()}).to(image.device)
                index = rows.to(image.device)
                out[index] = self._degraded(image[index], own, seeds[rows])
        return out

    def _degraded(self, image: Tensor, code: Code, seeds: Tensor) -> Tensor:
        """In tiles: a large picture's features would not fit into memory."""
        field = drawn_normal(seeds, (4, *image.shape[-2:]), image)
        made = torch.empty_like(image)
        for tile in tiles(*image.shape[-2:], reach_px=_REACH_PX, multiple_px=self.network.processing.multiple):
            seen = expose(self.network, tile.read(image), code, tile.read(field)).image
            tile.read_own(made).copy_(tile.crop(seen))
        return stored(made, code, Compression())


def degraders(models: Path, runs: Path = RUNS) -> dict[str, Path]:
    """Name → folder of every degrader in `models`/NAME and `runs`/NAME/weights."""
    return trained(_KEY, models, runs)


def find_degrader(name: str, models: Path, runs: Path = RUNS) -> Path:
    """The folder of the degrader called so, or which is that folder. Raises ValueError, naming those there are."""
    known = degraders(models, runs)
    folder = known.get(name, Path(name))
    if not holds(_KEY, folder):
        there = f"one of {', '.join(known)}, or" if known else "there is none yet;"
        raise ValueError(f"learned: {name!r} is not known: {there} a folder that `train degradation-gan` wrote")
    return folder
