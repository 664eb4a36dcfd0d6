"""Words → words with placeholders and the numbers they stand for: the first step of reading a prompt.

Networks this small do not compute with digits, so every number is taken out before the text tower sees the
text and is replaced by "<nK><kind>" (K-th number; what it could be: a fraction, a small count, something large).
The tower decides *what* a number belongs to, the value kept here stays exact.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_NUMBERS = 6
"""Numbers beyond these stay in the text as they are."""

FRACTION, COUNT, LARGE = "<frac>", "<count>", "<large>"
PLACEHOLDERS = (*(f"<n{index}>" for index in range(MAX_NUMBERS)), FRACTION, COUNT, LARGE)

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORDS = {**{word: value for value, word in enumerate(_UNITS)}, **_TENS, "hundred": 100}
_PARTS = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_HAN = {han: value for value, han in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "兩": 2,
    "〇": 0,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "幾": 0,
}

_small = "|".join(sorted(_UNITS[1:10], key=len, reverse=True))
_tens = "|".join(_TENS)
_teens = "|".join(sorted(_UNITS[10:], key=len, reverse=True))
_WORD = rf"(?:(?:{_tens})(?:[ -](?:{_small}))?|(?:a|one)[ ]hundred|{_teens}|{_small}|zero)"
_HANS = "[零〇一二两兩三四五六七八九十百]+"
_DIGITS = r"\d+(?:\.\d+)?|\.\d+"

_UNIT = (
    r"mm|cm|mb|kb|gb|mp|megapixels?|px|pixels?|dpi|ppi|fps|seconds?|secs?|s|minutes?|mins?|hours?|days?|weeks?|months?|years?"
    r"|yrs?|euros?|bucks|dollars|quid|people|kids|photos?|pics|pictures|am|pm|th|st|nd|rd|p"
)
_HAN_UNIT = "年|月|日|岁|张|人|毫米|像素|兆|秒|分钟|块钱|元|号|点钟|小时|天|个人|万|米"
_PIXELS = r"\s?(?:px|pixels?|像素)?(?:\swide)?"
_TO = r"to|up\ to|->|→|放大到|放到|变成|变到|提升到|拉到|升到|到"
_NOT_SHARE = r"[为為像功品]|了[^，,。.!！]|就(?![够好行可])"
"""What follows 成 where it is no share: 成为, 成功, 成了 …"""

_PATTERN = re.compile(
    rf"""
    (?P<sizes>(?:from\s|从)?(?<!\d)\d{{3,5}}{_PIXELS}\s?(?:{_TO})\s?\d{{3,5}}(?!\d|\s?%){_PIXELS})
  | (?P<incidental>\biso\s?\d+|\bf\s?/?\s?\d+(?:\.\d+)?\b|\b\d+/\d+\s?s(?:ec)?\b|\b\d{{3,5}}\s?[x×*]\s?\d{{3,5}}\b
        |\b(?:19|20)\d\d(?:s|'s)?\b(?!\s?%)|(?<![\d.])\d+(?:\.\d+)?\s?(?:(?:{_UNIT})\b|(?:{_HAN_UNIT}))|(?:^|(?<=\s))\d[).]\s
        |第[{"".join("一二三四五六七八九十")}\d]+|(?:^|(?<=[\s,，、。；]))\d[、)])
  | (?P<ratio>(?:{_DIGITS})\s?/\s?\d+(?!\d)|(?:{_DIGITS})\ (?:out\ of|of)\ (?:10|5|100|ten|five)\b)
  | (?P<parts>\b(?:a|an|{_small})[ -](?:{"|".join(_PARTS)})s?\b)
  | (?P<outof>\b(?:{_small})\ out\ of\ (?:ten|10|five|5)\b)
  | (?P<point>\b(?:zero\ )?point\ (?:{_small}|zero)(?:[ ](?:{_small}))?\b)
  | (?P<hanof>百分之(?:{_HANS}(?:点{_HANS})?|{_DIGITS})|(?:{_HANS}|\d+)分之(?:{_HANS}|\d+))
  | (?P<cheng>(?:[一二两兩三四五六七八九]|\d)成(?:半|[一二三四五六七八九])?(?!{_NOT_SHARE})|十成)
  | (?P<percent>(?:{_DIGITS})\s?(?:%|％|percent\b|per\ cent\b|pct\b)|\b{_WORD}\ (?:percent|per\ cent)\b|{_HANS}[%％])
  | (?P<hanpoint>[零〇一]点[零〇一二三四五六七八九]+|[零〇一]點[零〇一二三四五六七八九]+)
  | (?P<fold>\b(?:{_small}|ten)(?=fold\b))
  | (?P<times>(?:[二两兩三四五六七八九十]{{1,2}})(?=\s?倍))
  | (?P<digits>(?:{_DIGITS})(?!\d|\s?k(?![a-z])))
  | (?P<word>\b(?:{_WORD})\b)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """text: lower-case, with placeholders; values: the numbers in order; spans: where they were in the clean text."""

    text: str
    values: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]


