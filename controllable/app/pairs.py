"""Uploaded photos → a paired data set in one ZIP, with the layout that `degrade FOLDER OUT` makes."""

import tempfile
import zipfile
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from controllable.degradation.export import Exported, ExportSettings, Progress, export, name_photos
from controllable.image.decode import check_file
from controllable.image.limits import PAGE, limits

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
        done = export(name_photos(distinct_names(photos), [Path(photo) for photo in photos]), out, settings, progress)
        zip_folder(out, path)
    return done


def distinct_names(photos: Sequence[str]) -> list[str]:
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
        height, width = check_file(Path(photo), limits(PAGE))
    except ValueError:
        return 0
    return height * width


def zip_folder(folder: Path, path: Path, without: Collection[Path] = ()) -> None:
    """Stored, as PNG is compressed already, and without times, so that equal folders are equal files.

    without: files to leave out.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file() and p not in without):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
