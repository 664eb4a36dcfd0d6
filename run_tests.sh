#!/usr/bin/env bash
# Installs what the tests need into .venv and runs them: the README's test command.
set -euo pipefail
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
.venv/bin/python -m pytest -n 2 --dist loadfile "$@"
