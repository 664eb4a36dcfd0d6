"""Colour and detail: what processing and time take away."""

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.color import luma
from controllable.degradation.degradation import Degradation, Draws, column, uniform
from controllable.degradation.resample import shrunk_sizes, there_and_back
from controllable.image.resize import resize
from controllable.task import Task


class Color(Degradation):
    """A cast and a fade: channel gains of at most ±40 %·s (von Kries' diagonal model), saturation ×(1 - 0.8·s).

    Saturation is taken about BT.601 luma. Nine casts of ten are balanced (their gains average to 1), as a wrong
    white balance is; the rest carry some exposure with them.
    """

    task = Task.COLOR

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        direction = 2.0 * torch.rand(batch, 3, generator=generator) - 1.0
        balanced = torch.rand(batch, 1, generator=generator) < 0.9
        direction = direction - direction.mean(1, keepdim=True) * balanced
        direction = direction / direction.abs().amax(1, keepdim=True).clamp_min(1e-3)
        return {"direction": direction * uniform(batch, generator, 0.6, 1.0)[:, None]}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        gain = 1.0 + 0.4 * column(severity) * draws["direction"].view(-1, 3, 1, 1)
        cast = (image * gain).clamp(0.0, 1.0)
        grey = luma(cast)
        return grey + column(1.0 - 0.8 * severity) * (cast - grey)


class Detail(Degradation):
    """Texture smoothed away as in-camera noise reduction does, then resampled once.

    The smoother is the self-guided filter (He et al., "Guided Image Filtering", 2010, eq. 5, 6, 8) with a 5 px window
    and edge threshold `epsilon`, blended in by s; the resampling goes down by 1 + s·`resample` and back, bicubic.
    """

    task = Task.DETAIL

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {
            "epsilon": 10.0 ** uniform(batch, generator, -3.0, -2.0),
            "resample": uniform(batch, generator, -0.5, 1.0).clamp_min(0.0),
        }

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        smooth = image + column(severity) * (_guided(image, column(draws["epsilon"])) - image)
        height, width = image.shape[-2:]
        if self.is_batched(image):
            factor = 1.0 + (severity * draws["resample"]).double()
            return there_and_back(smooth, shrunk_sizes(height, width, factor)).clamp(0.0, 1.0)
        out = []
        for picture, s, resample in zip(smooth.split(1), severity.tolist(), draws["resample"].tolist(), strict=True):
            small = (max(1, round(height / (1.0 + s * resample))), max(1, round(width / (1.0 + s * resample))))
            out.append(picture if small == (height, width) else resize(resize(picture, small), (height, width)))
        return torch.cat(out).clamp(0.0, 1.0)


def _guided(image: Tensor, epsilon: Tensor) -> Tensor:
    def mean(values: Tensor) -> Tensor:
        return F.avg_pool2d(F.pad(values, (2, 2, 2, 2), mode="replicate"), 5, stride=1)

    average = mean(image)
    variance = (mean(image * image) - average * average).clamp_min(0.0)
    slope = variance / (variance + epsilon)
    return mean(slope) * image + mean(average - slope * average)
