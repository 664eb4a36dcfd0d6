"""Files of every format, mode, depth, orientation and profile, made without this program: by Pillow, OpenCV, tifffile.

Each carries EXIF (with a place, a maker note and a small preview) and XMP (with a place) where its format holds them.
"""

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps

from benchmarks import profiles

HEIGHT, WIDTH = 24, 36
MAKER_NOTE = b"made by the maker\0" + bytes(range(64))
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    b' dc:title="Sea &amp; sky" exif:GPSLatitude="48,8.2N"><exif:GPSLongitude>11,34E</exif:GPSLongitude>'
    b'</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
Pixels = NDArray[Any]
_MODES = ("grey", "grey+alpha", "palette", "palette+alpha", "RGB", "RGBA", "CMYK", "1-bit")
_HELD: Mapping[str, tuple[str, ...]] = {
    "PNG": ("grey", "grey+alpha", "palette", "palette+alpha", "RGB", "RGBA", "1-bit"),
    "PNG 16": ("grey", "grey+alpha", "RGB", "RGBA"),
    "TIFF": ("grey", "grey+alpha", "palette", "RGB", "RGBA", "CMYK", "1-bit"),
    "TIFF 16": ("grey", "grey+alpha", "RGB", "RGBA"),
    "JPEG": ("grey", "RGB", "CMYK"),
    "WebP lossless": ("RGB", "RGBA"),
    "WebP lossy": ("RGB", "RGBA"),
    "AVIF": ("grey", "RGB", "RGBA"),
    "GIF": ("grey", "palette", "palette+alpha"),
    "BMP": ("grey", "palette", "RGB", "1-bit"),
    "HEIF": ("grey", "RGB", "RGBA"),
}
"""What each format holds, and a program that made the file can write."""
_PROFILES: Mapping[str, Mapping[str, Callable[[], bytes] | None]] = {
    "grey": {"none": None, "grey": profiles.grey},
    "RGB": {"none": None, "sRGB": profiles.srgb, "wide": profiles.wide},
    "CMYK": {"none": None, "CMYK": profiles.cmyk},
}
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""EXIF's orientation → the transposition of Pillow's that undoes it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """shown: what the file shows, upright, (H, W, C), 8 or 16 bits; out: the suffix of the format to save it in."""

    format: str
    mode: str
    orientation: int
    profile: str
    content: bytes
    suffix: str
    out: str
    shown: Pixels
    icc_profile: bytes | None
    tags: bool

    @property
    def name(self) -> str:
        return f"{self.format}, {self.mode}, orientation {self.orientation}, profile {self.profile}"


def cells(every: int = 1, heif: Any = None) -> Iterator[Cell]:
    """heif: the module `pillow_heif`, where HEIF is to be made too; every: only each so many-th."""
    wanted = itertools.product(_HELD, _MODES)
    number = itertools.count()
    for kind, mode in wanted:
        if mode not in _HELD[kind] or (kind == "HEIF" and heif is None):
            continue
        bare = kind in ("GIF", "BMP")
        space = {"grey": "grey", "grey+alpha": "grey", "1-bit": "grey", "CMYK": "CMYK"}.get(mode, "RGB")
        chosen = ["none"] if bare else _PROFILES[space]
        for profile, turn in itertools.product(chosen, [1] if bare else range(1, 9)):
            if next(number) % every == 0:
                yield _cell(kind, mode, turn, profile, _PROFILES[space][profile], heif)


def _cell(kind: str, mode: str, turn: int, profile: str, make: Callable[[], bytes] | None, heif: Any) -> Cell:
    icc = None if make is None else make()
    deep = kind.endswith("16")
    upright = _drawn(mode, deep)
    stored = upright if turn == 1 else _transposed(upright, Image.Transpose(_TURNS[turn]))
    tags = kind not in ("GIF", "BMP")
    exif = camera_exif(turn) if tags else b""
    write = {"PNG 16": _png16, "TIFF 16": _tiff16}.get(kind) or partial(_pillow, kind, mode, heif)
    content = write(stored, icc, exif, turn)
    if mode == "CMYK" or kind in ("JPEG", "WebP lossy", "AVIF", "HEIF"):
        shown = _decoded(content, icc, heif if kind == "HEIF" else None)
    else:
        shown = _shown(upright, mode)
    lossless = kind in ("PNG", "PNG 16", "TIFF", "TIFF 16", "WebP lossless", "BMP")
    suffix = {"PNG": ".png", "TIFF": ".tif", "WebP": ".webp", "JPEG": ".jpg", "HEIF": ".heic"}
    own = suffix.get(kind.split()[0], f".{kind.lower()}")
    return Cell(
        format=kind, mode=mode, orientation=turn, profile=profile, content=content, suffix=own, shown=shown, tags=tags,
        out=own if lossless else (".png" if turn % 2 else ".tif"), icc_profile=None if mode == "CMYK" else icc,
    )  # fmt: skip


