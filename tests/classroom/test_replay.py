"""What stood on a lesson's board at a moment, and how the moments make a film."""

import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import replay
from mnist_core.classroom.activities import Activity, Entry
from mnist_core.classroom.replay import LONGEST_PAUSE, Film, board_at
from tests.classroom.class_of_two import ADAS_NAME, BOBS_NAME, taught
from tests.classroom.test_lessons import ADA, BOB, TEACHER

WRITING, BETTING = (
    Activity(number, 1, kind, {}, began, False, False)
    for number, kind, began in ((1, "write", 100.0), (2, "bet", 200.0))
)


def entry(number: int, activity: int, made: float) -> Entry:
    return Entry(number, activity, 1, {}, made, False, "Blue Fox")


ENTRIES = (entry(1, 1, 110.0), entry(2, 1, 120.0), entry(3, 2, 210.0), entry(4, 1, 230.0))


@pytest.mark.parametrize(
    ("time", "activity", "entries"),
    [
        (100.0, 1, []),
        (110.0, 1, [1]),
        (199.9, 1, [1, 2]),
        (200.0, 2, []),
        (215.0, 2, [3]),
        (230.0, 1, [1, 2, 4]),  # the class went back to it
        (1e9, 1, [1, 2, 4]),
    ],
)
def test_a_board_has_what_came_before_a_moment_to_the_activity_of_then(
    time: float, activity: int, entries: list[int]
) -> None:
    found = board_at((WRITING, BETTING), ENTRIES, time)
    assert found and (found.activity.id, [one.id for one in found.entries]) == (activity, entries)


def test_before_the_first_activity_there_is_no_board() -> None:
    assert board_at((WRITING, BETTING), ENTRIES, 99.9) is None
    assert Film((), ()).at(0.0) is None and Film((), ()).seconds == 0.0
    assert board_at((WRITING,), ENTRIES, 1e9) == board_at((WRITING,), [ENTRIES[0], ENTRIES[1], ENTRIES[3]], 1e9)


def test_a_film_cuts_pauses_short_and_leaves_nothing_out() -> None:
    film = Film((WRITING, BETTING), (entry(1, 1, 110.0), entry(2, 1, 120.0), entry(3, 2, 90_000.0)))
    assert film.places == (0.0, 10.0, 20.0, 20.0 + LONGEST_PAUSE, 20.0 + 2 * LONGEST_PAUSE)
    assert film.seconds == film.places[-1]
    seen = [[one.id for one in found.entries] for second in film.places if (found := film.at(second))]
    assert seen == [[], [1], [1, 2], [], [3]]
    within = film.at(25.0)
    assert within and (within.time, within.activity.id) == (125.0, 1)
    last = film.at(film.seconds + 5)
    assert last and [one.id for one in last.entries] == [3]


def test_a_taught_lesson_is_a_film_with_names_or_without() -> None:
    activities, lesson = taught()
    first, _ = activities.of_lesson(lesson.id, by=TEACHER)
    activities.strike(activities.entries(first.id, by=TEACHER)[0].id, by=TEACHER)
    named, unnamed = (replay.film(activities, lesson.id, names, by=TEACHER) for names in (True, False))
    assert len(named.entries) == 5, "what was taken off is not in it"
    assert {one.name for one in named.entries} == {ADAS_NAME, BOBS_NAME}
    assert {one.name for one in unnamed.entries} == {"Person 1", "Person 2"}
    last = named.at(named.seconds)
    assert last and last.activity.kind == "bet" and len(last.entries) == 2


@pytest.mark.parametrize("who", [ADA, BOB, Actor(), Actor("c" * 16)])
def test_only_the_teacher_plays_a_lesson_again(who: Actor) -> None:
    activities, lesson = taught()
    with pytest.raises(NotYoursError, match="is for the teacher"):
        replay.film(activities, lesson.id, False, by=who)
