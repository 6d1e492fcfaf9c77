"""Drawings that people labelled ("It was a …"): a dataset of the lab's own, in SQLite or the database of a server."""

import gzip
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Double,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    union,
    update,
)

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.checks import check_number
from mnist_core.data.collection.drawing import (
    LONGEST_WORD,
    NO_DIGITS,
    Drawing,
    checked_digit,
    checked_label,
    checked_word,
    to_text,
)
from mnist_core.data.stroke_files import Handwriting
from mnist_core.database.connection import TABLES, Database
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import count as written
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes

NO_DRAWINGS = N_(
    "No drawings yet. On the Draw page, tell the lab what a drawing was; Explore brings in digits from paper."
)
# Of at most 50,000 characters each, so that the collection ends at 1 GB; a class leaves a few thousand.
MOST_DRAWINGS = 20_000
LARGEST_NUMBER = 2**63  # of a drawing, in a database

_WRITERS = Table(
    "lab_writers",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("session", String(LONGEST_WORD), nullable=False, unique=True),
)
# Whose browser a session was; older labs, whose writers have none, do not look here.
_OWNERS = Table(
    "lab_writer_owners",
    TABLES,
    Column("writer", ForeignKey(_WRITERS.c.id), primary_key=True, autoincrement=False),
    Column("owner", String(LONGEST_WORD), nullable=False, index=True),
)


def _about_a_drawing() -> list[Column[Any]]:
    return [
        Column("label", Integer, nullable=False, index=True),
        Column("writer", ForeignKey(_WRITERS.c.id), nullable=False),
        Column("strokes", Text, nullable=False),
        Column("digit", Integer),
        Column("verdict", String(LONGEST_WORD), nullable=False),
        Column("probability", Double, nullable=False),
        Column("model", String(LONGEST_WORD), nullable=False),
        Column("time", Double, nullable=False),
    ]


_DRAWINGS = Table(
    "lab_drawings",
    TABLES,
    Column("id", Integer, primary_key=True),
    *_about_a_drawing(),
    # An id is never used twice: who undoes must not remove what another person drew since.
    sqlite_autoincrement=True,
)
# The bin. A table of its own, so that whatever reads drawings, in an older lab too, sees none that was deleted.
_DELETED = Table(
    "lab_deleted_drawings",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    *_about_a_drawing(),
    Column("deleted", Double, nullable=False, index=True),  # when, in seconds since 1970 (UTC)
)


@dataclass(frozen=True)
class Deletion:
    """Drawings that were deleted together."""

    when: float  # in seconds since 1970 (UTC)
    numbers: tuple[int, ...]


