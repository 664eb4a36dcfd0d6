"""How words of the corpus are said: the acoustic model's dictionary, our own table, affixes of known words.

Phones are CMUdict's, without stress. A word that none of the three knows stays out of the recogniser's vocabulary: a
wrong pronunciation is worse than none, as it attracts other words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

Pronunciations = Mapping[str, tuple[str, ...]]
"""Word → its pronunciations, each phones with single spaces."""

OWN: dict[str, tuple[str, ...]] = {
    # The third "dehaze", "deblur" and the last "denoise" and "jpeg" are how flite reads these new words.
    "airlight": ("EH R L AY T",),
    "aliasing": ("EY L IY AH S IH NG",),
    "antialias": ("AE N T IY EY L IY AH S",),
    "autofix": ("AO T OW F IH K S",),
    "backlit": ("B AE K L IH T",),
    "blobby": ("B L AA B IY",),
    "blocky": ("B L AA K IY",),
    "bokeh": ("B OW K EY", "B OW K AH"),
    "chroma": ("K R OW M AH",),
    "codec": ("K OW D EH K",),
    "contrasty": ("K AA N T R AE S T IY",),
    "deartifact": ("D IY AA R T AH F AE K T",),
    "deblock": ("D IY B L AA K",),
    "deblocking": ("D IY B L AA K IH NG",),
    "deblur": ("D IY B L ER", "D AH B L ER", "D EH B L ER"),
    "deblurring": ("D IY B L ER IH NG",),
    "deconvolution": ("D IY K AA N V AH L UW SH AH N",),
    "deconvolve": ("D IY K AH N V AA L V",),
    "defocus": ("D IY F OW K AH S",),
    "defocused": ("D IY F OW K AH S T",),
    "defog": ("D IY F AA G", "D IY F AO G"),
    "dehaze": ("D IY HH EY Z", "D AH HH EY Z", "D EH HH EY Z"),
    "dehazing": ("D IY HH EY Z IH NG",),
    "demist": ("D IY M IH S T",),
    "denoise": ("D IY N OY Z", "D AH N OY Z", "D EH N OY Z", "D EH N W AA Z"),
    "denoised": ("D IY N OY Z D",),
    "denoising": ("D IY N OY Z IH NG",),
    "depixelate": ("D IY P IH K S AH L EY T",),
    "despeckle": ("D IY S P EH K AH L",),
    "dimness": ("D IH M N AH S",),
    "dejpeg": ("D IY JH EY P EH G",),
    "encoder": ("EH N K OW D ER",),
    "fadedness": ("F EY D AH D N AH S", "F EY D IH D N AH S"),
    "ghosting": ("G OW S T IH NG",),
    "hd": ("EY CH D IY",),
    "hdr": ("EY CH D IY AA R",),
    "iso": ("AY EH S OW", "AY S OW"),
    "jaggies": ("JH AE G IY Z",),
    "jpeg": ("JH EY P EH G", "JH EY P IY IY JH IY"),
    "jpeggy": ("JH EY P EH G IY",),
    "jpegness": ("JH EY P EH G N AH S",),
    "lightroom": ("L AY T R UW M",),
    "lowres": ("L OW R EH Z",),
    "macroblock": ("M AE K R OW B L AA K",),
    "macroblocking": ("M AE K R OW B L AA K IH NG",),
    "macroblocks": ("M AE K R OW B L AA K S",),
    "misfocus": ("M IH S F OW K AH S",),
    "misfocused": ("M IH S F OW K AH S T",),
    "moire": ("M W AA R EY", "M W AA R"),
    "octuple": ("AA K T UW P AH L",),
    "orangey": ("AO R AH N JH IY",),
    "photobomber": ("F OW T OW B AA M ER",),
    "photoshop": ("F OW T OW SH AA P",),
    "pixelate": ("P IH K S AH L EY T",),
    "pixelated": ("P IH K S AH L EY T AH D", "P IH K S AH L EY T IH D"),
    "pixelation": ("P IH K S AH L EY SH AH N",),
    "pixelization": ("P IH K S AH L AH Z EY SH AH N",),
    "pixelly": ("P IH K S AH L IY",),
    "plasticky": ("P L AE S T IH K IY",),
    "png": ("P IY EH N JH IY",),
    "punchier": ("P AH N CH IY ER",),
    "recolor": ("R IY K AH L ER",),
    "relight": ("R IY L AY T",),
    "remaster": ("R IY M AE S T ER",),
    "resize": ("R IY S AY Z",),
    "retouch": ("R IY T AH CH",),
    "rgb": ("AA R JH IY B IY",),
    "smidge": ("S M IH JH",),
    "smudgy": ("S M AH JH IY",),
    "speckle": ("S P EH K AH L",),
    "speckles": ("S P EH K AH L Z",),
    "speckling": ("S P EH K L IH NG",),
    "speckly": ("S P EH K L IY",),
    "superres": ("S UW P ER R EH Z",),
    "uhd": ("Y UW EY CH D IY",),
    "unblur": ("AH N B L ER",),
    "undersampling": ("AH N D ER S AE M P L IH NG",),
    "unpixelate": ("AH N P IH K S AH L EY T",),
    "unsharp": ("AH N SH AA R P",),
    "upsample": ("AH P S AE M P AH L",),
    "upscale": ("AH P S K EY L",),
    "upscaled": ("AH P S K EY L D",),
    "upscaling": ("AH P S K EY L IH NG",),
    "vibrance": ("V AY B R AH N S",),
    "webp": ("W EH B P IY",),
    "yellowed": ("Y EH L OW D",),
}

_PREFIXES = {
    "over": "OW V ER", "under": "AH N D ER", "super": "S UW P ER", "down": "D AW N", "mis": "M IH S", "non": "N AA N",
    "pre": "P R IY", "up": "AH P", "un": "AH N", "re": "R IY", "de": "D IY",
}  # fmt: skip
_VOICELESS = {"P", "T", "K", "F", "TH"}
_HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
_SUFFIXES = {"ness": "N AH S", "less": "L AH S", "ing": "IH NG", "ish": "IH SH", "er": "ER", "y": "IY", "ly": "L IY"}


def read_dictionary(path: Path) -> dict[str, tuple[str, ...]]:
    """A pronunciation file of CMU Sphinx: "word PH PH", further ones as "word(2) PH PH"."""
    found: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, phones = line.partition(" ")
        word = name.split("(")[0]
        found[word] = (*found.get(word, ()), " ".join(phones.split()))
    return found


def write_dictionary(words: Mapping[str, Iterable[str]]) -> str:
    """The inverse of `read_dictionary`, sorted."""
    return "".join(f"{line}\n" for word in sorted(words) for line in _lines(word, words[word]))


def pronounce(word: str, known: Pronunciations) -> tuple[str, ...]:
    """All pronunciations of a word; empty where none is known. Our own table wins over `known`."""
    return OWN.get(word) or known.get(word) or tuple(_affixed(word, known))


def _lines(word: str, pronunciations: Iterable[str]) -> Iterator[str]:
    for index, phones in enumerate(pronunciations, 1):
        yield f"{word} {phones}" if index == 1 else f"{word}({index}) {phones}"


def _affixed(word: str, known: Pronunciations) -> Iterator[str]:
    """Said from a known part of at least three letters: "oversmoothed", "blurriness", "camera's"."""

    def parts(stem: str) -> tuple[str, ...]:
        return (OWN.get(stem) or known.get(stem) or ()) if len(stem) > 2 else ()

    for prefix, phones in _PREFIXES.items():
        rest = word.removeprefix(prefix)
        if rest != word and (found := parts(rest) or _suffixed(rest, parts)):
            yield from (f"{phones} {one}" for one in found)
            return
    yield from _suffixed(word, parts)


def _suffixed(word: str, parts: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """The pronunciations of a known stem, with the sound of its ending."""
    for suffix, phones in _SUFFIXES.items():
        if word.endswith(suffix):
            stem = word.removesuffix(suffix)
            changed = stem[:-1] + "y" if stem.endswith("i") else stem[:-1] if _doubled(stem) else ""
            for one in (stem, stem + "e", changed):
                if found := parts(one):
                    return tuple(f"{before} {phones}" for before in found)
    for ending in ("'s", "s", "ed"):
        stem = word.removesuffix(ending)
        found = () if stem == word else parts(stem) or (parts(stem + "e") if ending == "ed" else ())
        if found:
            return tuple(f"{one} {_inflection(one.split()[-1], past=ending == 'ed')}" for one in found)
    return ()


def _doubled(stem: str) -> bool:
    return len(stem) > 3 and stem[-1] == stem[-2]


def _inflection(last: str, *, past: bool) -> str:
    """The sound of -ed or -s after a phone."""
    if past:
        return "AH D" if last in ("T", "D") else "T" if last in _VOICELESS | _HISSING - {"Z", "ZH", "JH"} else "D"
    return "AH Z" if last in _HISSING else "S" if last in _VOICELESS else "Z"
