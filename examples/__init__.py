"""Programs made with the package, one idea each. `python -m examples.NAME --help`."""
