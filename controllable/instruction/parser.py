"""InstructionParser: a prompt → Instruction, read by the text tower and its head, numbers kept exact."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable.instruction.answers import refusal
from controllable.instruction.clauses import clauses, items
from controllable.instruction.instruction import Instruction
from controllable.instruction.numbers import Numbers, clean, extract, strength
from controllable.instruction.script import simplified
from controllable.task import REGIONS, SCALES, TASKS, TONES, Task

if TYPE_CHECKING:
    from torch import Tensor

    from controllable.instruction.encoder import TextEncoder
    from controllable.networks.instruction_head import InstructionHead

MAX_CHARACTERS = 1000
CERTAIN = 0.5
"""A clause speaks of a task from this probability on."""

WORD_STRENGTHS = {"default": 1.0, "little": 0.3, "half": 0.5, "strong": 0.9, "full": 1.0}
TONE_STRENGTHS = {"default": 0.3, "little": 0.15, "half": 0.5, "strong": 0.6, "full": 1.0}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one stretch of a prompt asks for, before it becomes an Instruction.

    certainty: the probability that the stretch speaks of the task at all.
    """

    certainty: dict[Task, float]
    tasks: dict[Task, float]
    keep: tuple[Task, ...]
    tone: dict[str, float]
    scale: int
    region: str
    auto: bool
    reason: str


def read_numbers(prompt: str) -> Numbers:
    """The form in which the tower sees a prompt: `clean`, simplified script, numbers taken out."""
    return extract(simplified(clean(prompt)))


class InstructionParser:
    """The instruction stage: `parse` for the wish, `embed` for the joint text–image space."""

    def __init__(self, encoder: "TextEncoder", head: "InstructionHead") -> None:
        self.encoder = encoder
        self.head = head.eval()

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "InstructionParser":
        """folder: an open_clip folder that also holds instruction_head.json and instruction_head.safetensors."""
        from safetensors.torch import load_file

        from controllable.instruction.encoder import TextEncoder
        from controllable.networks.instruction_head import HeadConfig, InstructionHead

        folder = Path(folder)
        head = InstructionHead(HeadConfig(**json.loads((folder / "instruction_head.json").read_text())))
        weights = load_file(folder / "instruction_head.safetensors")
        head.load_state_dict({name: weight.float() for name, weight in weights.items()})
        return cls(TextEncoder.from_pretrained(folder), head)

    def parse(self, prompt: str) -> Instruction:
        """ValueError, one sentence, when there is no prompt or it is over 1,000 characters."""
        if not isinstance(prompt, str) or not prompt.strip():
            raise ValueError("prompt: it is empty; say what to improve, for example 'remove the noise'.")
        if len(prompt) > MAX_CHARACTERS:
            raise ValueError(f"prompt: {len(prompt)} characters came, at most {MAX_CHARACTERS} are accepted.")
        return assemble(prompt, [self._understand(part) for part in self._parts(prompt)])

    def embed(self, prompts: Sequence[str]) -> "Tensor":
        """(N, E), of length 1: texts that ask for the same tasks lie close together."""
        import torch

        pooled = self.encoder([read_numbers(prompt).text for prompt in prompts]).pooled
        return torch.nn.functional.normalize(pooled, dim=-1).clone()

    def read(self, numbers: Sequence[Numbers]) -> list[Reading]:
        """One Reading for each text."""
        import torch

        with torch.inference_mode():
            encoded = self.encoder([one.text for one in numbers])
            output = self.head(encoded.tokens, encoded.padding)
            chosen = {
                "certainty": (1.0 - output.states.softmax(-1)[..., 0]).tolist(),
                "states": output.states.argmax(-1).tolist(),
                "strengths": _best_allowed(output.strengths, numbers, first=5),
                "inverse": (output.inverse > 0).tolist(),
                "signs": output.signs.argmax(-1).tolist(),
                "tone_strengths": _best_allowed(output.tone_strengths, numbers, first=5),
                "scale": _best_allowed(output.scale, numbers, first=5),
                "region": output.region.argmax(-1).tolist(),
                "auto": (output.auto > 0).tolist(),
                "reason": output.reason.argmax(-1).tolist(),
            }
        return [_decode({name: rows[row] for name, rows in chosen.items()}, one) for row, one in enumerate(numbers)]

    def _understand(self, part: str) -> Reading:
        """The part as a whole says what it is about; its clauses say what is kept and how much of each is asked."""
        text = clean(part)
        stretches = [text]
        for clause in clauses(text):
            stretches += [stretch for stretch in (clause, *items(clause)) if stretch not in stretches]
        whole, *pieces = self.read([extract(simplified(stretch)) for stretch in stretches])
        return refine(whole, pieces)

    def _parts(self, prompt: str) -> list[str]:
        """The prompt itself, or its sentences gathered up to what the tower can see at once."""
        limit = self.encoder.tower.context_length - 2
        if self.encoder.count(prompt) < limit:
            return [prompt]
        parts: list[str] = []
        for sentence in _sentences(prompt, limit):
            if parts and self.encoder.count(parts[-1] + sentence) < limit // 2:
                parts[-1] += sentence
            else:
                parts.append(sentence)
        return parts


