"""Another user of the machine, who may read the home, cannot hold up what is done there."""

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.data.collection.store import Collection
from mnist_core.database import faults
from mnist_core.database.connection import STATE, Database
from mnist_core.engine import fair_queue
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan
from mnist_core.evaluation import label_notes
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes
from tests.support.second_user import NOBODY, a_second_user

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")

QUICK = RECIPES["quick"].config
DATA = {"name": "digits-8x8", "identity": "0", "title": "Digits 8×8"}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that others may enter and read, as a home folder on a shared machine often is."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("MNIST_HOME", folder)
        yield Path(folder)


def use_each_lock() -> None:
    """Does once what a lock guards."""
    run = run_folders.create(QUICK, DATA)
    run.request("stop", by=COMMAND_LINE)
    sweep = sweep_folders.create(Plan(QUICK, Space.parse(["batch_size=32,64"]), 2), DATA, {})
    with run.lock(), sweep.lock():
        fair_queue.note_start(1.0)
        label_notes.keep("a" * 64, 1, "cannot tell")


def locks(home: Path) -> list[Path]:
    found = sorted(home.rglob("*.lock"))
    assert {path.name for path in found} >= {"queue.lock", "control.lock", "trainer.lock", "trials.lock"}, found
    assert any("notes" in path.parts for path in found)
    return found


def test_locks_are_their_owners_alone(home: Path) -> None:
    use_each_lock()
    for path in locks(home):
        path.chmod(0o644)  # as earlier releases made them
    use_each_lock()
    run_locks = {path: stat.S_IMODE(path.stat().st_mode) for path in (home / "queue.lock", *home.rglob("notes/*.lock"))}
    assert set(run_locks.values()) == {0o600}


@a_second_user
@pytest.mark.skipif(not shutil.which("flock"), reason="needs flock, to hold a lock")
def test_another_user_holds_no_lock(home: Path) -> None:
    use_each_lock()
    switched = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    seen = subprocess.run([*switched, "ls", str(home / "runs")], capture_output=True, text=True)
    assert seen.returncode == 0, "the other user may look into the home"
    for path in locks(home):
        held = subprocess.run([*switched, "flock", "-n", str(path), "true"], capture_output=True, text=True)
        assert held.returncode, f"{path.name} could be held by another user for as long as they like"
        assert "Permission denied" in held.stderr


# SQLite's own locks lie in its files: on bytes of the index beside the database, and on some far behind its end.
HOLD = """
import fcntl, sys
for path, bytes, start in ((sys.argv[1], 512, 0x40000000), (sys.argv[1] + "-shm", 8, 120)):
    try:
        fcntl.lockf(open(path, "rb"), fcntl.LOCK_SH | fcntl.LOCK_NB, bytes, start)
        print("held", path)
    except PermissionError:
        pass
"""


def keep_a_drawing() -> None:
    said = {"digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}
    Collection().add(simple_strokes(4), 4, session="one", by=COMMAND_LINE, **said)  # type: ignore[arg-type]


@contextlib.contextmanager
def open_drawings() -> Iterator[None]:
    """Holds the database open, so that the files beside it are there."""
    with Database().reading() as connection:
        connection.execute(select(STATE)).all()
        yield


@a_second_user
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a Python that anybody may run")
def test_another_user_does_not_hold_the_drawings(home: Path) -> None:
    keep_a_drawing()
    with open_drawings():
        switched = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = [*switched, "/usr/bin/python3", "-c", HOLD, str(home / "collection.sqlite")]
        tried = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert (tried.returncode, tried.stdout) == (0, ""), tried.stderr


def test_the_drawings_of_an_earlier_release_are_their_owners_alone_too(home: Path) -> None:
    keep_a_drawing()
    file = home / "collection.sqlite"
    file.chmod(0o644)
    with open_drawings():
        files = list(home.glob("collection.sqlite*"))
        assert len(files) == 3
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_database_that_is_named_stays_as_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several labs may share it."""
    file = home / "shared.sqlite"
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{file}")
    keep_a_drawing()
    file.chmod(0o664)
    keep_a_drawing()
    assert stat.S_IMODE(file.stat().st_mode) == 0o664


def test_drawings_that_somebody_holds_are_not_called_foreign(home: Path) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
    found = faults.explained(OperationalError("", {}, error), home / "collection.sqlite", "sqlite")
    assert "held by another program" in str(found)
