"""Live strength and fidelity: after a result, the network's real answers at a few other places of both sliders.

The page blends neighbouring answers while a slider moves (page.js) and asks for the exact result when it is let go.
Answers are made while nobody waits for the model, the most useful first; as soon as somebody does, no more are made.
"""

import base64
import contextlib
import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from controllable.app.files import shown_size
from controllable.app.presets import Preset
from controllable.app.sentences import Cancelled
from controllable.app.workshop import BUNDLED_MODEL, Workshop

AXES = ("strength", "fidelity")
STRENGTHS = (1.0, 0.5, 0.25, 0.75)
FIDELITIES = (0.0, 1.0, 0.5)
NEAR = 0.1
"""An answer no farther than this from one that is there is not worth its time."""
EXACT_PIXELS = 2_000_000
"""Results up to this size are made anew at each place; larger ones are corrected by what a small copy says."""
TELLING = 0.5
"""Mean difference on the 8-bit scale from which an answer tells more than the blend of its neighbours; rounding alone
makes 0.3. An axis whose answer tells no more is given no further ones."""
LIVE = "/live"
"""After a visitor's session: the name under which answers wait their turn."""

Values = NDArray[np.float32]
"""(H, W, 3) or (H, W, 4), on the 8-bit scale."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the comparison shows: what was asked, and, once answered, the files of both its pictures.

    pixels: of the whole result; restored: whether a network ran, so that fidelity matters; run: a name of its own.
    """

    photo: str
    preset: Preset
    mask: str | None
    before: str = ""
    after: str = ""
    pixels: int = 0
    restored: bool = False
    run: str = ""

    def answered(self, *, before: str, after: str, size: tuple[int, int], restored: bool) -> "Shown":
        """The same with its answer; size: (width, height)."""
        return replace(
            self, before=before, after=after, pixels=size[0] * size[1], restored=restored, run=uuid.uuid4().hex
        )

    @property
    def files_there(self) -> bool:
        """Whether the photo and both pictures have not been deleted yet."""
        return all(Path(path).is_file() for path in (self.photo, self.before, self.after))

    def at(self, axis: str, place: float) -> "Shown":
        """The same with one slider elsewhere."""
        return replace(self, preset=replace(self.preset, **{axis: place}))

    @property
    def settings(self) -> dict[str, Any]:
        """What the workshop takes beside photo and instruction."""
        asked = self.preset
        return {
            "strength": asked.strength, "fidelity": asked.fidelity, "mask": self.mask, "force": asked.force,
            "guard": asked.guard, "model": asked.model or BUNDLED_MODEL,
        }  # fmt: skip

    def message(self, word: str) -> dict[str, Any]:
        """Tells the page that this is on it; word: what a preview is called."""
        return {
            "kind": "result", "run": self.run, "word": word,
            "strength": self.preset.strength, "fidelity": self.preset.fidelity,
        }  # fmt: skip


def drop() -> dict[str, Any]:
    """Tells the page that no result is on it."""
    return {"kind": "drop", "run": uuid.uuid4().hex}


def failed() -> dict[str, Any]:
    """Tells the page that no result will follow the preview: the last one is shown again."""
    return {"kind": "failed", "run": uuid.uuid4().hex}


def places(shown: Shown) -> list[tuple[str, float]]:
    """(axis, place) worth an answer, the most useful first: what lies beyond the result, then the middles."""
    strengths = [at for at in STRENGTHS if abs(at - shown.preset.strength) > NEAR]
    fidelities = [at for at in FIDELITIES if abs(at - shown.preset.fidelity) > NEAR] if shown.restored else []
    order = [("strength", at) for at in strengths[:2]] + [("fidelity", at) for at in fidelities[:2]]
    return order + [("strength", at) for at in strengths[2:]] + [("fidelity", at) for at in fidelities[2:]]


