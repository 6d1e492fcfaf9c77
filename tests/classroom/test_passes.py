"""Who has the teacher's link is the teacher, and nobody can make such a cookie."""

import json
import stat
from pathlib import Path

import pytest
from itsdangerous import TimestampSigner

from mnist_core.classroom import passes
from mnist_core.classroom.passes import FILE, KEPT_DAYS
from tests.support.disks import read_only


@pytest.fixture(autouse=True)
def home(temporary_home: Path) -> Path:
    temporary_home.mkdir()
    return temporary_home


def test_the_token_is_long_kept_and_its_owners_alone(home: Path) -> None:
    token = passes.token()
    assert len(token) >= 43 and token == passes.token()
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert passes.is_token(token)
    assert not any(map(passes.is_token, ("", token[:-1], token + "a", token.swapcase(), "ü", "a" * 1000)))


def test_a_pass_is_the_teachers_until_the_link_changes(home: Path) -> None:
    given = passes.teacher_pass()
    assert passes.is_teacher(given)
    values = json.loads((home / FILE).read_text())
    (home / FILE).unlink()
    assert not passes.is_teacher(given), "whoever deletes the file ends all passes"
    (home / FILE).write_text(json.dumps(values | {"token": "a" * 43}))
    assert not passes.is_teacher(given), "a new token ends them, too"


def test_what_was_changed_by_a_letter_or_made_for_another_use_is_no_pass() -> None:
    given, browser = passes.teacher_pass(), passes.browser_pass("0123456789abcdef")
    for place in range(0, len(given), 7):
        other = "A" if given[place] != "A" else "B"
        assert not passes.is_teacher(given[:place] + other + given[place + 1 :])
    assert not passes.is_teacher(browser) and not passes.owner_of(given)
    assert not any(map(passes.is_teacher, ("", "teacher", "a.b.c", "ü.ü.ü", "\0")))


def test_a_browser_is_the_same_person_by_its_pass() -> None:
    assert passes.owner_of(passes.browser_pass("0123456789abcdef")) == "0123456789abcdef"
    first, second = passes.owner_of(passes.browser_pass()), passes.owner_of(passes.browser_pass())
    assert len(first) == 16 and first != second
    assert passes.owner_of(passes.browser_pass("../../etc")) == ""


def test_a_pass_ends_after_a_school_year(monkeypatch: pytest.MonkeyPatch) -> None:
    given = passes.teacher_pass()
    now = TimestampSigner("key").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + KEPT_DAYS * 24 * 3600 + 60)
    assert not passes.is_teacher(given)


def test_without_a_token_no_link_and_no_pass_makes_a_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    given = passes.teacher_pass()
    monkeypatch.setenv(passes.NO_TOKEN, "1")
    assert passes.token() == "" and not passes.is_token("")
    assert not passes.is_teacher(given) and not passes.is_teacher(passes.teacher_pass())
    assert passes.owner_of(passes.browser_pass("0123456789abcdef")), "people stay who they are"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"token": 1, "key": 2}', '{"token": "short", "key": "short"}'])
def test_a_damaged_file_is_made_anew(home: Path, content: str) -> None:
    (home / FILE).write_text(content)
    token = passes.token()
    assert len(token) >= 43 and json.loads((home / FILE).read_text())["token"] == token


def test_in_a_home_that_can_only_be_read_the_link_holds_as_long_as_the_app(home: Path) -> None:
    with read_only(home):
        assert passes.is_token(passes.token()) and passes.is_teacher(passes.teacher_pass())
