"""The training loop: one for all recipes, its events written to the run folder. Needs TensorFlow.

An epoch's steps run inside the graph, over data held in memory, in pieces of about a quarter of a second; between two
pieces the loop reports, and reads what people asked for. Everything random comes from the seed and the epoch, and the
checkpoint holds all variables, so that a run that was killed goes on exactly as it would have.
"""

import contextlib
import dataclasses
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from mnist_core import augment, export, training_set, verdicts
from mnist_core.config import TrainConfig
from mnist_core.datasets import Dataset
from mnist_core.errors import LabError
from mnist_core.evaluation import Evaluation
from mnist_core.inference import Classifier
from mnist_core.learner import Learner
from mnist_core.runs import BATCHES, HEARTBEAT_SECONDS, METRICS, History, Run, Status

PIECE_SECONDS = 0.25
# The charts show some 200 points; twice that is written.
MOST_POINTS = 400


class DivergedError(LabError):
    """The loss is no longer a number."""


def learning_rates(config: TrainConfig, steps: int) -> np.ndarray:
    """Returns the learning rate of every step of the whole run, float32 `[epochs × steps]`.

    The one-cycle schedule (Smith and Topin, 2018) climbs from 1/25 of the peak over the first 30 % of the steps and
    falls to nothing, both along a cosine.
    """
    number = config.epochs * steps
    if config.schedule == "constant":
        return np.full(number, config.learning_rate, np.float32)
    position = (np.arange(number) + 0.5) / number
    rise = 0.3
    climbing = 0.04 + 0.96 * (1 - np.cos(np.pi * position / rise)) / 2
    falling = (1 + np.cos(np.pi * (position - rise) / (1 - rise))) / 2
    return (config.learning_rate * np.where(position < rise, climbing, falling)).astype(np.float32)


@dataclass
class Progress:
    """What the loop knows beside the variables; all of it comes back from the run folder on resume."""

    epoch: int = 0
    metrics: History = field(default_factory=lambda: {name: [] for name in METRICS})
    batches: History = field(default_factory=lambda: {name: [] for name in BATCHES})
    best_loss: float = math.inf
    best_epoch: int = 0
    best_state: dict[str, np.ndarray] = field(default_factory=dict)
    pace: float | None = None

    def pace_after(self, seconds: float) -> float:
        """Returns the smoothed seconds a step after one more measurement; 0, unknown, after the first, which traces."""
        if self.pace is None:
            self.pace = 0.0
        else:
            self.pace = 0.8 * self.pace + 0.2 * seconds if self.pace else seconds
        return self.pace

    @property
    def seconds(self) -> float:
        """Training time of the finished epochs."""
        return sum(self.metrics["seconds"])


class Reporter:
    """Writes the status, at each change and as a heartbeat beside a loop that may be busy inside TensorFlow."""

    def __init__(self, run: Run, status: Status, on_status: Callable[[Status], None]) -> None:
        self._run = run
        self._on_status = on_status
        self._lock = threading.Lock()
        self.status = status
        self._ended = threading.Event()

    def update(self, **changes: object) -> None:
        """Changes the status and writes it."""
        with self._lock:
            self.status = dataclasses.replace(self.status, **changes)  # type: ignore[arg-type]
            self._run.write_status(self.status)
        self._on_status(self.status)

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Renews the heartbeat while the block runs."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # A disk that is full for a moment must not end a run; the loop's own writes say so if it stays full.
            with self._lock, contextlib.suppress(OSError):
                self._run.write_status(self.status)


def train(
    config: TrainConfig, dataset: Dataset, run: Run, on_status: Callable[[Status], None] = lambda status: None
) -> Status:
    """Trains a run to its end, or on from its checkpoint, and writes its model and evaluation.

    The result is in the run folder. Whatever goes wrong ends the run as failed, with the reason in words.

    Args:
        config: The settings.
        dataset: The images.
        run: Its folder; whoever calls holds `run.lock()`.
        on_status: Called after each change of the status, from this thread.

    Returns:
        The final status: done, stopped or failed.
    """
    before = run.stored_status()
    status = dataclasses.replace(before, state="running", reason="")
    reporter = Reporter(run, status, on_status)
    with reporter.beating():
        try:
            reporter.update(epochs=config.epochs)
            _train(config, dataset, run, reporter)
        except Exception as error:  # whatever it is, the run must not stay "running"
            _report_failure(reporter, error)
    return reporter.status