def answers(workshop: Workshop, session: str, shown: Shown) -> Iterator[dict[str, Any]]:
    """Messages to the page: answers that its blend of neighbours would miss, then that there are no more; ends early
    when cancelled, outrun, or refused.
    """
    with contextlib.suppress(Cancelled, ValueError, FileNotFoundError):
        make = (_exact if shown.pixels <= EXACT_PIXELS else _corrected)(workshop, session, shown)
        before, after = (_sample(_open(path)) for path in (shown.before, shown.after))
        known = {"strength": {0.0: before, shown.preset.strength: after}, "fidelity": {shown.preset.fidelity: after}}
        enough: set[str] = set()
        for axis, at in places(shown):
            if axis in enough:
                continue
            image = make(axis, at)
            sample = _sample(_values(image))
            if float(np.abs(sample - blended(known[axis], at)).mean()) < TELLING:
                enough.add(axis)
                continue
            known[axis][at] = sample
            yield {"kind": "answer", "run": shown.run, "axis": axis, "at": at, "image": _data_url(image)}
    yield {"kind": "ready", "run": shown.run}


def blended(answers: Mapping[float, Values], at: float) -> Values:
    """What the page draws at a place of a slider: neighbours in proportion; beyond the last answer, that one."""
    low = max((place for place in answers if place <= at), default=min(answers))
    high = min((place for place in answers if place >= at), default=max(answers))
    share = (at - low) / (high - low) if high > low else 0.0
    return (1.0 - share) * answers[low] + share * answers[high]


def outrun(workshop: Workshop) -> Callable[[float, str], None]:
    """A progress function that raises Cancelled as soon as anybody waits for the model; previews and batches, whose
    names have more than a session, can wait themselves."""

    def check(share: float, what: str) -> None:
        if any("/" not in session for session in workshop.sessions):
            raise Cancelled

    return check


def _exact(workshop: Workshop, session: str, shown: Shown) -> Callable[[str, float], Image.Image]:
    """What the network makes of the whole photo, shown as results are."""
    check = outrun(workshop)

    def make(axis: str, at: float) -> Image.Image:
        check(0.0, "")
        asked = shown.at(axis, at)
        made = workshop.enhance(
            session + LIVE, asked.photo, asked.preset.instruction, progress=check, **asked.settings
        ).image
        return made.resize(shown_size(made.size), Image.Resampling.LANCZOS, reducing_gap=2.0)

    return make


def _corrected(workshop: Workshop, session: str, shown: Shown) -> Callable[[str, float], Image.Image]:
    """A large result costs too much to make five times. Between its exact ends, the photo and the result, it is blended
    in proportion, and what a small copy's answers differ from their own blend is added, enlarged.
    """
    check = outrun(workshop)
    ends = {"before": _open(shown.before), "after": _open(shown.after)}
    small: dict[tuple[float, float], Values] = {}

    def answer(asked: Shown) -> Values:
        key = (asked.preset.strength, asked.preset.fidelity)
        if key not in small:
            check(0.0, "")
            made = workshop.preview(session + LIVE, asked.photo, asked.preset.instruction, **asked.settings)
            small[key] = _values(made)
        return small[key]

    def make(axis: str, at: float) -> Image.Image:
        most = shown.preset.strength
        share = min(1.0, at / most) if axis == "strength" and most > 0.0 else 1.0
        blend = share * ends["after"] + (1.0 - share) * ends["before"]
        expected = share * answer(shown) + (1.0 - share) * answer(shown.at("strength", 0.0))
        correction = _enlarged(answer(shown.at(axis, at)) - expected, blend.shape[:2])
        return Image.fromarray((blend + correction).clip(0, 255).round().astype(np.uint8))

    return make


def _open(path: str) -> Values:
    with Image.open(path) as image:
        return _values(image)


def _sample(values: Values) -> Values:
    """Every fourth pixel, to measure by."""
    return values[::2, ::2].copy()


def _values(image: Image.Image) -> Values:
    return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"), dtype=np.float32)


def _enlarged(values: Values, size: tuple[int, int]) -> Values:
    """Each channel to (height, width), bilinear."""
    planes = [
        Image.fromarray(np.ascontiguousarray(values[..., k])).resize(size[::-1], Image.Resampling.BILINEAR)
        for k in range(values.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def _data_url(image: Image.Image) -> str:
    """Lossless, as a lossy preview of noise would differ more from the truth than the blend does; with its profile."""
    stream, kept = io.BytesIO(), image.convert("RGBA" if image.has_transparency_data else "RGB")
    profile = image.info.get("icc_profile") or b""
    kept.save(stream, "WEBP", lossless=True, quality=0, method=0, exact=True, icc_profile=profile)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
