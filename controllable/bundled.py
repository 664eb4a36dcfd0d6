"""Where the models that come with the program lie: inside the package once it is installed, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
BUNDLED = _PACKAGE / "bundled_models" if (_PACKAGE / "bundled_models").is_dir() else _PACKAGE.parent / "models"
