"""Enhancer: the stages in order, and Result, what they made.

load → understand → assess → strengths → restore → enlarge → keep faces → tone → blend → assess → hand back

Pictures are read, changed and written tile by tile, so that the memory needed beside them does not grow with them;
what was computed is remembered, so that moving one control computes no more than that control changes.
"""

import hashlib
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from controllable.generation.identity import LOCAL, FaceKept, Hold, IdentityGuard, Known, hold_back
from controllable.generation.strength import Reason, effective_strengths, reduced, vector
from controllable.generation.tone import adjust_tone
from controllable.image.picture import ImageLike, Picture, load
from controllable.image.pixels import Pixels, to_float, to_stored
from controllable.image.tile import Tile, tiles
from controllable.instruction.instruction import Instruction
from controllable.memory import Memory
from controllable.networks.generator import MULTIPLE_PX, REACH_PX, SHAKE_REACH_PX
from controllable.quality.report import QualityReport
from controllable.quality.zeroshot import JointSpace, suggest, texts
from controllable.region.masks import WORK_PX, blend, region_mask
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.generation.restorer import Restorer
    from controllable.instruction.parser import InstructionParser
    from controllable.instruction.reading import Interpretation
    from controllable.quality.estimator import Look, QualityEstimator

BUNDLED = Path(__file__).resolve().parents[1] / "models"
REMEMBERED_BYTES = 256 * 2**20
"""A photo of 24 megapixels and its restoration, the latter alone up to 44; beyond, memory matters more than time."""
PREVIEW_PIXELS = 400_000
Progress = Callable[[float, str], None]
T = TypeVar("T")
_LOADING = threading.RLock()


