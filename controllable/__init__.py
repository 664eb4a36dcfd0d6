"""Controllable: say what to fix."""
