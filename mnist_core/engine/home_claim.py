"""One engine a home: the lock that it holds, and the note that tells where it is."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_core import environment
from mnist_core.errors import LabError, not_written
from mnist_core.files import atomic, locks
from mnist_core.language import gettext

# Who looks whether there is an engine holds the lock for a moment.
LOCK_SECONDS = 1.0
# So long an engine that ends, and has taken its note away, is waited for.
END_SECONDS = 15.0

logger = logging.getLogger(__name__)


def note() -> Path:
    """Returns the file in which a running engine notes its address."""
    return environment.home() / "engine.json"


def _lock() -> FileLock:
    return locks.lock(environment.home() / "engine.lock", LOCK_SECONDS)


def is_held() -> bool:
    """Whether an engine serves this home, be it one that has just started, or does not answer."""
    try:
        with _lock().acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # there is no home, or it is another user's
        logger.debug("The lock in %s cannot be tried", environment.home(), exc_info=True)
        return False


@contextlib.contextmanager
def held() -> Iterator["HomeClaim"]:
    """Claims the home for an engine; raises LabError if another one serves it, or the home cannot be written."""
    home = environment.home()
    lock = _lock()
    try:
        home.mkdir(parents=True, exist_ok=True)
        _acquire(lock)
        note().unlink(missing_ok=True)  # of an engine that crashed
    except Timeout as error:
        raise LabError(gettext("An engine already serves {home}; there is nothing to do.", home=home)) from error
    except OSError as error:
        raise not_written(gettext("The engine cannot be started"), error).at(home) from error
    try:
        yield HomeClaim(Path(lock.lock_file))
    finally:
        lock.release()


def _acquire(lock: FileLock) -> None:
    """Raises Timeout if another engine holds the lock, and does not end."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            lock.acquire()
            return
        except Timeout:
            if note().exists() or time.monotonic() > deadline:
                raise


class HomeClaim:
    """An engine's claim on the home, good for as long as the file that it has locked lies there."""

    def __init__(self, lock: Path) -> None:
        self._lock, self._locked = lock, _identity(lock)
        self._note: dict[str, object] = {}
        self._written: tuple[int, ...] = ()

    def announce(self, address: str) -> None:
        """Notes where the engine is, for whoever looks for it."""
        self._note = {"address": address, "pid": os.getpid(), "started": time.time()}
        self._write()

    def stands(self) -> bool:
        """Whether the home is still this engine's: it was not deleted, nor made again, since."""
        try:
            return _identity(self._lock) == self._locked
        except FileNotFoundError:
            return False
        except OSError:  # a shared folder that cannot be seen for a moment
            logger.debug("%s cannot be looked at", self._lock, exc_info=True)
            return True

    def renew(self) -> None:
        """Writes the note again if it is lost, or somebody else's; looks at it only, otherwise."""
        if atomic.stamp(note()) != self._written:
            with contextlib.suppress(OSError):  # a full disk: the next time, perhaps
                self._write()

    def _write(self) -> None:
        atomic.write_json(note(), self._note, mode=atomic.OWNER_ALONE)
        self._written = atomic.stamp(note())

    def withdraw(self) -> None:
        """Takes the note away, unless it is another engine's."""
        if self._written and atomic.stamp(note()) == self._written:
            with contextlib.suppress(OSError):
                note().unlink()


def _identity(path: Path) -> tuple[int, int]:
    """Returns what no other file has at the same time."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino
