"""Whole homes, as `scripts/make_home.py` makes them, and as a newer lab may have made them."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np

from tests.support.paths import ROOT

HOMES = ROOT / "tests" / "data"
WHOLE = sorted(folder.parent.name for folder in HOMES.glob("*/home.json"))
LATEST = WHOLE[-1]
NEWER = 99


def settle_in(release: str, home: Path) -> None:
    """Copies a home; what is in its bin was deleted just now."""
    shutil.copytree(HOMES / release, home, dirs_exist_ok=True)
    for deleted in home.glob("bin/*"):
        os.utime(deleted)


def run_named(home: Path, name: str) -> str:
    """The id of the run with this name."""
    labels = home.glob("runs/*/label.json")
    return next(path.parent.name for path in labels if json.loads(path.read_text())["name"] == name)


def made_newer(home: Path, pattern: str) -> dict[Path, bytes]:
    """Gives files the format of a lab that is not there yet; returns what they hold then."""
    paths = sorted(home.glob(pattern))
    assert paths, pattern
    for path in paths:
        if path.suffix == ".json":
            path.write_text(json.dumps({"format": NEWER} | _without_format(json.loads(path.read_text()))))
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                newer = dict(arrays) | {"format": np.array(NEWER)}
            np.savez(path, **newer)
        else:
            with sqlite3.connect(path) as database:
                database.execute(f"UPDATE lab_format SET number = {NEWER}")
            database.close()
    return {path: path.read_bytes() for path in paths}


def _without_format(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name != "format"}
