"""A model's answers to digits that nobody labelled: a table, a sentence, a submission."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mnist_core.data import kaggle
from mnist_core.data.handed_digits import Digits
from mnist_core.files.csv_text import csv_text
from mnist_core.formatting import confidence, count, listed, percent
from mnist_core.inference.calibration import DIGIT_VERDICTS, Calibration, two_best
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES


@dataclass(frozen=True)
class Predictions:
    """Answers to digits, in their order."""

    digits: Digits
    probabilities: np.ndarray  # float64 `[N, 10]`, calibrated
    calibration: Calibration  # the model's, with its thresholds

    @classmethod
    def of(cls, digits: Digits, classifier: Classifier) -> "Predictions":
        return cls(digits, classifier.calibrated(digits.images), classifier.calibration)

    @cached_property
    def _two_best(self) -> tuple[np.ndarray, np.ndarray]:
        return two_best(self.probabilities)

    @property
    def answers(self) -> np.ndarray:
        """The most probable digits, int64 `[N]`."""
        return self._two_best[0]

    @property
    def seconds(self) -> np.ndarray:
        """The second best digits, int64 `[N]`."""
        return self._two_best[1]

    @cached_property
    def verdicts(self) -> np.ndarray:
        """The verdict on each: texts `[N]`."""
        return np.array(DIGIT_VERDICTS)[self.calibration.verdicts(self.probabilities)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each image is called: its file, or its number from 1."""
        return self.digits.names or tuple(map(str, range(1, len(self.answers) + 1)))

    def selected(self, digit: int | None = None, verdict: str = "") -> np.ndarray:
        """Returns the indices of the images with this answer and this verdict, any where none is given: int64 `[M]`."""
        chosen = np.ones(len(self.answers), bool) if digit is None else self.answers == digit
        if verdict:
            chosen &= self.verdicts == verdict
        return np.flatnonzero(chosen)

    def sentence(self) -> str:
        """Says how many of each digit there are, and how many the model is unsure of."""
        total, counts = len(self.answers), np.bincount(self.answers, minlength=CLASSES).tolist()
        each = ", ".join(
            gettext("{number} as {digit}", number=count(number), digit=digit)
            for digit, number in enumerate(counts)
            if number
        )
        numbers: dict[str, int] = {
            verdict: int((self.verdicts == verdict).sum()) for verdict in DIGIT_VERDICTS if verdict != "digit"
        }
        doubts = [
            gettext(
                "{number} ({share}) {verdict}", number=count(number), share=percent(number / total, 1), verdict=name
            )
            for name, number in numbers.items()
            if number
        ]
        images = ngettext("{number} image", "{number} images", total, number=count(total))
        if doubts:
            return gettext("{images} read: {each}. {doubts}.", images=images, each=each, doubts=listed(doubts))
        return gettext("{images} read: {each}. All are read for sure.", images=images, each=each)

    def caption(self, index: int) -> str:
        """Says what an image is read as: `#12: 7, 98 %`, or `three.png: 8, 41 %; unsure`."""
        name = self.names[index] if self.digits.names else f"#{self.names[index]}"
        answer, verdict = int(self.answers[index]), self.verdicts[index]
        doubt = "" if verdict == "digit" else f"; {gettext(str(verdict))}"
        return f"{name}: {answer}, {confidence(float(self.probabilities[index, answer]))}{doubt}"

    def columns(self, indices: np.ndarray | None = None) -> dict[str, list[object]]:
        """Returns the table, or its rows with these indices int64 `[M]`, by column, in values that JSON knows."""
        rows = np.arange(len(self.answers)) if indices is None else indices
        first, second = self.answers[rows], self.seconds[rows]
        return {
            "image": [self.digits.names[row] for row in rows] if self.digits.names else (rows + 1).tolist(),
            "digit": first.tolist(),
            "probability": self.probabilities[rows, first].round(4).tolist(),
            "verdict": self.verdicts[rows].tolist(),
            "second": second.tolist(),
            "second probability": self.probabilities[rows, second].round(4).tolist(),
        }

    def rows(self) -> list[dict[str, object]]:
        columns = self.columns()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def table_csv(self) -> str:
        columns = self.columns()
        return csv_text(list(columns), zip(*columns.values(), strict=True))

    def submission(self) -> str:
        """Writes the answers as Kaggle wants them: a line an image, whatever the verdict."""
        return kaggle.submission(self.answers)
