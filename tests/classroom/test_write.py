"""Everybody writes, the model answers, and the class sees what it is taken for."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import write
from mnist_core.classroom.activities import MOST_CHARACTERS, MOST_ENTRIES, Activities, Activity
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.tables import ENTRIES
from mnist_core.classroom.write import NOT_READ, Task
from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs import run_folders
from mnist_core.ui import loaders
from tests.classroom.test_lessons import ADA, BOB, TEACHER


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return loaders.classifier(run_folders.find(run_folders.SHIPPED_MODEL))


@pytest.fixture
def lesson(activities: Activities) -> Lesson:
    lesson = activities.lessons.begin("8b", by=TEACHER)
    for pupil in (ADA, BOB):
        activities.lessons.join(lesson.code, by=pupil)
    return lesson


@pytest.fixture
def activity(activities: Activities, lesson: Lesson) -> Activity:
    return activities.start(lesson.id, write.KIND, Task((7, 1), 2).settings, by=TEACHER)


def drawn(digit: int) -> Any:
    return strokes_from_keys(EXAMPLES[digit])


def test_a_task_says_what_comes_next() -> None:
    task = Task((3, 5), 2)
    assert task.in_all == 4
    assert [task.next(done) for done in ([], [3], [3, 5], [3, 5, 3], [3, 5, 3, 5])] == [3, 5, 3, 5, None]


@pytest.mark.parametrize(("digits", "each"), [((), 1), ((10,), 1), ((-1,), 1), ((7,), 0), ((7,), 6)])
def test_a_task_that_cannot_be_done_is_refused(digits: tuple[int, ...], each: int) -> None:
    with pytest.raises(InputError):
        Task(digits, each)


def test_a_drawing_comes_to_the_board_with_its_answer(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    one = write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA)
    assert (one.label, one.read, one.is_right) == (7, 7, True)
    wrong = write.hand_in(activities, activity.id, drawn(4), classifier, by=ADA)
    assert (wrong.label, wrong.read, wrong.is_right) == (1, 4, False), "what it is says the task, and no pupil"
    (first, second) = write.written(activities, activity.id, by=TEACHER)
    assert first.answer.probabilities[7] > 0.9 and sum(first.answer.probabilities) == pytest.approx(1, abs=1e-3)
    assert [np.allclose(a, b, atol=0.06) for a, b in zip(second.strokes, drawn(4), strict=True)] == [True] * len(
        drawn(4)
    )
    counts = write.confusion([first, second])
    assert counts[7, 7] == counts[1, 4] == 1 and counts.sum() == 2 and counts.shape == (10, NOT_READ + 1)


def test_nobody_writes_more_than_is_asked_for(
    activities: Activities, activity: Activity, classifier: Classifier
) -> None:
    for _ in range(4):
        write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA)
    with pytest.raises(InputError, match=r"^You have written all that was asked for\.$"):
        write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA)
    write.hand_in(activities, activity.id, drawn(7), classifier, by=BOB)


@pytest.mark.parametrize("strokes", [[], [np.zeros((1, 2))]])
def test_nothing_drawn_is_not_handed_in(
    activities: Activities, activity: Activity, classifier: Classifier, strokes: Any
) -> None:
    with pytest.raises(InputError):
        write.hand_in(activities, activity.id, strokes, classifier, by=ADA)
    assert write.written(activities, activity.id, by=TEACHER) == []


def test_pupils_see_their_own_alone(activities: Activities, activity: Activity, classifier: Classifier) -> None:
    write.hand_in(activities, activity.id, drawn(7), classifier, by=ADA)
    assert len(write.written(activities, activity.id, by=ADA)) == 1
    for other in (BOB, Actor(), Actor("e" * 16)):
        assert write.written(activities, activity.id, by=other) == []
    assert write.written(activities, activity.id, own=True, by=TEACHER) == []


def test_only_who_takes_part_hands_in_and_only_while_it_goes_on(activities: Activities, lesson: Lesson) -> None:
    first = activities.start(lesson.id, write.KIND, Task().settings, by=TEACHER)
    for stranger in (Actor("e" * 16), Actor()):
        with pytest.raises(NotYoursError, match=r"^You do not take part in this lesson"):
            activities.hand_in(first.id, {}, by=stranger)
    activities.lessons.freeze(lesson.id, True, by=TEACHER)
    with pytest.raises(InputError, match="look to the front"):
        activities.hand_in(first.id, {}, by=ADA)
    activities.lessons.freeze(lesson.id, False, by=TEACHER)
    activities.close(first.id, by=TEACHER)
    with pytest.raises(InputError, match="the class has gone on"):
        activities.hand_in(first.id, {}, by=ADA)
    activities.close(first.id, False, by=TEACHER)
    activities.hand_in(first.id, {}, by=ADA)
    second = activities.start(lesson.id, write.KIND, Task().settings, by=TEACHER)
    with pytest.raises(InputError, match="the class has gone on"):
        activities.hand_in(first.id, {}, by=ADA)
    activities.lessons.end(lesson.id, by=TEACHER)
    with pytest.raises(InputError, match="lesson has ended"):
        activities.hand_in(second.id, {}, by=ADA)


def test_what_is_too_much_is_refused(activities: Activities, activity: Activity) -> None:
    with pytest.raises(InputError, match="too much to hand in"):
        activities.hand_in(activity.id, {"text": "x" * MOST_CHARACTERS}, by=ADA)
    for _ in range(MOST_ENTRIES):
        activities.hand_in(activity.id, {}, by=ADA)
    with pytest.raises(InputError, match="You have handed in 300 already"):
        activities.hand_in(activity.id, {}, by=ADA)


def test_what_is_struck_leaves_the_board_and_comes_back(activities: Activities, activity: Activity) -> None:
    number = activities.hand_in(activity.id, {"a": 1}, by=ADA)
    for pupil in (ADA, BOB):
        with pytest.raises(NotYoursError):
            activities.strike(number, by=pupil)
    activities.strike(number, by=TEACHER)
    assert activities.entries(activity.id, by=TEACHER) == [] == activities.entries(activity.id, by=ADA)
    assert [entry.id for entry in activities.taken_off(activity.id, by=TEACHER)] == [number]
    activities.strike(number, False, by=TEACHER)
    assert len(activities.entries(activity.id, by=ADA)) == 1 and activities.taken_off(activity.id, by=TEACHER) == []


def test_what_is_off_the_board_is_the_teachers_to_see_and_not_of_whoever_was_removed(
    activities: Activities, activity: Activity
) -> None:
    numbers = [activities.hand_in(activity.id, {"a": 1}, by=pupil) for pupil in (ADA, BOB)]
    for number in numbers:
        activities.strike(number, by=TEACHER)
    for pupil in (ADA, BOB, Actor()):
        with pytest.raises(NotYoursError):
            activities.taken_off(activity.id, by=pupil)
    bob = activities.lessons.members(activity.lesson, by=TEACHER)[1]
    activities.lessons.remove(bob.id, by=TEACHER)
    assert [entry.id for entry in activities.taken_off(activity.id, by=TEACHER)] == numbers[:1]


def test_only_ones_own_is_taken_back(activities: Activities, activity: Activity) -> None:
    number = activities.hand_in(activity.id, {}, by=ADA)
    with pytest.raises(NotYoursError):
        activities.take_back(number, by=BOB)
    activities.take_back(number, by=ADA)
    with pytest.raises(InputError, match="not on the board any more"):
        activities.take_back(number, by=ADA)


@pytest.mark.parametrize("gone_on", ["closed", "held up", "another activity", "ended"])
def test_ones_own_is_taken_back_only_while_more_is_taken(
    gone_on: str, activities: Activities, activity: Activity
) -> None:
    number = activities.hand_in(activity.id, {}, by=ADA)
    do: dict[str, Callable[[], object]] = {
        "closed": lambda: activities.close(activity.id, by=TEACHER),
        "held up": lambda: activities.lessons.freeze(activity.lesson, True, by=TEACHER),
        "another activity": lambda: activities.start(activity.lesson, "write", Task((1,)).settings, by=TEACHER),
        "ended": lambda: activities.lessons.end(activity.lesson, by=TEACHER),
    }
    do[gone_on]()
    with pytest.raises(InputError):
        activities.take_back(number, by=ADA)
    assert len(activities.entries(activity.id, by=TEACHER)) == 1
    activities.take_back(number, by=TEACHER)
    assert activities.entries(activity.id, by=TEACHER) == []


@pytest.mark.parametrize("act", ["close", "reveal", "settle"])
def test_a_pupil_steers_no_activity(act: str, activities: Activities, activity: Activity) -> None:
    with pytest.raises(NotYoursError):
        getattr(activities, act)(activity.id, *([{}] if act == "settle" else []), by=ADA)
    assert activities.activity(activity.id) == activity


@pytest.mark.parametrize("content", ["", "[]", "{", "7", '{"label": 7, "strokes": "x"}'])
def test_a_damaged_entry_is_a_sentence(activities: Activities, activity: Activity, content: str) -> None:
    activities.hand_in(activity.id, {}, by=ADA)
    with activities.lessons.database.writing() as connection:
        connection.execute(ENTRIES.update().values(content=content))
    with pytest.raises(InputError, match="A drawing on the board is damaged"):
        write.written(activities, activity.id, by=TEACHER)
    assert json.dumps(activities.entries(activity.id, by=TEACHER)[0].content) is not None
