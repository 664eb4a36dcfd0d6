"""Damage to a written wish: typos, lost punctuation and apostrophes, emoji, traditional script."""

import random

from controllable.instruction.script import traditional
from controllable.training.grammar import MARK_BASE, MARK_END

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_EMOJI = ("🙏", "😭", "!!", "!", "??", "...", " :(", " :)", "😅", "!!!", ".", "。", "？", "～", "❤️", "😢")


def damage(text: str, rng: random.Random, *, chinese: bool) -> str:
    """Text as typed in a hurry; marked numbers are left whole."""
    text = text.replace("，", ",").replace("  ", " ").strip()
    if chinese and rng.random() < 0.3:
        text = traditional(text)
    if rng.random() < 0.25:
        text = "".join(
            " " if character in ",;:?!" and chinese else character
            for character in text
            if chinese or character not in ",;?!"
        )
    if rng.random() < 0.2:
        text = text.replace("'", "")
    if rng.random() < 0.15:
        text += rng.choice(_EMOJI)
    if rng.random() < 0.25:
        for _ in range(rng.choice([1, 1, 2, 3, 5])):
            text = _typo(text, rng)
    if not chinese and rng.random() < 0.04:
        text = text.replace(" ", "", 1) if rng.random() < 0.7 else text.replace(" ", "  ")
    return text


def _typo(text: str, rng: random.Random) -> str:
    """Drop, double, swap or mistype one letter; Chinese characters are only dropped, rarely."""
    free = _unmarked(text)
    if not free:
        return text
    at = rng.choice(free)
    letter = text[at]
    if not letter.isascii():
        return text if rng.random() < 0.8 else text[:at] + text[at + 1 :]
    kind = rng.random()
    if kind < 0.3:
        return text[:at] + text[at + 1 :]
    if kind < 0.5:
        return text[:at] + letter + text[at:]
    if kind < 0.75 and at + 1 in free:
        return text[:at] + text[at + 1] + letter + text[at + 2 :]
    return text[:at] + _neighbour(letter, rng) + text[at + 1 :]


def _unmarked(text: str) -> list[int]:
    """Positions of letters outside marked numbers and away from word starts' spaces."""
    positions, inside = [], False
    for position, character in enumerate(text):
        if MARK_BASE <= ord(character) < ord(MARK_END):
            inside = True
        elif character == MARK_END:
            inside = False
        elif not inside and character.isalpha():
            positions.append(position)
    return positions


def _neighbour(letter: str, rng: random.Random) -> str:
    for row in _ROWS:
        at = row.find(letter)
        if at >= 0:
            return row[max(0, at - 1)] if rng.random() < 0.5 else row[min(len(row) - 1, at + 1)]
    return letter
