"""Enhancer: the stages in order, and Result, what they made.

load → understand → assess → strengths → restore → enlarge → keep faces → tone → blend → assess → hand back

Pictures are read, changed and written tile by tile, so that the memory needed beside them does not grow with them;
what was computed is remembered, so that moving one control computes no more than that control changes.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from controllable.generation.expert import find_expert
from controllable.generation.identity import LOCAL, FaceKept
from controllable.generation.order import Order
from controllable.generation.painting import Painter
from controllable.generation.strength import Reason, effective_strengths, reduced
from controllable.image.content import load_known
from controllable.image.encode import save
from controllable.image.picture import ImageLike, Picture
from controllable.instruction.instruction import Instruction
from controllable.memory import Memory
from controllable.models import BUNDLED, Models, find_models
from controllable.provenance.made import (
    Made,
    as_many_threads,
    expert_name,
    machine,
    pixels_sha256,
    unpacked,
    weight_files,
)
from controllable.provenance.record import Record
from controllable.provenance.stored import carrying, read
from controllable.quality.report import QualityReport
from controllable.quality.zeroshot import suggest
from controllable.region.area import load_mask
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.instruction.reading import Interpretation
    from controllable.quality.estimator import Look

REMEMBERED_BYTES = 256 * 2**20
"""A photo of 24 megapixels and its restoration, the latter alone up to 44; beyond, memory matters more than time."""
PREVIEW_PIXELS = 400_000
Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """picture: in the precision the photo came in; applied: task → effective strength; reasons: why, task by task;
    identity: of every face in which something was restored, whether it stayed itself, and what was done about it; made:
    what its record says of how it was made."""

    picture: Picture
    instruction: Instruction
    quality_before: QualityReport
    quality_after: QualityReport
    applied: Mapping[Task, float]
    reasons: Mapping[Task, Reason]
    identity: tuple[FaceKept, ...] = ()
    made: Made

    @property
    def image(self) -> Any:
        """The picture in the kind that was given."""
        return self.picture.export()

    @property
    def record(self) -> Record:
        """What it takes to make this result again, bit for bit."""
        return self.made.record(self.picture, self.instruction, self.applied, self.quality_before, self.quality_after)

    def save(self, path: str | Path, *, gps: bool = True, provenance: bool = True) -> tuple[str, ...]:
        """Write the picture in the format of the suffix, whole or not at all, with all that the photo's file carried;
        returns plain sentences on what the format does not hold.

        gps: keep what says where the photo was taken; provenance: add the record, after the one that the photo may
        carry already; without, that one is left out too, as it speaks of other pixels. Raises ValueError with one
        sentence where the file cannot be written.
        """
        path = Path(path)
        picture, notes = carrying(self.record if provenance else None, self.picture, path.suffix)
        return notes + save(picture, path, gps=gps)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the image, as plain JSON types."""
        faces = {"identity": [face.to_dict() for face in self.identity]} if self.identity else {}
        return {
            "instruction": self.instruction.to_dict(),
            "quality_before": self.quality_before.to_dict(),
            "quality_after": self.quality_after.to_dict(),
            "applied": {task.value: round(value, 4) for task, value in self.applied.items()},
        } | faces


