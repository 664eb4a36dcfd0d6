"""Clean photos → a paired data set: clean and degraded pictures, and a manifest that replays and checks them.

    OUT/clean/NAME.png, OUT/degraded/NAME-SEED.png, OUT/manifest.jsonl, OUT/manifest.sha256, OUT/settings.json

A run that was stopped goes on where it was: nothing is made twice, and the manifest's bytes are those of a run that was
not stopped. A private export differs in that: its clean pictures are noised ones, which nothing makes again, so those
that are there already are kept; its rows say nothing of a photo but the name of its file and its size.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from controllable.degradation.choice import Choice
from controllable.degradation.manifest import Ledger, Row
from controllable.degradation.private import Pixelation, pixelate
from controllable.files import write_whole
from controllable.image.picture import Picture, load
from controllable.image.pixels import to_float, to_stored

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif")
MOST_VARIANTS = 1000
Progress = Callable[[float, str], None]
"""Called with the share of all photos that is done, in [0, 1], and the present one's name; it may raise to cancel."""


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """variants: pairs made of each photo; seed: everything random comes from it and the photo's name, so that adding
    photos changes no pair; crop_px: photos are cut to the largest middle part whose sides are multiples of it, None:
    they stay whole; private: both pictures of a pair are made of what this leaves of the photo, drawn once, so that no
    number of variants tells more of it."""

    choice: Choice
    variants: int = 1
    seed: int = 0
    crop_px: int | None = None
    private: Pixelation | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.variants <= MOST_VARIANTS:
            raise ValueError(f"variants: {self.variants} is outside [1, {MOST_VARIANTS}]")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed: {self.seed} is outside [0, 2147483647]")
        if self.crop_px is not None and self.crop_px < 1:
            raise ValueError(f"crop: {self.crop_px} px; it must be at least 1")
        if self.private and self.crop_px and self.crop_px % self.private.cell_px:
            raise ValueError(f"crop: {self.crop_px} px is no multiple of the private cells, {self.private.cell_px} px")
        if self.choice.idle:
            raise ValueError("severity: every one is 0; name a recipe, a learned degrader, or a severity")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; equal ones make equal pairs."""
        severity = self.choice.severity
        chosen = {} if severity is None else {"severity": {task.value: s for task, s in severity.items() if s > 0}}
        private = {} if self.private is None else {"private": self.private.to_dict()}
        return {
            "format": 1, **self.choice.origin, "weights": self.choice.weights, **chosen,
            "variants": self.variants, "seed": self.seed, "crop_px": self.crop_px, **private,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Exported:
    """pairs: in the data set now; made: by this run; skipped: name of a photo → the sentence that says why."""

    folder: Path
    pairs: int
    made: int
    skipped: Mapping[str, str]


def find_photos(folder: Path, out: Path) -> dict[str, Path]:
    """Name → file of every photo below a folder, sorted; the name is the path below it without the suffix.

    Raises ValueError if there is none, or if one of the two folders is in the other.
    """
    inside, outside = folder.resolve(), out.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise ValueError(f"output: {out} and the photos' folder {folder} must not lie in one another")
    files = [p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.name[0] != "." and p.is_file()]
    if not files:
        raise ValueError(f"input: there is no photo below {folder} ({', '.join(SUFFIXES)})")
    return name_photos([path.relative_to(folder).as_posix() for path in files], files)


def name_photos(paths: Sequence[str], files: Sequence[Path]) -> dict[str, Path]:
    """Name → file, sorted; where "a.jpg" and "a.png" would both be "a", each keeps its suffix in its name."""
    bare = [path.removesuffix(Path(path).suffix) for path in paths]
    often = Counter(name.casefold() for name in bare)
    names = [path if often[name.casefold()] > 1 else name for path, name in zip(paths, bare, strict=True)]
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise ValueError(f"input: two photos are called {twice[0]}; rename one")
    return dict(sorted(zip(names, files, strict=True)))


def export(
    photos: Mapping[str, Path], out: Path, settings: ExportSettings, progress: Progress | None = None
) -> Exported:
    """Make what is not there yet of the pairs of these photos (name → file), one photo at a time.

    A photo that is damaged, too large or smaller than a crop is skipped. Raises ValueError, with one sentence, if none
    can be read, or if `out` holds something else; OSError if the disk is full: then only whole files are there.
    """
    ledger, skipped, made = Ledger(out, settings.to_dict()), {}, 0
    for number, (name, file) in enumerate(photos.items()):
        if progress is not None:
            progress(number / len(photos), name)
        wanted = pair_seeds(name, settings)
        known = ledger.of(_clean_file(name))
        missing = [seed for seed in wanted if _degraded_file(name, seed) not in known]
        if not missing:
            continue
        try:
            kept = bool(known) or _is_kept(out / _clean_file(name), settings)
            picture = load(out / _clean_file(name)) if kept else _clean_picture(file, settings)
        except ValueError as error:
            skipped[name] = str(error)
            continue
        ledger.begin()
        first = next(iter(known.values()), None)
        digest = _write(picture, out / _clean_file(name)) if first is None else first["sha256"]["clean"]
        origin = {"photo": file.name} if settings.private is None else {}
        for seed in missing:
            ledger.add(_pair(picture, digest, name, origin, seed, out, settings.choice))
            made += 1
            if progress is not None:
                progress((number + (wanted.index(seed) + 1) / len(wanted)) / len(photos), name)
    if progress is not None:
        progress(1.0, "")
    if not ledger:
        raise ValueError(f"input: no photo can be used: {next(iter(skipped.values()), 'there is none')}")
    ledger.seal()
    return Exported(folder=out, pairs=len(ledger), made=made, skipped=skipped)


def pair_seeds(name: str, settings: ExportSettings) -> list[int]:
    """Of each variant of a photo, consecutive from a hash of seed and name on; in [0, 2^31 - 1]."""
    start = int.from_bytes(hashlib.sha256(f"{settings.seed}/{name}".encode("utf-8", "surrogateescape")).digest()[:4])
    return [(start + k) % 2**31 for k in range(settings.variants)]


def _is_kept(clean: Path, settings: ExportSettings) -> bool:
    """Whether a photo's private picture is there already: a second one, with other noise, would tell more of it."""
    return settings.private is not None and clean.is_file()


