"""Lets a Python believe that it is another time; only `mnist_core.bench.load.faults` puts this folder on its path.

`$DIGIT_LAB_CLOCK` names a file that holds by how many seconds the clock is wrong. It may change while the program runs,
as the clock of a machine does when somebody sets it. Files keep the times that the system gives them, and `datetime`,
which is C through and through, is left alone: the lab asks `time`.
"""

import os
import time
from collections.abc import Callable
from typing import Any

LOOK_SECONDS = 0.2


class Clock:
    """By how much it is wrong."""

    def __init__(self, path: str) -> None:
        self._path, self._wrong_by, self._looked = path, 0.0, -1.0
        self._monotonic = time.monotonic

    def wrong_by(self) -> float:
        if self._looked < 0 or self._monotonic() - self._looked > LOOK_SECONDS:
            self._looked = self._monotonic()
            try:
                with open(self._path, encoding="utf-8") as file:  # noqa: PTH123 (nothing else is imported yet)
                    self._wrong_by = float(file.read() or 0)
            except (OSError, ValueError):
                pass
        return self._wrong_by


class Shifted:
    """A function that tells the time; no plain function, since `logging` keeps one as if it were built in."""

    def __init__(self, tell: Callable[..., Any], instead: Callable[..., Any]) -> None:
        self._tell, self.__name__, self.__doc__ = tell, instead.__name__, instead.__doc__

    def __call__(self, *arguments: Any) -> Any:
        return self._tell(*arguments)


def shift(clock: Clock) -> None:
    """Makes the functions of `time` wrong."""
    now, now_ns, local, utc, form, words = (
        time.time,
        time.time_ns,
        time.localtime,
        time.gmtime,
        time.strftime,
        time.ctime,
    )

    def moment(seconds: float | None = None) -> float:
        return now() + clock.wrong_by() if seconds is None else seconds

    time.time = Shifted(moment, now)
    time.time_ns = Shifted(lambda: now_ns() + int(clock.wrong_by() * 1e9), now_ns)
    time.localtime = Shifted(lambda seconds=None: local(moment(seconds)), local)
    time.gmtime = Shifted(lambda seconds=None: utc(moment(seconds)), utc)
    time.ctime = Shifted(lambda seconds=None: words(moment(seconds)), words)
    time.strftime = Shifted(lambda how, when=None: form(how, local(moment()) if when is None else when), form)


if path := os.environ.get("DIGIT_LAB_CLOCK"):
    shift(Clock(path))
