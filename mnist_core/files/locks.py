"""Locks between the lab's processes; each falls open when the process that holds it dies."""

import contextlib
import stat
from pathlib import Path

from filelock import FileLock

from mnist_core.files import atomic


def lock(path: Path, seconds: float) -> FileLock:
    """Returns a lock that waits for so many seconds, and raises Timeout then.

    Its file is its owner's alone: who may read a file may lock it, and keep everybody waiting.
    """
    with contextlib.suppress(OSError):  # there is none yet, or it is another user's
        if stat.S_IMODE(path.stat().st_mode) != atomic.OWNER_ALONE:
            path.chmod(atomic.OWNER_ALONE)  # earlier releases made it for all to read
    return FileLock(path, timeout=seconds, mode=atomic.OWNER_ALONE)
