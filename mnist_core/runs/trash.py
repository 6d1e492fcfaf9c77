"""The bin, `<home>/bin/`: runs that were deleted, which can be brought back for a week in which the lab is used.

`days_left` and `expired` are the rule of the week, for whatever else is kept in a bin (`files.days_of_use`).
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from mnist_core import environment
from mnist_core.errors import InputError, LabError
from mnist_core.files import disk, folders, leftovers
from mnist_core.files.days_of_use import KEPT_DAYS, days_left, expired, today
from mnist_core.files.records import NewerError, Record
from mnist_core.runs.run import Run

__all__ = [
    "KEPT_DAYS", "all_deleted", "bin_folder", "days_left", "days_left_of", "delete", "expired", "purge", "remove",
    "restore", "today",
]  # fmt: skip

# In the folder of a deleted run.
NOTE = "deleted.json"


@dataclass(frozen=True)
class _Deleted(Record):
    """On which day of use a run was deleted."""

    day: int

    def __post_init__(self) -> None:
        if self.day < 0:
            raise InputError("A run was deleted on a day that cannot be.")


def bin_folder() -> Path:
    """Returns the folder of the runs that were deleted and can still be brought back."""
    return environment.home() / "bin"


def delete(run: Run) -> None:
    """Moves a run to the bin; raises LabError if a trainer holds it, it is a shipped model, or it cannot be moved."""
    if run.shipped:
        raise InputError(f"The shipped model '{run.id}' belongs to the lab and stays; delete another one.")
    try:
        with run.lock():
            pass  # Nobody trains it. The lock's own file could not be moved on Windows while it is held.
        bin_folder().mkdir(parents=True, exist_ok=True)
        run.folder.replace(bin_folder() / run.id)
        _note_day(Run(bin_folder() / run.id), today())
    except Timeout:
        raise LabError(f"The run {run.id} is being trained; stop it first, then delete it.") from None
    except OSError as error:
        raise disk.cannot(f"The run {run.id} cannot be deleted", error) from error


def all_deleted() -> list[Run]:
    """Returns the runs in the bin, those that were deleted last first."""
    # What begins with a dot is being removed.
    there = (path for path in folders.inside(bin_folder()) if not path.name.startswith("."))
    paths = [path for path in there if folders.is_folder(path) and not path.is_symlink()]
    return [Run(path) for path in sorted(paths, key=_when, reverse=True)]


def _when(path: Path) -> float:
    """Returns when a folder was deleted, in seconds since 1970, for their order alone; nobody writes there again."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _note_day(run: Run, day: int) -> None:
    """Notes the day of a deletion, which is the last change of the folder; on a full disk a later look does so."""
    with contextlib.suppress(OSError):
        os.utime(run.folder)
        when = _when(run.folder)
        _Deleted(day).save(run.folder / NOTE)
        os.utime(run.folder, (when, when))


def _day(run: Run, now: int) -> int:
    """Returns on which day of use a run was deleted; today, where nothing says so, as in the bin of an older lab."""
    try:
        day = _Deleted.load(run.folder / NOTE).day
    except NewerError:
        return now
    except InputError:
        day = now + 1
    if day > now:  # the count of the days was lost, or the note
        _note_day(run, now)
    return min(day, now)


def days_left_of(run: Run, now: int | None = None) -> int:
    """Returns on how many more days of use a deleted run can be brought back; `now` as in `days_left`."""
    now = today() if now is None else now
    return days_left(_day(run, now), now)


def restore(name: str) -> Run:
    """Brings a deleted run back; raises LabError if it is not in the bin any more, or cannot be moved."""
    gone = _find(name)
    back = Run(environment.home() / "runs" / name)
    if folders.exists(back.folder):
        raise InputError(f"There is a run {name} already, so the deleted one stays where it is.")
    try:
        back.folder.parent.mkdir(parents=True, exist_ok=True)
        (gone.folder / NOTE).unlink(missing_ok=True)
        gone.folder.replace(back.folder)
    except OSError as error:
        raise disk.cannot(f"The run {name} cannot be brought back", error) from error
    return back


def remove(name: str) -> None:
    """Removes a deleted run for good; raises LabError if it is not in the bin or cannot be removed."""
    gone = _find(name)
    try:
        leftovers.remove_folder(gone.folder)
    except OSError as error:
        raise disk.cannot(f"The run {name} cannot be removed", error) from error


def _find(name: str) -> Run:
    gone = next((run for run in all_deleted() if run.id == name), None)
    if gone is None:
        raise InputError(f"The run {name} is not among the deleted ones any more.")
    return gone


def purge() -> list[str]:
    """Removes what has been in the bin for its days; returns the names. What cannot be removed waits for next time."""
    removed, now = [], today()
    for run in all_deleted():
        if expired(_day(run, now), now):
            with contextlib.suppress(LabError):
                remove(run.id)
                removed.append(run.id)
    return removed