def refine(whole: Reading, pieces: Sequence[Reading]) -> Reading:
    """Give every task the state and strength of the shortest piece that names it clearly.

    A general wish with exceptions ("fix everything, only the grain stays") is left as it was read: alone, its pieces
    would name the exceptions as wishes.
    """
    if whole.auto or whole.reason != "none" or not pieces:
        return whole
    tasks, keep = dict(whole.tasks), list(whole.keep)
    several = len(tasks) + len(keep) > 1
    for task in (*whole.tasks, *whole.keep):
        said = [piece for piece in pieces if piece.certainty.get(task, 0.0) > CERTAIN]
        if not said or (task is Task.RESOLUTION and whole.scale > 1):
            continue
        states = {task in piece.keep for piece in said}
        kept = states.pop() if len(states) == 1 else task in whole.keep
        tasks.pop(task, None)
        keep = [one for one in keep if one is not task]
        if kept:
            keep.append(task)
        else:
            asked = [piece for piece in said if task in piece.tasks] or [whole]
            tasks[task] = (asked[-1] if several else whole).tasks.get(task, 1.0)
    return replace(whole, tasks=tasks, keep=tuple(keep))


def assemble(prompt: str, readings: Sequence[Reading]) -> Instruction:
    """Join the readings of a prompt's parts: talk is neither a refusal nor a general wish beside a clear one."""
    clear = [reading for reading in readings if reading.reason == "none"]
    refused = [reading.reason for reading in readings if reading.reason not in ("none", "unclear", "question")]
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


def _decode(chosen: dict[str, Any], numbers: Numbers) -> Reading:
    """Class indices and the text's numbers → Reading."""
    from controllable.networks.instruction_head import REASONS, SCALE_WORDS, SIGNS, STATES, STRENGTHS

    tasks, keep, tone = {}, [], {}
    for task, state, index, inverse in zip(
        TASKS, chosen["states"], chosen["strengths"], chosen["inverse"], strict=True
    ):
        if STATES[state] == "keep":
            keep.append(task)
        elif STATES[state] == "remove":
            share = _share(STRENGTHS[index], numbers, WORD_STRENGTHS)
            tasks[task] = round(1.0 - share, 4) if inverse and STRENGTHS[index].startswith("number") else share
    for name, sign, index in zip(TONES, chosen["signs"], chosen["tone_strengths"], strict=True):
        if SIGNS[sign] != "none":
            share = _share(STRENGTHS[index], numbers, TONE_STRENGTHS)
            tone[name] = share if SIGNS[sign] == "more" else -share
    scale = _scale(SCALE_WORDS[chosen["scale"]], numbers)
    if scale > 1:
        tasks[Task.RESOLUTION] = 1.0
    return Reading(
        certainty=dict(zip(TASKS, chosen["certainty"], strict=True)),
        tasks={task: share for task, share in tasks.items() if share > 0.0},
        keep=tuple(keep),
        tone=tone,
        scale=scale,
        region=REGIONS[chosen["region"]],
        auto=chosen["auto"],
        reason=REASONS[chosen["reason"]],
    )


def _share(name: str, numbers: Numbers, words: dict[str, float]) -> float:
    if name in words:
        return words[name]
    return strength(numbers.values[int(name.removeprefix("number "))])


def _scale(name: str, numbers: Numbers) -> int:
    """The nearest scale the program has, in octaves; a wish to enlarge gives at least 2."""
    if name in ("none", "larger"):
        return 1 if name == "none" else 2
    value = numbers.values[int(name.removeprefix("number "))] if name.startswith("number") else float(name)
    octaves = math.log2(value) if value > 1.0 else 1.0
    return min(SCALES[1:], key=lambda scale: (abs(math.log2(scale) - octaves), -scale))


def _best_allowed(logits: "Tensor", numbers: Sequence[Numbers], *, first: int) -> list[Any]:
    """Argmax over the last axis, leaving out pointers (from class `first` on) to numbers the text does not have."""
    logits = logits.clone()
    for row, one in enumerate(numbers):
        logits[row, ..., first + len(one.values) :] = -math.inf
    return logits.argmax(-1).tolist()


def _sentences(prompt: str, limit: int) -> list[str]:
    """Cut after sentence ends; stretches without any are cut at `limit` characters."""
    sentences = re.findall(r".+?(?:[.!?;。！？；\n]+\s*|$)", prompt, flags=re.DOTALL)
    return [
        sentence[at : at + limit] for sentence in sentences for at in range(0, len(sentence), limit) if sentence.strip()
    ]
