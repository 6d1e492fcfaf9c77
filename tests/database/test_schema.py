"""The tables of the database come to be by steps, whatever release made those that are there."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.classroom import tables as _tables  # noqa: F401 - registers what it asks
from mnist_core.data.collection.store import Collection
from mnist_core.database import schema
from mnist_core.database.connection import TABLES, Database
from tests.conftest import simple_strokes

SAID: dict[str, Any] = {"digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}


def version(file: Path) -> str:
    return str(sqlite3.connect(file).execute(f"SELECT version_num FROM {schema.VERSIONS}").fetchone()[0])


def test_the_steps_lead_to_the_tables_that_the_lab_asks(temporary_home: Path) -> None:
    with Database().reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name != schema.VERSIONS}
        )
        assert compare_metadata(context, TABLES) == []


def test_the_last_step_is_named() -> None:
    assert ScriptDirectory.from_config(schema._alembic()).get_current_head() == schema.HEAD


def test_what_a_lab_without_steps_made_is_kept_and_brought_up_to_date(temporary_home: Path) -> None:
    number = Collection().add(simple_strokes(4), 4, session="before", **SAID)
    file = temporary_home / "collection.sqlite"
    with sqlite3.connect(file) as before:  # such as release 0.1.0 left it
        lessons = ("lab_entries", "lab_activities", "lab_members", "lab_lessons")
        for table in (schema.VERSIONS, *lessons, "lab_deleted_drawings", "lab_writer_owners"):
            before.execute(f"DROP TABLE {table}")
    assert Collection().has(number)
    assert Collection().delete_all(by=COMMAND_LINE) == 1
    assert version(file) == schema.HEAD


def test_what_a_newer_lab_has_added_is_left_alone(temporary_home: Path) -> None:
    Database().version()
    file = temporary_home / "collection.sqlite"
    with sqlite3.connect(file) as newer:
        newer.execute(f"UPDATE {schema.VERSIONS} SET version_num = '9999'")
    assert Collection().count() == 0
    assert version(file) == "9999"


def test_several_processes_may_begin_at_once(temporary_home: Path) -> None:
    command = "from mnist_core.database.connection import Database; print(Database().version())"
    begun = [
        subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ended = [process.communicate(timeout=60) for process in begun]
    assert len({said for said, _ in ended}) == 1, ended
    assert all(said for said, _ in ended), ended


@pytest.mark.parametrize("name", ["50% ours", "ü'\""])
def test_a_database_may_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / name))
    with Database().reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM lab_drawings")).scalar() == 0
