import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import percent
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import BATCHES, CHECKPOINTS, METRICS, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import LOST_SECONDS, SILENCE_SECONDS, Status
from tests.support import disks
from tests.support.silent_runs import fall_silent

REFERENCE = {"name": "mnist", "identity": "0", "title": "MNIST"}


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, REFERENCE)


def test_a_new_run_is_queued_and_holds_its_settings(temporary_home: Path) -> None:
    run = new_run()
    assert run.folder.parent == temporary_home / "runs"
    assert run.status().state == "queued"
    assert run.config() == RECIPES["quick"].config
    assert {"tensorflow", "keras", "numpy", "python"} <= run.description().versions.keys()
    assert run.description().dataset == REFERENCE


def test_status_comes_back_as_it_was_written() -> None:
    run = new_run()
    status = Status("done", "other", 2, 2, 0, 446, 9.5, 0.0, 0.0, 1, 0.9932, 0.0221, 0.01)
    run.write_status(status)
    assert dataclasses.replace(run.status(), heartbeat=0.0) == status


def test_runs_are_listed_newest_first() -> None:
    first, second = new_run(), new_run()
    assert [run.id for run in run_folders.all_runs()] == [second.id, first.id]


def test_a_run_whose_trainer_was_killed_goes_on_by_itself_at_first() -> None:
    run = new_run()
    fall_silent(run, LOST_SECONDS + 5, state="running", epoch=3)
    status = run.status()
    assert (status.state, status.finished) == ("running", False)
    assert "The run goes on by itself after epoch 3" in status_words.sentence(status)


def test_a_run_whose_trainer_fell_silent_is_failed_with_the_reason() -> None:
    run = new_run()
    fall_silent(run, SILENCE_SECONDS + 5, state="running", epoch=3)
    assert run.status().state == "failed"
    assert "no sign of life" in status_words.sentence(run.status()) and "after epoch 3" in status_words.sentence(
        run.status()
    )
    assert [other.id for other in run_folders.unfinished_runs()] == [run.id]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"state": "dancing"}', '{"nothing": 1}', '{"state": "done", "heartbeat": NaN}']
)
def test_a_damaged_status_is_a_failed_run_that_can_be_deleted(content: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="mnist_core")
    run = new_run()
    (run.folder / "status.json").write_text(content)
    assert run.status().state == "failed" and run.status().state == "failed"
    (record,) = caplog.records  # once, however often somebody looks
    assert record.levelname == "INFO" and "Traceback" in caplog.text
    assert "incomplete" in status_words.sentence(run.status())
    trash.delete(run, by=COMMAND_LINE)
    assert not run.folder.exists()


def test_an_empty_folder_is_listed_as_what_it_is(temporary_home: Path) -> None:
    (temporary_home / "runs" / "half").mkdir(parents=True)
    (run,) = run_folders.all_runs()
    assert run.status().state == "failed"
    with pytest.raises(InputError, match=r"config\.json is missing"):
        run.config()


def test_a_waiting_run_is_stopped_at_once_and_others_by_their_trainer() -> None:
    waiting, running = new_run(), new_run()
    waiting.request("stop", by=COMMAND_LINE)
    assert waiting.status().state == "stopped"
    running.write_status(Status("running"))
    with running.lock():
        running.request("stop", by=COMMAND_LINE)
        assert running.status().state == "running"
        assert running.control().request == "stop"


def test_a_waiting_run_that_has_learned_keeps_it_when_it_is_stopped() -> None:
    run = new_run()
    run.write_checkpoint({"epoch": np.array(1)})
    run.write_status(Status("queued", epoch=1, steps=10))
    run.request("stop", by=COMMAND_LINE)
    assert run.status().state == "queued" and "what it has learned is kept" in status_words.sentence(run.status())


def test_a_continued_run_that_never_began_is_stopped_at_once() -> None:
    run = new_run()
    run.write_checkpoint({"epoch": np.array(1)})
    run.request("stop", by=COMMAND_LINE)
    assert run.status().state == "stopped"


def test_a_status_is_read_anew_after_each_write() -> None:
    run = new_run()
    for epoch in range(50):
        run.write_status(Status("running", epoch=epoch))
        assert run.stored_status().epoch == epoch


def test_a_run_under_training_is_not_deleted() -> None:
    run = new_run()
    with run.lock(), pytest.raises(LabError, match="stop it first"):
        trash.delete(Run(run.folder), by=COMMAND_LINE)
    assert run.folder.exists()


