"""Judging a model on labelled images: accuracy, loss, confusion matrix, classification report, mistakes."""

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mnist_core.errors import InputError, NotReadError
from mnist_core.files import folders, npz
from mnist_core.files.records import NewerError
from mnist_core.formatting import count, listed, with_article
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES

logger = logging.getLogger(__name__)

ARRAYS = ("probabilities", "labels", "report", "identity")
REPORT_ROWS = (*(str(digit) for digit in range(CLASSES)), "macro avg", "weighted avg")
REPORT_COLUMNS = ("precision", "recall", "f1-score", "support")
MACRO, SUPPORT = REPORT_ROWS.index("macro avg"), REPORT_COLUMNS.index("support")
NORMALIZATIONS = ("counts", "by actual", "by predicted")


@dataclass(frozen=True)
class Evaluation:
    """A model's answers to labelled images, and what follows from them."""

    probabilities: np.ndarray  # float32 `[N, 10]`
    labels: np.ndarray  # int64 `[N]`, the true digits
    # float64 `[12, 4]`, scikit-learn's classification report, `REPORT_ROWS` × `REPORT_COLUMNS`; digits that are absent
    # have zeros, and are left out of the averages.
    report: np.ndarray
    identity: str = ""  # SHA-256 of the dataset

    @classmethod
    def measure(cls, probabilities: np.ndarray, labels: np.ndarray, identity: str = "") -> "Evaluation":
        """Judges probabilities `[N, 10]` against the true digits `[N]`."""
        from sklearn.metrics import classification_report  # a second to load; a stored evaluation has its report

        table = classification_report(
            labels, probabilities.argmax(axis=1), labels=range(CLASSES), output_dict=True, zero_division=0
        )
        report = np.array([[table[row][column] for column in REPORT_COLUMNS] for row in REPORT_ROWS])
        return cls(probabilities, labels, _averaged(report), identity)

    @property
    def absent(self) -> tuple[int, ...]:
        """The digits that none of the images show."""
        return tuple(np.flatnonzero(np.bincount(self.labels, minlength=CLASSES) == 0).tolist())

    def absent_sentence(self) -> str:
        """Says which digits are absent, and that averages leave them out; empty where all are there."""
        if not self.absent:
            return ""
        if len(self.absent) == 1:
            missing = with_article(self.absent[0])
        else:
            missing = gettext("the digits {digits}", digits=listed([str(digit) for digit in self.absent]))
        return gettext("No image shows {missing}, so the averages are of the other digits.", missing=missing)

    @cached_property
    def predictions(self) -> np.ndarray:
        """The most probable digits, int64 `[N]`."""
        return self.probabilities.argmax(axis=1)

    @property
    def right(self) -> int:
        """How many images are read right."""
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        return float((self.predictions == self.labels).mean())

    @property
    def loss(self) -> float:
        """Mean cross-entropy, with Keras's limit of 1e-7 on a probability."""
        chosen = self.probabilities[np.arange(len(self.labels)), self.labels]
        return float(-np.log(np.clip(chosen.astype(np.float64), 1e-7, 1)).mean())

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts, int64 `[10, 10]`: row the true digit, column the predicted one."""
        matrix = np.zeros((CLASSES, CLASSES), np.int64)
        np.add.at(matrix, (self.labels, self.predictions), 1)
        return matrix

    def normalized_confusion(self, normalization: str) -> np.ndarray:
        """Returns the matrix as `counts`, or as shares of each row (`by actual`) or column (`by predicted`)."""
        if normalization == "counts":
            return self.confusion
        axis = 1 if normalization == "by actual" else 0
        return self.confusion / np.maximum(self.confusion.sum(axis=axis, keepdims=True), 1)

    def mistakes(self) -> np.ndarray:
        """Returns the indices of the images read wrong, the most confident mistake first."""
        return self.selected(mistakes_only=True)

    def selected(
        self, actual: int | None = None, predicted: int | None = None, mistakes_only: bool = False
    ) -> np.ndarray:
        """The indices of the images of a digit, or read as one, or both: int64 `[M]`, the most confident first."""
        chosen = np.ones(len(self.labels), bool)
        if actual is not None:
            chosen &= self.labels == actual
        if predicted is not None:
            chosen &= self.predictions == predicted
        if mistakes_only:
            chosen &= self.labels != self.predictions
        indices = np.flatnonzero(chosen)
        return indices[np.argsort(-self.probabilities[indices].max(axis=1), kind="stable")]

    def worst_confusion(self) -> str:
        """Says in a sentence what is confused most, all of it: `Most often confused: 4 read as 9, 7 times.`"""
        pairs, number = all_most_confused(self.confusion)
        if not number:
            return gettext("Nothing is confused: each image is read as what it is.")
        if number == 1 and len(pairs) > 1:
            return gettext("No two digits are confused more than once.")
        names = listed(
            [gettext("{actual} read as {predicted}", actual=actual, predicted=predicted) for actual, predicted in pairs]
        )
        times = ngettext("{number} time", "{number} times", number, number=count(number))
        if len(pairs) > 1:
            return gettext("Most often confused: {names}, {times} each.", names=names, times=times)
        return gettext("Most often confused: {names}, {times}.", names=names, times=times)

    def report_csv(self) -> str:
        lines = [",".join(("class", *REPORT_COLUMNS))]
        for name, values in zip(REPORT_ROWS, self.report, strict=True):
            lines.append(f"{name},{values[0]:.6f},{values[1]:.6f},{values[2]:.6f},{values[3]:.0f}")
        return "\n".join(lines) + "\n"

    def save(self, path: Path) -> None:
        npz.write_own(
            path,
            probabilities=self.probabilities.astype(np.float32),
            labels=self.labels.astype(np.uint8),
            report=self.report,
            identity=np.array(self.identity),
        )

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Reads a stored evaluation; raises InputError if there is none that can be read."""
        if not folders.exists(path):
            raise _unreadable(path, gettext("there is no such file"))
        try:
            probabilities, labels, report, identity = npz.read_own(path, ARRAYS)
        except (NewerError, NotReadError):
            raise
        except InputError:
            logger.warning("The evaluation %s is damaged.", path, exc_info=True)
            raise _unreadable(path, gettext("it is damaged")) from None
        if not _are_an_evaluation(probabilities, labels, report, identity):
            raise _unreadable(path, gettext("it holds other arrays than one does"))
        return cls(probabilities, labels.astype(np.int64), _averaged(report), str(identity))


