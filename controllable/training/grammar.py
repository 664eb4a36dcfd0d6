"""One grammar for every language: fills a language's sentence templates with its phrases.

A template has slots in braces. "{n}", "{v}", "{a}", "{c}", "{r}", "{k}" come from the task's phrase table (noun, verb,
adjective, complaint, repair, keep), "{t}" and "{u}" from its transitive verbs and gerunds; every other slot is one of
the language's lists.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controllable.task import Task
from controllable.training.phrases import TaskPhrases

MARK_BASE, MARK_END = 0xE000, "\ue0ff"
"""Private-use characters around the k-th written number: found again after sentences were joined."""

_SLOT = re.compile(r"\{(\w+)\}")

HEAD, PLAIN_HEAD = 8.0, 2.0
EVEN = ("context", "o", "p", "s", "w", "a", "article", "thing", "topic")
"""Lists whose entries are equally likely: their whole point is to be unlike each other."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """lists: slot or template-group name → choices; tone: (name, sign) → templates with "{m}" for how much."""

    name: str
    tasks: Mapping[Task, TaskPhrases]
    transitives: Mapping[Task, tuple[str, ...]]
    gerunds: Mapping[Task, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, tuple[str, ...]]
    tone: Mapping[tuple[str, int], tuple[str, ...]]
    refused: Mapping[str, tuple[str, ...]]


class Grammar:
    """Writes single clauses in one language; `corpus` decides which and joins them."""

    def __init__(self, language: Language, rng: random.Random, *, head: float = HEAD) -> None:
        self.language = language
        self.rng = rng
        self.head = head

    def draw(self, choices: Sequence[str]) -> str:
        """The tables begin with what most people say: entry r has probability ∝ 1 / (r + head) (Zipf–Mandelbrot)."""
        place = self.head * ((len(choices) + self.head) / self.head) ** self.rng.random() - self.head
        return choices[min(int(place), len(choices) - 1)]

    def pick(self, name: str) -> str:
        choices = self.language.lists[name]
        return self.rng.choice(choices) if name in EVEN else self.draw(choices)

    def fill(self, template: str, **given: str) -> str:
        """Replace every slot, again and again: slots may hold templates."""
        while match := _SLOT.search(template):
            slot = match.group(1)
            value = given[slot] if slot in given else self.pick(slot)
            template = template[: match.start()] + value + template[match.end() :]
        return template

    def clause(self, task: Task, group: str, other: "Grammar | None" = None, **given: str) -> str:
        """A clause about `task` from the template group; `other` lends its words for mixed-language talk."""
        source = (other or self).language
        table = source.tasks[task]
        words = {
            "n": table.nouns,
            "v": table.verbs,
            "a": table.adjectives,
            "c": table.complaints,
            "r": table.repairs,
            "k": table.keeps,
            "t": source.transitives[task],
            "u": source.gerunds[task],
        }
        chosen = {slot: self.draw(choices) for slot, choices in words.items()}
        return self.fill(self.draw(self.language.lists[group]), **chosen, **given)

    def keep(self, tasks: tuple[Task, ...], group: str) -> str:
        """A clause that forbids touching `tasks`."""
        names = []
        for task in tasks:
            table = self.language.tasks[task]
            names.append(self.draw(self.rng.choices([table.keeps, table.nouns, table.repairs], [64, 22, 14])[0]))
        return self.fill(self.pick(group), k=self.pick("or").join(names))

    def refuse(self, reason: str) -> str:
        return self.fill(self.rng.choice(self.language.refused[reason]))


def mark(index: int, surface: str) -> str:
    return chr(MARK_BASE + index) + surface + MARK_END
