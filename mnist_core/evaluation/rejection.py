"""Fitting what a model refuses to digits that it has not learned from, and measuring how honest it is."""

from dataclasses import dataclass, replace

import numpy as np

from mnist_core.data.synthetic import non_digits
from mnist_core.inference.calibration import (
    NOT_A_DIGIT,
    Calibration,
    calibration_error,
    fit_temperature,
    shares,
    soften,
)
from mnist_core.inference.classifier import Classifier
from mnist_core.watch import Watch, unwatched

# Of digits that the model has not seen, so many may fall below one threshold, and twice as many below the other.
REFUSED_SHARE = 0.004
# Non-digits of each kind that are made to measure with.
EACH_KIND = 100
# A threshold beyond these would refuse digits that the model reads well enough: what two digits together have half of
# the probability for is between the two rather than none.
LARGEST_SURE = 0.9
LARGEST_TWO = 0.5


@dataclass(frozen=True)
class Honesty:
    """How well a model knows what it knows, on digits that it has not seen."""

    accuracy: float  # share of the digits that it reads right
    accuracy_of_answers: float  # the same of those that it does not refuse
    error_before: float  # calibration error of the raw probabilities
    error_after: float  # the same of the calibrated ones
    refused: float  # share of the digits that it refuses: gives as `not a digit` or as `unsure`
    not_a_digit: float  # share of the digits that it gives as `not a digit`
    caught: dict[str, float]  # share of each kind of non-digit that it refuses


def measure(
    classifier: Classifier, images: np.ndarray, labels: np.ndarray, seed: int = 0, watch: Watch = unwatched
) -> Honesty:
    """Measures a model's verdicts on digits that it has not seen, uint8 `[N, 28, 28]`.

    Non-digits are made of them, by another seed than that of `fit`; `watch` is told how many are.
    """
    calibration = classifier.calibration
    raw = classifier.probabilities(images)
    calibrated = calibration.apply(raw)
    right, refused = calibrated.argmax(axis=1) == labels, calibration.refuses(calibrated)
    return Honesty(
        float(right.mean()),
        float(right[~refused].mean()) if not refused.all() else float("nan"),
        calibration_error(raw, labels),
        calibration_error(calibrated, labels),
        float(refused.mean()),
        float((calibration.verdicts(calibrated) == NOT_A_DIGIT).mean()),
        _caught(classifier, calibration, tuple(non_digits.KINDS), 3 * EACH_KIND, seed + 1000, (images, labels), watch),
    )


def _caught(
    classifier: Classifier,
    calibration: Calibration,
    kinds: tuple[str, ...],
    each: int,
    seed: int,
    digits: tuple[np.ndarray, np.ndarray],
    watch: Watch = unwatched,
) -> dict[str, float]:
    """Makes so many non-digits of each kind and returns the share of them that the thresholds refuse, by kind."""
    pictures, kind = non_digits.make(kinds, each * len(kinds), seed, *digits, watch)
    refused = calibration.refuses_raw(classifier.probabilities(pictures))
    return {name: float(refused[kind == index].mean()) for index, name in enumerate(kinds)}


def fit(classifier: Classifier, images: np.ndarray, labels: np.ndarray, seed: int) -> Calibration:
    """Fits temperature and thresholds to digits that the model was not trained on, and measures what they refuse.

    Non-digits set no threshold: what a class may draw instead of a digit cannot be known, but how many digits may be
    refused can be decided.
    """
    raw = classifier.probabilities(images)
    fitted = _fit_thresholds(raw, labels)
    # Each half is judged by thresholds that the other half set.
    halves = [np.arange(len(labels)) % 2 == half for half in (0, 1)] if len(labels) > 1 else []
    refused = [_fit_thresholds(raw[~half], labels[~half]).refuses_raw(raw[half]).mean() for half in halves]
    return replace(
        fitted,
        refused=float(np.mean(refused)) if refused else 0.0,
        caught=_caught(classifier, fitted, tuple(non_digits.HELD_OUT), EACH_KIND, seed + 1, (images, labels)),
        images=len(labels),
    )


def _fit_thresholds(raw: np.ndarray, labels: np.ndarray) -> Calibration:
    temperature = fit_temperature(raw, labels)
    one, both = shares(soften(raw, temperature))
    two = float(np.quantile(both, REFUSED_SHARE))
    sure = float(np.quantile(one, 2 * REFUSED_SHARE))
    return Calibration(temperature, min(sure, LARGEST_SURE), min(two, LARGEST_TWO))
