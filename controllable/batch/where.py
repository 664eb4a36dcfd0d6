"""`--where`: which photos are worth the work, said of their measured quality: "noise > 0.3 and score < 60".

    condition = both { "or" both };  both = one { "and" one };  one = "not" one | "(" condition ")" | NAME SIGN NUMBER

NAME is a task, whose severity lies in [0, 1], or "score", in [0, 100]; SIGN is <, <=, >, >=, == or !=.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from controllable.quality.report import QualityReport
from controllable.task import TASKS, Task

MOST_CHARACTERS = 300
SCORE = "score"
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_LARGEST = {**dict.fromkeys((task.value for task in TASKS), 1.0), SCORE: 100.0}
_TOKEN = re.compile(r"\s*(?:(<=|>=|==|!=|<|>|\(|\))|(\d+\.?\d*|\.\d+)|([^\W\d]\w*))")
_END = "its end"

Test = Callable[[QualityReport], bool]


@dataclass(frozen=True)
class Where:
    """A condition; `Where("")` holds for every photo. Raises ValueError, with one sentence, for what is none."""

    text: str = ""
    test: Test = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        object.__setattr__(self, "test", _Reader(self.text).whole() if self.text else lambda quality: True)

    def __call__(self, quality: QualityReport) -> bool:
        return self.test(quality)

    def __reduce__(self) -> tuple[type["Where"], tuple[str]]:
        return Where, (self.text,)


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"where: has {len(text)} characters, at most {MOST_CHARACTERS} are accepted")
        self.tokens, at = [], 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"where: {text[at:].strip()[:20]!r} is not understood")
            self.tokens.append(found[0].strip().lower())
            at = found.end()
        self.tokens.append(_END)

    def whole(self) -> Test:
        test = self._either()
        if self.tokens != [_END]:
            raise ValueError(f"where: expected and, or or {_END}, got {self.tokens[0]!r}")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._next("or"):
            tests.append(self._both())
        return lambda quality: any(test(quality) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next("and"):
            tests.append(self._one())
        return lambda quality: all(test(quality) for test in tests)

    def _one(self) -> Test:
        if self._next("not"):
            test = self._one()
            return lambda quality: not test(quality)
        if self._next("("):
            test = self._either()
            if not self._next(")"):
                raise ValueError(f"where: expected ')', got {self.tokens[0]!r}")
            return test
        name, sign = self._take("one of " + ", ".join(_LARGEST), _LARGEST), self._take("<, <=, >, >=, == or !=", _SIGNS)
        number, compare = self._number(name), _SIGNS[sign]
        return lambda quality: compare(quality.score if name == SCORE else quality.severity[Task(name)], number)

    def _next(self, word: str) -> bool:
        if self.tokens[0] != word:
            return False
        self.tokens.pop(0)
        return True

    def _take(self, expected: str, known: dict[str, object] | dict[str, float] | dict[str, Callable]) -> str:
        if self.tokens[0] not in known:
            raise ValueError(f"where: expected {expected}, got {self.tokens[0]!r}")
        return self.tokens.pop(0)

    def _number(self, name: str) -> float:
        if self.tokens[0][0] not in ".0123456789":
            raise ValueError(f"where: expected a number after {name}, got {self.tokens[0]!r}")
        number = float(self.tokens[0])
        if number > _LARGEST[name]:
            raise ValueError(f"where: {name} lies in [0, {_LARGEST[name]:g}], and {self.tokens[0]} does not")
        self.tokens.pop(0)
        return number
