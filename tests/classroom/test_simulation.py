"""A simulated class hands in by itself, is marked as such, and never joins a real one."""

import functools

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import bet, simulation, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.passes import OWNER
from mnist_core.classroom.write import Task
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.strokes import CANVAS_SIDE
from mnist_core.runs import run_folders
from tests.classroom.test_lessons import ADA, TEACHER

RANDOM = np.random.default_rng(1)


@functools.cache
def shipped(name: str) -> Classifier:
    return Classifier(run_folders.find(name).model_path)


def goes_on(activities: Activities, lesson: Lesson) -> int:
    return simulation.take_part(activities, lesson.id, shipped, RANDOM, by=TEACHER)


def test_it_is_named_so_and_so_are_its_members(activities: Activities) -> None:
    lesson = simulation.begin(activities, by=TEACHER)
    members = activities.lessons.members(lesson.id, by=TEACHER)
    assert lesson.title == "Simulated class" and len(members) == simulation.MEMBERS
    assert all(one.name.startswith("Robot ") and simulation.is_simulated(one) for one in members)
    assert not any(OWNER.fullmatch(one.owner) for one in members), "no browser can be one of them"
    simulation.begin(activities, by=TEACHER)


def test_they_write_until_all_is_written_and_are_read_mostly_right(activities: Activities) -> None:
    lesson = simulation.begin(activities, by=TEACHER)
    assert goes_on(activities, lesson) == 0, "nothing has begun"
    activity = activities.start(lesson.id, write.KIND, Task((7, 2)).settings, by=TEACHER)
    assert goes_on(activities, lesson) == simulation.AT_ONCE
    while goes_on(activities, lesson):
        pass
    drawings = write.written(activities, activity.id, by=TEACHER)
    assert len(drawings) == 2 * simulation.MEMBERS
    assert len({one.strokes[0].tobytes() for one in drawings}) == len(drawings), "each hand is another"
    assert sum(one.is_right for one in drawings) >= len(drawings) / 2
    assert all(one.is_present(one.seen + 1) for one in simulation.simulated(activities, lesson.id, by=TEACHER))


@pytest.mark.parametrize("question", [Question("Which?", ("A", "B")), Question("How many?", least=3, most=3.5)])
def test_each_bets_once(activities: Activities, question: Question) -> None:
    lesson = simulation.begin(activities, by=TEACHER)
    activity = activities.start(lesson.id, bet.KIND, question.settings, by=TEACHER)
    while goes_on(activities, lesson):
        pass
    entries = activities.entries(activity.id, by=TEACHER)
    assert len({entry.member for entry in entries}) == len(entries) == simulation.MEMBERS
    activities.reveal(activity.id, by=TEACHER)
    assert goes_on(activities, lesson) == 0


def test_they_hold_when_the_teacher_stops_and_watch_what_they_do_not_know(
    activities: Activities, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = simulation.begin(activities, by=TEACHER)
    activity = activities.start(lesson.id, write.KIND, Task((7,)).settings, by=TEACHER)
    activities.lessons.freeze(lesson.id, True, by=TEACHER)
    assert goes_on(activities, lesson) == 0
    activities.lessons.freeze(lesson.id, False, by=TEACHER)
    activities.close(activity.id, by=TEACHER)
    assert goes_on(activities, lesson) == 0
    monkeypatch.setattr("mnist_core.classroom.activities.KINDS", ("juggling",))
    activities.start(lesson.id, "juggling", {}, by=TEACHER)
    assert goes_on(activities, lesson) == 0
    activities.lessons.end(lesson.id, by=TEACHER)
    assert goes_on(activities, lesson) == 0


def test_nobody_simulated_is_in_a_real_lesson(activities: Activities) -> None:
    lesson = activities.lessons.begin("8b", by=TEACHER)
    activities.lessons.join(lesson.code, by=ADA)
    activities.start(lesson.id, write.KIND, Task((7,)).settings, by=TEACHER)
    assert simulation.simulated(activities, lesson.id, by=TEACHER) == [] and goes_on(activities, lesson) == 0


def test_only_the_teacher_tries_a_lesson(activities: Activities) -> None:
    lesson = simulation.begin(activities, by=TEACHER)
    for pupil in (ADA, Actor(), Actor("simulated-1")):
        with pytest.raises(NotYoursError):
            simulation.begin(activities, by=pupil)
        with pytest.raises(NotYoursError):
            simulation.take_part(activities, lesson.id, shipped, RANDOM, by=pupil)
    assert len(activities.lessons.all(by=TEACHER)) == 1


def test_drawings_lie_on_the_canvas() -> None:
    random = np.random.default_rng(0)
    for digit in range(10):
        points = np.concatenate(simulation.drawn(digit, random))
        assert points.min() >= 0 and points.max() <= CANVAS_SIDE
