"""Known vulnerabilities of what is installed: none without a written waiver.

python .ci/audit.py                 # in the project's environment; needs pip-audit and the network
Asks PyPI's advisory database through `pip-audit`, then OSV's. Exit status 1 for a finding that no waiver in
waivers.toml covers, or whose waiver has run out; 0 otherwise, also where no database could be reached, which is said.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

WAIVERS = Path(__file__).with_name("waivers.toml")
SERVICES = ("pypi", "osv")
TIMEOUT_S = 120


def main() -> int:
    waivers = tomllib.loads(WAIVERS.read_text(encoding="utf-8")).get("waiver", [])
    for service in SERVICES:
        audited = _audited(service)
        if audited:
            break
    else:
        print("audit: no vulnerability database could be reached; nothing was checked")
        return 0
    open_findings = [line for package in audited for line in findings(package, waivers, date.today())]
    print(*open_findings, sep="\n", end="\n" if open_findings else "")
    print(f"audit: {len(audited)} packages checked by {service}, {len(open_findings)} findings without a valid waiver")
    return 1 if open_findings else 0


def findings(package: Mapping[str, Any], waivers: Sequence[Mapping[str, Any]], today: date) -> list[str]:
    """One line for each vulnerability of a package, as pip-audit describes it, that no waiver covers today."""
    lines = []
    for found in package["vulns"]:
        covering = [waiver for waiver in waivers if covers(waiver, package["name"], found)]
        valid = any(waiver["until"] >= today for waiver in covering)
        if not valid:
            ran_out = f"; its waiver ran out on {max(waiver['until'] for waiver in covering)}" if covering else ""
            fixed = ", ".join(found["fix_versions"]) or "no version"
            lines.append(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}{ran_out}")
    return lines


def covers(waiver: Mapping[str, Any], package: str, found: Mapping[str, Any]) -> bool:
    """Whether a waiver is of this package and names this finding, or is of all whose fix lies outside of what another
    package lets us install: `cannot_install` is what it excludes."""
    if waiver["package"] != package:
        return False
    if "id" in waiver:
        return waiver["id"] in (found["id"], *found["aliases"])
    fixes = found["fix_versions"]
    return bool(fixes) and all(SpecifierSet(waiver["cannot_install"]).contains(version) for version in fixes)


def _audited(service: str) -> list[Mapping[str, Any]]:
    """The packages whose advisories were read. Where a mirror without advisories answers, pip-audit skips every package
    and calls that clean."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--vulnerability-service", service]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return [package for package in packages if "skip_reason" not in package]


if __name__ == "__main__":
    sys.exit(main())
