"""What is kept of a class whose names look like markup and formulas: a copy, a report, and a page to take home."""

import csv
import io
import zipfile

import pytest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.classroom import archive, bet, records
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.errors import InputError
from mnist_core.files.csv_text import is_formula
from mnist_core.presentation.report import render
from tests.hostile.names import NAMES

PEOPLE = {name: Actor(f"{number:016x}", "203.0.113.5") for number, name in enumerate(NAMES, 1)}


@pytest.fixture
def ended() -> tuple[Activities, Lesson]:
    """Each has bet what its name says, in a lesson of such a title; it has ended."""
    quotas.forget()
    activities = Activities(Lessons())
    lesson = activities.lessons.begin(NAMES[0], by=COMMAND_LINE)
    for name, actor in PEOPLE.items():
        activities.lessons.join(lesson.code, name, by=actor)
    for name, actor in PEOPLE.items():
        question = Question(name, (name, "other"), answer=0)
        activity = activities.start(lesson.id, bet.KIND, question.settings, by=COMMAND_LINE)
        bet.hand_in(activities, activity.id, 0, by=actor)
    activities.lessons.end(lesson.id, by=COMMAND_LINE)
    return activities, activities.lessons.lesson(lesson.id)


def is_harmless(page: str) -> bool:
    """Of a page to take home: none of the names is more than letters."""
    made = ("<img src=x", "<!-- a -->", 'href="http://evil', 'href="mailto', "<em>i</em>", "<blockquote", "<b>&")
    return not [one for one in made if one in page]


def test_a_copy_runs_nothing_computes_nothing_and_leads_nowhere(ended: tuple[Activities, Lesson]) -> None:
    activities, lesson = ended
    with zipfile.ZipFile(io.BytesIO(archive.make(activities, lesson.id, True, by=COMMAND_LINE))) as found:
        files = {name: found.read(name) for name in found.namelist()}
    rows = list(csv.DictReader(io.StringIO(files["answers.csv"].decode())))
    assert [row["name"].removeprefix("'") for row in rows] == list(NAMES)
    assert not [cell for row in rows for cell in row.values() if is_formula(cell)]
    pdf = files["lesson.pdf"]
    assert not [one for one in (b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction") if one in pdf]
    assert all(not name.startswith(("/", "..")) and "evil" not in name for name in files)


def test_a_page_to_take_home_holds_letters(ended: tuple[Activities, Lesson]) -> None:
    activities, lesson = ended
    for actor in PEOPLE.values():
        page = render(records.of_one(activities, lesson.id, by=actor), "html").decode()
        assert is_harmless(page)
    assert not is_harmless('<a href="http://evil.ex">')


@pytest.mark.parametrize("name", ["a\u202eb", "a\u2066b", "a\u200bb", "a\nb\0", "\ufeff", "a\ud800b"])
def test_what_turns_or_hides_letters_is_no_name(name: str) -> None:
    lesson = Lessons().begin("", by=COMMAND_LINE)
    with pytest.raises(InputError, match="cannot be used"):
        Lessons().join(lesson.code, name, by=Actor("a" * 16, "203.0.113.5"))
