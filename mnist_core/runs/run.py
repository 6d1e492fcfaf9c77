"""The run folder: everything there is to know about a training run, written by the engine and read by all others."""

import contextlib
import csv
import dataclasses
import io
import logging
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from filelock import FileLock, Timeout

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError, LabError, NotReadError, not_written
from mnist_core.files import atomic, folders, locks, npz, records
from mnist_core.files.records import NewerError, Record
from mnist_core.language import apart, gettext
from mnist_core.runs import run_label, silence
from mnist_core.runs.control import REQUESTS, Control
from mnist_core.runs.description import RunDescription, read_description
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import LOST_SECONDS, SILENCE_SECONDS, Status, read_status

logger = logging.getLogger(__name__)
CALIBRATION_NAME = "calibration.json"
METRICS_NAME, BATCHES_NAME, CHECKS_NAME = "metrics.csv", "batches.csv", "checks.csv"
RATES_NAME = "learning_rates.json"

METRICS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
BATCHES = ("epoch", "loss", "accuracy")
CHECKS = ("epoch", "val_loss", "val_accuracy")
History = dict[str, list[float]]
# The last one and the one before it: if a crash of the machine spoils the last, the other is there.
CHECKPOINTS = ("checkpoint.npz", "checkpoint-before.npz")
CONTROL_SECONDS = 10.0
# Of a table or a card: a thousand epochs take 100 kB.
MOST_TEXT = 10_000_000


@dataclass(frozen=True)
class RateChanges(Record):
    """From which step of the run on it had which other learning rate."""

    FORMAT: ClassVar[int] = 2

    changes: tuple[tuple[int, float], ...] = ()

    @classmethod
    def upgraded(cls, values: Any) -> Any:
        """Reads format 1, which was the list alone."""
        return {"changes": values} if isinstance(values, list) else values


