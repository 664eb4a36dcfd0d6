"""Bytes ↔ tensors, with everything the file carried."""
