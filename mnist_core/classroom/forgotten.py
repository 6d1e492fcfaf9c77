"""What goes for good with a lesson or somebody in it: rows, and the copies of drawings that runs were trained on."""

import json
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from mnist_core.classroom.tables import ACTIVITIES, ENTRIES, LESSONS, MEMBERS
from mnist_core.training import tuning


def forget_drawings(connection: Connection, lessons: Sequence[int], entries: Collection[int] | None = None) -> None:
    """Removes the copies that lie with the runs that were trained on these drawings, or on any of the lessons."""
    chosen = ACTIVITIES.c.lesson.in_(lessons) & (ACTIVITIES.c.kind == "tune")
    for text in connection.execute(select(ACTIVITIES.c.settings).where(chosen)).scalars():
        settings = json.loads(text)
        taken = {*settings.get("learned", ()), *settings.get("judged", ())}
        if settings.get("run") and (entries is None or taken & set(entries)):
            tuning.forget(settings["run"])


def wipe(connection: Connection, lessons: Sequence[int]) -> None:
    forget_drawings(connection, lessons)
    activities = select(ACTIVITIES.c.id).where(ACTIVITIES.c.lesson.in_(lessons))
    connection.execute(delete(ENTRIES).where(ENTRIES.c.activity.in_(activities)))
    for table in (ACTIVITIES, MEMBERS):
        connection.execute(delete(table).where(table.c.lesson.in_(lessons)))
    connection.execute(delete(LESSONS).where(LESSONS.c.id.in_(lessons)))
