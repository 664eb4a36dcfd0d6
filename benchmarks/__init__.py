"""Public numbers: one command a table. `python -m benchmarks.NAME --help`."""
