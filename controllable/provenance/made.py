"""How a result was made → its Record; and in what a repetition differs from the record that it repeats."""

import hashlib
import io
import os
import re
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

import controllable
from controllable.generation.expert import experts, find_expert, weights_of
from controllable.generation.identity import LOCAL
from controllable.generation.order import Order
from controllable.generation.restorer import PERCEPTUAL, cpu_has_bf16
from controllable.image.picture import Picture, check_pixels
from controllable.instruction.instruction import Instruction
from controllable.provenance.record import MOST_MASK_BYTES, Machine, Mask, Record
from controllable.quality.report import QualityReport
from controllable.task import Task

_STRIP_PX = 256
_MOST_THREADS = 4
"""Of each processor."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """source: SHA-256 of the photo's pixels; mask: the user's, (1, 1, H, W), uint8; weights: name → file of all that
    were used; the rest as `Enhancer.enhance` takes it, `model` by its name."""

    source: str
    strength: float
    fidelity: float
    force: bool
    guard: bool
    model: str | None
    mask: Tensor | None
    weights: Mapping[str, Path]
    machine: Machine

    def record(
        self,
        picture: Picture,
        instruction: Instruction,
        applied: Mapping[Task, float],
        before: QualityReport,
        after: QualityReport,
    ) -> Record:
        """Of the picture that was made."""
        return Record(
            program=f"controllable {controllable.__version__}",
            instruction=instruction,
            strength=self.strength,
            fidelity=self.fidelity,
            force=self.force,
            guard=self.guard,
            model=self.model,
            mask=None if self.mask is None else _packed(self.mask),
            applied=dict(applied),
            quality_before=before,
            quality_after=after,
            weights={name: file_sha256(path) for name, path in self.weights.items()},
            source=self.source,
            result=pixels_sha256(picture),
            machine=self.machine,
        )


def pixels_sha256(picture: Picture) -> str:
    """Of size, channels and precision, as "BxHxWxC dtype", and the values in the order (B, H, W, C)."""
    batch, channels, height, width = picture.planes.shape
    kind = str(picture.planes.dtype).removeprefix("torch.")
    digest = hashlib.sha256(f"{batch}x{height}x{width}x{channels} {kind}\n".encode())
    for planes in picture.planes:
        for top in range(0, height, _STRIP_PX):
            digest.update(planes[:, top : top + _STRIP_PX].permute(1, 2, 0).contiguous().cpu().numpy())
    return digest.hexdigest()


def weight_files(models: Path, order: Order) -> dict[str, Path]:
    """Name, as below the models' folder, → file of all weights that decide what becomes of a photo."""
    names = ["clip/open_clip_model.safetensors", "clip/quality_head.safetensors"]
    if order.applied:
        names.append("generator/model.safetensors")
        if order.fidelity < 1.0:
            names.append(f"generator/{PERCEPTUAL}")
        if order.guard and LOCAL & order.applied.keys():
            names.append("identity/model.safetensors")
    files = {name: models / name for name in names}
    if order.applied and order.model is not None:
        expert = weights_of(find_expert(order.model, models))
        files[f"{expert_name(order.model, models)}/{expert.name}"] = expert
    return {name: path for name, path in files.items() if path.is_file()}


def all_weights_sha256(models: Path, model: str | None) -> str:
    """Of all weights that may decide what becomes of a photo."""
    files = {path for name in ("clip", "generator", "identity") for path in (models / name).glob("*.safetensors")}
    if model is not None:
        files.add(weights_of(find_expert(model, models)))
    return hashlib.sha256("".join(sorted(map(file_sha256, files))).encode()).hexdigest()


def expert_name(model: str, models: Path) -> str:
    """How an expert is called, also if it was named by a folder or file: where that lies is nobody's business."""
    known = experts(models)
    path = find_expert(model, models).resolve()
    names = [name for name, place in known.items() if place.resolve() == path]
    name = next(iter(names), path.parent.name if path.name == "weights" else path.name)
    return re.sub(r"[\\/\x00-\x1f]", "", name)[:100].lstrip(".") or "expert"


def machine(device: str) -> Machine:
    half = device.startswith("cuda") or cpu_has_bf16()
    return Machine(
        torch=torch.__version__, device=torch.device(device).type, precision="bf16" if half else "fp32",
        threads=torch.get_num_threads(),
    )  # fmt: skip


def file_sha256(path: Path) -> str:
    """Computed once for every state of a file."""
    state = path.stat()
    return _file_sha256(path, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=256)
def _file_sha256(path: Path, state: Hashable) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _packed(mask: Tensor) -> Mask:
    grey = mask[0, 0].cpu().numpy()
    digest = hashlib.sha256(grey.tobytes()).hexdigest()
    image, stream = Image.fromarray(grey), io.BytesIO()
    if bool(((mask == 0) | (mask == 255)).all()):
        image = image.convert("1", dither=Image.Dither.NONE)
    image.save(stream, "PNG", optimize=True)
    png = stream.getvalue()
    if len(png) > MOST_MASK_BYTES:
        size = f"it has {len(png) // 1024} kB as PNG, and at most {MOST_MASK_BYTES // 1024} are embedded"
        return Mask(sha256=digest, left_out=size)
    return Mask(sha256=digest, png=png)


def unpacked(mask: Mask) -> Image.Image:
    """The picture of a mask. Raises ValueError, with one sentence, if it was left out, is damaged or is too large."""
    if mask.png is None:
        raise ValueError(f"mask: the record does not hold it ({mask.left_out or 'left out'}); give it once more")
    try:
        image = Image.open(io.BytesIO(mask.png), formats=("PNG",))
        check_pixels(image.height, image.width, "the record's mask")
        return image.convert("L")
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("mask: the record's is damaged") from None


def differences(old: Record, new: Record) -> str | None:
    """One line on why `new`, which repeats `old`, may not be or is not the same, None if it is the same."""
    others = [name for name in old.weights if name in new.weights and old.weights[name] != new.weights[name]]
    reasons = [
        *(["the photo is not the one that the record was made from"] if old.source != new.source else []),
        *([f"the weights of {', '.join(others)} are others"] if others else []),
        *(["the mask is another"] if old.mask and new.mask and old.mask.sha256 != new.mask.sha256 else []),
    ]
    if reasons:
        return f"replay: {'; '.join(reasons)}; so the result may differ"
    if old.result == new.result:
        return None
    if old.machine == new.machine:
        return "replay: the pixels differ from the recorded ones, as another processor rounds otherwise"
    return f"replay: the pixels differ from the recorded ones: made with {_said(old.machine)}, now {_said(new.machine)}"


def _said(machine: Machine) -> str:
    return f"torch {machine.torch} on {machine.device} in {machine.precision}, {machine.threads} threads"


@contextmanager
def as_many_threads(count: int) -> Iterator[None]:
    """Run with so many processor threads, as sums are rounded otherwise with more or fewer; far more than there are
    processors are not started."""
    before = torch.get_num_threads()
    torch.set_num_threads(count if count <= _MOST_THREADS * (os.cpu_count() or 1) else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
