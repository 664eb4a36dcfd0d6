"""Tensor and strengths → candidate; tone; crispness."""
