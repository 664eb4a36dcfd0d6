"""Models: the networks of one folder, each loaded when it is first needed, and only once."""

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from controllable.bundled import BUNDLED as BUNDLED
from controllable.generation.identity import IdentityGuard
from controllable.quality.zeroshot import JointSpace, texts

if TYPE_CHECKING:
    from controllable.generation.expert import Team
    from controllable.generation.restorer import Restorer
    from controllable.instruction.parser import InstructionParser
    from controllable.quality.estimator import QualityEstimator

T = TypeVar("T")
_LOADING = threading.RLock()


def find_models(source: str | Path) -> Path:
    """The folder that holds `clip/`, `generator/` and, maybe, `identity/`; a hub repository like it is downloaded."""
    folder = Path(source)
    if not folder.is_dir():
        if str(source).count("/") != 1:
            raise ValueError(f"models: {folder} is neither a folder nor a hub id of the form owner/name")
        from huggingface_hub import snapshot_download

        folder = Path(snapshot_download(str(source)))
    missing = [name for name in ("clip", "generator") if not (folder / name).is_dir()]
    if missing:
        raise ValueError(f"models: {folder} has no folder {missing[0]!r}")
    return folder


class _loaded_once(cached_property[T]):
    """A `cached_property` that two visitors at once do not compute twice."""

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        with _LOADING:
            return super().__get__(instance, owner)


class Models:
    """folder: as `find_models` finds it; clip: an open_clip model that reads the prompts instead of the bundled one;
    device: by default "cuda" where there is one, else "cpu"."""

    def __init__(self, folder: Path, device: str | None = None, clip: str | None = None) -> None:
        self.folder = folder
        self.clip = clip
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._team: Team | None = None

    @_loaded_once
    def parser(self) -> "InstructionParser":
        from controllable.instruction.foreign import adapter_folder
        from controllable.instruction.parser import InstructionParser

        folder = self.folder / "clip" if self.clip is None else adapter_folder(self.clip)
        if not folder.is_dir():
            command = f"python -m controllable train adapter --clip {self.clip}"
            raise ValueError(f"clip: {self.clip!r} has no adapter yet; fit it once: {command}")
        return InstructionParser.from_pretrained(folder)

    @_loaded_once
    def estimator(self) -> "QualityEstimator":
        from controllable.quality.estimator import QualityEstimator

        return QualityEstimator.from_pretrained(self.folder / "clip", self.device)

    @_loaded_once
    def restorer(self) -> "Restorer":
        from controllable.generation.restorer import Restorer

        return Restorer.from_pretrained(self.folder / "generator", self.device)

    def team(self, model: str) -> "Team":
        """The generator with an expert, as `find_expert` finds it; the last one stays loaded until trained anew."""
        from controllable.generation.expert import Team, find_expert, weights_of

        path = find_expert(model, self.folder).resolve()
        name = f"{path} {weights_of(path).stat().st_mtime_ns}"
        with _LOADING:
            if self._team is None or self._team.name != name:
                self._team = None  # two at once might not fit
                self._team = Team.from_pretrained(self.restorer, path, name)
            return self._team

    @_loaded_once
    def guard(self) -> IdentityGuard | None:
        """None where the models' folder has no `identity/`: then faces are not looked at."""
        folder = self.folder / "identity"
        return IdentityGuard.from_pretrained(folder, self.device) if folder.is_dir() else None

    @_loaded_once
    def _joint(self) -> JointSpace:
        """Of the bundled towers: photos are judged by them whatever model reads the prompts."""
        from controllable.instruction.parser import InstructionParser

        bundled = self.parser if self.clip is None else InstructionParser.from_pretrained(self.folder / "clip")
        return JointSpace(bundled.embed(texts()))
