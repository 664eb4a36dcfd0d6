"""Pictures and sound in and out of the page: uploads left for our own decoder, results under names nobody shares."""

import functools
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from controllable.app.sentences import sentence
from controllable.degradation.export import SUFFIXES
from controllable.image.decode import check_file
from controllable.image.encode import save
from controllable.image.hardened import harden
from controllable.image.limits import PAGE, Limits, limits
from controllable.image.picture import FORMATS, Picture

PREVIEW_PX = 1600
"""Longer side of what is shown on the page; the download is always the whole picture."""
KEPT_S = 3600
"""Results are deleted after an hour."""


def restrict_pillow() -> None:
    """Leave Pillow only the formats the program reads, and harden those: other libraries open uploads too, with every
    plugin there is."""
    harden()
    Image.init()
    Image.ID[:] = [name for name in Image.ID if name in FORMATS]


def photo_input(**options: Any) -> gr.Image:
    """An image box that hands over the path of the uploaded file, untouched, once its header is found in order and no
    larger than a visitor may send (`limits.PAGE`).

    `gr.Image` opens the file with Pillow before the handler runs, whose failures the visitor cannot understand.
    """
    box = gr.Image(type="filepath", image_mode=None, **options)
    hand_over = _untouched("image")

    def checked(payload: Any) -> str | None:
        path = hand_over(payload)
        if path is not None:
            check_upload(path)
        return path

    box.preprocess = checked  # type: ignore[method-assign]
    return box


def check_upload(path: str) -> None:
    """Raises the page's error, with one sentence, for a file that is no picture or larger than a visitor may send."""
    try:
        state = Path(path).stat()
        _check(path, state.st_mtime_ns, state.st_size, limits(PAGE))
    except OSError:
        raise sentence("image: the upload is gone; send it again") from None
    except ValueError as error:
        raise sentence(str(error)) from None


@functools.lru_cache(maxsize=256)
def _check(path: str, written_ns: int, size: int, most: Limits) -> None:
    """A file is looked at once, whatever control is moved."""
    check_file(Path(path), most)


def audio_input(**options: Any) -> gr.Audio:
    """A sound box that hands over the path of the recording, untouched: `speech.audio` decodes it.

    `gr.Audio` converts with pydub before the handler runs, whose failures the visitor cannot understand.
    """
    box = gr.Audio(type="filepath", **options)

    box.preprocess = _untouched("audio")  # type: ignore[method-assign]
    return box


def _untouched(kind: str) -> Callable[[Any], str | None]:
    """A `preprocess` that hands over the path of an upload."""

    def hand_over(payload: Any) -> str | None:
        if payload is None:
            return None
        if payload.path is None:
            raise gr.Error(f"{kind}: send an uploaded file", print_exception=False)
        return str(payload.path)

    return hand_over


def write_png(image: Image.Image | Picture, photo: str | None, what: str) -> str:
    """Write losslessly, with all that the picture carries, into a folder of its own."""
    path = result_path(photo, what)
    save(image, path)
    return str(path)


def result_path(photo: str | None, what: str, suffix: str = ".png") -> Path:
    """Where a result may be written, in a folder of its own: "sea.jpg" → ".../sea-enhanced.png"; PNG where no format
    that can be written belongs to the suffix."""
    stem = re.sub(r"[^\w\- ]", "", Path(photo).stem)[:60] if photo else ""
    suffix = suffix.lower() if suffix.lower() in SUFFIXES else ".png"
    return _own_folder() / f"{stem or 'photo'}-{what}{suffix}"


def new_file(name: str) -> Path:
    """Where a result of that name may be written, in a folder of its own."""
    return _own_folder() / name


def write_json(text: str, beside: str) -> str:
    """Write text into a folder of its own, named after the picture it belongs to."""
    path = _own_folder() / f"{Path(beside).stem}.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def write_preview(image: Image.Image) -> str:
    """The picture at most `PREVIEW_PX` long, as PNG: the default lossy WebP would hide what was done."""
    size = shown_size(image.size)
    small = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    path = _own_folder() / "preview.png"
    small.save(path, "PNG", compress_level=1, icc_profile=image.info.get("icc_profile"))
    return str(path)


def shown_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which a picture of that size is shown on the page."""
    share = min(1.0, PREVIEW_PX / max(size))
    width, height = (max(1, round(side * share)) for side in size)
    return width, height


def _own_folder() -> Path:
    """A new folder nobody else writes to; old ones are swept on the way."""
    root = Path(tempfile.gettempdir()) / "controllable-page"
    root.mkdir(exist_ok=True)
    for folder in root.iterdir():
        try:
            if time.time() - folder.stat().st_mtime > KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue
    return Path(tempfile.mkdtemp(dir=root))
