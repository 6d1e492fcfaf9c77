"""The run folder: everything there is to know about a training run, written by the engine and read by all others."""

import csv
import dataclasses
import functools
import io
import logging
import math
import os
import platform
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from mnist_core import environment, files, naming, npz
from mnist_core.config import TrainConfig
from mnist_core.control import REQUESTS, Control
from mnist_core.errors import InputError, LabError
from mnist_core.naming import Label

logger = logging.getLogger(__name__)

SHIPPED_MODEL = "best"
CALIBRATION_NAME = "calibration.json"

INCOMPLETE = "This folder is incomplete"
STATES = ("queued", "running", "paused", "stopped", "done", "failed")
FINISHED = ("stopped", "done", "failed")
# The trainer renews its heartbeat every two seconds; loading TensorFlow or writing a model never takes this long.
HEARTBEAT_SECONDS = 2.0
SILENCE_SECONDS = 20.0

METRICS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
BATCHES = ("epoch", "loss", "accuracy")
History = dict[str, list[float]]
# The last one and the one before it: if a crash of the machine spoils the last, the other is there.
CHECKPOINTS = ("checkpoint.npz", "checkpoint-before.npz")


def bin_folder() -> Path:
    """Returns the folder of the runs that were deleted and can still be brought back."""
    return environment.home() / "bin"


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    Attributes:
        state: One of `STATES`.
        reason: Why it is in this state, in words; empty when there is nothing to say.
        epoch: Finished epochs.
        epochs: Epochs asked for.
        step: Finished steps of the epoch under way.
        steps: Steps of an epoch.
        seconds: Training time so far, without waiting, set-up and export.
        seconds_left: Expected training time to come; 0 when unknown.
        heartbeat: When the trainer last gave a sign of life, in seconds since 1970.
        attempts: How often a trainer took this run up since it last finished an epoch.
        test_accuracy: Share of the test set that the finished model reads right; NaN before.
        test_loss: Its mean cross-entropy on the test set; NaN before.
        learning_rate: The (highest) learning rate now; NaN before training.
        parked: Paused, and its trainer given to those who wait; "Go on" puts it back in the queue.
    """

    state: str
    reason: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    seconds_left: float = 0.0
    heartbeat: float = 0.0
    attempts: int = 0
    test_accuracy: float = math.nan
    test_loss: float = math.nan
    learning_rate: float = math.nan
    parked: bool = False

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to this run."""
        return self.state in FINISHED

    @property
    def progress(self) -> float:
        """The share of all steps that is done, 0 to 1."""
        if not self.epochs or not self.steps:
            return 0.0
        return min((self.epoch + self.step / self.steps) / self.epochs, 1.0)


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
        """The trained model for Keras."""
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
    def events_path(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.folder / "tensorboard"

    @property
    def shipped(self) -> bool:
        """Whether it comes with the lab, and cannot be changed."""
        return self.folder.parent == environment.PRETRAINED

    @property
    def has_model(self) -> bool:
        """Whether the run can classify."""
        return self.model_path.exists()

    @property
    def can_resume(self) -> bool:
        """Whether a failed run can go on: it never began, its trainer was ended, or it left a checkpoint."""
        status = self.stored_status()
        if not (self.folder / "config.json").exists():
            return False
        return status.state != "failed" or not status.steps or self.has_checkpoint

    @property
    def has_checkpoint(self) -> bool:
        """Whether training can go on from where it was."""
        return any((self.folder / name).exists() for name in CHECKPOINTS)

    def description(self) -> dict[str, Any]:
        """Returns what `config.json` holds: `config`, `dataset`, `versions`, `seed`, `created`."""
        values = files.read_json(self.folder / "config.json")
        if not isinstance(values, dict) or not {"config", "dataset", "created"} <= values.keys():
            raise InputError(f"The file config.json in {self.folder} lacks its fields; the folder is damaged.")
        return values

    def config(self) -> TrainConfig:
        """Returns the settings; raises InputError if the folder is damaged."""
        return TrainConfig.from_json(self.description()["config"])

    def status(self) -> Status:
        """Reads the status; a folder without a readable one is failed, and so is a run whose trainer fell silent."""
        status = self.stored_status()
        silent = time.time() - status.heartbeat
        if status.state in ("running", "paused") and not status.parked and silent > SILENCE_SECONDS:
            reason = (
                f"The trainer has given no sign of life for {silent:.0f} s; it was probably ended from outside. "
                f"Press 'Go on' to continue after epoch {status.epoch}."
            )
            return dataclasses.replace(status, state="failed", reason=reason)
        return status

    def stored_status(self) -> Status:
        """Reads `status.json` as it was last written, however long ago."""
        path = self.folder / "status.json"
        try:
            stat = path.stat()
        except OSError:
            return _read_status(path, ())
        return _read_status(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))

    def write_status(self, status: Status) -> None:
        """Writes the status, with a new heartbeat."""
        status = dataclasses.replace(status, heartbeat=time.time())
        files.write_json(self.folder / "status.json", dataclasses.asdict(status))

    def request(self, what: str) -> None:
        """Asks the trainer for `pause`, `resume`, `stop` or one `epoch`; a run that never began is stopped at once.

        Raises:
            InputError: It is another request.
        """
        if what not in REQUESTS:
            raise InputError(f"A run cannot be asked to '{what}'; ask it to {', '.join(REQUESTS[1:])}.")
        until = self.stored_status().epoch + 1 if what == "epoch" else 0
        self._ask(dataclasses.replace(self.control(), request=what, until=until))
        if what == "stop":
            self._stop_if_waiting()

    def change_learning_rate(self, rate: float) -> None:
        """Asks the trainer to go on with another (highest) learning rate; raises InputError if it can be none."""
        self._ask(dataclasses.replace(self.control(), learning_rate=rate))

    def _ask(self, control: Control) -> None:
        control.save(self.folder / "control.json")

    def control(self) -> Control:
        """Returns what was last asked of the trainer."""
        return Control.load(self.folder / "control.json")

    def _stop_if_waiting(self) -> None:
        try:
            with self.lock():
                status = self.stored_status()
                if status.state == "queued" and not status.steps:  # it never began
                    reason = "It was stopped while it waited; there is no model."
                    self.write_status(dataclasses.replace(status, state="stopped", reason=reason))
                elif status.state == "queued":
                    reason = "When its turn comes, it is stopped, and what it has learned is kept."
                    self.write_status(dataclasses.replace(status, reason=reason))
        except Timeout:
            pass  # A trainer holds it, and will read the request.

    def clear_request(self) -> None:
        """Forgets what was asked."""
        (self.folder / "control.json").unlink(missing_ok=True)

    def lock(self) -> FileLock:
        """Returns the lock that the one trainer of this run holds; it falls open when its process dies."""
        return FileLock(self.folder / "trainer.lock", timeout=0)

    def metrics(self) -> History:
        """Returns one value an epoch for each of `METRICS`."""
        return _read_table(self.folder / "metrics.csv", METRICS)

    def batches(self) -> History:
        """Returns the loss and accuracy within the epochs, `epoch` counted in fractions."""
        return _read_table(self.folder / "batches.csv", BATCHES)

    def write_metrics(self, history: History) -> None:
        """Writes the table of epochs."""
        _write_table(self.folder / "metrics.csv", METRICS, history)

    def write_batches(self, history: History) -> None:
        """Writes the table within epochs."""
        _write_table(self.folder / "batches.csv", BATCHES, history)

    def rate_changes(self) -> list[tuple[int, float]]:
        """Returns from which step of the run on it had which other learning rate."""
        path = self.folder / "learning_rates.json"
        return [(int(step), float(rate)) for step, rate in files.read_json(path)] if path.exists() else []

    def write_rate_changes(self, changes: list[tuple[int, float]]) -> None:
        """Writes them."""
        files.write_json(self.folder / "learning_rates.json", changes)

    def write_checkpoint(self, arrays: dict[str, np.ndarray]) -> None:
        """Writes the trainer's whole state; the last two are kept."""
        path, before = (self.folder / name for name in CHECKPOINTS)
        with files.replacing(path) as temporary:
            npz.write(temporary, **arrays)
            if path.exists():
                path.replace(before)

    def read_checkpoint(self) -> dict[str, np.ndarray] | None:
        """Returns the trainer's last state, or None if there is none.

        Raises:
            LabError: The files are damaged, which an atomic write never leaves behind.
        """
        damaged = False
        for name in CHECKPOINTS:
            path = self.folder / name
            if not path.exists():
                continue
            try:
                return npz.read_all(path)
            except InputError:
                logger.warning("The checkpoint %s is damaged.", path, exc_info=True)
                damaged = True
        if damaged:
            raise LabError(f"The checkpoint of {self.id} is damaged; start a new run.")
        return None

    def card(self) -> str:
        """Returns the model card in Markdown, or an empty string where nobody wrote one."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def label(self) -> Label:
        """Returns what people call it and note about it."""
        return naming.load(self.folder / "label.json")

    def write_label(self, label: Label) -> None:
        """Keeps a name and a note.

        Raises:
            LabError: It is a shipped model, or its folder cannot be written.
        """
        if self.shipped:
            raise InputError(f"The shipped model '{self.id}' keeps its name; name a run that was trained here.")
        try:
            label.save(self.folder / "label.json")
        except OSError as error:
            raise LabError(f"The name of {self.id} cannot be kept: {error}; check the folder's rights.") from None

    def delete(self) -> None:
        """Moves the folder to the bin (`deleted`); refuses while a trainer is at work in it.

        Raises:
            LabError: A trainer holds the run, it is a shipped model, or its folder cannot be moved.
        """
        if self.shipped:
            raise InputError(f"The shipped model '{self.id}' belongs to the lab and stays; delete another one.")
        try:
            with self.lock():
                pass  # Nobody trains it. The lock's own file could not be moved on Windows while it is held.
            bin_folder().mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)  # the time of its deletion, from which its days are counted
            self.folder.replace(bin_folder() / self.id)
        except Timeout:
            raise LabError(f"The run {self.id} is being trained; stop it first, then delete it.") from None
        except OSError as error:
            raise LabError(f"The run {self.id} cannot be deleted: {error}; check the folder's rights.") from None


def create(
    config: TrainConfig,
    dataset: dict[str, str],
    folder: Path | None = None,
    about: dict[str, Any] | None = None,
    name: str = "",
    fill: Callable[["Run"], object] = lambda run: None,
) -> Run:
    """Creates the folder of a new, queued run under `<home>/runs`.

    Args:
        config: Its settings.
        dataset: `name` (what `--data` takes) and `identity` (SHA-256) of its data.
        folder: Another folder to hold the run: a sweep's, a test's, that of the shipped models.
        about: What else `config.json` shall hold: `owner`, `tag`, `limits`, `tensorboard`, `continues`, `sweep`.
        name: The run's id; by default it tells time and recipe.
        fill: Puts into the folder what must lie there before a trainer sees the run.

    Raises:
        LabError: The folder cannot be written.
    """
    # Microseconds keep runs in the order of their creation even when a class presses Start together.
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    name = name or f"{stamp}-{int(now % 1 * 1e6):06d}-{config.recipe}-{secrets.token_hex(2)}"
    run = Run((folder or environment.home() / "runs") / name)
    described = {
        "config": config.to_json(),
        "dataset": dataset,
        "versions": _versions(),
        "seed": config.seed,
        "created": now,
    }
    try:
        run.folder.mkdir(parents=True)
        files.write_json(run.folder / "config.json", (about or {}) | described)
        fill(run)
        run.write_status(Status("queued", epochs=config.epochs))
    except OSError as error:
        raise LabError(
            f"The run cannot be written to {run.folder.parent}: {error}; free space or set $MNIST_HOME."
        ) from None
    return run


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "ai-edge-litert", "numpy", "scikit-learn")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def all_runs() -> list[Run]:
    """Returns what users trained, the newest first."""
    folder = environment.home() / "runs"
    if not folder.is_dir():
        return []
    # What begins with a dot is being imported, and is no run yet.
    paths = (path for path in folder.iterdir() if not path.name.startswith("."))
    return [Run(path) for path in sorted(paths, reverse=True) if path.is_dir()]


def shipped_runs() -> list[Run]:
    """Returns the models that come with the lab."""
    return (
        [Run(path) for path in sorted(environment.PRETRAINED.iterdir()) if path.is_dir()]
        if environment.PRETRAINED.is_dir()
        else []
    )


def unfinished_runs() -> list[Run]:
    """Returns the runs that an engine has to care for, the oldest first, also those whose trainer fell silent."""
    statuses = ((run, run.stored_status()) for run in reversed(all_runs()))
    return [run for run, status in statuses if not status.finished and not status.parked]


def find(name: str) -> Run:
    """Finds a run by its id, or a shipped model by its name.

    Raises:
        InputError: There is none of this name.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}", name):
        for folder in (environment.home() / "runs", environment.PRETRAINED):
            if (folder / name).is_dir():
                return Run(folder / name)
    raise InputError(f"There is no run '{name}'; 'python -m mnist_core runs' lists those there are.")


@functools.lru_cache(maxsize=4096)
def _read_status(path: Path, version: tuple[int, ...]) -> Status:
    """Reads a status; a class looks at the same hundred runs twice a second, and each write makes a new file."""
    try:
        status = Status(**files.read_json(path))
        if status.state not in STATES or not math.isfinite(status.heartbeat):
            raise InputError(f"The file status.json in {path.parent} is damaged.")
        return status
    except (InputError, TypeError) as error:
        return Status("failed", reason=f"{INCOMPLETE}: {error} Delete it.")


def _read_table(path: Path, columns: tuple[str, ...]) -> History:
    """Reads a table of numbers; a missing or damaged file is an empty one, since the next write replaces it."""
    history: History = {name: [] for name in columns}
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        for row in rows:
            values = [float(row[name]) for name in columns]
            if not math.isfinite(values[columns.index("epoch")]):
                raise ValueError("no epoch")
            for name, value in zip(columns, values, strict=True):
                history[name].append(value)
    except (OSError, KeyError, TypeError, ValueError):
        pass
    return history


def _write_table(path: Path, columns: tuple[str, ...], history: History) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(history[name] for name in columns), strict=True))
    files.write_bytes(path, text.getvalue().encode())
