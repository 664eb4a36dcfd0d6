"""Controllable: say what to fix.

from controllable import Enhancer, Instruction, Task
"""

import os
from typing import TYPE_CHECKING, Any

from controllable.instruction.instruction import Instruction
from controllable.task import Task

if TYPE_CHECKING:
    from controllable.enhancer import Enhancer, Result
    from controllable.quality.report import QualityReport

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch then asks for pages of 2 MB, if it is not in use already
__version__ = "0.1.0"
__all__ = ["Enhancer", "Instruction", "QualityReport", "Result", "Task"]
_LATE = {
    "Enhancer": "controllable.enhancer",
    "Result": "controllable.enhancer",
    "QualityReport": "controllable.quality.report",
}


def __getattr__(name: str) -> Any:
    """Names that need torch are imported when first used, so that `import controllable` is quick."""
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module 'controllable' has no attribute {name!r}")
