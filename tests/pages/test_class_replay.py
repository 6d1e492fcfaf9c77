"""A lesson played again on the Class page: a slider over its time, a film, with names or without."""

import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.classroom import break_it
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.tables import ACTIVITIES, ENTRIES
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs import run_folders
from mnist_core.ui import script_run
from tests.classroom.class_of_two import taught
from tests.classroom.test_lessons import BOB, TEACHER
from tests.pages.conftest import OpenPage, checked, said
from tests.pages.test_class import ADA, press, shown, sits
from tests.pages.test_class import no_limits as no_limits


@pytest.fixture
def lesson() -> Lesson:
    """Each thing ten seconds after the one before; the bet is another one's, and of a lesson that has ended."""
    activities, lesson = taught()
    activities.lessons.go_on(lesson.id, by=TEACHER)
    breaking = activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=TEACHER)
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    break_it.hand_in(activities, breaking.id, 4, strokes_from_keys(EXAMPLES[7]), classifier, by=BOB)
    activities.lessons.end(lesson.id, by=TEACHER)
    order = [(ACTIVITIES, 1), *((ENTRIES, number) for number in range(1, 5)), (ACTIVITIES, 2), (ENTRIES, 5)]
    order += [(ENTRIES, 6), (ACTIVITIES, 3), (ENTRIES, 7)]
    with activities.lessons.database.writing() as connection:
        for place, (table, number) in enumerate(order):
            values: dict[str, Any] = {"began" if table is ACTIVITIES else "made": 1e9 + 10 * place}
            connection.execute(table.update().where(table.c.id == number).values(values))
    return lesson


def moved(page: AppTest, second: int) -> AppTest:
    page.slider[0].set_value(datetime.time(0, second // 60, second % 60))
    return checked(page.run())


def test_the_board_is_shown_as_it_was_at_a_moment(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = press(open_page("class", lesson=str(lesson.id)), "Play it again")
    assert page.slider[0].max - page.slider[0].min == 90e6 and "0 handed in" in said(page)
    page = moved(page, 25)
    assert "Write: 7 and 2" in said(page) and "2 handed in" in said(page)
    assert shown(page).count("=Blue Fox</span>") == 2 and "#Owl" not in shown(page)
    page = moved(page, 75)
    assert "Bet: How many of" in said(page) and "2 handed in" in said(page) and "50" in shown(page)
    page = moved(page, 90)
    assert "Break it" in said(page) and "✗" in shown(page) and "<b>Red" not in shown(page)
    press(page, "Back to the lesson")
    assert page.query_params.get("replay") is None and "This lesson has ended." in said(page)


def test_it_is_played_without_names_and_answers_if_wanted(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = moved(open_page("class", lesson=str(lesson.id), replay="1"), 45)
    assert "=Blue Fox" in shown(page) and "✓" in shown(page)
    for name in ("Names", "Answers"):
        next(one for one in page.toggle if one.label == name).set_value(False)
    page = checked(page.run())
    assert page.slider[0].value == datetime.time(0, 0, 45)
    everything = shown(page) + said(page)
    assert "=Blue Fox" not in everything and "#Owl" not in everything and "✓" not in everything
    assert "Person 1" in everything and "Person 2" in everything
    page = moved(page, 75)
    assert "distribution" not in shown(page) and "Bet: How many of" in said(page)


def test_a_film_goes_on_by_itself_and_stops_at_its_end(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = press(open_page("class", lesson=str(lesson.id), replay="1"), "Play")
    assert "Pause" in [one.label for one in page.button]
    monkeypatch.setattr(script_run, "is_of_parts", lambda: True)
    page.session_state["replay-place"] = datetime.time(0, 1, 28)
    places = [checked(page.run()).slider[0].value for _ in range(2)]
    assert places == [datetime.time(0, 1, 29), datetime.time(0, 1, 30)] and "Play" in [one.label for one in page.button]
    monkeypatch.setattr(script_run, "is_of_parts", lambda: False)
    page = press(page, "Play")
    assert page.slider[0].value == datetime.time()


def test_who_moves_the_slider_stops_the_film(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = press(open_page("class", lesson=str(lesson.id), replay="1"), "Play")
    assert "Play" in [one.label for one in moved(page, 30).button]


def test_a_lesson_in_which_nothing_was_done_says_so(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    sits(monkeypatch, "")
    lesson = Lessons().begin("9a", by=TEACHER)
    page = open_page("class", lesson=str(lesson.id), replay="1")
    assert "Nothing was done in this lesson." in said(page) and not page.slider
    Activities(Lessons()).start(lesson.id, "write", {"digits": [7], "each": 1, "model": "best"}, by=TEACHER)
    page = open_page("class", lesson=str(lesson.id), replay="1")
    assert "Write: 7" in said(page) and not page.slider


def test_a_film_is_the_teachers(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    sits(monkeypatch, ADA)
    page = open_page("class", lesson=str(lesson.id), replay="1")
    assert "This page is the teacher's" in said(page) and not page.slider
