import os
import time
from pathlib import Path

import pytest

from mnist_core import deleted, queueing, runs
from mnist_core.errors import InputError, LabError
from mnist_core.recipes import RECIPES
from mnist_core.runs import Run, Status


def new_run() -> Run:
    return runs.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


def age(run: Run, days: float) -> None:
    then = time.time() - days * deleted.SECONDS_A_DAY
    os.utime(run.folder, (then, then))


def test_a_deleted_run_is_in_no_list_and_comes_back_whole() -> None:
    run, other = new_run(), new_run()
    run.write_status(Status("done", epoch=2))
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.suffix == ".json"}
    deleted.delete(run)
    assert [one.id for one in runs.all_runs()] == [other.id]
    assert [one.id for one in deleted.all_deleted()] == [run.id]
    with pytest.raises(InputError, match="There is no run"):
        runs.find(run.id)
    back = deleted.restore(run.id)
    assert back.folder == run.folder and deleted.all_deleted() == []
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.suffix == ".json"} == before


def test_a_waiting_run_that_comes_back_waits_again() -> None:
    run = new_run()
    deleted.delete(run)
    assert queueing.look().waiting == []
    deleted.restore(run.id)
    assert [one.id for one in queueing.look().waiting] == [run.id]


def test_what_was_deleted_last_comes_first_and_the_days_are_counted() -> None:
    first, second = new_run(), new_run()
    age(first, 300)  # an old run has as many days as any other
    for run in (first, second):
        deleted.delete(run)
    assert {deleted.days_left(run) for run in deleted.all_deleted()} == {7}
    age(Run(deleted.bin_folder() / first.id), 2.5)
    assert [(run.id, deleted.days_left(run)) for run in deleted.all_deleted()] == [(second.id, 7), (first.id, 5)]


def test_after_a_week_a_deleted_run_is_removed() -> None:
    old, young = new_run(), new_run()
    for run in (old, young):
        deleted.delete(run)
    age(Run(deleted.bin_folder() / old.id), deleted.KEPT_DAYS + 0.1)
    assert deleted.purge() == [old.id]
    assert [run.id for run in deleted.all_deleted()] == [young.id]


def test_a_run_can_be_removed_for_good() -> None:
    run = new_run()
    deleted.delete(run)
    deleted.remove(run.id)
    assert deleted.all_deleted() == []
    for act in (deleted.remove, deleted.restore):
        with pytest.raises(InputError, match="not among the deleted ones"):
            act(run.id)


@pytest.mark.parametrize("name", ["..", "../runs", ".", "", "/etc"])
def test_names_stay_in_the_bin(name: str, temporary_home: Path) -> None:
    (temporary_home / "bin").mkdir(parents=True)
    with pytest.raises(InputError):
        deleted.remove(name)
    assert temporary_home.exists()


def test_a_run_under_training_and_the_shipped_model_stay() -> None:
    run = new_run()
    with run.lock(), pytest.raises(LabError, match="stop it first"):
        deleted.delete(Run(run.folder))
    with pytest.raises(InputError, match="stays"):
        deleted.delete(runs.find("best"))
    assert run.folder.exists() and runs.find("best").has_model and deleted.all_deleted() == []


def test_a_run_of_the_same_name_is_not_overwritten() -> None:
    run = new_run()
    deleted.delete(run)
    run.folder.mkdir()
    with pytest.raises(InputError, match="already"):
        deleted.restore(run.id)
    assert [one.id for one in deleted.all_deleted()] == [run.id]
