"""A paired data set → whether its files are those of its manifest, and whether its parameters make them again."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from controllable.degradation.choice import replayed
from controllable.degradation.manifest import CHECKSUM, KINDS, MANIFEST, Row, read_rows
from controllable.image.picture import load
from controllable.image.pixels import to_stored
from controllable.trained import RUNS


@dataclass(frozen=True, kw_only=True)
class Verified:
    """pairs: in the manifest; replayed: how many were made again; faults: one sentence each, none if all is well."""

    pairs: int
    replayed: int
    faults: tuple[str, ...]


def verify(folder: Path, *, models: Path, runs: Path = RUNS, replays: int = 8) -> Verified:
    """Compare all checksums, and replay `replays` pairs, evenly spread, whose files are sound, on the CPU.

    Raises ValueError if the data set has no manifest or a learned degrader that it needs is missing.
    """
    rows = read_rows(folder)
    faults = _checksum_faults(folder)
    broken: dict[str, str] = {}
    for name, wanted in {row[kind]: row["sha256"][kind] for row in rows for kind in KINDS}.items():
        if fault := _file_fault(folder / name, wanted):
            broken[name] = f"{name}: {fault}"
    sound = [row for row in rows if not any(row[kind] in broken for kind in KINDS)]
    chosen = sound[:: max(1, len(sound) // replays)][:replays] if replays else []
    differing = [fault for row in chosen if (fault := _replay_fault(folder, row, models, runs))]
    return Verified(pairs=len(rows), replayed=len(chosen), faults=(*faults, *broken.values(), *differing))


def _checksum_faults(folder: Path) -> list[str]:
    try:
        wanted = (folder / CHECKSUM).read_text().split()[0]
    except (OSError, ValueError, IndexError):
        return [f"{CHECKSUM}: is missing or damaged"]
    fault = _file_fault(folder / MANIFEST, wanted)
    return [f"{MANIFEST}: {fault}"] if fault else []


def _file_fault(path: Path, wanted: str) -> str | None:
    try:
        with open(path, "rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if found == wanted else "is not the file that was written (checksum)"


def _replay_fault(folder: Path, row: Row, models: Path, runs: Path) -> str | None:
    choice, params = replayed(row, models, runs)
    clean, degraded = load(folder / row["clean"]), load(folder / row["degraded"])
    again = to_stored(choice.apply(clean.rgb, params), torch.uint8)
    if torch.equal(again, degraded.planes):
        return None
    levels = int((again.int() - degraded.planes.int()).abs().max())
    return f"{row['degraded']}: its parameters make other pixels, up to {levels} of 255 levels apart"
