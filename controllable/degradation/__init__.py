"""Clean photo → realistic low-quality photo, with every parameter replayable."""

from controllable.degradation.chain import POINTWISE, Chain, SeverityRange
from controllable.degradation.degradation import Degradation
from controllable.degradation.params import Params

__all__ = ["POINTWISE", "Chain", "Degradation", "Params", "SeverityRange"]
