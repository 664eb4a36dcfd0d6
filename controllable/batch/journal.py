"""The journal of a batch: one JSON object a photo, on the disk before its output appears, so that a run that was killed
at any time goes on where it was.

    OUT/report.jsonl   a row for each photo, in the order they were done; of several the last counts
    OUT/report/        settings.json, and the small pictures of the contact sheet
    OUT/.controllable-batch/   what is being written; gone when a run is over

A photo's output is written whole into the last of these, then its row is added to the journal, then the output is moved
to its place. So a row whose output is not at its place has it among what is being written: it is moved there, not made
again. What no row speaks of was not finished, and is removed.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from controllable.files import write_whole

try:
    import fcntl
except ImportError:  # Windows: two runs at once are not noticed
    fcntl = None  # type: ignore[assignment]

JOURNAL, REPORT, SETTINGS, WORK = "report.jsonl", "report", "settings.json", ".controllable-batch"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"
Row = dict[str, Any]
"""file, output, status, reason, size [width, height] and bytes of the output, seconds, applied, severity, score_before,
score_after, source {sha256, bytes, mtime_ns}, key."""


class Journal:
    """The rows of the batch in a folder, name of a photo → its row. Nothing is written before `begin`.

    settings: JSON types; what every photo is done with. overwrite: begin anew where other settings made what is there.
    Raises ValueError, with one sentence, if other settings made it, or if another run is writing there.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, overwrite: bool = False) -> None:
        self.folder, self.settings = folder, dict(settings)
        self.work, self.report = folder / WORK, folder / REPORT
        self._stream: IO[bytes] | None = None
        content = self._content()
        self._seen_bytes = len(content)
        self.rows, self._sound_bytes = _rows(content if self._same(content, overwrite) else b"")

    def __enter__(self) -> "Journal":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            shutil.rmtree(self.work, ignore_errors=True)
            self._stream.close()
            self._stream = None

    def _begin(self) -> None:
        """Make the folder, finish what had been made, remove what had not."""
        try:
            self.report.mkdir(parents=True, exist_ok=True)
            self._stream = open(self.folder / JOURNAL, "ab")  # noqa: SIM115
        except OSError as error:
            raise ValueError(f"output: cannot write into {self.folder} ({error.strerror})") from None
        self._lock()
        if os.fstat(self._stream.fileno()).st_size != self._seen_bytes:
            raise ValueError(f"output: another run has just written into {self.folder}; begin again")
        self._stream.truncate(self._sound_bytes)
        write_whole(_line(self.settings), self.report / SETTINGS)
        for row in self.rows.values():
            if row["status"] == DONE and (part := self.part(row)).is_file():
                self._place(row, part)
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()

    def _lock(self) -> None:
        assert self._stream is not None
        if fcntl is not None:
            try:
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._stream.close()
                self._stream = None
                raise ValueError(f"output: another run is writing into {self.folder}; wait for it") from None

    def part(self, row: Mapping[str, Any]) -> Path:
        """Where the output is before it is at its place."""
        return self.work / f"{row['key']}{Path(row['output']).suffix}"

    def add(self, row: Row) -> None:
        """Write a row down, and only then move the output, if there is one, to its place. Raises OSError."""
        assert self._stream is not None
        if row["status"] == DONE and not self.part(row).is_file():
            raise OSError(f"{self.part(row)} is not there; it must be one folder for all machines")
        try:
            self._stream.write(_line(row))
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise OSError(f"{self.folder / JOURNAL} was not written: {error.strerror}") from None
        self.rows[row["file"]] = row
        if row["status"] == DONE:
            self._place(row, self.part(row))

    def _place(self, row: Row, part: Path) -> None:
        output = self.folder / row["output"]
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, output)
        except OSError as error:
            raise OSError(f"{output} was not written: {error.strerror}") from None

    def finished(self, name: str, source: Path) -> Row | None:
        """The row of a photo that need not be done again: its file is the same, and its output, if any, is there."""
        row = self.rows.get(name)
        if row is None or row["status"] == FAILED or not _unchanged(row["source"], source):
            return None
        if row["status"] == DONE:
            try:
                if (self.folder / row["output"]).stat().st_size != row["bytes"]:
                    return None
            except OSError:
                return None
        return row

    def _content(self) -> bytes:
        try:
            return (self.folder / JOURNAL).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise ValueError(f"output: cannot read {self.folder / JOURNAL} ({error.strerror})") from None

    def _same(self, content: bytes, overwrite: bool) -> bool:
        """Whether what is there, if anything, was made with these settings."""
        if not content:
            return True
        try:
            before = json.loads((self.folder / REPORT / SETTINGS).read_bytes())
        except (OSError, ValueError):
            before = None
        if before == self.settings:
            return True
        if overwrite:
            return False
        other = before if isinstance(before, dict) else {}
        names = dict.fromkeys([*self.settings, *other])
        key = next((name for name in names if other.get(name) != self.settings.get(name)), "batch")
        raise ValueError(
            f"output: {self.folder} holds a batch made with {key} {_short(other.get(key))}, not "
            f"{_short(self.settings.get(key))}; name another folder, or --overwrite"
        )


def fingerprint(path: Path) -> dict[str, Any]:
    """By which a photo's file is known again. Raises OSError."""
    state = path.stat()
    return {"sha256": _sha256(path), "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}


def _unchanged(known: Mapping[str, Any], path: Path) -> bool:
    """A file that only got another time is read; one of the same size and time is not."""
    try:
        state = path.stat()
        if state.st_size != known["bytes"]:
            return False
        return state.st_mtime_ns == known["mtime_ns"] or _sha256(path) == known["sha256"]
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _rows(content: bytes) -> tuple[dict[str, Row], int]:
    """Name → last row, and up to which byte the journal is whole: a run that was killed may have left half a line."""
    rows, sound = {}, 0
    for line in content.splitlines(keepends=True):
        row = _row(line)
        if row is None or not line.endswith(b"\n"):
            break
        rows[row["file"]] = row
        sound += len(line)
    return rows, sound


def _row(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
        sound = isinstance(row["file"], str) and row["key"].isalnum() and row["status"] in (DONE, SKIPPED, FAILED)
        if row["status"] != FAILED:
            sound = sound and {"bytes", "mtime_ns", "sha256"} <= set(row["source"])
        if row["status"] == DONE:
            sound = sound and _below(row["output"]) and isinstance(row["bytes"], int)
        return row if sound else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _below(name: str) -> bool:
    """Whatever a journal says, outputs lie in its own folder."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _line(values: Mapping[str, Any]) -> bytes:
    """One line of JSON; of a file's name that is not Unicode, the escapes."""
    return (json.dumps(values, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
