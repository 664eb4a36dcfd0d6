"""Photo → QualityReport: the image tower of the restoration CLIP and its regression head."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from controllable.image.pixels import Pixels
from controllable.networks.generator import THUMBNAIL_PX
from controllable.networks.quality_head import QualityHead
from controllable.quality.mosaic import assemble, choose_tiles, normalize
from controllable.quality.report import QualityReport
from controllable.task import TASKS


class QualityEstimator:
    """visual: the image tower of an open_clip model; head: trained on its embedding."""

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
        """image: (1, 3, H, W), RGB, [0, 1], any size; the mean over two choices of tiles."""
        return self.report(self.embed(image))

    @torch.inference_mode()
    def report(self, embeddings: Tensor) -> QualityReport:
        """embeddings: as `embed` makes them of one photo."""
        values = self.head(embeddings).mean(0).tolist()
        return QualityReport(severity=dict(zip(TASKS, values[:-1], strict=True)), score=100.0 * values[-1])

    @torch.inference_mode()
    def embed(self, image: Tensor | Pixels) -> Tensor:
        """(1, 3, H, W) → the joint space, (2, D), not normalised: one row for each choice of tiles."""
        pixels = Pixels(image) if isinstance(image, Tensor) else image
        thumbnail = pixels.averaged(THUMBNAIL_PX)
        views = torch.cat([assemble(thumbnail, choose_tiles(pixels, offset)) for offset in (0, 1)]).to(self.device)
        return self.visual(normalize(views).contiguous(memory_format=torch.channels_last))
