"""The run folder: everything there is to know about a training run, written by the engine and read by all others."""

import csv
import dataclasses
import functools
import io
import logging
import math
import platform
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from filelock import FileLock, Timeout

from mnist_core import environment, files, naming, npz, records
from mnist_core.config import TrainConfig
from mnist_core.control import REQUESTS, Control
from mnist_core.errors import InputError, LabError
from mnist_core.naming import Label
from mnist_core.records import NewerError, Record

logger = logging.getLogger(__name__)

SHIPPED_MODEL = "best"
CALIBRATION_NAME = "calibration.json"

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


# Why a run is in its state; `status_words` says it. A newer lab may know more of them.
Problem = Literal[
    "", "incomplete", "newer", "silent", "stopped-waiting", "stop-waits", "not-handed-over", "killed",
    "diverged", "out-of-memory", "not-written", "error", "other", "writing", "parked", "stopped-by-hand",
    "time-limit", "best-epoch", "given-up", "imported",
]  # fmt: skip
CONTROL_SECONDS = 10.0


class RunError(LabError):
    """What ends a run, as the code and the details of its status."""

    def __init__(self, problem: Problem, **details: Any) -> None:
        super().__init__(f"The run ended: {problem} ({details}).")
        self.problem = problem
        self.details = details


@dataclass(frozen=True)
class Status(Record):
    """Where a run stands.

    Attributes:
        state: One of `STATES`.
        problem: Why it is in this state; empty when there is nothing to say.
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
        parked: Paused, and its trainer given to those who wait.
        details: The numbers and words that belong to the problem.
    """

    FORMAT: ClassVar[int] = 2

    state: str
    problem: Problem = ""
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
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.state not in STATES or not math.isfinite(self.heartbeat):
            raise InputError("The status of this run says what cannot be.")

    @classmethod
    def upgraded(cls, values: Any) -> Any:
        """Keeps the sentence that format 1 had for a reason."""
        if isinstance(values, dict) and (reason := values.pop("reason", "")):
            return {"problem": "other", "details": {"text": reason}} | values
        return values

    @property
    def can_be_steered(self) -> bool:
        """Whether anything can be asked of its trainer, now or when its turn comes."""
        return not self.finished and self.problem != "writing"

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


@dataclass(frozen=True)
class Continues:
    """Which run another one goes on from, and after how many epochs."""

    run: str
    epochs: int


@dataclass(frozen=True)
class TrialOf:
    """Which trial of which sweep a run is."""

    id: str
    trial: int


@dataclass(frozen=True)
class Imported:
    """Where a run came from that was not trained here, and what its file claims beside what was measured.

    Attributes:
        file: The file's name.
        kind: `capsule` or `keras`.
        claimed: Share of the test images that its file says it reads; None where it says nothing.
        measured: The share that it read here.
        images: How many images that was out of; 0 where an older lab did not note it.
        judged_on: What the data is called that it was judged on here.
        same_data: Whether that is the data that the claim is about.
        learned_from: What the data is called that it learned from.
        when: When it was imported, in seconds since 1970.
        created: When it was made elsewhere.
        versions: With which versions of which packages.
        sentence: What an older lab said of all this.
    """

    file: str = ""
    kind: str = ""
    claimed: float | None = None
    measured: float = math.nan
    images: int = 0
    judged_on: str = ""
    same_data: bool = False
    learned_from: str = ""
    when: float = 0.0
    created: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    sentence: str = ""


