"""The Class and Join pages show each activity: to pupils what is theirs to see, to the teacher all, also afterwards."""

from pathlib import Path

import pytest

from mnist_core.classroom import break_it, duel, hands, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.break_it import Task
from mnist_core.classroom.lessons import Lesson
from mnist_core.files import atomic
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.ui import browser
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson
from tests.support.visitors import come_from, press, pretended_engine, said, visit

__all__ = ["classifier", "lesson"]  # fixtures


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pretended_engine(monkeypatch)


@pytest.fixture
def as_bob(monkeypatch: pytest.MonkeyPatch) -> None:
    come_from(monkeypatch)
    monkeypatch.setattr(browser, "owner", lambda: BOB.owner)


@pytest.fixture
def as_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    come_from(monkeypatch, "")


@pytest.fixture
def other() -> Run:
    """A run with the shipped model."""
    shipped = run_folders.find(run_folders.SHIPPED_MODEL)
    run = run_folders.create(shipped.config(), shipped.description().dataset)
    for source, target in ((shipped.keras_path, run.keras_path), (shipped.model_path, run.model_path)):
        atomic.write_bytes(target, source.read_bytes())
    run.write_status(Status("done", epochs=1, epoch=1))
    return run


def broken(activities: Activities, lesson: Lesson, classifier: Classifier) -> int:
    """Starts Break it, in which Ada hands in a 7 that is to be a 4; returns the activity's number."""
    activity = activities.start(lesson.id, break_it.KIND, Task().settings, by=TEACHER)
    break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA)
    return activity.id


def written(activities: Activities, lesson: Lesson, classifier: Classifier) -> None:
    activity = activities.start(lesson.id, write.KIND, write.Task((7,)).settings, by=TEACHER)
    for pupil in (ADA, BOB):
        write.hand_in(activities, activity.id, drawn(7), classifier, by=pupil)


@pytest.mark.usefixtures("as_bob")
def test_a_pupil_is_asked_what_a_drawing_is_and_told_nothing_about_it(
    activities: Activities, lesson: Lesson, classifier: Classifier
) -> None:
    broken(activities, lesson, classifier)
    shown = visit("join")
    words = said(shown)
    ada = next(one for one in activities.lessons.members(lesson.id, by=TEACHER) if one.owner == ADA.owner)
    assert "What is this?" in words and "reads wrong. You have 3 tries left." in words
    everything = words + "".join(str(one.proto.body) for one in shown.get("html"))
    assert ada.name not in everything and "99" not in words and "read as" not in everything


@pytest.mark.usefixtures("as_teacher")
def test_the_board_hides_what_waits_for_the_class_until_it_agrees_or_all_is_revealed(
    activities: Activities, lesson: Lesson, classifier: Classifier
) -> None:
    number = broken(activities, lesson, classifier)
    shown = visit("class", lesson=str(lesson.id))
    assert "What are these? Two of you must agree." in said(shown)
    assert "In front" not in said(shown) and "Why a 7?" not in said(shown)
    for pupil in ("c", "d"):
        by = type(ADA)(pupil * 16, "203.0.113.8")
        activities.lessons.join(lesson.code, by=by)
        break_it.say(activities, number, 1, 4, by=by)
    shown = visit("class", lesson=str(lesson.id))
    assert "takes a 4 for a 7" in said(shown) and "Why a 7?" in said(shown)


@pytest.mark.usefixtures("as_bob")
def test_pupils_see_a_duel_once_it_is_revealed(
    activities: Activities, lesson: Lesson, classifier: Classifier, other: Run
) -> None:
    written(activities, lesson, classifier)
    task = duel.Task((run_folders.SHIPPED_MODEL, other.id))
    activity = activities.start(lesson.id, duel.KIND, task.settings, by=TEACHER)
    words = said(visit("join"))
    assert "Which model reads our drawings better?" in "".join(str(one.value) for one in visit("join").header)
    assert "What do you think?" in words and "draw" not in words.replace("drawings", "")
    activities.reveal(activity.id, by=TEACHER)
    words = said(visit("join"))
    assert "It is a draw." in words and "A and B read every image as the same digit." in words


@pytest.mark.usefixtures("as_teacher")
def test_the_teacher_trains_on_both_hands_from_the_board(
    activities: Activities, lesson: Lesson, real_mnist: Path
) -> None:
    activity = activities.start(lesson.id, hands.KIND, hands.Task().settings, by=TEACHER)
    shown = press(visit("class", lesson=str(lesson.id)), "Train both now")
    runs = hands.runs_of(hands.Task.of(activities.activity(activity.id)))
    assert len(runs) == 2 and hands.is_under_way(runs)
    assert "Train both now" not in [button.label for button in shown.button]


@pytest.mark.usefixtures("as_teacher")
def test_an_ended_lesson_shows_all_that_was_done(
    activities: Activities, lesson: Lesson, classifier: Classifier, other: Run
) -> None:
    for _ in range(2):
        written(activities, lesson, classifier)
        number = broken(activities, lesson, classifier)
        activities.reveal(number, by=TEACHER)
    task = duel.Task((run_folders.SHIPPED_MODEL, other.id))
    activity = activities.start(lesson.id, duel.KIND, task.settings, by=TEACHER)
    activities.reveal(activity.id, by=TEACHER)
    activities.lessons.end(lesson.id, by=TEACHER)
    shown = visit("class", lesson=str(lesson.id))
    assert len(shown.expander) >= 5 and "It is a draw." in said(shown)
