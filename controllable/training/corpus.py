"""The instruction corpus: a random generator → a text as people write it, and what it asks for.

Nothing is collected from anybody: `scenes` draws wishes, `grammar` words them in English or Chinese, and
`typing_noise` damages the result. The held-out prompts in tests/data are never read here.
"""

import random
import re
from collections import Counter
from dataclasses import dataclass

from controllable.instruction.numbers import clean, extract
from controllable.instruction.script import simplified
from controllable.instruction.spelling import Spelling
from controllable.networks.instruction_head import REASONS, SCALE_WORDS, SIGNS, STATES, STRENGTHS
from controllable.task import REGIONS, TASKS, TONES
from controllable.training.grammar import MARK_BASE, MARK_END
from controllable.training.scenes import Labels, Writer


@dataclass(frozen=True, kw_only=True)
class Sample:
    """text: as typed; reading: what the tower sees, numbers taken out; the rest: classes of the head's outputs."""

    text: str
    reading: str
    states: tuple[int, ...]
    strengths: tuple[int, ...]
    inverse: tuple[int, ...]
    signs: tuple[int, ...]
    tone_strengths: tuple[int, ...]
    scale: int
    region: int
    auto: int
    reason: int


def sample(rng: random.Random, spelling: Spelling | None = None) -> Sample:
    """One text with its labels, read with `spelling`; the same `rng` state gives the same sample."""
    while True:
        labels = Labels()
        marked = Writer(rng, labels).write()
        found = _resolve(marked, labels, spelling)
        if found is not None:
            return found


def known_words(rng: random.Random, texts: int, least: int = 3) -> Spelling:
    """The Latin words that undamaged texts have at least so often."""
    counts: Counter[str] = Counter()
    for _ in range(texts):
        counts.update(re.findall("[a-z]{2,}", clean(Writer(rng, Labels()).write(damaged=False))))
    return Spelling({word: count for word, count in counts.items() if count >= least})


def _resolve(marked: str, labels: Labels, spelling: Spelling | None) -> Sample | None:
    """Take the marks out, find which number of the text each was; None when one was not read as one number."""
    cleaned = simplified(clean(marked))
    text, starts = "", {}
    if spelling is not None:
        cleaned = spelling.correct(cleaned)
    for character in cleaned:
        if MARK_BASE <= ord(character) < ord(MARK_END):
            starts[ord(character) - MARK_BASE] = len(text)
        elif character != MARK_END:
            text += character
    numbers = extract(text)
    order = {start: index for index, (start, _) in enumerate(numbers.spans)}
    inside = {
        index: next((i for start, i in order.items() if begin <= start <= begin + 1), None)
        for index, begin in starts.items()
    }

    def named(name: str, classes: tuple[str, ...]) -> int | None:
        if not name.startswith("mark "):
            return classes.index(name)
        position = inside.get(int(name.removeprefix("mark ")))
        return None if position is None else classes.index(f"number {position}")

    strengths = [
        named(labels.strengths.get(task, "default"), STRENGTHS) if labels.states.get(task) == "remove" else -1
        for task in TASKS
    ]
    tones = [labels.tones.get(tone, (0, "default")) for tone in TONES]
    tone_strengths = [named(kind, STRENGTHS) if sign else -1 for sign, kind in tones]
    scale = named(labels.scale, SCALE_WORDS)
    if scale is None or None in strengths or None in tone_strengths:
        return None
    return Sample(
        text=text,
        reading=numbers.text,
        states=tuple(STATES.index(labels.states.get(task, "none")) for task in TASKS),
        strengths=tuple(value for value in strengths if value is not None),
        inverse=tuple(int(task in labels.inverse) for task in TASKS),
        signs=tuple(0 if sign == 0 else SIGNS.index("more" if sign > 0 else "less") for sign, _ in tones),
        tone_strengths=tuple(value for value in tone_strengths if value is not None),
        scale=scale,
        region=REGIONS.index(labels.region),
        auto=int(labels.auto),
        reason=REASONS.index(labels.reason),
    )
