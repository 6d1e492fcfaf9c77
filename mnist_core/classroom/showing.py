"""Showing one pupil's screen: a drawing stands large before all, with its answer only where all may see it."""

from dataclasses import dataclass

from mnist_core.access.actor import Actor
from mnist_core.classroom import break_it
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.break_it import WAITS
from mnist_core.classroom.write import Written
from mnist_core.preprocessing.strokes import Strokes


@dataclass(frozen=True)
class Shown:
    """A drawing before all."""

    id: int  # of what was handed in
    name: str  # of whoever drew it
    strokes: Strokes
    told: Written | None  # with what it was to be and how it was read; None as long as that is hidden


def shown(activities: Activities, lesson: int, *, by: Actor) -> Shown | None:
    """Returns the drawing that stands before all, if one does; raises as `Activities.shown_to_all`."""
    entry = activities.shown_to_all(lesson, by=by)
    if entry is None:
        return None
    drawing = Written.of(entry)
    told = drawing if _is_told(activities, activities.activity(entry.activity), entry, by) else None
    return Shown(entry.id, entry.name, drawing.strokes, told)


def _is_told(activities: Activities, activity: Activity, entry: Entry, by: Actor) -> bool:
    """Others say what a drawing of Break it is before they are told."""
    if activity.revealed or activity.kind != break_it.KIND:
        return activity.revealed
    entered = break_it.entered(activities, activity.id, by=by)
    return any(one.drawing.id == entry.id and one.standing != WAITS for one in entered)
