"""The dependency audit: what it lets pass and what not, on findings as pip-audit writes them."""

import importlib.util
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / ".ci"
TODAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", FOLDER / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(*fixes: str, name: str = "pillow", id: str = "PYSEC-1") -> dict[str, Any]:
    found = {"id": id, "aliases": ["CVE-2026-1"], "fix_versions": list(fixes)}
    return {"name": name, "version": "12.3.0", "vulns": [found]}


def test_a_finding_without_a_waiver_is_named_with_its_fix(audit: ModuleType) -> None:
    assert audit.findings(package("12.4.0"), [], TODAY) == ["pillow 12.3.0: PYSEC-1, fixed in 12.4.0"]
    assert audit.findings({"name": "torch", "version": "2", "vulns": []}, [], TODAY) == []


def test_a_waiver_covers_the_advisory_it_names_until_its_day(audit: ModuleType) -> None:
    waiver = {"package": "pillow", "id": "CVE-2026-1", "until": TODAY, "reason": "…"}
    assert audit.findings(package("12.4.0"), [waiver], TODAY) == []
    late = audit.findings(package("12.4.0"), [waiver | {"until": date(2026, 11, 30)}], TODAY)
    assert late == ["pillow 12.3.0: PYSEC-1, fixed in 12.4.0; its waiver ran out on 2026-11-30"]
    assert audit.findings(package("12.4.0", name="torch"), [waiver], TODAY)


def test_what_cannot_be_installed_is_waived_and_what_can_is_not(audit: ModuleType) -> None:
    waiver = {"package": "pillow", "cannot_install": ">=13", "until": TODAY, "reason": "…"}
    assert audit.findings(package("13.0.0"), [waiver], TODAY) == []
    assert audit.findings(package("12.4.0", "13.0.0"), [waiver], TODAY)
    assert audit.findings(package(), [waiver], TODAY), "no fix at all: somebody must look"


def test_every_waiver_says_why_and_until_when() -> None:
    for waiver in tomllib.loads((FOLDER / "waivers.toml").read_text(encoding="utf-8"))["waiver"]:
        assert len(waiver["reason"].split()) > 10 and isinstance(waiver["until"], date)
        assert ("id" in waiver) != ("cannot_install" in waiver)


def test_a_mirror_without_advisories_is_not_taken_for_a_clean_bill(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Done:
        stdout = '{"dependencies": [{"name": "torch", "skip_reason": "not found on PyPI"}]}'

    monkeypatch.setattr(audit.subprocess, "run", lambda *command, **options: Done)
    assert audit.main() == 0 and "nothing was checked" in capsys.readouterr().out
