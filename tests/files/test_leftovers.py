import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.files import atomic, leftovers

WRITE_FOR_EVER = """
import sys, time
from pathlib import Path
from mnist_core.files import atomic
with atomic.replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print(temporary.name, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer(temporary_home: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process in the middle of a write, and its temporary file."""
    folder = temporary_home / "runs" / "one"
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(folder / "status.json")]
    with subprocess.Popen(command, env=environment.for_python(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, folder / process.stdout.readline().strip()
        process.kill()


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_what_a_killed_writer_left_goes_and_what_a_living_one_writes_stays(
    writer: tuple[subprocess.Popen[str], Path],
) -> None:
    process, temporary = writer
    age(temporary, 8)  # as if the clock had jumped
    assert leftovers.clear_home() == 0 and temporary.read_text() == "half"
    process.kill()
    process.wait()
    assert leftovers.clear_home() == 1 and not temporary.exists()


def test_of_a_writer_that_nobody_knows_only_old_ones_go(temporary_home: Path) -> None:
    """Another machine's on a shared disk, or an older lab's."""
    elsewhere = [f"{kind}0a1b2c3d-7-x.json" for kind in leftovers.PREFIXES]
    for number, name in enumerate((*elsewhere, ".writing-x9_k2.json", ".importing-killed")):
        folder = temporary_home / ("runs", "sweeps/a/trials/000", "recipes", "data", "bin/b", "notes", "")[number]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).mkdir() if "importing" in name else (folder / name).write_text("half")
    assert leftovers.clear_home() == 0
    for path in temporary_home.rglob(".*"):
        age(path, 1.5)
    assert leftovers.clear_home() == 7
    assert not list(temporary_home.rglob(".*"))


def test_everything_else_stays(temporary_home: Path) -> None:
    temporary_home.mkdir()
    kept = [temporary_home / name for name in ("status.json", ".hidden", "writing-x", ".writing")]
    for path in kept:
        path.write_text("kept")
        age(path, 100)
    leftovers.clear_home()
    assert all(path.exists() for path in kept)


def test_a_name_carries_its_process(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a.npz") as temporary:
        assert f"-{os.getpid()}-" in temporary.name and temporary.suffix == ".npz"
        assert leftovers.clear(tmp_path) == 0 and temporary.exists()


def test_a_removal_that_is_cut_off_is_finished_later(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = temporary_home / "bin" / "one"
    folder.mkdir(parents=True)
    (folder / "file").write_text("x")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        leftovers.remove_folder(folder)
    monkeypatch.undo()
    assert not folder.exists()
    (going,) = (temporary_home / "bin").iterdir()
    going.rename(going.with_name(going.name.replace(f"-{os.getpid()}-", "-999999999-")))
    monkeypatch.setenv("MNIST_HOME", str(temporary_home))
    assert leftovers.clear_home() == 1 and not list((temporary_home / "bin").iterdir())


def test_a_removal_that_is_refused_leaves_it_as_it_was(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = temporary_home / "bin" / "one"
    folder.mkdir(parents=True)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(PermissionError):
        leftovers.remove_folder(folder)
    assert folder.is_dir()
