"""One model learns from each group that wrote MNIST, and both read all hands; only the teacher trains."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import duel, hands, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.hands import CLASS, GROUPS, Task
from mnist_core.classroom.lessons import Lesson
from mnist_core.config.recipes import RECIPES
from mnist_core.data import mnist_writers, sources
from mnist_core.data.dataset import Dataset
from mnist_core.data.mnist_writers import FILE, PUPILS, STAFF
from mnist_core.engine import worker
from mnist_core.errors import InputError
from mnist_core.evaluation import judging
from mnist_core.inference.classifier import Classifier
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.classroom.test_lessons import ADA, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson
from tests.conftest import PretendedEngine
from tests.data.test_mnist_writers import who_wrote

__all__ = ["classifier", "lesson"]  # fixtures


@pytest.fixture
def mnist(temporary_home: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Simple digits that pass for MNIST, every second ten of them by pupils."""
    monkeypatch.setenv("MNIST_WRITERS", str(who_wrote(temporary_home / "data" / FILE, simple_dataset)))
    load = sources.load
    monkeypatch.setattr(sources, "load", lambda name: simple_dataset if name == "mnist" else load(name))
    return simple_dataset


@pytest.fixture
def activity(activities: Activities, lesson: Lesson) -> Activity:
    return activities.start(lesson.id, hands.KIND, Task(seed=3).settings, by=TEACHER)


def ended(run: Run, state: str = "done") -> None:
    run.write_status(Status(state, epochs=1, epoch=1))


def test_two_runs_learn_from_one_group_each(activities: Activities, activity: Activity, mnist: Dataset) -> None:
    engine = PretendedEngine()
    runs = hands.train(engine, activities, activity.id, by=TEACHER)
    assert [task.key.split("-")[0] for task in engine.tasks] == ["train", "train"]
    assert hands.runs_of(Task.of(activities.activity(activity.id))).keys() == runs.keys() == GROUPS.keys()
    for name, run in runs.items():
        assert run.config() == dataclasses.replace(RECIPES["quick"].config, seed=3)
        data = sources.load(run.description().dataset["name"])
        assert data.identity == run.description().dataset["identity"] and len(data.train_images) == 300
        is_pupils = np.arange(600) // 10 % 2 == 1
        ours = {image.tobytes() for image in mnist.train_images[is_pupils == (name == "pupils")]}
        assert {image.tobytes() for image in data.train_images} <= ours
        assert np.array_equal(data.test_images, mnist.test_images)
    assert {run.label().name for run in runs.values()} == {"Learned from census staff", "Learned from pupils"}


def test_as_many_images_of_each_group_the_same_for_the_same_seed() -> None:
    written_by = mnist_writers.Groups(np.array([STAFF] * 7 + [PUPILS] * 5, np.uint8), np.zeros(0, np.uint8))
    staff, pupils = (hands.chosen_of(written_by, name, 1) for name in GROUPS)
    assert len(staff) == 5 and staff.max() < 7 and pupils.tolist() == [7, 8, 9, 10, 11]
    assert np.array_equal(staff, hands.chosen_of(written_by, "staff", 1)) and (np.diff(staff) > 0).all()
    assert {tuple(hands.chosen_of(written_by, "staff", seed)) for seed in range(20)} > {tuple(staff)}


def test_the_runs_are_the_classes_which_only_the_teacher_steers(
    activities: Activities, activity: Activity, mnist: Dataset
) -> None:
    engine = PretendedEngine()
    for pupil in (ADA, Actor()):
        with pytest.raises(NotYoursError):
            hands.train(engine, activities, activity.id, by=pupil)
    assert engine.tasks == []
    for run in hands.train(engine, activities, activity.id, by=TEACHER).values():
        assert run.owner == ""
        with pytest.raises(NotYoursError):
            run.request("stop", by=ADA)
        run.request("stop", by=TEACHER)


def test_they_are_trained_once_unless_one_failed(activities: Activities, activity: Activity, mnist: Dataset) -> None:
    engine = PretendedEngine()
    runs = hands.train(engine, activities, activity.id, by=TEACHER)
    assert hands.is_under_way(runs) and not hands.are_trained(runs)
    with pytest.raises(InputError, match="Both models are there already"):
        hands.train(engine, activities, activity.id, by=TEACHER)
    for run in runs.values():
        ended(run, "failed")
    assert not hands.is_under_way(runs)
    assert hands.train(engine, activities, activity.id, by=TEACHER)["staff"].id != runs["staff"].id


def test_where_it_is_of_other_images_nothing_begins(
    activities: Activities, activity: Activity, mnist: Dataset, temporary_home: Path
) -> None:
    who_wrote(temporary_home / "data" / FILE, mnist, more=1)
    engine = PretendedEngine()
    with pytest.raises(InputError, match="names the writers of 201 images; expected 200"):
        hands.train(engine, activities, activity.id, by=TEACHER)
    assert engine.tasks == []


def test_both_read_the_hands_of_all(
    activities: Activities, lesson: Lesson, mnist: Dataset, classifier: Classifier
) -> None:
    task = activities.start(lesson.id, write.KIND, write.Task((7,)).settings, by=TEACHER)
    write.hand_in(activities, task.id, drawn(7), classifier, by=ADA)
    activity = activities.start(lesson.id, hands.KIND, Task().settings, by=TEACHER)
    runs = hands.train(PretendedEngine(), activities, activity.id, by=TEACHER)
    drawings = duel.painted(duel.drawings(activities, activity.id, by=TEACHER))
    read = hands.hands(mnist, mnist_writers.load(mnist), drawings)
    judged = hands.judged(runs, read, lambda run, digits: judging.measure(classifier, digits))
    assert {name: len(one.labels) for name, one in judged.items()} == {"staff": 100, "pupils": 100, CLASS: 1}
    assert CLASS not in hands.hands(mnist, mnist_writers.load(mnist), duel.painted([]))


@pytest.mark.long
def test_real_training_makes_two_models_that_read_mnist(
    activities: Activities, activity: Activity, real_mnist: Path
) -> None:
    runs = hands.train(PretendedEngine(), activities, activity.id, by=TEACHER)
    for run in runs.values():
        worker.execute(str(run.folder))
    assert not hands.is_under_way(runs) and hands.are_trained(runs)
    mnist = sources.load("mnist")
    read = hands.hands(mnist, mnist_writers.load(mnist), duel.painted([]))
    judged = hands.judged(runs, read, lambda run, digits: judging.measure(Classifier(run.model_path), digits))
    for one in judged.values():
        assert all(evaluation.accuracy > 0.9 for evaluation in one.evaluations)
    staff = judged["staff"].evaluations
    assert staff[0].accuracy > staff[1].accuracy
