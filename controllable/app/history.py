"""History: the results of one loaded page, newest first, bounded in number and bytes; nobody else sees them."""

from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from controllable.app.files import new_file, write_preview
from controllable.app.language import Text, pick
from controllable.app.live import Shown
from controllable.app.words import brief

MOST_RESULTS = 12
MOST_BYTES = 400 * 2**20
"""Of all result files of a history together."""
ORIGINAL = 0
"""The number of the photo itself where results are numbered from 1."""
GONE: Text = (
    "history: this result was deleted (results are kept for an hour); run it again",
    "历史：该结果已被删除（结果只保留一小时），请重新运行",
)
OTHER_PHOTO: Text = (
    "compare: these two were made of different photos",
    "对比：这两个结果来自不同的照片",
)


THUMBNAIL_PX = 240


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result. number: from 1, in the order they were made; file: the whole result; thumbnail: a small one of it."""

    number: int
    shown: Shown
    file: str
    thumbnail: str
    size_bytes: int
    outcome: str

    def caption(self, *, chinese: bool) -> str:
        """How strongly, and what was asked."""
        asked = self.shown.preset
        strengths = [("strength", "强度", asked.strength), ("fidelity", "保真", asked.fidelity)]
        said = [f"{zh if chinese else en} {value:.0%}" for en, zh, value in strengths if value != 1.0]
        wish = asked.instruction.prompt or brief(asked.instruction, chinese=chinese)
        return " · ".join([str(self.number), *said, wish if len(wish) <= 40 else f"{wish[:39]}…"])


@dataclass(frozen=True, kw_only=True)
class History:
    """entries: newest first; picked: the number of the one on the comparison's right side; made: how many ever."""

    entries: tuple[Entry, ...] = ()
    picked: int = ORIGINAL
    made: int = 0

    def with_result(self, shown: Shown, file: str, thumbnail: str, outcome: str) -> "History":
        """A new history whose newest result is this one, and picked; what no longer has room is deleted."""
        entry = Entry(
            number=self.made + 1, shown=shown, file=file, thumbnail=thumbnail, outcome=outcome,
            size_bytes=Path(file).stat().st_size,
        )  # fmt: skip
        kept, left = [entry], MOST_BYTES - entry.size_bytes
        for old in self.entries:
            left -= old.size_bytes
            if len(kept) == MOST_RESULTS or left < 0:
                Path(old.file).unlink(missing_ok=True)
                left = -1
            else:
                kept.append(old)
        return History(entries=tuple(kept), picked=entry.number, made=entry.number)

    def pick(self, number: int) -> "History":
        """Raises ValueError if that result, or its file, is gone."""
        self.entry(number)
        return replace(self, picked=number)

    def entry(self, number: int) -> Entry:
        """Raises ValueError if that result, or one of its files, is gone."""
        for entry in self.entries:
            if entry.number == number and Path(entry.file).is_file() and Path(entry.shown.after).is_file():
                return entry
        raise ValueError(pick(GONE))


def pair(history: History, left: int) -> tuple[str, str]:
    """Files of the picked result on the right and, in its size, of another or the photo on the left.

    Raises ValueError if one is gone, or if they were made of different photos.
    """
    right = history.entry(history.picked).shown
    if left == ORIGINAL:
        if not Path(right.before).is_file():
            raise ValueError(pick(GONE))
        return right.before, right.after
    other = history.entry(left).shown
    if other.photo != right.photo:
        raise ValueError(pick(OTHER_PHOTO))
    with Image.open(other.after) as first, Image.open(right.after) as second:
        if first.size == second.size:
            return other.after, right.after
        resized = first.resize(second.size, Image.Resampling.BICUBIC)
        resized.info = first.info
        return write_preview(resized), right.after


def thumbnail(picture: str) -> str:
    """A small file of a picture."""
    path = new_file("thumbnail.webp")
    with Image.open(picture) as image:
        image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        image.convert("RGBA" if image.has_transparency_data else "RGB").save(path, "WEBP", quality=90)
    return str(path)