def clean(prompt: str) -> str:
    """Compatibility-normalised (full-width forms), lower-case, one kind of space, no forged placeholders."""
    text = unicodedata.normalize("NFKC", prompt).lower()
    text = re.sub(r"<(?:n\d|frac|count|large)>", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def extract(text: str) -> Numbers:
    """Replace the numbers of a `clean` text: "remove 40% noise" → "remove <n0><frac> % noise", (0.4,)."""
    pieces: list[str] = []
    values: list[float] = []
    spans: list[tuple[int, int]] = []
    end = 0
    for match in _PATTERN.finditer(text):
        if len(values) == MAX_NUMBERS:
            break
        if match.lastgroup == "incidental" or (match.lastgroup == "word" and match.group() in ("one", "zero")):
            continue
        value, unit = _value(match)
        if value is None:
            continue
        pieces += [text[end : match.start()], f"<n{len(values)}>", _kind(value), unit]
        values.append(round(value, 4))
        spans.append(match.span())
        end = match.end()
    return Numbers(text="".join(pieces) + text[end:], values=tuple(values), spans=tuple(spans))


def strength(value: float) -> float:
    """A number as a share: 0.4 → 0.4; 4 → 0.4 (of ten); 40 → 0.4 (percent without its sign)."""
    return min(1.0, value if value <= 1.0 else value / 10.0 if value <= 10.0 else value / 100.0)


def _kind(value: float) -> str:
    return FRACTION if value <= 1.0 else COUNT if value <= 16.0 else LARGE


def _value(match: re.Match[str]) -> tuple[float | None, str]:
    """The number and the unit that stays in the text; None where it says nothing about how much or how large."""
    text, group = match.group(), match.lastgroup
    if group == "sizes":
        small, large = (int(size) for size in re.findall(r"\d+", text))
        return (large / small, " times ") if small < large else (None, "")
    if group == "ratio":
        top, bottom = re.split(r"\s?/\s?| out of | of ", text)
        return _divide(_plain(top), _plain(bottom)), " "
    if group == "parts":
        top, bottom = re.split(r"[ -]", text)
        return _divide(1.0 if top in ("a", "an") else _plain(top), float(_PARTS[bottom.removesuffix("s")])), " "
    if group == "outof":
        top, bottom = text.split(" out of ")
        return _divide(_plain(top), _plain(bottom)), " "
    if group == "point":
        digits = [_WORDS[word] for word in text.split("point ")[1].split()]
        return float("0." + "".join(map(str, digits))), " "
    if group == "hanof":
        bottom, top = text.split("分之")
        return _divide(_plain(top), _plain(bottom)), "%"
    if group == "cheng":
        if text == "十成":
            return 1.0, "%"
        tail = 0.5 if text.endswith("半") else 0.1 * _HAN.get(text[-1], 0)
        return 0.1 * (_plain(text[0]) + tail), "%"
    if group == "percent":
        return _plain(re.sub(r"\s?(%|％|percent|per cent|pct)$", "", text)) / 100.0, "%"
    return _plain(text), ""


def _plain(text: str) -> float:
    """Digits, English words or Chinese numerals → number."""
    text = text.strip()
    if re.fullmatch(_DIGITS, text):
        return float(text)
    if text[0] in _HAN or text[0] in "十百":
        return _han(text)
    return float(
        sum(_WORDS.get(word, 0) for word in re.split(r"[ -]", text) if word not in ("a", "one") or text == "one")
    )


def _han(text: str) -> float:
    whole, _, decimals = text.replace("點", "点").partition("点")
    total, digit = 0, 0
    for han in whole:
        if han in "十百":
            total += (digit or 1) * (10 if han == "十" else 100)
            digit = 0
        else:
            digit = _HAN[han]
    tail = "".join(str(_HAN[han]) for han in decimals)
    return float(f"{total + digit}.{tail or 0}")


def _divide(top: float, bottom: float) -> float:
    return top / bottom if bottom else 0.0