def _pair(
    picture: Picture, digest: str, name: str, origin: Mapping[str, str], seed: int, out: Path, choice: Choice
) -> Row:
    """Write the degraded picture; returns the pair's row. origin: what it says of where the photo came from."""
    params = choice.sample(seed)
    degraded = picture.with_rgb(choice.apply(picture.rgb, params))
    height, width = picture.size
    return {
        "clean": _clean_file(name), "degraded": _degraded_file(name, seed), **origin, "seed": seed,
        **choice.origin, "size": [width, height], "params": params.to_dict(),
        "sha256": {"clean": digest, "degraded": _write(degraded, out / _degraded_file(name, seed))},
    }  # fmt: skip


def _clean_picture(file: Path, settings: ExportSettings) -> Picture:
    """A photo as every pair of it sees it: RGB of 8 bits, its profile, cut to multiples of `crop_px`; a private one
    without the profile, which may name a camera or a scanner."""
    picture, crop_px = load(file), settings.crop_px
    planes = picture.planes[:1, :3]
    if crop_px is not None:
        height, width = picture.size
        if min(height, width) < crop_px:
            raise ValueError(f"image: {file.name} has {width}×{height} px, fewer than {crop_px} a side")
        high, wide = (side - side % crop_px for side in (height, width))
        top, left = (height - high) // 2, (width - wide) // 2
        planes = planes[..., top : top + high, left : left + wide]
    if settings.private is not None:
        return Picture(planes=to_stored(pixelate(to_float(planes), settings.private), torch.uint8))
    eight_bits = planes if planes.dtype == torch.uint8 else to_stored(to_float(planes), torch.uint8)
    return Picture(planes=eight_bits, icc_profile=picture.icc_profile)


def _write(picture: Picture, path: Path) -> str:
    """As PNG, with the colour profile but without EXIF, which may say where and by whom; its SHA-256."""
    image, stream = picture.export(), io.BytesIO()
    image.save(stream, "PNG", compress_level=2, icc_profile=image.info.get("icc_profile"))
    content = stream.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{path.parent} was not made: {error.strerror}") from None
    write_whole(content, path)
    return hashlib.sha256(content).hexdigest()


def _clean_file(name: str) -> str:
    return f"clean/{name}.png"


def _degraded_file(name: str, seed: int) -> str:
    return f"degraded/{name}-{seed}.png"
