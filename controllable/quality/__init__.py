"""Tensor → QualityReport."""

from controllable.quality.report import QualityReport

__all__ = ["QualityReport"]
