"""Where the drawings are kept: what goes wrong with a database is one sentence, and what is not ours is left alone."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.data.collection.store import Collection
from mnist_core.database import faults
from mnist_core.database.connection import Database, reason
from mnist_core.errors import InputError, LabError
from tests.support.disks import read_only

DAMAGED = r"^The database of the drawings, collection\.sqlite, is damaged, and the lab leaves it as it is; put an"


def test_another_database_is_named_by_the_environment(
    tmp_path: Path, temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}/elsewhere/ours.sqlite")
    Database().version()
    assert (tmp_path / "elsewhere" / "ours.sqlite").exists()
    assert not temporary_home.exists()


def test_the_home_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a b", "50%20", "what?", "ü#@:"):
        monkeypatch.setenv("MNIST_HOME", str(tmp_path / name))
        Database().version()
        assert (tmp_path / name / "collection.sqlite").exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("digits", "not the URL of a database"),
        ("postgresql://lab:s3cret@host:port/digits", "not the URL of a database"),
        ("http://lab:s3cret@host/digits", "kind of database that is not known"),
        ("postgresql+chalk://lab:s3cret@host/digits", "kind of database that is not known"),
        ("oracle://lab:s3cret@host/digits", "needs the Python package"),
        ("sqlite://lab:s3cret@host/digits.sqlite", "option that its database does not know"),
        ("sqlite:///:memory:", "in memory, which forgets everything"),
        ("sqlite://", "in memory, which forgets everything"),
    ],
)
def test_a_wrong_url_is_one_sentence_without_the_password(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DATABASE", url)
    with pytest.raises(InputError, match=sentence) as caught:
        Database()
    assert "s3cret" not in str(caught.value) and "\n" not in str(caught.value)


def test_what_a_driver_quotes_is_shown_on_one_line_without_the_password() -> None:
    for place in ("postgresql://lab:s3%20cret@host/digits", "postgresql://host/digits?password=s3+cret"):
        quoted = OperationalError("SELECT 1", {}, Exception("cannot connect:\n  user=lab password=s3 cret\n"))
        assert reason(quoted, make_url(place)) == "cannot connect: user=lab password=…"
    long = OperationalError("SELECT 1", {}, Exception("no " * 1000))
    assert len(reason(long, make_url("sqlite:///x"))) < 310


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "file"))
    with pytest.raises(LabError, match=rf"^{faults.WHAT}: something else lies where a file"):
        Database().version()
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}")
    with pytest.raises(LabError, match=rf"^{faults.WHAT}: something else lies where a file"):
        Database().version()


def test_what_a_database_raises_is_logged_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="mnist_core")
    monkeypatch.setenv("MNIST_DATABASE", f"sqlite:///{tmp_path}")
    with pytest.raises(LabError):
        Database().version()
    assert "OperationalError: unable to open" in caplog.text and 'File "' in caplog.text
    caplog.clear()
    monkeypatch.setenv("MNIST_DATABASE", "sqlite://lab:s3cret@host/digits.sqlite")
    with pytest.raises(InputError):
        Database()
    assert "ArgumentError: Invalid SQLite URL" in caplog.text and "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "content", [b"This is a letter, not a database. " * 100, b"SQLite format 3\0" + b"\xff" * 8000]
)
def test_a_file_that_is_no_database_is_said_and_left_alone(temporary_home: Path, content: bytes) -> None:
    temporary_home.mkdir()
    (temporary_home / "collection.sqlite").write_bytes(content)
    for use in (Collection().count, partial(Collection().clear, by=COMMAND_LINE), Collection().version):
        with pytest.raises(LabError, match=DAMAGED) as refused:
            use()
        assert refused.value.place == temporary_home / "collection.sqlite"
    assert (temporary_home / "collection.sqlite").read_bytes() == content


def test_a_database_of_something_else_is_left_alone(temporary_home: Path) -> None:
    temporary_home.mkdir()
    with sqlite3.connect(temporary_home / "collection.sqlite") as other:
        other.execute("CREATE TABLE letters (id INTEGER)")
    with pytest.raises(LabError, match="database of another program"):
        Database().version()
    names = sqlite3.connect(temporary_home / "collection.sqlite").execute("SELECT name FROM sqlite_master").fetchall()
    assert names == [("letters",)]


def test_a_read_only_disk_and_a_full_one_are_said(tmp_path: Path, temporary_home: Path) -> None:
    Database().version()
    with read_only(temporary_home), pytest.raises(LabError, match=rf"^{faults.WHAT}: its disk can only be read; let"):
        Database().version()
    full = DBAPIError("INSERT", {}, _sqlite_error(sqlite3.SQLITE_FULL))
    assert str(faults.explained(full, tmp_path / "x.sqlite", "sqlite")) == (
        f"{faults.WHAT}: the disk is full; free space, then try again."
    )


def _sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = code
    return error


def test_a_server_that_does_not_answer_is_said_without_its_words() -> None:
    gone = OperationalError("SELECT 1", {}, Exception("connection to 10.0.0.7 failed: s3cret"))
    assert str(faults.explained(gone, None, "postgresql")) == (
        f"{faults.WHAT}: the postgresql database cannot be used; check that it runs, can be reached, and is the one "
        "that $MNIST_DATABASE names."
    )
