"""Lessons: a teacher begins one, a class joins it by a code, and everybody follows what the teacher chooses."""

import contextlib
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from mnist_core.access import quotas
from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.checks import check_whole
from mnist_core.classroom import devices, forgotten
from mnist_core.classroom.lesson_rows import (
    IS_KEPT,
    PRESENT_SECONDS,
    Lesson,
    Member,
    as_lesson,
    as_member,
    count_present,
    entries_of,
    lesson_in,
    let_in,
    member_in,
    members_in,
    no_lesson,
    note_change,
    stop_showing,
)
from mnist_core.classroom.names import checked_code, checked_name, drawn_code, drawn_name, is_free
from mnist_core.classroom.tables import ENTRIES, LESSONS, LONGEST_PLAN, LONGEST_TITLE, MEMBERS
from mnist_core.database.connection import Database
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import gettext

__all__ = ["PRESENT_SECONDS", "Lesson", "Lessons", "Member"]

KEPT_DAYS = 30
WIPED_HOURS = 24  # so long a lesson that was deleted can be brought back
MOST_STEPS = 20  # of a lesson plan


class Lessons:
    """All lessons of this lab. Safe to share between threads, and with other processes."""

    def __init__(self, url: str | None = None) -> None:
        """Opens nothing yet; the SQLAlchemy URL is by default `connection.address()`."""
        self.database = Database(url)

    # --- What a teacher does -------------------------------------------------------------------------------------

    def begin(self, title: str, *, by: Actor) -> Lesson:
        """Begins a lesson with a code of its own."""
        by.check_in_charge(gettext("Beginning a lesson"))
        bare = " ".join(title.split())
        if len(bare) > LONGEST_TITLE or not (bare.isprintable() or not bare):
            raise InputError(
                gettext("The title cannot be used; expected at most {longest} letters.", longest=LONGEST_TITLE)
            )
        with self.database.writing() as connection:
            taken = connection.execute(select(LESSONS.c.code).where(LESSONS.c.ended.is_(None))).scalars().all()
            values = {"code": drawn_code(taken), "title": bare, "began": time.time(), "frozen": False}
            key = connection.execute(insert(LESSONS).values(**values, changes=0, steps=0)).inserted_primary_key
            assert key is not None
            return lesson_in(connection, int(key[0]))

    def end(self, lesson: int, *, by: Actor) -> None:
        """Ends a lesson: nobody can join it or hand anything in any more; what there is stays until it is wiped."""
        by.check_in_charge(gettext("Ending a lesson"))
        with self.changing(lesson, step=True) as connection:
            values = {"ended": time.time(), "activity": None, "frozen": False, "locked": False, "shown": None}
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson, LESSONS.c.ended.is_(None)).values(values))

    def go_on(self, lesson: int, *, by: Actor) -> None:
        """Takes an ended lesson up again, with a new code where another has the old one by now."""
        by.check_in_charge(gettext("Going on with a lesson"))
        with self.changing(lesson, step=True) as connection:
            others = select(LESSONS.c.code).where(LESSONS.c.ended.is_(None), LESSONS.c.id != lesson)
            taken = connection.execute(others).scalars().all()
            code = lesson_in(connection, lesson).code
            values = {"ended": None, "code": drawn_code(taken) if code in taken else code}
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(values))

    def freeze(self, lesson: int, frozen: bool, *, by: Actor) -> None:
        """Holds all up ("eyes up"), or lets them go on."""
        by.check_in_charge(gettext("Holding a class up"))
        with self.changing(lesson, step=True) as connection:
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(frozen=frozen))

    def lock(self, lesson: int, locked: bool, *, by: Actor) -> None:
        """Keeps all who take part on the lesson's page, or lets them go to the others of the lab."""
        by.check_in_charge(gettext("Keeping a class together"))
        with self.changing(lesson, step=True) as connection:
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(locked=locked))

    def remove(self, member: int, removed: bool = True, *, by: Actor) -> None:
        """Takes somebody out of a lesson, with all that they handed in, or back in."""
        by.check_in_charge(gettext("Removing somebody from a lesson"))
        with self._of_member(member) as connection:
            stop_showing(connection, member_in(connection, member).lesson, entries_of(connection, member))
            connection.execute(update(MEMBERS).where(MEMBERS.c.id == member).values(removed=removed))

    def rename(self, member: int, name: str, *, by: Actor) -> None:
        """Gives somebody another name, as they and the teacher may."""
        name = checked_name(name)
        with self._of_member(member) as connection:
            found = member_in(connection, member)
            if not by.in_charge and (found.owner != by.owner or found.removed):
                raise NotYoursError(gettext("Only the teacher and whoever has a name can change it."))
            _check_free(name, [one for one in members_in(connection, found.lesson) if one.id != member])
            connection.execute(update(MEMBERS).where(MEMBERS.c.id == member).values(name=name))

    def wipe(self, lesson: int, *, by: Actor) -> None:
        """Takes an ended lesson out of every list at once; `WIPED_HOURS` later it goes for good."""
        by.check_in_charge(gettext("Deleting a lesson"))
        with self.changing(lesson, step=True) as connection:
            if lesson_in(connection, lesson).is_open:
                raise InputError(gettext("This lesson is still going on; end it first."))
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(wiped=time.time()))

    def bring_back(self, lesson: int, now: float | None = None, *, by: Actor) -> None:
        """Undoes `wipe` as long as that can be done."""
        by.check_in_charge(gettext("Bringing a lesson back"))
        with self.database.writing() as connection:
            which = (LESSONS.c.id == lesson) & (LESSONS.c.wiped >= _wiped_before(now))
            if not connection.execute(update(LESSONS).where(which).values(wiped=None)).rowcount:
                raise no_lesson()

    def wiped(self, now: float | None = None, *, by: Actor) -> Sequence[Lesson]:
        """Returns the lessons that can be brought back, the one that was deleted last first; for the teacher."""
        by.check_in_charge(gettext("Seeing all lessons"))
        query = select(LESSONS).where(LESSONS.c.wiped >= _wiped_before(now)).order_by(LESSONS.c.wiped.desc())
        with self.database.reading() as connection:
            return [as_lesson(row) for row in connection.execute(query)]

    def wipe_old(self, now: float | None = None) -> int:
        """Removes for good, open or not, what is `KEPT_DAYS` old or was wiped `WIPED_HOURS` ago; returns how many."""
        before = (time.time() if now is None else now) - KEPT_DAYS * 24 * 3600
        gone = (LESSONS.c.began < before) | (LESSONS.c.wiped < _wiped_before(now))
        with self.database.reading() as connection:
            old = connection.execute(select(LESSONS.c.id).where(gone)).scalars().all()
        if old:
            with self.database.writing() as connection:
                forgotten.wipe(connection, old)
        return len(old)

    def follow_plan(self, lesson: int, plan: str | None, *, by: Actor) -> None:
        """Begins a plan, which is named, at its first step; none ends it."""
        by.check_in_charge(gettext("Choosing a lesson plan"))
        if plan is not None and not 0 < len(plan) <= LONGEST_PLAN:
            raise InputError(gettext("There is no such lesson plan; choose another one."))
        self._set_plan(lesson, {"plan": plan, "plan_step": None if plan is None else 0})

    def go_to_step(self, lesson: int, step: int, *, by: Actor) -> None:
        """Goes on in the plan, or back; the minutes of the step begin now."""
        by.check_in_charge(gettext("Going on in a lesson plan"))
        check_whole("step", step, 0, MOST_STEPS - 1)
        self._set_plan(lesson, {"plan_step": step})

    def _set_plan(self, lesson: int, values: dict[str, object]) -> None:
        with self.changing(lesson, step=True) as connection:  # between activities all see the step's title
            which = update(LESSONS).where(LESSONS.c.id == lesson)
            connection.execute(which.values(**values, plan_since=time.time()))

    # --- What everybody does -------------------------------------------------------------------------------------

    def join(self, code: str, name: str = "", *, by: Actor) -> Member:
        """Lets a browser take part in the open lesson of a code; whoever took part before comes back as the same.

        Args:
            code: As it stands on the board, in whatever letters.
            name: A name to take part by; one that is drawn where it is empty.
            by: Whose browser it is.

        Raises:
            InputError: There is no such lesson, the name is taken or cannot be used, or the class is full.
            NotYoursError: The teacher has removed this browser.
        """
        code = checked_code(code)
        wanted = checked_name(name) if name.strip() else ""
        if not by.owner:
            raise InputError(gettext("Your browser keeps no cookies, by which the lab would know it again."))
        quotas.count_join(by)
        with self.database.writing() as connection:
            # Two who join at once come one after the other.
            query = select(LESSONS.c.id).where(LESSONS.c.code == code, LESSONS.c.ended.is_(None)).with_for_update()
            lesson = connection.execute(query).scalar()
            if lesson is None:
                raise InputError(
                    gettext("No lesson has the code {code} now; look at the board again.", code=readable(code))
                )
            here = members_in(connection, lesson)
            before = next((one for one in here if one.owner == by.owner), None)
            if before is None:
                return self._enter(connection, lesson, here, wanted, by)
            return let_in(before)

    def _enter(self, connection: Connection, lesson: int, here: Sequence[Member], wanted: str, by: Actor) -> Member:
        if full := devices.refusal(count_present(connection)):
            raise InputError(full)
        if len(here) >= devices.most_members():
            raise InputError(
                gettext("This lesson is full: {most} have joined. Ask the teacher to make room.", most=len(here))
            )
        if wanted:
            _check_free(wanted, here)
        name = wanted or drawn_name([one.name for one in here])
        now = time.time()
        values = {"lesson": lesson, "owner": by.owner, "name": name, "joined": now, "seen": now, "removed": False}
        key = connection.execute(insert(MEMBERS).values(values)).inserted_primary_key
        assert key is not None
        note_change(connection, lesson)
        return member_in(connection, int(key[0]))

    def leave(self, member: int, *, by: Actor) -> None:
        """Removes somebody for good with all that they handed in, as they and the teacher may."""
        with self._of_member(member) as connection:
            found = member_in(connection, member)
            if not by.in_charge and (not by.owner or found.owner != by.owner):
                raise NotYoursError(gettext("Only the teacher and they themselves can delete what somebody did."))
            mine = entries_of(connection, member)
            stop_showing(connection, found.lesson, mine)
            forgotten.forget_drawings(connection, [found.lesson], mine)
            connection.execute(delete(ENTRIES).where(ENTRIES.c.member == member))
            connection.execute(delete(MEMBERS).where(MEMBERS.c.id == member))

    def note_present(self, owners: Sequence[str], now: float | None = None) -> None:
        """Notes that these browsers are there; no change that anybody would be told of."""
        if not owners:
            return
        seen = time.time() if now is None else now
        open_lessons = select(LESSONS.c.id).where(LESSONS.c.ended.is_(None))
        with self.database.writing() as connection:
            which = MEMBERS.c.owner.in_(owners) & MEMBERS.c.lesson.in_(open_lessons)
            connection.execute(update(MEMBERS).where(which).values(seen=seen))

    # --- Reading -------------------------------------------------------------------------------------------------

    def lesson(self, number: int) -> Lesson:
        """Raises InputError where it is not there."""
        with self.database.reading() as connection:
            return lesson_in(connection, number)

    def all(self, *, by: Actor) -> list[Lesson]:
        """Returns all lessons, the newest first, for the teacher."""
        by.check_in_charge(gettext("Seeing all lessons"))
        with self.database.reading() as connection:
            rows = connection.execute(select(LESSONS).where(IS_KEPT).order_by(LESSONS.c.id.desc())).all()
        return [as_lesson(row) for row in rows]

    def own(self, by: Actor) -> tuple[Lesson, Member] | None:
        """Returns the open lesson that somebody takes part in, the one they joined last."""
        return self._own(by, LESSONS.c.ended.is_(None))

    def own_ended(self, *, by: Actor) -> tuple[Lesson, Member] | None:
        """Returns the ended lesson that somebody took part in, the one that ended last."""
        return self._own(by, LESSONS.c.ended.is_not(None))

    def _own(self, by: Actor, which: ColumnElement[bool]) -> tuple[Lesson, Member] | None:
        if not by.owner:
            return None
        with self.database.reading() as connection:
            query = (
                select(MEMBERS)
                .join(LESSONS, LESSONS.c.id == MEMBERS.c.lesson)
                .where(MEMBERS.c.owner == by.owner, which, IS_KEPT, MEMBERS.c.removed.is_(False))
                .order_by(LESSONS.c.ended.desc(), MEMBERS.c.joined.desc())
            )
            row = connection.execute(query).first()
            if row is None:
                return None
            member = as_member(row)
            return lesson_in(connection, member.lesson), member

    def members(self, lesson: int, *, by: Actor) -> list[Member]:
        """Returns who takes part, in the order in which they joined, those who were removed last; for the teacher."""
        by.check_in_charge(gettext("Seeing who takes part"))
        with self.database.reading() as connection:
            lesson_in(connection, lesson)
            return sorted(members_in(connection, lesson), key=lambda one: (one.removed, one.id))

    def present(self, *, by: Actor) -> int:
        """Returns how many devices take part at this moment, in all open lessons; for the teacher."""
        by.check_in_charge(gettext("Seeing who takes part"))
        with self.database.reading() as connection:
            return count_present(connection)

    def changes(self) -> dict[int, tuple[int, int]]:
        """Returns how often each open lesson has changed, and by the teacher's steps; cheap to ask."""
        with self.database.reading() as connection:
            query = select(LESSONS.c.id, LESSONS.c.changes, LESSONS.c.steps).where(LESSONS.c.ended.is_(None))
            return {int(number): (int(changes), int(steps)) for number, changes, steps in connection.execute(query)}

    # --- For what belongs to a lesson ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def changing(self, lesson: int, step: bool = False) -> Iterator[Connection]:
        """A transaction that changes something of a lesson, as a step for all to follow or not.

        Raises InputError where the lesson is not there.
        """
        with self.database.writing() as connection:
            note_change(connection, lesson, step)
            yield connection

    @contextlib.contextmanager
    def _of_member(self, member: int) -> Iterator[Connection]:
        with self.database.reading() as connection:
            lesson = member_in(connection, member).lesson
        with self.changing(lesson, step=True) as connection:
            yield connection


def _wiped_before(now: float | None) -> float:
    return (time.time() if now is None else now) - WIPED_HOURS * 3600


def _check_free(name: str, others: Sequence[Member]) -> None:
    if not is_free(name, [one.name for one in others]):
        raise InputError(gettext("Somebody is called {name} already; choose another name.", name=readable(name)))