class Collection:
    """The labelled drawings. Safe to share between threads, and with other processes."""

    def __init__(self, url: str | None = None) -> None:
        """Opens nothing yet; the SQLAlchemy URL is by default `database.address()`, InputError shows nothing of it."""
        self._database = Database(url)

    @property
    def place(self) -> str:
        """Where the drawings are kept, for people; of a server only its kind."""
        if self._database.file:
            return gettext(
                "The drawings are kept on this machine, in {file_name}; nothing of them leaves it.",
                file_name=self._database.file.name,
            )
        return gettext(
            "The drawings are kept in the lab's {kind} database; they go nowhere else.", kind=self._database.kind
        )

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
        by: Actor = COMMAND_LINE,
    ) -> int:
        """Keeps a drawing, in pixels of the canvas, of a digit or of none (`NO_DIGIT`); returns its number.

        `session` is any word that tells one browser session from another; only the collection sees it. `digit`,
        `verdict` and `probability` are the answer of the run `model`. InputError where a value cannot be used, the
        drawing is too small or too large, or too many were kept; LabError where the collection is full or cannot be
        written.
        """
        values = {
            "label": checked_label(label),
            "strokes": to_text(strokes),
            "digit": None if digit is None else checked_digit(digit),
            "verdict": checked_word("verdict", verdict),
            "probability": probability,
            "model": checked_word("model", model),
            "time": time.time(),
        }
        check_number("probability", probability, 0, 1)
        checked_word(gettext("browser session"), session)
        quotas.count_drawing(by)
        with self._database.changing() as connection:
            # Those in the bin take as much room, and may come back.
            if _count(connection) + _count_deleted(connection) >= MOST_DRAWINGS:
                raise LabError(
                    gettext(
                        "The collection is full: it holds {written} drawings, with those in the bin. Export "
                        "it, then delete some for good.",
                        written=written(MOST_DRAWINGS),
                    )
                )
            self._note_label(connection, label)
            values["writer"] = _writer(connection, session, by.owner)
            return _insert(connection, _DRAWINGS, values)

    def relabel(self, number: int, label: int, *, by: Actor) -> bool:
        """Corrects what a drawing was; False where it is not there any more, NotYoursError where it is another's."""
        checked_label(label)
        with self._database.changing() as connection:
            _check_may_change(connection, _DRAWINGS, [number], by)
            self._note_label(connection, label)
            changed = connection.execute(update(_DRAWINGS).where(_DRAWINGS.c.id == number).values(label=label))
            return changed.rowcount > 0

    def _note_label(self, connection: Connection, label: int) -> None:
        if label == NO_DIGIT:
            self._database.note_no_digit(connection)

    def delete(self, numbers: Iterable[int], *, by: Actor) -> int:
        """Puts drawings into the bin, all or, where one is another's, none (NotYoursError); returns how many.

        From then on nothing counts, exports or learns from them.
        """
        possible = _possible(numbers)
        with self._database.changing() as connection:
            _check_may_change(connection, _DRAWINGS, possible, by)
            return _move(connection, _DRAWINGS, _DELETED, _DRAWINGS.c.id.in_(possible), {"deleted": time.time()})

    def delete_all(self, *, by: Actor) -> int:
        """Puts all drawings into the bin, as the teacher may; returns how many."""
        by.check_may_change("", gettext("The collection of all drawings"))
        with self._database.changing() as connection:
            return _move(connection, _DRAWINGS, _DELETED, true(), {"deleted": time.time()})

    def restore(self, numbers: Iterable[int], *, by: Actor) -> int:
        """Brings drawings back from the bin, as `delete` takes them there; returns how many were still in it."""
        possible = _possible(numbers)
        with self._database.changing() as connection:
            _check_may_change(connection, _DELETED, possible, by)
            return _move(connection, _DELETED, _DRAWINGS, _DELETED.c.id.in_(possible), {})

    def remove(self, numbers: Iterable[int], *, by: Actor) -> int:
        """Removes drawings for good, from the bin or not, all or, where one is another's, none; returns how many."""
        possible, gone = _possible(numbers), 0
        with self._database.changing() as connection:
            for table in (_DRAWINGS, _DELETED):
                _check_may_change(connection, table, possible, by)
                gone += connection.execute(delete(table).where(table.c.id.in_(possible))).rowcount
            return gone

    def purge(self, expired: Callable[[float], bool]) -> int:
        """Removes for good what was deleted so long ago that `expired` says so, and whoever drew nothing else."""
        old = [deletion.when for deletion in self.deletions(COMMAND_LINE) if expired(deletion.when)]
        if not old:
            return 0
        with self._database.changing() as connection:
            gone = connection.execute(delete(_DELETED).where(_DELETED.c.deleted.in_(old))).rowcount
            _remove_idle_writers(connection)
            return gone

    def clear(self, *, by: Actor) -> int:
        """Removes everything for good, the bin and who drew, as the teacher may; returns how many drawings it had."""
        by.check_may_change("", gettext("The collection of all drawings"))
        with self._database.changing() as connection:
            gone = connection.execute(delete(_DRAWINGS)).rowcount
            for table in (_DELETED, _OWNERS, _WRITERS):
                connection.execute(delete(table))
            return gone

    # --- Reading -------------------------------------------------------------------------------------------------

    def version(self) -> str:
        """Another word after every change and for every collection; cheap to ask."""
        return self._database.version()

    def count(self, label: int | None = None, misread: bool = False, by: Actor = COMMAND_LINE) -> int:
        """Of a digit, of what is none (`NO_DIGIT`) or of all; those that the model had misread, that `by` may see."""
        with self._database.reading() as connection:
            return _count(connection, label, misread, by)

    def has(self, number: int) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(_DRAWINGS.c.id).where(_DRAWINGS.c.id == number)).first() is not None

    def knows(self, part_of_session: str) -> bool:
        """Whether anybody's drawing comes of a session whose name holds these words, as of one photograph of a sheet.

        Drawings in the bin do not count.
        """
        drawn = (
            select(_DRAWINGS.c.id).join(_WRITERS).where(_WRITERS.c.session.contains(part_of_session, autoescape=True))
        )
        with self._database.reading() as connection:
            return connection.execute(drawn.limit(1)).first() is not None

    def own(self, numbers: Iterable[int], by: Actor) -> list[int]:
        """Returns those of the drawings with these numbers that somebody may change."""
        possible = _possible(numbers)
        with self._database.reading() as connection:
            owners = _owners_of(connection, _DRAWINGS, possible)
            return [number for number in possible if number in owners and by.may_change(owners[number])]

    def deletions(self, by: Actor) -> list[Deletion]:
        """Returns what lies in the bin and somebody may bring back, what was deleted last first."""
        with self._database.reading() as connection:
            rows = connection.execute(_with_owners(_DELETED, _DELETED.c.deleted)).all()
        found: dict[float, list[int]] = {}
        for number, owner, when in rows:
            if by.may_change(owner or ""):
                found.setdefault(float(when), []).append(int(number))
        return [Deletion(when, tuple(sorted(found[when]))) for when in sorted(found, reverse=True)]

    def counts(self) -> np.ndarray:
        """Of each digit, int64 `[10]`."""
        with self._database.reading() as connection:
            label = _DRAWINGS.c.label
            query = select(label, func.count()).where(label.between(0, CLASSES - 1)).group_by(label)
            rows = connection.execute(query).all()
        counts = np.zeros(CLASSES, np.int64)
        for digit, number in rows:
            counts[int(digit)] = number
        return counts

    def drawings(
        self,
        label: int | None = None,
        misread: bool = False,
        limit: int | None = None,
        offset: int = 0,
        by: Actor = COMMAND_LINE,
    ) -> list[Drawing]:
        """Those that `by` may see, the newest first: all for the teacher, else one's own.

        LabError where one of them is damaged.
        """
        query = select(_DRAWINGS).order_by(_DRAWINGS.c.id.desc()).offset(offset).limit(limit)
        return list(self._each(_narrowed(query, label, misread, by)))

    def handwriting(self, signs: bool = False) -> Handwriting:
        """All drawings as data to learn from, the oldest first; InputError without any.

        With what is no digit if `signs` are wanted, as `stroke_files.read_handwriting` reads them from a file.
        """
        query = select(_DRAWINGS).order_by(_DRAWINGS.c.id)
        drawings = list(self._each(query if signs else query.where(_DRAWINGS.c.label != NO_DIGIT)))
        if not drawings:
            raise InputError(gettext(NO_DIGITS) if self.count() else gettext(NO_DRAWINGS))
        labels, writers = (
            np.array([getattr(drawing, name) for drawing in drawings], np.int64) for name in ("label", "writer")
        )
        return Handwriting(labels, writers, tuple(drawing.strokes for drawing in drawings))

    def export(self, by: Actor = COMMAND_LINE) -> bytes:
        """Gzipped JSON lines, the oldest first: a file that the lab itself reads as data; the teacher may have it."""
        by.check_in_charge(gettext("Downloading the class's drawings"))
        content = io.BytesIO()
        with gzip.GzipFile(fileobj=content, mode="wb", compresslevel=6, mtime=0) as file:
            for drawing in self._each(select(_DRAWINGS).order_by(_DRAWINGS.c.id)):
                file.write((json.dumps(drawing.to_json(), separators=(",", ":")) + "\n").encode())
        return content.getvalue()

    def _each(self, query: Select[Any]) -> Iterator[Drawing]:
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=500).execute(query):
                yield Drawing.from_row(row)


