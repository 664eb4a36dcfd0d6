"""One photo's work: read, assessed, enhanced and written whole beside its place, with two small pictures of it.

What comes of it is a row for the journal, also where it failed: one damaged photo does not stop the others.
"""

import errno
import io
import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms

from controllable.batch.journal import DONE, FAILED, SKIPPED, Row, fingerprint
from controllable.batch.plan import Item, Settings
from controllable.enhancer import Enhancer, Progress, Result
from controllable.files import write_whole
from controllable.quality.report import QualityReport

THUMBNAIL_PX = 320
"""Longer side of the small pictures."""
BEFORE, AFTER = "before", "after"
Turn = Callable[[], AbstractContextManager[Any]]
_log = logging.getLogger(__name__)


class Stopped(Exception):
    """Raised by a progress function to stop within a photo, of which nothing is kept."""


class Worker:
    """work: folder in which outputs are written; report: that of the small pictures; both are there."""

    def __init__(self, enhancer: Enhancer, settings: Settings, work: Path, report: Path) -> None:
        self.enhancer, self.settings = enhancer, settings
        self.work, self.report = work, report

    def do(self, item: Item, progress: Progress | None = None, turn: Turn = nullcontext) -> Row:
        """The photo's row; its output, if it has one, lies where `Journal.part` says.

        progress: as `Enhancer.enhance` takes it; turn: entered while models run. Raises Stopped, and OSError where the
        disk is full.
        """
        row: Row = {"file": item.name, "output": None, "status": FAILED, "reason": None, "key": item.key}
        started = time.perf_counter()
        try:
            row["source"] = fingerprint(item.source)
            row |= self._do(item, progress, turn)
        except Stopped:
            raise
        except Exception as error:
            if _disk_full(error):
                raise OSError(f"{self.work.parent}: the disk is full; what is there is whole") from None
            row["reason"] = _reason(error)
        return row | {"seconds": round(time.perf_counter() - started, 3)}

    def _do(self, item: Item, progress: Progress | None, turn: Turn) -> Row:
        settings, enhancer = self.settings, self.enhancer
        with turn():
            if settings.where.text:
                quality = enhancer.assess(item.source)
                if not settings.where(quality):
                    return {"status": SKIPPED, "reason": f"not {settings.where.text}", **_measured(quality)}
            result = enhancer.enhance(
                item.source, settings.instruction, strength=settings.strength, fidelity=settings.fidelity,
                region_mask=settings.mask, force=settings.force, guard=settings.guard, model=settings.model,
                progress=progress,
            )  # fmt: skip
            before = enhancer.resized(item.source, _small(enhancer.size(item.source)))
        part = self.work / f"{item.key}{Path(item.output).suffix}"
        notes = result.picture.notes + result.save(part, gps=settings.gps, provenance=settings.provenance)
        self._keep_small(item, before, result)
        height, width = result.picture.size
        return {
            "status": DONE, "output": item.output, "size": [width, height], "bytes": _flushed(part),
            "applied": {task.value: round(value, 4) for task, value in result.applied.items()},
            **_measured(result.quality_before), "score_after": round(result.quality_after.score, 2),
            "notes": list(notes),
        }  # fmt: skip

    def _keep_small(self, item: Item, before: Any, result: Result) -> None:
        after = replace(result.picture, kind="pil").resized(_small(result.picture.size)).export()
        for image, which in ((before, BEFORE), (after, AFTER)):
            stream = io.BytesIO()
            _in_srgb(image).save(stream, "WEBP", quality=75)
            write_whole(stream.getvalue(), self.report / small_name(item.key, which))


def _measured(quality: QualityReport) -> Row:
    """Of the photo before."""
    values = quality.to_dict()
    return {"severity": values["severity"], "score_before": values["score"]}


def small_name(key: str, which: str) -> str:
    """Of the small picture before or after, in the folder `report`."""
    return f"{key}-{which}.webp"


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) → that of its small picture."""
    share = min(1.0, THUMBNAIL_PX / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _in_srgb(image: Image.Image) -> Image.Image:
    """In the colours of the web, without the profile, which may be larger than the small picture."""
    profile = image.info.get("icc_profile")
    image = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB")) or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that cannot be used changes nothing
    image.info.clear()
    return image


def _flushed(path: Path) -> int:
    """The size of a file, once it is on the disk."""
    with open(path, "rb") as stream:
        os.fsync(stream.fileno())
        return os.fstat(stream.fileno()).st_size


def _reason(error: Exception) -> str:
    if isinstance(error, (ValueError, OSError)):
        return " ".join(str(error).split()).removeprefix("image: ")
    if isinstance(error, MemoryError) or "memory" in str(error):
        return "there is not enough memory for a picture of this size"
    _log.exception("a photo of a batch failed")
    return f"the program itself failed ({type(error).__name__}); its log has the details"


def _disk_full(error: Exception) -> bool:
    """A full disk would fail every photo to come."""
    return any(os.strerror(code) in str(error) for code in (errno.ENOSPC, errno.EDQUOT))
