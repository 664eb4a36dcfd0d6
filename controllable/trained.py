"""Where what the workshop trained lies: folders of weights, known by their names."""

import json
from pathlib import Path

RUNS = Path("runs")
"""Where trainings leave their results, below the working directory."""


def trained(key: str, models: Path, runs: Path = RUNS) -> dict[str, Path]:
    """Name → folder of every `models`/NAME and `runs`/NAME/weights that `holds` this."""
    found = {path.parent.parent.name: path.parent for path in sorted(runs.glob("*/weights/config.json"))}
    found |= {path.parent.name: path.parent for path in sorted(models.glob("*/config.json"))}
    return {name: folder for name, folder in found.items() if holds(key, folder)}


def holds(key: str, folder: Path) -> bool:
    """Whether a folder has weights, and a configuration with this key: "tasks" of experts, "photos" of degraders."""
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and key in config and (folder / "model.safetensors").is_file()
