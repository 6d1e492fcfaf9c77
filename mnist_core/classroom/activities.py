"""Activities of a lesson: the teacher starts one for all, and what each hands in goes to its board."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from mnist_core.access.actor import Actor
from mnist_core.checks import check_choice
from mnist_core.classroom.forgotten import forget_drawings
from mnist_core.classroom.lesson_rows import Member, check_takes_part, check_took_part, kept, not_there, stop_showing
from mnist_core.classroom.lessons import Lessons
from mnist_core.classroom.tables import ACTIVITIES, ENTRIES, LESSONS, MEMBERS
from mnist_core.errors import InputError
from mnist_core.formatting import count
from mnist_core.language import N_, gettext

KINDS = {
    "write": N_("Write"),
    "bet": N_("Bet"),
    "tune": N_("Train on us"),
    "break": N_("Break it"),
    "duel": N_("Duel"),
    "hands": N_("Whose hands?"),
}
# A drawing has 50,000 at most, as in the collection.
MOST_CHARACTERS = 60_000
MOST_ENTRIES = 300  # of one member in one activity


@dataclass(frozen=True)
class Activity:
    """What all do together, as it is at this moment."""

    id: int
    lesson: int
    kind: str  # one of `KINDS`
    settings: Mapping[str, Any]  # of the kind's own
    began: float  # in seconds since 1970 (UTC)
    closed: bool
    revealed: bool


@dataclass(frozen=True)
class Entry:
    """What somebody handed in."""

    id: int
    activity: int
    member: int
    content: Mapping[str, Any]  # of the activity's kind
    made: float
    struck: bool
    name: str  # of whoever did


# Raises InputError where somebody may not hand in, told who they are and what they have handed in so far.
Check = Callable[[Member, Sequence[Entry]], None]


class Activities:
    """The activities of all lessons; what may be done is looked up at each change."""

    def __init__(self, lessons: Lessons) -> None:
        self.lessons = lessons

    # --- What a teacher does -------------------------------------------------------------------------------------

    def start(self, lesson: int, kind: str, settings: Mapping[str, Any], *, by: Actor) -> Activity:
        """Starts an activity, which all follow at once; the one before it is closed.

        The settings are checked by the kind's own module, before.
        """
        by.check_in_charge(gettext("Starting an activity"))
        check_choice("activity", kind, tuple(KINDS))
        with self.lessons.changing(lesson, step=True) as connection:
            _check_open(connection, lesson)
            connection.execute(update(ACTIVITIES).where(ACTIVITIES.c.lesson == lesson).values(closed=True))
            values = {
                "lesson": lesson,
                "kind": kind,
                "settings": json.dumps(dict(settings), allow_nan=False),
                "began": time.time(),
                "closed": False,
                "revealed": False,
            }
            key = connection.execute(insert(ACTIVITIES).values(values)).inserted_primary_key
            assert key is not None
            now = {"activity": int(key[0]), "frozen": False, "shown": None}
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(now))
            return _activity(connection, int(key[0]))

    def show(self, lesson: int, activity: int | None, *, by: Actor) -> None:
        """Goes back to an earlier activity, as it was left, or to none."""
        by.check_in_charge(gettext("Choosing an activity"))
        with self.lessons.changing(lesson, step=True) as connection:
            _check_open(connection, lesson)
            if activity is not None and _activity(connection, activity).lesson != lesson:
                raise InputError(gettext("This activity belongs to another lesson."))
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(activity=activity, shown=None))

    def show_to_all(self, lesson: int, entry: int | None, *, by: Actor) -> None:
        """Puts one pupil's drawing before all, in place of what each does; none takes it away again."""
        by.check_in_charge(gettext("Showing a drawing to all"))
        with self.lessons.changing(lesson, step=True) as connection:
            _check_open(connection, lesson)
            if entry is not None:
                row = connection.execute(_ON_BOARD.where(ACTIVITIES.c.lesson == lesson, ENTRIES.c.id == entry)).first()
                if row is None:
                    raise _not_on_board()
                if "strokes" not in _read(row.content):
                    raise InputError(gettext("Only a drawing can be shown to all."))
            connection.execute(update(LESSONS).where(LESSONS.c.id == lesson).values(shown=entry))

    def close(self, activity: int, closed: bool = True, *, by: Actor) -> None:
        """Takes nothing more, or takes it again."""
        self._set(activity, by, gettext("Ending an activity"), closed=closed)

    def reveal(self, activity: int, revealed: bool = True, *, by: Actor) -> None:
        """Shows to all what is hidden until then, or hides it again."""
        self._set(activity, by, gettext("Revealing answers"), revealed=revealed)

    def settle(self, activity: int, settings: Mapping[str, Any], *, by: Actor) -> None:
        """Replaces the settings, such as with the figure that decides a bet."""
        self._set(activity, by, gettext("Changing an activity"), settings=json.dumps(dict(settings), allow_nan=False))

    def _set(self, activity: int, by: Actor, what: str, **values: Any) -> None:
        by.check_in_charge(what)
        with self.lessons.changing(self.activity(activity).lesson, step=True) as connection:
            connection.execute(update(ACTIVITIES).where(ACTIVITIES.c.id == activity).values(values))

    def strike(self, entry: int, struck: bool = True, *, by: Actor) -> None:
        """Takes something off the board, or puts it back."""
        by.check_in_charge(gettext("Taking something off the board"))
        query = select(ACTIVITIES.c.lesson).join(ENTRIES, ENTRIES.c.activity == ACTIVITIES.c.id)
        with self.lessons.database.reading() as connection:
            lesson = connection.execute(query.where(ENTRIES.c.id == entry)).scalar()
        if lesson is None:
            raise _not_on_board()
        with self.lessons.changing(lesson) as connection:
            stop_showing(connection, lesson, [entry])
            connection.execute(update(ENTRIES).where(ENTRIES.c.id == entry).values(struck=struck))

    # --- What everybody does -------------------------------------------------------------------------------------

    def hand_in(
        self,
        activity: int,
        content: Mapping[str, Any],
        *,
        only: bool = False,
        check: Check | None = None,
        by: Actor,
    ) -> int:
        """Takes what somebody hands in; returns its number.

        The content is made and checked by the kind's own module, which `check`s within the same transaction what hangs
        on what they handed in before, struck or not. With `only` it takes the place of what they handed in before.
        Raises InputError where the activity takes nothing, or too much came from one, and NotYoursError where they do
        not take part.
        """
        text = json.dumps(dict(content), allow_nan=False, separators=(",", ":"))
        if len(text) > MOST_CHARACTERS:
            raise InputError(gettext("This is too much to hand in; draw or write it more simply."))
        lesson = self.activity(activity).lesson
        with self.lessons.changing(lesson) as connection:
            member = check_takes_part(connection, lesson, by)
            _check_takes(connection, activity, lesson)
            mine = (ENTRIES.c.activity == activity) & (ENTRIES.c.member == member.id)
            if check:
                check(member, [_as_entry(row) for row in connection.execute(_WITH_NAMES.where(mine))])
            if only:
                before = connection.execute(select(ENTRIES.c.id).where(mine)).scalar()
                if before is not None:
                    values = {"content": text, "made": time.time()}
                    connection.execute(update(ENTRIES).where(ENTRIES.c.id == before).values(values))
                    return int(before)
            if (connection.execute(select(func.count()).where(mine)).scalar() or 0) >= MOST_ENTRIES:
                raise InputError(
                    gettext(
                        "You have handed in {number} already, which is the most that one person can.",
                        number=count(MOST_ENTRIES),
                    )
                )
            return _insert_entry(connection, activity, member, text)

    def take_back(self, entry: int, *, by: Actor) -> None:
        """Deletes something for good, as the teacher may, and whoever handed it in while more is taken."""
        found = self._entry(entry)
        lesson = self.activity(found.activity).lesson
        with self.lessons.changing(lesson) as connection:
            if not by.in_charge:
                if check_takes_part(connection, lesson, by).id != found.member:
                    by.check_in_charge(gettext("Deleting what somebody else handed in"))
                _check_takes(connection, found.activity, lesson)
            stop_showing(connection, lesson, [entry])
            forget_drawings(connection, [lesson], [entry])
            connection.execute(ENTRIES.delete().where(ENTRIES.c.id == entry))

    # --- Reading -------------------------------------------------------------------------------------------------

    def activity(self, number: int) -> Activity:
        """Raises InputError where it is not there."""
        with self.lessons.database.reading() as connection:
            return _activity(connection, number)

    def of_lesson(self, lesson: int, *, by: Actor) -> list[Activity]:
        """Returns all activities of a lesson in their order, for the teacher."""
        by.check_in_charge(gettext("Seeing what a class did"))
        with self.lessons.database.reading() as connection:
            return _of_lesson(connection, lesson)

    def of_own_lesson(self, lesson: int, *, by: Actor) -> list[Activity]:
        """Returns the same to whoever takes part in the lesson, once it has ended."""
        with self.lessons.database.reading() as connection:
            check_took_part(connection, lesson, by)
            return _of_lesson(connection, lesson)

    def entries(self, activity: int, *, by: Actor, own: bool = False) -> list[Entry]:
        """Returns what was handed in, in its order: all for the teacher who does not want their `own`, else one's own.

        What was struck, or is of somebody who was removed, is left out.
        """
        query = _ON_BOARD.where(ENTRIES.c.activity == activity).order_by(ENTRIES.c.id)
        if own or not by.in_charge:
            query = query.where(MEMBERS.c.owner == by.owner) if by.owner else query.where(MEMBERS.c.id < 0)
        with self.lessons.database.reading() as connection:
            return [_as_entry(row) for row in connection.execute(query)]

    def taken_off(self, activity: int, *, by: Actor) -> list[Entry]:
        """Returns what the teacher has struck and can put back, in its order."""
        by.check_in_charge(gettext("Seeing what was taken off the board"))
        query = _OF_KEPT.where(ENTRIES.c.struck, MEMBERS.c.removed.is_(False), ENTRIES.c.activity == activity)
        with self.lessons.database.reading() as connection:
            return [_as_entry(row) for row in connection.execute(query.order_by(ENTRIES.c.id))]

    def shown_to_all(self, lesson: int, *, by: Actor) -> Entry | None:
        """Returns the drawing that stands before all, if one does.

        As `of_class`: for whoever takes part too, and `showing` says how much of it they see.
        """
        with self.lessons.database.reading() as connection:
            _check_is_there(connection, lesson, by)
            shown = select(LESSONS.c.shown).where(LESSONS.c.id == lesson).scalar_subquery()
            row = connection.execute(_ON_BOARD.where(ENTRIES.c.id == shown)).first()
        return None if row is None else _as_entry(row)

    def of_class(self, lesson: int, kind: str, *, by: Actor) -> list[Entry]:
        """Returns what all handed in to the activities of a kind during a lesson, but for what was struck.

        For whoever takes part too: the kind's own module says which part of it pupils see. Raises NotYoursError where
        somebody does not take part.
        """
        query = _ON_BOARD.where(ACTIVITIES.c.lesson == lesson, ACTIVITIES.c.kind == kind).order_by(ENTRIES.c.id)
        with self.lessons.database.reading() as connection:
            _check_is_there(connection, lesson, by)
            return [_as_entry(row) for row in connection.execute(query)]

    def latest(self, lesson: int, *, by: Actor) -> dict[int, Entry]:
        """Returns the last that each member handed in during a lesson, by the member; for the teacher."""
        by.check_in_charge(gettext("Seeing what a class did"))
        of_lesson = select(ACTIVITIES.c.id).where(ACTIVITIES.c.lesson == lesson, ACTIVITIES.c.lesson.in_(kept()))
        last = select(func.max(ENTRIES.c.id)).where(ENTRIES.c.activity.in_(of_lesson), ENTRIES.c.struck.is_(False))
        query = _WITH_NAMES.where(ENTRIES.c.id.in_(last.group_by(ENTRIES.c.member)))
        with self.lessons.database.reading() as connection:
            found = [_as_entry(row) for row in connection.execute(query)]
        return {entry.member: entry for entry in found}

    def _entry(self, number: int) -> Entry:
        with self.lessons.database.reading() as connection:
            row = connection.execute(_WITH_NAMES.where(ENTRIES.c.id == number)).first()
        if row is None:
            raise _not_on_board()
        return _as_entry(row)


