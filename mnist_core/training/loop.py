"""The training loop: one for all recipes, its events written to the run folder. Needs TensorFlow.

An epoch's steps run inside the graph, over data held in memory, in pieces of about a quarter of a second; between two
pieces the loop reports, and reads what people asked for. Everything random comes from the seed and the epoch, and the
checkpoint holds all variables, so that a run that was killed goes on exactly as it would have.
"""

import dataclasses
import functools
import itertools
import logging
import math
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from mnist_core.config.train_config import EVALUATION_BATCH, TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.errors import LabError, not_written, refusal
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import disk, folders
from mnist_core.language import apart, gettext
from mnist_core.mnist import CLASSES
from mnist_core.runs.run import Run
from mnist_core.runs.status import Problem, RunError, Status
from mnist_core.training import augmentation, kept_learners, model_files, precision, room, training_set, tuning
from mnist_core.training.event_files import EventFiles
from mnist_core.training.heartbeat import Reporter
from mnist_core.training.learner import Learner
from mnist_core.training.pace import Pace
from mnist_core.training.pins import Pins
from mnist_core.training.progress import Progress
from mnist_core.training.replay import Replay
from mnist_core.training.schedule import learning_rates

PIECE_SECONDS = 0.25
# A kill costs at most so much training; shorter epochs end with a checkpoint anyway.
CHECKPOINT_SECONDS = 20.0
# A run of so few epochs is validated within them, too, on a small part of the images, so that a class sees it rise:
# where these shares of the epoch have passed.
FEW_EPOCHS = 3
FIRST_CHECKS, LATER_CHECKS = (0.01, 0.03, 0.1, 0.25, 0.5, 0.75), (0.25, 0.5, 0.75)
# A run that stays paused gives its trainer to those who wait.
PARK_SECONDS = 30.0
# So often somebody who waits looks at what people ask.
LOOK_SECONDS = 0.2

GiveUp = Callable[[int, float], bool]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """How training ended: the state to be, why, and whether what was learned becomes a model."""

    state: str
    problem: Problem = ""
    details: dict[str, Any] = field(default_factory=dict)
    keeps_model: bool = True


def train(
    config: TrainConfig,
    dataset: Dataset,
    run: Run,
    on_status: Callable[[Status], None] = lambda status: None,
    give_up: GiveUp = lambda epoch, accuracy: False,
) -> Status:
    """Trains a run to its end, or on from its checkpoint, and writes its model and evaluation to its folder.

    Whoever calls holds `run.lock()`. Whatever goes wrong ends the run as failed, and its status says why; it is paused
    where it was for long and gave up its trainer (`parked`). `give_up` is asked after each epoch by finished epochs and
    validation accuracy; True ends the run there, stopped and without a model.
    """
    status = dataclasses.replace(run.stored_status(), state="running", problem="", details={}, parked=False)
    reporter = Reporter(run, status, on_status)
    with reporter.beating():
        try:
            _train_with_patience(config, dataset, run, reporter, give_up)
        except Exception as error:  # whatever it is, the run must not stay "running"
            # The sentence of a LabError says it all, and is the one line that the command line promises.
            level = logging.INFO if isinstance(error, LabError) else logging.ERROR
            logger.log(level, "The run %s failed", run.id, exc_info=True)
            _report_failure(reporter, error)
    return reporter.status


def _train_with_patience(config: TrainConfig, dataset: Dataset, run: Run, reporter: Reporter, give_up: GiveUp) -> None:
    """Trains; where the disk is full, whatever was being written, waits for room and goes on from the checkpoint.

    So the run ends as an unbroken one does, as it would after a kill.
    """
    for tries in itertools.count():
        try:
            taken = _precision(config, reporter.status)
            reporter.update(epochs=config.epochs, problem="", details={}, precision=taken)
            _train(config, dataset, run, reporter, give_up)
            return
        except Exception as error:
            if not disk.is_full(error):
                raise
            logger.info("The run %s finds no room", run.id, exc_info=True)
        if not room.wait(run, config, reporter, tries):
            about = {"epoch": reporter.status.epoch, "epochs": config.epochs, "checkpoint": run.has_checkpoint}
            reporter.update(state="stopped", problem="stopped-without-room", details=about, seconds_left=0.0)
            return


def _precision(config: TrainConfig, before: Status) -> str:
    """Settles a run's precision when it begins; wherever it goes on, it keeps it, and so its exact results."""
    # A run that began in an earlier release knew no other.
    begun = before.precision or ("float32" if before.steps else "")
    return begun or precision.settle(config.precision)


