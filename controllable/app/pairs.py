"""Uploaded photos → a paired data set in one ZIP, with the layout that `degrade FOLDER OUT` makes."""

import tempfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from controllable.degradation.export import Exported, ExportSettings, Progress, export, name_photos
from controllable.image.picture import FORMATS

MOST_PHOTOS = 40
MOST_PAIR_PIXELS = 60_000_000
"""Of all degraded pictures together: 15 s of one core for a recipe, a minute and more for a learned degrader, in which
nobody else's turn comes."""


def zip_pairs(
    photos: Sequence[str], settings: ExportSettings, path: Path, progress: Progress | None = None
) -> Exported:
    """Write the ZIP to `path`; nothing is left if `progress` raises. The result's folder is gone already.

    Raises ValueError, with one sentence, for no photo, too many or too large ones, and if none can be read.
    """
    if not photos:
        raise ValueError("photos: there is none yet; choose some first")
    if len(photos) > MOST_PHOTOS:
        raise ValueError(f"photos: {len(photos)} are too many; at most {MOST_PHOTOS} at a time")
    pixels = settings.variants * sum(_pixels(photo) for photo in photos)
    if pixels > MOST_PAIR_PIXELS:
        raise ValueError(
            f"photos: {settings.variants} × {pixels / settings.variants / 1e6:.1f} megapixels are too many; "
            f"at most {MOST_PAIR_PIXELS / 1e6:.0f} in all"
        )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "pairs"
        done = export(name_photos(_names(photos), [Path(photo) for photo in photos]), out, settings, progress)
        _zip(out, path)
    return done


def _names(photos: Sequence[str]) -> list[str]:
    """Of the uploaded files; where two visitors' folders had one of the same name, a number tells them apart."""
    names = [Path(photo).name for photo in photos]
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name.casefold()] += 1
        count = seen[name.casefold()]
        distinct.append(name if count == 1 else f"{Path(name).stem} ({count}){Path(name).suffix}")
    return distinct


def _pixels(photo: str) -> int:
    """Said by the file's head; a file that is no picture has none, and will be skipped."""
    try:
        with Image.open(photo, formats=FORMATS) as opened:
            return opened.width * opened.height
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0


def _zip(folder: Path, path: Path) -> None:
    """Stored, as PNG is compressed already, and without times, so that equal data sets are equal files."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
