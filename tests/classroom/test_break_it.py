"""What the model reads wrongly comes to the board, and counts by the word of two who did not draw it."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import break_it
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.break_it import COUNTS, OTHERWISE, WAITS, Entered, Task
from mnist_core.classroom.lessons import Lesson
from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson

__all__ = ["classifier", "lesson"]  # fixtures

EVE, DAN = Actor("e" * 16, "203.0.113.5"), Actor("d" * 16, "203.0.113.6")


@pytest.fixture
def activity(activities: Activities, lesson: Lesson) -> Activity:
    for pupil in (EVE, DAN):
        activities.lessons.join(lesson.code, by=pupil)
    return activities.start(lesson.id, break_it.KIND, Task(each=2).settings, by=TEACHER)


def moved(digit: int, by: float = 0.0) -> Strokes:
    return [stroke + by for stroke in drawn(digit)]


def entered(activities: Activities, activity: Activity) -> list[Entered]:
    return break_it.entered(activities, activity.id, by=TEACHER)


@pytest.mark.parametrize("each", [0, 11])
def test_a_task_that_cannot_be_done_is_refused(each: int) -> None:
    with pytest.raises(InputError):
        Task(each=each)


def test_a_drawing_enters_where_the_model_errs_and_counts_by_the_word_of_two_others(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    assert (mine.label, mine.read) == (4, 7) and mine.answer.probability > 0.9
    assert [one.standing for one in entered(activities, activity)] == [WAITS]
    break_it.say(activities, activity.id, mine.id, 4, by=BOB)
    assert [one.standing for one in entered(activities, activity)] == [WAITS]
    break_it.say(activities, activity.id, mine.id, 4, by=EVE)
    (one,) = entered(activities, activity)
    assert (one.standing, one.said, one.drawing.id) == (COUNTS, (4, 4), mine.id)


@pytest.mark.parametrize(
    ("said", "taken_for", "standing"),
    [
        ((), None, WAITS),
        ((7,), None, WAITS),
        ((4, 7), None, WAITS),
        ((4, 7, 7), 7, OTHERWISE),
        ((4, 7, 7, 4), None, WAITS),
        ((4, 7, 7, 4, 4), 4, COUNTS),
        ((NO_DIGIT, NO_DIGIT, 4), NO_DIGIT, OTHERWISE),
    ],
)
def test_most_of_those_who_say_what_it_is_decide(
    said: tuple[int, ...], taken_for: int | None, standing: str, activities: Activities, activity: Activity,
    classifier: Classifier,
) -> None:  # fmt: skip
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    one = Entered(mine, said)
    assert (one.taken_for, one.standing) == (taken_for, standing)


def test_the_board_has_those_that_count_first_and_the_surest_mistake_before_others(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    first = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    second = break_it.hand_in(activities, activity.id, 1, drawn(2), classifier, by=BOB)
    assert first.answer.probability != second.answer.probability
    surest, other = sorted((first, second), key=lambda one: -one.answer.probability)
    assert [one.drawing.id for one in entered(activities, activity)] == [surest.id, other.id]
    for pupil in (EVE, DAN):
        break_it.say(activities, activity.id, other.id, other.label, by=pupil)
    assert [one.drawing.id for one in entered(activities, activity)] == [other.id, surest.id]


def test_what_the_model_reads_right_or_not_at_all_does_not_enter(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    with pytest.raises(InputError, match=r"^The model reads this right\. Change it until it errs\.$"):
        break_it.hand_in(activities, activity.id, 7, drawn(7), classifier, by=ADA)
    scribble = [np.array([[20.0, 20], [300, 300]]), np.array([[300.0, 20], [20, 300]])]
    with pytest.raises(InputError, match="gives no digit here"):
        break_it.hand_in(activities, activity.id, 7, scribble, classifier, by=ADA)
    for label in (-1, 10):
        with pytest.raises(InputError):
            break_it.hand_in(activities, activity.id, label, drawn(7), classifier, by=ADA)
    assert entered(activities, activity) == []


def test_nobody_hands_in_more_than_they_may_or_the_same_twice(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    with pytest.raises(InputError, match="handed this drawing in already"):
        break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    activities.strike(mine.id, by=TEACHER)
    theirs = break_it.hand_in(activities, activity.id, 4, moved(7, 3), classifier, by=BOB)
    break_it.say(activities, activity.id, theirs.id, 4, by=ADA)
    break_it.hand_in(activities, activity.id, 4, moved(7, 3), classifier, by=ADA)
    with pytest.raises(InputError, match=r"^You have handed in 2 drawings, which is all that each may\.$"):
        break_it.hand_in(activities, activity.id, 4, moved(7, 6), classifier, by=ADA)


def test_each_says_once_and_never_about_their_own(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    with pytest.raises(InputError, match="You drew this one yourself"):
        break_it.say(activities, activity.id, mine.id, 4, by=ADA)
    break_it.say(activities, activity.id, mine.id, 7, by=BOB)
    with pytest.raises(InputError, match="said already"):
        break_it.say(activities, activity.id, mine.id, 4, by=BOB)
    with pytest.raises(NotYoursError):
        break_it.say(activities, activity.id, mine.id, 4, by=Actor("c" * 16))
    for label in (-1, 11):
        with pytest.raises(InputError):
            break_it.say(activities, activity.id, mine.id, label, by=EVE)
    assert entered(activities, activity)[0].said == (7,)


def test_nobody_says_what_a_word_is_or_what_is_struck_or_of_another_activity(
    activities: Activities, activity: Activity, lesson: Lesson, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    break_it.say(activities, activity.id, mine.id, 4, by=BOB)
    for about in (mine.id + 1, 999):
        with pytest.raises(InputError, match="not on the board any more"):
            break_it.say(activities, activity.id, about, 4, by=EVE)
    activities.strike(mine.id, by=TEACHER)
    with pytest.raises(InputError, match="not on the board any more"):
        break_it.say(activities, activity.id, mine.id, 4, by=EVE)
    activities.strike(mine.id, False, by=TEACHER)
    other = activities.start(lesson.id, break_it.KIND, Task().settings, by=TEACHER)
    with pytest.raises(InputError, match="not on the board any more"):
        break_it.say(activities, other.id, mine.id, 4, by=EVE)
    with pytest.raises(InputError, match="the class has gone on"):
        break_it.say(activities, activity.id, mine.id, 4, by=EVE)


def test_whoever_is_asked_sees_the_drawing_alone_and_never_their_own(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    assert break_it.to_judge(activities, activity.id, by=ADA) is None
    asked = break_it.to_judge(activities, activity.id, by=BOB)
    assert asked and {field.name for field in dataclasses.fields(asked)} == {"id", "strokes"} and asked.id == mine.id
    break_it.say(activities, activity.id, mine.id, 4, by=BOB)
    assert break_it.to_judge(activities, activity.id, by=BOB) is None
    break_it.say(activities, activity.id, mine.id, 4, by=EVE)
    assert break_it.to_judge(activities, activity.id, by=DAN) is None, "two agree, so nobody else need say it"


def test_what_is_asked_stays_until_it_is_answered_and_goes_round(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    drawings = [
        break_it.hand_in(activities, activity.id, 4, moved(7, by), classifier, by=pupil).id
        for by, pupil in ((0, ADA), (3, ADA), (6, BOB))
    ]
    for shown in drawings[:2]:
        asked = break_it.to_judge(activities, activity.id, shown, by=EVE)
        assert asked and asked.id == shown
    break_it.say(activities, activity.id, drawings[0], 4, by=EVE)
    asked = break_it.to_judge(activities, activity.id, by=DAN)
    assert asked and asked.id != drawings[0], "those of which nobody has said anything come first"


def test_ones_own_are_shown_to_their_author_with_where_they_stand(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    mine = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    assert [one.drawing.id for one in break_it.own(activities, activity.id, by=ADA)] == [mine.id]
    assert break_it.own(activities, activity.id, by=BOB) == []
    with pytest.raises(NotYoursError):
        break_it.own(activities, activity.id, by=Actor("c" * 16))


def test_who_was_removed_takes_their_drawings_and_words_along(
    activities: Activities, activity: Activity, lesson: Lesson, classifier: Classifier
) -> None:
    mine: Any = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    for pupil in (BOB, EVE):
        break_it.say(activities, activity.id, mine.id, 4, by=pupil)
    by_owner = {member.owner: member.id for member in activities.lessons.members(lesson.id, by=TEACHER)}
    activities.lessons.remove(by_owner[EVE.owner], by=TEACHER)
    assert entered(activities, activity)[0].said == (4,)
    activities.lessons.remove(by_owner[ADA.owner], by=TEACHER)
    assert entered(activities, activity) == []
