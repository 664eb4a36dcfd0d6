"""Reading: what one stretch of a prompt may ask for, every decision with its runners-up; readings → Instruction."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controllable.instruction.answers import refusal
from controllable.instruction.instruction import Instruction
from controllable.task import SCALES, TASKS, TONES, Task

CERTAIN = 0.5
"""A clause speaks of a task from this probability on."""
SURE = 0.9
"""A clause adds something that the whole was not read to say from this probability on."""
LIKELY = 0.02
"""Runners-up below this probability are not offered."""
ASK_BELOW = 0.5
"""Under this confidence the guess is more often wrong than right, so the user is asked."""
TALK = ("unclear", "question")
"""Reasons to refuse that fall silent beside a clear wish."""

Key = tuple[str, str]
"""A question: ("state", task), ("strength", task), ("sign", tone), ("amount", tone), ("scale" …, ""), …"""
Options = tuple[tuple[Any, float], ...]
"""Its possible answers with their probabilities, the chosen one first."""

SCALE, REGION, AUTO, REASON = ("scale", ""), ("region", ""), ("auto", ""), ("reason", "")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """options: every question → its answers. States: none, remove, keep; signs: none, more, less."""

    options: Mapping[Key, Options]

    def best(self, key: Key) -> Any:
        return self.options[key][0][0]

    def certainty(self, task: Task) -> float:
        """The probability that the stretch speaks of the task at all."""
        return 1.0 - dict(self.options["state", task]).get("none", 0.0)

    @property
    def scale(self) -> int:
        return int(self.best(SCALE))

    @property
    def auto(self) -> bool:
        return bool(self.best(AUTO))

    @property
    def reason(self) -> str:
        return str(self.best(REASON))

    @property
    def region(self) -> str:
        return str(self.best(REGION))

    @property
    def tasks(self) -> dict[Task, float]:
        found = {task: self.best(("strength", task)) for task in TASKS if self.best(("state", task)) == "remove"}
        if self.scale > 1:
            found[Task.RESOLUTION] = 1.0
        return {task: strength for task, strength in found.items() if strength > 0.0}

    @property
    def keep(self) -> tuple[Task, ...]:
        return tuple(task for task in TASKS if self.best(("state", task)) == "keep")

    @property
    def tone(self) -> dict[str, float]:
        sign = {"more": 1.0, "less": -1.0}
        said = {name: self.best(("sign", name)) for name in TONES}
        return {name: sign[way] * self.best(("amount", name)) for name, way in said.items() if way != "none"}

    def decisions(self) -> Iterator[tuple[Key, float]]:
        """The questions whose answer changes the outcome, with the probability of the answer given."""
        inside = dict(self.options[REASON]).get("none", 0.0)
        if self.reason != "none":
            yield REASON, 1.0 - inside
            return
        yield REASON, inside
        for key, answers in self.options.items():
            name, which = key
            idle = (name == "strength" and self.best(("state", which)) != "remove") or (
                name == "amount" and self.best(("sign", which)) == "none"
            )
            if key != REASON and not idle:
                yield key, answers[0][1]

    @property
    def probability(self) -> float:
        """That all decisions are right, taken as independent."""
        return math.prod(probability for _, probability in self.decisions())

    def choosing(self, key: Key, place: int) -> "Reading":
        """The same with the answer at `place` chosen."""
        answers = self.options[key]
        return Reading(options={**self.options, key: (answers[place], *answers[:place], *answers[place + 1 :])})


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """instruction: what was understood; probability: the product of its decisions'; confidence: that, calibrated, in
    [0, 1]; alternatives: what else it may be, most probable first.
    """

    instruction: Instruction
    probability: float
    confidence: float
    alternatives: tuple[Instruction, ...]

    @property
    def unsure(self) -> bool:
        """Ask the user rather than guess."""
        return self.confidence < ASK_BELOW

    @property
    def choices(self) -> tuple[Instruction, ...]:
        """The two best readings that would do something, to choose from."""
        readings = (self.instruction, *self.alternatives)
        return tuple(reading for reading in readings if not reading.empty)[:2]


def refine(whole: Reading, pieces: Sequence[Reading]) -> Reading:
    """Let the clauses correct the whole: short texts are read more surely than long ones.

    Every task takes its state and strength from the shortest piece that names it clearly; tasks, tones, a scale and a
    region that a piece is sure of are added. A general wish with exceptions ("fix everything, only the grain stays")
    is left as it was read: alone, its pieces would name the exceptions as wishes.
    """
    if whole.auto or whole.reason != "none" or not pieces:
        return whole
    clear = [piece for piece in pieces if piece.reason == "none" and not piece.auto]
    options = dict(whole.options)
    named = [*whole.tasks, *whole.keep]
    found = [task for task in TASKS if any(_sure(piece, ("state", task), "none") for piece in clear)]
    spoken_of = list(dict.fromkeys([*named, *found]))
    scale = max((piece for piece in (whole, *clear)), key=lambda piece: piece.scale > 1 and piece.options[SCALE][0][1])
    if whole.scale == 1 and _sure(scale, SCALE, 1):
        options[SCALE] = scale.options[SCALE]
    enlarged = options[SCALE][0][0] > 1
    for task in spoken_of:
        said = [piece for piece in pieces if piece.certainty(task) > CERTAIN]
        if not said or (task is Task.RESOLUTION and enlarged):
            continue
        states = {task in piece.keep for piece in said}
        kept = states.pop() if len(states) == 1 else task in whole.keep
        state: Key = ("state", task)
        heard = said[-1].options[state]
        mean = _mean([whole.options[state], heard]) if task in named else heard
        options[state] = _first(mean, "keep" if kept else "remove")
        asked = [piece for piece in said if task in piece.tasks]
        if not kept and asked and (len(spoken_of) > 1 or task not in named or whole.tone):
            options["strength", task] = asked[-1].options["strength", task]
    for name in TONES:
        said = [piece for piece in clear if _sure(piece, ("sign", name), "none")]
        if said:
            options["sign", name] = said[-1].options["sign", name]
            options["amount", name] = said[-1].options["amount", name]
    if whole.region == "all":
        places = [piece for piece in clear if _sure(piece, REGION, "all")]
        options[REGION] = places[0].options[REGION] if places else options[REGION]
    return Reading(options=options)


def _sure(reading: Reading, key: Key, plain: Any) -> bool:
    """Its answer is not the plain one, and it is sure of that."""
    answer, probability = reading.options[key][0]
    return answer != plain and probability > SURE


def assemble(prompt: str, readings: Sequence[Reading]) -> Instruction:
    """Join the readings of a prompt's parts: talk is neither a refusal nor a general wish beside a clear one."""
    clear = [reading for reading in readings if reading.reason == "none"]
    refused = [reading.reason for reading in readings if reading.reason not in ("none", *TALK)]
    if refused or not clear:
        reason = refused[0] if refused else readings[0].reason
        return Instruction(prompt=prompt, refused=refusal(reason, prompt))
    tasks: dict[Task, float] = {}
    tone: dict[str, float] = {}
    for reading in clear:
        tasks |= reading.tasks
        tone |= reading.tone
    keep = tuple(task for task in TASKS if any(task in reading.keep for reading in clear))
    scale = max(reading.scale for reading in clear)
    auto = any(reading.auto for reading in clear) and (len(readings) == 1 or not tasks)
    region = next((reading.region for reading in clear if reading.region != "all"), "all")
    if not (tasks or tone or keep or auto or scale > 1):
        return Instruction(prompt=prompt, refused=refusal("unclear", prompt))
    return Instruction(
        prompt=prompt,
        tasks={task: tasks[task] for task in TASKS if task in tasks and task not in keep},
        tone=tone,
        scale=scale,
        region=region,
        auto=auto,
        keep=tuple(task for task in keep if not (task is Task.RESOLUTION and scale > 1)),
    )


