"""What the lab tells of the data of children is true, sentence by sentence."""

import gzip
import inspect
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core.access.actor import NotYoursError
from mnist_core.classroom import archive, passes, promises, tune
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import KEPT_DAYS, WIPED_HOURS, Lesson, Lessons
from mnist_core.classroom.tables import ACTIVITIES, ENTRIES, MEMBERS
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.environment import home
from mnist_core.presentation import paper
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.ui.server import pass_door
from tests.classroom.class_of_two import ADAS_NAME, taught
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_tune import PUPILS, started, written
from tests.conftest import PretendedEngine, simple_images

HOUR = 3600.0


def names_are_made_up() -> None:
    lessons = Lessons()
    lesson = lessons.begin("", by=TEACHER)
    assert lessons.join(lesson.code, by=ADA).name
    assert set(inspect.signature(Lessons.join).parameters) == {"self", "code", "name", "by"}


def nothing_else_is_kept() -> None:
    told = {"content", "made", "name", "joined", "seen", "owner"}
    of_the_lab = {"id", "activity", "member", "struck", "lesson", "removed"}
    assert {column.name for table in (ENTRIES, MEMBERS) for column in table.c} == told | of_the_lab
    assert "owner" not in ACTIVITIES.c


def it_stays_on_this_computer() -> None:
    taught()  # the tests of the lab fail where anything asks another machine
    assert Lessons().database.file == home() / "collection.sqlite"


def others_see_nothing() -> None:
    activities, lesson = taught()
    writing, betting = activities.of_lesson(lesson.id, by=TEACHER)
    for activity in (writing, betting):
        seen = activities.entries(activity.id, by=BOB)
        assert seen and all(entry.name != ADAS_NAME for entry in seen)
        assert len(activities.entries(activity.id, by=TEACHER)) == 2 * len(seen)


def the_model_learns_nothing() -> None:
    model = run_folders.find(run_folders.SHIPPED_MODEL).model_path
    before = model.read_bytes()
    taught()
    assert model.read_bytes() == before
    assert Collection().count() == 0


def a_tuned_model_knows_no_names() -> None:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("", by=TEACHER)
    for number, pupil in enumerate(PUPILS):
        activities.lessons.join(lesson.code, f"Pupil {number}", by=pupil)
    written(activities, lesson)
    activity, _ = started(activities, lesson)
    data = Dataset("simple", *simple_images(60, 0), *simple_images(20, 1), source="made by the tests")
    run = tune.begin(activities, activity.id, PretendedEngine(), data, by=TEACHER)
    kept = b"".join(map(content_of, files(run)))
    assert b"Pupil" not in kept and not [pupil for pupil in PUPILS if pupil.owner.encode() in kept]
    with pytest.raises(NotYoursError):
        trash.delete(run, by=PUPILS[0])
    trash.delete(run, by=TEACHER)


def content_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def files(run: Run) -> list[Path]:
    return [path for path in run.folder.rglob("*") if path.is_file()]


def a_cookie_is_a_random_word() -> None:
    given = passes.browser_pass()
    assert re.fullmatch("[0-9a-f]{16}", passes.owner_of(given)) and passes.owner_of(passes.browser_pass()) != ""
    cookie = pass_door._cookie({"scheme": "http"}, passes.BROWSER_COOKIE, given)
    assert f"Max-Age={passes.KEPT_DAYS * 24 * 3600};" in cookie
    assert any(str(passes.KEPT_DAYS) in one.pupil for one in promises.promises() if one.name == "cookie")


def left(activities: Activities, lesson: Lesson) -> int:
    with activities.lessons.database.reading() as connection:
        return sum(len(connection.execute(table.select()).all()) for table in (ENTRIES, MEMBERS))


def everybody_can_delete_their_own() -> None:
    for ended in (False, True):
        activities, lesson = taught()
        if not ended:
            activities.lessons.go_on(lesson.id, by=TEACHER)
        found = activities.lessons.own_ended(by=ADA) if ended else activities.lessons.own(ADA)
        assert found
        before = left(activities, lesson)
        activities.lessons.leave(found[1].id, by=ADA)
        assert left(activities, lesson) == before - 4, "her name, two drawings and a bet"


def lessons_go() -> None:
    activities, lesson = taught()
    lessons = activities.lessons
    assert lessons.wipe_old(time.time() + KEPT_DAYS * 24 * HOUR - HOUR) == 0
    lessons.wipe(lesson.id, by=TEACHER)
    assert lessons.all(by=TEACHER) == [] and left(activities, lesson)
    lessons.bring_back(lesson.id, time.time() + WIPED_HOURS * HOUR - HOUR, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    assert lessons.wipe_old(time.time() + WIPED_HOURS * HOUR + 1) == 1 and not left(activities, lesson)
    activities, lesson = taught()
    assert lessons.wipe_old(time.time() + KEPT_DAYS * 24 * HOUR + 1) == 1 and not left(activities, lesson)


def the_teacher_may_copy_it() -> None:
    activities, lesson = taught()
    with_names, without = (archive.make(activities, lesson.id, names, by=TEACHER) for names in (True, False))
    assert with_names != without


TRUE_BECAUSE: dict[str, Callable[[], None]] = {
    "names": names_are_made_up,
    "kept": nothing_else_is_kept,
    "where": it_stays_on_this_computer,
    "seen": others_see_nothing,
    "model": the_model_learns_nothing,
    "tune": a_tuned_model_knows_no_names,
    "cookie": a_cookie_is_a_random_word,
    "own": everybody_can_delete_their_own,
    "until": lessons_go,
    "copies": the_teacher_may_copy_it,
}


@pytest.mark.parametrize("name", TRUE_BECAUSE)
def test_a_promise_is_true(name: str) -> None:
    TRUE_BECAUSE[name]()


def test_each_promise_has_a_test() -> None:
    assert [one.name for one in promises.promises()] == list(TRUE_BECAUSE)


def test_a_database_elsewhere_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DATABASE", "postgresql+psycopg://lab:secret@db.school.test/lab")
    (where,) = [one for one in promises.promises() if one.name == "where"]
    assert "database that your school has chosen" in where.pupil and "secret" not in where.pupil


def test_a_letter_has_every_promise_and_fits_a_page() -> None:
    text = promises.letter_text()
    assert all(one.parents in text for one in promises.promises())
    made = paper.render(promises.letter())
    assert made.startswith(b"%PDF") and made == paper.render(promises.letter())
    assert paper.picture(promises.letter(), 40).startswith(b"\x89PNG")
