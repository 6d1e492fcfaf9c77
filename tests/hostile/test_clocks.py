"""A clock that jumps, eight days ahead or two hours back: nothing is lost, and no living run is called dead."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import fair_queue, recovery
from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan, Trial
from mnist_core.files import days_of_use
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, silence, summary, trash
from mnist_core.runs.run import Run
from mnist_core.runs.status import LOST_SECONDS, SILENCE_SECONDS, Status
from tests.conftest import PretendedEngine

DAY, HOUR = 86_400.0, 3600.0
JUMPS = {"eight days ahead": 8 * DAY, "two hours back": -2 * HOUR, "a year ahead": 365 * DAY, "a day back": -DAY}


class Clocks:
    """The time of day, which can be set, and the clock of this process, which only goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._of_day, self._own = time.time, time.monotonic
        self._set = self._passed = 0.0
        monkeypatch.setattr(time, "time", lambda: self._of_day() + self._set + self._passed)
        monkeypatch.setattr(time, "monotonic", lambda: self._own() + self._passed)

    def jump(self, seconds: float) -> None:
        self._set += seconds

    def wait(self, seconds: float) -> None:
        self._passed += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    monkeypatch.setattr(silence, "_looks", {})
    return Clocks(monkeypatch)


def beat(run: Run, state: str = "running", **about: object) -> None:
    """Writes the status as a trainer does; a file's time is that of the day."""
    run.write_status(Status(state, epochs=2, steps=5, **about))  # type: ignore[arg-type]
    os.utime(run.folder / "status.json", (time.time(), time.time()))


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


@pytest.mark.parametrize("jump", JUMPS)
def test_a_living_run_is_never_called_dead(clocks: Clocks, jump: str) -> None:
    run = new_run()
    beat(run)
    assert run.status().state == "running"
    clocks.jump(JUMPS[jump])
    assert run.status().state == "running", "before its next sign of life, too"
    assert 0 <= run.silent_for(run.stored_status()) < 5
    for _ in range(10):
        clocks.wait(2)
        beat(run)
        assert run.status().state == "running"


@pytest.mark.parametrize("jump", JUMPS)
def test_a_dead_run_is_noticed_all_the_same(clocks: Clocks, jump: str) -> None:
    run = new_run()
    beat(run)
    assert run.status().state == "running"
    clocks.jump(JUMPS[jump])
    run.status()
    clocks.wait(LOST_SECONDS + 1)
    assert (run.status().state, run.status().problem) == ("running", "lost")
    clocks.wait(SILENCE_SECONDS - LOST_SECONDS)
    status = run.status()
    assert (status.state, status.problem) == ("failed", "silent")
    assert 180 < status.details["seconds"] < 190 and "no sign of life for 18" in status_words.sentence(status)


def test_a_process_that_looks_for_the_first_time_believes_no_time_to_come(clocks: Clocks) -> None:
    """The clock was two hours ahead when the trainer died, and was set right before the app started."""
    run = new_run()
    clocks.jump(2 * HOUR)
    beat(run)
    clocks.jump(-2 * HOUR)
    assert run.status().state == "running"
    clocks.wait(SILENCE_SECONDS + 1)
    assert run.status().problem == "silent"


def test_a_run_that_died_long_ago_is_silent_at_the_first_look(clocks: Clocks) -> None:
    run = new_run()
    beat(run)
    clocks.wait(HOUR)
    assert run.status().problem == "silent"


def test_a_run_on_a_full_disk_lives_by_the_time_of_its_file(clocks: Clocks) -> None:
    run = new_run()
    beat(run)
    for _ in range(20):
        clocks.wait(2)
        os.utime(run.folder / "status.json", (time.time(), time.time()))
        assert run.status().state == "running"


@pytest.mark.parametrize("jump", JUMPS)
def test_a_waiting_run_without_an_engine_is_seen_to(clocks: Clocks, jump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, started = new_run(), []
    engine = PretendedEngine()
    monkeypatch.setattr(engine, "find", lambda: None)
    monkeypatch.setattr(engine, "start", lambda: started.append(1))
    recovery.care_for(engine, run)
    clocks.jump(JUMPS[jump])
    recovery.care_for(engine, run)
    assert not started, "it was asked for a moment ago"
    clocks.wait(10)
    recovery.care_for(engine, run)
    assert started


def test_the_bin_keeps_everything_when_the_clock_jumps(clocks: Clocks) -> None:
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    for _ in range(3):
        for jump in JUMPS.values():
            clocks.jump(jump)
            trash.purge()
            clocks.jump(-jump)
            trash.purge()
    assert [one.id for one in trash.all_deleted()] == [run.id]
    assert trash.days_left(run) >= days_of_use.KEPT_DAYS - len(JUMPS)
    trash.restore(run.id, by=COMMAND_LINE)


@pytest.mark.parametrize("jump", JUMPS)
def test_nothing_lasts_less_than_nothing(clocks: Clocks, jump: str, temporary_home: Path) -> None:
    before = new_run()
    clocks.jump(JUMPS[jump])
    after = new_run()
    beat(after, seconds=3.0)
    rows = {row["Run"]: row for row in summary.rows(run_folders.all_runs())}
    assert rows.keys() == {before.id, after.id} and rows[after.id]["Seconds"] == 3.0
    wait = fair_queue.look().expected_wait(before)
    assert wait is None or wait >= 0
    assert [run.id for run in fair_queue.in_turn([after, before])]


def test_a_trial_lasts_no_less_than_nothing(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = sweep_folders.create(Plan(RECIPES["quick"].config, Space.parse(["epochs=1,2"]), 2), {"name": "mnist"})
    study = sweep.study()
    trial = study.ask()
    frozen = study.get_trials(deepcopy=False)[trial.number]
    frozen.datetime_start = datetime.now() + timedelta(hours=2)
    found: Trial = sweep._trial(frozen)
    assert found.wall_seconds == 0 and results.seconds_left([found]) >= 0
