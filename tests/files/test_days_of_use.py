import time
from pathlib import Path
from unittest import mock

import pytest

from mnist_core.files import days_of_use, folders
from mnist_core.files.days_of_use import DaysOfUse


def on(moment: str, monkeypatch: pytest.MonkeyPatch) -> float:
    """Uses the lab on a date; returns noon of it."""
    noon = time.mktime(time.strptime(f"{moment} 12", "%Y-%m-%d %H"))
    monkeypatch.setattr(time, "time", lambda: noon)
    days_of_use.note()
    return noon


def test_a_date_counts_once(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary_home.mkdir()
    first = on("2026-11-26", monkeypatch)
    on("2026-11-26", monkeypatch)
    assert days_of_use.since(first) == 0
    on("2026-11-27", monkeypatch)
    on("2026-12-24", monkeypatch)
    assert days_of_use.since(first) == 2


def test_a_clock_that_jumps_there_and_back_counts_a_day_at_most(
    temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary_home.mkdir()
    first = on("2026-11-26", monkeypatch)
    for _ in range(10):
        on("2026-12-04", monkeypatch)
        assert days_of_use.since(first) == 1
        on("2026-11-26", monkeypatch)
        assert days_of_use.since(first) == 0
    ahead = on("2026-12-04", monkeypatch)  # the day comes at last, and something is deleted
    assert days_of_use.since(ahead) == 0


def test_what_is_deleted_by_a_clock_of_1970_keeps_its_week(
    temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary_home.mkdir()
    for day in range(1, 20):
        on(f"2026-11-{day:02d}", monkeypatch)
    deleted = on("1970-01-02", monkeypatch)
    on("2026-11-20", monkeypatch)
    assert days_of_use.since(deleted) == 1


def test_a_day_that_nobody_noted_has_its_place_among_the_others() -> None:
    days = DaysOfUse(("2026-11-20", "2026-11-23", "2026-11-26"))
    assert [days.since(date) for date in ("2026-11-01", "2026-11-21", "2026-11-26", "2027-01-01")] == [3, 2, 0, 0]


@pytest.mark.parametrize("content", ["", "[]", '{"dates": "x"}', '{"dates": [1]}', '{"format": 99}'])
def test_a_count_that_is_lost_keeps_things_longer(temporary_home: Path, content: str) -> None:
    temporary_home.mkdir()
    (temporary_home / "days.json").write_text(content)
    assert days_of_use.since(0.0) <= 1


def test_a_home_that_is_not_there_is_not_made(temporary_home: Path) -> None:
    days_of_use.note()
    assert not temporary_home.exists()


def test_a_full_bin_reads_the_dates_once(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary_home.mkdir()
    first = on("2026-11-26", monkeypatch)
    with mock.patch.object(folders, "read_bytes", wraps=folders.read_bytes) as read:
        assert not any(days_of_use.expired(first - number) for number in range(300))
    assert read.call_count <= 1