_WITH_NAMES = select(ENTRIES, MEMBERS.c.name).join(MEMBERS, MEMBERS.c.id == ENTRIES.c.member)
_OF_KEPT = _WITH_NAMES.join(ACTIVITIES, ACTIVITIES.c.id == ENTRIES.c.activity).where(MEMBERS.c.lesson.in_(kept()))
_ON_BOARD = _OF_KEPT.where(ENTRIES.c.struck.is_(False), MEMBERS.c.removed.is_(False))


def _not_on_board() -> InputError:
    return InputError(gettext("This is not on the board any more."))


def _check_open(connection: Connection, lesson: int) -> None:
    if connection.execute(select(LESSONS.c.ended).where(LESSONS.c.id == lesson)).scalar() is not None:
        raise InputError(gettext("This lesson has ended."))


def _check_is_there(connection: Connection, lesson: int, by: Actor) -> None:
    """Whoever looks need not be able to hand in: a class looks on while it is held up."""
    mine = (MEMBERS.c.lesson == lesson) & (MEMBERS.c.owner == by.owner) & MEMBERS.c.removed.is_(False)
    if not by.in_charge and (not by.owner or connection.execute(select(MEMBERS.c.id).where(mine)).first() is None):
        raise not_there()


def _check_takes(connection: Connection, activity: int, lesson: int) -> None:
    found = _activity(connection, activity)
    now = connection.execute(select(LESSONS.c.activity).where(LESSONS.c.id == lesson)).scalar()
    if found.closed or now != activity:
        raise InputError(gettext("This activity takes nothing any more; the class has gone on."))


def _insert_entry(connection: Connection, activity: int, member: Member, text: str) -> int:
    values = {"activity": activity, "member": member.id, "content": text, "made": time.time(), "struck": False}
    key = connection.execute(insert(ENTRIES).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _activity(connection: Connection, number: int) -> Activity:
    row = connection.execute(
        select(ACTIVITIES).where(ACTIVITIES.c.id == number, ACTIVITIES.c.lesson.in_(kept()))
    ).first()
    if row is None:
        raise InputError(gettext("This activity is not there any more; its lesson was deleted."))
    return _as_activity(row)


def _of_lesson(connection: Connection, lesson: int) -> list[Activity]:
    which = (ACTIVITIES.c.lesson == lesson) & ACTIVITIES.c.lesson.in_(kept())
    return [_as_activity(row) for row in connection.execute(select(ACTIVITIES).where(which).order_by(ACTIVITIES.c.id))]


def _as_activity(row: Row[Any]) -> Activity:
    return Activity(**{**row._mapping, "settings": _read(row.settings)})


def _as_entry(row: Row[Any]) -> Entry:
    return Entry(**{**row._mapping, "content": _read(row.content)})


def _read(text: str) -> Mapping[str, Any]:
    """What this lab wrote; whatever else lies there counts as empty."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
