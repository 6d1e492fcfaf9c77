import dataclasses
import json
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.classifier import Classifier
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import continuation, loop, pace, precision, progress
from mnist_core.training.replay import Replay
from tests.conftest import simple_strokes

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=4, batch_size=32, learning_rate=0.01)


def train(dataset: Dataset, config: TrainConfig = TINY, run: Run | None = None) -> tuple[Run, Status]:
    run = run or run_folders.create(config, dataset.reference())
    return run, loop.train(config, dataset, run)


def weights(run: Run) -> dict[str, np.ndarray]:
    checkpoint = run.read_checkpoint()
    assert checkpoint is not None
    return checkpoint


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_a_run_from_start_to_answer(simple_dataset: Dataset) -> None:
    seen: list[Status] = []
    run = run_folders.create(TINY, simple_dataset.reference())
    status = loop.train(TINY, simple_dataset, run, seen.append)
    assert status.state == "done" and status_words.sentence(status) == "" and status.epoch == 4
    assert status.test_accuracy > 0.95
    names = {path.name for path in run.folder.iterdir()} - {"trainer.lock"}
    assert names == {
        "control.json",
        "config.json", "status.json", "metrics.csv", "batches.csv", "checks.csv",
        "checkpoint.npz", "checkpoint-before.npz", "replay.npz",
        "model.keras", "model.tflite", "evaluation.npz", "calibration.json",
    }  # fmt: skip
    metrics, batches = run.metrics(), run.batches()
    assert metrics["epoch"] == [1, 2, 3, 4] and metrics["accuracy"][-1] > metrics["accuracy"][0]
    assert batches["epoch"][-1] == 4 and min(batches["epoch"]) > 0
    assert {one.state for one in seen} == {"running", "done"}
    evaluation = Evaluation.load(run.evaluation_path)
    np.testing.assert_array_equal(
        Classifier(run.model_path).probabilities(simple_dataset.test_images).argmax(axis=1), evaluation.predictions
    )
    assert evaluation.identity == simple_dataset.identity
    assert run.status().test_accuracy == evaluation.accuracy


def test_keras_file_gives_the_same_probabilities(simple_dataset: Dataset) -> None:
    import keras

    from mnist_core.preprocessing.pipeline import normalize

    run, _ = train(simple_dataset)
    expected = keras.models.load_model(run.keras_path).predict(normalize(simple_dataset.test_images), verbose=0)
    found = Classifier(run.model_path).probabilities(simple_dataset.test_images)
    np.testing.assert_allclose(found, expected, atol=1e-5)


AUGMENTED = dataclasses.replace(TINY, rotation=15.0, shift=0.05, zoom=0.1, shear=0.1, schedule="one-cycle", seed=7)


@pytest.mark.usefixtures("borrowed_model")
def test_the_same_seed_gives_the_same_weights_and_another_does_not(simple_dataset: Dataset) -> None:
    first, second = (weights(train(simple_dataset, AUGMENTED)[0]) for _ in range(2))
    assert_same(first, second)
    other = weights(train(simple_dataset, dataclasses.replace(AUGMENTED, seed=8))[0])
    assert not np.array_equal(first["variable_0"], other["variable_0"])