def _report_failure(reporter: Reporter, error: Exception) -> None:
    problem, details = _problem_of(error)
    try:
        reporter.update(state="failed", problem=problem, details=details)
    except OSError as unwritten:  # the silent heartbeat will tell the pages
        raise not_written(gettext("The run folder cannot be written"), unwritten) from error


def _problem_of(error: Exception) -> tuple[Problem, dict[str, Any]]:
    if isinstance(error, RunError):
        return error.problem, error.details
    if isinstance(error, LabError):
        return "other", apart(error)
    if isinstance(error, tf.errors.ResourceExhaustedError | MemoryError):
        return "out-of-memory", {}
    if isinstance(error, OSError):
        return "not-written", apart(refusal(error))
    first_line = (str(error).strip().splitlines() or [""])[0]
    return "error", {"type": type(error).__name__, "text": first_line[:300]}


def _train(config: TrainConfig, dataset: Dataset, run: Run, reporter: Reporter, give_up: GiveUp) -> None:
    data = training_set.assemble(dataset, config, run.description().dataset.get("also_identity", ""))
    validation = data.validation_images, data.validation_labels
    with kept_learners.borrowed(config, data, reporter.status.precision) as learner:
        del data  # the learner has its own
        ending = Loop(run, learner, reporter).train(give_up)
        if ending.keeps_model:
            reporter.update(state="running", problem="writing", seconds_left=0.0)
            model_files.write_model(learner.averaged, config, run)
    if not ending.keeps_model:
        parked = ending.state == "paused"
        reporter.update(
            state=ending.state, problem=ending.problem, details=ending.details, parked=parked, seconds_left=0.0
        )
        return
    evaluation = _judge(config, dataset, validation, run)
    reporter.update(
        state=ending.state,
        problem=ending.problem,
        details=ending.details,
        test_accuracy=evaluation.accuracy,
        test_loss=evaluation.loss,
    )


