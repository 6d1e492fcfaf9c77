"""Age in days on which the lab was used, so that a clock that jumps a week ahead makes nothing a week older.

What is deleted, a run or a drawing, can be brought back for a week of them.
Every date on which the lab was used is noted once, `<home>/days.json`: a jump, there or back, is one more day at most.
"""

import contextlib
import functools
import time
from dataclasses import dataclass
from pathlib import Path

from mnist_core import environment
from mnist_core.files import atomic, folders
from mnist_core.files.records import NewerError, Record

KEPT_DAYS = 7
MOST_REMEMBERED = 100


@dataclass(frozen=True)
class DaysOfUse(Record):
    """On which dates the lab was used of late: `2026-11-26`; the last one last."""

    dates: tuple[str, ...] = ()

    def with_date(self, date: str) -> "DaysOfUse":
        """Notes a date; one that came before, by a clock that was set back or was ahead then, is no further day."""
        return DaysOfUse((*(other for other in self.dates if other != date), date)[-MOST_REMEMBERED:])

    def since(self, date: str) -> int:
        """Returns on how many days after a date the lab was used; one that was not noted has its place among them."""
        if date in self.dates:
            return len(self.dates) - 1 - self.dates.index(date)
        return sum(other > date for other in self.dates)


def _path() -> Path:
    return environment.home() / "days.json"


def _date(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.localtime(seconds))
    except (OSError, ValueError, OverflowError):  # no calendar has it: never to be removed
        return "9999-12-31"


@functools.lru_cache(maxsize=4)
def _read(path: Path, stamp: tuple[int, ...]) -> DaysOfUse:
    """A bin asks once for each thing that lies in it."""
    return DaysOfUse.load_or_default(path)


def note() -> DaysOfUse:
    """Notes that the lab is used today; returns on which days it was, none where a newer lab counts them."""
    try:
        known = _read(_path(), atomic.stamp(_path()))
        noted = known.with_date(_date(time.time()))
        # Without a home there is nothing whose days count, and who can write nothing can remove nothing either.
        if noted != known and folders.is_folder(_path().parent):
            with contextlib.suppress(OSError):
                noted.save(_path(), anyhow=True)
        return noted
    except NewerError:
        return DaysOfUse()


def days_left(when: float) -> int:
    """Returns on how many more days of use what was deleted then can be brought back, at least 0."""
    return max(0, KEPT_DAYS - since(when))


def expired(when: float) -> bool:
    """Whether what was deleted then, in seconds since 1970, is to be removed for good."""
    return days_left(when) == 0


def since(when: float) -> int:
    """Returns on how many days the lab was used after the day of `when`, in seconds since 1970."""
    return note().since(_date(when))
