"""What an epoch-by-epoch look back at a run needs: the confusion matrix and the pinned digits of each epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.errors import InputError, NotReadError
from mnist_core.evaluation.evaluation import most_confused
from mnist_core.files import folders, npz
from mnist_core.files.records import NewerError
from mnist_core.formatting import confidence, percent, several
from mnist_core.mnist import CLASSES
from mnist_core.training.pins import UNKNOWN, Pins

# A thousand epochs with twelve pinned digits take 1.3 MB; a file that declares much more was not written here.
MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class Score:
    """What a network takes a pinned digit for after an epoch."""

    label: int  # or `UNKNOWN`
    digit: int  # the most probable one, or `UNKNOWN` before the first epoch that scored it
    probability: float  # NaN before
    # The probability of `followed` after each epoch up to this one, NaN where it was not pinned
    history: tuple[float, ...]

    @property
    def followed(self) -> int:
        """The digit whose probability is followed: the true one, else the one that it is taken for."""
        return self.digit if self.label == UNKNOWN else self.label

    @property
    def sentence(self) -> str:
        """`✓ right: 4, 98 %`, `✗ wrong: 9, 73 %, but it is 4`, `read as 4, 98 %`."""
        if self.digit == UNKNOWN:
            return "not scored yet"
        answer = f"{self.digit}, {confidence(self.probability)}"
        if self.label == UNKNOWN:
            return f"read as {answer}"
        return f"✓ right: {answer}" if self.digit == self.label else f"✗ wrong: {answer}, but it is {self.label}"


@dataclass(frozen=True)
class Replay:
    """The epochs of a run, as its trainer saw them."""

    # int64 `[E, 10, 10]`, counts of the validation images: row the true digit, column the predicted one; all 0 for an
    # epoch that was not recorded
    confusion: np.ndarray
    names: tuple[str, ...]  # the K pinned digits that were there in any epoch
    probabilities: np.ndarray  # float32 `[E, K, 10]`, NaN in the epochs in which a digit was not pinned

    @property
    def epochs(self) -> int:
        return len(self.confusion)

    @classmethod
    def none(cls) -> "Replay":
        return cls(np.zeros((0, CLASSES, CLASSES), np.int64), (), np.zeros((0, 0, CLASSES), np.float32))

    @classmethod
    def load(cls, path: Path) -> "Replay":
        """A missing or damaged file holds no epochs; raises NewerError or NotReadError where there may be some."""
        if not folders.exists(path):
            return cls.none()
        try:
            confusion, names, probabilities = npz.read_own(path, ("confusion", "names", "probabilities"), MOST_BYTES)
        except (NewerError, NotReadError):
            raise  # it must not be written over
        except InputError:
            return cls.none()
        kinds = confusion.dtype == np.int64 and names.dtype.kind == "U" and probabilities.dtype == np.float32
        if not kinds or names.ndim != 1 or len(set(names.tolist())) != len(names):
            return cls.none()
        epochs = len(confusion) if confusion.ndim else 0
        if confusion.shape != (epochs, CLASSES, CLASSES) or probabilities.shape != (epochs, len(names), CLASSES):
            return cls.none()
        return cls(confusion, tuple(names.tolist()), probabilities)

    def save(self, path: Path) -> None:
        names = np.array(self.names, np.str_)
        npz.write_own(path, confusion=self.confusion, names=names, probabilities=self.probabilities)

    def with_epoch(self, confusion: np.ndarray, names: Sequence[str], probabilities: np.ndarray) -> "Replay":
        """Adds an epoch; digits pinned or unpinned meanwhile are matched by name.

        `confusion` has whole numbers `[10, 10]`, row the true digit, `probabilities` floats `[P, 10]`, one row for each
        name.
        """
        every = tuple(dict.fromkeys((*self.names, *names)))
        scored = np.full((self.epochs + 1, len(every), CLASSES), np.nan, np.float32)
        scored[:-1, : len(self.names)] = self.probabilities
        for name, values in zip(names, probabilities, strict=True):
            scored[-1, every.index(name)] = values
        matrices = np.concatenate([self.confusion, np.asarray(confusion, np.int64)[np.newaxis]])
        return Replay(matrices, every, scored)

    def cut(self, epochs: int) -> "Replay":
        """The first epochs, as many as asked for; those that are missing follow as not recorded."""
        missing = max(epochs - self.epochs, 0)
        pad = ((0, missing), (0, 0), (0, 0))
        return Replay(
            np.pad(self.confusion[:epochs], pad),
            self.names,
            np.pad(self.probabilities[:epochs], pad, constant_values=np.nan),
        )

    def scores(self, pins: Pins, epoch: int) -> list[Score]:
        """After an epoch, from 1; 0 is before training."""
        return [self._score(name, int(label), epoch) for name, label in zip(pins.names, pins.labels, strict=True)]

    def _score(self, name: str, label: int, epoch: int) -> Score:
        if name not in self.names or not epoch or np.isnan(self.probabilities[epoch - 1, self.names.index(name)]).any():
            return Score(label, UNKNOWN, float("nan"), ())
        series = self.probabilities[:epoch, self.names.index(name)]
        digit = int(series[-1].argmax())
        history = series[:, digit if label == UNKNOWN else label]
        return Score(label, digit, float(series[-1, digit]), tuple(history.tolist()))

    def confusion_sentence(self, epoch: int) -> str:
        """`After epoch 2: 98.1 % right, most often 4 read as 9 (12 times).`"""
        matrix = self.confusion[epoch - 1]
        if not matrix.any():
            return f"Epoch {epoch} was not recorded."
        share = percent(float(np.trace(matrix) / matrix.sum()), 1)
        found = most_confused(matrix)
        if found is None:
            return f"After epoch {epoch}: all validation images are read right."
        actual, predicted, number = found
        often = several(number, "time")
        return f"After epoch {epoch}: {share} right, most often {actual} read as {predicted} ({often})."


def scores_sentence(scores: Sequence[Score], epoch: int) -> str:
    """`After epoch 2: 3 of 4 pinned digits read right.`"""
    scored = [score for score in scores if score.digit != UNKNOWN]
    if not scored:
        return "The pinned digits are scored at the end of each epoch."
    known = [score for score in scored if score.label != UNKNOWN]
    right = sum(score.digit == score.label for score in known)
    unknown = len(scored) - len(known)
    if not known:
        return f"After epoch {epoch}: none of the pinned digits has a known label."
    without = f"; {unknown} without a known label" if unknown else ""
    return f"After epoch {epoch}: {right} of {len(known)} pinned digits read right{without}."