@dataclass(frozen=True, kw_only=True)
class Result:
    """image: in the kind that was given; applied: task → effective strength; reasons: why, task by task; identity: of
    every face in which something was restored, whether it stayed itself, and what was done about it."""

    image: Any
    instruction: Instruction
    quality_before: QualityReport
    quality_after: QualityReport
    applied: Mapping[Task, float]
    reasons: Mapping[Task, Reason]
    identity: tuple[FaceKept, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything but the image, as plain JSON types."""
        faces = {"identity": [face.to_dict() for face in self.identity]} if self.identity else {}
        return {
            "instruction": self.instruction.to_dict(),
            "quality_before": self.quality_before.to_dict(),
            "quality_after": self.quality_after.to_dict(),
            "applied": {task.value: round(value, 4) for task, value in self.applied.items()},
        } | faces


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What is decided before a pixel is changed. key: the photo's content; mask: (1, 1, H, W), uint8, the user's."""

    picture: Picture
    key: Hashable
    instruction: Instruction
    quality: QualityReport
    reasons: Mapping[Task, Reason]
    mask: Tensor | None
    strength: float
    fidelity: float
    guard: bool

    @property
    def applied(self) -> dict[Task, float]:
        return {task: reason.effective for task, reason in self.reasons.items() if reason.effective > 0.0}

    @property
    def tone(self) -> dict[str, float]:
        return {name: value * self.strength for name, value in self.instruction.tone.items()}

    @property
    def empty(self) -> bool:
        return self.instruction.empty or (self.strength == 0.0 and self.instruction.scale == 1)


class _loaded_once(cached_property[T]):
    """A `cached_property` that two visitors at once do not compute twice."""

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        with _LOADING:
            return super().__get__(instance, owner)


class _Restored:
    """A photo's restoration as far as it got; values: (1, 3, H, W), as `_working_dtype` says."""

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self.done: set[Tile] = set()

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def get(self, tile: Tile, compute: Callable[[Tile], Tensor]) -> Tensor:
        part = tile.read_own(self.values)
        if tile not in self.done:
            part.copy_(to_stored(compute(tile), self.values.dtype))
            self.done.add(tile)
        return to_float(part)


class Enhancer:
    """One sentence improves a photo. Models are loaded when first needed.

    enhancer = Enhancer.from_pretrained()
    result = enhancer.enhance("photo.jpg", "remove the noise and make it twice as big")
    result.image.save("better.png")
    """

    def __init__(
        self, folder: Path, device: str | None = None, clip: str | None = None, memory_bytes: int = REMEMBERED_BYTES
    ) -> None:
        self.folder = folder
        self.clip = clip
        self.memory = Memory(memory_bytes)
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")

    @classmethod
    def from_pretrained(
        cls, source: str | Path | None = None, *, device: str | None = None, clip: str | None = None
    ) -> "Enhancer":
        """The bundled models (None), a folder that holds `clip/`, `generator/` and, maybe, `identity/`, or a hub
        repository like it.

        clip: an open_clip model whose text tower reads the prompts instead of the bundled one (`ForeignEncoder` says
        how it is named); its adapter must have been fitted, once, by `python -m controllable train adapter`.
        """
        folder = BUNDLED if source is None else Path(source)
        if not folder.is_dir():
            if source is None or str(source).count("/") != 1:
                raise ValueError(f"models: {folder} is neither a folder nor a hub id of the form owner/name")
            from huggingface_hub import snapshot_download

            folder = Path(snapshot_download(str(source)))
        missing = [name for name in ("clip", "generator") if not (folder / name).is_dir()]
        if missing:
            raise ValueError(f"models: {folder} has no folder {missing[0]!r}")
        return cls(folder, device, clip)

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

    @_loaded_once
    def guard(self) -> IdentityGuard | None:
        """None where the models' folder has no `identity/`: then faces are not looked at."""
        folder = self.folder / "identity"
        return IdentityGuard.from_pretrained(folder, self.device) if folder.is_dir() else None

    def warm_up(self) -> "Enhancer":
        """Load every model now instead of at first use."""
        _ = self.parser, self.estimator, self.restorer, self.guard
        return self

    def understand(self, prompt: str) -> Instruction:
        """What the words ask for. Raises ValueError for an empty or far too long prompt."""
        return self.parser.parse(prompt)

    def interpret(self, prompt: str) -> "Interpretation":
        """`understand` with how sure it is, and what else the words may mean."""
        return self.parser.interpret(prompt)

    def assess(self, image: ImageLike) -> QualityReport:
        """What is wrong with a photo, and how badly."""
        return self.estimator.report(self._look(*self._load(image)))

    def resized(self, image: ImageLike, size: tuple[int, int]) -> Any:
        """The photo at `size` = (height, width), in the kind it was given; a file is not decoded again."""
        return self._load(image)[0].resized(size).export()

    def size(self, image: ImageLike) -> tuple[int, int]:
        """(height, width) of a photo in px, as it is to be seen."""
        return self._load(image)[0].size

    def match(self, image: ImageLike) -> dict[Task, float]:
        """Task → how much closer the photo lies to words of that flaw than to words of a good photo, in [-2, 2].

        The joint text–image space alone, no regression: good for ranking photos, not calibrated.
        """
        return self._joint.match(self._embed(*self._load(image)))

    def suggest(self, image: ImageLike, *, chinese: bool = False, most: int = 3) -> tuple[QualityReport, list[str]]:
        """What is wrong with a photo, and prompts worth trying, the worst flaw first."""
        look = self._look(*self._load(image))
        report = self.estimator.report(look)
        closeness = self._joint.closeness(look.embedding[0].cpu())
        return report, suggest(report, closeness, chinese=chinese, most=most)

    @_loaded_once
    def _joint(self) -> JointSpace:
        from controllable.instruction.parser import InstructionParser

        bundled = self.parser if self.clip is None else InstructionParser.from_pretrained(self.folder / "clip")
        return JointSpace(bundled.embed(texts()))

    def enhance(
        self,
        image: ImageLike,
        instruction: str | Instruction,
        *,
        strength: float = 1.0,
        fidelity: float = 1.0,
        region_mask: ImageLike | None = None,
        force: bool = False,
        guard: bool = True,
        progress: Progress | None = None,
    ) -> Result:
        """Do what the instruction asks, and nothing else.

        strength, fidelity: in [0, 1]; region_mask: where to work, white on black, of the photo's size, overriding the
        instruction's region; force: do not hold back where the flaw was not found; guard: hold back where a restored
        face would no longer be the one photographed; progress(share, what) is called as work proceeds and cancels it
        by raising. Raises ValueError with one sentence for bad input.
        """
        report = progress or (lambda share, what: None)
        order = self._order(image, instruction, strength, fidelity, region_mask, force, guard, report)
        if order.empty:
            same = replace(order.picture, planes=order.picture.planes.clone())
            return Result(
                image=same.export(), instruction=order.instruction, quality_before=order.quality,
                quality_after=order.quality, applied={}, reasons={},
            )  # fmt: skip
        finished, faces = self._carry_out(order, lambda share: report(0.05 + 0.9 * share, "restoring"))
        report(0.97, "assessing")
        after = self.estimator.assess(finished.pixels.item(0))
        report(1.0, "done")
        return Result(
            image=finished.export(), instruction=order.instruction, quality_before=order.quality, quality_after=after,
            applied=order.applied, reasons=order.reasons, identity=faces,
        )  # fmt: skip

    def preview(
        self,
        image: ImageLike,
        instruction: str | Instruction,
        *,
        strength: float = 1.0,
        fidelity: float = 1.0,
        region_mask: ImageLike | None = None,
        force: bool = False,
        guard: bool = True,
        most_pixels: int = PREVIEW_PIXELS,
    ) -> Any:
        """About what `enhance` with these arguments will look like, at most `most_pixels` large and never enlarged.

        Strengths are decided by the whole photo, as `enhance` decides them; but what a flaw has lost by the reduction
        (noise averages out, a blur of 2 px becomes one of half a pixel) is not removed again.
        """
        order = self._order(image, instruction, strength, fidelity, region_mask, force, guard, lambda share, what: None)
        height, width = (side // order.picture.scale for side in order.picture.size)
        factor = max(1.0, (height * width / most_pixels) ** 0.5)
        size = (max(1, round(height / factor)), max(1, round(width / factor)))
        small = self.memory.get((order.key, "small", size), lambda: replace(order.picture, scale=1).resized(size))
        instruction = replace(order.instruction, scale=1)
        order = replace(
            order, picture=small, key=(order.key, "small", size), instruction=instruction,
            reasons=reduced(order.reasons, factor), mask=self._mask(order, size),
        )  # fmt: skip
        return (small if order.empty else self._carry_out(order, lambda share: None)[0]).export()

    def _order(
        self,
        image: ImageLike,
        instruction: str | Instruction,
        strength: float,
        fidelity: float,
        mask_image: ImageLike | None,
        force: bool,
        guard: bool,
        report: Progress,
    ) -> _Order:
        for name, value in (("strength", strength), ("fidelity", fidelity)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}: {value} is outside [0, 1]")
        picture, key = self._load(image)
        if isinstance(instruction, str):
            instruction = self.understand(instruction)
        mask = None if mask_image is None else _load_mask(mask_image, picture.size)
        if mask is not None:
            instruction = replace(instruction, region="mask")
        report(0.02, "assessing")
        quality = self.estimator.report(self._look(picture, key))
        reasons = effective_strengths(instruction, quality, strength=strength, force=force)
        return _Order(
            picture=picture.enlarged(instruction.scale), key=key, instruction=instruction, quality=quality,
            reasons=reasons, mask=mask, strength=strength, fidelity=fidelity, guard=guard,
        )  # fmt: skip

    def _load(self, image: ImageLike) -> tuple[Picture, Hashable]:
        """A photo and a key that says its content. Files are decoded once."""
        if isinstance(image, (str, Path)) and Path(image).is_file():
            with open(image, "rb") as stream:
                key = hashlib.file_digest(stream, "sha256").digest()
            return self.memory.get((key, "picture"), lambda: load(image)), key
        picture = load(image)
        values = picture.planes.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        digest = hashlib.sha256(values.reshape(-1).view(np.uint8)).digest()
        return picture, (digest, values.shape, values.dtype.name, picture.kind)

    def _look(self, picture: Picture, key: Hashable) -> "Look":
        return self.memory.get((key, "look"), lambda: self.estimator.look(picture.pixels.item(0)))

    def _embed(self, picture: Picture, key: Hashable) -> Tensor:
        look = self._look(picture, key)
        return self.memory.get((key, "embedding"), lambda: self.estimator.embed(picture.pixels.item(0), look).cpu())

    def _carry_out(self, order: _Order, report: Callable[[float], None]) -> tuple[Picture, tuple[FaceKept, ...]]:
        """Restore the photo's own flaws on its own grid: enlarged, noise and blocks are no longer what cameras make.
        Then enlarge, restore the resolution and set the tone. Faces are compared with the photo after each of the two.
        """
        picture, key, scale = order.picture, order.key, order.picture.scale
        own = {task: value for task, value in order.applied.items() if scale > 1 and task is not Task.RESOLUTION}
        share = 1.0 / (1.0 + scale * scale) if own else 0.0
        faces: dict[Hashable, FaceKept] = {}
        if own:
            photo, held = replace(picture, scale=1), _working_dtype(picture.planes)
            photo = self._paint(order, photo, key, own, {}, faces, lambda done: report(share * done), held)
            picture, key = photo.enlarged(scale), (key, _said(order, own))
        rest = {task: value for task, value in order.applied.items() if task not in own}
        finished = self._paint(
            order, picture, key, rest, order.tone, faces, lambda done: report(share + (1.0 - share) * done)
        )
        return finished, tuple(faces.values())

    def _paint(
        self,
        order: _Order,
        picture: Picture,
        key: Hashable,
        strengths: Mapping[Task, float],
        tone: Mapping[str, float],
        faces: dict[Hashable, FaceKept],
        report: Callable[[float], None],
        dtype: torch.dtype | None = None,
    ) -> Picture:
        """Restore, keep faces, tone and blend into the region, tile by tile: a new picture of the enlarged size, in
        `dtype` or the precision it is to be handed back in. What was found in faces is added to `faces`.
        """
        painted, mask = picture.blank(dtype), self._mask(order, picture.size)
        reach_px = (SHAKE_REACH_PX if Task.BLUR in strengths else REACH_PX) if strengths else 0
        parts = tiles(*picture.size, reach_px=reach_px, multiple_px=MULTIPLE_PX)
        batch = len(picture.planes)
        for place in range(batch):
            pixels = picture.pixels.item(place)
            restored = self._kept_restorer(
                order, pixels, (key, place), strengths, parts, mask, faces, partial(report, place / batch)
            )
            for done, tile in enumerate(parts, place * len(parts) + 1):
                before = tile.read_own(pixels)
                after = adjust_tone(before if restored is None else restored(tile), tone)
                if mask is not None:
                    after = blend(after, before, to_float(tile.read_own(mask)))
                painted.paint(tile, after, place)
                report(done / (batch * len(parts)))
        return painted

    def _kept_restorer(
        self,
        order: _Order,
        pixels: Pixels,
        key: tuple[Hashable, int],
        strengths: Mapping[Task, float],
        parts: list[Tile],
        mask: Tensor | None,
        faces: dict[Hashable, FaceKept],
        check: Callable[[], None],
    ) -> Callable[[Tile], Tensor] | None:
        """`_restorer_of`, with the faces that would become somebody else's held back; None without strengths.

        Only tiles that hold a face are restored before their turn; those of a face that is held back once more, at
        fidelity 1. check: called between tiles, to cancel.
        """
        if not strengths:
            return None
        made = self._restorer_of(pixels, key, strengths, order.fidelity)
        guard = self.guard if order.guard and LOCAL & strengths.keys() else None
        if guard is None:
            return made

        def exact(tile: Tile) -> Tensor:
            """Nothing is allocated for it before a face asks."""
            return self._restorer_of(pixels, key, strengths, 1.0)(tile)

        def checked(restored: Callable[[Tile], Tensor]) -> Callable[[Tile], Tensor]:
            return lambda tile: (check(), restored(tile))[1]

        holds: list[Hold] = []
        known = self.memory.get((order.key, "faces", key[1]), lambda: guard.know(order.picture, key[1]))
        for face in known:
            if mask is None or _touches(mask, face, pixels.scale):
                kept, hold = guard.judge(
                    face, pixels, parts, checked(made), checked(exact) if order.fidelity < 1.0 else None, order.fidelity
                )
                kept, name = replace(kept, picture=key[1]), (key[1], face.box)
                faces[name] = faces[name].then(kept) if name in faces else kept
                holds += [] if hold is None else [hold]
        return (lambda tile: hold_back(tile, holds, pixels, made, exact)) if holds else made

    def _restorer_of(
        self, pixels: Pixels, key: Hashable, strengths: Mapping[Task, float], fidelity: float
    ) -> Callable[[Tile], Tensor]:
        """Tile → its restored part; remembered, if the whole restoration has room in the memory."""
        wish, dtype, blurred = vector(strengths), _working_dtype(pixels.stored), Task.BLUR in strengths
        statistics = self.memory.get(
            (key, "statistics", pixels.scale, blurred), lambda: self.restorer.statistics(pixels, blurred=blurred)
        )

        def compute(tile: Tile) -> Tensor:
            return tile.crop(self.restorer.restore(tile.read(pixels), wish, statistics, fidelity=fidelity))

        if pixels.shape.numel() * dtype.itemsize > self.memory.most_bytes:
            return lambda tile: to_float(to_stored(compute(tile), dtype))
        restored = self.memory.get(
            (key, "restored", pixels.scale, *wish, fidelity), lambda: _Restored(torch.empty(pixels.shape, dtype=dtype))
        )
        return lambda tile: restored.get(tile, compute)

    def _mask(self, order: _Order, size: tuple[int, int]) -> Tensor | None:
        """Where to work, (1, 1, H, W), uint8, at `size`; None for everywhere."""
        if order.mask is not None:
            return _mask_at(order.mask, size, cv2.INTER_NEAREST)
        region = order.instruction.region
        if region == "all":
            return None
        found = self.memory.get((order.key, "region", region), lambda: region_mask(_searched(order.picture), region))
        return None if found is None else _mask_at(to_stored(found, torch.uint8), size, cv2.INTER_LINEAR)


def _searched(picture: Picture) -> Tensor:
    """The photo no larger than regions are searched at, (1, 3, H, W)."""
    plain = replace(picture, scale=1)
    share = WORK_PX / max(plain.size)
    small = plain if share >= 1.0 else plain.resized(tuple(max(1, round(side * share)) for side in plain.size))
    return small.rgb[:1]


def _working_dtype(stored: Tensor) -> torch.dtype:
    """What is not finished is held in 16 bits where the photo has 8 or 16, otherwise as it is."""
    return torch.float32 if stored.is_floating_point() else torch.uint16


def _said(order: _Order, strengths: Mapping[Task, float]) -> Hashable:
    """All that decides what a photo becomes before it is enlarged."""
    mask = None if order.mask is None else hashlib.sha256(order.mask.numpy()).digest()
    return (*vector(strengths), order.fidelity, order.instruction.region, mask, order.guard)


def _load_mask(mask: ImageLike, size: tuple[int, int]) -> Tensor:
    loaded: Picture = load(mask)
    if loaded.size != size:
        raise ValueError(
            f"mask: is {loaded.size[1]}×{loaded.size[0]} px, but the photo is {size[1]}×{size[0]} px; they must agree"
        )
    pixels, grey = loaded.pixels.item(0), torch.empty((1, 1, *size), dtype=torch.uint8)
    for tile in tiles(*size):
        tile.read_own(grey).copy_(to_stored(tile.read_own(pixels).mean(1, keepdim=True), torch.uint8))
    return grey


def _touches(mask: Tensor, face: Known, scale: int) -> bool:
    """Whether a region, (1, 1, H, W) on the enlarged grid, holds any of a face."""
    x, y, width, height = (value * scale for value in face.box)
    return bool(mask[..., max(0, y) : y + height, max(0, x) : x + width].any())


def _mask_at(mask: Tensor, size: tuple[int, int], interpolation: int) -> Tensor:
    """(1, 1, H, W), uint8, at another size; enlarged to its nearest, what was 0 stays exactly 0."""
    if mask.shape[-2:] == size:
        return mask
    return torch.from_numpy(cv2.resize(mask[0, 0].numpy(), size[::-1], interpolation=interpolation))[None, None]
