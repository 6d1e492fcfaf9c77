"""Which releases of the lab have used a home: `<home>/home.json`, looked at by each start and each page.

Whoever changes a home so that an older lab must not work in it raises the number of this record's format; an older lab
then says so and leaves everything as it is. The files in a home have formats of their own (`files.records`).
"""

import contextlib
import dataclasses
import functools
import logging
from dataclasses import dataclass
from pathlib import Path

from mnist_core import __version__, environment
from mnist_core.errors import InputError, NotReadError
from mnist_core.files import atomic, folders
from mnist_core.files.records import NewerError, Record
from mnist_core.language import gettext

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HomeRecord(Record):
    """What `home.json` holds; homes of releases before this record have none."""

    releases: tuple[str, ...] = ()  # all that have used the home since, the last one last


def use() -> None:
    """Notes that this release uses the home, if there is one; a disk that refuses is no matter.

    Raises NewerError if the home is one that only a newer lab may work in.
    """
    path = environment.home() / "home.json"
    try:
        record = _look(path, atomic.stamp(path))
    except NotReadError:  # it may be a newer lab's, and nothing takes its place
        logger.info("%s cannot be read", path, exc_info=True)
        return
    if record.releases[-1:] == (__version__,) or not folders.is_folder(path.parent):
        return
    before = tuple(release for release in record.releases if release != __version__)
    with contextlib.suppress(OSError):
        dataclasses.replace(record, releases=(*before, __version__)).save(path)
        logger.info("%s was used by the releases %s before %s", path.parent, before or "without a record", __version__)


@functools.lru_cache(maxsize=4)
def _look(path: Path, stamp: tuple[int, ...]) -> HomeRecord:
    try:
        return HomeRecord.load(path)
    except NewerError:
        raise NewerError(
            gettext(
                "This lab's home folder belongs to a newer Digit Lab than {version}. Update the lab; nothing is lost.",
                version=__version__,
            )
        ).at(path) from None
    except NotReadError:
        raise
    except InputError:
        return HomeRecord()
