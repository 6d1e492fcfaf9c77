import os
import time
from pathlib import Path

import pytest

from mnist_core.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import fair_queue
from mnist_core.errors import InputError, LabError
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


def age(run: Run, days: float) -> None:
    then = time.time() - days * trash.SECONDS_A_DAY
    os.utime(run.folder, (then, then))


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


def test_what_was_deleted_last_comes_first_and_the_days_are_counted() -> None:
    first, second = new_run(), new_run()
    age(first, 300)  # an old run has as many days as any other
    for run in (first, second):
        trash.delete(run, by=COMMAND_LINE)
    assert {trash.days_left(run) for run in trash.all_deleted()} == {7}
    age(Run(trash.bin_folder() / first.id), 2.5)
    assert [(run.id, trash.days_left(run)) for run in trash.all_deleted()] == [(second.id, 7), (first.id, 5)]


def test_after_a_week_a_deleted_run_is_removed() -> None:
    old, young = new_run(), new_run()
    for run in (old, young):
        trash.delete(run, by=COMMAND_LINE)
    age(Run(trash.bin_folder() / old.id), trash.KEPT_DAYS + 0.1)
    assert trash.purge() == [old.id]
    assert [run.id for run in trash.all_deleted()] == [young.id]


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


def test_what_is_deleted_elsewhere_ages_by_the_same_rule() -> None:
    now = time.time()
    assert trash.days_left_since(now) == trash.KEPT_DAYS and not trash.expired(now)
    assert not trash.expired(now - (trash.KEPT_DAYS - 0.1) * trash.SECONDS_A_DAY)
    assert trash.expired(now - (trash.KEPT_DAYS + 0.1) * trash.SECONDS_A_DAY)
