"""Photo → QualityReport: the image tower of the restoration CLIP, measurements of the photo, and a regression head."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from controllable.image.pixels import Pixels
from controllable.networks.generator import THUMBNAIL_PX
from controllable.networks.quality_head import QualityHead
from controllable.quality.measurements import Measurements, measure
from controllable.quality.mosaic import assemble, choose_tiles, normalize
from controllable.quality.report import QualityReport
from controllable.task import TASKS


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen of one photo. embedding: in the joint space, (1, D), not normalised."""

    embedding: Tensor
    measurements: Measurements

    @property
    def nbytes(self) -> int:
        return self.embedding.nbytes + self.measurements.nbytes


class QualityEstimator:
    """visual: the image tower of an open_clip model; head: trained on its embedding and on measurements."""

    def __init__(self, visual: nn.Module, head: QualityHead, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.visual = visual.float().eval().to(self.device, memory_format=torch.channels_last)
        self.head = head.float().eval().to(self.device)

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str = "cpu") -> "QualityEstimator":
        """`folder` holds quality_head.json and quality_head.safetensors beside the open_clip files."""
        import open_clip

        folder = Path(folder)
        head = QualityHead(**json.loads((folder / "quality_head.json").read_text()))
        head.load_state_dict(load_file(folder / "quality_head.safetensors"))
        return cls(open_clip.create_model(f"local-dir:{folder}").visual, head, device)

    @torch.inference_mode()
    def assess(self, image: Tensor | Pixels) -> QualityReport:
        """image: (1, 3, H, W), RGB, [0, 1], any size."""
        return self.report(self.look(image))

    @torch.inference_mode()
    def report(self, look: Look) -> QualityReport:
        """look: as `look` makes it of one photo."""
        measured = look.measurements
        values = self.head(look.embedding, measured.spectrum, measured.numbers)[0].tolist()
        return QualityReport(severity=dict(zip(TASKS, values[:-1], strict=True)), score=100.0 * values[-1])

    @torch.inference_mode()
    def look(self, image: Tensor | Pixels) -> Look:
        """image: (1, 3, H, W), RGB, [0, 1], any size. The tower sees three tiles, the measurements all of the photo."""
        pixels = Pixels(image) if isinstance(image, Tensor) else image
        thumbnail = pixels.averaged(THUMBNAIL_PX)
        measurements = measure(pixels, thumbnail).to(self.device)
        return Look(embedding=self._embed(pixels, thumbnail, 0), measurements=measurements)

    @torch.inference_mode()
    def embed(self, image: Tensor | Pixels, look: Look) -> Tensor:
        """(1, 3, H, W) → the joint space, (D,), not normalised: the mean over what `look` saw and a second choice of
        tiles, which steadies the ranking by words; the head does not need it."""
        pixels = Pixels(image) if isinstance(image, Tensor) else image
        return torch.cat((look.embedding, self._embed(pixels, pixels.averaged(THUMBNAIL_PX), 1))).mean(0)

    def _embed(self, pixels: Pixels, thumbnail: Tensor, offset: int) -> Tensor:
        view = normalize(assemble(thumbnail, choose_tiles(pixels, offset)).to(self.device))
        return self.visual(view.contiguous(memory_format=torch.channels_last))
