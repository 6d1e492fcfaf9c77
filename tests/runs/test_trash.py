import os
import time
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import fair_queue
from mnist_core.errors import InputError, LabError
from mnist_core.files import days_of_use
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


DAY = 86_400


def use_the_lab(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on by so many days, and opens the bin on each."""
    for _ in range(days):
        now = time.time() + DAY
        monkeypatch.setattr(time, "time", lambda now=now: now)
        trash.purge()


def test_a_deleted_run_is_in_no_list_and_comes_back_whole() -> None:
    run, other = new_run(), new_run()
    run.write_status(Status("done", epoch=2))
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.suffix == ".json"}
    trash.delete(run, by=COMMAND_LINE)
    assert [one.id for one in run_folders.all_runs()] == [other.id]
    assert [one.id for one in trash.all_deleted()] == [run.id]
    with pytest.raises(InputError, match="There is no run"):
        run_folders.find(run.id)
    back = trash.restore(run.id, by=COMMAND_LINE)
    assert back.folder == run.folder and trash.all_deleted() == []
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.suffix == ".json"} == before


def test_a_waiting_run_that_comes_back_waits_again() -> None:
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    assert fair_queue.look().waiting == []
    trash.restore(run.id, by=COMMAND_LINE)
    assert [one.id for one in fair_queue.look().waiting] == [run.id]


def test_what_was_deleted_last_comes_first_and_the_days_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = new_run(), new_run()
    os.utime(first.folder, (1.0, 1.0))  # an old run has as many days as any other
    trash.delete(first, by=COMMAND_LINE)
    assert {trash.days_left(run) for run in trash.all_deleted()} == {7}
    use_the_lab(2, monkeypatch)
    trash.delete(second, by=COMMAND_LINE)
    assert [(run.id, trash.days_left(run)) for run in trash.all_deleted()] == [(second.id, 7), (first.id, 5)]


def test_after_a_week_of_use_a_deleted_run_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    old, young = new_run(), new_run()
    trash.delete(old, by=COMMAND_LINE)
    use_the_lab(3, monkeypatch)
    trash.delete(young, by=COMMAND_LINE)
    use_the_lab(3, monkeypatch)
    assert len(trash.all_deleted()) == 2
    use_the_lab(1, monkeypatch)
    assert [run.id for run in trash.all_deleted()] == [young.id]


def test_a_week_without_a_user_is_no_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a clock that is eight days ahead."""
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    later = time.time() + 8 * DAY
    monkeypatch.setattr(time, "time", lambda: later)
    assert trash.purge() == [] and trash.days_left(trash.all_deleted()[0]) == 6


def test_a_run_that_an_older_lab_deleted_has_its_week_from_now(
    temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That lab noted no days of use."""
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    (temporary_home / "days.json").unlink()
    use_the_lab(6, monkeypatch)
    assert trash.all_deleted()
    use_the_lab(1, monkeypatch)
    assert not trash.all_deleted()


def test_a_run_can_be_removed_for_good() -> None:
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    trash.remove(run.id, by=COMMAND_LINE)
    assert trash.all_deleted() == []
    for act in (trash.remove, trash.restore):
        with pytest.raises(InputError, match="not among the deleted ones"):
            act(run.id, by=COMMAND_LINE)


@pytest.mark.parametrize("name", ["..", "../runs", ".", "", "/etc"])
def test_names_stay_in_the_bin(name: str, temporary_home: Path) -> None:
    (temporary_home / "bin").mkdir(parents=True)
    with pytest.raises(InputError):
        trash.remove(name, by=COMMAND_LINE)
    assert temporary_home.exists()


def test_a_run_under_training_and_the_shipped_model_stay() -> None:
    run = new_run()
    with run.lock(), pytest.raises(LabError, match="stop it first"):
        trash.delete(Run(run.folder), by=COMMAND_LINE)
    with pytest.raises(InputError, match="stays"):
        trash.delete(run_folders.find("best"), by=COMMAND_LINE)
    assert run.folder.exists() and run_folders.find("best").has_model and trash.all_deleted() == []


def test_a_run_of_the_same_name_is_not_overwritten() -> None:
    run = new_run()
    trash.delete(run, by=COMMAND_LINE)
    run.folder.mkdir()
    with pytest.raises(InputError, match="already"):
        trash.restore(run.id, by=COMMAND_LINE)
    assert [one.id for one in trash.all_deleted()] == [run.id]


def test_what_is_deleted_elsewhere_ages_by_the_same_rule(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary_home.mkdir()
    now = time.time()
    assert days_of_use.days_left(now) == days_of_use.KEPT_DAYS and not days_of_use.expired(now)
    use_the_lab(6, monkeypatch)
    assert not days_of_use.expired(now)
    use_the_lab(1, monkeypatch)
    assert days_of_use.expired(now)
