"""What an epoch-by-epoch look back at a run needs: the confusion matrix and the pinned digits of each epoch.

Epoch 0 is the network that only guesses, before its first step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.errors import InputError, NotReadError
from mnist_core.evaluation.evaluation import most_confused
from mnist_core.files import folders, npz
from mnist_core.files.records import NewerError
from mnist_core.formatting import confidence, count, percent
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES
from mnist_core.training.pins import UNKNOWN, Pins

# A thousand epochs with twelve pinned digits take 1.3 MB; a file that declares much more was not written here.
MOST_BYTES = 100_000_000
# In the file, epoch 0 has arrays of its own, so that releases that know none count the others as they did.
EPOCHS = ("confusion", "names", "probabilities")
BEFORE = ("confusion_before", "probabilities_before")


@dataclass(frozen=True)
class Score:
    """What a network takes a pinned digit for after an epoch."""

    label: int  # or `UNKNOWN`
    digit: int  # the most probable one, or `UNKNOWN` before the first epoch that scored it
    probability: float  # NaN before
    # The probability of `followed` from epoch 0 up to this one, NaN where it was not scored
    history: tuple[float, ...]

    @property
    def followed(self) -> int:
        """The digit whose probability is followed: the true one, else the one that it is taken for."""
        return self.digit if self.label == UNKNOWN else self.label

    @property
    def sentence(self) -> str:
        """`✓ right: 4, 98 %`, `✗ wrong: 9, 73 %, but it is 4`, `read as 4, 98 %`."""
        if self.digit == UNKNOWN:
            return gettext("not scored yet")
        answer = f"{self.digit}, {confidence(self.probability)}"
        if self.label == UNKNOWN:
            return gettext("read as {answer}", answer=answer)
        return (
            gettext("✓ right: {answer}", answer=answer)
            if self.digit == self.label
            else gettext("✗ wrong: {answer}, but it is {label}", answer=answer, label=self.label)
        )


@dataclass(frozen=True)
class Replay:
    """The epochs of a run, as its trainer saw them."""

    # int64 `[1 + E, 10, 10]`, from epoch 0 on, counts of the validation images: row the true digit, column the one that
    # it was read as; all 0 for an epoch that was not recorded
    confusion: np.ndarray
    names: tuple[str, ...]  # the K pinned digits that were there in any epoch
    probabilities: np.ndarray  # float32 `[1 + E, K, 10]`, NaN in the epochs in which a digit was not pinned

    @property
    def epochs(self) -> int:
        """The number of those that were trained."""
        return len(self.confusion) - 1

    @property
    def first(self) -> int:
        """The first epoch that there is: 0, or 1 of a run of an earlier release."""
        return 0 if self.confusion[0].any() else 1

    @classmethod
    def none(cls) -> "Replay":
        return cls(np.zeros((1, CLASSES, CLASSES), np.int64), (), np.zeros((1, 0, CLASSES), np.float32))

    @classmethod
    def load(cls, path: Path) -> "Replay":
        """A missing or damaged file holds no epochs; raises NewerError or NotReadError where there may be some."""
        if not folders.exists(path):
            return cls.none()
        try:
            has_before = set(BEFORE) <= npz.shapes(path).keys()
            arrays = npz.read_own(path, EPOCHS + BEFORE if has_before else EPOCHS, MOST_BYTES)
        except (NewerError, NotReadError):
            raise  # it must not be written over
        except InputError:
            return cls.none()
        confusion, names, probabilities, *before = arrays
        if names.dtype.kind != "U" or names.ndim != 1 or len(set(names.tolist())) != len(names):
            return cls.none()
        epochs, number = len(confusion) if confusion.ndim else 0, len(names)
        if not _are_epochs(confusion, probabilities, epochs, number):
            return cls.none()
        found = cls(confusion, tuple(names.tolist()), probabilities)
        if not (before and _are_epochs(before[0][np.newaxis], before[1][np.newaxis], 1, number)):
            before = [np.zeros((CLASSES, CLASSES), np.int64), np.full((number, CLASSES), np.nan, np.float32)]
        return found._after(*before)

    def _after(self, confusion: np.ndarray, probabilities: np.ndarray) -> "Replay":
        """These epochs, with another one before them."""
        return Replay(
            np.concatenate([confusion[np.newaxis], self.confusion]),
            self.names,
            np.concatenate([probabilities[np.newaxis], self.probabilities]),
        )

    def save(self, path: Path) -> None:
        names = np.array(self.names, np.str_)
        npz.write_own(
            path,
            confusion=self.confusion[1:],
            names=names,
            probabilities=self.probabilities[1:],
            confusion_before=self.confusion[0],
            probabilities_before=self.probabilities[0],
        )

    def with_start(self, confusion: np.ndarray, names: Sequence[str], probabilities: np.ndarray) -> "Replay":
        """As `with_epoch`, of a run that has none yet: sets epoch 0."""
        begun = Replay(self.confusion[:0], (), np.zeros((0, 0, CLASSES), np.float32))
        return begun.with_epoch(confusion, names, probabilities)

    def with_epoch(self, confusion: np.ndarray, names: Sequence[str], probabilities: np.ndarray) -> "Replay":
        """Adds an epoch; digits pinned or unpinned meanwhile are matched by name.

        `confusion` has whole numbers `[10, 10]`, row the true digit, `probabilities` floats `[P, 10]`, one row for each
        name.
        """
        every = tuple(dict.fromkeys((*self.names, *names)))
        scored = np.full((len(self.confusion) + 1, len(every), CLASSES), np.nan, np.float32)
        scored[:-1, : len(self.names)] = self.probabilities
        for name, values in zip(names, probabilities, strict=True):
            scored[-1, every.index(name)] = values
        matrices = np.concatenate([self.confusion, np.asarray(confusion, np.int64)[np.newaxis]])
        return Replay(matrices, every, scored)

    def cut(self, epochs: int) -> "Replay":
        """Epoch 0 and as many as asked for; those that are missing follow as not recorded."""
        missing = max(epochs - self.epochs, 0)
        pad = ((0, missing), (0, 0), (0, 0))
        return Replay(
            np.pad(self.confusion[: epochs + 1], pad),
            self.names,
            np.pad(self.probabilities[: epochs + 1], pad, constant_values=np.nan),
        )

    def scores(self, pins: Pins, epoch: int) -> list[Score]:
        """After an epoch; 0 is before training."""
        return [self._score(name, int(label), epoch) for name, label in zip(pins.names, pins.labels, strict=True)]

    def _score(self, name: str, label: int, epoch: int) -> Score:
        if name not in self.names or np.isnan(self.probabilities[epoch, self.names.index(name)]).any():
            return Score(label, UNKNOWN, float("nan"), ())
        series = self.probabilities[: epoch + 1, self.names.index(name)]
        digit = int(series[-1].argmax())
        history = series[:, digit if label == UNKNOWN else label]
        return Score(label, digit, float(series[-1, digit]), tuple(history.tolist()))

    def confusion_sentence(self, epoch: int) -> str:
        """`After epoch 2: 98.1 % right, most often 4 read as 9 (12 times).`"""
        matrix = self.confusion[epoch]
        if not matrix.any():
            return gettext("Epoch {epoch} was not recorded.", epoch=epoch)
        share = percent(float(np.trace(matrix) / matrix.sum()), 1)
        if not epoch:
            return gettext("Before training: the network only guesses, and {share} are right by chance.", share=share)
        found = most_confused(matrix)
        if found is None:
            return gettext("After epoch {epoch}: all validation images are read right.", epoch=epoch)
        actual, predicted, number = found
        often = ngettext("{number} time", "{number} times", number, number=count(number))
        return gettext(
            "After epoch {epoch}: {share} right, most often {actual} read as {predicted} ({often}).",
            epoch=epoch,
            share=share,
            actual=actual,
            predicted=predicted,
            often=often,
        )


def scores_sentence(scores: Sequence[Score], epoch: int) -> str:
    """`After epoch 2: 3 of 4 pinned digits are read right.`"""
    scored = [score for score in scores if score.digit != UNKNOWN]
    if not scored:
        return gettext("The network reads the pinned digits at the start, and again after each epoch.")
    known = [score for score in scored if score.label != UNKNOWN]
    right = sum(score.digit == score.label for score in known)
    unknown = len(scored) - len(known)
    if not known and not epoch:
        return gettext("Before training: nobody has said which digits the pinned ones are.")
    if not known:
        return gettext("After epoch {epoch}: nobody has said which digits the pinned ones are.", epoch=epoch)
    without = gettext("; of {unknown} nobody said which digit it is", unknown=unknown) if unknown else ""
    if not epoch:
        return gettext(
            "Before training: {right} of {known} pinned digits are read right{without}.",
            right=right,
            known=len(known),
            without=without,
        )
    return gettext(
        "After epoch {epoch}: {right} of {known} pinned digits are read right{without}.",
        epoch=epoch,
        right=right,
        known=len(known),
        without=without,
    )


def _are_epochs(confusion: np.ndarray, probabilities: np.ndarray, epochs: int, names: int) -> bool:
    return (
        confusion.dtype == np.int64
        and probabilities.dtype == np.float32
        and confusion.shape == (epochs, CLASSES, CLASSES)
        and probabilities.shape == (epochs, names, CLASSES)
    )
