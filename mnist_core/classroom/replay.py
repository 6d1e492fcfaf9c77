"""A lesson as a film: what stood on its board at each moment, where long pauses are cut short."""

import dataclasses
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mnist_core.access.actor import Actor
from mnist_core.classroom import handed_in
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.language import gettext

LONGEST_PAUSE = 20.0  # of the film, in seconds; a lesson may go on another day


@dataclass(frozen=True)
class Moment:
    """What stood on the board."""

    time: float  # in seconds since 1970 (UTC)
    activity: Activity
    entries: tuple[Entry, ...]  # what had been handed in to it by then


@dataclass(frozen=True)
class Film:
    """The activities of a lesson and what was handed in, but for what was taken off since."""

    activities: tuple[Activity, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def times(self) -> tuple[float, ...]:
        """When something happened."""
        return tuple(sorted([*(one.began for one in self.activities), *(one.made for one in self.entries)]))

    @cached_property
    def places(self) -> tuple[float, ...]:
        """At which second of the film that is."""
        found = [0.0] if self.times else []
        for before, after in zip(self.times[:-1], self.times[1:], strict=True):
            found.append(found[-1] + min(after - before, LONGEST_PAUSE))
        return tuple(found)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.places[-1] if self.places else 0.0

    def at(self, second: float) -> Moment | None:
        """Returns what stood on the board at a second of the film; None where nothing was ever begun."""
        place = bisect_right(self.places, second) - 1
        if place < 0:
            return None
        return board_at(self.activities, self.entries, self.times[place] + second - self.places[place])


def film(activities: Activities, lesson: int, with_names: bool, *, by: Actor) -> Film:
    """Returns the film of a lesson, for the teacher; without names each is `Person 3`."""
    by.check_in_charge(gettext("Playing a lesson again"))
    done = activities.of_lesson(lesson, by=by)
    people = handed_in.people(activities.lessons.members(lesson, by=by), with_names)
    entries = [
        dataclasses.replace(entry, name=people[entry.member].name)
        for activity in done
        for entry in activities.entries(activity.id, by=by)
        if entry.member in people  # somebody may just have left
    ]
    return Film(tuple(done), tuple(entries))


def board_at(activities: Sequence[Activity], entries: Sequence[Entry], time: float) -> Moment | None:
    """Returns what stood on the board at a moment: of the activity that was begun, or got something, last."""
    there = [entry for entry in entries if entry.made <= time]
    latest = {one.id: one.began for one in activities if one.began <= time}
    for entry in there:
        if entry.activity in latest:
            latest[entry.activity] = max(latest[entry.activity], entry.made)
    if not latest:
        return None
    number = max(latest, key=latest.__getitem__)
    activity = next(one for one in activities if one.id == number)
    return Moment(time, activity, tuple(entry for entry in there if entry.activity == number))