@cache
def _drawn(mode: str, deep: bool) -> Pixels:
    """Values as the file stores them, (H, W, C): smooth waves, and in 16 bits noise in the low byte."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    chance = np.random.default_rng(0)
    channels = {"grey": 1, "grey+alpha": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}.get(mode, 1)
    waves = [0.5 + 0.45 * np.sin(x / (3.0 + k) + k) * np.cos(y / (4.0 + k)) for k in range(channels)]
    values = np.stack(waves, -1)
    if mode == "1-bit":
        return (255 * (values > 0.5)).astype(np.uint8)
    if mode.startswith("palette"):
        return (values * 200).astype(np.uint8)
    if deep:
        return (values * 65000).astype(np.uint16) + chance.integers(0, 257, values.shape, dtype=np.uint16)
    return (values * 255).astype(np.uint8)


def palette() -> list[int]:
    """256 colours, none twice."""
    return [value for k in range(256) for value in (k, 255 - k // 2, (7 * k) % 256)]


def _shown(stored: Pixels, mode: str) -> Pixels:
    if not mode.startswith("palette"):
        return stored
    colours = np.asarray(palette(), np.uint8).reshape(256, 3)[stored[..., 0]]
    if mode == "palette":
        return colours
    return np.concatenate([colours, np.where(stored == 40, 0, 255).astype(np.uint8)], axis=2)


def _transposed(values: Pixels, how: Image.Transpose) -> Pixels:
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(plane)).transpose(how)) for plane in np.moveaxis(values, 2, 0)
    ]
    return np.stack(planes, -1)


def _image(values: Pixels, mode: str) -> Image.Image:
    if mode == "CMYK":
        return Image.fromarray(np.ascontiguousarray(values), "CMYK")
    image = Image.fromarray(np.ascontiguousarray(values[..., 0] if values.shape[2] == 1 else values))
    if mode == "1-bit":
        return image.convert("1", dither=Image.Dither.NONE)
    if mode.startswith("palette"):
        image = Image.frombytes("P", image.size, image.tobytes())
        image.putpalette(palette())
    return image


def camera_exif(turn: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Make] = turn, "Maker of cameras"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal], inner[ExifTags.Base.MakerNote] = "2024:05:06 07:08:09", MAKER_NOTE
    inner[ExifTags.Base.FNumber] = 2.8
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (48.0, 8.0, 12.0)
    return exif.tobytes()


def _pillow(kind: str, mode: str, heif: Any, values: Pixels, icc: bytes | None, exif: bytes, turn: int) -> bytes:
    image, stream = _image(values, mode), io.BytesIO()
    options: dict[str, Any] = {"icc_profile": icc} if icc else {}
    if mode == "palette+alpha":
        options["transparency"] = 40
    if exif:
        options |= {"exif": exif, "xmp": XMP}
    name, _, how = kind.partition(" ")
    if name == "PNG":
        image.save(stream, "PNG", **{key: value for key, value in options.items() if key != "xmp"})
        return spliced(stream.getvalue(), b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP)
    if name == "TIFF":
        info = Image.Exif()
        info.load(exif)
        info[700] = options.pop("xmp")
        options["exif"] = info
    elif name == "WebP":
        options |= {"lossless": True, "exact": True} if how == "lossless" else {"quality": 80}
    elif name == "HEIF":
        made = heif.from_pillow(image)
        made.save(stream, quality=90, exif=exif, xmp=XMP, **({"icc_profile": icc} if icc else {}))
        return stream.getvalue()
    image.save(stream, name, **options)
    return stream.getvalue()


def spliced(png: bytes, kind: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))
    return png[:33] + chunk + png[33:]


def _png16(values: Pixels, icc: bytes | None, exif: bytes, turn: int) -> bytes:
    if values.shape[2] == 2:
        head = struct.pack(">LLBBBBB", values.shape[1], values.shape[0], 16, 4, 0, 0, 0)
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
        made = _chunks((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    else:
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[2]]
        made = cv2.imencode(".png", values[..., order])[1].tobytes()
    made = spliced(made, b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP)
    made = spliced(made, b"eXIf", exif.removeprefix(b"Exif\0\0"))
    return spliced(made, b"iCCP", b"made by hand\0\0" + zlib.compress(icc)) if icc else made


def _chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _tiff16(values: Pixels, icc: bytes | None, exif: bytes, turn: int) -> bytes:
    """EXIF's own directories cannot be written by tifffile; the make stands for them."""
    stream, channels = io.BytesIO(), values.shape[2]
    tifffile.imwrite(
        stream, values[..., 0] if channels == 1 else values, photometric="minisblack" if channels < 3 else "rgb",
        extrasamples=["unassalpha"] if channels in (2, 4) else None, planarconfig="contig" if channels > 1 else None,
        compression="zlib" if turn % 2 else None, predictor=bool(turn % 2), iccprofile=icc, metadata=None,
        byteorder="<" if turn < 5 or channels == 2 else ">",
        extratags=[(274, 3, 1, turn, True), (271, 2, 0, "Maker of cameras", True), (700, 1, len(XMP), XMP, True)],
    )  # fmt: skip
    return stream.getvalue()


def _decoded(content: bytes, icc: bytes | None, heif: Any) -> Pixels:
    """What Pillow, or `heif`, shows of a lossy or CMYK file."""
    if heif is not None:
        return np.atleast_3d(np.asarray(heif.open_heif(io.BytesIO(content))))
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if image.mode == "CMYK" and icc:
        target = ImageCms.createProfile("sRGB")
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        image = ImageCms.profileToProfile(
            image, source, target, ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    elif image.mode == "CMYK":
        image = image.convert("RGB")
    values = np.asarray(image)
    return values[..., None] if values.ndim == 2 else values
