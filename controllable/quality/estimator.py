"""Photo → QualityReport, and what to ask for: the image tower of the restoration CLIP and its regression head."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from controllable.networks.generator import make_thumbnail
from controllable.networks.quality_head import QualityHead
from controllable.quality.mosaic import assemble, choose_tiles, normalize
from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

SUGGESTIONS: dict[Task, tuple[str, str]] = {
    Task.NOISE: ("remove the noise", "去除噪点"),
    Task.BLUR: ("remove the blur", "去模糊"),
    Task.COMPRESSION: ("remove the compression artifacts", "去除压缩伪影"),
    Task.RESOLUTION: ("upscale it 2x", "放大两倍"),
    Task.LOW_LIGHT: ("brighten this dark photo", "把这张太暗的照片提亮"),
    Task.HAZE: ("remove the haze", "去雾"),
    Task.COLOR: ("fix the colours", "校正颜色"),
    Task.DETAIL: ("enhance the details", "增强细节"),
}


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
    def assess(self, image: Tensor) -> QualityReport:
        """image: (1, 3, H, W), RGB, [0, 1], any size; the mean over two choices of tiles."""
        thumbnail = make_thumbnail(image)
        views = torch.cat([assemble(thumbnail, choose_tiles(image, offset)) for offset in (0, 1)]).to(self.device)
        values = self.head(self.embed(views)).mean(0).tolist()
        return QualityReport(severity=dict(zip(TASKS, values[:-1], strict=True)), score=100.0 * values[-1])

    def embed(self, mosaics: Tensor) -> Tensor:
        """(B, 3, 256, 256) → the joint space, (B, D), not normalised."""
        return self.visual(normalize(mosaics).contiguous(memory_format=torch.channels_last))


def suggest(report: QualityReport, *, chinese: bool = False, most: int = 3, floor: float = 0.15) -> list[str]:
    """Instructions worth trying on this photo, the worst flaw first."""
    worst = sorted(TASKS, key=lambda task: -report.severity[task])
    return [SUGGESTIONS[task][chinese] for task in worst if report.severity[task] >= floor][:most]
