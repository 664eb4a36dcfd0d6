"""Words for what is wrong with a degraded photo, for the contrastive half of the image tower's training."""

import random

from torch import Tensor

from controllable.task import TASKS, Task

WORDS: dict[Task, tuple[str, ...]] = {
    Task.NOISE: ("noisy", "grainy", "covered in noise", "噪点很多", "有颗粒感"),
    Task.BLUR: ("blurry", "out of focus", "shaken", "模糊", "没对上焦"),
    Task.COMPRESSION: ("full of jpeg artifacts", "blocky from compression", "有压缩痕迹", "有马赛克一样的压缩块"),
    Task.RESOLUTION: ("low resolution", "pixelated", "分辨率低", "像素太低"),
    Task.LOW_LIGHT: ("too dark", "underexposed", "太暗", "曝光不足"),
    Task.HAZE: ("hazy", "foggy", "有雾", "雾蒙蒙的"),
    Task.COLOR: ("faded with a colour cast", "off in its colours", "偏色", "褪色了"),
    Task.DETAIL: ("lacking fine detail", "soft, with the texture smoothed away", "缺少细节", "纹理被磨掉了"),
}
WISHES: dict[Task, tuple[str, ...]] = {
    Task.NOISE: ("remove the noise", "denoise it", "去噪", "去掉噪点"),
    Task.BLUR: ("remove the blur", "deblur the photo", "去模糊"),
    Task.COMPRESSION: ("remove the compression artifacts", "去除压缩伪影"),
    Task.RESOLUTION: ("increase the resolution", "upscale it", "提高分辨率"),
    Task.LOW_LIGHT: ("recover the dark photo", "提亮这张太暗的照片"),
    Task.HAZE: ("remove the haze", "去雾"),
    Task.COLOR: ("fix the colour cast", "校正偏色"),
    Task.DETAIL: ("enhance the details", "增强细节"),
}
CLEAN = ("a clean, sharp photo", "a good photo with nothing wrong", "画质很好的照片", "清晰的照片")


def caption(severity: Tensor, chance: random.Random, *, floor: float = 0.1) -> str:
    """A sentence for severities (8,): a description of the flaws, or the wish that follows from them."""
    present = [(task, s) for task, s in zip(TASKS, severity.tolist(), strict=True) if s >= floor]
    if not present:
        return chance.choice(CLEAN)
    present.sort(key=lambda item: -item[1])
    if chance.random() < 0.5:
        return ", ".join(chance.choice(WISHES[task]) for task, _ in present)
    return "the photo is " + " and ".join(_degree(s, chance) + chance.choice(WORDS[task]) for task, s in present)


def flaw_words(task: Task, chance: random.Random) -> str:
    """One flaw alone: described, or as the wish that follows from it."""
    if chance.random() < 0.5:
        return chance.choice(WISHES[task])
    return chance.choice(("the photo is ", "the photo is very ", "")) + chance.choice(WORDS[task])


def _degree(severity: float, chance: random.Random) -> str:
    if severity < 0.3:
        return chance.choice(("slightly ", "a little ", "有点"))
    return chance.choice(("very ", "badly ", "非常")) if severity > 0.7 else ""
