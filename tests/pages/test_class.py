"""A lesson as its pages show it: a pupil joins, the teacher leads, each sees what is theirs."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.classroom import bet, devices, plans, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.write import Task
from mnist_core.preprocessing.canvas import to_canvas
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs import run_folders
from mnist_core.ui import browser, taking_part
from mnist_core.ui.lesson import state
from mnist_core.ui.server import reach
from tests.conftest import PretendedEngine
from tests.pages.conftest import OpenPage, checked, said
from tests.support.visitors import come_from

ADA, BOB = "a" * 16, "b" * 16
PUPILS = {ADA: Actor(ADA, "203.0.113.5"), BOB: Actor(BOB, "203.0.113.5")}


@pytest.fixture(autouse=True)
def no_limits() -> None:
    quotas.forget()


@pytest.fixture
def lesson() -> Lesson:
    return Lessons().begin("8b", by=COMMAND_LINE)


def sits(monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    """Whose browser opens the pages from now on: a pupil's, or the teacher's."""
    come_from(monkeypatch, "203.0.113.5" if owner else "")
    monkeypatch.setattr(browser, "owner", lambda: owner or "f" * 16)


def joined(lesson: Lesson, owner: str = ADA, name: str = "Blue Fox") -> None:
    Lessons().join(lesson.code, name, by=PUPILS[owner])


def press(page: AppTest, label: str) -> AppTest:
    return checked(next(one for one in page.button if one.label == label).click().run())


def shown(page: AppTest) -> str:
    """What stands on the boards of a page."""
    html = [str(one.proto.body) for one in page.get("html")]
    sent = [json.loads(one.proto.json or one.proto.mixed.json or "{}") for one in page.get("bidi_component")]
    return "\n".join([*html, *(str(one.get("html", "")) for one in sent)])


def headers(page: AppTest) -> list[str]:
    return [str(one.value) for one in page.header]


def drawn(page: AppTest, digit: int) -> AppTest:
    """Draws as the canvas does."""
    objects = to_canvas(strokes_from_keys(EXAMPLES[digit]))
    number = page.session_state["canvas-number"]
    page.session_state[f"canvas-{number}"] = {
        "drawing": {"raw": {"objects": objects}, "data": ""},
        "backgroundFit": None,
    }
    return checked(page.run())


def test_a_pupil_joins_by_a_link_and_waits(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, ADA)
    page = open_page("join", code=lesson.code)
    assert next(one for one in page.text_input if one.label == "Code on the board").value == lesson.code
    page = press(page, "Join")
    assert "You are in." in headers(page) and "You are **" in said(page)
    assert not page.get("page_link"), "no menu of pages"
    assert "You are in." in headers(open_page("join")), "a reload is the same person"


@pytest.mark.parametrize(("code", "sentence"), [("", "is not the code"), ("zzzz", "No lesson has the code ZZZZ now")])
def test_a_wrong_code_is_a_sentence(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, code: str, sentence: str
) -> None:
    sits(monkeypatch, ADA)
    assert sentence in said(press(open_page("join", code=code), "Join"))


def test_the_class_page_is_the_teachers(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    sits(monkeypatch, ADA)
    page = open_page("class", lesson=str(lesson.id))
    assert "This page is the teacher's" in said(page) and not page.header
    assert "Class" not in [link.proto.label for link in open_page("start").get("page_link")]
    sits(monkeypatch, "")
    assert "Class" in [link.proto.label for link in open_page("start").get("page_link")]


def test_the_teacher_begins_a_lesson_and_sees_how_to_join(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    sits(monkeypatch, "")
    monkeypatch.setattr(reach, "addresses", lambda called: ["http://192.168.1.7:8501"])
    page = open_page("class")
    page.text_input[0].set_value("8b, Tuesday")
    page = press(page, "Teach a class")
    (lesson,) = Lessons().all(by=COMMAND_LINE)
    assert lesson.title == "8b, Tuesday" and page.query_params["lesson"] in (str(lesson.id), [str(lesson.id)])
    assert lesson.code in shown(page) and "192.168.1.7:8501/join" in shown(page)


def test_where_no_device_can_reach_the_lab_it_says_so(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    sits(monkeypatch, "")
    monkeypatch.setattr(reach, "addresses", lambda called: [])
    assert "Other devices cannot reach this lab" in said(open_page("class"))


def test_what_is_written_comes_to_the_board_and_its_answer_once_it_is_revealed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    activities = Activities(Lessons())
    activity = activities.start(lesson.id, write.KIND, Task((7,)).settings, by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    page = open_page("join")
    assert "Write a 7" in headers(page)
    page = press(drawn(page, 7), "Hand in")
    assert "Done. Thank you!" in headers(page) and "✓" not in shown(page)
    sits(monkeypatch, "")
    board = open_page("class")
    assert "Blue Fox" in shown(board) and "1 drawing by 1 person." in said(board)
    assert "read as a 7" not in shown(board)
    board = press(board, "Reveal")
    assert "read as a 7" in shown(board) and "1 of them right (100" in said(board)
    sits(monkeypatch, ADA)
    assert "✓" in shown(open_page("join"))
    (one,) = write.written(activities, activity.id, by=COMMAND_LINE)
    assert one.is_right


def test_what_is_misread_comes_first_with_what_was_asked(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    activities = Activities(Lessons())
    activity = activities.start(lesson.id, write.KIND, Task((3, 7, 9)).settings, by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    page = open_page("join")
    for digit in (3, 1, 9):  # a 1 where a 7 is asked
        page = press(drawn(page, digit), "Hand in")
    sits(monkeypatch, "")
    board = press(open_page("class"), "Reveal")
    assert "Everybody writes 3, 7 and 9" in headers(board) and "Most often misread: 7 as 1 (1)." in said(board)
    tiles = next(one for one in shown(board).split("\n") if "Drawings of the class" in one)
    assert "asked 7, read as 1" in tiles
    assert tiles.index("read as a 1") < tiles.index("read as a 9") < tiles.index("read as a 3")
    activities.close(activity.id, by=COMMAND_LINE)
    Lessons().end(lesson.id, by=COMMAND_LINE)
    assert "Write: 3, 7 and 9" in [one.label for one in open_page("class", lesson=str(lesson.id)).expander]


def test_a_new_digit_has_nothing_to_redo(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    joined(lesson)
    Activities(Lessons()).start(lesson.id, write.KIND, Task((7, 3)).settings, by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    page = press(drawn(open_page("join"), 7), "Hand in")
    assert "Write a 3" in headers(page)
    assert [one.disabled for one in page.button if one.label in ("Undo", "Redo", "Clear")] == [True] * 3


def test_nothing_drawn_is_said_and_can_be_tried_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    Activities(Lessons()).start(lesson.id, write.KIND, Task((7,)).settings, by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    page = press(open_page("join"), "Hand in")
    assert "Nothing is drawn" in said(page) and "Write a 7" in headers(page)


def test_eyes_up_holds_a_pupil_up(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> None:
    joined(lesson)
    Activities(Lessons()).start(lesson.id, write.KIND, Task((7,)).settings, by=COMMAND_LINE)
    sits(monkeypatch, "")
    press(open_page("class"), "Eyes up")
    sits(monkeypatch, ADA)
    page = open_page("join")
    assert "Eyes up!" in headers(page) and "Hand in" not in [one.label for one in page.button]


def test_bets_stay_hidden_until_they_are_revealed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    joined(lesson, BOB, "Red Owl")
    activities = Activities(Lessons())
    question = Question("Which model wins?", ("A", "B"), answer=1)
    activity = activities.start(lesson.id, bet.KIND, question.settings, by=COMMAND_LINE)
    bet.hand_in(activities, activity.id, 1, by=PUPILS[BOB])
    sits(monkeypatch, ADA)
    page = open_page("join")
    page.radio[0].set_value(0)
    page = press(page, "Hand in")
    assert "Handed in: “A”." in said(page)
    sits(monkeypatch, "")
    board = open_page("class")
    assert [metric.value for metric in board.metric] == ["2"] and "Red Owl" not in said(board)
    board = press(board, "Reveal")
    assert "**Right: Red Owl.**" in said(board) and "✓" in shown(board)
    sits(monkeypatch, ADA)
    assert "You said **“A”**." in said(open_page("join"))


def test_a_bet_of_a_plan_is_settled_with_decimals_and_the_page_goes_on(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    activities = Activities(Lessons())
    (step,) = [one for one in plans.load("1-seeing").steps if one.kind == bet.KIND]
    activity = activities.start(lesson.id, bet.KIND, plans.settings_of(step), by=COMMAND_LINE)
    sits(monkeypatch, ADA)
    page = open_page("join")
    page.number_input[0].set_value(97.5)
    assert "Handed in: 97\\.5" in said(press(page, "Hand in"))
    sits(monkeypatch, "")
    board = press(open_page("class"), "Reveal")
    next(one for one in board.number_input if one.label.startswith("Right answer")).set_value(99.3)
    board = press(board, "Say so to all")
    assert Question.of(activities.activity(activity.id)).answer == 99.3
    for page in (board, checked(board.run()), open_page("class")):
        assert "It was **99\\.3" in said(page) and "Nearest: Blue Fox" in said(page)
    sits(monkeypatch, ADA)
    assert "You said **97\\.5" in said(open_page("join"))


def test_names_and_questions_put_no_markup_on_a_page(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson, ADA, "<img src=x>")
    joined(lesson, BOB, "[a](http://x)")
    activities = Activities(Lessons())
    question = Question("**Bold** <b>?", ("<i>x</i>", "`b`"), answer=0)
    activity = activities.start(lesson.id, bet.KIND, question.settings, by=COMMAND_LINE)
    for owner in (ADA, BOB):
        bet.hand_in(activities, activity.id, 0, by=PUPILS[owner])
    activities.reveal(activity.id, by=COMMAND_LINE)
    sits(monkeypatch, "")
    board = open_page("class")
    words = said(board) + "\n".join(headers(board))
    assert "<img" not in words.replace(r"\<img", "") and "[a](" not in words and "**Bold**" not in words
    assert "<i>x" not in shown(board) and "&lt;i&gt;x" in shown(board)


def test_a_lesson_is_ended_taken_up_and_deleted(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    sits(monkeypatch, "")
    page = press(open_page("class"), "End it now")
    assert "This lesson has ended." in said(page)
    sits(monkeypatch, ADA)
    assert any(one.label == "Code on the board" for one in open_page("join").text_input)
    sits(monkeypatch, "")
    page = press(open_page("class", lesson=str(lesson.id)), "Take it up again")
    assert Lessons().lesson(lesson.id).is_open
    Lessons().end(lesson.id, by=COMMAND_LINE)
    press(open_page("class", lesson=str(lesson.id)), "Delete the lesson")
    assert Lessons().all(by=COMMAND_LINE) == []
    press(open_page("class"), "Undo")
    assert [one.id for one in Lessons().all(by=COMMAND_LINE)] == [lesson.id]


def test_a_pupil_may_rename_and_delete_themselves(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    sits(monkeypatch, ADA)
    page: Any = open_page("join")
    next(one for one in page.text_input if one.label == "Another name").set_value("Silver Yak")
    page = press(page, "Rename me")
    assert "You are **Silver Yak**" in said(page)
    press(page, "Delete mine and leave")
    assert Lessons().members(lesson.id, by=COMMAND_LINE) == []


# --- Pages that are locked, and the way back -------------------------------------------------------------------------

PAGES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models")
TOGETHER = "Your teacher keeps the class together for now."


def links(page: AppTest) -> list[str]:
    return [str(link.proto.label) for link in page.get("page_link")]


@pytest.mark.parametrize("name", PAGES)
def test_whoever_is_kept_together_sees_a_sentence_and_the_way_back_and_no_more(
    name: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    sits(monkeypatch, "")
    press(open_page("class"), "Lock pages")
    sits(monkeypatch, ADA)
    page = open_page(name)
    assert TOGETHER in said(page) and links(page) == ["Back to the lesson"]
    assert not page.button and not page.header and not page.text_input
    assert [one.key for one in page.selectbox] == ["lang-choice"]
    sits(monkeypatch, BOB)
    assert TOGETHER not in said(open_page("draw")), "who takes no part is not held"


def test_a_pupil_who_is_kept_together_starts_nothing_from_a_page_that_is_still_open(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson, engine: PretendedEngine
) -> None:
    joined(lesson)
    sits(monkeypatch, ADA)
    page = open_page("train")
    Lessons().lock(lesson.id, True, by=COMMAND_LINE)
    held = taking_part.lesson_of(Actor(ADA))
    assert held and held.locked
    # What was drawn before shows its page on.
    monkeypatch.setattr(taking_part, "lesson_of", lambda by: held if by == Actor(ADA) else None)
    page = press(page, "Start")
    assert "Your teacher keeps the class together for now; go back to the lesson." in said(page)
    assert not run_folders.all_runs()


def test_unlocked_all_is_as_before_and_the_teacher_is_never_held(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    Lessons().lock(lesson.id, True, by=COMMAND_LINE)
    sits(monkeypatch, "")
    assert "Back to the lesson" not in links(open_page("draw")) and TOGETHER not in said(open_page("draw"))
    press(open_page("class"), "Unlock pages")
    sits(monkeypatch, ADA)
    page = open_page("draw")
    assert TOGETHER not in said(page) and "Back to the lesson" in links(page) and "Train" in links(page)


def test_the_way_back_is_for_those_who_take_part_as_long_as_it_goes_on(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    sits(monkeypatch, BOB)
    assert "Back to the lesson" not in links(open_page("explore"))
    sits(monkeypatch, ADA)
    assert "Back to the lesson" in links(open_page("explore"))
    assert "Back to the lesson" not in links(open_page("join"))
    Lessons().end(lesson.id, by=COMMAND_LINE)
    assert "Back to the lesson" not in links(open_page("explore"))


# --- Who is here -----------------------------------------------------------------------------------------------------


def people_tiles(page: AppTest) -> str:
    sent = [json.loads(one.proto.json or one.proto.mixed.json or "{}") for one in page.get("bidi_component")]
    return next(str(one["html"]) for one in sent if "Who takes part" in one.get("html", ""))


def orders(page: AppTest) -> list[str]:
    return [option.content for group in page.button_group if group.label == "Order" for option in group.proto.options]


def test_who_is_here_gives_no_answer_away_before_it_is_revealed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    joined(lesson)
    activities = Activities(Lessons())
    activity = activities.start(lesson.id, write.KIND, Task((4,)).settings, by=COMMAND_LINE)
    strokes = strokes_from_keys(EXAMPLES[7])
    write.hand_in(activities, activity.id, strokes, state.classifier(Task((4,)).model), by=PUPILS[ADA])
    sits(monkeypatch, "")
    hidden = open_page("class")
    assert "Blue Fox" in people_tiles(hidden) and "data:image/svg" in people_tiles(hidden)
    assert "✗" not in people_tiles(hidden) and orders(hidden) == ["as they came", "idle first"]
    shown = press(hidden, "Reveal")
    assert "✗" in people_tiles(shown) and orders(shown)[-1] == "misread first"
    order = next(group for group in shown.button_group if group.label == "Order")
    again = press(checked(order.set_value("wrong").run()), "Hide again")
    assert "✗" not in people_tiles(again) and orders(again) == ["as they came", "idle first"]


def test_the_teacher_hears_before_the_lab_is_full_and_a_pupil_why_there_is_no_room(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lesson: Lesson
) -> None:
    monkeypatch.setattr(devices, "EASY_A_PROCESSOR", 1)
    monkeypatch.setattr(devices, "MOST_A_PROCESSOR", 3)
    monkeypatch.setattr(devices, "_processors", lambda: 1)
    sits(monkeypatch, "")
    joined(lesson)
    assert "slow while it trains" not in said(open_page("class"))
    joined(lesson, BOB, "Red Owl")
    assert "More than 1 devices make this computer slow while it trains; 2 take part now." in said(open_page("class"))
    Lessons().join(lesson.code, by=Actor("c" * 16, "203.0.113.5"))
    assert "The lab is full: 3 devices take part. Nobody else can join" in said(open_page("class"))
    sits(monkeypatch, "d" * 16)
    assert "The lab is full: 3 devices take part, and more would" in said(
        press(open_page("join", code=lesson.code), "Join")
    )
