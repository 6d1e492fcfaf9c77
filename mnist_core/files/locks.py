"""The locks of the home: who changes something there keeps others of the lab out for that while."""

import contextlib
import stat
from pathlib import Path

from filelock import FileLock

from mnist_core.files import atomic


def lock(path: Path, timeout: float) -> FileLock:
    """Returns a lock that waits so many seconds, and falls open when its process dies.

    It is its owner's alone: whoever may read a file may lock it, for as long as they like.
    """
    with contextlib.suppress(OSError):  # there is none yet, or it is another user's
        if stat.S_IMODE(path.stat().st_mode) != atomic.OWNER_ALONE:
            path.chmod(atomic.OWNER_ALONE)  # earlier releases made it for all to read
    return FileLock(path, timeout=timeout, mode=atomic.OWNER_ALONE)
