"""Drawings that people labelled ("It was a …"): a dataset of the lab's own, in SQLite or the database of a server.

Many browser sessions and several processes write at once. Each change is one short transaction that begins with the
same row, so that the second writer waits for the first, whatever the database.
"""

import contextlib
import gzip
import io
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    NullPool,
    Row,
    Select,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
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

from mnist_core.checks import check_number, check_whole
from mnist_core.errors import InputError, LabError
from mnist_core.handwriting import Handwriting
from mnist_core.layers import CLASSES
from mnist_core.phrases import count as written
from mnist_core.preprocess import CANVAS_PEN, Strokes, check_strokes
from mnist_core.runs import home

NO_DRAWINGS = "No drawings yet. On the Draw page, tell the lab what a drawing was."
# Together they bound the collection at 1 GB; a usual drawing has 3 to 6 kB, a class leaves a few thousand.
MOST_DRAWINGS = 20_000
LARGEST_NUMBER = 2**63  # of a drawing, in a database
MOST_CHARACTERS = 50_000
LONGEST_WORD = 200
LONGEST_REASON = 300

# Another writer is done within milliseconds; only a machine that is very busy lets one wait this long.
BUSY_SECONDS = 30.0
CONNECT_SECONDS = 5
ATTEMPTS = 5

_TABLES = MetaData()
# One row: a name drawn when the collection began, and how often it has changed since.
_STATE = Table(
    "lab_collection",
    _TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    Column("changes", BigInteger, nullable=False),
)
_WRITERS = Table(
    "lab_writers",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("session", String(LONGEST_WORD), nullable=False, unique=True),
)
_DRAWINGS = Table(
    "lab_drawings",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("label", Integer, nullable=False, index=True),
    Column("writer", ForeignKey(_WRITERS.c.id), nullable=False),
    Column("strokes", Text, nullable=False),
    Column("digit", Integer),
    Column("verdict", String(LONGEST_WORD), nullable=False),
    Column("probability", Double, nullable=False),
    Column("model", String(LONGEST_WORD), nullable=False),
    Column("time", Double, nullable=False),
    # An id is never used twice: who undoes must not remove what another person drew since.
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Drawing:
    """A drawing, what a person said it was, and what the model had said.

    Attributes:
        id: Its number in the collection.
        label: What it was, 0 to 9.
        writer: Who drew it: a small number for each browser session.
        strokes: As `preprocess.check_strokes` returns them, in pixels of the canvas, to a tenth.
        digit: The answer that the model gave; None where it gave none.
        verdict: Its verdict, as in `inference.Answer`.
        probability: How probable it held its digit, 0 to 1.
        model: The id of the run that answered.
        time: When it was kept, in seconds since 1970 (UTC).
    """

    id: int
    label: int
    writer: int
    strokes: Strokes
    digit: int | None
    verdict: str
    probability: float
    model: str
    time: float

    @property
    def misread(self) -> bool:
        """Whether the model had read something else, or nothing."""
        return self.digit != self.label

    @property
    def caption(self) -> str:
        """What it was and what the model made of it, in words."""
        if not self.misread:
            return str(self.label)
        return f"{self.label}, not read" if self.digit is None else f"{self.label}, read as {self.digit}"


class Collection:
    """The labelled drawings. Safe to share between threads, and with other processes."""

    def __init__(self, url: str | None = None) -> None:
        """Prepares the way to the database; nothing is opened yet.

        Args:
            url: An SQLAlchemy URL; by default that of `$MNIST_DATABASE`, else `collection.sqlite` in the home folder.

        Raises:
            InputError: It is no URL of a database that can be used here; the sentence shows nothing of it.
        """
        self._url = _parse(url or address())
        self._file = Path(self._url.database or "") if self._url.get_backend_name() == "sqlite" else None
        self._engine = _engine(self._url)
        self._ready = False

    @property
    def place(self) -> str:
        """Says where the drawings are kept; of a server only its kind."""
        if self._file:
            return f"The drawings are kept on this machine, in {self._file.name}; nothing of them leaves it."
        return f"The drawings are kept in the lab's {self._url.get_backend_name()} database; they go nowhere else."

    # --- Changing ------------------------------------------------------------------------------------------------

    def add(
        self,
        strokes: Strokes,
        label: int,
        *,
        session: str,
        digit: int | None,
        verdict: str,
        probability: float,
        model: str,
    ) -> int:
        """Keeps a drawing.

        Args:
            strokes: In pixels of the canvas.
            label: What it was.
            session: Any word that tells one browser session from another; only the collection sees it.
            digit: The answer that the model gave; None where it gave none.
            verdict: Its verdict.
            probability: How probable it held its digit, 0 to 1.
            model: The id of the run that answered.

        Returns:
            The drawing's number.

        Raises:
            InputError: A value cannot be used, or the drawing is too small or too large to keep.
            LabError: The collection is full or cannot be written.
        """
        values = {
            "label": _checked_label(label),
            "strokes": _to_text(strokes),
            "digit": None if digit is None else _checked_label(digit, "model's digit"),
            "verdict": _checked_word("verdict", verdict),
            "probability": probability,
            "model": _checked_word("model", model),
            "time": time.time(),
        }
        check_number("probability", probability, 0, 1)
        _checked_word("browser session", session)
        with self._changing() as connection:
            if _count(connection) >= MOST_DRAWINGS:
                raise LabError(
                    f"The collection is full: it holds {written(MOST_DRAWINGS)} drawings. Export it, then delete some."
                )
            values["writer"] = _writer(connection, session)
            return _insert(connection, _DRAWINGS, values)

    def relabel(self, number: int, label: int) -> bool:
        """Corrects what a drawing was; returns False where it is not there any more."""
        _checked_label(label)
        with self._changing() as connection:
            changed = connection.execute(update(_DRAWINGS).where(_DRAWINGS.c.id == number).values(label=label))
            return changed.rowcount > 0

    def delete(self, numbers: Iterable[int]) -> int:
        """Deletes drawings; returns how many of them were there."""
        possible = [number for number in numbers if 0 < number < LARGEST_NUMBER]
        with self._changing() as connection:
            return connection.execute(delete(_DRAWINGS).where(_DRAWINGS.c.id.in_(possible))).rowcount

    def clear(self) -> int:
        """Deletes everything, also who drew; returns how many drawings there were."""
        with self._changing() as connection:
            gone = connection.execute(delete(_DRAWINGS)).rowcount
            connection.execute(delete(_WRITERS))
            return gone

    # --- Reading -------------------------------------------------------------------------------------------------

    def version(self) -> str:
        """Returns a word that is another one after every change and for every collection; cheap to ask."""
        with self._reading() as connection:
            name, changes = connection.execute(select(_STATE.c.name, _STATE.c.changes)).one()
            return f"{name}-{changes}"

    def count(self, label: int | None = None, misread: bool = False) -> int:
        """Returns how many drawings there are, of a digit or in all, or how many of them the model had misread."""
        with self._reading() as connection:
            return _count(connection, label, misread)

    def has(self, number: int) -> bool:
        """Says whether a drawing is (still) there."""
        with self._reading() as connection:
            return connection.execute(select(_DRAWINGS.c.id).where(_DRAWINGS.c.id == number)).first() is not None

    def counts(self) -> np.ndarray:
        """Returns how many drawings there are of each digit, int64 `[10]`."""
        with self._reading() as connection:
            label = _DRAWINGS.c.label
            query = select(label, func.count()).where(label.between(0, CLASSES - 1)).group_by(label)
            rows = connection.execute(query).all()
        counts = np.zeros(CLASSES, np.int64)
        for digit, number in rows:
            counts[int(digit)] = number
        return counts

    def drawings(
        self, label: int | None = None, misread: bool = False, limit: int | None = None, offset: int = 0
    ) -> list[Drawing]:
        """Returns drawings, the newest first.

        Args:
            label: Only those of this digit.
            misread: Only those that the model had misread.
            limit: At most so many.
            offset: Leaving out so many of the newest.

        Raises:
            LabError: The collection cannot be read, or one of these drawings is damaged.
        """
        query = select(_DRAWINGS).order_by(_DRAWINGS.c.id.desc()).offset(offset).limit(limit)
        return list(self._each(_narrowed(query, label, misread)))

    def handwriting(self) -> Handwriting:
        """Returns all drawings as data to learn from, the oldest first.

        Raises:
            InputError: There is none yet.
        """
        drawings = list(self._each(select(_DRAWINGS).order_by(_DRAWINGS.c.id)))
        if not drawings:
            raise InputError(NO_DRAWINGS)
        labels, writers = (
            np.array([getattr(drawing, name) for drawing in drawings], np.int64) for name in ("label", "writer")
        )
        return Handwriting(labels, writers, tuple(drawing.strokes for drawing in drawings))

    def export(self) -> bytes:
        """Returns the collection as gzipped JSON lines, the oldest first: files that the lab itself reads as data."""
        content = io.BytesIO()
        with gzip.GzipFile(fileobj=content, mode="wb", compresslevel=6, mtime=0) as file:
            for drawing in self._each(select(_DRAWINGS).order_by(_DRAWINGS.c.id)):
                file.write((json.dumps(_to_json(drawing), separators=(",", ":")) + "\n").encode())
        return content.getvalue()

    def _each(self, query: Select[Any]) -> Iterator[Drawing]:
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=500).execute(query):
                yield _drawing(row)

    # --- The database --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained():
            self._prepare()
            with self._engine.connect() as connection:
                yield connection

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction; it ends well or leaves no trace."""
        with self._explained():
            self._prepare()
            with self._engine.begin() as connection:
                # Whoever holds this row writes, and what it then reads is what the one before it left.
                connection.execute(update(_STATE).values(changes=_STATE.c.changes + 1))
                yield connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            where = self._file.name if self._file else f"the {self._url.get_backend_name()} database"
            raise LabError(
                f"The collection in {where} cannot be used ({reason(error, self._url)}); check that it is "
                "whole, reachable and may be written, or name another database in $MNIST_DATABASE."
            ) from None

    def _prepare(self) -> None:
        """Makes the tables where they are missing; others may be doing the same at this moment."""
        if self._ready and (self._file is None or self._file.exists()):
            return
        if self._file is None:
            self._engine.connect().close()  # a server that is not there is asked once
        elif not self._file.parent.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                self._create()
                break
            except (OperationalError, ProgrammingError, IntegrityError):
                # Somebody else made the same table, or holds the file, in this instant.
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.05 * (attempt + 1))
        self._ready = True

    def _create(self) -> None:
        with self._engine.begin() as connection:
            there = set(inspect(connection).get_table_names())
            if self._file and there - set(_TABLES.tables) and not there & set(_TABLES.tables):
                raise LabError(
                    f"{self._file.name} is the database of something else, expected the lab's own or none; move it "
                    "away, or name another database in $MNIST_DATABASE."
                )
            _TABLES.create_all(connection)
            if connection.execute(select(_STATE.c.id)).first() is None:
                connection.execute(insert(_STATE).values(id=1, name=secrets.token_hex(8), changes=0))


def address() -> str:
    """Returns the URL of the lab's collection: `$MNIST_DATABASE`, else a file in the home folder."""
    file = URL.create("sqlite", database=str(home() / "collection.sqlite"))
    return os.environ.get("MNIST_DATABASE") or file.render_as_string(hide_password=False)


