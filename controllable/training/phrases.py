"""The shape of a phrase table: what people call each flaw, in one language.

The tables themselves are `phrases_en` and `phrases_zh`; `grammar_en` and `grammar_zh` put them into sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from controllable.task import Task


def phrases(block: str) -> tuple[str, ...]:
    """Split a block at newlines and at "|"; empty parts are dropped."""
    return tuple(part.strip() for line in block.splitlines() for part in line.split("|") if part.strip())


@dataclass(frozen=True, kw_only=True)
class TaskPhrases:
    """Ways to name one task in one language.

    nouns: the flaw, as something to take away ("grain").
    verbs: whole commands ("denoise").
    adjectives: the photo is too … ("grainy").
    complaints: clauses that describe the symptom and ask for nothing more.
    repairs: what is fixed, recovered or improved ("the focus").
    keeps: what a person who forbids the task wants left alone ("the bokeh").
    """

    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    adjectives: tuple[str, ...]
    complaints: tuple[str, ...]
    repairs: tuple[str, ...]
    keeps: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not getattr(self, name):
                raise ValueError(f"{name}: a phrase table may not be empty")

    def joined(self, more: "TaskPhrases") -> "TaskPhrases":
        """Both tables, column by column."""
        both = {name: getattr(self, name) + getattr(more, name) for name in self.__dataclass_fields__}
        return TaskPhrases(**{name: tuple(dict.fromkeys(phrases)) for name, phrases in both.items()})


def joined(first: Mapping[Task, TaskPhrases], more: Mapping[Task, TaskPhrases]) -> dict[Task, TaskPhrases]:
    """The two tables of a language as one; what people say most stands in the first."""
    return {task: first[task].joined(more[task]) for task in first}