def test_only_known_requests_are_taken() -> None:
    with pytest.raises(InputError, match="cannot be asked to 'explode'"):
        new_run().request("explode", by=COMMAND_LINE)


def test_tables_come_back_and_a_damaged_one_is_cut_where_it_breaks() -> None:
    run = new_run()
    history = {name: [1.0, 2.0] for name in BATCHES}
    run.write_batches(history)
    assert run.batches() == history
    (run.folder / "batches.csv").write_text("epoch,loss,accuracy\n1,2,3\n4,x,6\n")
    assert run.batches() == {"epoch": [1.0], "loss": [2.0], "accuracy": [3.0]}
    (run.folder / "batches.csv").write_text("epoch,loss,accuracy\n1,2,nan\nnan,5,6\n7,8,9\n")
    assert run.batches()["epoch"] == [1.0] and math.isnan(run.batches()["accuracy"][0])
    assert run.metrics() == {name: [] for name in METRICS}


def test_checkpoint_comes_back() -> None:
    run = new_run()
    assert run.read_checkpoint() is None
    run.write_checkpoint({"a": np.arange(3)})
    checkpoint = run.read_checkpoint()
    assert checkpoint is not None
    np.testing.assert_array_equal(checkpoint["a"], np.arange(3))


def test_a_damaged_checkpoint_is_logged_and_the_one_before_read(caplog: pytest.LogCaptureFixture) -> None:
    run = new_run()
    for number in (1, 2):
        run.write_checkpoint({"a": np.array(number)})
    last, before = (run.folder / name for name in CHECKPOINTS)
    last.write_bytes(last.read_bytes()[:-30])
    checkpoint = run.read_checkpoint()
    assert checkpoint is not None and checkpoint["a"] == 1
    assert str(last) in caplog.text and "Traceback" in caplog.text
    before.write_bytes(b"")
    with pytest.raises(LabError, match=r"^The checkpoint of .* is damaged; start a new run\.$"):
        run.read_checkpoint()


def test_a_run_is_found_by_the_name_that_somebody_gave_it() -> None:
    one, other = new_run(), new_run()
    one.write_label(RunLabel("our first"), by=COMMAND_LINE)
    assert run_folders.find("Our FIRST").id == one.id
    other.write_label(RunLabel("Our first"), by=COMMAND_LINE)
    with pytest.raises(InputError, match="2 runs are called 'our first'; give the id of one") as caught:
        run_folders.find("our first")
    assert one.id in str(caught.value) and other.id in str(caught.value)


def test_a_name_that_is_nearly_one_is_suggested() -> None:
    new_run().write_label(RunLabel("our first"), by=COMMAND_LINE)
    with pytest.raises(InputError, match="Perhaps 'our first' is meant"):
        run_folders.find("our frist")


@pytest.mark.parametrize("name", ["nothing", "../../etc", "/etc", "..", ".", "", "a/b", "a\\b"])
def test_find_stays_in_its_folders(name: str) -> None:
    with pytest.raises(InputError, match="There is no run"):
        run_folders.find(name)


def test_find_knows_runs_and_shipped_models() -> None:
    run = new_run()
    assert run_folders.find(run.id).folder == run.folder
    assert run_folders.find("best").folder == environment.PRETRAINED / "best"


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "file"))
    with pytest.raises(
        LabError,
        match=r"cannot be written: something else lies where .*\$MNIST_HOME",
    ):
        new_run()


def test_shipped_model_is_complete_and_good() -> None:
    (run,) = run_folders.shipped_runs()
    assert run.id == run_folders.SHIPPED_MODEL
    assert run.status().state == "done" and run.status().test_accuracy >= 0.993
    assert run.has_model and run.keras_path.exists() and run.evaluation_path.exists()
    assert percent(run.status().test_accuracy) in run.card()
    assert len(run.metrics()["epoch"]) == run.config().epochs


def test_what_the_disk_refuses_for_a_moment_is_not_remembered() -> None:
    run = new_run()
    run.write_label(RunLabel("Ada's"), by=COMMAND_LINE)
    run.write_status(Status("done"))
    with disks.no_more_files():
        status, label = run.status(), run.label()
    assert status.problem == "forbidden" and "too many files are open" in status.details["text"]
    assert label == RunLabel()
    assert run.status().state == "done" and run.label().name == "Ada's"
