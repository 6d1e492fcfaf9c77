"""A question to all, whose answers nobody sees before they are revealed."""

from typing import Any

import pytest

from mnist_core.access.actor import NotYoursError
from mnist_core.classroom import bet
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.bet import Question
from mnist_core.errors import InputError
from mnist_core.language import speaking
from tests.classroom.test_lessons import ADA, BOB, TEACHER

ACCURACY = Question("How many of 100?", unit="%")
WHICH = Question("Which?", ("A", "B", "C"))


def asked(activities: Activities, question: Question) -> Activity:
    lesson = activities.lessons.begin("", by=TEACHER)
    for pupil in (ADA, BOB):
        activities.lessons.join(lesson.code, by=pupil)
    return activities.start(lesson.id, bet.KIND, question.settings, by=TEACHER)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 201},
        {"text": "a\0"},
        {"text": "q", "options": ("one",)},
        {"text": "q", "options": ("same", "same")},
        {"text": "q", "options": ("a", "b" * 41)},
        {"text": "q", "options": tuple(map(str, range(12)))},
        {"text": "q", "least": 5.0, "most": 5.0},
        {"text": "q", "answer": 101.0},
        {"text": "q", "options": ("a", "b"), "answer": 2},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Question(**wrong)


@pytest.mark.parametrize("question", [ACCURACY, WHICH, Question("What is it?", ("0", "1"), image=(0,) * 784, answer=1)])
def test_a_question_comes_back_from_the_database(activities: Activities, question: Question) -> None:
    assert Question.of(activities.activity(asked(activities, question).id)) == question


def test_the_last_answer_counts_and_is_ones_own_to_see(activities: Activities) -> None:
    activity = asked(activities, ACCURACY)
    bet.hand_in(activities, activity.id, 90, by=ADA)
    assert bet.hand_in(activities, activity.id, 97.456, by=ADA) == 97.46
    assert bet.own(activities, activity.id, by=ADA) == 97.46
    assert bet.own(activities, activity.id, by=BOB) is None
    assert len(activities.entries(activity.id, by=TEACHER)) == 1


@pytest.mark.parametrize(
    ("question", "value"),
    [(ACCURACY, -1), (ACCURACY, 101), (ACCURACY, float("nan")), (ACCURACY, "7"), (WHICH, 3), (WHICH, 0.5), (WHICH, -1)],
)
def test_what_is_no_answer_is_refused(activities: Activities, question: Question, value: Any) -> None:
    activity = asked(activities, question)
    with pytest.raises(InputError):
        bet.hand_in(activities, activity.id, value, by=ADA)
    assert bet.own(activities, activity.id, by=ADA) is None


def test_nobody_bets_once_the_answers_are_shown(activities: Activities) -> None:
    activity = asked(activities, WHICH)
    activities.reveal(activity.id, by=TEACHER)
    with pytest.raises(InputError, match="nobody bets now"):
        bet.hand_in(activities, activity.id, 1, by=ADA)
    with pytest.raises(NotYoursError):
        activities.settle(activity.id, {}, by=ADA)


def test_options_are_counted_and_who_was_right_is_named(activities: Activities) -> None:
    activity = asked(activities, Question("Which?", ("A", "B", "C"), answer=2))
    bet.hand_in(activities, activity.id, 2, by=ADA)
    bet.hand_in(activities, activity.id, 0, by=BOB)
    question, entries = Question.of(activity), activities.entries(activity.id, by=TEACHER)
    assert bet.distribution(question, entries) == [("A", 1), ("B", 0), ("C", 1)]
    (winner,) = bet.nearest(question, entries)
    assert winner.content == {"value": 2}
    assert bet.nearest(Question("Which?", ("A", "B", "C"), answer=1), entries) == []


def test_numbers_are_counted_in_steps_and_the_nearest_wins(activities: Activities) -> None:
    activity = asked(activities, ACCURACY)
    bet.hand_in(activities, activity.id, 80, by=ADA)
    entries = activities.entries(activity.id, by=TEACHER)
    assert bet.distribution(ACCURACY, []) == [] and bet.distribution(ACCURACY, entries) == [("80\xa0%", 1)]
    bet.hand_in(activities, activity.id, 99, by=BOB)
    entries = activities.entries(activity.id, by=TEACHER)
    rows = bet.distribution(ACCURACY, entries)
    assert rows[0] == ("80\xa0% – 82\xa0%", 1) and rows[-1] == ("98\xa0% – 100\xa0%", 1) and len(rows) == 10
    assert sum(number for _, number in rows) == 2
    settled = Question("How many of 100?", unit="%", answer=90.0)
    assert [entry.content["value"] for entry in bet.nearest(settled, entries)] == [99.0]
    assert bet.nearest(ACCURACY, entries) == [], "nothing decides it yet"


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((70, 85, 97), ["70 – 75", "75 – 80", "80 – 85", "85 – 90", "90 – 95", "95 – 100"]),
        ((0, 100), [f"{place} – {place + 10}" for place in range(0, 100, 10)]),
        ((0.1, 0.3), ["0.1 – 0.12", "0.12 – 0.14", *[f"0.{n} – 0.{n + 2}" for n in (14, 16)], "0.18 – 0.2"]),
        ((99.3, 99.31), ["99.3 – 99.31"]),
    ],
)
def test_steps_end_at_round_numbers(values: tuple[float, ...], ends: list[str]) -> None:
    entries = [Entry(0, 0, 0, {"value": value}, 0.0, False, "") for value in values]
    rows = bet.distribution(Question("How many?"), entries)
    assert [words for words, _ in rows][: len(ends)] == ends and len(rows) <= bet.BINS
    assert sum(number for _, number in rows) == len(values)


def test_a_plan_may_write_whole_numbers_and_the_answer_keeps_its_decimals(activities: Activities) -> None:
    asked_so = {**ACCURACY.settings, "least": 0, "most": 100, "answer": 99}
    lesson = activities.lessons.begin("", by=TEACHER)
    question = Question.of(activities.start(lesson.id, bet.KIND, asked_so, by=TEACHER))
    assert {type(one) for one in (question.least, question.most, question.answer)} == {float}
    assert question.check(99.3) == 99.3 and question.words(22.5) == "22.5\xa0%"


def test_an_answer_within_a_sentence_has_no_full_stop_of_its_own() -> None:
    question = Question("How?", ("Somebody wrote rules.", "It learned."), answer=1)
    assert question.quoted(0) == "“Somebody wrote rules”" and question.words(0) == "Somebody wrote rules."
    with speaking("de"):
        assert question.quoted(1) == "„It learned“"
        assert Question("Wie viele?", unit="%").quoted(99.3) == "99,3\xa0%"


def test_shares_are_points_apart() -> None:
    assert Question("How many?", unit="%", answer=99.3).away(96) == "3.3 points"
    assert Question("How far?", unit="°", answer=40.0).away(55) == "15\xa0°"