def reason(error: Exception, url: URL) -> str:
    """Returns a database's own words on one line, without the password, whatever its driver quotes."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words = " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
    for secret in (url.password, *url.query.values()):
        words = words.replace(str(secret), "…") if secret else words
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}…"


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
        url.get_dialect()
    except NoSuchModuleError:
        raise InputError(
            "$MNIST_DATABASE names a kind of database that is not known here; expected a URL such as "
            "sqlite:////data/collection.sqlite or postgresql+psycopg://user:password@host/name."
        ) from None
    except (ArgumentError, ValueError):
        raise InputError(
            "$MNIST_DATABASE is not the URL of a database; expected one such as sqlite:////data/collection.sqlite or "
            "postgresql+psycopg://user:password@host/name."
        ) from None
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:") == ":memory:":
        raise InputError(
            "$MNIST_DATABASE names an SQLite database in memory, which forgets everything; give it a file, such as "
            "sqlite:////data/collection.sqlite."
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
            f"$MNIST_DATABASE needs the Python package '{error.name}'; install it, or name another database."
        ) from None
    except (SQLAlchemyError, TypeError):
        raise InputError("$MNIST_DATABASE has an option that its database does not know; take it away.") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _write_ahead)
    return engine


def _write_ahead(connection: Any, _: Any) -> None:
    """Lets others read an SQLite file while one writes it."""
    connection.execute("PRAGMA journal_mode=WAL").close()
    # Writing is four times faster; the file stays whole, but a power cut may cost the drawings of the last moment.
    connection.execute("PRAGMA synchronous=NORMAL").close()


def _count(connection: Connection, label: int | None = None, misread: bool = False) -> int:
    query = _narrowed(select(func.count()).select_from(_DRAWINGS), label, misread)
    return int(connection.execute(query).scalar_one())


def _narrowed(query: Select[Any], label: int | None, misread: bool) -> Select[Any]:
    if label is not None:
        query = query.where(_DRAWINGS.c.label == label)
    if misread:
        query = query.where(_DRAWINGS.c.digit.is_(None) | (_DRAWINGS.c.digit != _DRAWINGS.c.label))
    return query


def _writer(connection: Connection, session: str) -> int:
    """Returns the number of a browser session, a new one on its first drawing."""
    known = connection.execute(select(_WRITERS.c.id).where(_WRITERS.c.session == session)).scalar()
    if known is not None:
        return int(known)
    return _insert(connection, _WRITERS, {"session": session})


def _insert(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


# --- Values ------------------------------------------------------------------------------------------------------


def _checked_label(value: int, name: str = "label") -> int:
    check_whole(name, value, 0, CLASSES - 1)
    return value


def _checked_word(name: str, value: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORD or not value.isprintable():
        raise InputError(f"The {name} must be a word of at most {LONGEST_WORD} characters that can be printed.")
    return value


def _to_text(strokes: Strokes) -> str:
    """Writes strokes as JSON with coordinates to a tenth of a pixel."""
    strokes = check_strokes(strokes)
    if not strokes:
        raise InputError("Nothing is drawn that could be kept; draw a digit first.")
    extent = float(np.ptp(np.concatenate(strokes), axis=0).max())
    if extent <= CANVAS_PEN / 3:
        # Less than a touch of the pen; in another unit than pixels, a tenth would be too coarse for it.
        raise InputError(f"The drawing is {extent:.3g} pixels large, too small to keep; draw the digit larger.")
    text = json.dumps([np.round(stroke, 1).tolist() for stroke in strokes], separators=(",", ":"))
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"The drawing takes {written(len(text))} characters, more than the {written(MOST_CHARACTERS)} that the "
            "collection keeps of one; clear it and draw a simpler one."
        )
    return text


def _drawing(row: Row[Any]) -> Drawing:
    """Checks a row: the file may come from anywhere."""
    try:
        strokes = check_strokes(json.loads(row.strokes))
        label, digit = _checked_label(row.label), row.digit
        if digit is not None:
            _checked_label(digit)
        check_number("probability", row.probability, 0, 1)
        datetime.fromtimestamp(row.time, UTC)
        if not strokes:
            raise InputError("It has no strokes.")
        numbers = (int(row.id), int(row.writer))
    except (InputError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        raise LabError(
            f"Drawing {row.id} of the collection is damaged; delete it with 'python -m mnist_core collection delete "
            f"--id {row.id} --yes'."
        ) from None
    return Drawing(
        numbers[0],
        label,
        numbers[1],
        strokes,
        digit,
        str(row.verdict),
        float(row.probability),
        str(row.model),
        float(row.time),
    )


def _to_json(drawing: Drawing) -> dict[str, Any]:
    """Writes a drawing as `handwriting.read_handwriting` reads it, and what was said of it."""
    return {
        "label": drawing.label,
        "writer": drawing.writer,
        "strokes": [np.round(stroke, 1).tolist() for stroke in drawing.strokes],
        "digit": drawing.digit,
        "verdict": drawing.verdict,
        "probability": round(drawing.probability, 4),
        "model": drawing.model,
        "time": datetime.fromtimestamp(drawing.time, UTC).isoformat(timespec="seconds"),
    }