def _report_failure(reporter: Reporter, error: Exception) -> None:
    reason = _in_words(error)
    try:
        reporter.update(state="failed", reason=reason)
    except OSError:
        raise LabError(reason) from error  # nothing can be written; the silent heartbeat will tell the pages


def _in_words(error: Exception) -> str:
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, tf.errors.ResourceExhaustedError | MemoryError):
        return "Memory ran out; make the batch or the network smaller and start again."
    if isinstance(error, OSError):
        return (
            f"The run folder cannot be written ({error.strerror or error}); free space or check its rights, then start "
            "again."
        )
    first_line = (str(error).strip().splitlines() or [""])[0]
    return f"Training ended with an error, {type(error).__name__}: {first_line[:300]}"


def _train(config: TrainConfig, dataset: Dataset, run: Run, reporter: Reporter) -> None:
    data = training_set.assemble(dataset, config, run.description()["dataset"].get("also_identity", ""))
    learner, validation = Learner(config, data), (data.validation_images, data.validation_labels)
    del data  # the learner keeps its own
    progress = _resume(run, learner)
    rates = learning_rates(config, learner.steps)
    reporter.update(epoch=progress.epoch, steps=learner.steps, step=0, seconds=progress.seconds)
    stopped = False
    while progress.epoch < config.epochs and not stopped and not _patience_is_over(config, progress):
        stopped = _train_epoch(learner, progress, rates, run, reporter)
    reason = _write_model(learner, progress, run, reporter, stopped)
    evaluation = _judge(config, dataset, validation, run)
    reporter.update(
        state="stopped" if stopped else "done",
        reason=reason,
        test_accuracy=evaluation.accuracy,
        test_loss=evaluation.loss,
    )


def _resume(run: Run, learner: Learner) -> Progress:
    """Restores the last finished epoch, or starts afresh if there is none."""
    checkpoint = run.read_checkpoint()
    if checkpoint is None:
        return Progress()
    learner.restore(checkpoint)
    epoch = int(checkpoint["epoch"])
    # The tables may be one epoch ahead of the checkpoint, or hold points of the epoch that was cut off.
    metrics = {name: values[:epoch] for name, values in run.metrics().items()}
    batches = run.batches()
    kept = [index for index, position in enumerate(batches["epoch"]) if position <= epoch]
    best = {
        name.removeprefix("best_"): array for name, array in checkpoint.items() if name.startswith("best_variable_")
    }
    return Progress(
        epoch=epoch,
        metrics=metrics,
        batches={name: [values[index] for index in kept] for name, values in batches.items()},
        best_loss=float(checkpoint["best_loss"]),
        best_epoch=int(checkpoint["best_epoch"]),
        best_state=best,
    )


def _save(run: Run, learner: Learner, progress: Progress) -> None:
    best = {f"best_{name}": array for name, array in progress.best_state.items()}
    numbers = {
        "epoch": np.array(progress.epoch),
        "best_loss": np.array(progress.best_loss),
        "best_epoch": np.array(progress.best_epoch),
    }
    run.write_checkpoint(learner.state() | best | numbers)


def _patience_is_over(config: TrainConfig, progress: Progress) -> bool:
    return bool(config.early_stopping) and progress.epoch - progress.best_epoch >= config.early_stopping


def _train_epoch(learner: Learner, progress: Progress, rates: np.ndarray, run: Run, reporter: Reporter) -> bool:
    """Trains one epoch; returns whether somebody stopped it on the way."""
    config, epoch, steps = learner.config, progress.epoch, learner.steps
    number = len(learner.images)
    order = tf.constant(np.random.default_rng([config.seed, epoch]).permutation(number).astype(np.int32))
    # Without augmentation nothing reads them; one row keeps the graph function's signature.
    transforms = tf.constant(augment.draw_changes(config, number if config.augments else 1, epoch))
    epoch_rates = tf.constant(rates[epoch * steps : (epoch + 1) * steps])
    totals, seconds = np.zeros(3), 0.0
    step, piece = 0, 1
    while step < steps:
        if _stop_asked(run, reporter):
            break
        first, last = step, min(step + piece, steps)
        started = time.perf_counter()
        sums = learner.train(order, transforms, epoch_rates, first, last)
        elapsed = time.perf_counter() - started
        totals, seconds, step = totals + sums, seconds + elapsed, last
        if not math.isfinite(sums[0]):
            raise DivergedError(
                f"The loss is no longer a number after step {step} of epoch {epoch + 1}: the learning rate "
                f"{config.learning_rate:g} is too high for this network; lower it and start again."
            )
        piece = max(1, min(2 * piece, round(piece * PIECE_SECONDS / max(elapsed, 1e-4))))
        if sums[2]:  # a piece may hold nothing but non-digits
            _note_batches(progress, run, epoch + step / steps, sums)
        left = (config.epochs - epoch - step / steps) * steps * progress.pace_after(elapsed / (last - first))
        reporter.update(step=step, seconds=progress.seconds + seconds, seconds_left=left)
    if step < steps:
        return True
    _close_epoch(learner, progress, run, reporter, totals, seconds, float(rates[(epoch + 1) * steps - 1]))
    return False


