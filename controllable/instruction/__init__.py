"""Words → Instruction."""

from controllable.instruction.instruction import Instruction
from controllable.instruction.parser import InstructionParser

__all__ = ["Instruction", "InstructionParser"]
