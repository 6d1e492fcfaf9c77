"""One drawing before all, what was taken off and put back, what a pupil takes back, as the pages show it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.classroom import break_it, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.write import Task
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs import run_folders
from mnist_core.ui import loaders
from tests.pages.conftest import OpenPage, checked, said
from tests.pages.test_class import ADA, BOB, PUPILS, drawn, headers, joined, press, shown, sits

NAME = "<b>Blue</b> *Fox*"
BEFORE_ALL = "large before-all"  # the class of what stands large


@pytest.fixture
def classifier() -> Classifier:
    return loaders.classifier(run_folders.find(run_folders.SHIPPED_MODEL))


@pytest.fixture
def lesson() -> Lesson:
    quotas.forget()
    lesson = Lessons().begin("8b", by=COMMAND_LINE)
    joined(lesson, ADA, NAME)
    joined(lesson, BOB, "Red Owl")
    return lesson


@pytest.fixture
def activity(lesson: Lesson) -> Activity:
    return Activities(Lessons()).start(lesson.id, write.KIND, Task((7,), 2).settings, by=COMMAND_LINE)


@pytest.fixture
def adas(activity: Activity, classifier: Classifier) -> int:
    strokes = strokes_from_keys(EXAMPLES[7])
    return write.hand_in(Activities(Lessons()), activity.id, strokes, classifier, by=PUPILS[ADA]).id


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.button]


def chosen(page: AppTest, number: int, key: str = "board-chosen") -> AppTest:
    """As if a tile was pressed."""
    page.session_state[key] = number
    return checked(page.run())


def test_the_teacher_shows_a_drawing_to_all_and_stops(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, adas: int
) -> None:
    sits(monkeypatch, "")
    board = chosen(open_page("class"), adas)
    assert "Stop showing" not in labels(board)
    board = press(board, "Show to all")
    assert "Stop showing" in labels(board) and "Show to all" not in labels(board)
    assert "All see this now: A drawing of" in said(board) and "<b>" not in said(board).replace(r"\<b", "")
    beamer = open_page("class", lesson=str(lesson.id), board="1")
    assert BEFORE_ALL in shown(beamer) and any("A drawing of" in one for one in headers(beamer))
    assert "✓" not in shown(beamer) and "Everybody writes a 7" not in headers(beamer)
    board = press(board, "Reveal")
    assert "✓" in shown(open_page("class", lesson=str(lesson.id), board="1"))
    press(board, "Stop showing")
    assert BEFORE_ALL not in shown(open_page("class", lesson=str(lesson.id), board="1"))


def test_pupils_see_it_and_come_back_to_their_own_work(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, activity: Activity, adas: int
) -> None:
    activities = Activities(Lessons())
    sits(monkeypatch, BOB)
    page = drawn(open_page("join"), 7)
    activities.show_to_all(lesson.id, adas, by=COMMAND_LINE)
    page = checked(page.run())
    assert BEFORE_ALL in shown(page) and "Hand in" not in labels(page) and "✓" not in shown(page)
    assert "Your own work is kept." in said(page) and "<b>" not in shown(page)
    activities.show_to_all(lesson.id, None, by=COMMAND_LINE)
    page = checked(page.run())
    assert BEFORE_ALL not in shown(page)
    press(page, "Hand in")
    assert len(activities.entries(activity.id, own=True, by=PUPILS[BOB])) == 1, "what was drawn before was kept"


def test_what_it_is_to_be_is_kept_meanwhile(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, classifier: Classifier
) -> None:
    activities = Activities(Lessons())
    activity = activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=COMMAND_LINE)
    strokes = strokes_from_keys(EXAMPLES[7])
    number = break_it.hand_in(activities, activity.id, 4, strokes, classifier, by=PUPILS[ADA]).id
    sits(monkeypatch, BOB)
    page = open_page("join")
    claim: Any = next(one for one in page.get("button_group") if "label-claim" in str(one.key))
    claim.set_value(4)
    checked(page.run())
    activities.show_to_all(lesson.id, number, by=COMMAND_LINE)
    page = checked(page.run())
    assert BEFORE_ALL in shown(page) and "read as a" not in shown(page) + said(page)
    activities.show_to_all(lesson.id, None, by=COMMAND_LINE)
    assert checked(page.run()).session_state["label-claim"] == 4


def test_what_was_taken_off_is_put_back(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, adas: int
) -> None:
    sits(monkeypatch, "")
    board = open_page("class")
    assert "taken off" not in "".join(one.label for one in board.expander)
    board = press(chosen(board, adas), "Take off the board")
    assert "1 taken off" in [one.label for one in board.expander] and "No drawings yet" in said(board)
    assert "Put back" not in labels(open_page("class", lesson=str(lesson.id), board="1"))
    board = press(board, "Put back")
    assert "1 drawing by 1 person." in said(board) and "Put back" not in labels(board)


def test_a_pupil_deletes_one_drawing_while_more_is_taken(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, activity: Activity, adas: int
) -> None:
    activities = Activities(Lessons())
    sits(monkeypatch, ADA)
    page = open_page("join")
    assert "Press a drawing of yours to delete it." in said(page)
    press(chosen(page, adas, "own-chosen"), "Delete this drawing")
    assert activities.entries(activity.id, by=COMMAND_LINE) == []
    assert "1 of 2 done" not in said(open_page("join"))


def test_nobody_deletes_by_the_page_what_is_not_theirs_or_once_all_is_closed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, activity: Activity, adas: int
) -> None:
    activities = Activities(Lessons())
    sits(monkeypatch, BOB)
    assert "Delete this drawing" not in labels(chosen(open_page("join"), adas, "own-chosen"))
    activities.close(activity.id, by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    assert "Delete this drawing" not in labels(chosen(open_page("join"), adas, "own-chosen"))
    assert len(activities.entries(activity.id, by=COMMAND_LINE)) == 1