def alternatives(prompt: str, readings: Sequence[Reading], most: int = 2) -> tuple[Instruction, ...]:
    """The next most probable instructions that would do something, each one decision away from the best."""
    found: list[tuple[float, Instruction]] = []
    for place, reading in enumerate(readings):
        for key, answers in reading.options.items():
            for rank, (_, probability) in enumerate(answers[1:], start=1):
                if probability > LIKELY:
                    other = [*readings[:place], reading.choosing(key, rank), *readings[place + 1 :]]
                    found.append((probability / max(answers[0][1], 1e-6), assemble(prompt, other)))
    seen, kept = [assemble(prompt, readings).to_dict()], []
    for _, instruction in sorted(found, key=lambda one: -one[0]):
        if not instruction.empty and instruction.to_dict() not in seen:
            seen.append(instruction.to_dict())
            kept.append(instruction)
    return tuple(kept[:most])


def calibrated(probability: float, slope: float, offset: float) -> float:
    """Platt's scaling in the logit: 1 / (1 + exp(-(slope · logit(p) + offset)))."""
    p = min(max(probability, 1e-6), 1.0 - 1e-6)
    return 1.0 / (1.0 + math.exp(-(slope * math.log(p / (1.0 - p)) + offset)))


def nearest_scale(value: float) -> int:
    """The nearest scale the program has, in octaves; a wish to enlarge gives at least 2."""
    octaves = math.log2(value) if value > 1.0 else 1.0
    return min(SCALES[1:], key=lambda scale: (abs(math.log2(scale) - octaves), -scale))


def ranked(pairs: Sequence[tuple[Any, float]]) -> Options:
    """Answers best first; equal ones ("4" and the number 4) are added up."""
    total: dict[Any, float] = {}
    for value, probability in pairs:
        total[value] = total.get(value, 0.0) + probability
    return tuple(sorted(total.items(), key=lambda one: -one[1]))


def _mean(options: Sequence[Options]) -> Options:
    return ranked([(value, probability / len(options)) for one in options for value, probability in one])


def _first(options: Options, value: Any) -> Options:
    return tuple(sorted(options, key=lambda one: one[0] != value))