def _averaged(report: np.ndarray) -> np.ndarray:
    """Leaves digits that are absent out of the macro average, also of reports that older releases have stored."""
    there = report[:CLASSES, SUPPORT] > 0
    if there.all() or not there.any():
        return report
    report = report.copy()
    report[MACRO, :SUPPORT] = report[:CLASSES, :SUPPORT][there].mean(axis=0)
    return report


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        gettext(
            "The figures of {run} cannot be read ({reason}); judge the run again.",
            run=path.parent.name,
            reason=reason,
        )
    )


def _are_an_evaluation(probabilities: np.ndarray, labels: np.ndarray, report: np.ndarray, identity: np.ndarray) -> bool:
    """Says whether arrays from a file have the types and shapes of an evaluation's."""
    kinds = "".join(array.dtype.kind for array in (probabilities, labels, report, identity))
    return (
        kinds in ("fufU", "fifU")
        and labels.ndim == 1
        and probabilities.shape == (len(labels), CLASSES)
        and report.shape == (len(REPORT_ROWS), len(REPORT_COLUMNS))
        and identity.ndim == 0
        and bool(((labels >= 0) & (labels < CLASSES)).all())
    )


def most_confused(confusion: np.ndarray) -> tuple[int, int, int] | None:
    """Returns the first of the most frequent mistakes in a confusion matrix `[10, 10]`: true, predicted, how often.

    None where nothing is confused.
    """
    pairs, number = all_most_confused(confusion)
    return (*pairs[0], number) if pairs else None


def all_most_confused(confusion: np.ndarray) -> tuple[list[tuple[int, int]], int]:
    """Returns the most frequent mistakes, true and predicted digit, all that are as frequent, and how often."""
    wrong = confusion - np.diag(np.diag(confusion))
    number = int(wrong.max())
    pairs = np.argwhere(wrong == number).tolist() if number else []
    return [(actual, predicted) for actual, predicted in pairs], number