@pytest.fixture
def varied(tmp_path: Path) -> TrainConfig:
    """Settings with all that makes the training images more varied."""
    drawn = tmp_path / "drawn.jsonl"
    rows = [{"label": digit, "strokes": [stroke.tolist() for stroke in simple_strokes(digit)]} for digit in range(10)]
    drawn.write_text("\n".join(json.dumps(row) for row in rows))
    return dataclasses.replace(
        AUGMENTED, elastic=0.5, pen=0.2, styles=0.1, non_digits=0.2, also=str(drawn), weight_averaging=0.9
    )


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the loop look up after each step, so that what happens within an epoch can be tried."""
    monkeypatch.setattr(loop, "PIECE_SECONDS", 0.0)


@pytest.mark.usefixtures("small_pieces", "borrowed_model")
@pytest.mark.parametrize(
    ("epoch", "taken"),
    [*(pytest.param(0, one, marks=pytest.mark.long) for one in ("float32", "bfloat16")), (2, "float32")],
)
def test_a_run_that_broke_off_goes_on_bit_for_bit(
    simple_dataset: Dataset, varied: TrainConfig, epoch: int, taken: str
) -> None:
    config = dataclasses.replace(varied if epoch else AUGMENTED, early_stopping=3, precision=taken)
    unbroken, _ = train(simple_dataset, config)
    run = run_folders.create(config, simple_dataset.reference())

    def break_off(status: Status) -> None:
        if (status.epoch, status.step > 1) == (epoch, True):
            raise SystemExit  # as a kill would: no handler of the loop runs

    with pytest.raises(SystemExit):
        loop.train(config, simple_dataset, run, break_off)
    assert run.stored_status().state == "running"
    _, status = train(simple_dataset, config, run)
    assert status.state == "done"
    assert_same(weights(run), weights(unbroken))
    assert run.metrics()["loss"] == unbroken.metrics()["loss"]
    assert run.batches()["epoch"] == sorted(set(run.batches()["epoch"]))


@pytest.mark.usefixtures("small_pieces", "borrowed_model")
def test_stop_keeps_the_model_of_that_moment(simple_dataset: Dataset) -> None:
    run = run_folders.create(TINY, simple_dataset.reference())

    def stop(status: Status) -> None:
        if status.epoch == 1 and status.step > 1:
            run.request("stop", by=COMMAND_LINE)

    status = loop.train(TINY, simple_dataset, run, stop)
    assert status.state == "stopped" and "Stopped by hand after 1." in status_words.sentence(status)
    assert run.has_model and Evaluation.load(run.evaluation_path).accuracy == status.test_accuracy


@pytest.mark.usefixtures("borrowed_model")
def test_early_stopping_brings_the_best_epoch_back(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, epochs=30, learning_rate=0.05, early_stopping=2)
    run, status = train(simple_dataset, config)
    losses = run.metrics()["val_loss"]
    best = int(np.argmin(losses)) + 1
    assert status.state == "done" and status.epoch == len(losses) == min(best + 2, 30)
    assert f"the weights are those of epoch {best}" in status_words.sentence(status)


def test_a_loss_that_is_no_number_ends_the_run_in_words(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(
        TINY, optimizer="sgd", learning_rate=10.0, layers=parse_network("flatten,dense:64,dense:64,dense:10:softmax")
    )
    _, status = train(simple_dataset, config)
    assert status.state == "failed"
    assert "no number any more" in status_words.sentence(status) and "learning rate 10" in status_words.sentence(status)


def test_an_unwritable_folder_ends_the_run_in_words(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Run, "write_checkpoint", full)
    _, status = train(simple_dataset)
    assert status.state == "failed" and "the disk reports a fault" in status_words.sentence(status)
    assert "Traceback" in caplog.text and "in full" in caplog.text


@pytest.mark.usefixtures("borrowed_model")
def test_one_hot_and_integer_labels_train_alike(simple_dataset: Dataset) -> None:
    integer, one_hot = (
        train(simple_dataset, dataclasses.replace(TINY, loss=loss, epochs=1))[0].metrics()["loss"][0]
        for loss in ("sparse_categorical_crossentropy", "categorical_crossentropy")
    )
    assert integer == pytest.approx(one_hot, rel=1e-4)


def test_sigmoid_outputs_are_judged_without_ties(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, layers=parse_network("flatten,dense:64:relu,dense:10:sigmoid"), epochs=10)
    run, status = train(simple_dataset, dataclasses.replace(config, validation_share=0.0))
    assert status.test_accuracy == pytest.approx(run.metrics()["val_accuracy"][-1], abs=0.006)
    assert status.test_loss == pytest.approx(run.metrics()["val_loss"][-1], abs=1e-3)


@pytest.mark.usefixtures("borrowed_model")
def test_points_within_epochs_are_thinned(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MOST_POINTS", 6)
    run, _ = train(simple_dataset)
    positions = run.batches()["epoch"]
    assert len(positions) <= 6 and positions[-1] == 4 and positions == sorted(positions)
    assert positions[0] < 0.2  # the fall of the loss at the start is what a class wants to see


def test_the_shipped_keras_file_is_what_its_litert_file_is(real_mnist: Path) -> None:
    import keras

    from mnist_core.data import sources
    from mnist_core.preprocessing.pipeline import normalize

    run = run_folders.find("best")
    images = sources.load(str(real_mnist)).test_images[:500]
    expected = keras.models.load_model(run.keras_path).predict(normalize(images), verbose=0)
    np.testing.assert_allclose(Classifier(run.model_path).probabilities(images), expected, atol=1e-5)


def test_a_run_keeps_the_precision_that_it_began_with(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "settle", lambda asked: "bfloat16")
    config = dataclasses.replace(TINY, epochs=2)
    run = run_folders.create(config, simple_dataset.reference())

    def break_off(status: Status) -> None:
        if status.epoch == 1:
            raise SystemExit

    with pytest.raises(SystemExit):
        loop.train(config, simple_dataset, run, break_off)
    assert run.stored_status().precision == "bfloat16"
    monkeypatch.setattr(precision, "settle", lambda asked: "float32")  # another machine
    _, status = train(simple_dataset, config, run)
    assert (status.state, status.precision) == ("done", "bfloat16")
    assert "in bfloat16" in status_words.summary(run)
    assert continuation.longer(run, 1).precision == "bfloat16"


def test_a_run_of_an_earlier_release_goes_on_in_float32(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "settle", lambda asked: "bfloat16")
    run = run_folders.create(TINY, simple_dataset.reference())
    run.write_status(dataclasses.replace(run.stored_status(), epochs=4, step=3, steps=17))
    assert train(simple_dataset, TINY, run)[1].precision == "float32"


def test_both_precisions_learn_and_their_files_are_float32(simple_dataset: Dataset) -> None:
    taken = {name: train(simple_dataset, dataclasses.replace(TINY, precision=name)) for name in ("float32", "bfloat16")}
    assert all(status.test_accuracy > 0.95 for _, status in taken.values())
    one, other = (weights(run) for run, _ in taken.values())
    assert one.keys() == other.keys() and not np.array_equal(one["variable_0"], other["variable_0"])
    assert {array.dtype for array in other.values()} == {array.dtype for array in one.values()}
    with zipfile.ZipFile(taken["bfloat16"][0].keras_path) as archive:
        assert b"bfloat16" not in archive.read("config.json")


def test_a_short_run_is_validated_within_its_epoch_and_again_after_a_kill(simple_dataset: Dataset) -> None:
    config = dataclasses.replace(TINY, epochs=1)
    unbroken, _ = train(simple_dataset, config)
    # Whatever the pieces that training goes in.
    assert [round(17 * epoch) for epoch in unbroken.checks()["epoch"]] == [0, 1, 2, 5, 9, 13]
    assert unbroken.checks()["val_accuracy"][0] < 0.4 < unbroken.metrics()["val_accuracy"][0] <= 1
    run = run_folders.create(config, simple_dataset.reference())

    def break_off(status: Status) -> None:
        if status.step == 9:
            run.request("pause", by=COMMAND_LINE)
        if status.state == "paused":
            raise SystemExit

    with pytest.raises(SystemExit):
        loop.train(config, simple_dataset, run, break_off)
    run.request("resume", by=COMMAND_LINE)
    train(simple_dataset, config, run)
    assert run.checks() == unbroken.checks()
    assert_same(weights(run), weights(unbroken))


@pytest.mark.usefixtures("borrowed_model")
def test_a_longer_run_is_validated_before_it_and_after_its_epochs_alone(simple_dataset: Dataset) -> None:
    run, status = train(simple_dataset, TINY)
    assert run.checks()["epoch"] == [0.0] and run.metrics()["epoch"] == [1, 2, 3, 4] and status.epoch == 4
    further = continuation.create(run, 1)
    train(simple_dataset, further.config(), further)
    further_checks = further.checks()
    assert further_checks["epoch"].count(0.0) == 1 and further_checks["epoch"][1] > 4, "it does not begin by guessing"
    assert further_checks["val_loss"][0] == run.checks()["val_loss"][0]
    np.testing.assert_array_equal(
        Replay.load(further.replay_path).confusion[0], Replay.load(run.replay_path).confusion[0]
    )


@pytest.mark.usefixtures("borrowed_model")
def test_what_is_judged_before_training_changes_nothing_that_is_learned(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, _ = train(simple_dataset, dataclasses.replace(AUGMENTED, epochs=2))
    monkeypatch.setattr(loop.Loop, "_note_start", lambda self: None)
    monkeypatch.setattr(loop, "FEW_EPOCHS", 0)
    plain, _ = train(simple_dataset, dataclasses.replace(AUGMENTED, epochs=2))
    assert len(watched.checks()["epoch"]) == 9 and plain.checks()["epoch"] == []
    assert_same(weights(watched), weights(plain))
    assert watched.metrics()["loss"] == plain.metrics()["loss"]


@pytest.mark.usefixtures("borrowed_model")
def test_a_slow_start_waits_and_learns_the_same(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLOW_SECONDS", 1.0)
    plain, _ = train(simple_dataset, TINY)
    slow = run_folders.create(TINY, simple_dataset.reference(), about={"slow_start": True})
    begun = time.monotonic()
    seen: dict[tuple[int, int], float] = {}

    def note(status: Status) -> None:
        seen.setdefault((status.epoch, status.step), time.monotonic() - begun)

    assert loop.train(TINY, simple_dataset, slow, note).state == "done"
    assert seen[0, 5] - seen[0, 1] >= 0.7 and {(0, step) for step in range(5)} <= seen.keys()
    assert len(slow.checks()["epoch"]) == 6, "there is something to follow in its first epoch"
    assert_same(weights(slow), weights(plain))


@pytest.mark.usefixtures("borrowed_model")
def test_a_slow_start_can_be_stopped_at_once(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLOW_SECONDS", 3600.0)
    slow = run_folders.create(TINY, simple_dataset.reference(), about={"slow_start": True})

    def stop(status: Status) -> None:
        if status.step == 1:
            threading.Timer(0.3, slow.request, ["stop"], {"by": COMMAND_LINE}).start()

    assert loop.train(TINY, simple_dataset, slow, stop).problem == "stopped-by-hand"
