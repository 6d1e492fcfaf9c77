"""The lab's own database, SQLite or one on a server: made where it is missing, its errors said in one sentence.

Many browser sessions and several processes write at once. Each change is one short transaction that begins with the
same row, so that the second writer waits for the first, whatever the database.
"""

import contextlib
import logging
import os
import secrets
import stat
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from mnist_core.database import faults, place, schema
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.files.records import NewerError
from mnist_core.language import gettext

logger = logging.getLogger(__name__)

# Another writer is done within milliseconds; who waits longer shall hear of it.
BUSY_SECONDS = 2.0
RETRY_SECONDS = 0.05
LOCK = 0x6C6162  # "lab": the number of what only one process does at a time, in PostgreSQL
CONNECT_SECONDS = 5
LONGEST_REASON = 300

# Whoever changes what a column means, or adds one that must be filled, raises this number.
FORMAT = 2
# Of a collection of digits alone, which older labs read too; what is no digit makes it `FORMAT`.
DIGITS_ALONE = 1
TABLES = MetaData()
# One row: a name drawn when the collection began, and how often it has changed since.
STATE = Table(
    "lab_collection",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    Column("changes", BigInteger, nullable=False),
)
# One row: the number of the format; older labs, whose databases have none, do not look here.
_FORMAT = Table(
    "lab_format",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)


class Database:
    """A database with the lab's tables. Safe to share between threads, and with other processes."""

    def __init__(self, url: str | None = None) -> None:
        """Opens nothing yet; the SQLAlchemy URL is by default `address()`. InputError shows nothing of it."""
        self._url = _parse(url or address())
        self.kind = self._url.get_backend_name()
        self.file = Path(self._url.database or "") if self.kind == "sqlite" else None
        self._engine = _engine(self._url)
        # Of which file it is known that it has the tables; another one may lie in its place at any time.
        self._prepared: tuple[int, ...] | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is one already, which nothing has to make; one on a server counts as there."""
        return self.file is None or self.file.exists()

    def version(self) -> str:
        """Another word after every change and for every database; cheap to ask."""
        with self.reading() as connection:
            name, changes = connection.execute(select(STATE.c.name, STATE.c.changes)).one()
            return f"{name}-{changes}"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; LabError where the database cannot be used."""
        with self._explained():
            self._prepare()
            with self._engine.connect() as connection:
                yield connection

    @contextlib.contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction; it ends well or leaves no trace. LabError where the database cannot be used."""
        with self.writing() as connection:
            # Whoever holds this row writes, and what it then reads is what the one before it left.
            connection.execute(update(STATE).values(changes=STATE.c.changes + 1))
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """As `changing`, of what is no part of the collection, so that its `version` stays."""
        with self._explained():
            self._prepare()
            with self._engine.begin() as connection:
                if self.file:  # its driver would begin with the first change, and what is read before could be old
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection

    def note_no_digit(self, connection: Connection) -> None:
        """Writes, in a transaction of `changing`, that there are drawings which older labs would take for damaged."""
        connection.execute(update(_FORMAT).values(number=FORMAT))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            self._prepared = None  # whatever it was: the next one looks at the tables anew
            fault = faults.explained(error, self.file, self.kind)
            fault.add_note(_log(error, self._url))
            raise fault from None

    def _prepare(self) -> None:
        """Makes the tables where they are missing; others may be doing the same at this moment."""
        found = self._stamp()
        if found and self._prepared == found:
            return
        if self.file is None:
            self._engine.connect().close()  # a server that is not there is asked once
        elif not self.file.parent.exists():
            self.file.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._create()
                break
            except (OperationalError, ProgrammingError, IntegrityError):
                # Somebody else made the same table in this instant. Who met a held file has waited for it already.
                if time.monotonic() > deadline - RETRY_SECONDS:
                    raise
                time.sleep(RETRY_SECONDS)
        if self._is_ours:
            self._keep_for_owner()
        self._prepared = self._stamp()

    @property
    def _is_ours(self) -> bool:
        """Whether it is the home's own file; one that a setting names may be shared."""
        return self.file == place.file()

    def _keep_for_owner(self) -> None:
        """Closes the file to other users: whoever may read it may lock it. Those beside it are made like it."""
        for path in (Path(f"{self.file}{ending}") for ending in ("", "-wal", "-shm")):
            with contextlib.suppress(OSError):  # it is not there, or another user's
                if stat.S_IMODE(path.stat().st_mode) != atomic.OWNER_ALONE:
                    path.chmod(atomic.OWNER_ALONE)

    def _stamp(self) -> tuple[int, ...]:
        """Returns which file there is; empty where there is none, or one that holds nothing."""
        if self.file is None:
            return (1,)
        try:
            found = self.file.stat()
        except OSError:
            return ()
        return (found.st_dev, found.st_ino) if found.st_size else ()

    def _create(self) -> None:
        with self._engine.connect() as connection:
            if schema.is_current(connection, set(inspect(connection).get_table_names())):
                self._check_format(connection)
                return
        schema.load()  # while nobody waits
        with self._engine.begin() as connection:
            # Else two would begin with the same step.
            if self.file:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif self.kind == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lab)"), {"lab": LOCK})
            there = set(inspect(connection).get_table_names())
            if self.file and schema.is_foreign(there):
                raise LabError(
                    gettext(
                        "{file_name} is the database of another program; move it away, or name another "
                        "database in $MNIST_DATABASE.",
                        file_name=self.file.name,
                    )
                )
            # Before anything is made: what a newer lab wrote stays as it is.
            number = self._check_format(connection) if _FORMAT.name in there else None
            if schema.is_current(connection, there):  # another process was faster
                return
            schema.bring_up_to_date(connection)
            if connection.execute(select(STATE.c.id)).first() is None:
                connection.execute(insert(STATE).values(id=1, name=secrets.token_hex(8), changes=0))
            if number is None:
                connection.execute(insert(_FORMAT).values(id=1, number=DIGITS_ALONE))

    def _check_format(self, connection: Connection) -> int | None:
        """Returns the number of the collection's format; raises NewerError where only a newer lab reads it."""
        number = connection.execute(select(_FORMAT.c.number)).scalar()
        if number is not None and number > FORMAT:
            raise NewerError(
                gettext(
                    "The collection was made by a newer Digit Lab (format {number}; this one reads up to "
                    "{format}). Update the lab; nothing is lost.",
                    number=number,
                    format=FORMAT,
                )
            )
        return number


