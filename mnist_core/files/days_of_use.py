"""Age in days on which the lab was used, so that a clock that jumps a week ahead makes nothing a week older.

Every date on which the lab was used counts once, `<home>/days.json`: a jump, there or back, is one more day at most.
What is deleted notes the number of that day, and is removed for good after `KEPT_DAYS` further ones.
"""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from mnist_core import environment
from mnist_core.errors import InputError
from mnist_core.files import folders
from mnist_core.files.records import NewerError, Record

KEPT_DAYS = 7
MOST_REMEMBERED = 100
MOST_DAYS = 1_000_000


@dataclass(frozen=True)
class DaysOfUse(Record):
    """How many days the lab was used, and on which dates of late: `2026-11-26`."""

    number: int = 0
    dates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.number < MOST_DAYS:
            raise InputError("The lab cannot have been used on so many days.")

    def with_date(self, date: str) -> "DaysOfUse":
        """Counts a date, unless it was counted before."""
        if date in self.dates:
            return self
        return DaysOfUse(self.number + 1, (*self.dates, date)[-MOST_REMEMBERED:])


def _path() -> Path:
    return environment.home() / "days.json"


def today() -> int:
    """Returns the number of this day of use, from 1, and notes it; 0 where a newer lab counts the days."""
    try:
        known = DaysOfUse.load_or_default(_path())
        counted = known.with_date(time.strftime("%Y-%m-%d", time.localtime(time.time())))
        # Without a home there is nothing whose days count, and who can write nothing can remove nothing either.
        if counted != known and folders.is_folder(_path().parent):
            with contextlib.suppress(OSError):
                counted.save(_path())
        return counted.number
    except NewerError:
        return 0


def days_left(deleted_on: int, now: int | None = None) -> int:
    """Returns on how many more days of use something can be brought back that was deleted on day `deleted_on`.

    `now` is by default `today()`; who looks at many things asks once. A lost count starts again, and keeps them longer.
    """
    passed = (today() if now is None else now) - deleted_on
    return min(max(KEPT_DAYS - passed, 0), KEPT_DAYS)


def expired(deleted_on: int, now: int | None = None) -> bool:
    """Whether what was deleted on a day of use, as `today` numbers them, is to be removed for good."""
    return days_left(deleted_on, now) == 0