class Loop:
    """The epochs of one run, from where its checkpoint stands."""

    def __init__(self, run: Run, learner: Learner, reporter: Reporter) -> None:
        self.run, self.learner, self.reporter = run, learner, reporter
        self.config, self.steps = learner.config, learner.steps
        about = run.description()
        self.begun = about.continues.epochs if about.continues else 0
        self.most_seconds = about.limits.get("seconds", math.inf)
        self.slowly = Pace.of(self.steps, about.slow_start)
        checkpoint = run.read_checkpoint()
        if checkpoint:
            learner.restore(checkpoint)
        self.start = model_files.weights_of(run.folder / tuning.START) if about.tunes else []
        if self.start and not checkpoint:
            learner.begin_with(self.start)
        self.drawn = tuning.pictures(run) if about.tunes else None
        self.progress = Progress.of(run, checkpoint, self.steps) if checkpoint else Progress()
        self.saved = time.monotonic()
        self.pace: float | None = None
        self.piece = 1  # steps between two looks at what people ask
        self.events = self._open_events() if about.tensorboard else None

    def train(self, give_up: GiveUp) -> Ending:
        """Trains until the last epoch, or until somebody or something ends it before."""
        progress = self.progress
        self.reporter.update(epoch=progress.epoch, steps=self.steps, step=progress.step, seconds=progress.seconds)
        self._take_rates()
        try:
            if not progress.begun:
                self._note_start()
            while progress.epoch < self.config.epochs and not self._patience_is_over():
                ending = self._train_epoch() or self._close_epoch(give_up)
                if ending:
                    return ending
        finally:
            if self.events:
                self.events.close()
        return self._restore_best()

    def _note_start(self) -> None:
        """Epoch 0: what the network guesses before its first step, on the curve and in the replay.

        It is a point of the curve and no row of `metrics.csv`, each of which is an epoch of training; nor is its time
        that of training.
        """
        loss, confusion = self.learner.validate()
        self._note_replay(self.progress.replay.with_start, confusion)
        self._note_check(0.0, loss, _share_right(confusion))

    def _train_epoch(self) -> Ending | None:
        progress, epoch = self.progress, self.progress.epoch
        order = tf.constant(self.learner.order(epoch))
        # Without augmentation nothing reads them; one row keeps the graph function's signature.
        changes = augmentation.draw_changes(self.config, self.learner.number if self.config.augments else 1, epoch)
        train = functools.partial(self.learner.train, order, tf.constant(changes))
        while progress.step < self.steps:
            ending = self._heed()
            if ending:
                return ending
            first = progress.step
            last = self._end_of_piece(first)
            started = time.perf_counter()
            sums = train(self.rates[epoch], first, last)
            elapsed = time.perf_counter() - started
            self._note(sums, last, elapsed)
            if last in self._check_steps():
                loss, confusion = self._timed(self.learner.glance)
                self._note_check(epoch + last / self.steps, loss, _share_right(confusion))
            self.piece = max(1, min(2 * self.piece, round((last - first) * PIECE_SECONDS / max(elapsed, 1e-4))))
            self._report(elapsed / (last - first))
            self._linger(self._slow_seconds(first, last) - elapsed)
        return None

    def _end_of_piece(self, first: int) -> int:
        """The last step before somebody is asked again; one after which the network is glanced at ends a piece."""
        ends = [first + self.piece, self.steps, *(step for step in self._check_steps() if step > first)]
        if self._slow_seconds(first, first + 1):
            ends.append(first + self.slowly.piece)
        return min(ends)

    def _check_steps(self) -> set[int]:
        """The steps of this epoch after which the network is glanced at."""
        first = self.progress.epoch == self.begun
        if self.config.epochs - self.begun > FEW_EPOCHS and not (first and self.slowly.slow_steps):
            return set()
        shares = FIRST_CHECKS if first else LATER_CHECKS
        return {math.ceil(share * self.steps) for share in shares} - {self.steps}

    def _slow_seconds(self, first: int, last: int) -> float:
        """How long steps of this epoch take at least, so that those who watch can follow."""
        return self.slowly.seconds(first, last) if self.progress.epoch == self.begun else 0.0

    def _linger(self, seconds: float) -> None:
        """Waits, unless somebody asks for something meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self.run.control() == self.heeded:
            time.sleep(min(left, LOOK_SECONDS))

    def _note(self, sums: np.ndarray, step: int, elapsed: float) -> None:
        progress = self.progress
        progress.totals = progress.totals + sums
        progress.step, progress.epoch_seconds = step, progress.epoch_seconds + elapsed
        self._check_loss(sums[0])
        if sums[2]:  # a piece may hold nothing but non-digits
            progress.note_batches(progress.epoch + step / self.steps, sums)
            self.run.write_batches(progress.thinned_batches())

    def _note_check(self, position: float, loss: float, accuracy: float) -> None:
        self.progress.note_check(position, loss, accuracy)
        self.run.write_checks(self.progress.checks)

    def _note_replay(self, with_epoch: Callable[..., Replay], confusion: np.ndarray) -> None:
        """Keeps the confusion matrix and what the pinned digits are read as now."""
        pins = Pins.load(self.run.pins_path)
        scores = self.learner.probabilities(pins.images) if len(pins) else np.zeros((0, CLASSES), np.float32)
        self.progress.replay = with_epoch(confusion, pins.names, scores)
        self.progress.replay.save(self.run.replay_path)
        if self.drawn is not None:
            tuning.note_answers(self.run, self.progress.epoch, self._answers(self.drawn))

    def _answers(self, images: np.ndarray) -> np.ndarray:
        """What many images are read as now; a part of them at a time, as they take room."""
        parts = np.split(images, range(EVALUATION_BATCH, len(images), EVALUATION_BATCH))
        return np.concatenate([self.learner.probabilities(part) for part in parts])

    def _validate(self) -> tuple[float, float, np.ndarray]:
        """The loss, the accuracy and the confusion matrix on the validation images."""
        loss, confusion = self._timed(self.learner.validate)
        return loss, _share_right(confusion), confusion

    def _timed(self, judge: Callable[[], tuple[float, np.ndarray]]) -> tuple[float, np.ndarray]:
        """Judges the network; that is training time."""
        started = time.perf_counter()
        found = judge()
        self.progress.epoch_seconds += time.perf_counter() - started
        return found

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise RunError("diverged", step=self.progress.step, epoch=self.progress.epoch, rate=self.peak)

    def _report(self, seconds_a_step: float) -> None:
        """Writes the status; the pace is unknown after the first piece, which traces, and smoothed after it."""
        progress = self.progress
        if self.pace is None:
            self.pace = 0.0
        else:
            self.pace = 0.8 * self.pace + 0.2 * seconds_a_step if self.pace else seconds_a_step
        left = (self.config.epochs - progress.epoch) * self.steps - progress.step
        waits = self._slow_seconds(progress.step, self.steps)
        self.reporter.update(step=progress.step, seconds=progress.seconds, seconds_left=left * self.pace + waits)
        if time.monotonic() - self.saved > CHECKPOINT_SECONDS and progress.step < self.steps:
            self._save()
            self.reporter.update(attempts=1)  # it gets on: kills from now on are counted from 0 again

    def _heed(self) -> Ending | None:
        """Does what people asked for; waits while the run is paused."""
        paused = None
        while True:
            control = self.heeded = self.run.control()
            self._change_rate(control.learning_rate)
            if control.request == "stop":
                return self._stopped("stopped-by-hand")
            if not control.wants_pause(self.progress.epoch):
                break
            if paused is None:
                paused = time.monotonic()
                self._save()
                self.reporter.update(state="paused")
            if time.monotonic() - paused > PARK_SECONDS:
                return Ending("paused", "parked", keeps_model=False)
            time.sleep(LOOK_SECONDS)
        if paused is not None:
            self.reporter.update(state="running")
        if self._spent() > self.most_seconds:
            return self._stopped("time-limit", seconds=self.most_seconds)
        return None

    def _spent(self) -> float:
        return self.progress.seconds - sum(self.progress.metrics["seconds"][: self.begun])

    def _stopped(self, why: Problem, **details: float) -> Ending:
        self._save()
        at = self.progress.epoch + self.progress.step / self.steps
        return Ending("stopped", why, {"at": at, "epochs": self.config.epochs} | details)

    def _change_rate(self, rate: float | None) -> None:
        progress = self.progress
        if rate is None or (progress.rate_changes and progress.rate_changes[-1][1] == rate):
            return
        progress.rate_changes.append((progress.epoch * self.steps + progress.step, rate))
        # Before it counts, so that a run that is killed and goes on changes its rate at the same step.
        self.run.write_rate_changes(progress.rate_changes)
        self._take_rates()

    def _take_rates(self) -> None:
        changes = self.progress.rate_changes
        rates = learning_rates(self.config, self.steps, self.begun, changes)
        self.rates = tf.constant(rates.reshape(self.config.epochs, self.steps))
        self.peak = changes[-1][1] if changes else self.config.learning_rate
        self.reporter.update(learning_rate=self.peak)

    def _close_epoch(self, give_up: GiveUp) -> Ending | None:
        progress, run = self.progress, self.run
        if self.start and progress.epoch + 1 == self.config.epochs:
            self.learner.mix_in(self.start, tuning.KEPT)
        validation_loss, accuracy, confusion = self._validate()
        self._check_loss(validation_loss)  # the last step may have been the one
        rate = float(self.rates[progress.epoch, -1])
        if progress.close_epoch(validation_loss, accuracy, rate) and self.config.early_stopping:
            progress.best_state = self.learner.state()
        self._note_replay(progress.replay.with_epoch, confusion)
        run.write_metrics(progress.metrics)
        self._save()
        if self.events:
            self.events.write_epoch(progress.metrics, -1)
        self.reporter.update(epoch=progress.epoch, step=0, seconds=progress.seconds, attempts=1)
        if not give_up(progress.epoch, accuracy):
            return None
        return Ending("stopped", "given-up", {"epoch": progress.epoch, "accuracy": accuracy}, keeps_model=False)

    def _patience_is_over(self) -> bool:
        patience, best = self.config.early_stopping, max(self.progress.best_epoch, self.begun)
        return bool(patience) and self.progress.epoch - best >= patience

    def _restore_best(self) -> Ending:
        """Ends training; brings the best epoch's weights back where it may end early."""
        progress = self.progress
        if not progress.best_state or progress.best_epoch == progress.epoch:
            return Ending("done")
        self.learner.restore(progress.best_state)
        details = {"epoch": progress.epoch, "epochs": self.config.epochs, "best_epoch": progress.best_epoch}
        return Ending("done", "best-epoch", details)

    def _save(self) -> None:
        self.run.write_checkpoint(self.learner.state() | self.progress.arrays())
        self.saved = time.monotonic()

    def _open_events(self) -> EventFiles:
        """Starts the event files afresh, with the epochs that there are: what a kill cut off must not stay."""
        shutil.rmtree(self.run.events_path, ignore_errors=True)
        events = EventFiles(self.run.events_path)
        for index in range(self.progress.epoch):
            events.write_epoch(self.progress.metrics, index)
        return events


def _share_right(confusion: np.ndarray) -> float:
    return float(np.trace(confusion) / confusion.sum())


def _judge(config: TrainConfig, dataset: Dataset, validation: tuple[np.ndarray, np.ndarray], run: Run) -> Evaluation:
    """Calibrates the written model on the validation images, judges it on the test set, and writes both down."""
    # What judges takes half a second to load, for which the first point of the curve need not wait.
    from mnist_core.evaluation import held_out, judging, rejection
    from mnist_core.inference.classifier import Classifier

    classifier = Classifier(run.model_path, threads=os.cpu_count())
    # What is tuned keeps the thresholds that it began with: by these it is judged before and after.
    if not (run.description().tunes and folders.is_file(run.calibration_path)):
        rejection.fit(classifier, *validation, config.seed).save(run.calibration_path)
    evaluation = judging.measure(classifier, held_out.test_part(dataset))
    evaluation.save(run.evaluation_path)
    return evaluation
