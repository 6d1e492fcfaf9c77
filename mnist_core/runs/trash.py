"""The bin, `<home>/bin/`: runs that were deleted, which can be brought back for a week in which the lab is used."""

import contextlib
import os
import time
from pathlib import Path

from filelock import Timeout

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.files import days_of_use, folders, leftovers
from mnist_core.formatting import readable, suggestion
from mnist_core.language import gettext
from mnist_core.runs.run import Run


def bin_folder() -> Path:
    """Returns the folder of the runs that were deleted and can still be brought back."""
    return environment.home() / "bin"


def delete(run: Run, *, by: Actor) -> None:
    """Moves a run to the bin.

    Raises LabError if a trainer holds it, it is a shipped model or somebody else's, or it cannot be moved.
    """
    if run.shipped:
        raise InputError(
            gettext("The shipped model '{id}' belongs to the lab and stays; delete another one.", id=run.id)
        )
    run.check_may_change(by)
    try:
        with run.lock():
            pass  # Nobody trains it. The lock's own file could not be moved on Windows while it is held.
        bin_folder().mkdir(parents=True, exist_ok=True)
        days_of_use.note()
        now = time.time()
        os.utime(run.folder, (now, now))  # the time of its deletion, from which its days are counted
        run.folder.replace(bin_folder() / run.id)
    except Timeout:
        raise LabError(gettext("The run {id} is being trained; stop it first, then delete it.", id=run.id)) from None
    except OSError as error:
        raise not_written(gettext("The run {id} cannot be deleted", id=run.id), error) from error


def all_deleted() -> list[Run]:
    """Returns the runs in the bin, those that were deleted last first."""
    # What begins with a dot is being removed.
    there = (path for path in folders.inside(bin_folder()) if not path.name.startswith("."))
    paths = [path for path in there if folders.is_folder(path) and not path.is_symlink()]
    return [Run(path) for path in sorted(paths, key=_when, reverse=True)]


def _when(path: Path) -> float:
    """Returns when a folder was deleted, in seconds since 1970; nobody writes into it afterwards."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def days_left(run: Run) -> int:
    """Returns on how many more days of use a deleted run can be brought back, at least 0."""
    return days_of_use.days_left(_when(run.folder))


def restore(name: str, *, by: Actor) -> Run:
    """Brings a deleted run back; raises LabError if it is not there any more, somebody else's, or cannot be moved."""
    gone = _find(name)
    gone.check_may_change(by)
    back = Run(environment.home() / "runs" / name)
    if folders.exists(back.folder):
        raise InputError(gettext("There is a run {name} already, so the deleted one stays where it is.", name=name))
    try:
        back.folder.parent.mkdir(parents=True, exist_ok=True)
        gone.folder.replace(back.folder)
    except OSError as error:
        raise not_written(gettext("The run {name} cannot be brought back", name=name), error) from error
    return back


def remove(name: str, *, by: Actor) -> None:
    """Removes a deleted run for good; raises LabError if it is not there, somebody else's, or cannot be removed."""
    gone = _find(name)
    gone.check_may_change(by)
    _remove(gone)


def _remove(gone: Run) -> None:
    try:
        leftovers.remove_folder(gone.folder)
    except OSError as error:
        raise not_written(gettext("The run {id} cannot be removed", id=gone.id), error) from error


def _find(name: str) -> Run:
    there = all_deleted()
    gone = next((run for run in there if run.id == name), None)
    if gone is None:
        near = suggestion(name, [run.id for run in there])
        raise InputError(
            gettext("The run {name} is not among the deleted ones.{near}", name=readable(name, 80), near=near)
        )
    return gone


def purge() -> list[str]:
    """Removes what has been in the bin for its days; returns the names. What cannot be removed waits for next time."""
    removed = []
    days_of_use.note()
    for run in all_deleted():
        if days_of_use.expired(_when(run.folder)):
            with contextlib.suppress(LabError):
                _remove(run)
                removed.append(run.id)
    return removed
