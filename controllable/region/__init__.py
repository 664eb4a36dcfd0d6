"""Faces and masks: where a wish applies."""
