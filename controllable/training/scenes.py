"""Scenes of the corpus: which wishes come together in one text, worded clause by clause in one language."""

import random
from dataclasses import dataclass, field

from controllable.task import TASKS, Task
from controllable.training import grammar_en, grammar_zh
from controllable.training.grammar import HEAD, PLAIN_HEAD, Grammar, mark
from controllable.training.scene_forms import CORE, DONT_ENLARGE, GAPS, HOW_MUCH, NOT_BUT, SHARED
from controllable.training.speech_noise import mishear
from controllable.training.typing_noise import damage

_STRENGTH_WEIGHTS = {"default": 45, "little": 14, "half": 7, "strong": 13, "full": 6, "number": 15}
_SCENES = {
    "core": 24,
    "single": 22,
    "complaint": 18,
    "several": 38,
    "keep": 28,
    "scale": 10,
    "scale and tasks": 8,
    "auto": 15,
    "auto but": 7,
    "auto and scale": 2,
    "auto and task": 2,
    "region": 14,
    "region and tasks": 6,
    "tone": 14,
    "tone and task": 8,
    "keep only": 14,
    "refused": 22,
    "refused and task": 2,
}

PLAIN = 0.4
"""Share of texts in the commonest words only, with nothing around the wish and no slips: the core must be certain."""


@dataclass(kw_only=True)
class Labels:
    """What a text asks for, by names. A strength "number" comes with the number's mark in `marks`."""

    states: dict[Task, str] = field(default_factory=dict)
    strengths: dict[Task, str] = field(default_factory=dict)
    inverse: set[Task] = field(default_factory=set)
    tones: dict[str, tuple[int, str]] = field(default_factory=dict)
    scale: str = "none"
    region: str = "all"
    auto: bool = False
    reason: str = "none"


