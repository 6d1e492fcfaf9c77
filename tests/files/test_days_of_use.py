import time
from pathlib import Path

import pytest

from mnist_core.files import days_of_use


def on(date: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(time, "strftime", lambda *_: date)
    return days_of_use.today()


def test_a_date_counts_once(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary_home.mkdir()
    assert [on(date, monkeypatch) for date in ("2026-11-26", "2026-11-26", "2026-11-27")] == [1, 1, 2]


def test_a_clock_that_jumps_there_and_back_counts_a_day_at_most(
    temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary_home.mkdir()
    dates = ("2026-11-26", "2026-12-04", "2026-11-26", "2026-12-04", "1970-01-01")
    assert [on(date, monkeypatch) for date in dates] == [1, 2, 2, 2, 3]


def test_what_is_deleted_stays_for_seven_days_of_use() -> None:
    assert [days_of_use.days_left(10, now) for now in (10, 11, 16, 17, 50)] == [7, 6, 1, 0, 0]
    assert [days_of_use.expired(10, now) for now in (10, 16, 17)] == [False, False, True]


@pytest.mark.parametrize("content", ["", "[]", '{"number": "x"}', '{"number": -9, "dates": []}', '{"format": 99}'])
def test_a_count_that_is_lost_keeps_things_longer(
    temporary_home: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary_home.mkdir()
    (temporary_home / "days.json").write_text(content)
    assert days_of_use.days_left(20) == 7
    assert on("2031-01-01", monkeypatch) <= 2


def test_a_home_that_is_not_there_is_not_made(temporary_home: Path) -> None:
    assert days_of_use.today() == 1
    assert not temporary_home.exists()
