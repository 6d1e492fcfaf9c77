"""Asks PyPI whether a weakness is known of any package that the locks name: `make audit`.

Ends with 0 where none is known of any of them, with 1 where one is, and with 2 where that could not be asked, which
is no pass.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements-dev.lock", "requirements-uv.lock")  # the first names all that the others do
TOOL = "pip-audit==2.10.1"
CLEAN, WEAK, NOT_CHECKED = 0, 1, 2


def verdict(said: dict[str, Any]) -> tuple[int, str]:
    """Returns how to end, and what to say, for what pip-audit said as JSON."""
    packages = said["dependencies"]
    weak = [
        f"{one['name']} {one['version']}: {hole['id']}, fixed in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in packages
        for hole in one.get("vulns", [])
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if weak:
        return WEAK, "\n".join(["Known weaknesses:", *weak])
    if skipped or not packages:
        return NOT_CHECKED, (
            f"Not checked: nothing could be learned of {len(skipped)} of {len(packages)} packages. PyPI itself must be "
            "reached; a copy of it that has the packages alone does not say what is known of them."
        )
    return CLEAN, f"No weakness is known of any of {len(packages)} packages."


def ask(lock: str) -> tuple[int, str]:
    uv = shutil.which("uv") or str(ROOT / ".venv" / "bin" / "uv")
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    command = [uv, "tool", "run", TOOL, "--requirement", str(ROOT / lock), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        return verdict(json.loads(done.stdout))
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return NOT_CHECKED, f"Not checked: no network, or {TOOL} cannot be had ({type(error).__name__})."


def main() -> int:
    found = [ask(lock) for lock in LOCKS]
    for lock, (_, words) in zip(LOCKS, found, strict=True):
        print(f"{lock}: {words}")
    codes = {code for code, _ in found}
    return next((code for code in (WEAK, NOT_CHECKED) if code in codes), CLEAN)


if __name__ == "__main__":
    sys.exit(main())
