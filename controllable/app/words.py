"""What the page calls things: tasks, their units, tones, regions, example prompts, and an Instruction as one line."""

from collections.abc import Sequence
from html import escape

from controllable.app.language import Text
from controllable.degradation.recipes import RECIPES
from controllable.generation.identity import FaceKept
from controllable.instruction import Instruction
from controllable.task import Task

TASK_NAMES: dict[Task, Text] = {
    Task.NOISE: ("Noise", "噪点"),
    Task.BLUR: ("Blur", "模糊"),
    Task.COMPRESSION: ("Compression", "压缩痕迹"),
    Task.RESOLUTION: ("Resolution", "分辨率"),
    Task.LOW_LIGHT: ("Low light", "光线不足"),
    Task.HAZE: ("Haze", "雾霾"),
    Task.COLOR: ("Colour", "偏色"),
    Task.DETAIL: ("Detail", "细节"),
}
TONE_NAMES: dict[str, Text] = {
    "brightness": ("Brightness", "亮度"),
    "contrast": ("Contrast", "对比度"),
    "saturation": ("Saturation", "饱和度"),
    "warmth": ("Warmth", "色温"),
}
REGION_NAMES: dict[str, Text] = {
    "all": ("Whole photo", "整张照片"),
    "face": ("Faces", "人脸"),
    "background": ("Background", "背景"),
    "sky": ("Sky", "天空"),
    "mask": ("Painted mask", "涂抹区域"),
}
SPANS: dict[Task, Text] = {
    Task.NOISE: ("σ 0–50", "σ 0–50"),
    Task.BLUR: ("σ 0–4 px", "σ 0–4 像素"),
    Task.COMPRESSION: ("JPEG 100–10", "JPEG 100–10"),
    Task.RESOLUTION: ("÷1–8", "÷1–8"),
    Task.LOW_LIGHT: ("0 to −4 EV", "0 至 −4 EV"),
    Task.HAZE: ("transmission 1–0.2", "透射率 1–0.2"),
    Task.COLOR: ("gain ±0–40 %", "增益 ±0–40 %"),
    Task.DETAIL: ("texture lost", "纹理损失"),
}
"""What severity 0 to 1 spans; the full definitions are `task.UNITS`."""

_RECIPES_CHINESE: dict[str, Text] = {
    "old_phone": ("老手机", "小传感器加过度处理：噪点、发软、重度 JPEG 压缩"),
    "messaging_app": ("聊天软件", "先缩小并压缩，转发后再压缩一次"),
    "cctv": ("监控摄像头", "夜里的廉价摄像头：像素少、颗粒重、颜色发白、有方块"),
    "film_scan": ("胶片扫描", "扫描的老照片：颗粒、褪色偏色、镜头发软"),
    "night": ("夜景", "光线不足又强行提亮：昏暗、噪点多、偏色"),
    "fog": ("雾天", "镜头与景物之间有雾，画面随之发软"),
    "shaky_hand": ("手抖", "快门打开时失焦或晃动"),
    "web_thumbnail": ("网页缩略图", "网页上的小图被放大"),
}
"""Titles and stories."""

TEXTS: dict[str, Text] = (
    {f"task.{task}": name for task, name in TASK_NAMES.items()}
    | {f"tone.{tone}": name for tone, name in TONE_NAMES.items()}
    | {f"region.{region}": name for region, name in REGION_NAMES.items()}
    | {
        f"severity.{task}": (f"{TASK_NAMES[task][0]} ({span})", f"{TASK_NAMES[task][1]}（{span_zh}）")
        for task, (span, span_zh) in SPANS.items()
    }
    | {f"recipe.{name}": (RECIPES[name].title, title) for name, (title, _) in _RECIPES_CHINESE.items()}
    | {f"story.{name}": (RECIPES[name].story, story) for name, (_, story) in _RECIPES_CHINESE.items()}
)

EXAMPLES: tuple[str, ...] = (
    "remove the noise and make it twice as big",
    "remove half of the noise, keep the colours",
    "brighten this dark photo and denoise it a little",
    "fix the JPEG artifacts in the background",
    "sharpen only the face",
    "restore this old photo",
    "去除噪点，放大两倍",
    "稍微去雾，增强细节",
    "修复这张老照片，保留颗粒",
)


def describe(instruction: Instruction, *, chinese: bool = False) -> str:
    """One line of Markdown: what will be done."""
    if instruction.refused is not None:
        return f"**{'无法处理：' if chinese else 'Not possible:'}** {escape(instruction.refused)}"
    said = brief(instruction, chinese=chinese) or ("不需要改动" if chinese else "nothing to change")
    return f"**{'将要：' if chinese else 'Understood:'}** {said}"


def brief(instruction: Instruction, *, chinese: bool = False) -> str:
    """What will be done, in a few plain words."""
    parts = _parts_chinese(instruction) if chinese else _parts(instruction)
    return " · ".join(parts)


def _parts(wish: Instruction) -> list[str]:
    done = {task: share for task, share in wish.tasks.items() if task not in wish.keep}
    parts = [f"{TASK_NAMES[task][0].lower()} {share:.0%}" for task, share in done.items()]
    parts += [f"{name} {value:+.2f}" for name, value in wish.tone.items()]
    if wish.scale > 1:
        parts.append(f"{wish.scale}× larger")
    if wish.auto:
        parts.append("whatever the photo needs")
    if parts and wish.region != "all":
        parts.append(f"only in: {wish.region}")
    if parts and wish.keep:
        parts.append("keeping " + ", ".join(TASK_NAMES[task][0].lower() for task in wish.keep))
    return parts


_CURES: dict[Task, str] = {
    Task.NOISE: "去噪",
    Task.BLUR: "去模糊",
    Task.COMPRESSION: "去压缩痕迹",
    Task.RESOLUTION: "提升分辨率",
    Task.LOW_LIGHT: "提亮暗部",
    Task.HAZE: "去雾",
    Task.COLOR: "校正颜色",
    Task.DETAIL: "增强细节",
}


def _parts_chinese(wish: Instruction) -> list[str]:
    parts = [f"{_CURES[task]} {share:.0%}" for task, share in wish.tasks.items() if task not in wish.keep]
    parts += [f"{TONE_NAMES[name][1]} {value:+.2f}" for name, value in wish.tone.items()]
    if wish.scale > 1:
        parts.append(f"放大 {wish.scale} 倍")
    if wish.auto:
        parts.append("照片需要什么就修什么")
    if parts and wish.region != "all":
        parts.append(f"仅限{REGION_NAMES[wish.region][1]}")
    if parts and wish.keep:
        parts.append("不动" + "、".join(TASK_NAMES[task][1] for task in wish.keep))
    return parts


def held_back(faces: Sequence[FaceKept], *, chinese: bool) -> str:
    """A line of Markdown on the faces that would not have stayed who they are; empty if there were none."""
    held = sum(face.held for face in faces)
    if not held:
        return ""
    if chinese:
        return f"**人脸：**{len(faces)} 张中有 {held} 张减弱了修复，以免变成另一个人"
    return f"**Faces:** {held} of {len(faces)} changed less than asked, to stay the person in the photo"
