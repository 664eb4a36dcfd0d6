"""InstructionParser: a prompt → Instruction, read by the text tower and its head, numbers kept exact."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllable.instruction.clauses import clauses, items
from controllable.instruction.instruction import Instruction
from controllable.instruction.numbers import Numbers, clean, extract, strength
from controllable.instruction.reading import (
    ASK_BELOW,
    AUTO,
    REASON,
    REGION,
    SCALE,
    Interpretation,
    Key,
    Options,
    Reading,
    alternatives,
    assemble,
    calibrated,
    nearest_scale,
    ranked,
    refine,
)
from controllable.instruction.script import simplified
from controllable.instruction.spelling import WORDS, Spelling
from controllable.task import REGIONS, TASKS, TONES

if TYPE_CHECKING:
    from torch import Tensor

    from controllable.instruction.encoder import Encoder
    from controllable.networks.instruction_head import InstructionHead

MAX_CHARACTERS = 1000
WORD_STRENGTHS = {"default": 0.95, "little": 0.3, "half": 0.5, "strong": 1.0, "full": 1.0}
"""A bare wish leaves room for a stronger one."""
TONE_STRENGTHS = {"default": 0.3, "little": 0.15, "half": 0.5, "strong": 0.6, "full": 1.0}


class InstructionParser:
    """The instruction stage: `parse` for the wish, `embed` for the joint text–image space."""

    def __init__(self, encoder: "Encoder", head: "InstructionHead", spelling: Spelling) -> None:
        self.encoder = encoder
        self.head = head.eval()
        self.spelling = spelling

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "InstructionParser":
        """folder: instruction_head.json, its safetensors and words.txt, beside the text tower they read.

        The tower is the open_clip model of the same folder, or the one that its adapter.json names.
        """
        from safetensors.torch import load_file

        from controllable.instruction.encoder import TextEncoder
        from controllable.instruction.foreign import ADAPTER, ForeignEncoder
        from controllable.networks.instruction_head import HeadConfig, InstructionHead

        folder = Path(folder)
        head = InstructionHead(HeadConfig(**json.loads((folder / "instruction_head.json").read_text())))
        weights = load_file(folder / "instruction_head.safetensors")
        head.load_state_dict({name: weight.float() for name, weight in weights.items()})
        encoder: Encoder
        if (folder / ADAPTER).exists():
            encoder = ForeignEncoder(json.loads((folder / ADAPTER).read_text())["clip"])
        else:
            encoder = TextEncoder.from_pretrained(folder)
        return cls(encoder, head, Spelling.load(folder / WORDS))

    def parse(self, prompt: str) -> Instruction:
        """ValueError, one sentence, when there is no prompt or it is over 1,000 characters."""
        return self.interpret(prompt).instruction

    def interpret(self, prompt: str) -> Interpretation:
        """`parse` with how sure it is, and what else the prompt may mean."""
        if not isinstance(prompt, str) or not prompt.strip():
            raise ValueError("prompt: it is empty; say what to improve, for example 'remove the noise'.")
        if len(prompt) > MAX_CHARACTERS:
            raise ValueError(f"prompt: {len(prompt)} characters came, at most {MAX_CHARACTERS} are accepted.")
        readings = self._surest([self._understand(part) for part in self._parts(prompt)])
        probability = math.prod(reading.probability for reading in readings)
        return Interpretation(
            instruction=assemble(prompt, readings),
            probability=probability,
            confidence=calibrated(probability, *self.head.config.calibration),
            alternatives=alternatives(prompt, readings),
        )

    def embed(self, prompts: Sequence[str]) -> "Tensor":
        """(N, E), of length 1: texts that ask for the same tasks lie close together."""
        import torch

        pooled = self.encoder([self.read_numbers(prompt).text for prompt in prompts]).pooled
        return torch.nn.functional.normalize(pooled, dim=-1).clone()

    def read_numbers(self, text: str) -> Numbers:
        """The form in which the tower sees a text: clean, simplified script, known words, numbers taken out."""
        return extract(self.spelling.correct(simplified(clean(text))))

    def read(self, numbers: Sequence[Numbers]) -> list[Reading]:
        """One Reading for each text."""
        import torch

        with torch.inference_mode():
            encoded = self.encoder([one.text for one in numbers])
            output = self.head(encoded.tokens, encoded.padding)
            chances = {
                "states": output.states.softmax(-1).tolist(),
                "strengths": _chances(output.strengths, numbers, first=5),
                "inverse": output.inverse.sigmoid().tolist(),
                "signs": output.signs.softmax(-1).tolist(),
                "tone_strengths": _chances(output.tone_strengths, numbers, first=5),
                "scale": _chances(output.scale, numbers, first=5),
                "region": output.region.softmax(-1).tolist(),
                "auto": output.auto.sigmoid().tolist(),
                "reason": output.reason.softmax(-1).tolist(),
            }
        return [_decode({name: rows[row] for name, rows in chances.items()}, one) for row, one in enumerate(numbers)]

    def _surest(self, readings: list[Reading]) -> list[Reading]:
        """Of a long prompt's parts those that are clear, if any is: the others are talk around the wish."""
        sure = [one for one in readings if calibrated(one.probability, *self.head.config.calibration) >= ASK_BELOW]
        return sure or readings

    def _understand(self, part: str) -> Reading:
        """The part as a whole says what it is about; its clauses say what is kept and how much of each is asked."""
        text = clean(part)
        stretches = [text]
        for clause in clauses(text):
            stretches += [stretch for stretch in (clause, *items(clause)) if stretch not in stretches]
        whole, *pieces = self.read([self.read_numbers(stretch) for stretch in stretches])
        return refine(whole, pieces)

    def _parts(self, prompt: str) -> list[str]:
        """The prompt itself, or its sentences gathered up to what the tower can see at once."""
        limit = self.encoder.context_length - 2
        if self.encoder.count(prompt) < limit:
            return [prompt]
        parts: list[str] = []
        for sentence in _sentences(prompt, limit):
            if parts and self.encoder.count(parts[-1] + sentence) < limit // 2:
                parts[-1] += sentence
            else:
                parts.append(sentence)
        return parts