class Run:
    """A run folder. Reading never fails on a half-written folder; its status says what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        """The folder's name, which is the run's name everywhere."""
        return self.folder.name

    @property
    def keras_path(self) -> Path:
        return self.folder / "model.keras"

    @property
    def model_path(self) -> Path:
        """The trained model for LiteRT."""
        return self.folder / "model.tflite"

    @property
    def evaluation_path(self) -> Path:
        """The test set's probabilities, labels and report."""
        return self.folder / "evaluation.npz"

    @property
    def calibration_path(self) -> Path:
        """The temperature and the thresholds of its verdicts."""
        return self.folder / CALIBRATION_NAME

    @property
    def pins_path(self) -> Path:
        """The pinned digits, which the trainer scores after each epoch."""
        return self.folder / "pins.npz"

    @property
    def replay_path(self) -> Path:
        """What each epoch left for a look back: its confusion matrix and the pinned digits' probabilities."""
        return self.folder / "replay.npz"

    @property
    def bets_path(self) -> Path:
        """What people bet on it before it began (`runs.bets`)."""
        return self.folder / "bets.json"

    @property
    def events_path(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.folder / "tensorboard"

    @property
    def shipped(self) -> bool:
        """Whether it comes with the lab, and cannot be changed."""
        return self.folder.parent == environment.PRETRAINED

    @property
    def has_model(self) -> bool:
        return folders.is_file(self.model_path)

    @property
    def can_resume(self) -> bool:
        """Whether a failed run can go on: it never began, its trainer was ended, or it left a checkpoint."""
        status = self.stored_status()
        if status.problem == "newer" or not folders.is_file(self.folder / "config.json"):
            return False
        return status.state != "failed" or not status.steps or self.has_checkpoint

    @property
    def has_checkpoint(self) -> bool:
        return any(folders.is_file(self.folder / name) for name in CHECKPOINTS)

    def description(self) -> RunDescription:
        """Returns what the run is; raises InputError if the folder is damaged, or made by a newer lab."""
        path = self.folder / "config.json"
        return read_description(path, atomic.stamp(path))

    def config(self) -> TrainConfig:
        return self.description().config

    def status(self) -> Status:
        """Reads the status; a folder without a readable one is failed, and so is a run whose trainer fell silent."""
        status = self.stored_status()
        if status.state not in ("running", "paused") or status.parked:
            return status
        silent = self.silent_for(status)
        details = {"seconds": silent, "epoch": status.epoch}
        if silent > SILENCE_SECONDS:
            return dataclasses.replace(status, state="failed", problem="silent", details=details)
        if silent > LOST_SECONDS:
            return dataclasses.replace(status, problem="lost", details=details)
        return status

    def silent_for(self, status: Status) -> float:
        """Returns how many seconds ago this status was written, whatever the clock was set to since."""
        return silence.of(self.folder / "status.json", status.heartbeat)

    def stored_status(self) -> Status:
        """Reads `status.json` as it was last written, however long ago; a newer lab's run is left to a newer lab."""
        try:
            self.description()
        except NewerError as error:
            return Status("failed", "newer", details=apart(error))
        except InputError:
            pass
        path = self.folder / "status.json"
        return read_status(path, atomic.stamp(path))

    def write_status(self, status: Status) -> None:
        """Writes the status, with a new heartbeat; on a full disk, too, where there is one to write over."""
        status = dataclasses.replace(status, heartbeat=time.time())
        status.save(self.folder / "status.json", anyhow=True)

    def touch_status(self) -> None:
        """Gives a sign of life where not even the status can be written: the time of its file is one, too."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / "status.json")

    @property
    def owner(self) -> str:
        """Who asked for it, or brought it in; empty for the command line, and where the folder does not say."""
        try:
            return "" if self.shipped else self.description().owner
        except InputError:
            return ""

    def check_may_change(self, by: Actor) -> None:
        """Raises NotYoursError where somebody may not steer, name or delete it."""
        by.check_may_change(self.owner, gettext("The run {id}", id=self.id))

    def request(self, what: str, *, by: Actor) -> None:
        """Asks the trainer for `pause`, `resume`, `stop` or one `epoch`; a run that never began is stopped at once.

        Raises NotYoursError if it is somebody else's.
        """
        self.check_may_change(by)
        if what not in REQUESTS:
            raise InputError(
                gettext(
                    "A run cannot be asked to '{what}'; ask it to {requests}.",
                    what=what,
                    requests=", ".join(REQUESTS[1:]),
                )
            )
        self._ask(request=what, until=self.stored_status().epoch + 1 if what == "epoch" else 0)
        if what == "stop":
            self._stop_if_waiting()

    def change_learning_rate(self, rate: float, *, by: Actor) -> None:
        """Asks the trainer to go on with another (highest) learning rate; raises InputError if it can be none."""
        self.check_may_change(by)
        self._ask(learning_rate=rate)

    def _ask(self, **changes: Any) -> None:
        """Changes what is asked; two people who do so within a moment both get what they asked for."""
        try:
            with locks.lock(self.folder / "control.lock", CONTROL_SECONDS):
                dataclasses.replace(self.control(), **changes).save(self.folder / "control.json", anyhow=True)
        except Timeout:
            raise LabError(
                gettext("Another process steers the run {id} and does not end; try again.", id=self.id)
            ) from None
        except OSError as error:
            raise not_written(gettext("The run {id} cannot be asked", id=self.id), error) from error

    def control(self) -> Control:
        return Control.load_or_default(self.folder / "control.json")

    def _stop_if_waiting(self) -> None:
        try:
            with self.lock():
                status = self.stored_status()
                if status.state == "queued" and not status.steps:  # it never began
                    status = dataclasses.replace(status, state="stopped", problem="stopped-waiting", details={})
                    self.write_status(status)
                elif status.state == "queued":
                    self.write_status(dataclasses.replace(status, problem="stop-waits", details={}))
        except Timeout:
            pass  # A trainer holds it, and will read the request.

    def lock(self) -> FileLock:
        """Returns the lock that the one trainer of this run holds; it falls open when its process dies."""
        return locks.lock(self.folder / "trainer.lock", 0)

    def metrics(self) -> History:
        """Returns one value an epoch for each of `METRICS`."""
        return _read_table(self.folder / METRICS_NAME, METRICS)

    def batches(self) -> History:
        """Returns the loss and accuracy within the epochs, `epoch` counted in fractions."""
        return _read_table(self.folder / BATCHES_NAME, BATCHES)

    def checks(self) -> History:
        """Returns the validation before training, at `epoch` 0, and those within the epochs of a short run.

        There `epoch` is counted in fractions, and it is a small part of the images that validates.
        """
        return _read_table(self.folder / CHECKS_NAME, CHECKS)

    def write_metrics(self, history: History) -> None:
        _write_table(self.folder / METRICS_NAME, METRICS, history)

    def write_batches(self, history: History) -> None:
        _write_table(self.folder / BATCHES_NAME, BATCHES, history)

    def write_checks(self, history: History) -> None:
        _write_table(self.folder / CHECKS_NAME, CHECKS, history)

    def rate_changes(self) -> list[tuple[int, float]]:
        """Returns from which step of the run on it had which other learning rate."""
        path = self.folder / RATES_NAME
        return list(RateChanges.load(path).changes) if folders.exists(path) else []

    def write_rate_changes(self, changes: list[tuple[int, float]]) -> None:
        RateChanges(tuple(changes)).save(self.folder / RATES_NAME)

    def write_checkpoint(self, arrays: dict[str, np.ndarray]) -> None:
        """Writes the trainer's whole state; the last two are kept."""
        path, before = (self.folder / name for name in CHECKPOINTS)
        with atomic.replacing(path) as temporary:
            npz.save(temporary, **records.numbered(arrays))
            if folders.exists(path):
                path.replace(before)

    def read_checkpoint(self) -> dict[str, np.ndarray] | None:
        """The trainer's last state; raises LabError if they are damaged, which atomic writes never leave behind."""
        damaged = False
        for name in CHECKPOINTS:
            path = self.folder / name
            if not folders.exists(path):
                continue
            try:
                return npz.read_all(path)
            except (NewerError, NotReadError):
                raise
            except InputError:
                logger.warning("The checkpoint %s is damaged.", path, exc_info=True)
                damaged = True
        if damaged:
            raise LabError(gettext("The checkpoint of {id} is damaged; start a new run.", id=self.id))
        return None

    def card(self) -> str:
        """Returns the model card in Markdown, or an empty string where nobody wrote one."""
        path = self.folder / "README.md"
        try:
            return folders.read_bytes(path, MOST_TEXT).decode(errors="replace")
        except FileNotFoundError:
            return ""
        except OSError:
            logger.info("The card of %s cannot be read", self.id, exc_info=True)
            return ""

    def label(self) -> RunLabel:
        return run_label.load(self.folder / "label.json")

    def write_label(self, label: RunLabel, *, by: Actor) -> None:
        """Raises LabError if it is a shipped model or somebody else's, or its folder cannot be written."""
        if self.shipped:
            raise InputError(
                gettext("The shipped model '{id}' keeps its name; name a run that was trained here.", id=self.id)
            )
        self.check_may_change(by)
        try:
            label.save(self.folder / "label.json")
        except OSError as error:
            raise not_written(gettext("The name of {id} cannot be kept", id=self.id), error) from error


def _read_table(path: Path, columns: tuple[str, ...]) -> History:
    """Reads a table of numbers; a missing or damaged file is an empty one, since the next write replaces it."""
    history: History = {name: [] for name in columns}
    try:
        rows = list(csv.DictReader(io.StringIO(folders.read_bytes(path, MOST_TEXT).decode())))
        for row in rows:
            values = [float(row[name]) for name in columns]
            if not math.isfinite(values[columns.index("epoch")]):
                raise ValueError("no epoch")
            for name, value in zip(columns, values, strict=True):
                history[name].append(value)
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        logger.debug("The table %s cannot be read to its end", path, exc_info=True)
    return history


def _write_table(path: Path, columns: tuple[str, ...], history: History) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(history[name] for name in columns), strict=True))
    atomic.write_bytes(path, text.getvalue().encode())
