"""How sure a model may be: its probabilities calibrated, and the thresholds below which it gives no digit.

Both come from validation data and are kept with the run, with the rates at which they err.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from mnist_core.files.records import Record
from mnist_core.language import N_

# What is said to ten probabilities: a digit, one of two, or none.
DIGIT_VERDICTS = (N_("digit"), N_("unsure"), N_("not a digit"))
DIGIT, UNSURE, NOT_A_DIGIT = range(3)
BINS = 15
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.2, 5.0


@dataclass(frozen=True)
class Calibration(Record):
    """What turns a model's raw probabilities into a verdict."""

    # Divides the logarithms of the probabilities (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural
    # Networks", 2017); above 1 it makes a model less sure.
    temperature: float = 1.0
    sure: float = 0.7  # the most probable digit needs this probability, or the model is unsure between two
    two: float = 0.0  # the two most probable digits together need this probability, or the drawing is not a digit
    # Share of digits that the thresholds refuse, estimated on validation digits that did not set them; NaN where they
    # were not fitted.
    refused: float = float("nan")
    # Share that they refuse of each kind of non-digit that no model learns from (`non_digits.HELD_OUT`).
    caught: dict[str, float] = field(default_factory=dict)
    images: int = 0  # how many validation digits this was fitted on

    @property
    def fitted(self) -> bool:
        """Whether these values were fitted to images, and are not those to start from."""
        return self.images > 0

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrates probabilities float32 `[N, 10]`; returns float64 `[N, 10]`, rows adding up to 1."""
        return soften(probabilities, self.temperature)

    def verdicts(self, probabilities: np.ndarray) -> np.ndarray:
        """Judges each row of calibrated probabilities `[N, 10]`: int64 `[N]`, places in `DIGIT_VERDICTS`."""
        one, both = shares(probabilities)
        return np.select([both < self.two, one < self.sure], [NOT_A_DIGIT, UNSURE], DIGIT)

    def refuses(self, probabilities: np.ndarray) -> np.ndarray:
        """Says for each row of calibrated probabilities `[N, 10]` whether no sure digit is given: bool `[N]`."""
        refused: np.ndarray = self.verdicts(probabilities) != DIGIT
        return refused

    def refuses_raw(self, probabilities: np.ndarray) -> np.ndarray:
        """Says the same of raw probabilities."""
        return self.refuses(self.apply(probabilities))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote; a run without it, or with a damaged one, has the values to start from."""
        found = super().load_or_default(path)
        return found if found.fitted and found._is_plausible() else cls()

    def _is_plausible(self) -> bool:
        shares = (self.sure, self.two, self.refused, *self.caught.values())
        return LEAST_TEMPERATURE <= self.temperature <= MOST_TEMPERATURE and all(0 <= share <= 1 for share in shares)


def two_best(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the most probable digit of each row of probabilities `[N, 10]`, and the second: int64 `[N]` each.

    Of equally probable ones the lower comes first.
    """
    rows, first = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    others = probabilities.copy()
    others[rows, first] = -1
    return first, others.argmax(axis=1)


def shares(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the largest of each row of probabilities `[N, 10]`, and the sum of its two largest: `[N]` each."""
    rows, (first, second) = np.arange(len(probabilities)), two_best(probabilities)
    best = probabilities[rows, first]
    return best, best + probabilities[rows, second]


def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divides the logarithms of probabilities `[N, 10]` by a temperature; returns float64, rows adding up to 1."""
    logarithms = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-30)) / temperature
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    softened: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return softened


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Returns the temperature at which the labels int `[N]` are most probable, within the limits of one."""
    from scipy.optimize import minimize_scalar  # only who fits needs it

    def loss(logarithm: float) -> float:
        softened = soften(probabilities, float(np.exp(logarithm)))
        return float(-np.log(np.maximum(softened[np.arange(len(labels)), labels], 1e-30)).mean())

    found = minimize_scalar(loss, bounds=(np.log(LEAST_TEMPERATURE), np.log(MOST_TEMPERATURE)), method="bounded")
    return float(np.exp(found.x))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Returns the expected calibration error in 15 bins of equal width (Naeini, Cooper and Hauskrecht, 2015).

    It is the mean distance between how sure the model is and how often it is right.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    distances = np.bincount(bin_of(confidence), right.astype(np.float64) - confidence, BINS)
    return float(np.abs(distances).sum() / len(labels))


def bin_of(confidence: np.ndarray) -> np.ndarray:
    """Returns the number, 0 to 14, of the bin that each probability `[N]` falls into: int `[N]`."""
    bins: np.ndarray = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return bins