def _decode(chances: dict[str, Any], numbers: Numbers) -> Reading:
    """Probabilities of every class, and the text's numbers → Reading."""
    from controllable.networks.instruction_head import REASONS, SCALE_WORDS, SIGNS, STATES, STRENGTHS

    options: dict[Key, Options] = {}
    for row, task in enumerate(TASKS):
        options["state", task] = ranked(list(zip(STATES, chances["states"][row], strict=True)))
        inverse = chances["inverse"][row] > 0.5
        options["strength", task] = _strengths(
            STRENGTHS, chances["strengths"][row], numbers, WORD_STRENGTHS, inverse=inverse
        )
    for row, name in enumerate(TONES):
        options["sign", name] = ranked(list(zip(SIGNS, chances["signs"][row], strict=True)))
        options["amount", name] = _strengths(STRENGTHS, chances["tone_strengths"][row], numbers, TONE_STRENGTHS)
    options[SCALE] = ranked(
        [(_scale(word, numbers), p) for word, p in zip(SCALE_WORDS, chances["scale"], strict=True) if p > 0.0]
    )
    options[REGION] = ranked(list(zip(REGIONS, chances["region"], strict=True)))
    options[AUTO] = ranked([(True, chances["auto"]), (False, 1.0 - chances["auto"])])
    options[REASON] = ranked(list(zip(REASONS, chances["reason"], strict=True)))
    return Reading(options=options)


def _strengths(
    names: Sequence[str],
    chances: Sequence[float],
    numbers: Numbers,
    words: Mapping[str, float],
    *,
    inverse: bool = False,
) -> Options:
    """inverse: the text's number says what stays."""
    found = []
    for name, probability in zip(names, chances, strict=True):
        if name in words:
            found.append((words[name], probability))
        elif probability > 0.0:
            share = strength(numbers.values[int(name.removeprefix("number "))])
            found.append((round(1.0 - share, 4) if inverse else share, probability))
    return ranked(found)


def _scale(name: str, numbers: Numbers) -> int:
    if name in ("none", "larger"):
        return 1 if name == "none" else 2
    return nearest_scale(
        numbers.values[int(name.removeprefix("number "))] if name.startswith("number") else float(name)
    )


def _chances(logits: "Tensor", numbers: Sequence[Numbers], *, first: int) -> list[Any]:
    """Softmax over the last axis, leaving out pointers (from class `first` on) to numbers the text does not have."""
    logits = logits.clone()
    for row, one in enumerate(numbers):
        logits[row, ..., first + len(one.values) :] = -math.inf
    return logits.softmax(-1).tolist()


def _sentences(prompt: str, limit: int) -> list[str]:
    """Cut after sentence ends; stretches without any are cut at `limit` characters."""
    sentences = re.findall(r".+?(?:[.!?;。！？；\n]+\s*|$)", prompt, flags=re.DOTALL)
    return [
        sentence[at : at + limit] for sentence in sentences for at in range(0, len(sentence), limit) if sentence.strip()
    ]