class Writer:
    """Draws a scene and words it, filling `labels` on the way."""

    def __init__(self, rng: random.Random, labels: Labels) -> None:
        self.rng = rng
        self.labels = labels
        self.chinese = rng.random() < 0.45
        self.language = grammar_zh if self.chinese else grammar_en
        self.plain = rng.random() < PLAIN
        head = PLAIN_HEAD if self.plain else HEAD
        english = Grammar(grammar_en.ENGLISH, rng, head=head)
        chinese = Grammar(grammar_zh.CHINESE, rng, head=head)
        self.grammar = chinese if self.chinese else english
        self.other = english if self.chinese and rng.random() < 0.1 else None
        self.marks = 0

    def write(self, *, damaged: bool = True) -> str:
        scene = self.rng.choices(list(_SCENES), list(_SCENES.values()))[0]
        text = getattr(self, "_" + scene.replace(" ", "_"))()
        if self.plain:
            return text
        if self.chance(0.16) and scene != "refused":
            context = self.grammar.pick("context")
            gap = self.rng.choice(
                [", ", ". ", ",", "; ", " - ", ", so ", " and "] if not self.chinese else [",", "。", " ", ",", ",所以"]
            )
            text = context + gap + text if self.chance(0.7) else text + self.rng.choice([", ", ". "]) + context
        if not damaged:
            return text
        if not self.chinese and self.chance(0.08):
            text = mishear(text, self.rng)
        return damage(text, self.rng, chinese=self.chinese)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def tasks(self, count: int) -> list[Task]:
        return self.rng.sample(TASKS, count)

    def number(self, write: str) -> str:
        self.marks += 1
        return mark(self.marks - 1, getattr(self.language, write)(self.rng))

    def polite(self, text: str) -> str:
        if self.plain:
            return text
        before, after = self.chance(0.28), self.chance(0.16)
        space = "" if self.chinese else " "
        text = self.grammar.pick("polite.before") + space + text if before else text
        return text + (self.rng.choice(["", ","]) + space + self.grammar.pick("polite.after") if after else "")

    def wish(self, task: Task, *, plain: bool = False) -> str:
        """A clause that asks for `task`, with some strength."""
        kind = self.rng.choices(list(_STRENGTH_WEIGHTS), list(_STRENGTH_WEIGHTS.values()))[0]
        self.labels.states[task] = "remove"
        if plain:
            kind = "default"
        if kind != "number":
            self.labels.strengths[task] = kind
            return self.grammar.clause(task, f"wish.{kind}", self.other)
        inverse = self.chance(0.12)
        self.labels.strengths[task] = f"mark {self.marks}"
        if inverse:
            self.labels.inverse.add(task)
        return self.grammar.clause(
            task, "wish.inverse" if inverse else "wish.number", self.other, x=self.number("share")
        )

    def complaint(self, task: Task) -> str:
        self.labels.states[task] = "remove"
        self.labels.strengths[task] = "default"
        return self.grammar.clause(task, "complaint", self.other)

    def join(self, clauses: list[str]) -> str:
        text = clauses[0]
        for clause in clauses[1:]:
            connector = self.grammar.pick("connector")
            text += connector + clause if self.chinese else f" {connector} {clause}"
        return _tight(text)

    def tail(self, text: str) -> str:
        if self.plain or not self.chance(0.35):
            return text
        gap = (
            self.rng.choice([", ", ". ", " ", "? ", "! "])
            if not self.chinese
            else self.rng.choice([",", "。", " ", ""])
        )
        tail = self.grammar.pick("tail")
        return text + gap + tail if self.chance(0.85) else tail + gap + text

    def _core(self) -> str:
        """The handful of sentences that most people type; by the tables' laws alone each comes once in 100,000."""
        task = self.tasks(1)[0]
        self.labels.states[task], self.labels.strengths[task] = "remove", "default"
        table = self.grammar.language.tasks[task]
        words = {slot: self.rng.choice(choices[:3]) for slot, choices in
                 (("n", table.nouns), ("v", table.verbs), ("a", table.adjectives))}  # fmt: skip
        kind = self.rng.choices(["default", "little", "half", "strong", "full"], [60, 12, 5, 15, 8])[0]
        self.labels.strengths[task] = kind
        return self.grammar.fill(self.rng.choice(CORE[self.grammar.language.name][kind]), **words)

    def _single(self) -> str:
        return self.polite(self.wish(self.tasks(1)[0]))

    def _complaint(self) -> str:
        task = self.tasks(1)[0]
        text = self.complaint(task)
        return self.tail(text) if self.chance(0.85) else text + self._how_much(task)

    def _how_much(self, task: Task) -> str:
        """A strength after the complaint: "so grainy, take 30% of it out"."""
        kind = self.rng.choice(["little", "half", "strong", "number", "number"])
        texts = HOW_MUCH[self.grammar.language.name][kind]
        self.labels.strengths[task] = f"mark {self.marks}" if kind == "number" else kind
        given = {"x": self.number("share")} if kind == "number" else {}
        return self.rng.choice([", ", ". "] if not self.chinese else [",", "。"]) + self.grammar.fill(
            self.rng.choice(texts), **given
        )

    def _several(self) -> str:
        chosen = self.tasks(self.rng.choice([2, 2, 2, 3, 3, 4]))
        style = self.rng.random()
        if style < 0.15:
            return self.tail(self.join([self.complaint(task) for task in chosen]))
        if style < 0.28:
            return self.join([self.complaint(chosen[0]), *(self.wish(task) for task in chosen[1:])])
        if style < 0.45:
            return self._shared(chosen)
        return self.polite(self.join([self.wish(task, plain=self.chance(0.4)) for task in chosen]))

    def _shared(self, chosen: list[Task]) -> str:
        """One clause for several flaws: "remove noise and blur by half"; "it's dark and grainy"."""
        slot = self.rng.choice(["nouns", "nouns", "adjectives", "repairs"])
        words = [self.grammar.draw(getattr(self.grammar.language.tasks[task], slot)) for task in chosen]
        gaps = GAPS[self.grammar.language.name]
        body = words[0] + "".join(
            self.rng.choice(gaps[:1] if word is not words[-1] else gaps) + word for word in words[1:]
        )
        form = self.rng.choice(SHARED[self.grammar.language.name][slot])
        kind = self.rng.choices(["default", "little", "strong", "number"], [70, 10, 8, 12])[0]
        name = f"mark {self.marks}" if kind == "number" and slot != "adjectives" else kind
        for task in chosen:
            self.labels.states[task] = "remove"
            self.labels.strengths[task] = "default" if slot == "adjectives" else name
        if slot != "adjectives" and kind != "default":
            much = (
                self.number("share") if kind == "number" else self.grammar.pick({"little": "LA", "strong": "SA"}[kind])
            )
            form += (" by " if kind == "number" and not self.chinese else "" if self.chinese else " ") + much
        return self.polite(self.grammar.fill(form).replace("X", body))

    def _forbid(self, tasks: list[Task], group: str = "keep") -> str:
        for task in tasks:
            self.labels.states[task] = "keep"
        if tasks == [Task.RESOLUTION] and self.chance(0.6):
            return self.rng.choice(DONT_ENLARGE[self.grammar.language.name])
        return self.grammar.keep(tuple(tasks), group)

    def _keep(self) -> str:
        if self.chance(0.08):
            return self._not_but()
        asked = self.rng.choice([1, 1, 1, 2])
        chosen = self.tasks(asked + self.rng.choice([1, 1, 1, 2]))
        doing = [
            self.complaint(task) if self.chance(0.2) else self.wish(task, plain=self.chance(0.6))
            for task in chosen[:asked]
        ]
        text, space = self.join(doing), "" if self.chinese else " "
        if self.chance(0.18):
            chosen = chosen[: asked + 1]
            self.labels.states = {task: state for task, state in self.labels.states.items() if task in chosen}
            self.labels.states[chosen[-1]] = "keep"
            return (
                self.polite(text)
                + self._contrast()
                + self.grammar.clause(
                    chosen[-1], self.rng.choice(["dont", "gerund.keep", "gerund.keep", "keep.adjective"])
                )
            )
        style = self.rng.random()
        if style < 0.3:
            return self.polite(
                text + (space if not self.chinese else ",") + self._forbid(chosen[asked:], "keep.adverb")
            )
        if style < 0.68:
            return self.polite(text) + self._contrast() + self._forbid(chosen[asked:])
        return self._forbid(chosen[asked:]) + self._contrast() + self.polite(text)

    def _not_but(self) -> str:
        """One flaw denied, another named: "it isn't blurry, it's noisy"."""
        denied, meant = self.tasks(2)
        self.labels.states[denied] = "keep"
        self.labels.states[meant], self.labels.strengths[meant] = "remove", "default"
        slot = self.rng.choice(["nouns", "adjectives"])
        words = [self.grammar.draw(getattr(self.grammar.language.tasks[task], slot)) for task in (denied, meant)]
        form = self.rng.choice(NOT_BUT[self.grammar.language.name][slot])
        return self.grammar.fill(form).replace("X", words[0]).replace("Y", words[1])

    def _contrast(self) -> str:
        word = self.grammar.pick("contrast")
        return word if self.chinese else _tight(f" {word} ")

    def _keep_only(self) -> str:
        """What `InstructionParser` sees when it reads the clauses of a longer wish one by one."""
        if self.chance(0.45):
            task = self.tasks(1)[0]
            self.labels.states[task] = "keep"
            return self.grammar.clause(task, self.rng.choice(["dont", "dont", "gerund.keep", "keep.adjective"]))
        return self._forbid(self.tasks(self.rng.choice([1, 1, 2])), self.rng.choice(["keep", "keep", "keep.adverb"]))

    def _magnify(self) -> str:
        self.labels.states[Task.RESOLUTION], self.labels.strengths[Task.RESOLUTION] = "remove", "default"
        style = self.rng.random()
        if style < 0.5:
            self.labels.scale = f"mark {self.marks}"
            return self.grammar.fill(self.grammar.pick("scale.times"), x=self.number("times"))
        if style < 0.57:
            self.labels.scale = f"mark {self.marks}"
            return self.grammar.fill(self.grammar.pick("scale.factor"), n=self.number("factor"))
        self.labels.scale = self.rng.choices(["larger", "2", "4", "8"], [40, 25, 20, 10])[0]
        return self.grammar.pick(f"scale.{self.labels.scale}")

    def _scale(self) -> str:
        return self.polite(self._magnify())

    def _scale_and_tasks(self) -> str:
        chosen = [task for task in self.tasks(self.rng.choice([2, 2, 3])) if task is not Task.RESOLUTION][:2]
        if self.chance(0.2):
            kept = self._forbid(chosen[:1])
            return self.polite(self._magnify()) + self._contrast() + kept
        clauses = [
            self.complaint(task) if self.chance(0.15) else self.wish(task, plain=self.chance(0.5)) for task in chosen
        ]
        clauses.insert(self.rng.choice([0, len(clauses), len(clauses)]), self._magnify())
        return self.polite(self.join(clauses))

    def _auto(self) -> str:
        self.labels.auto = True
        return self.polite(self.grammar.pick("auto"))

    def _auto_but(self) -> str:
        self.labels.auto = True
        return self.polite(
            self._forbid(self.tasks(self.rng.choice([1, 1, 1, 2])), self.rng.choice(["everything.but", "auto.keep"]))
        )

    def _auto_and_scale(self) -> str:
        self.labels.auto = True
        clauses = [self.grammar.pick("auto"), self._magnify()]
        self.rng.shuffle(clauses)
        text = self.polite(self.join(clauses))
        if self.chance(0.3):
            text += self._contrast() + self._forbid([self.rng.choice([t for t in TASKS if t is not Task.RESOLUTION])])
        return text

    def _auto_and_task(self) -> str:
        self.labels.auto = True
        clauses = [self.grammar.pick("auto"), self.wish(self.tasks(1)[0], plain=self.chance(0.6))]
        return self.polite(self.join(clauses))

    def _region(self) -> str:
        self.labels.region = self.rng.choices(["face", "background", "sky", "mask"], [40, 25, 25, 8])[0]
        place = self.grammar.draw(self.grammar.language.regions[self.labels.region])
        style = self.rng.random()
        if style < 0.13:
            self.labels.auto = True
            return self.polite(self.grammar.fill(self.grammar.pick("region.auto"), g=place))
        if style < 0.19:
            return self.polite(self.grammar.fill(self.grammar.pick("region.tone"), g=place, tone=self._tone_clause()))
        chosen = self.tasks(1 if self.chance(0.85) else 2)
        kinds = {"wish": "default", "complaint": "default", "little": "little", "strong": "strong", "number": "number"}
        group = self.rng.choices(list(kinds), [50, 22, 8, 6, 8])[0]
        task = chosen[0]
        self.labels.states[task] = "remove"
        if self.labels.region == "background" and group == "wish" and self.chance(0.25):
            self.labels.strengths[task] = "default"
            return (
                self.polite(self.grammar.clause(task, "wish.default"))
                + self._contrast()
                + self.grammar.pick("spare.face")
            )
        self.labels.strengths[task] = f"mark {self.marks}" if group == "number" else kinds[group]
        given = {"x": self.number("share")} if group == "number" else {}
        text = self.grammar.clause(task, f"region.{group}", self.other, g=place, **given)
        if len(chosen) == 2:
            text = self.join([text, self.wish(chosen[1], plain=True)])
        return self.tail(text) if group == "complaint" else self.polite(text)

    def _region_and_tasks(self) -> str:
        """Several things about one place, said once: "her face: denoise a little and fix the focus"."""
        self.labels.region = self.rng.choices(["face", "background", "sky", "mask"], [40, 25, 25, 10])[0]
        place = self.grammar.draw(self.grammar.language.regions[self.labels.region])
        chosen = self.tasks(self.rng.choice([2, 2, 3]))
        if self.chance(0.3):
            kept = self._forbid(chosen[:1])
            body = self.wish(chosen[1], plain=self.chance(0.5)) + self._contrast() + kept
        elif self.chance(0.3):
            body = self.join([self.wish(chosen[0], plain=self.chance(0.5)), self._tone_clause()])
        else:
            body = self.join([self.wish(task, plain=self.chance(0.5)) for task in chosen])
        if self.chinese:
            where = self.rng.choice([place + ",", "只针对" + place + ",", place + "部分:", "在" + place + "上", place])
            return self.polite(where + body)
        if self.chance(0.5):
            first = self.rng.choice(["{}: ", "on {}: ", "{}, ", "for {}, ", "only {}: ", "in {}, ", "just {}: "])
            return self.polite(first.format(place) + body)
        last = self.rng.choice([" on {}", ", only {}", " for {}", " but only on {}", ", {} only", " in {}"])
        return self.polite(body + last.format(place))

    def _tone_clause(self) -> str:
        """One more tone, of those not spoken of yet."""
        left = [one for one in self.grammar.language.tone if one[0] not in self.labels.tones]
        name, sign = self.rng.choice(left)
        template = self.grammar.draw(self.grammar.language.tone[name, sign])
        kind = (
            self.rng.choices(["default", "little", "strong", "number"], [25, 50, 12, 13])[0]
            if "{m}" in template
            else "default"
        )
        much = "" if kind == "default" else self.grammar.pick(f"tone.{kind}")
        self.labels.tones[name] = (sign, f"mark {self.marks}" if kind == "number" else kind)
        return self.grammar.fill(
            template, m=self.grammar.fill(much, x=self.number("share") if kind == "number" else "")
        ).strip()

    def _tone(self) -> str:
        return self.polite(
            self._tone_clause() if self.chance(0.75) else self.join([self._tone_clause(), self._tone_clause()])
        )

    def _tone_and_task(self) -> str:
        chosen = self.tasks(self.rng.choice([1, 1, 1, 2]))
        clauses = [
            self.complaint(task) if self.chance(0.15) else self.wish(task, plain=self.chance(0.6)) for task in chosen
        ]
        if self.chance(0.15):
            return self.polite(self._tone_clause() + self._contrast() + self._forbid_instead(chosen[0]))
        clauses.insert(self.rng.choice([0, len(clauses), len(clauses)]), self._tone_clause())
        return self.polite(self.join(clauses))

    def _forbid_instead(self, task: Task) -> str:
        self.labels.states, self.labels.strengths, self.labels.inverse = {}, {}, set()
        return self._forbid([task])

    def _refused(self) -> str:
        reasons = {
            "object": 36,
            "style": 13,
            "colorize": 9,
            "geometry": 13,
            "effect": 10,
            "question": 14,
            "unclear": 10,
        }
        self.labels.reason = self.rng.choices(list(reasons), list(reasons.values()))[0]
        if self.labels.reason == "unclear" and self.chance(0.5):
            return self._mash() if self.chance(0.7) else self._talk()
        text = self.grammar.refuse(self.labels.reason)
        return text if self.labels.reason in ("question", "unclear") else self.polite(text)

    def _talk(self) -> str:
        """Remarks and no wish: what a long prompt's parts may hold."""
        gap = self.rng.choice([". ", ", "] if not self.chinese else ["。", ","])
        return gap.join(self.grammar.pick("context") for _ in range(self.rng.choice([1, 2, 3, 5])))

    def _mash(self) -> str:
        """Keyboard mash, punctuation, stray numbers."""
        letters = self.rng.choice(
            ["asdfghjkl", "qwertyuiop", "abcdefghijklmnopqrstuvwxyz", "zxcvbnm", "!?.,;#*", "0123456789", "sdfkjwe"]
        )
        words = ["".join(self.rng.choices(letters, k=self.rng.randint(2, 9))) for _ in range(self.rng.randint(1, 4))]
        return " ".join(words)

    def _refused_and_task(self) -> str:
        asked = self.tasks(1)[0]
        wish = self.wish(asked, plain=True)
        self.labels.reason = self.rng.choice(["object", "object", "style", "colorize", "geometry"])
        clauses = [wish, self.grammar.refuse(self.labels.reason)]
        self.rng.shuffle(clauses)
        return self.polite(self.join(clauses))


def _tight(text: str) -> str:
    """No space before a punctuation mark."""
    return text.replace(" ,", ",").replace(" .", ".").replace(" ;", ";")
