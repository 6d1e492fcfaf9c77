"""What is kept of a lesson as a report: all of it for the teacher, their own for each pupil."""

import re

import pytest

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import bet, records
from mnist_core.classroom.bet import Question
from mnist_core.errors import InputError
from mnist_core.presentation.report import render
from mnist_core.presentation.report.blocks import Pictures, Report, Text
from tests.classroom.class_of_two import ADAS_NAME, BOBS_NAME, taught
from tests.classroom.test_lessons import ADA, BOB, TEACHER


def words(report: Report) -> str:
    return render(report, "html").decode()


def test_a_class_is_told_in_figures_and_pictures() -> None:
    activities, lesson = taught()
    report = records.of_class(activities, lesson.id, True, by=TEACHER)
    assert [(one.label, one.value) for one in report.headlines] == [
        ("People", "2"),
        ("Drawings", "4"),
        ("Answers", "2"),
    ]
    writing, betting = report.sections
    assert writing.title == "Write: 7 and 2" and betting.title == "Bet: How many of <100>?"
    (pictures,) = [block for block in writing.blocks if isinstance(block, Pictures)]
    assert len(pictures.images) == 4 and pictures.captions[0].startswith("=Blue Fox: 7, read as 7")
    assert Text("It was 97\xa0%.") in betting.blocks and Text("Nearest: =Blue Fox.") in betting.blocks


def test_names_and_questions_put_no_markup_into_a_report() -> None:
    activities, lesson = taught()
    page = words(records.of_class(activities, lesson.id, True, by=TEACHER))
    assert "<b>Red" not in page and "&lt;b&gt;Red #Owl*" in page and "<script" not in page
    assert render(records.of_class(activities, lesson.id, True, by=TEACHER), "pdf").startswith(b"%PDF")


def test_a_pupil_takes_home_their_own_alone() -> None:
    activities, lesson = taught()
    page = words(records.of_one(activities, lesson.id, by=ADA))
    assert ADAS_NAME in page and "Red #Owl" not in page and "50\xa0%" not in page
    assert "You said 95\xa0%." in page and "It was 97\xa0%." in page and "You were 2 points away from it." in page
    assert page.count("data:image/png") == 2


def test_the_page_asks_nobody_and_runs_nothing() -> None:
    activities, lesson = taught()
    page = words(records.of_one(activities, lesson.id, by=ADA))
    sources = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]*)""", page)
    assert sources and all(source.startswith("data:") for source in sources)
    assert "<script" not in page and "onload" not in page and "default-src 'none'" in page


@pytest.mark.parametrize("who", [Actor(), Actor("c" * 16), TEACHER])
def test_nobody_takes_home_what_is_anothers(who: Actor) -> None:
    activities, lesson = taught()
    with pytest.raises(NotYoursError):
        records.of_one(activities, lesson.id, by=who)
    if not who.in_charge:
        with pytest.raises(NotYoursError):
            records.of_class(activities, lesson.id, True, by=who)


def test_pupils_do_not_see_what_the_class_did() -> None:
    activities, lesson = taught()
    with pytest.raises(NotYoursError):
        records.of_class(activities, lesson.id, False, by=ADA)


def test_it_is_taken_home_once_the_lesson_has_ended() -> None:
    activities, lesson = taught()
    activities.lessons.go_on(lesson.id, by=TEACHER)
    with pytest.raises(InputError, match="still going on"):
        records.of_one(activities, lesson.id, by=BOB)


@pytest.mark.parametrize(("answer", "said"), [(1, "You were right."), (0, "It was “A”.")])
def test_a_bet_on_options_is_right_or_not(answer: int, said: str) -> None:
    question = Question("Which?", ("A", "B"), answer=answer)
    activities, lesson = taught()
    activities.lessons.go_on(lesson.id, by=TEACHER)
    activity = activities.start(lesson.id, bet.KIND, question.settings, by=TEACHER)
    bet.hand_in(activities, activity.id, 1, by=BOB)
    activities.lessons.end(lesson.id, by=TEACHER)
    page = words(records.of_one(activities, lesson.id, by=BOB))
    assert said in page and "away from it" not in page.partition("Bet: Which?")[2]
    assert BOBS_NAME not in page


def test_whoever_handed_nothing_in_has_a_page() -> None:
    activities, _ = taught()
    lesson = activities.lessons.begin("", by=TEACHER)
    activities.lessons.join(lesson.code, by=ADA)
    activities.start(lesson.id, bet.KIND, Question("Which?", ("A", "B")).settings, by=TEACHER)
    activities.lessons.end(lesson.id, by=TEACHER)
    assert "You handed nothing in." in words(records.of_one(activities, lesson.id, by=ADA))
