"""Locks between the lab's processes; each falls open when the process that holds it dies."""

from pathlib import Path

from filelock import FileLock

from mnist_core.files import atomic


def lock(path: Path, seconds: float) -> FileLock:
    """Returns a lock that waits for so many seconds, and raises Timeout then.

    Its file is its owner's alone: who may read a file may lock it, and keep everybody waiting.
    """
    return FileLock(path, timeout=seconds, mode=atomic.OWNER_ALONE)
