"""Drawings that people labelled ("It was a …"): a dataset of the lab's own, in SQLite or the database of a server."""

import gzip
import io
import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Double,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from mnist_core.checks import check_number
from mnist_core.data.collection.database import TABLES, Database
from mnist_core.data.collection.drawing import LONGEST_WORD, Drawing, checked_label, checked_word, to_text
from mnist_core.data.stroke_files import Handwriting
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import count as written
from mnist_core.mnist import CLASSES
from mnist_core.preprocessing.strokes import Strokes

NO_DRAWINGS = "No drawings yet. On the Draw page, tell the lab what a drawing was."
# Of at most 50,000 characters each, so that the collection ends at 1 GB; a class leaves a few thousand.
MOST_DRAWINGS = 20_000
LARGEST_NUMBER = 2**63  # of a drawing, in a database

_WRITERS = Table(
    "lab_writers",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("session", String(LONGEST_WORD), nullable=False, unique=True),
)
_DRAWINGS = Table(
    "lab_drawings",
    TABLES,
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


class Collection:
    """The labelled drawings. Safe to share between threads, and with other processes."""

    def __init__(self, url: str | None = None) -> None:
        """Opens nothing yet; the SQLAlchemy URL is by default `database.address()`, InputError shows nothing of it."""
        self._database = Database(url)

    @property
    def place(self) -> str:
        """Where the drawings are kept, for people; of a server only its kind."""
        if self._database.file:
            return f"The drawings are kept on this machine, in {self._database.file.name}; nothing of them leaves it."
        return f"The drawings are kept in the lab's {self._database.kind} database; they go nowhere else."

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
        """Keeps a drawing, in pixels of the canvas; returns its number.

        `session` is any word that tells one browser session from another; only the collection sees it. `digit`,
        `verdict` and `probability` are the answer of the run `model`. InputError where a value cannot be used, or the
        drawing is too small or too large; LabError where the collection is full or cannot be written.
        """
        values = {
            "label": checked_label(label),
            "strokes": to_text(strokes),
            "digit": None if digit is None else checked_label(digit, "model's digit"),
            "verdict": checked_word("verdict", verdict),
            "probability": probability,
            "model": checked_word("model", model),
            "time": time.time(),
        }
        check_number("probability", probability, 0, 1)
        checked_word("browser session", session)
        with self._database.changing() as connection:
            if _count(connection) >= MOST_DRAWINGS:
                raise LabError(
                    f"The collection is full: it holds {written(MOST_DRAWINGS)} drawings. Export it, then delete some."
                )
            values["writer"] = _writer(connection, session)
            return _insert(connection, _DRAWINGS, values)

    def relabel(self, number: int, label: int) -> bool:
        """Corrects what a drawing was; False where it is not there any more."""
        checked_label(label)
        with self._database.changing() as connection:
            changed = connection.execute(update(_DRAWINGS).where(_DRAWINGS.c.id == number).values(label=label))
            return changed.rowcount > 0

    def delete(self, numbers: Iterable[int]) -> int:
        """Returns how many of them were there."""
        possible = [number for number in numbers if 0 < number < LARGEST_NUMBER]
        with self._database.changing() as connection:
            return connection.execute(delete(_DRAWINGS).where(_DRAWINGS.c.id.in_(possible))).rowcount

    def clear(self) -> int:
        """Deletes everything, also who drew; returns how many drawings there were."""
        with self._database.changing() as connection:
            gone = connection.execute(delete(_DRAWINGS)).rowcount
            connection.execute(delete(_WRITERS))
            return gone

    # --- Reading -------------------------------------------------------------------------------------------------

    def version(self) -> str:
        """Another word after every change and for every collection; cheap to ask."""
        return self._database.version()

    def count(self, label: int | None = None, misread: bool = False) -> int:
        """Of a digit or of all; those that the model had misread."""
        with self._database.reading() as connection:
            return _count(connection, label, misread)

    def has(self, number: int) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(_DRAWINGS.c.id).where(_DRAWINGS.c.id == number)).first() is not None

    def counts(self) -> np.ndarray:
        """int64 `[10]`."""
        with self._database.reading() as connection:
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
        """The newest first; LabError where one of them is damaged."""
        query = select(_DRAWINGS).order_by(_DRAWINGS.c.id.desc()).offset(offset).limit(limit)
        return list(self._each(_narrowed(query, label, misread)))

    def handwriting(self) -> Handwriting:
        """All drawings as data to learn from, the oldest first; InputError without any."""
        drawings = list(self._each(select(_DRAWINGS).order_by(_DRAWINGS.c.id)))
        if not drawings:
            raise InputError(NO_DRAWINGS)
        labels, writers = (
            np.array([getattr(drawing, name) for drawing in drawings], np.int64) for name in ("label", "writer")
        )
        return Handwriting(labels, writers, tuple(drawing.strokes for drawing in drawings))

    def export(self) -> bytes:
        """Gzipped JSON lines, the oldest first: a file that the lab itself reads as data."""
        content = io.BytesIO()
        with gzip.GzipFile(fileobj=content, mode="wb", compresslevel=6, mtime=0) as file:
            for drawing in self._each(select(_DRAWINGS).order_by(_DRAWINGS.c.id)):
                file.write((json.dumps(drawing.to_json(), separators=(",", ":")) + "\n").encode())
        return content.getvalue()

    def _each(self, query: Select[Any]) -> Iterator[Drawing]:
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=500).execute(query):
                yield Drawing.from_row(row)


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
    """The number of a browser session, a new one on its first drawing."""
    known = connection.execute(select(_WRITERS.c.id).where(_WRITERS.c.session == session)).scalar()
    if known is not None:
        return int(known)
    return _insert(connection, _WRITERS, {"session": session})


def _insert(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])
