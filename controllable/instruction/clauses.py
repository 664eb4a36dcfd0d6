"""A prompt → its clauses, so that "not the", "a little" and "40 %" stay with the words beside them.

The tower is good at saying what a whole prompt is about and, like every CLIP (NegBench, Alhamoud et al. 2025), weak
at which of several things a negation belongs to. Reading each clause on its own settles that without keywords.
"""

import re

_BREAK = re.compile(
    r"\s*[,;!?。、；！？](?!\d)\s*|(?<!\d)\.\s+|\.\s*$|\s+-\s+|\n+"
    r"|\s+(?=(?:without|while|instead of|rather than|except)\s)"
    r"|(?<!everything)(?<!all)(?<!anything)(?<!nothing)\s+but\s+(?:also\s+)?"
    r"|\s+(?:however|though|yet|then)\s+|\s+after that\s+"
    r"|(?=但是|但(?!是)|不过|可是|然后|而不是|同时|接着|最后|顺便|再(?=去|稍|放|锐|调|把|降))"
)
_LIST = re.compile(r"\s+(?:and|plus|as well as|&)\s+(?:then\s+)?|\s*\+\s*|和|并且?|还有|以及|跟")


def clauses(text: str) -> list[str]:
    """Parts with one statement each: "keep the grain but fix the blur" → "keep the grain", "fix the blur"."""
    return _parts(_BREAK, text)


def items(clause: str) -> list[str]:
    """Parts of an enumeration: "80% of the noise and 20% of the blur" → its two halves."""
    return _parts(_LIST, clause)


def _parts(pattern: re.Pattern[str], text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in pattern.split(text)) if len(part) > 1]
