"""Lessons that nobody has wiped go by themselves."""

import time
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.classroom.lessons import KEPT_DAYS, Lessons
from mnist_core.classroom.tables import LESSONS
from mnist_core.ui.server.forgetting import forget_old_lessons


def test_old_lessons_go_and_others_stay() -> None:
    lessons = Lessons()
    old, new = (lessons.begin(title, by=COMMAND_LINE) for title in ("old", "new"))
    with lessons.database.writing() as connection:
        began = time.time() - (KEPT_DAYS + 1) * 24 * 3600
        connection.execute(LESSONS.update().where(LESSONS.c.id == old.id).values(began=began))
    forget_old_lessons()
    assert [lesson.id for lesson in lessons.all(by=COMMAND_LINE)] == [new.id]


def test_it_makes_no_database_and_a_bad_one_is_no_matter(
    temporary_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_old_lessons()
    assert not (temporary_home / "collection.sqlite").exists()
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}")
    forget_old_lessons()
