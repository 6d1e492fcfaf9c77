"""A lesson whose database is a server: many at once, and a server that is killed and comes back."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_core.access import quotas
from mnist_core.access.actor import Actor
from mnist_core.classroom import write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lessons
from mnist_core.classroom.write import Task
from mnist_core.database.connection import Database
from mnist_core.errors import LabError
from tests.classroom.test_lessons import TEACHER
from tests.support.postgresql import Server, server


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(autouse=True)
def database(running: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas.forget()
    monkeypatch.setenv("MNIST_DATABASE", running.url)


def test_several_processes_may_begin_at_once() -> None:
    command = "from mnist_core.database.connection import Database; print(Database().version())"
    begun = [
        subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [process.communicate(timeout=60) for process in begun]
    assert all(said for said, _ in ended) and len({said for said, _ in ended}) == 1, ended


def test_a_class_joins_and_hands_in_all_at_once() -> None:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("8b", by=TEACHER)
    pupils = [Actor(f"{number:016x}", "203.0.113.9") for number in range(30)]
    with ThreadPoolExecutor(8) as threads:
        names = {member.name for member in threads.map(lambda by: activities.lessons.join(lesson.code, by=by), pupils)}
        task = activities.start(lesson.id, write.KIND, Task((7,), 5).settings, by=TEACHER)
        list(threads.map(lambda by: activities.hand_in(task.id, {"by": by.owner}, by=by), pupils * 3))
    assert len(names) == 30
    handed_in = activities.entries(task.id, by=TEACHER)
    assert len(handed_in) == 90 and activities.lessons.changes()[lesson.id] == (30 + 1 + 90, 1)
    assert len(activities.latest(lesson.id, by=TEACHER)) == 30


def test_a_killed_server_is_a_sentence_and_then_it_goes_on(running: Server) -> None:
    lessons = Lessons()
    lesson = lessons.begin("9a", by=TEACHER)
    running.kill()
    with pytest.raises(LabError, match="the postgresql database cannot be used; check that it runs") as said:
        lessons.lesson(lesson.id)
    assert running.url not in str(said.value)
    running.start()
    assert lessons.lesson(lesson.id) == lesson
    assert Database().version()


def test_what_is_wiped_is_gone() -> None:
    lessons = Lessons()
    lesson = lessons.begin("10c", by=TEACHER)
    lessons.join(lesson.code, by=Actor("a" * 16))
    lessons.end(lesson.id, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    assert lesson.id not in [one.id for one in lessons.all(by=TEACHER)]
