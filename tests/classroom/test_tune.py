"""One half of a class is learned from and the other judges; nobody's drawings go further than they may."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import tune, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.lessons import WIPED_HOURS, Lesson
from mnist_core.classroom.tune import MOST_OF_ONE, Change, Plan
from mnist_core.classroom.write import NOT_READ, Task
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import read_handwriting
from mnist_core.engine import worker
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.answer import Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.mnist import CLASSES
from mnist_core.runs import run_folders
from mnist_core.training import loop, run_data, tuning
from tests.classroom.test_lessons import TEACHER
from tests.conftest import PretendedEngine, simple_strokes

PUPILS = [Actor(f"{number:016x}", "203.0.113.9") for number in range(1, 6)]


@pytest.fixture
def lesson(activities: Activities) -> Lesson:
    lesson = activities.lessons.begin("8b", by=TEACHER)
    for number, pupil in enumerate(PUPILS):
        activities.lessons.join(lesson.code, f"Pupil {number}", by=pupil)
    return lesson


def content(digit: int, lean: float = 0.0) -> dict[str, Any]:
    """A drawing as `write.hand_in` keeps one."""
    turned = [stroke @ np.array([[1, -lean], [0, 1]]).T + 60 for stroke in simple_strokes(digit)]
    answer = {"digit": digit, "verdict": "digit", "probability": 0.9, "probabilities": [0.1] * CLASSES}
    return {"label": digit, "strokes": [np.round(stroke, 1).tolist() for stroke in turned], **answer}


def written(activities: Activities, lesson: Lesson, pupils: int = 4, each: int = 1, lean: float = 0.0) -> Activity:
    """A Write activity in which pupils wrote all digits, and which is over."""
    activity = activities.start(lesson.id, write.KIND, Task(each=each).settings, by=TEACHER)
    for pupil in PUPILS[:pupils]:
        for digit in list(range(CLASSES)) * each:
            activities.hand_in(activity.id, content(digit, lean), by=pupil)
    return activity


def started(activities: Activities, lesson: Lesson, model: str = "best") -> tuple[Activity, Plan]:
    plan = tune.plan(activities, lesson.id, model, by=TEACHER)
    return activities.start(lesson.id, tune.KIND, plan.settings, by=TEACHER), plan


# --- Whose drawings --------------------------------------------------------------------------------------------------


def test_halves_are_of_people_and_the_same_for_the_same_seed() -> None:
    people = [7, 7, 3, 9, 3, 12, 1]
    learn, judge = tune.halves(people, 1)
    assert learn | judge == set(people) and not learn & judge and (len(learn), len(judge)) == (3, 2)
    assert tune.halves(people[::-1], 1) == (learn, judge)
    assert len({tune.halves(range(20), seed) for seed in range(10)}) == 10


def test_a_plan_takes_what_is_on_the_boards_of_its_lesson(activities: Activities, lesson: Lesson) -> None:
    first, second = written(activities, lesson), written(activities, lesson, pupils=5)
    struck = activities.entries(first.id, by=TEACHER)[0].id
    activities.strike(struck, by=TEACHER)
    gone = activities.lessons.members(lesson.id, by=TEACHER)[1].id
    activities.lessons.remove(gone, by=TEACHER)
    other = activities.lessons.begin("9a", by=TEACHER)
    activities.lessons.join(other.code, by=PUPILS[0])
    elsewhere = written(activities, other, pupils=1)

    plan = tune.plan(activities, lesson.id, "best", by=TEACHER)
    there = tune.drawings(activities, plan, by=TEACHER)
    assert plan.sources == (first.id, second.id) and elsewhere.id not in plan.sources
    assert len(plan.entries) == len(there) == 90 - 21 and struck not in there
    of_half = [{there[entry].member for entry in half} for half in (plan.learned, plan.judged)]
    assert not of_half[0] & of_half[1] and len(of_half[0] | of_half[1]) == 4 and gone not in of_half[0] | of_half[1]
    assert Plan.of(activities.start(lesson.id, tune.KIND, plan.settings, by=TEACHER)) == plan


def test_of_whoever_drew_very_many_the_newest_count(activities: Activities, lesson: Lesson) -> None:
    written(activities, lesson, pupils=2)
    last = written(activities, lesson, pupils=1, each=5)
    plan = tune.plan(activities, lesson.id, "best", by=TEACHER)
    there = tune.drawings(activities, plan, by=TEACHER)
    members = [one.member for one in there.values()]
    assert sorted(members.count(member) for member in set(members)) == [10, MOST_OF_ONE]
    assert {entry.id for entry in activities.entries(last.id, by=TEACHER)} <= there.keys()


@pytest.mark.parametrize("pupils", [0, 1])
def test_too_little_is_said(pupils: int, activities: Activities, lesson: Lesson) -> None:
    written(activities, lesson, pupils, each=2)
    with pytest.raises(InputError, match=rf"needs 20 drawings of 2 people or more, and this lesson has {20 * pupils}"):
        tune.plan(activities, lesson.id, "best", by=TEACHER)


def test_pupils_see_their_own_drawings_alone(activities: Activities, lesson: Lesson) -> None:
    written(activities, lesson)
    _, plan = started(activities, lesson)
    assert len(tune.drawings(activities, plan, by=TEACHER)) == 40
    for by in PUPILS[:2]:
        mine = tune.drawings(activities, plan, own=True, by=by)
        assert len(mine) == 10 == len(tune.drawings(activities, plan, by=by))
        assert len({one.member for one in mine.values()}) == 1
    for stranger in (PUPILS[4], Actor()):
        assert tune.drawings(activities, plan, by=stranger) == {}


# --- Training --------------------------------------------------------------------------------------------------------


def test_a_run_has_the_drawings_without_names_and_is_the_teachers(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset
) -> None:
    written(activities, lesson)
    activity, plan = started(activities, lesson)
    engine = PretendedEngine()
    run = tune.begin(activities, activity.id, engine, simple_dataset, by=TEACHER)
    assert len(engine.tasks) == 1 and run.owner == TEACHER.owner and run.label().name == "best, trained on us"
    assert run.description().tunes and run.config().layers == run_folders.find("best").config().layers
    file = run.folder / tuning.DRAWINGS
    drawn = read_handwriting(file)
    assert run.config().also == str(file) and drawn.identity == run.description().dataset["also_identity"]
    there = tune.drawings(activities, plan, by=TEACHER)
    assert drawn.labels.tolist() == [there[entry].label for entry in plan.entries]
    assert drawn.held_back.tolist() == [False] * len(plan.learned) + [True] * len(plan.judged)
    assert len(np.unique(drawn.writers)) == 4
    for path in run.folder.iterdir():
        assert b"Pupil" not in path.read_bytes()
    found = Plan.of(activities.activity(activity.id))
    assert found == dataclasses.replace(plan, run=run.id) and tune.course(run, found) == {}
    with pytest.raises(InputError, match=r"^The model has been trained on these drawings already\.$"):
        tune.begin(activities, activity.id, engine, simple_dataset, by=TEACHER)


def test_what_was_taken_off_the_board_since_is_not_learned(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset
) -> None:
    written(activities, lesson)
    activity, plan = started(activities, lesson)
    activities.strike(plan.judged[0], by=TEACHER)
    with pytest.raises(InputError, match="A drawing was taken off the board since"):
        tune.begin(activities, activity.id, PretendedEngine(), simple_dataset, by=TEACHER)


def test_a_pupil_trains_nothing(activities: Activities, lesson: Lesson, simple_dataset: Dataset) -> None:
    written(activities, lesson)
    activity, _ = started(activities, lesson)
    for pupil in (PUPILS[0], Actor(), Actor("e" * 16)):
        with pytest.raises(NotYoursError):
            tune.plan(activities, lesson.id, "best", by=pupil)
        with pytest.raises(NotYoursError):
            tune.begin(activities, activity.id, PretendedEngine(), simple_dataset, by=pupil)
    assert run_folders.all_runs() == []


def wiped(activities: Activities, lesson: Lesson) -> None:
    activities.lessons.end(lesson.id, by=TEACHER)
    activities.lessons.wipe(lesson.id, by=TEACHER)
    activities.lessons.wipe_old(time.time() + (WIPED_HOURS + 1) * 3600)  # until then it can be brought back


def left(which: int) -> Callable[[Activities, Lesson], None]:
    def leave(activities: Activities, lesson: Lesson) -> None:
        member = activities.lessons.own(PUPILS[which])
        assert member
        activities.lessons.leave(member[1].id, by=PUPILS[which])

    return leave


@pytest.mark.parametrize(("forget", "stays"), [(wiped, False), (left(0), False), (left(4), True)])
def test_copies_of_drawings_go_with_the_lesson_and_with_whoever_leaves(
    forget: Callable[[Activities, Lesson], None],
    stays: bool,
    activities: Activities,
    lesson: Lesson,
    simple_dataset: Dataset,
) -> None:
    written(activities, lesson)
    activity, _ = started(activities, lesson)
    run = tune.begin(activities, activity.id, PretendedEngine(), simple_dataset, by=TEACHER)
    assert (run.folder / tuning.DRAWINGS).exists()
    forget(activities, lesson)
    assert (run.folder / tuning.DRAWINGS).exists() == stays and (run.folder / "config.json").exists()


# --- What came out ---------------------------------------------------------------------------------------------------


def test_what_changed_sides_is_counted_for_all_and_for_each(activities: Activities, lesson: Lesson) -> None:
    written(activities, lesson)
    _, plan = started(activities, lesson)
    there = tune.drawings(activities, plan, by=TEACHER)
    course = {entry: np.array([one.label, one.label, one.label]) for entry, one in there.items()}
    mended, broken, doubted = plan.judged[:3]
    course[mended] = np.array([NOT_READ, 0, there[mended].label])
    course[broken] = np.array([there[broken].label, 0, (there[broken].label + 1) % CLASSES])
    course[doubted] = np.array([NOT_READ] * 3)
    del there[plan.judged[-1]]  # somebody deleted it
    found = tune.changes(plan.judged, there, course)
    assert len(found) == len(plan.judged) - 1
    assert [one.drawing.id for one in found if one.is_right and not one.was_right] == [mended]
    assert [one.drawing.id for one in found if one.was_right and not one.is_right] == [broken]
    total = tune.counted(found)
    assert (total.total, total.before, total.after) == (19, 17, 17)
    people = tune.by_person(found)
    assert sum(one.total for one in people) == 19 and len({one.name for one in people}) == 2
    assert (people[0].before, people[0].after) == (8, 8)
    assert tune.counted([]) == tune.Counted("", 0, 0, 0) and tune.changes(plan.judged, there, {}) == []


def test_what_is_refused_is_read_as_no_digit() -> None:
    calibration = Calibration(sure=0.7, two=0.5, images=1)
    sure = np.eye(CLASSES)[3] * 0.9 + 0.01
    torn = np.full(CLASSES, 0.01)
    torn[[4, 9]] = 0.46
    read = tune.readings(np.stack([[sure, torn], [torn, sure]]), calibration)
    assert read.tolist() == [[3, NOT_READ], [NOT_READ, 3]]


def test_what_was_forgotten_is_counted_on_the_same_images() -> None:
    labels = np.array([0, 1, 2, 3])
    right, other = np.eye(CLASSES)[labels], np.eye(CLASSES)[[0, 1, 7, 7]]
    before = Evaluation(right, labels, np.zeros((12, 4)), "mnist")
    after = Evaluation(other, labels, np.zeros((12, 4)), "mnist")
    assert tune.old(before, after) == tune.Old(4, 4, 2, 2, 0)
    assert tune.old(after, before) == tune.Old(4, 2, 4, 0, 2)
    assert tune.old(before, dataclasses.replace(after, identity="other")) is None


def test_answers_to_other_drawings_count_for_nothing(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset
) -> None:
    written(activities, lesson)
    activity, _ = started(activities, lesson)
    run = tune.begin(activities, activity.id, PretendedEngine(), simple_dataset, by=TEACHER)
    plan = Plan.of(activities.activity(activity.id))
    tuning.note_answers(run, 0, np.eye(CLASSES, dtype=np.float32)[:3])
    assert tune.course(run, plan) == {}
    tuning.note_answers(run, 0, np.full((40, CLASSES), 0.1, np.float32))
    assert {tuple(read) for read in tune.course(run, plan).values()} == {(NOT_READ,)}


@pytest.mark.long
def test_a_class_that_leans_is_read_better_by_what_learned_its_other_half(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = parse_network("conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax")
    config = TrainConfig("quick", network, epochs=4, batch_size=32, learning_rate=0.01)
    base = run_folders.create(config, simple_dataset.reference())
    assert loop.train(config, simple_dataset, base).state == "done"
    monkeypatch.setattr(tuning, "RATE", 0.005)
    written(activities, lesson, lean=0.7)
    activity, _ = started(activities, lesson, base.id)
    dataset = dataclasses.replace(simple_dataset, name="simple")
    run = tune.begin(activities, activity.id, PretendedEngine(), dataset, by=TEACHER)
    monkeypatch.setattr(run_data, "data_of", lambda run: simple_dataset)
    assert worker.execute(str(run.folder)) == "done"
    plan = Plan.of(activities.activity(activity.id))
    found = tune.changes(plan.judged, tune.drawings(activities, plan, by=TEACHER), tune.course(run, plan))
    both = tune.counted(found)
    assert both.total == 20 and both.before < 18 and both.after > both.before
    old = tune.old(Evaluation.load(base.evaluation_path), Evaluation.load(run.evaluation_path))
    assert old and old.after >= old.before - 10


def test_a_change_is_told_by_its_label() -> None:
    drawing = write.Written(1, 1, "Blue Fox", 7, [np.zeros((2, 2))], Answer("digit", "", 7, 0.9, (0.1,) * 10))
    assert Change(drawing, 7, 1).was_right and not Change(drawing, 7, 1).is_right
