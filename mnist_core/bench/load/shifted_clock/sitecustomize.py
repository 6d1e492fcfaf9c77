"""Lets a Python believe that it is another time; only `mnist_core.bench.load.faults` puts this folder on its path.

`$DIGIT_LAB_CLOCK` names a file that holds by how many seconds the clock is wrong. It may change while the program runs,
as the clock of a machine does when somebody sets it. Files keep the times that the system gives them, and `datetime`,
which is C through and through, is left alone: the lab asks `time`.
"""

import os
import time

_LOOK_SECONDS = 0.2

_time, _time_ns, _monotonic = time.time, time.time_ns, time.monotonic
_localtime, _gmtime, _strftime, _ctime = time.localtime, time.gmtime, time.strftime, time.ctime
_shift, _looked = 0.0, -1.0


def _now_wrong_by() -> float:
    global _shift, _looked
    if _looked < 0 or _monotonic() - _looked > _LOOK_SECONDS:
        _looked = _monotonic()
        try:
            with open(os.environ["DIGIT_LAB_CLOCK"], encoding="utf-8") as file:  # noqa: PTH123 (before any import)
                _shift = float(file.read() or 0)
        except (KeyError, OSError, ValueError):
            pass
    return _shift


def _shifted_time() -> float:
    return _time() + _now_wrong_by()


def _shifted_time_ns() -> int:
    return _time_ns() + int(_now_wrong_by() * 1e9)


if "DIGIT_LAB_CLOCK" in os.environ:
    time.time, time.time_ns = _shifted_time, _shifted_time_ns
    time.localtime = lambda seconds=None: _localtime(_shifted_time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: _gmtime(_shifted_time() if seconds is None else seconds)
    time.ctime = lambda seconds=None: _ctime(_shifted_time() if seconds is None else seconds)
    time.strftime = lambda form, when=None: _strftime(form, time.localtime() if when is None else when)
