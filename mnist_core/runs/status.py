"""Where a run stands, as a code with its numbers."""

import logging
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from mnist_core.errors import InputError, LabError, NotReadError
from mnist_core.files.newest import Newest
from mnist_core.files.records import NewerError, Record
from mnist_core.language import apart, gettext

logger = logging.getLogger(__name__)

STATES = ("queued", "running", "paused", "stopped", "done", "failed")
FINISHED = ("stopped", "done", "failed")
# The trainer renews its heartbeat every two seconds; loading TensorFlow or writing a model never takes this long.
HEARTBEAT_SECONDS = 2.0
LOST_SECONDS = 20.0
# An engine takes up what was lost within a minute or two; after so long, somebody has to ask for it.
SILENCE_SECONDS = 180.0
# No number of a status comes near it: seconds since 1970 are more than a thousand years.
LARGEST = 1e11


# Why a run is in its state; `status_words` says it. A newer lab may know more of them.
Problem = Literal[
    "", "incomplete", "newer", "lost", "silent", "stopped-waiting", "stop-waits", "not-handed-over", "killed",
    "diverged", "out-of-memory", "not-written", "error", "other", "writing", "parked", "stopped-by-hand",
    "time-limit", "best-epoch", "given-up", "imported", "forbidden",
    "disk-full", "stopped-without-room",
]  # fmt: skip


class RunError(LabError):
    """What ends a run, as the code and the details of its status."""

    def __init__(self, problem: Problem, **details: Any) -> None:
        super().__init__(f"The run ended: {problem} ({details}).")
        self.problem = problem
        self.details = details


@dataclass(frozen=True)
class Status(Record):
    """Where a run stands."""

    FORMAT: ClassVar[int] = 2

    state: str  # one of `STATES`
    problem: Problem = ""  # why it is in this state; empty when there is nothing to say
    epoch: int = 0  # finished epochs
    epochs: int = 0
    step: int = 0  # finished steps of the epoch under way
    steps: int = 0  # steps of an epoch
    seconds: float = 0.0  # training time so far, without waiting, set-up and export
    seconds_left: float = 0.0  # expected training time to come; 0 when unknown
    heartbeat: float = 0.0  # when the trainer last gave a sign of life, in seconds since 1970
    attempts: int = 0  # how often a trainer took this run up since it last finished an epoch
    test_accuracy: float = math.nan  # share of the test set that the finished model reads right; NaN before
    test_loss: float = math.nan  # its mean cross-entropy on the test set; NaN before
    learning_rate: float = math.nan  # the (highest) learning rate now; NaN before training
    precision: str = ""  # of its arithmetic, once that is settled: `float32` or `bfloat16`
    parked: bool = False  # paused, and its trainer given to those who wait
    details: dict[str, Any] = field(default_factory=dict)  # the numbers and words that belong to the problem

    def __post_init__(self) -> None:
        numbers = (self.epoch, self.epochs, self.step, self.steps, self.attempts, self.seconds, self.seconds_left)
        shares = (self.test_accuracy, self.test_loss, self.learning_rate)
        if (
            self.state not in STATES
            or not all(0 <= number <= LARGEST for number in (*numbers, self.heartbeat))
            or not all(math.isnan(share) or 0 <= share <= LARGEST for share in shares)
        ):
            raise InputError(gettext("The status of this run says what cannot be."))

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


# A class looks at the same hundred runs twice a second, and each write makes a new file.
_newest = Newest[Status](most=4096)


def read_status(path: Path, stamp: tuple[int, ...]) -> Status:
    """Reads a status, once a write; one that the disk refuses is read again, as rights change without a write."""
    try:
        return _newest.get(path, stamp, lambda: _read(path))
    except NotReadError as error:
        return Status("failed", "forbidden", details=apart(error))


def _read(path: Path) -> Status:
    try:
        return Status.load(path)
    except NotReadError:
        raise
    except NewerError as error:
        return Status("failed", "newer", details=apart(error))
    except InputError as error:
        logger.info("The status of %s cannot be read", path.parent, exc_info=True)
        return Status("failed", "incomplete", details=apart(error))
