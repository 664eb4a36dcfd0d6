"""Tensor and strengths → candidate; tone."""
