"""Words → Instruction."""

from controllable.instruction.instruction import Instruction

__all__ = ["Instruction"]
