"""What travels beside the pixels: colour profile, EXIF, XMP, text. What may belong to which picture is decided here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controllable.image import exif as exif_bytes

_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([0-9])")
_TAG = re.compile(rb"<(/?)([A-Za-z_][\w.-]*(?::[\w.-]+)?)([^<>]*)>")
_ATTRIBUTE = re.compile(rb"\s([\w.-]++(?::[\w.-]++)?)\s*+=\s*+(?:\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"(?<![\w.-])([\w.-]++)\s*+[=>/]")
_PLACE = re.compile(rb"gps|latitude|longitude", re.I)
XMP_KEY = "XML:com.adobe.xmp"
_RAW_PROFILE = "raw profile type"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """icc_profile, xmp: as they lay in the file; exif: with `Exif\\0\\0` before it, orientation 1; text: of PNG."""

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    text: Mapping[str, str] = field(default_factory=dict)

    def without_gps(self) -> tuple["Metadata", tuple[str, ...]]:
        """The same without places, and sentences on what had to go with them."""
        exif, xmp, notes = self.exif, self.xmp, []
        if exif is not None:
            try:
                exif = exif_bytes.without_gps(exif)
            except ValueError:
                exif = None
                notes.append("The EXIF data was left out: it is damaged, and a place may be hidden in it.")
        if xmp is not None:
            xmp = xmp_without_gps(xmp)
            if xmp is None:
                notes.append("The XMP data was left out: it is damaged, and a place may be hidden in it.")
        text = {key: value for key, value in self.text.items() if not _PLACE.search(key.encode(errors="replace"))}
        return replace(self, exif=exif, xmp=xmp, text=text), tuple(notes)


def colour_space(icc_profile: bytes) -> str:
    """ "RGB", "GRAY", "CMYK" and so on (ICC.1:2022, 7.2.6), "" for bytes that are no profile."""
    if len(icc_profile) < 132 or icc_profile[36:40] != b"acsp":
        return ""
    return icc_profile[16:20].decode("latin-1").strip()


def fitting_profile(icc_profile: bytes | None, grey: bool) -> tuple[bytes | None, str | None]:
    """The profile if it describes such pixels, else None and a sentence."""
    if not icc_profile or colour_space(icc_profile) == ("GRAY" if grey else "RGB"):
        return icc_profile or None, None
    kind = colour_space(icc_profile)
    what = f"is for {kind} pixels" if kind else "is damaged"
    return None, f"The colour profile was left out: it {what}, and the photo is {'grey' if grey else 'RGB'}."


def upright_exif(exif: bytes | None) -> tuple[bytes | None, str | None]:
    """EXIF with orientation 1, or None and a sentence."""
    if not exif:
        return None, None
    try:
        return exif_bytes.upright(exif), None
    except ValueError:
        return None, "The EXIF data was left out: it is damaged."


def xmp_orientation(xmp: bytes | None) -> int:
    """What XMP says where EXIF says nothing; 1 to 8."""
    found = _ORIENTATION.search(xmp or b"")
    value = int(found[2]) if found else 1
    return value if 1 <= value <= 8 else 1


def upright_xmp(xmp: bytes | None) -> bytes | None:
    return _ORIENTATION.sub(rb"\g<1>1", xmp) if xmp else None


def xmp_without_gps(xmp: bytes) -> bytes | None:
    """Without properties whose names speak of a place, attributes or elements; the rest byte for byte.

    None if it cannot be told, because an element is not closed or the packet is not UTF-8.
    """
    if b"\0" in xmp:
        return None
    kept, at, inside, depth = [], 0, None, 0
    for tag in _TAG.finditer(xmp):
        closing, name, rest = tag[1], tag[2], tag[3]
        alone = rest.rstrip().endswith(b"/")
        if inside is not None:
            if name == inside and not alone:
                depth += -1 if closing else 1
                if depth == 0:
                    inside, at = None, tag.end()
        elif _PLACE.search(name):
            kept.append(xmp[at : tag.start()])
            at = tag.end()
            if not alone and not closing:
                inside, depth = name, 1
        elif _PLACE.search(rest):
            kept += [xmp[at : tag.start()], _ATTRIBUTE.sub(_unless_a_place, tag[0])]
            at = tag.end()
    if inside is not None:
        return None
    rest = b"".join([*kept, xmp[at:]])
    return None if any(_PLACE.search(name[1]) for name in _NAME.finditer(rest)) else rest


def _unless_a_place(attribute: re.Match[bytes]) -> bytes:
    return b"" if _PLACE.search(attribute[1]) else attribute[0]


def kept_text(text: Mapping[str, object]) -> dict[str, str]:
    """PNG's text chunks but those that hold XMP or EXIF, which are carried as such."""
    return {
        key: value
        for key, value in text.items()
        if isinstance(value, str) and key != XMP_KEY and not key.lower().startswith(_RAW_PROFILE)
    }


def raw_profile(text: Mapping[str, object]) -> bytes | None:
    """EXIF that ImageMagick wrote into a text chunk, hexadecimal below three lines of head."""
    for key in ("Raw profile type exif", "Raw profile type APP1"):
        value = text.get(key)
        if isinstance(value, str):
            try:
                content = bytes.fromhex("".join(value.split("\n")[3:]))
            except ValueError:
                continue
            if content.startswith(exif_bytes.PREFIX):
                return content
    return None
