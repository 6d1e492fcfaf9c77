"""Whether there is a database is known without what opens one."""

import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core.database import place
from mnist_core.database.connection import Database
from tests.support.paths import ROOT


def test_it_is_there_once_something_was_kept(temporary_home: Path) -> None:
    assert not place.is_there() and not Database().is_there
    with Database().reading():
        pass
    assert place.is_there() and Database().is_there and place.file().parent == temporary_home


def test_one_that_a_setting_names_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}/other.sqlite")
    assert place.is_there() and not Database().is_there


def test_to_ask_loads_no_sqlalchemy() -> None:
    program = "import sys\nfrom mnist_core.database import place\nplace.is_there()\nprint('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
