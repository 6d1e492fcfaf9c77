"""For how long a trainer has given no sign of life, by a clock that cannot jump.

The time of day may: it is set, a machine wakes up, and on a cluster no two are alike. So a process that looks again
counts from when it first saw the last write, and believes the time that stands in a status only at its first look.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from mnist_core.files import atomic

MOST_REMEMBERED = 4096


@dataclass(frozen=True)
class _Look:
    """What a look at a status saw."""

    stamp: tuple[int, ...]  # of its file, another one after each write
    written: float  # when that was written, by this process's own clock
    looked: float  # when it was last looked at


_looks: dict[Path, _Look] = {}


def of(path: Path, heartbeat: float) -> float:
    """Returns how many seconds ago a status was written, its file at `path` and its time `heartbeat`; never negative.

    On a full disk its file is at least touched.
    """
    now, stamp, before = time.monotonic(), atomic.stamp(path), _looks.get(path)
    if before and before.stamp == stamp:
        written = before.written
    else:
        # Of a clock that was set back nothing can be told but that it was written before now.
        age = max(min(time.time() - heartbeat, time.time() - _touched(stamp, heartbeat)), 0.0)
        written = now - (min(age, now - before.looked) if before else age)
    if len(_looks) >= MOST_REMEMBERED:
        _looks.clear()
    _looks[path] = _Look(stamp, written, now)
    return now - written


def _touched(stamp: tuple[int, ...], otherwise: float) -> float:
    return stamp[1] / 1e9 if stamp else otherwise
