"""What the joint text–image space says of a photo, without any regression: which words lie closest to it."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

FLAWED: dict[Task, tuple[str, ...]] = {
    Task.NOISE: ("the photo is very noisy", "remove the noise", "噪点很多"),
    Task.BLUR: ("the photo is very blurry", "remove the blur", "照片很模糊"),
    Task.COMPRESSION: ("the photo is full of jpeg artifacts", "remove the compression artifacts", "有压缩痕迹"),
    Task.RESOLUTION: ("the photo is pixelated", "the photo is low resolution", "分辨率太低"),
    Task.LOW_LIGHT: ("the photo is too dark", "recover the dark photo", "照片太暗"),
    Task.HAZE: ("the photo is very hazy", "remove the haze", "雾蒙蒙的"),
    Task.COLOR: ("the photo has a colour cast", "fix the colour cast", "偏色"),
    Task.DETAIL: ("the photo is lacking fine detail", "enhance the details", "缺少细节"),
}
GOOD: tuple[str, ...] = ("a clean, sharp photo", "a good photo with nothing wrong", "画质很好的照片")

WISHES: dict[Task, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Task.NOISE: (("remove the noise", "clean up the grain"), ("去除噪点", "减少颗粒")),
    Task.BLUR: (("remove the blur", "fix the focus", "undo the camera shake"), ("去模糊", "修复失焦", "修正手抖")),
    Task.COMPRESSION: (
        ("remove the compression artifacts", "remove the jpeg blocks"),
        ("去除压缩伪影", "去掉压缩方块"),
    ),
    Task.RESOLUTION: (("upscale it 2x", "make it twice as big"), ("放大两倍", "提高分辨率")),
    Task.LOW_LIGHT: (("brighten this dark photo", "lift the shadows"), ("把这张太暗的照片提亮", "提亮暗部")),
    Task.HAZE: (("remove the haze", "clear the fog"), ("去雾", "去除雾霾")),
    Task.COLOR: (("fix the colours", "correct the white balance"), ("校正颜色", "校正白平衡")),
    Task.DETAIL: (("enhance the details", "sharpen it"), ("增强细节", "锐化")),
}
"""Prompts worth suggesting for each flaw, English and Chinese."""


def match(photo: Tensor, flawed: Tensor, good: Tensor) -> dict[Task, float]:
    """Task → how much closer the photo lies to words of that flaw than to words of a good photo, in [-2, 2].

    photo: (D,); flawed: (8, K, D), in the order of `TASKS`; good: (G, D); all of length 1.
    """
    likeness = (flawed @ photo).mean(1) - (good @ photo).mean()
    return dict(zip(TASKS, likeness.tolist(), strict=True))


def suggest(
    report: QualityReport, closeness: Mapping[str, float], *, chinese: bool = False, most: int = 3, floor: float = 0.15
) -> list[str]:
    """Instructions worth trying on this photo, the worst flaw first, each in the words that lie closest to the photo.

    closeness: prompt → cosine of prompt and photo, for all of `WISHES`.
    """
    worst = sorted(TASKS, key=lambda task: -report.severity[task])
    found = [WISHES[task][chinese] for task in worst if report.severity[task] >= floor][:most]
    return [max(prompts, key=lambda prompt: closeness[prompt]) for prompts in found]


def texts() -> Sequence[str]:
    """Everything `match` and `suggest` need embedded: the flaws task by task, the good ones, the wishes."""
    wishes = [prompt for both in WISHES.values() for prompts in both for prompt in prompts]
    return [*(text for task in TASKS for text in FLAWED[task]), *GOOD, *wishes]


class JointSpace:
    """The embedded texts. embeddings: (N, D) of length 1, in the order of `texts`."""

    def __init__(self, embeddings: Tensor) -> None:
        flaws = sum(len(one) for one in FLAWED.values())
        self.flawed = embeddings[:flaws].unflatten(0, (len(TASKS), -1))
        self.good = embeddings[flaws : flaws + len(GOOD)]
        self._wishes = embeddings[flaws + len(GOOD) :]
        self._prompts = texts()[flaws + len(GOOD) :]

    def match(self, photo: Tensor) -> dict[Task, float]:
        """photo: (D,), any length."""
        return match(torch.nn.functional.normalize(photo, dim=0), self.flawed, self.good)

    def closeness(self, photo: Tensor) -> dict[str, float]:
        likeness = self._wishes @ torch.nn.functional.normalize(photo, dim=0)
        return dict(zip(self._prompts, likeness.tolist(), strict=True))
