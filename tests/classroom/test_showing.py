"""One pupil's drawing stands before all: the teacher chooses it, who takes part sees it, what is hidden stays so."""

from collections.abc import Callable

import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import break_it, showing, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.write import Task
from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson

__all__ = ["classifier", "lesson"]  # fixtures

EVE, DAN = Actor("e" * 16, "203.0.113.5"), Actor("d" * 16, "203.0.113.6")
STRANGERS = (EVE, Actor(), Actor("", ADA.address))


@pytest.fixture
def activity(activities: Activities, lesson: Lesson) -> Activity:
    return activities.start(lesson.id, write.KIND, Task((7,), 2).settings, by=TEACHER)


@pytest.fixture
def adas(activities: Activities, activity: Activity, classifier: Classifier) -> int:
    """A drawing of Ada's, which stands before all."""
    number = write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA).id
    activities.show_to_all(activity.lesson, number, by=TEACHER)
    return number


def is_shown(activities: Activities, lesson: Lesson) -> bool:
    return showing.shown(activities, lesson.id, by=BOB) is not None


def test_who_takes_part_sees_the_drawing_with_its_name_and_nobody_else_does(
    activities: Activities, lesson: Lesson, adas: int
) -> None:
    names = {one.owner: one.name for one in activities.lessons.members(lesson.id, by=TEACHER)}
    for by in (ADA, BOB, TEACHER):
        found = showing.shown(activities, lesson.id, by=by)
        assert found and (found.id, found.name) == (adas, names[ADA.owner]) and found.strokes
    for by in STRANGERS:
        with pytest.raises(NotYoursError):
            activities.shown_to_all(lesson.id, by=by)
        with pytest.raises(NotYoursError):
            showing.shown(activities, lesson.id, by=by)
    bob = activities.lessons.members(lesson.id, by=TEACHER)[1]
    activities.lessons.remove(bob.id, by=TEACHER)
    with pytest.raises(NotYoursError):
        showing.shown(activities, lesson.id, by=BOB)


def test_of_what_is_not_shown_nothing_is_seen(
    activities: Activities, lesson: Lesson, activity: Activity, classifier: Classifier, adas: int
) -> None:
    other = write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA).id
    found = showing.shown(activities, lesson.id, by=BOB)
    assert found and found.id == adas != other
    assert [one.id for one in activities.entries(activity.id, by=BOB)] == []
    activities.show_to_all(lesson.id, None, by=TEACHER)
    assert not is_shown(activities, lesson)


def test_the_teacher_alone_chooses_it_and_it_is_a_step_for_all(
    activities: Activities, lesson: Lesson, adas: int
) -> None:
    steps = activities.lessons.lesson(lesson.id).steps
    for by in (ADA, BOB, *STRANGERS):
        for entry in (adas, None):
            with pytest.raises(NotYoursError):
                activities.show_to_all(lesson.id, entry, by=by)
    assert activities.lessons.lesson(lesson.id).steps == steps and is_shown(activities, lesson)
    activities.show_to_all(lesson.id, adas, by=TEACHER)
    assert activities.lessons.lesson(lesson.id).steps == steps + 1


def test_its_answer_is_told_once_it_is_revealed(activities: Activities, activity: Activity, adas: int) -> None:
    found = showing.shown(activities, activity.lesson, by=BOB)
    assert found and found.told is None
    activities.reveal(activity.id, by=TEACHER)
    found = showing.shown(activities, activity.lesson, by=BOB)
    assert found and found.told and (found.told.label, found.told.read) == (7, 7)


def test_what_others_are_to_say_is_not_told_before_they_agree(
    activities: Activities, lesson: Lesson, classifier: Classifier
) -> None:
    for pupil in (EVE, DAN):
        activities.lessons.join(lesson.code, by=pupil)
    activity = activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=TEACHER)
    number = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA).id
    activities.show_to_all(lesson.id, number, by=TEACHER)
    break_it.say(activities, activity.id, number, 4, by=EVE)
    for by in (BOB, TEACHER):
        found = showing.shown(activities, lesson.id, by=by)
        assert found and found.told is None
    break_it.say(activities, activity.id, number, 4, by=DAN)
    found = showing.shown(activities, lesson.id, by=BOB)
    assert found and found.told and found.told.label == 4


def test_only_a_drawing_that_is_on_a_board_of_the_lesson_is_shown(
    activities: Activities, lesson: Lesson, activity: Activity, classifier: Classifier, adas: int
) -> None:
    struck = write.hand_in(activities, activity.id, drawn(7), classifier, by=BOB).id
    strange = activities.hand_in(activity.id, {"about": adas, "label": 4}, by=BOB)
    activities.strike(struck, by=TEACHER)
    other = activities.lessons.begin("9a", by=TEACHER)
    with pytest.raises(InputError, match="Only a drawing"):
        activities.show_to_all(lesson.id, strange, by=TEACHER)
    for place, entry in ((lesson.id, struck), (lesson.id, 12345), (other.id, adas)):
        with pytest.raises(InputError, match="not on the board any more"):
            activities.show_to_all(place, entry, by=TEACHER)
    activities.lessons.remove(activities.lessons.members(lesson.id, by=TEACHER)[0].id, by=TEACHER)
    with pytest.raises(InputError, match="not on the board any more"):
        activities.show_to_all(lesson.id, adas, by=TEACHER)
    activities.lessons.end(lesson.id, by=TEACHER)
    with pytest.raises(InputError, match="has ended"):
        activities.show_to_all(lesson.id, adas, by=TEACHER)


ENDS: dict[str, Callable[[Activities, Activity, int], object]] = {
    "start": lambda activities, activity, entry: activities.start(activity.lesson, "bet", {}, by=TEACHER),
    "change": lambda activities, activity, entry: activities.show(activity.lesson, activity.id, by=TEACHER),
    "strike": lambda activities, activity, entry: activities.strike(entry, by=TEACHER),
    "take back": lambda activities, activity, entry: activities.take_back(entry, by=ADA),
    "leave": lambda activities, activity, entry: activities.lessons.leave(1, by=ADA),
    "remove": lambda activities, activity, entry: activities.lessons.remove(1, by=TEACHER),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_goes_with_the_activity_or_the_drawing_and_all_are_told(
    how: str, activities: Activities, lesson: Lesson, activity: Activity, adas: int
) -> None:
    steps = activities.lessons.lesson(lesson.id).steps
    ENDS[how](activities, activity, adas)
    now = activities.lessons.lesson(lesson.id)
    assert now.shown is None and now.steps > steps and not is_shown(activities, lesson)


def test_it_does_not_come_back_with_what_is_put_back_nor_go_with_another_drawing(
    activities: Activities, lesson: Lesson, activity: Activity, classifier: Classifier, adas: int
) -> None:
    other = write.hand_in(activities, activity.id, drawn(7), classifier, by=BOB).id
    steps = activities.lessons.lesson(lesson.id).steps
    activities.strike(other, by=TEACHER)
    assert is_shown(activities, lesson) and activities.lessons.lesson(lesson.id).steps == steps
    activities.strike(adas, by=TEACHER)
    activities.strike(adas, False, by=TEACHER)
    assert not is_shown(activities, lesson)
    activities.show_to_all(lesson.id, adas, by=TEACHER)
    activities.lessons.end(lesson.id, by=TEACHER)
    activities.lessons.go_on(lesson.id, by=TEACHER)
    assert not is_shown(activities, lesson)
