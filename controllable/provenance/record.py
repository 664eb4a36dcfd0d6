"""A Record: one JSON object of at most 1 MB, in the XMP packet of any format that has one, and in a PNG's text besides.

The newest record describes the file; those of earlier steps follow it as its history, without their masks.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controllable.instruction.instruction import Instruction
from controllable.provenance import checks, xmp
from controllable.quality.report import QualityReport
from controllable.task import Task

TEXT_KEY = "controllable"
"""The keyword of a PNG's text."""
MOST_BYTES = 2**20
MOST_MASK_BYTES = 256 * 2**10
"""Of a mask as PNG; a larger one stays out, and the record says so."""
MOST_HISTORY = 8
SEED = 0
"""Restoring draws no random numbers, so there is none to choose."""
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Mask:
    """sha256: of its grey values, row by row; png: them, losslessly; left_out: why there is no png."""

    sha256: str
    png: bytes | None = None
    left_out: str | None = None

    def without_png(self, why: str) -> "Mask":
        return replace(self, png=None, left_out=self.left_out or why)

    def to_dict(self) -> dict[str, Any]:
        png = None if self.png is None else base64.b64encode(self.png).decode()
        return {"sha256": self.sha256, "png": png, "left_out": self.left_out}

    @classmethod
    def from_dict(cls, values: Any) -> "Mask":
        known = checks.fields("mask", values, cls.__dataclass_fields__)
        png, left_out = known.get("png"), known.get("left_out")
        if png is not None:
            try:
                png = base64.b64decode(checks.text("mask", png, 4 * (MOST_MASK_BYTES + 2) // 3), validate=True)
            except (binascii.Error, ValueError) as error:
                raise ValueError("record: mask: is not base64, or too long") from error
        return cls(
            sha256=checks.match("mask", known.get("sha256"), checks.HASH),
            png=png,
            left_out=None if left_out is None else checks.text("mask", left_out, 200),
        )


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What else decides the last bit: torch's version, the kind of device, "bf16" or "fp32", processor threads."""

    torch: str = ""
    device: str = ""
    precision: str = ""
    threads: int = 1

    @classmethod
    def from_dict(cls, values: Any) -> "Machine":
        known = checks.fields("machine", values, cls.__dataclass_fields__)
        words = {name: checks.text(name, value, 50) for name, value in known.items() if name != "threads"}
        return cls(threads=checks.whole("threads", known.get("threads", 1), 1, 1024), **words)


@dataclass(frozen=True, kw_only=True)
class Record:
    """strength, fidelity, force, guard, model: as `Enhancer.enhance` takes them, model by its name alone; applied: task
    → effective strength; weights: file → SHA-256; source, result: SHA-256, as `pixels_sha256` says, of the photo's
    pixels and of what became of them; seed: always `SEED`; history: earlier records, the oldest first.
    """

    program: str
    instruction: Instruction
    source: str
    result: str
    quality_before: QualityReport
    quality_after: QualityReport
    strength: float = 1.0
    fidelity: float = 1.0
    force: bool = False
    guard: bool = True
    model: str | None = None
    mask: Mask | None = None
    applied: Mapping[Task, float] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    machine: Machine = Machine()
    seed: int = SEED
    history: tuple["Record", ...] = ()

    def after(self, earlier: "Record | None") -> "Record":
        """This record with an earlier one, and all that it came after, as its history."""
        if earlier is None:
            return self
        mask = earlier.mask and earlier.mask.without_png("it is kept in the newest record alone")
        steps = (*earlier.history, replace(earlier, history=(), mask=mask))
        return replace(self, history=steps[-MOST_HISTORY:])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "format": FORMAT,
            "program": self.program,
            "instruction": self.instruction.to_dict(),
            "strength": self.strength,
            "fidelity": self.fidelity,
            "force": self.force,
            "guard": self.guard,
            "model": self.model,
            "mask": self.mask and self.mask.to_dict(),
            "seed": self.seed,
            "applied": {task.value: value for task, value in self.applied.items()},
            "quality_before": self.quality_before.to_dict(),
            "quality_after": self.quality_after.to_dict(),
            "weights": dict(self.weights),
            "source": self.source,
            "result": self.result,
            "machine": vars(self.machine).copy(),
            "history": [step.to_dict() for step in self.history],
        }

    @classmethod
    def from_dict(cls, values: Any, *, most_history: int = MOST_HISTORY) -> "Record":
        """The inverse of `to_dict`. Raises ValueError, with one sentence, for anything else."""
        known = checks.fields("record", values, {"format", *cls.__dataclass_fields__})
        checks.whole("format", known.get("format"), FORMAT, FORMAT)
        mask, model = known.get("mask"), known.get("model")
        steps = checks.items("history", known.get("history", []), most_history)
        return cls(
            program=checks.text("program", known.get("program"), 100),
            instruction=checks.instruction(known.get("instruction")),
            strength=checks.number("strength", known.get("strength")),
            fidelity=checks.number("fidelity", known.get("fidelity")),
            force=checks.flag("force", known.get("force")),
            guard=checks.flag("guard", known.get("guard")),
            model=None if model is None else checks.match("model", model, checks.NAME),
            mask=None if mask is None else Mask.from_dict(mask),
            seed=checks.whole("seed", known.get("seed", SEED), SEED, SEED),
            applied=checks.severities("applied", known.get("applied", {})),
            quality_before=checks.quality("quality_before", known.get("quality_before")),
            quality_after=checks.quality("quality_after", known.get("quality_after")),
            weights=checks.hashes("weights", known.get("weights", {})),
            source=checks.match("source", known.get("source"), checks.HASH),
            result=checks.match("result", known.get("result"), checks.HASH),
            machine=Machine.from_dict(known.get("machine", {})),
            history=tuple(cls.from_dict(step, most_history=0) for step in steps),
        )

    def to_json(self) -> str:
        """ASCII, without spaces."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """The inverse of `to_json`. Raises ValueError, with one sentence, for anything else."""
        if len(text) > MOST_BYTES:
            raise ValueError(f"record: has {len(text) / 2**20:.1f} MB, at most {MOST_BYTES // 2**20} is read")
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("record: is not JSON") from None
        return cls.from_dict(values)

    def to_xmp(self, existing: bytes | None = None, *, most_bytes: int | None = None) -> bytes:
        """The record in a photo's XMP packet, whose own content stays, or in a new one. Where the packet would have
        more than `most_bytes`, the history stays out, and then the mask.

        Raises ValueError if the packet cannot be read, or has no room for the record.
        """
        packet = b""
        for record in (self, replace(self, history=()), self._smallest()):
            packet = xmp.put(existing, record.to_json())
            if most_bytes is None or len(packet) <= most_bytes:
                return packet
        raise ValueError(f"xmp: would have {len(packet)} bytes, and at most {most_bytes} go into such a file")

    def _smallest(self) -> "Record":
        return replace(self, history=(), mask=self.mask and self.mask.without_png("the file has no room for it"))

    @classmethod
    def from_xmp(cls, packet: bytes) -> "Record | None":
        """None if there is none in the packet; ValueError if the packet, or the record, cannot be read."""
        text = xmp.take(packet)
        return None if text is None else cls.from_json(text)

    @classmethod
    def of(cls, packet: bytes | None, text: Mapping[str, str]) -> "Record | None":
        """The record among what a picture carries, its XMP packet and its text; None if there is none.

        Raises ValueError if it is damaged.
        """
        if packet and (xmp.NAMESPACE.encode() in packet or packet[:2] in xmp.UTF16):
            found = cls.from_xmp(packet)
            if found is not None:
                return found
        return cls.from_json(text[TEXT_KEY]) if TEXT_KEY in text else None
