"""Photos and settings → what is to be done: one Item a photo, each with an output of its own."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from controllable.batch.journal import DONE, Row
from controllable.batch.where import Where
from controllable.instruction.instruction import Instruction

READ = (
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".gif", ".bmp", ".ppm", ".pgm",
)  # fmt: skip
FORMATS = {"png": ".png", "jpg": ".jpg", "webp": ".webp", "tiff": ".tiff", "avif": ".avif"}
"""What outputs may be; PNG, WebP and TIFF lose nothing."""
SAME = "same"
"""The photo's own format where it is one of those, else PNG."""
_WRITTEN = (*FORMATS.values(), ".jpeg", ".tif")
_BAD_IN_NAMES = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every photo is done with. strength to model: as `Enhancer.enhance` takes them; mask: (H, W), uint8, 0 where
    nothing is to be done; where: photos for which it does not hold are left out; format: one of `FORMATS` or `SAME`;
    suffix: added to names; gps, provenance: as `Result.save` takes them; weights: SHA-256 of all weights there are.

    Raises ValueError, with one sentence, for bad values.
    """

    instruction: Instruction
    strength: float = 1.0
    fidelity: float = 1.0
    force: bool = False
    guard: bool = True
    model: str | None = None
    mask: np.ndarray | None = None
    where: Where = field(default_factory=Where)
    format: str = "png"
    suffix: str = ""
    gps: bool = True
    provenance: bool = True
    weights: str = ""

    def __post_init__(self) -> None:
        if self.instruction.refused is not None:
            raise ValueError(self.instruction.refused)
        if self.instruction.empty:
            raise ValueError("prompt: asks for nothing that can be done")
        if self.instruction.region == "mask" and self.mask is None:
            raise ValueError("mask: there is none; give one, or name another region")
        for name in ("strength", "fidelity"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: {getattr(self, name)} is outside [0, 1]")
        if self.format not in (*FORMATS, SAME):
            raise ValueError(f"format: {self.format!r} is not one of {', '.join((*FORMATS, SAME))}")
        if len(self.suffix) > 50 or not self.suffix.isprintable() or _BAD_IN_NAMES & set(self.suffix):
            raise ValueError(f"suffix: {self.suffix[:60]!r} must be at most 50 characters that file names may have")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; equal ones make equal outputs of equal photos."""
        mask = None
        if self.mask is not None:
            mask = hashlib.sha256(f"{self.mask.shape}".encode() + self.mask.tobytes()).hexdigest()
        plain = {name: getattr(self, name) for name in ("strength", "fidelity", "force", "guard", "model")}
        return {
            "batch": 1, "instruction": self.instruction.to_dict(), **plain, "mask": mask, "where": self.where.text,
            "format": self.format, "suffix": self.suffix, "gps": self.gps, "provenance": self.provenance,
            "weights": self.weights,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Item:
    """name: the photo's path below its folder, with slashes; output: likewise below the folder of the results."""

    name: str
    source: Path
    output: str

    @property
    def key(self) -> str:
        """For files that belong to this photo, whatever its name."""
        return hashlib.sha256(self.name.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def find_photos(folder: Path, out: Path, *, recursive: bool = True) -> dict[str, Path]:
    """Name → file of every photo in a folder, and below it, sorted; hidden ones are left alone.

    Raises ValueError if there is none, or if one of the two folders is in the other.
    """
    inside, outside = folder.resolve(), out.resolve()
    if not folder.is_dir():
        raise ValueError(f"input: {folder} is not a folder")
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise ValueError(f"output: {out} and the photos' folder {folder} must not lie in one another")
    if out.exists() and not out.is_dir():
        raise ValueError(f"output: {out} is not a folder")
    found = {}
    for path in folder.rglob("*") if recursive else folder.glob("*"):
        below = path.relative_to(folder)
        if path.suffix.lower() in READ and not any(part.startswith(".") for part in below.parts) and path.is_file():
            found[below.as_posix()] = path
    if not found:
        raise ValueError(f"input: there is no photo in {folder} ({', '.join(READ)})")
    return dict(sorted(found.items()))


def plan(photos: Mapping[str, Path], settings: Settings, rows: Mapping[str, Row] | None = None) -> list[Item]:
    """An Item for each photo (name → file). Where "a.jpg" and "a.png" would both become "a.png", each keeps its suffix
    in its output's name; what has been made already, by `rows` (name → row), keeps the name it has.
    """
    made = {name: row["output"] for name, row in (rows or {}).items() if name in photos and row["status"] == DONE}
    stems = {name: name.removesuffix(Path(name).suffix) for name in photos}
    wanted = {name: f"{stem}{settings.suffix}{_ending(name, settings)}" for name, stem in stems.items()}
    often = Counter(output.casefold() for output in wanted.values())
    taken = {output.casefold() for output in made.values()}
    items = []
    for name, source in photos.items():
        output = made.get(name)
        if output is None:
            full = f"{name}{settings.suffix}{_ending(name, settings)}"
            output = _free(full if often[wanted[name].casefold()] > 1 else wanted[name], full, taken)
            taken.add(output.casefold())
        items.append(Item(name=name, source=source, output=output))
    return items


def check_free(items: Sequence[Item], out: Path, rows: Mapping[str, Row]) -> None:
    """Raises ValueError if a file is in the way that no earlier run has made."""
    made = {row["output"] for row in rows.values()}
    for item in items:
        if item.output not in made and (out / item.output).exists():
            raise ValueError(
                f"output: {out / item.output} is there and was not made by this batch; name another folder, or "
                "--overwrite"
            )


def _ending(name: str, settings: Settings) -> str:
    own = Path(name).suffix.lower()
    if settings.format != SAME:
        return FORMATS[settings.format]
    return own if own in _WRITTEN else ".png"


def _free(output: str, full: str, taken: set[str]) -> str:
    """The name, or else the one with its suffix in it, or else that with a number."""
    count = 1
    while output.casefold() in taken:
        stem, ending = full.removesuffix(Path(full).suffix), Path(full).suffix
        output = full if count == 1 else f"{stem} ({count}){ending}"
        count += 1
    return output