def _stop_asked(run: Run, reporter: Reporter) -> bool:
    """Waits while the run is paused; returns whether it shall stop."""
    while (asked := run.requested()) == "pause":
        if reporter.status.state != "paused":
            reporter.update(state="paused")
        time.sleep(0.2)
    if reporter.status.state == "paused":
        reporter.update(state="running")
    return asked == "stop"


def _note_batches(progress: Progress, run: Run, position: float, sums: np.ndarray) -> None:
    batches = progress.batches
    for name, value in zip(BATCHES, (position, sums[0] / sums[2], sums[1] / sums[2]), strict=True):
        batches[name].append(float(value))
    number = len(batches["epoch"])
    kept = np.unique(np.linspace(0, number - 1, min(number, MOST_POINTS)).round().astype(int))
    run.write_batches({name: [values[index] for index in kept] for name, values in batches.items()})


def _close_epoch(
    learner: Learner, progress: Progress, run: Run, reporter: Reporter, totals: np.ndarray, seconds: float, rate: float
) -> None:
    started = time.perf_counter()
    validation_loss, validation_accuracy = learner.validate()
    seconds += time.perf_counter() - started
    progress.epoch += 1
    loss, accuracy = totals[0] / totals[2], totals[1] / totals[2]
    row = (progress.epoch, loss, accuracy, validation_loss, validation_accuracy, rate, seconds)
    for name, value in zip(METRICS, row, strict=True):
        progress.metrics[name].append(float(value))
    if validation_loss < progress.best_loss:
        progress.best_loss, progress.best_epoch = validation_loss, progress.epoch
        if learner.config.early_stopping:
            progress.best_state = learner.state()
    run.write_metrics(progress.metrics)
    _save(run, learner, progress)
    reporter.update(epoch=progress.epoch, step=0, seconds=progress.seconds, attempts=1)


def _write_model(learner: Learner, progress: Progress, run: Run, reporter: Reporter, stopped: bool) -> str:
    """Writes the model, the last one or the best where training ended early; returns what there is to say about it."""
    reason = ""
    if stopped:
        at = progress.epoch + reporter.status.step / learner.steps
        reason = f"Stopped by hand after {at:.1f} of {learner.config.epochs} epochs; the model of that moment is kept."
    elif progress.epoch < learner.config.epochs or (progress.best_epoch < progress.epoch and progress.best_state):
        reason = (
            f"Ended after {progress.epoch} of {learner.config.epochs} epochs; the weights are those of epoch "
            f"{progress.best_epoch}, which had the lowest validation loss."
        )
        learner.restore(progress.best_state)
    reporter.update(reason="Training is over; the model is being written and judged on the test set.", seconds_left=0.0)
    export.write_model(learner.model, learner.config, run)
    return reason


def _judge(config: TrainConfig, dataset: Dataset, validation: tuple[np.ndarray, np.ndarray], run: Run) -> Evaluation:
    """Calibrates the written model on the validation images, judges it on the test set, and writes both down."""
    classifier = Classifier(run.model_path, threads=os.cpu_count())
    images, labels = validation
    pictures = np.rint(255 * images[..., 0]).astype(np.uint8)
    verdicts.fit(classifier, pictures, labels, config.seed).save(run.calibration_path)
    probabilities = classifier.probabilities(dataset.test_images)
    evaluation = Evaluation.measure(probabilities, dataset.test_labels, dataset.identity)
    evaluation.save(run.evaluation_path)
    return evaluation
