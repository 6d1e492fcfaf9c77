"""What killed writers left behind: temporary files and folders that carry the mark of the process that made them.

One that a living process of this machine writes is never touched, whatever the clock says; of another machine's, or an
older lab's, nobody knows that process, so a day must have passed by the clock of the disk.
"""

import functools
import hashlib
import logging
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from mnist_core import environment

# Files that are written, downloads, imports, trials that are kept, and folders that are removed.
WRITING, DOWNLOADING, IMPORTING, KEEPING, REMOVING = (
    ".writing-",
    ".downloading-",
    ".importing-",
    ".keeping-",
    ".removing-",
)
PREFIXES = (WRITING, DOWNLOADING, IMPORTING, KEEPING, REMOVING)
OLD_SECONDS = 86_400.0
LONGEST_NAME = 250

logger = logging.getLogger(__name__)


@functools.cache
def _machine() -> str:
    """Names what numbers the processes: the machine, or the container, which may see only its own."""
    try:
        numbering = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        numbering = ""
    return hashlib.sha256(f"{platform.node()}{numbering}".encode()).hexdigest()[:8]


def mark(prefix: str) -> str:
    """Returns the beginning of a temporary name: its kind, this machine, this process."""
    return f"{prefix}{_machine()}-{os.getpid()}-"


def remove_folder(folder: Path) -> None:
    """Removes a folder with all that is in it: whole, or where the process is killed meanwhile, at the next start.

    Raises OSError if it cannot be removed; it is there then as before.
    """
    going = folder.with_name(f"{mark(REMOVING)}{folder.name}"[:LONGEST_NAME])
    folder.replace(going)
    try:
        shutil.rmtree(going)
    except OSError:
        going.replace(folder)
        raise


def clear_home() -> int:
    """Clears everything that was left in the home; returns how much. Takes as long as listing its folders."""
    return clear(environment.home(), deep=True)


def clear(folder: Path, deep: bool = False) -> int:
    """Removes what was left in a folder, or also in all those below it; returns how much."""
    found = list(_temporary(folder, deep))
    now = _time_of_the_disk(folder) if found else 0.0
    left = [path for path in found if _is_left(path, now)]
    for path in left:
        logger.info("%s was left by a writer that is gone", path)
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError:
            logger.info("%s cannot be removed", path, exc_info=True)
    return len(left)


def _temporary(folder: Path, deep: bool) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if name.startswith(PREFIXES):
                yield Path(place, name)
        folders[:] = [name for name in folders if deep and not name.startswith(PREFIXES)]


def _is_left(path: Path, now: float) -> bool:
    made = re.match(r"\.[a-z]+-([0-9a-f]{8})-(\d{1,9})-", path.name)
    if made and made[1] == _machine():
        return not psutil.pid_exists(int(made[2]))
    try:
        return now - path.lstat().st_mtime > OLD_SECONDS
    except OSError:
        return False


def _time_of_the_disk(folder: Path) -> float:
    """Returns what time a file gets that is written now, which on a shared disk is that of another machine."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return 0.0
