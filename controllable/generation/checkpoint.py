"""Checkpoints in use: a file of weights of the ESRGAN family, made elsewhere, that does what an expert does.

Architectures are recognised and built by `spandrel`; the file itself is read here, as weights and nothing else.
"""

import warnings
import zipfile
from math import lcm
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from controllable.budget import is_shortage
from controllable.color import luma
from controllable.image.resize import resize
from controllable.networks.generator import MULTIPLE_PX
from controllable.task import Task

SUFFIXES = (".safetensors", ".pth", ".pt")
MOST_BYTES = 2**30
"""Of a file, and of the weights in it; the largest networks of this family have a sixth of it."""
ENLARGING = (Task.RESOLUTION,)
SAME_SIZE = (Task.NOISE, Task.BLUR, Task.COMPRESSION, Task.DETAIL)
"""A file does not say what its network was trained on. One that enlarges restores resolution; one that does not answers
for whichever of these the instruction names."""
_TOO_LARGE = f"is too large; at most {MOST_BYTES >> 20} MB of weights are accepted"
_NOT_PLAIN = "is no plain file of weights, or is damaged"
_PROBE_PX = 64
_LIVE = 4
"""Of its widest feature map a network at work holds about so many: what a layer reads, what it writes, and sums."""


def checkpoints(models: Path) -> dict[str, Path]:
    """Name → file of everything in `models` that by its suffix holds weights; nothing is opened. Where two would share
    a name, the later one keeps its suffix."""
    found: dict[str, Path] = {}
    for path in sorted(models.glob("*")):
        if is_checkpoint(path):
            found[path.name if path.stem in found else path.stem] = path
    return found


def is_checkpoint(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


class Checkpoint(nn.Module):
    """image: (1, 3, H, W), RGB, [0, 1], any size → (1, 3, scale·H, scale·W), clipped; what a `Team` asks of an expert.

    A network of one channel restores the brightness; the colours are the photo's own, enlarged. Where a network cannot
    work in bfloat16 it works in float32; its last layer always does, whose steps would be seen in smooth skies.
    """

    def __init__(self, described: Any) -> None:
        super().__init__()
        self.network: nn.Module = described.model
        self.scale: int = described.scale
        self.tasks = SAME_SIZE if self.scale == 1 else ENLARGING
        self.multiple_px: int = lcm(MULTIPLE_PX, described.size_requirements.multiple_of)
        self._described = described
        self._exact = not described.supports_bfloat16
        for layer in [module for module in self.network.modules() if type(module) is nn.Conv2d][-1:]:
            layer.__class__ = _Exact

    def forward(self, image: Tensor) -> Tensor:
        if self._described.input_channels == 3:
            return self._run(image)
        grey = luma(image)
        enlarged = [resize(part, tuple(self.scale * side for side in part.shape[-2:])) for part in (image, grey)]
        return (enlarged[0] + self._run(grey) - enlarged[1]).clamp_(0.0, 1.0)

    def _run(self, image: Tensor) -> Tensor:
        if not self._exact:
            return self._described(image).float()
        with torch.autocast(image.device.type, enabled=False):
            return self._described(image.float())


class _Exact(nn.Conv2d):
    """A convolution in float32, whatever the precision around it."""

    def forward(self, input: Tensor) -> Tensor:
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.float())


def load_checkpoint(path: Path) -> Checkpoint:
    """Raises ValueError with one sentence for what is not plain weights of a network of this family."""
    import spandrel

    weights = spandrel.canonicalize_state_dict(_read(path))
    weights = {name: value for name, value in weights.items() if isinstance(value, Tensor)}
    if sum(value.numel() * 4 for value in weights.values()) > MOST_BYTES:  # a view may be larger than what it shows
        raise _Refused(path, _TOO_LARGE)
    try:
        described = spandrel.ModelLoader().load_from_state_dict({name: v.float() for name, v in weights.items()})
    except Exception as error:
        if is_shortage(error):
            raise
        raise _Refused(path, "is of no architecture that spandrel knows, or is incomplete") from None
    if not isinstance(described, spandrel.ImageModelDescriptor) or described.purpose not in ("SR", "Restoration"):
        raise _Refused(path, "does not restore or enlarge photos")
    if described.tiling is spandrel.ModelTiling.INTERNAL or described.size_requirements.square:
        raise _Refused(path, "needs the whole photo at once and cannot work in tiles")
    if (described.input_channels, described.output_channels) not in ((1, 1), (3, 3)):
        raise _Refused(path, f"takes {described.input_channels} channels and gives {described.output_channels}")
    checkpoint = Checkpoint(described).eval()
    try:
        with torch.inference_mode():
            made = checkpoint(torch.full((1, 3, _PROBE_PX, _PROBE_PX), 0.5))
    except Exception as error:
        if is_shortage(error):
            raise
        raise _Refused(path, "has weights that do not go together") from None
    if tuple(made.shape) != (1, 3, *[_PROBE_PX * checkpoint.scale] * 2) or not bool(made.isfinite().all()):
        raise _Refused(path, "does not give a picture")
    return checkpoint


def bytes_per_px(network: nn.Module, scale: int) -> float:
    """About how much memory a network needs for each pixel that it gives, in float32."""
    widest = 0

    def look(module: nn.Module, given: object, made: object) -> None:
        nonlocal widest
        if isinstance(made, Tensor):
            widest = max(widest, made.numel() * 4)

    hooks = [module.register_forward_hook(look) for module in network.modules()]
    try:
        with torch.inference_mode():
            first = next(network.parameters())
            network(torch.full((1, 3, _PROBE_PX, _PROBE_PX), 0.5, device=first.device))
    finally:
        for hook in hooks:
            hook.remove()
    return _LIVE * widest / (_PROBE_PX * scale) ** 2


def _read(path: Path) -> dict[str, Any]:
    """The tensors of a file, by name. Nothing in it is run: safetensors hold none, and torch's reader is told to take
    weights only. A container is not unpacked beyond the bound."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _Refused(path, _TOO_LARGE)
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as container:
                if sum(entry.file_size for entry in container.infolist()) > MOST_BYTES:
                    raise _Refused(path, _TOO_LARGE)
        with warnings.catch_warnings(action="ignore"):  # the refusal says it all
            read = torch.load(path, map_location="cpu", weights_only=True)
    except _Refused:
        raise
    except Exception as error:  # whatever a file made to do harm brings torch to raise
        if is_shortage(error):
            raise
        raise _Refused(path, _NOT_PLAIN) from None
    if not isinstance(read, dict):
        raise _Refused(path, _NOT_PLAIN)
    return read


class _Refused(ValueError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"model: {path.name} {why}")
