"""Which labels a model contradicts so surely that they may be wrong: confident learning.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of Artificial
Intelligence Research 70 (2021). The authors found label errors in MNIST's test set with it.
"""

from dataclasses import dataclass

import numpy as np

from mnist_core.formatting import confidence, count
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES

# If no more of the contradictions are left than this share, the model's own mistakes explain them.
EXPLAINED_SHARE = 0.25


@dataclass(frozen=True)
class Doubts:
    """Labels that a model contradicts."""

    flagged: np.ndarray  # indices of the images whose label looks wrong, int64 `[F]`, the most doubtful first
    # Indices of all images that are read otherwise than labelled, int64 `[W]`, the same order
    contradictions: np.ndarray
    # float64 `[10]`: the mean probability of each digit over its own images, from which on the model counts as sure of
    # it; infinite for a digit without images
    thresholds: np.ndarray
    sure: int  # of how many images the model is so sure
    own_mistakes: float  # how many of these answers are wrong by the model's own probabilities, whatever the labels say
    error: float  # share of the images that are read otherwise than labelled
    least: float  # the lowest probability of a digit of which the model is sure instead of a flagged label, or NaN


def find(probabilities: np.ndarray, labels: np.ndarray) -> Doubts:
    """Finds the labels that a model contradicts, by calibrated probabilities `[N, 10]` of images it did not learn from.

    A label is flagged where the model reads another digit and is sure of one: surer than it is of that digit on average
    over the images labelled so; where it is sure of several, the most probable of them counts. These are the
    off-diagonal entries of the paper's confident joint; they are ranked by its normalized margin, the probability of
    the label less that of the best other digit.
    """
    thresholds = self_confidence(probabilities, labels)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    candidate, sure = confident.argmax(axis=1), confident.max(axis=1) >= 0
    predictions = probabilities.argmax(axis=1)
    wrong = predictions != labels
    order = np.argsort(margins(probabilities, labels), kind="stable")
    flagged = order[(sure & wrong & (candidate != labels))[order]]
    return Doubts(
        flagged,
        order[wrong[order]],
        thresholds,
        int(sure.sum()),
        float((1 - confident[sure].max(axis=1)).sum()),
        float(wrong.mean()),
        float(confident[flagged].max(axis=1).min()) if len(flagged) else float("nan"),
    )


def self_confidence(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean probability of each digit over the images labelled so: float64 `[10]`, infinite without any."""
    numbers = np.bincount(labels, minlength=CLASSES)
    own = np.bincount(labels, probabilities[np.arange(len(labels)), labels], CLASSES)
    return np.where(numbers > 0, own / np.maximum(numbers, 1), np.inf)


def margins(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probability of each label less that of the best other digit, -1 to 1: float64 `[N]`."""
    rows = np.arange(len(labels))
    others = np.array(probabilities, np.float64)
    others[rows, labels] = -np.inf
    difference: np.ndarray = probabilities[rows, labels] - others.max(axis=1)
    return difference


def sentence(doubts: Doubts) -> str:
    """How many labels the model strongly disagrees with."""
    if not len(doubts.contradictions):
        return gettext("This model reads every image as it is labelled.")
    if not len(doubts.flagged):
        labels = ngettext(
            "{number} label", "{number} labels", len(doubts.contradictions), number=count(len(doubts.contradictions))
        )
        return gettext("This model disagrees with {labels}, but never strongly.", labels=labels)
    return gettext(
        "Here the model strongly disagrees with {labels}. Look: who is right?",
        labels=ngettext("{number} label", "{number} labels", len(doubts.flagged), number=count(len(doubts.flagged))),
    )


def details(doubts: Doubts) -> str:
    """How sure the model is of what is flagged, and whether its own mistakes explain it; empty where nothing is."""
    number = len(doubts.flagged)
    if not number:
        return ""
    sure = gettext(
        "The model is {at_least} sure of each of these other digits. It is as sure of {answers} "
        "in all, and by its own figures {mistakes} among them should be wrong.",
        at_least=_at_least(doubts.least),
        answers=ngettext("{number} answer", "{number} answers", doubts.sure, number=count(doubts.sure)),
        mistakes=_mistakes(doubts.own_mistakes),
    )
    if number - doubts.own_mistakes < max(EXPLAINED_SHARE * number, 0.5):
        return gettext("{sure} That is about as many as here, so doubt the model first.", sure=sure)
    return gettext("{sure} Here are more, so some of these labels may be wrong.", sure=sure)


def _at_least(probability: float) -> str:
    return (
        gettext("more than 99 %")
        if probability > 0.99
        else gettext("{probability} or more", probability=confidence(probability))
    )


def _mistakes(number: float) -> str:
    return gettext("about {number}", number=count(round(number))) if number >= 0.95 else gettext("less than 1")
