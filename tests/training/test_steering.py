"""What people do to a run while it goes on, and afterwards."""

import dataclasses
import threading
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError
from mnist_core.files import atomic
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.description import Continues
from mnist_core.runs.run import CHECKPOINTS, Run
from mnist_core.runs.status import Status
from mnist_core.training import continuation, loop
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=4, batch_size=32, learning_rate=0.01)

pytestmark = pytest.mark.usefixtures("borrowed_model")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the loop look up after each step."""
    monkeypatch.setattr(loop, "PIECE_SECONDS", 0.0)


def train(dataset: Dataset, run: Run, on_status: Callable[[Status], None] = lambda status: None) -> Status:
    return loop.train(run.config(), dataset, run, on_status)


def new_run(dataset: Dataset, config: TrainConfig = TINY, **about: object) -> Run:
    return run_folders.create(config, dataset.reference(), about=about)


def assert_same_weights(a: Run, b: Run) -> None:
    ours, theirs = a.read_checkpoint(), b.read_checkpoint()
    assert ours is not None and theirs is not None
    for name in (name for name in ours if name.startswith("variable_")):
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_pause_waits_until_somebody_goes_on(simple_dataset: Dataset) -> None:
    run, states = new_run(simple_dataset), []

    def pause(status: Status) -> None:
        states.append(status.state)
        if status.state == "running" and status.epoch == 1 and "paused" not in states:
            run.request("pause", by=COMMAND_LINE)
        if status.state == "paused":
            threading.Timer(0.5, run.request, ["resume"], {"by": COMMAND_LINE}).start()

    assert train(simple_dataset, run, pause).state == "done"
    assert states.count("paused") == 1


def test_one_epoch_at_a_time(simple_dataset: Dataset) -> None:
    run, paused_at = new_run(simple_dataset), []
    run.request("epoch", by=COMMAND_LINE)

    def step_on(status: Status) -> None:
        if status.state == "paused":
            paused_at.append(status.epoch)
            run.request("epoch" if status.epoch < 2 else "resume", by=COMMAND_LINE)

    assert train(simple_dataset, run, step_on).state == "done"
    assert paused_at == [1, 2]


@pytest.mark.usefixtures("small_pieces")
def test_a_long_pause_frees_the_trainer_and_the_run_goes_on_bit_for_bit(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken, run = new_run(simple_dataset), new_run(simple_dataset)
    train(simple_dataset, unbroken)
    monkeypatch.setattr(loop, "PARK_SECONDS", 0.0)

    def pause(status: Status) -> None:
        if (status.epoch, status.step) == (1, 5):
            run.request("pause", by=COMMAND_LINE)

    status = train(simple_dataset, run, pause)
    assert (status.state, status.parked, status.epoch, status.step) == ("paused", True, 1, 5)
    run.write_status(dataclasses.replace(run.stored_status(), heartbeat=0.0))
    assert run.status().state == "paused" and run not in run_folders.unfinished_runs()
    (run.folder / "control.json").unlink()
    steps: list[tuple[int, int]] = []
    status = train(simple_dataset, run, lambda status: steps.append((status.epoch, status.step)))
    assert status.state == "done" and not status.parked
    assert steps[1] == (1, 5), "it goes on within the epoch"
    assert_same_weights(run, unbroken)
    assert run.metrics()["loss"] == unbroken.metrics()["loss"]


@pytest.mark.usefixtures("small_pieces")
def test_a_changed_learning_rate_counts_at_once_and_again_after_a_kill(simple_dataset: Dataset) -> None:
    unbroken, plain = new_run(simple_dataset), new_run(simple_dataset)
    train(simple_dataset, plain)

    def change(run: Run, status: Status) -> None:
        if (status.epoch, status.step) == (1, 5):
            run.change_learning_rate(0.002, by=COMMAND_LINE)

    train(simple_dataset, unbroken, lambda status: change(unbroken, status))
    assert unbroken.metrics()["learning_rate"] == pytest.approx([0.01, 0.002, 0.002, 0.002])
    assert unbroken.rate_changes() == [(17 + 5, 0.002)]
    assert unbroken.status().learning_rate == 0.002
    with pytest.raises(AssertionError):
        assert_same_weights(unbroken, plain)

    run = new_run(simple_dataset)

    def change_and_die(status: Status) -> None:
        change(run, status)
        if (status.epoch, status.step) == (1, 10):
            raise SystemExit

    with pytest.raises(SystemExit):
        train(simple_dataset, run, change_and_die)
    assert train(simple_dataset, run).state == "done"
    assert_same_weights(run, unbroken)


def test_a_learning_rate_that_is_none_is_refused(simple_dataset: Dataset) -> None:
    with pytest.raises(InputError, match="must be a number from 1e-07 to 10"):
        new_run(simple_dataset).change_learning_rate(0, by=COMMAND_LINE)


@pytest.mark.usefixtures("small_pieces")
def test_a_checkpoint_within_an_epoch_is_where_a_killed_run_goes_on(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    unbroken, run = new_run(simple_dataset), new_run(simple_dataset)
    train(simple_dataset, unbroken)

    def die(status: Status) -> None:
        if (status.epoch, status.step) == (2, 9):
            raise SystemExit

    with pytest.raises(SystemExit):
        train(simple_dataset, run, die)
    steps: list[tuple[int, int]] = []
    train(simple_dataset, run, lambda status: steps.append((status.epoch, status.step)))
    assert steps[1] == (2, 8)
    assert_same_weights(run, unbroken)
    assert run.metrics()["loss"] == unbroken.metrics()["loss"]


def test_the_checkpoint_before_serves_when_the_last_is_spoilt(simple_dataset: Dataset) -> None:
    unbroken, run = new_run(simple_dataset), new_run(simple_dataset)
    train(simple_dataset, unbroken)

    def die(status: Status) -> None:
        if status.epoch == 3:
            raise SystemExit

    with pytest.raises(SystemExit):
        train(simple_dataset, run, die)
    path = run.folder / CHECKPOINTS[0]
    path.write_bytes(path.read_bytes()[:1000])
    assert train(simple_dataset, run).state == "done"
    assert_same_weights(run, unbroken)


@pytest.mark.usefixtures("small_pieces")
def test_the_time_limit_stops_and_keeps(simple_dataset: Dataset) -> None:
    run = new_run(simple_dataset, limits={"seconds": 1e-6})
    status = train(simple_dataset, run)
    assert status.state == "stopped" and run.has_model
    assert "this lab's limit of" in status_words.sentence(status) and "after 0.1 of 4 epochs" in status_words.sentence(
        status
    )


def test_who_trains_may_give_up_after_an_epoch(simple_dataset: Dataset) -> None:
    run, seen = new_run(simple_dataset), []

    def give_up(epoch: int, accuracy: float) -> bool:
        seen.append((epoch, accuracy))
        return epoch == 2

    status = loop.train(TINY, simple_dataset, run, give_up=give_up)
    assert (status.state, status.problem, status.epoch) == ("stopped", "given-up", 2)
    assert not run.has_model
    assert [accuracy for _, accuracy in seen] == run.metrics()["val_accuracy"]


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
def test_more_epochs_for_a_finished_run(simple_dataset: Dataset, schedule: str) -> None:
    first = new_run(simple_dataset, dataclasses.replace(TINY, schedule=schedule, epochs=2))
    train(simple_dataset, first)
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    run = continuation.create(first, 3, {"owner": "somebody"})
    assert run.status().state == "queued" and run.description().owner == "somebody"
    assert run.description().continues == Continues(first.id, 2)
    status = train(simple_dataset, run)
    assert status.state == "done" and status.epoch == status.epochs == 5
    metrics = run.metrics()
    assert metrics["loss"][:2] == first.metrics()["loss"] and metrics["loss"][4] < metrics["loss"][1]
    assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == before
    if schedule == "constant":
        whole = new_run(simple_dataset, dataclasses.replace(TINY, epochs=5))
        train(simple_dataset, whole)
        assert_same_weights(run, whole)


def test_patience_counts_from_where_a_run_was_continued(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, epochs=30, learning_rate=0.05, early_stopping=2)
    first = new_run(simple_dataset, config)
    train(simple_dataset, first)
    done = first.status().epoch
    run = continuation.create(first, 5)
    assert train(simple_dataset, run).epoch >= done + 2


def test_what_cannot_be_continued_is_said(simple_dataset: Dataset) -> None:
    run = new_run(simple_dataset)
    with pytest.raises(InputError, match="has not ended"):
        continuation.create(run, 1)
    run.request("stop", by=COMMAND_LINE)
    with pytest.raises(InputError, match="no checkpoint to go on from"):
        continuation.create(run, 1)
    with pytest.raises(InputError, match="further epochs is 0"):
        continuation.create(run, 0)
    assert len(run_folders.all_runs()) == 1


def test_pinned_digits_and_the_confusion_matrix_are_kept_for_each_epoch(simple_dataset: Dataset) -> None:
    run, images = new_run(simple_dataset), simple_dataset.test_images
    Pins.none().with_pin(images[3], 3, "test-3").save(run.pins_path)

    def pin_another(status: Status) -> None:
        if status.epoch == 2:
            Pins.load(run.pins_path).with_pin(images[7], 7, "test-7").save(run.pins_path)

    assert train(simple_dataset, run, pin_another).state == "done"
    replay = Replay.load(run.replay_path)
    assert (replay.epochs, replay.first) == (4, 0) and replay.names == ("test-3", "test-7")
    assert (replay.confusion.sum(axis=(1, 2)) == 60).all()
    accuracies = [float(np.trace(matrix) / matrix.sum()) for matrix in replay.confusion]
    assert accuracies == [*run.checks()["val_accuracy"], *run.metrics()["val_accuracy"]]
    assert np.isnan(replay.probabilities[:3, 1]).all() and not np.isnan(replay.probabilities[3:, 1]).any()
    np.testing.assert_allclose(replay.probabilities[:, 0].sum(axis=1), 1, rtol=1e-5)
    assert replay.probabilities[-1, 0].argmax() == 3


def event_values(folder: object) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for path in sorted(tf.io.gfile.glob(f"{folder}/events*")):
        for record in tf.data.TFRecordDataset(path):
            for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value:
                found.setdefault(value.tag, []).append(float(tf.make_ndarray(value.tensor)))
    return found


def test_event_files_show_the_same_run_also_when_it_was_killed(simple_dataset: Dataset) -> None:
    run = new_run(simple_dataset, tensorboard=True)

    def die(status: Status) -> None:
        if status.epoch == 2:
            raise SystemExit

    with pytest.raises(SystemExit):
        train(simple_dataset, run, die)
    assert train(simple_dataset, run).state == "done"
    metrics = run.metrics()
    found = event_values(run.events_path / "train")
    assert found["epoch_loss"] == pytest.approx(metrics["loss"])
    assert found["epoch_learning_rate"] == pytest.approx(metrics["learning_rate"])
    assert event_values(run.events_path / "validation")["epoch_accuracy"] == pytest.approx(metrics["val_accuracy"])


def test_no_event_files_without_a_request(simple_dataset: Dataset) -> None:
    run = new_run(simple_dataset)
    train(simple_dataset, run)
    assert not run.events_path.exists()
    assert atomic.read_json(run.folder / "status.json")["state"] == "done"
