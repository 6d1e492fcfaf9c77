"""What a worker does with a run, without a worker: each function is called as Dask would call it."""

import dataclasses
import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config import recipes
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.engine import fair_queue, worker
from mnist_core.errors import InputError
from mnist_core.language import speaking
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import run_data

SHORT = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=1, batch_size=32)


def new_run(dataset: Dataset, tag: float = 0.0, identity: str = "another") -> Run:
    """A run that fails in a moment, since its data has changed, unless the data's own identity is given."""
    return run_folders.create(SHORT, dataset.reference() | {"identity": identity}, about={"tag": tag})


@pytest.fixture
def data(simple_npz: Path) -> Dataset:
    return sources.load(str(simple_npz))


def test_a_trainer_gives_way_as_far_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os; from mnist_core.engine import worker; worker.give_way(); worker.give_way(); print(os.nice(0))"
    monkeypatch.setenv("MNIST_NICENESS", "3")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(os.nice(0) + 3, 19)


def test_a_warm_worker_has_the_usual_network_ready_unless_a_run_waits(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mnist_core.training import kept_learners, learner, precision

    monkeypatch.setattr(kept_learners, "_kept", {})
    run = new_run(data, identity=data.identity)
    run_data._cached_dataset.cache_clear()
    worker.warm_up()
    assert not kept_learners._kept
    assert run_data._cached_dataset.cache_info().currsize == 1  # its data was read meanwhile
    run.write_status(dataclasses.replace(run.stored_status(), state="failed"))
    worker.warm_up()
    usual = learner.graph_of(recipes.RECIPES["quick"].config, precision.settle("auto"))
    assert list(kept_learners._kept) == [usual]


def test_data_that_changed_since_is_refused(data: Dataset) -> None:
    run = new_run(data)
    assert worker.execute(str(run.folder)) == "failed"
    assert "has changed since" in status_words.sentence(run.status())


def test_whichever_task_comes_first_the_run_whose_turn_it_is_starts(data: Dataset) -> None:
    late, early, stopped = new_run(data, tag=2.0), new_run(data, tag=1.0), new_run(data)
    stopped.request("stop", by=COMMAND_LINE)
    parked = new_run(data)
    parked.write_status(dataclasses.replace(parked.status(), state="paused", parked=True))
    assert worker.execute(str(late.folder)) == "failed"
    assert (early.status().state, late.status().state) == ("failed", "failed")
    assert early.status().heartbeat < late.status().heartbeat
    another, own = new_run(data, tag=4.0), new_run(data, tag=3.0)
    assert worker.execute(str(own.folder)) == "failed"
    assert (own.status().state, another.status().state) == ("failed", "queued"), "a task ends with its own run"
    another.request("stop", by=COMMAND_LINE)
    with fair_queue.joining("somebody new") as tag:
        assert tag == 3.0, "the virtual time went on with the run that started"
    assert worker.execute(str(early.folder)) == "nothing to do"
    assert parked.status().parked


def test_a_run_held_by_another_trainer_is_left_alone(data: Dataset) -> None:
    run, other = new_run(data), new_run(data, tag=1.0)
    with run.lock():
        assert worker.execute(str(run.folder)) == "failed"
        assert worker.execute(str(run.folder)) == "nothing to do"
    assert (run.status().state, other.status().state) == ("queued", "failed")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom a folder can refuse")
def test_a_folder_that_cannot_be_written_does_not_stop_the_others(data: Dataset) -> None:
    locked, other = new_run(data), new_run(data, tag=1.0)
    locked.folder.chmod(0o500)
    assert worker.execute(str(locked.folder)) == "failed"
    assert (locked.status().state, other.status().state) == ("queued", "failed")
    locked.folder.chmod(0o700)


def test_a_full_disk_leaves_the_run_waiting_and_the_next_one_goes_on(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_run(data), new_run(data, tag=1.0)
    write_status = Run.write_status

    def full_for_the_first(run: Run, status: Status) -> None:
        if run.id == first.id:
            raise OSError(28, "No space left on device")
        write_status(run, status)

    monkeypatch.setattr(Run, "write_status", full_for_the_first)
    assert worker.execute(str(first.folder)) == "failed"
    assert (first.status().state, second.status().state) == ("queued", "failed")
    monkeypatch.undo()


def test_a_run_that_kills_its_trainer_is_not_tried_for_ever(data: Dataset) -> None:
    run = new_run(data)
    run.write_status(dataclasses.replace(run.status(), state="running", attempts=worker.MOST_ATTEMPTS))
    assert worker.execute(str(run.folder)) == "failed"
    assert "ended from outside 3 times in epoch 1" in status_words.sentence(run.status())


def test_whatever_goes_wrong_before_training_is_told(
    data: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Dataset:
        raise MemoryError("too large")

    monkeypatch.setattr(run_data, "data_of", broken)
    run = new_run(data)
    assert worker.execute(str(run.folder)) == "failed"
    assert "cannot be trained: MemoryError('too large')" in status_words.sentence(run.status()) and run.can_resume
    assert f"The run {run.id} cannot be trained" in caplog.text
    assert "Traceback" in caplog.text and "in broken" in caplog.text


def test_a_disk_that_refuses_before_training_is_told_without_a_path(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Dataset:
        raise OSError(errno.EIO, "Input/output error", "/srv/lab/data/mnist.npz")

    monkeypatch.setattr(run_data, "data_of", refused)
    run = new_run(data)
    assert worker.execute(str(run.folder)) == "failed"
    sentence = "The run cannot be trained: the disk reports a fault; check the disk, then try again."
    assert status_words.sentence(run.status()) == sentence
    with speaking("de"):
        assert status_words.sentence(run.status()) == (
            "Der Lauf lässt sich nicht trainieren: der Datenträger meldet einen Fehler; "
            "prüfe den Datenträger, dann versuche es noch einmal."
        )
    assert json.loads((run.folder / "status.json").read_text())["details"]["text"] == sentence


def test_what_a_trainer_says_of_its_data_is_said_in_the_language_of_a_page(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_data, "data_of", lambda run: sources.load("/nowhere.npz"))
    run = new_run(data)
    assert worker.execute(str(run.folder)) == "failed"
    assert "There is no data at /nowhere.npz" in status_words.sentence(run.status())
    with speaking("de"):
        assert "Unter /nowhere.npz liegen keine Daten" in status_words.sentence(run.status())


def test_a_deleted_or_damaged_run_stops_nobody(data: Dataset) -> None:
    gone, damaged, good = new_run(data), new_run(data), new_run(data, tag=1.0)
    trash.delete(gone, by=COMMAND_LINE)
    (damaged.folder / "config.json").write_text("{")
    assert worker.execute(str(gone.folder)) == "failed"
    assert "damaged" in status_words.sentence(damaged.status()) and not gone.folder.exists()
    assert worker.execute(str(gone.folder)) == "failed"
    assert good.status().state == "failed"


def test_what_killed_writers_left_is_removed_and_what_others_write_just_now_stays(data: Dataset) -> None:
    run = new_run(data)
    left, fresh = run.folder / ".writing-old.npz", run.folder / ".writing-new.json"
    for path in (left, fresh):
        path.touch()
    long_ago = time.time() - 2 * 86_400
    os.utime(left, (long_ago, long_ago))
    worker.execute(str(run.folder))
    assert not left.exists() and fresh.exists()


def test_a_bound_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_WORKER_MEMORY", "2 GB")
    with pytest.raises(InputError, match="MNIST_WORKER_MEMORY is '2 GB', but must be a number"):
        worker.most_memory()