class Enhancer(Models):
    """One sentence improves a photo. Models are loaded when first needed.

    enhancer = Enhancer.from_pretrained()
    result = enhancer.enhance("photo.jpg", "remove the noise and make it twice as big")
    result.save("better.png")
    """

    def __init__(
        self, folder: Path, device: str | None = None, clip: str | None = None, memory_bytes: int = REMEMBERED_BYTES
    ) -> None:
        super().__init__(folder, device, clip)
        self.memory = Memory(memory_bytes)

    @classmethod
    def from_pretrained(
        cls, source: str | Path | None = None, *, device: str | None = None, clip: str | None = None
    ) -> "Enhancer":
        """The bundled models (None), a folder that holds `clip/`, `generator/` and, maybe, `identity/`, or a hub
        repository like it.

        clip: an open_clip model whose text tower reads the prompts instead of the bundled one (`ForeignEncoder` says
        how it is named); its adapter must have been fitted, once, by `python -m controllable train adapter`.
        """
        return cls(find_models(BUNDLED if source is None else source), device, clip)

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
        model: str | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Do what the instruction asks, and nothing else.

        strength, fidelity: in [0, 1]; region_mask: where to work, white on black, of the photo's size, overriding the
        instruction's region; force: do not hold back where the flaw was not found; guard: hold back where a restored
        face would no longer be the one photographed; model: an expert, by its name or folder (`find_expert`), which
        then restores the flaws it was trained on; progress(share, what) is called as work proceeds and cancels it by
        raising. Raises ValueError with one sentence for bad input.
        """
        report = progress or (lambda share, what: None)
        order = self._order(image, instruction, strength, fidelity, region_mask, force, guard, model, report)
        made = self._made(order, force)
        if order.empty:
            same = replace(order.picture, planes=order.picture.planes.clone())
            return Result(
                picture=same, instruction=order.instruction, quality_before=order.quality,
                quality_after=order.quality, applied={}, reasons={}, made=made,
            )  # fmt: skip
        finished, faces = self._carry_out(order, lambda share: report(0.05 + 0.9 * share, "restoring"))
        report(0.97, "assessing")
        after = self.estimator.assess(finished.pixels.item(0))
        report(1.0, "done")
        return Result(
            picture=finished, instruction=order.instruction, quality_before=order.quality, quality_after=after,
            applied=order.applied, reasons=order.reasons, identity=faces, made=made,
        )  # fmt: skip

    def repeat(
        self,
        image: ImageLike,
        record: Record | str | Path,
        *,
        region_mask: ImageLike | None = None,
        model: str | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Do what a record, or the one in a result's file, says: bit for bit the same if the photo, the weights and the
        kind of machine are; `provenance.differences` says whether they are.

        region_mask: only for a record without its mask; model: the expert's folder, where its name does not find it.
        Raises ValueError with one sentence, as `enhance` does, and for a file without a record.
        """
        if not isinstance(record, Record):
            found = read(record)
            if found is None:
                raise ValueError(f"replay: {Path(record).name} carries no record of how it was made")
            record = found
        if record.mask is not None and region_mask is None:
            region_mask = unpacked(record.mask)
        with as_many_threads(record.machine.threads):
            return self.enhance(
                image, record.instruction, strength=record.strength, fidelity=record.fidelity,
                region_mask=region_mask, force=record.force, guard=record.guard, model=model or record.model,
                progress=progress,
            )  # fmt: skip

    def _made(self, order: Order, force: bool) -> Made:
        photo = replace(order.picture, scale=1)
        return Made(
            source=self.memory.get((order.key, "sha256"), lambda: pixels_sha256(photo)),
            strength=order.strength, fidelity=order.fidelity, force=force, guard=order.guard,
            model=order.model and expert_name(order.model, self.folder), mask=order.mask,
            weights=weight_files(self.folder, order), machine=machine(self.device),
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
        model: str | None = None,
        most_pixels: int = PREVIEW_PIXELS,
    ) -> Any:
        """About what `enhance` with these arguments will look like, at most `most_pixels` large and never enlarged.

        Strengths are decided by the whole photo, as `enhance` decides them; but what a flaw has lost by the reduction
        (noise averages out, a blur of 2 px becomes one of half a pixel) is not removed again.
        """
        order = self._order(
            image, instruction, strength, fidelity, region_mask, force, guard, model, lambda share, what: None
        )
        height, width = (side // order.picture.scale for side in order.picture.size)
        factor = max(1.0, (height * width / most_pixels) ** 0.5)
        size = (max(1, round(height / factor)), max(1, round(width / factor)))
        small = self.memory.get((order.key, "small", size), lambda: replace(order.picture, scale=1).resized(size))
        instruction = replace(order.instruction, scale=1)
        order = replace(
            order, picture=small, key=(order.key, "small", size), instruction=instruction,
            reasons=reduced(order.reasons, factor), mask=order.area(size, self.memory),
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
        model: str | None,
        report: Progress,
    ) -> Order:
        for name, value in (("strength", strength), ("fidelity", fidelity)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}: {value} is outside [0, 1]")
        if model is not None:
            find_expert(model, self.folder)
        picture, key = self._load(image)
        if isinstance(instruction, str):
            instruction = self.understand(instruction)
        mask = None if mask_image is None else load_mask(mask_image, picture.size)
        if mask is not None:
            instruction = replace(instruction, region="mask")
        report(0.02, "assessing")
        quality = self.estimator.report(self._look(picture, key))
        reasons = effective_strengths(instruction, quality, strength=strength, force=force)
        return Order(
            picture=picture.enlarged(instruction.scale), key=key, instruction=instruction, quality=quality,
            reasons=reasons, mask=mask, strength=strength, fidelity=fidelity, guard=guard,
            model=model,
        )  # fmt: skip

    def _load(self, image: ImageLike) -> tuple[Picture, Hashable]:
        """A photo and a key that says its content."""
        return load_known(image, self.memory)

    def _look(self, picture: Picture, key: Hashable) -> "Look":
        return self.memory.get((key, "look"), lambda: self.estimator.look(picture.pixels.item(0)))

    def _embed(self, picture: Picture, key: Hashable) -> Tensor:
        look = self._look(picture, key)
        return self.memory.get((key, "embedding"), lambda: self.estimator.embed(picture.pixels.item(0), look).cpu())

    def _carry_out(self, order: Order, report: Callable[[float], None]) -> tuple[Picture, tuple[FaceKept, ...]]:
        """Only the models that this order needs are loaded."""
        restorer = None
        if order.applied:
            restorer = self.team(order.model) if order.model else self.restorer
        guard = self.guard if order.guard and LOCAL & order.applied.keys() else None
        return Painter(order=order, restorer=restorer, guard=guard, memory=self.memory).carry_out(report)