def address() -> str:
    """`$MNIST_DATABASE`, else a file in the home folder."""
    file = URL.create("sqlite", database=str(place.file()))
    return os.environ.get(place.SETTING) or file.render_as_string(hide_password=False)


def reason(error: Exception, url: URL) -> str:
    """A database's own words on one line, without the password, whatever its driver quotes."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words = " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
    for secret in (url.password, *url.query.values()):
        words = words.replace(str(secret), "…") if secret else words
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}…"


def _log(error: Exception, url: URL) -> str:
    """With the places of the traceback, and without its words, which may quote the password; returns what it logged."""
    places = "".join(traceback.format_tb(error.__traceback__))
    said = f"{type(error).__name__}: {reason(error, url)}\n{places}"
    logger.info("%s", said)
    return said


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
        url.get_dialect()
    except NoSuchModuleError:
        raise InputError(
            gettext(
                "$MNIST_DATABASE names a kind of database that is not known here; expected a URL such "
                "as sqlite:////data/collection.sqlite or postgresql+psycopg://user:password@host/name."
            )
        ) from None
    except (ArgumentError, ValueError):
        raise InputError(
            gettext(
                "$MNIST_DATABASE is not the URL of a database; expected one such as "
                "sqlite:////data/collection.sqlite or postgresql+psycopg://user:password@host/name."
            )
        ) from None
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:") == ":memory:":
        raise InputError(
            gettext(
                "$MNIST_DATABASE names an SQLite database in memory, which forgets everything; give "
                "it a file, such as sqlite:////data/collection.sqlite."
            )
        )
    return url


def _engine(url: URL) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        # A connection for each use: opening takes a fraction of a millisecond, and none is left on a deleted file.
        options |= {"poolclass": NullPool, "connect_args": {"timeout": BUSY_SECONDS}}
    else:
        options["pool_pre_ping"] = True
        if url.get_driver_name() in ("psycopg", "psycopg2", "pymysql", "mysqldb"):
            options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    try:
        engine = create_engine(url, **options)
    except ModuleNotFoundError as error:
        raise InputError(
            gettext(
                "$MNIST_DATABASE needs the Python package '{error_name}'; install it, or name another database.",
                error_name=error.name,
            )
        ) from None
    except (SQLAlchemyError, TypeError) as error:
        _log(error, url)
        raise InputError(gettext("$MNIST_DATABASE has an option that its database does not know; remove it.")) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _write_ahead)
    return engine


def _write_ahead(connection: Any, _: Any) -> None:
    """Lets others read an SQLite file while one writes it."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    # Writing is four times faster; the file stays whole, but a power cut may cost the drawings of the last moment.
    connection.execute("PRAGMA synchronous=NORMAL").close()
    # What is deleted is overwritten: what a child drew, and its name, must not lie on in free pages of the file.
    connection.execute("PRAGMA secure_delete=ON").close()
