"""What the errors of a database mean, in a sentence each."""

import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mnist_core.errors import LabError, is_of_disk, not_written
from mnist_core.language import N_, gettext

WHAT = N_("The drawings of this lab can be neither read nor kept")
# SQLite writes pages, and makes room for its index by the 32 kB.
PROBE_BYTES = 100_000
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_REASONS = {
    sqlite3.SQLITE_FULL: N_("the disk is full; free space, then try again"),
    sqlite3.SQLITE_IOERR: N_("the disk reports a fault; check the disk, then try again"),
    sqlite3.SQLITE_READONLY: N_(
        "the database can only be read; let the lab write to it, or name another one in $MNIST_DATABASE"
    ),
    sqlite3.SQLITE_CANTOPEN: N_(
        "the database cannot be opened; let the lab read and write it, or name another one in $MNIST_DATABASE"
    ),
}


def explained(error: SQLAlchemyError | OSError, file: Path | None, kind: str) -> LabError:
    """Returns the error for people, without a driver's words, which may quote a password or a path.

    Args:
        error: What SQLAlchemy or the disk raised.
        file: Of an SQLite database; None of one on a server.
        kind: Of database, such as `postgresql`.
    """
    if isinstance(error, OSError):
        return not_written(gettext(WHAT), error).at(file)
    cause = error.orig if isinstance(error, DBAPIError) else None
    if file is None:
        return LabError(
            gettext(
                "{what}: the {kind} database cannot be used; check that it runs, can be reached, and "
                "is the one that $MNIST_DATABASE names.",
                what=WHAT,
                kind=kind,
            )
        )
    return _of_sqlite(cause, file).at(file)


def _of_sqlite(cause: object, file: Path) -> LabError:
    # The lower byte is the kind of error, whatever more a longer number tells.
    code = cause.sqlite_errorcode & 0xFF if isinstance(cause, sqlite3.Error) and _has_code(cause) else 0
    if code in _BUSY:
        return LabError(gettext("The drawings of this lab are held by another program, which does not end; try again."))
    if code in _DAMAGED:
        return LabError(
            gettext(
                "The database of the drawings, {file_name}, is damaged, and the lab leaves it as it "
                "is; put an older copy in its place, or move it away and keep it, and the lab begins "
                "a new one.",
                file_name=file.name,
            )
        )
    if refusal := _refusal(file):
        return not_written(gettext(WHAT), refusal)
    if code in _REASONS:
        return LabError(gettext("{what}: {reason}.", what=WHAT, reason=_REASONS[code]))
    return LabError(
        gettext(
            "{what}: {file_name} does not hold what this lab keeps in it; put an older copy in "
            "its place, or move it away, and the lab begins a new one.",
            what=WHAT,
            file_name=file.name,
        )
    )


def _has_code(cause: sqlite3.Error) -> bool:
    return isinstance(getattr(cause, "sqlite_errorcode", None), int)  # one that Python itself raised has none


def _refusal(file: Path) -> OSError | None:
    """What the disk says to a write; SQLite, which also writes beside its file, only says that it could not."""
    try:
        if file.exists():
            file.open("r+b").close()
        with tempfile.TemporaryFile(dir=file.parent) as probe:
            probe.write(bytes(PROBE_BYTES))  # on a full disk an empty file can still be made
            probe.flush()
    except OSError as error:
        return error if is_of_disk(error) else None
    return None
