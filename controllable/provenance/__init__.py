"""Provenance: what made a result, written into its file, and read from it to make the result again."""

from controllable.provenance.made import Made, differences, unpacked
from controllable.provenance.record import Machine, Mask, Record
from controllable.provenance.stored import carrying, read

__all__ = ["Machine", "Made", "Mask", "Record", "carrying", "differences", "read", "unpacked"]
