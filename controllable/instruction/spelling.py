"""Spelling: words the corpus does not know → the nearest one it does, before the text tower sees them.

A tower this small reads a rare misspelling as a handful of unrelated pieces; one edit away from a known word it is
nearly always that word. Chinese has no such step: its typing errors are other characters, not other spellings.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_WORD = re.compile(r"(?<![a-z0-9])[a-z]{4,}(?![a-z0-9])")
WORDS = "words.txt"
"""The file of a model folder that `Spelling.load` reads."""
LONG = 8
"""From this length on a word may be two edits away."""


class Spelling:
    """words: known word → how often the corpus has it; of several equally near words the most frequent wins."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self.words = dict(words)
        self._targets = [word for word in self.words if len(word) >= 3]
        self._nearest = lru_cache(maxsize=65_536)(self._search)

    @classmethod
    def load(cls, path: Path) -> "Spelling":
        """path: a text file, "word count" a line."""
        pairs = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
        return cls({word: int(count) for word, count in pairs})

    def save(self, path: Path) -> None:
        ordered = sorted(self.words.items(), key=lambda one: (-one[1], one[0]))
        path.write_text("".join(f"{word} {count}\n" for word, count in ordered), encoding="utf-8")

    def correct(self, text: str) -> str:
        """text: lower-case; only stretches of at least four Latin letters change."""
        return _WORD.sub(lambda match: self._nearest(match.group()), text)

    def _search(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if word in self.words:
            return word
        most = 2 if len(word) >= LONG else 1
        near = process.extract(word, self._targets, scorer=OSA.distance, score_cutoff=most, limit=12)
        if not near:
            return word
        return min(near, key=lambda one: (one[1], one[0][0] != word[0], -self.words[one[0]]))[0]
