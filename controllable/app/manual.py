"""What programs and agents are told of the endpoints: on Gradio's API page, by the MCP server and in docs/api.md.

python -m controllable.app.manual > docs/api.md
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from controllable.degradation.recipes import RECIPES
from controllable.task import UNITS, Task

P = ParamSpec("P")
R = TypeVar("R")

_PHOTO = (
    "The photo: PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or PPM (HEIF where the server has pi-heif), at most 20 MB. "
    "MCP: 'data:image/jpeg;base64,…' or the address of a file of this server. Python: gradio_client.handle_file(PATH)."
)
_PROMPT = (
    "What to do, in English or Chinese: 'remove half of the noise, keep the colours', 'make it twice as big and a bit "
    "warmer', 'sharpen the face', 'restore this old photo', '去掉一半噪点', '修复老照片'; at most 1,000 characters."
)
_SEVERITIES = "; ".join(f"{task.value}: {unit.removesuffix(', s')}" for task, unit in UNITS.items())
_RECIPES = "; ".join(f"{name} ({recipe.story})" for name, recipe in RECIPES.items())


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """does: what it is for; takes: parameter → what it means; gives: what comes back."""

    does: str
    takes: Mapping[str, str]
    gives: str


_ENHANCE = Endpoint(
    does=(
        "Improves a photo as a sentence asks, and leaves everything else as it is. It undoes noise, blur, compression, "
        "low resolution (enlarges 2, 4 or 8 times), low light, haze, colour casts and fading, and lost detail; it sets "
        "brightness, contrast, saturation and warmth. A flaw that the photo does not have is left alone unless force "
        "is true. Adding, removing or moving things, styles, colourising and cropping are refused: then the photo "
        "comes back as it was and instruction.refused says why."
    ),
    takes={
        "photo": _PHOTO,
        "prompt": _PROMPT + " A bare wish removes 95 % of the flaw, 'a little' 30 %, 'half' 50 %, numbers as given.",
        "strength": "0 to 1: share of everything asked for that is carried out. 1 as asked, 0 changes no pixel.",
        "fidelity": "0 to 1: 1 the most exact pixels, towards 0 more plausible, partly invented texture.",
        "mask": "Where to work: a picture of the photo's size, white where, black where not. Overrides region.",
        "force": "true: undo what is named even where it was not found in the photo.",
        "model": "Who restores: 'controllable', or an expert; a wrong name is answered with those there are.",
        "region": "Where to work: all, face, background or sky. Left out, as the prompt says.",
        "scale": "How many times larger: 1, 2, 4 or 8. Left out, as the prompt says.",
        "guard": "false: do not hold back faces that would otherwise become somebody else's.",
        "format": "Of the result: png, webp and tif lose nothing (png and tif hold 16 bits), jpg and avif are smaller.",
        "gps": "false: leave out of the file where the photo was taken.",
        "provenance": "false: leave out of the file the record of what was done, by which it can be done again.",
    },
    gives=(
        "the whole result as a file, with what the photo's file carried, kept for an hour; and JSON: instruction (what "
        "was understood), quality_before and quality_after (severity 0 to 1 of every flaw, score 0 to 100, more is "
        "better), applied (flaw → strength 0 to 1 that was carried out), identity (of faces, if any), notes (what the "
        "format could not hold, if anything)."
    ),
)
_UNDERSTAND = Endpoint(
    does=(
        "Says what a sentence asks for, without touching a photo: use it to check a wording before enhance. "
        "A wish outside what the program does has its reason in refused."
    ),
    takes={"prompt": _PROMPT},
    gives=(
        "JSON: tasks (flaw → share to undo, 0 to 1), tone (brightness, contrast, saturation, warmth, −1 to 1), "
        "scale (1, 2, 4, 8), region, auto (true: a general wish, the photo's quality decides), keep (flaws not to "
        "touch), refused (null, or why nothing will be done)."
    ),
)
_LISTEN = Endpoint(
    does="Writes down a spoken wish and says what it asks for. English, unless the server has a larger recogniser.",
    takes={"speech": "The recording, handed over as photos are: WAV, or any format of ffmpeg, at most 60 s of sound."},
    gives="JSON: transcript (the words) and instruction (as understand gives it).",
)
_ASSESS = Endpoint(
    does=f"Measures what is wrong with a photo. Severities s are 0 (not there) to 1: {_SEVERITIES}.",
    takes={"photo": _PHOTO},
    gives="JSON: severity (flaw → s) and score (0 to 100, more is better).",
)
_DEGRADE = Endpoint(
    does=(
        "Makes a realistic low-quality version of a photo, for testing and training. Give exactly one of severity, "
        f"recipe and learned. Severities s are 0 (nothing) to 1: {_SEVERITIES}."
    ),
    takes={
        "photo": _PHOTO,
        "severity": 'Which flaws, how much of each: {"noise": 0.4, "compression": 0.7}. Flaws: '
        + ", ".join(Task)
        + ".",
        "recipe": f"A usual way in which photos go bad: {_RECIPES}.",
        "seed": "0 to 2147483647: the same seed gives the same picture.",
        "learned": "The name of a learned degrader; a wrong one is answered with those there are.",
    },
    gives="the degraded photo as a PNG file, kept for an hour; and JSON: the drawn parameters, which replay it.",
)
ENDPOINTS = {
    "enhance": _ENHANCE, "understand": _UNDERSTAND, "listen": _LISTEN, "assess": _ASSESS, "degrade": _DEGRADE,
}  # fmt: skip


def described(handler: Callable[P, R]) -> Callable[P, R]:
    """A handler with its endpoint's text as the docstring, in the form that Gradio reads for its API page and MCP."""
    endpoint = ENDPOINTS[handler.__name__]
    takes = "\n".join(f"    {name}: {text}" for name, text in endpoint.takes.items())
    handler.__doc__ = f"{endpoint.does}\n\nArgs:\n{takes}\n\nReturns:\n    {endpoint.gives}"
    return handler


def page() -> str:
    """docs/api.md."""
    parts = [
        "# Endpoints\n\nOf the HTTP API and, under the same names, of the MCP server; how they are called is in the "
        "README, section *Ways in*.\nThis page is written by `python -m controllable.app.manual`.\n"
    ]
    for name, endpoint in ENDPOINTS.items():
        rows = "".join(f"| `{parameter}` | {text} |\n" for parameter, text in endpoint.takes.items())
        parts.append(f"## {name}\n\n{endpoint.does}\n\n| parameter | |\n|---|---|\n{rows}\nReturns {endpoint.gives}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
