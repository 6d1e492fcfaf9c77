"""What a lesson and those who take part in it are, read and counted within a transaction of somebody's."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom.tables import ENTRIES, LESSONS, MEMBERS
from mnist_core.errors import InputError
from mnist_core.language import gettext

PRESENT_SECONDS = 30.0  # a browser says every ten that it is there


@dataclass(frozen=True)
class Lesson:
    """A lesson as it is at this moment."""

    id: int
    code: str
    title: str
    began: float  # in seconds since 1970 (UTC)
    ended: float | None
    activity: int | None
    frozen: bool
    changes: int
    steps: int
    wiped: float | None = None
    plan: str | None = None
    plan_step: int | None = None
    plan_since: float | None = None
    locked: bool = False
    shown: int | None = None

    @property
    def is_open(self) -> bool:
        return self.ended is None


@dataclass(frozen=True)
class Member:
    """Somebody who takes part in a lesson, by a name that was made up."""

    id: int
    lesson: int
    owner: str
    name: str
    joined: float
    seen: float
    removed: bool

    def is_present(self, now: float) -> bool:
        return now - self.seen < PRESENT_SECONDS


IS_KEPT = LESSONS.c.wiped.is_(None)


def kept() -> Select[tuple[int]]:
    """The numbers of the lessons that were not wiped, as a part of a query."""
    return select(LESSONS.c.id).where(IS_KEPT)


def note_change(connection: Connection, lesson: int, step: bool = False) -> None:
    """Counts a change, by which pages are told of it; whoever holds this row writes, and the next one waits."""
    values = {"changes": LESSONS.c.changes + 1} | ({"steps": LESSONS.c.steps + 1} if step else {})
    counted = update(LESSONS).where(LESSONS.c.id == lesson, IS_KEPT).values(values)
    if not connection.execute(counted).rowcount:
        raise no_lesson()


def stop_showing(connection: Connection, lesson: int, entries: Sequence[int]) -> None:
    """Takes away the drawing that stands before all where it is one of these, which is a step for all to follow."""
    which = (LESSONS.c.id == lesson) & LESSONS.c.shown.in_(entries)
    if connection.execute(update(LESSONS).where(which).values(shown=None)).rowcount:
        note_change(connection, lesson, step=True)


def entries_of(connection: Connection, member: int) -> Sequence[int]:
    """The numbers of all that somebody handed in."""
    return connection.execute(select(ENTRIES.c.id).where(ENTRIES.c.member == member)).scalars().all()


def check_takes_part(connection: Connection, lesson: int, by: Actor) -> Member:
    """Returns who somebody is in a lesson; raises InputError or NotYoursError where they may hand nothing in."""
    query = select(MEMBERS).where(MEMBERS.c.lesson == lesson, MEMBERS.c.owner == by.owner)
    row = connection.execute(query).first() if by.owner else None
    if row is None:
        raise not_there()
    member, found = let_in(as_member(row)), lesson_in(connection, lesson)
    if not found.is_open:
        raise InputError(gettext("This lesson has ended."))
    if found.frozen:
        raise InputError(gettext("The teacher has stopped for a moment; look to the front."))
    return member


def not_there() -> NotYoursError:
    """The error for who does not take part."""
    return NotYoursError(gettext("You do not take part in this lesson; join it with the code on the board."))


def let_in(member: Member) -> Member:
    if member.removed:
        raise NotYoursError(gettext("The teacher has taken you out of this lesson; ask them to let you in."))
    return member


def check_took_part(connection: Connection, lesson: int, by: Actor) -> Member:
    """Returns who somebody was in an ended lesson; raises InputError or NotYoursError where nothing of it is theirs."""
    found = lesson_in(connection, lesson)
    query = select(MEMBERS).where(MEMBERS.c.lesson == lesson, MEMBERS.c.owner == by.owner)
    row = connection.execute(query).first() if by.owner else None
    if row is None or row.removed:
        raise NotYoursError(gettext("You did not take part in this lesson, so nothing of it is yours."))
    if found.is_open:
        raise InputError(gettext("This lesson is still going on; wait until your teacher has ended it."))
    return as_member(row)


def lesson_in(connection: Connection, number: int) -> Lesson:
    row = connection.execute(select(LESSONS).where(LESSONS.c.id == number, IS_KEPT)).first()
    if row is None:
        raise no_lesson()
    return as_lesson(row)


def no_lesson() -> InputError:
    return InputError(gettext("This lesson is not there any more; it was deleted."))


def member_in(connection: Connection, number: int) -> Member:
    row = connection.execute(select(MEMBERS).where(MEMBERS.c.id == number)).first()
    if row is None:
        raise InputError(gettext("Nobody with this number takes part; look at the list again."))
    return as_member(row)


def count_present(connection: Connection) -> int:
    """How many browsers are there now, in all open lessons."""
    open_lessons = select(LESSONS.c.id).where(LESSONS.c.ended.is_(None))
    there = (MEMBERS.c.seen > time.time() - PRESENT_SECONDS) & MEMBERS.c.removed.is_(False)
    distinct = select(func.count(MEMBERS.c.owner.distinct())).where(MEMBERS.c.lesson.in_(open_lessons), there)
    return connection.execute(distinct).scalar() or 0


def members_in(connection: Connection, lesson: int) -> list[Member]:
    rows = connection.execute(select(MEMBERS).where(MEMBERS.c.lesson == lesson).order_by(MEMBERS.c.id)).all()
    return [as_member(row) for row in rows]


def as_lesson(row: Row[Any]) -> Lesson:
    return Lesson(**row._mapping)


def as_member(row: Row[Any]) -> Member:
    return Member(**row._mapping)
