"""Models read the same drawings of a class; who wins is said only where it is hardly chance."""

from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import duel, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.duel import Task
from mnist_core.classroom.lessons import Lesson
from mnist_core.data.collection.store import Collection
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import Comparison
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson
from tests.conftest import simple_strokes
from tests.evaluation.test_comparison import of_errors, reading

__all__ = ["classifier", "lesson"]  # fixtures

MODELS = ("best", "other")


@pytest.fixture
def shipped() -> Run:
    return run_folders.find(run_folders.SHIPPED_MODEL)


@pytest.fixture
def activity(activities: Activities, lesson: Lesson, classifier: Classifier) -> Activity:
    """A duel after two activities in which two pupils wrote."""
    for digits in ((7, 1), (3,)):
        task = activities.start(lesson.id, write.KIND, write.Task(digits).settings, by=TEACHER)
        for pupil in (ADA, BOB):
            for digit in digits:
                write.hand_in(activities, task.id, drawn(digit), classifier, by=pupil)
    return activities.start(lesson.id, duel.KIND, Task(MODELS).settings, by=TEACHER)


@pytest.mark.parametrize("models", [(), ("best",), ("best", "best"), ("a", "b", "c", "d", "e")])
def test_a_duel_is_of_two_to_four_models(models: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="Choose two to 4 models for a duel"):
        Task(models)


def test_a_duel_is_about_some_drawings(activities: Activities, lesson: Lesson) -> None:
    with pytest.raises(InputError, match="Choose which drawings they read"):
        Task(MODELS, written=False)
    task = Task(MODELS, collection=True)
    assert Task.of(activities.start(lesson.id, duel.KIND, task.settings, by=TEACHER)) == task


def test_all_that_was_written_in_the_lesson_is_read_but_for_what_was_struck(
    activities: Activities, activity: Activity
) -> None:
    found = duel.drawings(activities, activity.id, by=TEACHER)
    assert [one.label for one in found] == [7, 1, 7, 1, 3, 3]
    activities.strike(found[1].id, by=TEACHER)
    assert [one.label for one in duel.drawings(activities, activity.id, by=TEACHER)] == [7, 7, 1, 3, 3]
    digits = duel.painted(found)
    assert digits.labels is not None and digits.labels.tolist() == [7, 1, 7, 1, 3, 3]
    assert digits.images.shape == (6, 28, 28)


def test_pupils_see_it_once_it_is_revealed_and_others_never(activities: Activities, activity: Activity) -> None:
    with pytest.raises(InputError, match="Your teacher shows it soon"):
        duel.drawings(activities, activity.id, by=ADA)
    activities.reveal(activity.id, by=TEACHER)
    assert len(duel.drawings(activities, activity.id, by=ADA)) == 6
    for stranger in (Actor("e" * 16), Actor()):
        with pytest.raises(NotYoursError):
            duel.drawings(activities, activity.id, by=stranger)


def test_the_collection_comes_behind_what_the_class_wrote(
    activities: Activities, activity: Activity, shipped: Run
) -> None:
    nothing = duel.painted([])
    with pytest.raises(InputError, match="There are no drawings yet"):
        duel.together(nothing, [shipped], collection=False)
    with pytest.raises(InputError):
        duel.together(nothing, [shipped], collection=True)
    said: dict[str, Any] = {"digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}
    Collection().add(simple_strokes(4), 4, session="s", by=ADA, **said)
    written = duel.painted(duel.drawings(activities, activity.id, by=TEACHER))
    both = duel.together(written, [shipped], collection=True)
    assert both.labels is not None and both.labels.tolist() == [7, 1, 7, 1, 3, 3, 4]
    assert len(both.images) == 7 and both.note
    assert duel.together(written, [shipped], collection=False).identity == written.identity


def test_models_read_the_same_drawings(activities: Activities, activity: Activity, shipped: Run) -> None:
    digits = duel.painted(duel.drawings(activities, activity.id, by=TEACHER))
    comparison = duel.fight(digits, [shipped, shipped])
    assert comparison.right.shape == (2, 6) and duel.winner(comparison) is None
    assert duel.disputed(comparison).tolist() == []
    scores = {score.digit: (score.total, score.right, score.best) for score in duel.by_digit(comparison)}
    assert scores[7] == (2, (2, 2), ()) and scores[0] == (0, (0, 0), ())


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (((), tuple(range(20))), 0),
        ((tuple(range(20)), ()), 1),
        (((), (1, 2)), None),
        (((), tuple(range(20)), tuple(range(30))), 0),
        (((), (0,), tuple(range(30))), None),
    ],
)
def test_who_wins_does_so_hardly_by_chance(errors: tuple[tuple[int, ...], ...], expected: int | None) -> None:
    comparison = of_errors(*errors)
    assert duel.winner(comparison) == expected and not duel.is_draw(comparison)
    assert duel.is_draw(of_errors((1,), (2,)))


def test_the_best_of_a_digit_and_what_is_disputed() -> None:
    comparison = of_errors((0, 10), (0, 1), images=20)
    scores = duel.by_digit(comparison)
    assert (scores[0].right, scores[0].total, scores[0].best) == ((0, 1), 2, (1,))
    assert (scores[1].right, scores[1].best) == ((2, 1), (0,))
    assert scores[2].best == ()
    assert duel.disputed(comparison).tolist() == [1, 10]


def test_what_has_been_measured_can_be_kept(shipped: Run) -> None:
    labels = np.arange(10)
    digits = Digits("x", np.zeros((10, 28, 28), np.uint8), labels)
    comparison = duel.fight(digits, [shipped, shipped], lambda run, given: reading(labels, labels, given.identity))
    assert isinstance(comparison, Comparison) and comparison.right.all()
