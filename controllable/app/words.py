"""What the page calls things: tasks, their units, example prompts, and an Instruction as one line."""

from collections.abc import Sequence
from html import escape

from controllable.generation.identity import FaceKept
from controllable.instruction import Instruction
from controllable.task import Task

LABELS: dict[Task, str] = {
    Task.NOISE: "Noise",
    Task.BLUR: "Blur",
    Task.COMPRESSION: "Compression",
    Task.RESOLUTION: "Resolution",
    Task.LOW_LIGHT: "Low light",
    Task.HAZE: "Haze",
    Task.COLOR: "Colour",
    Task.DETAIL: "Detail",
}

SPANS: dict[Task, str] = {
    Task.NOISE: "σ 0–50",
    Task.BLUR: "σ 0–4 px",
    Task.COMPRESSION: "JPEG 100–10",
    Task.RESOLUTION: "÷1–8",
    Task.LOW_LIGHT: "0 to −4 EV",
    Task.HAZE: "transmission 1–0.2",
    Task.COLOR: "gain ±0–40 %",
    Task.DETAIL: "texture lost",
}
"""What severity 0 to 1 spans; the full definitions are `task.UNITS`."""

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


def describe(instruction: Instruction) -> str:
    """One line of Markdown: what will be done."""
    if instruction.refused is not None:
        return f"**Not possible:** {escape(instruction.refused)}"
    return f"**Understood:** {brief(instruction) or 'nothing to change'}"


def brief(instruction: Instruction) -> str:
    """What will be done, in a few plain words."""
    parts = [
        f"{LABELS[task].lower()} {strength:.0%}"
        for task, strength in instruction.tasks.items()
        if task not in instruction.keep
    ]
    parts += [f"{name} {value:+.2f}" for name, value in instruction.tone.items()]
    if instruction.scale > 1:
        parts.append(f"{instruction.scale}× larger")
    if instruction.auto:
        parts.append("whatever the photo needs")
    if parts and instruction.region != "all":
        parts.append(f"only in: {instruction.region}")
    if parts and instruction.keep:
        parts.append("keeping " + ", ".join(LABELS[task].lower() for task in instruction.keep))
    return " · ".join(parts)


def held_back(faces: Sequence[FaceKept], *, chinese: bool) -> str:
    """A line of Markdown on the faces that would not have stayed who they are; empty if there were none."""
    held = sum(face.held for face in faces)
    if not held:
        return ""
    if chinese:
        return f"**人脸：**{len(faces)} 张中有 {held} 张减弱了修复，以免变成另一个人"
    return f"**Faces:** {held} of {len(faces)} changed less than asked, to stay the person in the photo"
