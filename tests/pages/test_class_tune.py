"""Train on us as its pages show it: before, while it trains, and what came out, to each what is theirs."""

import dataclasses
import shutil
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.classroom import tune
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.tune import Plan
from mnist_core.data.dataset import Dataset
from mnist_core.mnist import CLASSES
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.training import tuning
from mnist_core.ui import loaders
from tests.classroom.test_tune import content
from tests.conftest import PretendedEngine
from tests.pages.conftest import OpenPage, checked, said
from tests.pages.test_class import ADA, BOB, PUPILS, headers, joined, press, shown, sits

HOSTILE = "<b>Zoe</b> *x*"


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch, simple_dataset: Dataset) -> Lesson:
    """Two pupils have written all digits, one of whom has a hostile name; the engine is pretended."""
    quotas.forget()
    engine = PretendedEngine()
    monkeypatch.setattr(loaders, "engine", lambda: engine)
    monkeypatch.setattr(loaders, "dataset", lambda name: simple_dataset)
    lesson = Lessons().begin("8b", by=COMMAND_LINE)
    joined(lesson, ADA, HOSTILE)
    joined(lesson, BOB, "Red Owl")
    activities = Activities(Lessons())
    activity = activities.start(
        lesson.id, "write", {"digits": [*range(10)], "each": 1, "model": "best"}, by=COMMAND_LINE
    )
    for owner in (ADA, BOB):
        for digit in range(CLASSES):
            activities.hand_in(activity.id, content(digit), by=PUPILS[owner])
    return lesson


def chosen(page: AppTest) -> AppTest:
    """Chooses Train on us as the next activity."""
    kinds: Any = next(one for one in page.get("button_group") if "next-kind" in str(one.key))
    kinds.set_value("tune")
    return checked(page.run())


def planned(lesson: Lesson) -> Activity:
    activities = Activities(Lessons())
    plan = tune.plan(activities, lesson.id, "best", by=COMMAND_LINE)
    return activities.start(lesson.id, tune.KIND, plan.settings, by=COMMAND_LINE)


def begun(activity: Activity) -> tuple[Plan, Run]:
    activities = Activities(Lessons())
    run = tune.begin(activities, activity.id, loaders.engine(), loaders.dataset("mnist"), by=COMMAND_LINE)
    return Plan.of(activities.activity(activity.id)), run


def ended(plan: Plan, run: Run) -> None:
    """Pretends that it was trained: the first drawing that judges is mended, the second is lost."""
    drawn = tuning.drawings_of(run)
    answers = np.tile(np.eye(CLASSES, dtype=np.float32)[drawn.labels], (3, 1, 1))
    first = len(plan.learned)
    wrong = (drawn.labels + 1) % CLASSES
    answers[:2, first] = np.eye(CLASSES)[wrong[first]]
    answers[2, first + 1] = np.eye(CLASSES)[wrong[first + 1]]
    for epoch, probabilities in enumerate(answers):
        tuning.note_answers(run, epoch, probabilities)
    base = run_folders.find("best")
    for name in ("model.tflite", "model.keras", "evaluation.npz"):
        shutil.copyfile(base.folder / name, run.folder / name)
    status = dataclasses.replace(run.stored_status(), state="done", epoch=2, epochs=2, steps=9, test_accuracy=0.99)
    run.write_status(status)


def of_half(plan: Plan, learned: bool) -> str:
    """Whose drawings are of this half."""
    for owner, pupil in PUPILS.items():
        mine = tune.drawings(Activities(Lessons()), plan, own=True, by=pupil)
        if set(mine) <= set(plan.learned if learned else plan.judged):
            return owner
    raise AssertionError


def test_the_teacher_starts_it_and_sees_what_is_read_before(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = chosen(open_page("class"))
    assert "the model learns from their 10 drawings. The other half judges it, with 10 drawings." in said(page)
    page = press(page, "Start for all")
    assert "learns the 10 drawings of 1 person. 1 person judge it" in said(page)
    assert page.metric[0].label == "Read right before" and page.metric[0].value.endswith(" of 10")
    labels = [one.label for one in page.button]
    assert "Reveal" not in labels and "Take no more" not in labels
    page = press(page, "Train on us")
    (run,) = run_folders.all_runs()
    assert run.description().tunes and "Train on us" not in [one.label for one in page.button]
    again = [one.label for one in press(chosen(page), "Start for all").button]
    assert any(label.startswith("Train on us: Shipped model") for label in again)


def test_too_little_is_said_where_it_would_be_started(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    for member in Lessons().members(lesson.id, by=COMMAND_LINE)[1:]:
        Lessons().remove(member.id, by=COMMAND_LINE)
    sits(monkeypatch, "")
    page = chosen(open_page("class"))
    assert "needs 20 drawings of 2 people or more, and this lesson has 10" in said(page)
    assert "Start for all" not in [one.label for one in page.button]


def test_what_came_out_is_on_the_board(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    plan, run = begun(planned(lesson))
    ended(plan, run)
    sits(monkeypatch, "")
    page = open_page("class")
    assert [(one.value, one.delta) for one in page.metric][:2] == [("9 of 10", ""), ("9 of 10", "0")]
    assert page.metric[2].value == "9,964 of 10,000" and "It forgot 0 and learned 0." in said(page)
    assert "Right now, wrong before: 1" in said(page) and "Wrong now, right before: 1" in said(page)
    boards = shown(page)
    assert "epoch 2" in boards and "1 of 10" in boards and "9 of 10" in boards
    words = boards + said(page)
    assert "<b>Zoe" not in words and "*x*" not in said(page).replace(r"\*x\*", "")


def test_while_it_trains_each_sees_how_far_it_is(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    _, run = begun(planned(lesson))
    sits(monkeypatch, ADA)
    assert "It gets ready" in str(open_page("join").get("progress")[0].proto)
    status = dataclasses.replace(run.stored_status(), state="running", epoch=1, epochs=3, step=4, steps=9)
    run.write_status(status)
    assert "It learns: epoch 2 of 3" in str(open_page("join").get("progress")[0].proto)
    sits(monkeypatch, "")
    assert "It learns: epoch 2 of 3" in str(open_page("class").get("progress")[0].proto)


def test_a_pupil_sees_their_own_before_and_after(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    activity = planned(lesson)
    plan = Plan.of(activity)
    judge, learner = of_half(plan, learned=False), of_half(plan, learned=True)
    sits(monkeypatch, judge)
    page = open_page("join")
    assert "Your drawings **judge** it" in said(page) and "Wait for your teacher to begin." in said(page)
    ended(*begun(activity))
    page = open_page("join")
    assert "Of your 10 drawings, it read 9 right before, and 9 now." in said(page)
    assert shown(page).count("→") == 2 and "no fair test" not in said(page)
    sits(monkeypatch, learner)
    page = open_page("join")
    assert "It **learns** from your drawings." in said(page) and "no fair test" in said(page)
    assert "it read 10 right before, and 10 now" in said(page) and "→" not in shown(page)
    assert "The model learns from us" in headers(page)


def test_a_training_that_failed_is_said_and_can_be_tried_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    _, run = begun(planned(lesson))
    run.write_status(dataclasses.replace(run.stored_status(), state="failed", problem="out-of-memory"))
    sits(monkeypatch, "")
    page = open_page("class")
    assert "Memory ran out" in said(page)
    press(page, "Train on us")
    assert len(run_folders.all_runs()) == 2
    sits(monkeypatch, ADA)
    run_folders.all_runs()[0].write_status(dataclasses.replace(run.stored_status(), state="stopped"))
    assert "Nothing came of it this time." in said(open_page("join"))
