"""The pages of a lesson that follows a plan, is tried alone, is kept, deleted and taken home."""

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.classroom import bet, plans, simulation
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.environment import home
from mnist_core.ui.lesson import plan_part, simulation_part
from tests.pages.conftest import OpenPage, checked, said
from tests.pages.test_class import ADA, BOB, PUPILS, headers, joined, press, sits


@pytest.fixture(autouse=True)
def no_limits() -> None:
    quotas.forget()


@pytest.fixture
def lesson() -> Lesson:
    return Lessons().begin("8b", by=COMMAND_LINE)


def downloads(page: AppTest) -> list[str]:
    return [str(one.proto.label) for one in page.get("download_button")]


def press_key(page: AppTest, key: str) -> AppTest:
    return checked(next(one for one in page.button if one.key == key).click().run())


# --- Plans -----------------------------------------------------------------------------------------------------------


def test_a_lesson_follows_a_plan_from_step_to_step(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    page = open_page("class")
    assert {"Worksheet", "Exit ticket", "Answers", "The plan as a file"} <= set(downloads(page))
    assert "Somebody programmed a rule" in said(page)
    page = press(page, "Follow this plan")
    assert "step 1 of 7" in said(page) and "Join" in headers(page) and "5 minutes left" in said(page)
    page = press(page, "Next step")
    assert "Everybody writes a 7" in headers(page)
    press_key(page, "plan-start")
    (activity,) = Activities(Lessons()).of_lesson(lesson.id, by=COMMAND_LINE)
    assert activity.kind == "write" and list(activity.settings["digits"]) == [7]
    page = open_page("class")
    assert "step 2 of 7" in said(page), "a reload is at the same step"
    page = press(press(page, "Next step"), "Next step")
    assert "443,850 numbers of its own" in said(page)
    press(page, "Go on without a plan")
    assert Lessons().lesson(lesson.id).plan is None


def test_the_class_sees_nothing_of_a_plan(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    Lessons().follow_plan(lesson.id, "1-seeing", by=COMMAND_LINE)
    sits(monkeypatch, "")
    assert "step 1 of 7" in said(open_page("class"))
    for query in ({"board": "1"}, {"present": "1"}):
        assert "step 1 of 7" not in said(open_page("class", lesson=str(lesson.id), **query))


def at_step(lesson: Lesson, plan: str, number: int) -> None:
    Lessons().follow_plan(lesson.id, plan, by=COMMAND_LINE)
    Lessons().go_to_step(lesson.id, number - 1, by=COMMAND_LINE)


def test_a_step_comes_back_to_what_an_earlier_one_started(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    activities = Activities(Lessons())
    at_step(lesson, "1-seeing", 6)
    sits(monkeypatch, "")
    page = open_page("class")
    assert "Step 3 was not started in this lesson." in said(page) and "Show it again" not in labels(page)
    at_step(lesson, "1-seeing", 3)
    page = press_key(open_page("class"), "plan-start")
    assert "It is on for all." in said(page)
    (asked,) = activities.of_lesson(lesson.id, by=COMMAND_LINE)
    page = press(page, "Next step")
    assert Lessons().lesson(lesson.id).activity is None, "a step without an activity shows no finished bet"
    press_key(press(page, "Next step"), "plan-start")
    page = press(open_page("class"), "Next step")
    press(page, "Show it again")
    assert Lessons().lesson(lesson.id).activity == asked.id
    page = press(press(press(open_page("class"), "Back"), "Back"), "Back")
    assert Lessons().lesson(lesson.id).activity == asked.id and "Start anew" in labels(page)


def test_between_activities_all_see_what_to_do_now(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    sits(monkeypatch, ADA)
    at_step(lesson, "1-seeing", 1)
    assert "You are in." in headers(open_page("join"))
    at_step(lesson, "1-seeing", 4)
    assert "A picture is numbers" in headers(open_page("join"))
    sits(monkeypatch, "")
    board = open_page("class", lesson=str(lesson.id), board="1", present="1")
    assert "A picture is numbers" in headers(board) and "443,850 numbers of its own" in said(board)
    assert f"/join · 1 has joined · code {lesson.code}" in said(board), "who comes late finds the way"
    links = [one.proto.url for one in open_page("class").get("link_button")]
    assert "explore?data=mnist&present=1&lang=en" in links


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.button]


def test_the_checksum_is_compared(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    Lessons().follow_plan(lesson.id, "2-learning", by=COMMAND_LINE)
    Lessons().go_to_step(lesson.id, 3, by=COMMAND_LINE)
    sits(monkeypatch, "")
    page = open_page("class")
    assert "have the checksum" in said(page)
    sums = plan_part._first_sums()
    first, when = sums[lesson.id]
    sums[lesson.id] = (first, when - 60)
    assert "it is the same" in said(open_page("class")), "after a reload, too"
    sums[lesson.id] = ("0000 0000 0000", when - 60)
    assert "the model is another one now" in said(open_page("class"))


def test_what_is_not_there_is_said_and_can_be_passed_over(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    folder = home() / plans.OWN_FOLDER
    folder.mkdir(parents=True)
    step = '[[steps]]\ntitle = "<b>One</b>"\nminutes = 1\nsay = "**Say** [a](http://x)."\nkind = "juggling"\n'
    (folder / "mine.toml").write_text(f'title = "Mine"\naim = "To see."\n{step}')
    (folder / "broken.toml").write_text("title =")
    sits(monkeypatch, "")
    assert "The lesson plan 'broken' cannot be used" in said(open_page("class"))
    Lessons().follow_plan(lesson.id, "own:mine", by=COMMAND_LINE)
    page = open_page("class")
    assert "This lab has no activity “juggling”" in said(page)
    assert "**Say**" not in said(page) and "[a](" not in said(page) and "<b>" not in "".join(headers(page))
    (folder / "mine.toml").unlink()
    page = open_page("class")
    assert "The lesson plan 'mine' cannot be used" in said(page)
    press(page, "Go on without a plan")


def test_a_plan_is_copied_to_be_changed(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    sits(monkeypatch, "")
    page = press(open_page("class"), "Copy it to change it")
    assert r"lessons/1-seeing-1.toml" in said(page).replace("\\", "")
    assert (home() / "lessons" / "1-seeing-1.toml").exists()


# --- A simulated class -----------------------------------------------------------------------------------------------


def test_a_teacher_tries_a_lesson_alone(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    sits(monkeypatch, "")
    page = press(open_page("class"), "Try it with a simulated class")
    (lesson,) = Lessons().all(by=COMMAND_LINE)
    assert "Simulated class" in headers(page) and "12 robots hand in by themselves" in said(page)
    activities = Activities(Lessons())
    activity = activities.start(lesson.id, bet.KIND, Question("Which?", ("A", "B")).settings, by=COMMAND_LINE)
    simulation_part._go_on(lesson.id)
    open_page("class")
    assert len(activities.entries(activity.id, by=COMMAND_LINE)) == 2 * simulation.AT_ONCE


def test_a_real_lesson_has_no_robots(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    joined(lesson)
    sits(monkeypatch, "")
    assert "robots" not in said(open_page("class"))


# --- What is kept ----------------------------------------------------------------------------------------------------


def test_what_is_kept_is_told_where_one_joins_and_to_the_teacher(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, ADA)
    page = open_page("join")
    assert "Nobody needs your real name" in said(page) and not downloads(page)
    sits(monkeypatch, "")
    page = open_page("class", lesson="new")
    assert "Nobody needs your real name" in said(page)
    assert downloads(page) == ["Letter to parents (PDF)", "Letter as text"]


def test_an_ended_lesson_is_copied_deleted_and_brought_back(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    Lessons().end(lesson.id, by=COMMAND_LINE)
    sits(monkeypatch, "")
    address = partial(open_page, "class", lesson=str(lesson.id))
    page = address()
    assert "Save the lesson" in downloads(page)
    page.radio[0].set_value(True)
    assert "Save the lesson" in downloads(checked(page.run()))
    page = press(page, "Delete the lesson")
    assert "“8b” was deleted." in said(page) and Lessons().all(by=COMMAND_LINE) == []
    press(page, "Undo")
    assert "Save the lesson" in downloads(address())


def test_pupils_take_their_own_home_and_may_delete_it(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson, ADA, "[a](http://x)")
    sits(monkeypatch, ADA)
    assert "Take it home" not in downloads(open_page("join"))
    Lessons().end(lesson.id, by=COMMAND_LINE)
    page = open_page("join")
    assert "Take it home" in downloads(page) and "“8b” has ended" in headers(page) and "[a](" not in said(page)
    sits(monkeypatch, BOB)
    assert "Take it home" not in downloads(open_page("join"))
    sits(monkeypatch, ADA)
    press(open_page("join"), "Delete it for good")
    assert Lessons().members(lesson.id, by=COMMAND_LINE) == [] and Lessons().own_ended(by=PUPILS[ADA]) is None
    assert "Take it home" not in downloads(open_page("join"))
