"""The record of a paired data set: one JSON object a pair, added as pairs are made, sealed with a checksum."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controllable.files import write_whole

MANIFEST, CHECKSUM, SETTINGS = "manifest.jsonl", "manifest.sha256", "settings.json"
JOURNAL = "manifest.part"
"""Pairs made so far; it is there as long as the data set is not finished."""
KINDS = ("clean", "degraded")
"""The two folders, and the two files of a row."""
Row = dict[str, Any]


class Ledger:
    """The rows of the data set in `folder`, whose files are there; nothing is written before the first `add`.

    settings: JSON types; what every pair is made with. Raises ValueError, with one sentence, if the folder holds
    something else, or pairs made with other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder, self.settings = folder, dict(settings)
        self._check()
        found = [*_journal(folder / JOURNAL), *(read_rows(folder) if (folder / MANIFEST).exists() else ())]
        self._rows: dict[str, dict[str, Row]] = {}
        for row in found:
            if all((folder / row[kind]).is_file() for kind in KINDS):
                self._keep(row)
        self._begun = False
        self._whole = len(self) == len(found) and not (folder / JOURNAL).exists()

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows.values())

    def of(self, clean: str) -> Mapping[str, Row]:
        """Degraded file → row, of the pairs that share a clean file."""
        return self._rows.get(clean, {})

    def _keep(self, row: Row) -> None:
        self._rows.setdefault(row["clean"], {})[row["degraded"]] = row

    def _all(self) -> list[Row]:
        rows = [row for rows in self._rows.values() for row in rows.values()]
        return sorted(rows, key=lambda row: (row["clean"], row["seed"]))

    def begin(self) -> None:
        """Make the folder, and write down what it is for."""
        if self._begun:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"output: cannot make {self.folder} ({error.strerror})") from None
        write_whole(_line(self.settings), self.folder / SETTINGS)
        write_whole(b"".join(_line(row) for row in self._all()), self.folder / JOURNAL)
        self._begun = True

    def add(self, row: Row) -> None:
        """A pair whose files have been written."""
        self.begin()
        try:
            with open(self.folder / JOURNAL, "ab") as stream:
                stream.write(_line(row))
        except OSError as error:
            raise OSError(f"{self.folder / JOURNAL} was not written: {error.strerror}") from None
        self._keep(row)
        self._whole = False

    def seal(self) -> None:
        """Write the manifest, sorted, and its checksum, as `sha256sum --check` reads it."""
        if self._whole:
            return
        content = b"".join(_line(row) for row in self._all())
        write_whole(content, self.folder / MANIFEST)
        write_whole(f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode(), self.folder / CHECKSUM)
        (self.folder / JOURNAL).unlink(missing_ok=True)
        self._whole = True

    def _check(self) -> None:
        if not self.folder.exists() or (self.folder.is_dir() and not any(map(_counts, self.folder.iterdir()))):
            return
        try:
            before = json.loads((self.folder / SETTINGS).read_bytes())
        except (OSError, ValueError):
            raise ValueError(f"output: {self.folder} holds other things; name a new or an empty folder") from None
        if before != self.settings:
            other = before if isinstance(before, dict) else {}
            names = dict.fromkeys([*self.settings, *other])
            key = next((name for name in names if other.get(name) != self.settings.get(name)), "format")
            raise ValueError(
                f"output: {self.folder} holds pairs made with {key} {json.dumps(other.get(key))}, not "
                f"{json.dumps(self.settings.get(key))}; name another folder"
            )


def read_rows(folder: Path) -> list[Row]:
    """The manifest of a finished data set. Raises ValueError if there is none, or for a line that is no row of it."""
    try:
        lines = (folder / MANIFEST).read_bytes().splitlines()
    except OSError as error:
        raise ValueError(f"manifest: cannot read {folder / MANIFEST} ({error.strerror}); is it finished?") from None
    rows = [_row(line) for line in lines]
    for number, row in enumerate(rows, 1):
        if row is None:
            raise ValueError(f"manifest: line {number} of {MANIFEST} is damaged")
    return [row for row in rows if row is not None]


def _journal(path: Path) -> list[Row]:
    """Rows up to the first that is not whole: a run that was killed may have left half a line."""
    rows = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        row = _row(line)
        if row is None:
            break
        rows.append(row)
    return rows


def _counts(path: Path) -> bool:
    """Whether a folder with this in it is no longer empty: neither hidden nor left by a run that was killed."""
    return path.name[0] != "." and path.suffix != ".tmp"


def _row(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
        sound = all(_inside(row[kind], kind) and len(row["sha256"][kind]) == 64 for kind in KINDS)
        return row if sound and isinstance(row["seed"], int) and isinstance(row["params"], dict) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _inside(name: str, kind: str) -> bool:
    """A manifest may come from strangers: its files are those of its own folder."""
    return name.startswith(f"{kind}/") and ".." not in Path(name).parts


def _line(values: Mapping[str, Any]) -> bytes:
    """One line of JSON; of a file's name that is not Unicode, the escapes."""
    return (json.dumps(values, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