def _count(connection: Connection, label: int | None = None, misread: bool = False, by: Actor = COMMAND_LINE) -> int:
    query = _narrowed(select(func.count()).select_from(_DRAWINGS), label, misread, by)
    return int(connection.execute(query).scalar_one())


def _count_deleted(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(_DELETED)).scalar_one())


def _possible(numbers: Iterable[int]) -> list[int]:
    return [number for number in numbers if 0 < number < LARGEST_NUMBER]


def _with_owners(table: Table, *more: Column[Any]) -> Select[Any]:
    """Selects drawings' numbers with the owner of each, None where nobody knows."""
    joined = table.outerjoin(_OWNERS, _OWNERS.c.writer == table.c.writer)
    return select(table.c.id, _OWNERS.c.owner, *more).select_from(joined)


def _owners_of(connection: Connection, table: Table, numbers: list[int]) -> dict[int, str]:
    rows = connection.execute(_with_owners(table).where(table.c.id.in_(numbers)))
    return {int(number): owner or "" for number, owner in rows}


def _check_may_change(connection: Connection, table: Table, numbers: list[int], by: Actor) -> None:
    if by.in_charge:
        return
    for number, owner in _owners_of(connection, table, numbers).items():
        by.check_may_change(owner, f"Drawing #{number}")


def _move(
    connection: Connection, source: Table, target: Table, which: ColumnElement[bool], values: dict[str, float]
) -> int:
    """Moves drawings as they are, be they damaged; returns how many."""
    names = [column.name for column in _DRAWINGS.c]
    taken = select(*(source.c[name] for name in names), *map(literal, values.values())).where(which)
    connection.execute(insert(target).from_select([*names, *values], taken))
    return connection.execute(delete(source).where(which)).rowcount


def _remove_idle_writers(connection: Connection) -> None:
    busy = union(select(_DRAWINGS.c.writer), select(_DELETED.c.writer))
    connection.execute(delete(_OWNERS).where(_OWNERS.c.writer.not_in(busy)))
    connection.execute(delete(_WRITERS).where(_WRITERS.c.id.not_in(busy)))


def _narrowed(query: Select[Any], label: int | None, misread: bool, by: Actor) -> Select[Any]:
    if not by.in_charge:
        own = select(_OWNERS.c.writer).where(_OWNERS.c.owner == by.owner, literal(by.owner) != "")
        query = query.where(_DRAWINGS.c.writer.in_(own))
    if label is not None:
        query = query.where(_DRAWINGS.c.label == label)
    if misread:
        read, labelled = _DRAWINGS.c.digit, _DRAWINGS.c.label
        query = query.where(
            case((labelled == NO_DIGIT, read.is_not(None)), else_=read.is_(None) | (read != labelled)),
        )
    return query


def _writer(connection: Connection, session: str, owner: str) -> int:
    """The number of a browser session, a new one on its first drawing."""
    known = connection.execute(select(_WRITERS.c.id).where(_WRITERS.c.session == session)).scalar()
    if known is not None:
        return int(known)
    writer = _insert(connection, _WRITERS, {"session": session})
    if owner:
        _insert(connection, _OWNERS, {"writer": writer, "owner": owner})
    return writer


def _insert(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])
