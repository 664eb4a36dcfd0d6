"""Learned degradation in use: what a `Degrader` makes of a photo, from a seed or from parameters."""

import json
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

RUNS = Path("runs")
"""Where trainings leave their results, below the working directory."""
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
        if not _is_degrader(folder):
            raise ValueError(f"learned: {folder} holds no degrader that `train degradation-gan` wrote")
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
        out = []
        for k, picture in enumerate(image.split(1)):
            own = Code(**{name: value[k : k + 1] for name, value in vars(code).items()}).to(image.device)
            if not bool((code.severity[k] > 0.0).any()):
                out.append(picture)
                continue
            field = drawn_normal(params.draws[Task.NOISE]["seed"][k : k + 1], (4, *picture.shape[-2:]), picture)
            out.append(stored(self._exposed(picture, own, field), own, Compression()))
        return torch.cat(out)

    def _exposed(self, picture: Tensor, code: Code, field: Tensor) -> Tensor:
        """In tiles: a large picture's features would not fit into memory."""
        made = torch.empty_like(picture)
        multiple = self.network.processing.multiple
        for tile in tiles(*picture.shape[-2:], reach_px=_REACH_PX, multiple_px=multiple):
            seen = expose(self.network, tile.read(picture), code, tile.read(field)).image
            tile.read_own(made).copy_(tile.crop(seen))
        return made


def degraders(models: Path, runs: Path = RUNS) -> dict[str, Path]:
    """Name → folder of every degrader in `models`/NAME and `runs`/NAME/weights."""
    found = {path.parent.parent.name: path.parent for path in sorted(runs.glob("*/weights/config.json"))}
    found |= {path.parent.name: path.parent for path in sorted(models.glob("*/config.json"))}
    return {name: folder for name, folder in found.items() if _is_degrader(folder)}


def find_degrader(name: str, models: Path, runs: Path = RUNS) -> Path:
    """The folder of the degrader called so, or which is that folder. Raises ValueError, naming those there are."""
    known = degraders(models, runs)
    folder = known.get(name, Path(name))
    if not _is_degrader(folder):
        there = f"one of {', '.join(known)}, or" if known else "there is none yet;"
        raise ValueError(f"learned: {name!r} is not known: {there} a folder that `train degradation-gan` wrote")
    return folder


def _is_degrader(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and "photos" in config and (folder / "model.safetensors").is_file()
