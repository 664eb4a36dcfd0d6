"""Colour and detail: what processing and time take away."""

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.color import LUMA_BT601
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
        cast = (image * gain).clamp_(0.0, 1.0)
        red, green, blue = cast.split(1, 1)
        grey = (LUMA_BT601[0] * red).add(green, alpha=LUMA_BT601[1]).add(blue, alpha=LUMA_BT601[2])
        return torch.lerp(grey, cast, column(1.0 - 0.8 * severity))


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
        height, width = image.shape[-2:]
        if self.is_batched(image):
            smooth = torch.lerp(image, _guided(image, column(draws["epsilon"])), column(severity))
            factor = 1.0 + (severity * draws["resample"]).double()
            return there_and_back(smooth, shrunk_sizes(height, width, factor)).clamp(0.0, 1.0)
        out = []
        each = (image.split(1), severity.tolist(), draws["epsilon"].tolist(), draws["resample"].tolist())
        for picture, s, epsilon, resample in zip(*each, strict=True):
            smooth = torch.lerp(picture, _guided(picture, epsilon), s)
            small = (max(1, round(height / (1.0 + s * resample))), max(1, round(width / (1.0 + s * resample))))
            out.append(smooth if small == (height, width) else resize(resize(smooth, small), (height, width)))
        return torch.cat(out).clamp(0.0, 1.0)


def _guided(image: Tensor, epsilon: Tensor | float) -> Tensor:
    average = _mean(image)
    variance = (_mean(image * image) - average * average).clamp_min(0.0)
    slope = variance / (variance + epsilon)
    return _mean(slope) * image + _mean(average - slope * average)


def _mean(values: Tensor) -> Tensor:
    """Of 5×5 px, borders repeated; on a CPU as sums along columns and rows, ten times as fast as pooling."""
    padded = F.pad(values, (2, 2, 2, 2), mode="replicate")
    if values.device.type != "cpu":
        return F.avg_pool2d(padded, 5, stride=1)
    height, width = values.shape[-2:]
    rows = padded[..., :height, :] + padded[..., 4:, :]
    for k in (1, 2, 3):
        rows += padded[..., k : k + height, :]
    out = rows[..., :width] + rows[..., 4:]
    for k in (1, 2, 3):
        out += rows[..., k : k + width]
    return out / 25.0
