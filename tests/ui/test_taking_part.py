"""Each page asks whether its browser takes part in a lesson, at no cost where there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.classroom.lessons import Lessons
from mnist_core.ui import taking_part
from tests.support.paths import ROOT

ADA = Actor("a" * 16, "203.0.113.2")


def test_it_is_the_open_lesson_of_a_pupil() -> None:
    lesson = Lessons().begin("", by=COMMAND_LINE)
    assert taking_part.lesson_of(ADA) is None
    Lessons().join(lesson.code, by=ADA)
    assert taking_part.lesson_of(ADA) == Lessons().lesson(lesson.id)
    assert taking_part.lesson_of(Actor(ADA.owner, teaches=True)) is None, "the teacher leads it"
    assert not taking_part.is_held(ADA.owner)
    Lessons().lock(lesson.id, True, by=COMMAND_LINE)
    assert taking_part.is_held(ADA.owner) and not taking_part.is_held("b" * 16)
    Lessons().end(lesson.id, by=COMMAND_LINE)
    assert taking_part.lesson_of(ADA) is None and not taking_part.is_held(ADA.owner)


def test_where_nothing_was_kept_nothing_is_loaded_and_nothing_made(temporary_home: Path) -> None:
    program = (
        "import sys\nfrom mnist_core.access.actor import Actor\nfrom mnist_core.ui import taking_part\n"
        "print(taking_part.lesson_of(Actor('a' * 16)), 'sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None False" and not (temporary_home / "collection.sqlite").exists()


def test_a_database_that_cannot_be_asked_holds_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}/none.sqlite", "nonsense"):
        monkeypatch.setenv("MNIST_DATABASE", address)
        assert taking_part.lesson_of(ADA) is None
    assert not list(tmp_path.glob("*.sqlite"))
