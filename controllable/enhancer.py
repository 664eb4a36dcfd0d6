"""Enhancer: the stages in order, and Result, what they made.

load → understand → assess → enlarge → strengths → restore → tone → blend → assess → hand back
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from controllable.generation.crispness import amplify_detail
from controllable.generation.strength import Reason, effective_strengths, vector
from controllable.generation.tone import adjust_tone
from controllable.image.picture import ImageLike, Picture, load
from controllable.instruction.instruction import Instruction
from controllable.quality.report import QualityReport
from controllable.quality.zeroshot import JointSpace, suggest, texts
from controllable.region.masks import blend, region_mask
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.generation.restorer import Restorer
    from controllable.instruction.parser import InstructionParser
    from controllable.instruction.reading import Interpretation
    from controllable.quality.estimator import QualityEstimator

BUNDLED = Path(__file__).resolve().parents[1] / "models"
Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """image: in the kind that was given; applied: task → effective strength; reasons: why, task by task."""

    image: Any
    instruction: Instruction
    quality_before: QualityReport
    quality_after: QualityReport
    applied: Mapping[Task, float]
    reasons: Mapping[Task, Reason]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the image, as plain JSON types."""
        return {
            "instruction": self.instruction.to_dict(),
            "quality_before": self.quality_before.to_dict(),
            "quality_after": self.quality_after.to_dict(),
            "applied": {task.value: round(value, 4) for task, value in self.applied.items()},
        }


class Enhancer:
    """One sentence improves a photo. Models are loaded when first needed.

    enhancer = Enhancer.from_pretrained()
    result = enhancer.enhance("photo.jpg", "remove the noise and make it twice as big")
    result.image.save("better.png")
    """

    def __init__(self, folder: Path, device: str | None = None, clip: str | None = None) -> None:
        self.folder = folder
        self.clip = clip
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")

    @classmethod
    def from_pretrained(
        cls, source: str | Path | None = None, *, device: str | None = None, clip: str | None = None
    ) -> "Enhancer":
        """The bundled models (None), a folder that holds `clip/` and `generator/`, or a hub repository like it.

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

    @cached_property
    def parser(self) -> "InstructionParser":
        from controllable.instruction.foreign import adapter_folder
        from controllable.instruction.parser import InstructionParser

        folder = self.folder / "clip" if self.clip is None else adapter_folder(self.clip)
        if not folder.is_dir():
            command = f"python -m controllable train adapter --clip {self.clip}"
            raise ValueError(f"clip: {self.clip!r} has no adapter yet; fit it once: {command}")
        return InstructionParser.from_pretrained(folder)

    @cached_property
    def estimator(self) -> "QualityEstimator":
        from controllable.quality.estimator import QualityEstimator

        return QualityEstimator.from_pretrained(self.folder / "clip", self.device)

    @cached_property
    def restorer(self) -> "Restorer":
        from controllable.generation.restorer import Restorer

        return Restorer.from_pretrained(self.folder / "generator", self.device)

    def warm_up(self) -> "Enhancer":
        """Load every model now instead of at first use."""
        _ = self.parser, self.estimator, self.restorer
        return self

    def understand(self, prompt: str) -> Instruction:
        """What the words ask for. Raises ValueError for an empty or far too long prompt."""
        return self.parser.parse(prompt)

    def interpret(self, prompt: str) -> "Interpretation":
        """`understand` with how sure it is, and what else the words may mean."""
        return self.parser.interpret(prompt)

    def assess(self, image: ImageLike) -> QualityReport:
        """What is wrong with a photo, and how badly."""
        return self.estimator.assess(load(image).rgb)

    def match(self, image: ImageLike) -> dict[Task, float]:
        """Task → how much closer the photo lies to words of that flaw than to words of a good photo, in [-2, 2].

        The joint text–image space alone, no regression: good for ranking photos, not calibrated.
        """
        return self._joint.match(self.estimator.embed(load(image).rgb[:1]).mean(0).cpu())

    def suggest(self, image: ImageLike, *, chinese: bool = False, most: int = 3) -> tuple[QualityReport, list[str]]:
        """What is wrong with a photo, and prompts worth trying, the worst flaw first."""
        embeddings = self.estimator.embed(load(image).rgb[:1])
        report = self.estimator.report(embeddings)
        closeness = self._joint.closeness(embeddings.mean(0).cpu())
        return report, suggest(report, closeness, chinese=chinese, most=most)

    @cached_property
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
        progress: Progress | None = None,
    ) -> Result:
        """Do what the instruction asks, and nothing else.

        strength, fidelity: in [0, 1]; region_mask: where to work, white on black, of the photo's size, overriding the
        instruction's region; force: do not hold back where the flaw was not found; progress(share, what) is called as
        work proceeds and cancels it by raising. Raises ValueError with one sentence for bad input.
        """
        for name, value in (("strength", strength), ("fidelity", fidelity)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}: {value} is outside [0, 1]")
        report = progress or (lambda share, what: None)
        picture = load(image)
        if isinstance(instruction, str):
            instruction = self.understand(instruction)
        mask = None if region_mask is None else _load_mask(region_mask, picture.size)
        if mask is not None:
            instruction = replace(instruction, region="mask")
        report(0.02, "assessing")
        before = self.estimator.assess(picture.rgb[:1])
        if instruction.empty or (strength == 0.0 and instruction.scale == 1):
            return Result(
                image=picture.export(), instruction=instruction, quality_before=before, quality_after=before,
                applied={}, reasons={},
            )  # fmt: skip
        enlarged = picture.enlarged(instruction.scale)
        reasons = effective_strengths(instruction, before, strength=strength, force=force)
        applied = {task: reason.effective for task, reason in reasons.items() if reason.effective > 0.0}
        done = [self._edit(rgb[None], instruction, applied, strength, fidelity, mask, report) for rgb in enlarged.rgb]
        finished = replace(enlarged, rgb=torch.cat(done))
        report(0.97, "assessing")
        after = self.estimator.assess(finished.rgb[:1])
        report(1.0, "done")
        return Result(
            image=finished.export(), instruction=instruction, quality_before=before, quality_after=after,
            applied=applied, reasons=reasons,
        )  # fmt: skip

    def _edit(
        self,
        rgb: Tensor,
        instruction: Instruction,
        applied: Mapping[Task, float],
        strength: float,
        fidelity: float,
        mask: Tensor | None,
        report: Progress,
    ) -> Tensor:
        """Restore, crispen and tone one picture (1, 3, H, W), inside the region only."""
        where = region_mask(rgb, instruction.region) if mask is None else _fit(mask, rgb)
        out = rgb
        if applied:
            out = self.restorer.restore(out, vector(applied), lambda share: report(0.05 + 0.9 * share, "restoring"))
            out = amplify_detail(out, fidelity)
        out = adjust_tone(out, {name: value * strength for name, value in instruction.tone.items()})
        return blend(out, rgb, where)


def _load_mask(mask: ImageLike, size: tuple[int, int]) -> Tensor:
    loaded: Picture = load(mask)
    if loaded.size != size:
        raise ValueError(
            f"mask: is {loaded.size[1]}×{loaded.size[0]} px, but the photo is {size[1]}×{size[0]} px; they must agree"
        )
    return loaded.rgb[:1].mean(1, keepdim=True)


def _fit(mask: Tensor, rgb: Tensor) -> Tensor:
    """The mask on the enlarged grid; where it was 0 it stays exactly 0."""
    if mask.shape[-2:] == rgb.shape[-2:]:
        return mask
    return torch.nn.functional.interpolate(mask, size=rgb.shape[-2:], mode="nearest")
