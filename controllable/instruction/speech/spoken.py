"""Typed words ↔ said words: "reduce noise by 40%, then 2x" → "reduce noise by forty percent then two x", and back.

`said` makes the text the language model is counted on and transcripts are compared in; `typed` makes what a
recogniser heard look like a prompt again.
"""

import re
import unicodedata

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 8: "eighth", 10: "tenth"}
_APOSTROPHES = {
    f"{stem}{end}": f"{stem}'{end}" for end, stems in {
        "t": "don can won doesn didn isn wasn aren couldn shouldn wouldn haven hasn ain",
        "s": "that what there here let he she", "m": "i", "ve": "i you we they", "re": "you they", "ll": "i you",
    }.items() for stem in stems.split()
} | {"cannot": "can not"}  # fmt: skip
_SPELLINGS = (
    (r"colour", "color"), (r"artefact", "artifact"), (r"\bgrey", "gray"), (r"favour", "favor"), (r"centre", "center"),
    (r"(optim|minim|maxim|color|equal|real|normal|stabil|neutral|pixel|harmon|recogn|visual|organ)is(e|ed|es|ing|ation)\b",
     r"\1iz\2"), (r"\bjpe?gs?\b", "jpeg"), (r"pixell", "pixel"), (r"vapour", "vapor"), (r"\bblury\b", "blurry"),
    (r"\bpl[sz]\b", "please"), (r"\bthx\b", "thanks"), (r"\bnr\b", "noise reduction"),
)  # fmt: skip
_JOINED = re.compile(r"\b(de|un|re) (noise|blur|haze|fog|grain|pixelate|block|speckle|focus|light|jpeg|mist)(?=\w*\b)")


def said(text: str) -> str:
    """Lower-case words with single spaces, numbers in words, American spelling, no punctuation.

    Symbols that nobody says are dropped. Homophones that differ by spelling only ("colour", "color") become one word:
    nobody can hear the difference.
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("⁄", "/")
    text = re.sub(r"[×✕]", "x", text)
    text = re.sub(r"(?<![\d.])(\d+)\s?/\s?(\d+)(?![\d.])", _fraction, text)
    text = re.sub(r"\bx\s?(\d)", r"x \1", text)
    text = re.sub(r"(\d)\s?([a-z])", r"\1 \2", text)
    text = re.sub(r"(\d|\bpercent)\s?(%|pct\b|per cent\b)", r"\1 percent", text)
    text = re.sub(r"\d*\.?\d+", _number, text)
    text = text.replace("&", " and ").replace("+", " plus ").replace("per cent", "percent")
    for pattern, american in _SPELLINGS:
        text = re.sub(pattern, american, text)
    text = re.sub(r"[^a-z' ]+", " ", text)
    words = [_APOSTROPHES.get(word, word) for word in (word.strip("'") for word in text.split()) if word]
    return _JOINED.sub(r"\1\2", " ".join(words))


def typed(words: str) -> str:
    """Factors as people type them: "make it four x" → "make it 4x"; all other numbers are read as words."""
    numbers = "|".join(_UNITS[2:17])
    return re.sub(rf"\b({numbers}) x\b", lambda match: f"{_UNITS.index(match.group(1))}x", words)


def number_words(value: int) -> str:
    """0 to 999,999 in words, without "and"."""
    if value < 20:
        return _UNITS[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_UNITS[value % 10]}" if value % 10 else "")
    size, name = (1000, "thousand") if value >= 1000 else (100, "hundred")
    rest = value % size
    return f"{number_words(value // size)} {name}" + (f" {number_words(rest)}" if rest else "")


def _number(match: re.Match[str]) -> str:
    whole, _, decimals = match.group().partition(".")
    if int(whole or 0) > 999_999:
        return " ".join(_UNITS[int(digit)] for digit in whole)
    words = number_words(int(whole)) if whole else ""
    if decimals:
        words += " point " + " ".join(_UNITS[int(digit)] for digit in decimals)
    return f" {words.strip()} "


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match.group(1)), int(match.group(2))
    if not 0 < top < bottom or bottom not in _PARTS:
        return match.group()
    name = _PARTS[bottom] + ("s" if top > 1 else "")
    return f" {_UNITS[top]} {name} "
