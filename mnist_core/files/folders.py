"""Looking at files and folders that may be damaged, forbidden or gone: what cannot be seen counts as not there.

`Path.exists` and its like raise where a folder may not be entered; one such folder must not break a list of many.
"""

import contextlib
import errno
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mnist_core.language import gettext

logger = logging.getLogger(__name__)

# What the lab reads whole: models have 80 MB at most, tables and records far less.
MOST_BYTES = 500_000_000


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def exists(path: Path) -> bool:
    return bool(_mode(path))


def is_file(path: Path) -> bool:
    """Whether there is a file, or a link to one; a pipe or a device is not."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def inside(folder: Path) -> list[Path]:
    """Returns what is in a folder, by name; nothing where there is none or it may not be read."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError:
        logger.info("The folder %s cannot be read", folder, exc_info=True)
        return []


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file to read it; raises OSError where it is something else.

    A pipe would keep whoever opens it waiting, and a device has no end.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, gettext("it is not a file"), str(path))
        yield file


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Reads a file whole; raises OSError where it is none, is larger than `most`, or cannot be read."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read()