@dataclass(frozen=True)
class RunDescription(Record):
    """What a run is, `config.json`: written when it is created, and never changed.

    Attributes:
        config: Its settings.
        dataset: What it remembers of its data (`Dataset.reference`): `name`, `identity`, `title`, `also_identity`.
        created: When it was asked for, in seconds since 1970.
        versions: With which versions of which packages it was created.
        seed: That of the settings.
        owner: Who asked for it; empty for the command line.
        tag: Its place in the fair order of the queue; lower ones come first.
        work: Multiply-adds of all its images in all epochs, read once each; 0 where nobody counted.
        limits: What its trainer watches: `seconds` of training.
        tensorboard: Whether it writes event files.
        continues: Which run it goes on from.
        sweep: Which trial of a sweep it is.
        imported: Where it came from, if it was not trained here.
    """

    config: TrainConfig
    dataset: dict[str, str]
    created: float
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    owner: str = ""
    tag: float = 0.0
    work: float = 0.0
    limits: dict[str, float] = field(default_factory=dict)
    tensorboard: bool = False
    continues: Continues | None = None
    sweep: TrialOf | None = None
    imported: Imported | None = None

    def __post_init__(self) -> None:
        if not {"name", "identity"} <= self.dataset.keys():
            raise InputError("The file config.json of this run does not say what it learned from; it is damaged.")

    @property
    def data_title(self) -> str:
        """What its data is called."""
        return self.dataset.get("title", self.dataset["name"])


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
        if status.problem == "newer" or not (self.folder / "config.json").exists():
            return False
        return status.state != "failed" or not status.steps or self.has_checkpoint

    @property
    def has_checkpoint(self) -> bool:
        """Whether training can go on from where it was."""
        return any((self.folder / name).exists() for name in CHECKPOINTS)

    def description(self) -> RunDescription:
        """Returns what the run is; raises InputError if the folder is damaged, or made by a newer lab."""
        path = self.folder / "config.json"
        return _read_description(path, files.stamp(path))

    def config(self) -> TrainConfig:
        """Returns the settings; raises InputError if the folder is damaged."""
        return self.description().config

    def status(self) -> Status:
        """Reads the status; a folder without a readable one is failed, and so is a run whose trainer fell silent."""
        status = self.stored_status()
        silent = time.time() - status.heartbeat
        if status.state in ("running", "paused") and not status.parked and silent > SILENCE_SECONDS:
            details = {"seconds": silent, "epoch": status.epoch}
            return dataclasses.replace(status, state="failed", problem="silent", details=details)
        return status

    def stored_status(self) -> Status:
        """Reads `status.json` as it was last written, however long ago; a newer lab's run is left to a newer lab."""
        try:
            self.description()
        except NewerError as error:
            return Status("failed", "newer", details={"text": str(error)})
        except InputError:
            pass
        path = self.folder / "status.json"
        return _read_status(path, files.stamp(path))

    def write_status(self, status: Status) -> None:
        """Writes the status, with a new heartbeat."""
        status = dataclasses.replace(status, heartbeat=time.time())
        status.save(self.folder / "status.json")

    def request(self, what: str) -> None:
        """Asks the trainer for `pause`, `resume`, `stop` or one `epoch`; a run that never began is stopped at once.

        Raises:
            InputError: It is another request.
        """
        if what not in REQUESTS:
            raise InputError(f"A run cannot be asked to '{what}'; ask it to {', '.join(REQUESTS[1:])}.")
        self._ask(request=what, until=self.stored_status().epoch + 1 if what == "epoch" else 0)
        if what == "stop":
            self._stop_if_waiting()

    def change_learning_rate(self, rate: float) -> None:
        """Asks the trainer to go on with another (highest) learning rate; raises InputError if it can be none."""
        self._ask(learning_rate=rate)

    def _ask(self, **changes: Any) -> None:
        """Changes what is asked; two people who do so within a moment both get what they asked for."""
        try:
            with FileLock(self.folder / "control.lock", timeout=CONTROL_SECONDS):
                dataclasses.replace(self.control(), **changes).save(self.folder / "control.json")
        except Timeout:
            raise LabError(f"Another process steers the run {self.id} and does not end; try again.") from None

    def control(self) -> Control:
        """Returns what was last asked of the trainer."""
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
        return list(RateChanges.load(path).changes) if path.exists() else []

    def write_rate_changes(self, changes: list[tuple[int, float]]) -> None:
        """Writes them."""
        RateChanges(tuple(changes)).save(self.folder / "learning_rates.json")

    def write_checkpoint(self, arrays: dict[str, np.ndarray]) -> None:
        """Writes the trainer's whole state; the last two are kept."""
        path, before = (self.folder / name for name in CHECKPOINTS)
        with files.replacing(path) as temporary:
            npz.write(temporary, **records.numbered(arrays))
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
            except NewerError:
                raise
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
        about: Further fields of its `RunDescription`.
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
    description = RunDescription(config, dataset, now, _versions(), config.seed, **(about or {}))
    try:
        run.folder.mkdir(parents=True)
        description.save(run.folder / "config.json")
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
def _read_description(path: Path, stamp: tuple[int, ...]) -> RunDescription:
    return RunDescription.load(path)


@functools.lru_cache(maxsize=4096)
def _read_status(path: Path, stamp: tuple[int, ...]) -> Status:
    """Reads a status; a class looks at the same hundred runs twice a second, and each write makes a new file."""
    try:
        return Status.load(path)
    except NewerError as error:
        return Status("failed", "newer", details={"text": str(error)})
    except InputError as error:
        return Status("failed", "incomplete", details={"text": str(error)})


def _read_table(path: Path, columns: tuple[str, ...]) -> History:
    """Reads a table of numbers; a missing or damaged file is an empty one, since the next write replaces it."""
    history: History = {name: [] for name in columns}
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
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
