"""What goes for good with a lesson or somebody in it: rows, and the copies of drawings that runs were trained on."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from mnist_core.classroom.tables import ACTIVITIES, ENTRIES, LESSONS, MEMBERS
from mnist_core.training import tuning


def forget_drawings(connection: Connection, lessons: Sequence[int], member: int | None = None) -> None:
    """Removes the copies of drawings that lie with the runs that were trained on them, of one's own or of all."""
    own = select(ENTRIES.c.id).where(ENTRIES.c.member == member)
    mine = None if member is None else set(connection.execute(own).scalars())
    chosen = ACTIVITIES.c.lesson.in_(lessons) & (ACTIVITIES.c.kind == "tune")
    for text in connection.execute(select(ACTIVITIES.c.settings).where(chosen)).scalars():
        settings = json.loads(text)
        taken = {*settings.get("learned", ()), *settings.get("judged", ())}
        if settings.get("run") and (mine is None or mine & taken):
            tuning.forget(settings["run"])


def wipe(connection: Connection, lessons: Sequence[int]) -> None:
    forget_drawings(connection, lessons)
    activities = select(ACTIVITIES.c.id).where(ACTIVITIES.c.lesson.in_(lessons))
    connection.execute(delete(ENTRIES).where(ENTRIES.c.activity.in_(activities)))
    for table in (ACTIVITIES, MEMBERS):
        connection.execute(delete(table).where(table.c.lesson.in_(lessons)))
    connection.execute(delete(LESSONS).where(LESSONS.c.id.in_(lessons)))
