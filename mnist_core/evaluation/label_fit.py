"""Whether labels fit their images, told by a model that reads digits well: shuffled, numbered otherwise, turned.

Whoever brings data from elsewhere finds out so before a network has learned from it for an hour.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from mnist_core.data.corrections import NOTHING, Correction, parsed
from mnist_core.formatting import count, percent
from mnist_core.inference.classifier import Classifier
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES

SAMPLE = 400  # images that are looked at
LEAST_IMAGES = 20
# A way of looking that reads fewer of the first ones is not tried on all of them.
FIRST, FIRST_READ = 30, 0.6
# So many labels fit where nothing is wrong: people's worst handwriting, badly prepared, reaches more.
FITS = 0.7
# Another way of looking has to read so many more.
BETTER = 0.25
# The share of images that the model refuses, above which they are hardly digits.
REFUSED = 0.5

# Corrections that may put images right, by words for what they do; what comes first is tried first.
WAYS = {
    "transposed": N_("rows and columns are swapped, as EMNIST's have to be"),
    "inverted": N_("light and dark are swapped, to white ink on black"),
    "turned-left": N_("the images are turned by 90° to the left"),
    "turned-right": N_("the images are turned by 90° to the right"),
    "upside-down": N_("the images are turned upside down"),
    "mirrored": N_("the images are mirrored left to right"),
    "upside-down,mirrored": N_("the images are mirrored top to bottom"),
    "transposed,upside-down": N_("rows and columns are swapped, and the images turned upside down"),
    "inverted,transposed": N_("light and dark, and rows and columns are swapped"),
    "drawing": N_("the images are prepared as MNIST was made, each in a box of 20 pixels and centred"),
}


@dataclass(frozen=True)
class Doubt:
    """What speaks against labels."""

    sentence: str
    correction: Correction = NOTHING  # what makes most of them fit; nothing where that is not known


def doubt(images: np.ndarray, labels: np.ndarray, classifier: Classifier) -> Doubt | None:
    """Returns what speaks against labels, None where they fit or are too few to tell.

    Args:
        images: uint8 `[N, 28, 28]`, of which some are looked at.
        labels: int64 `[N]`, 0 to 9.
        classifier: A model that reads digits well.
    """
    if len(images) < LEAST_IMAGES:
        return None
    chosen = sample(len(images))
    images, labels = images[chosen], labels[chosen]
    probabilities = classifier.calibrated(images)
    fitting = float((probabilities.argmax(axis=1) == labels).mean())
    if fitting >= FITS:
        return None
    happened = gettext(
        "A model that reads MNIST well agrees with {fitting} of the labels as they stand (of {images} images)",
        fitting=percent(fitting, 0),
        images=count(len(images)),
    )
    why = _reason(images, labels, probabilities, classifier, max(FITS, fitting + BETTER))
    return Doubt(gettext("{happened}{why}", happened=happened, why=why.sentence), why.correction)


def sample(number: int) -> np.ndarray:
    """Returns which of so many images are looked at, in their order: int64 `[at most SAMPLE]`."""
    return np.sort(np.random.default_rng(0).permutation(number)[:SAMPLE])


def agreement(images: np.ndarray, labels: np.ndarray, classifier: Classifier) -> float:
    """Returns the share of labels that a model reads too, of those that `sample` chooses."""
    chosen = sample(len(images))
    return float((classifier.probabilities(images[chosen]).argmax(axis=1) == labels[chosen]).mean())


def _reason(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, classifier: Classifier, enough: float
) -> Doubt:
    """Says on, behind how many labels fit, what would explain it, if something makes enough of them fit."""
    for words, how in WAYS.items():
        correction = parsed(words)
        if agreement(correction.images(images[:FIRST]), labels[:FIRST], classifier) < FIRST_READ:
            continue
        if (share := agreement(correction.images(images), labels, classifier)) >= enough:
            return Doubt(gettext(", and with {share} once {how}.", share=percent(share, 0), how=how), correction)
    read = probabilities.argmax(axis=1)
    table = np.zeros((CLASSES, CLASSES), int)
    np.add.at(table, (labels, read), 1)
    given, meant = linear_sum_assignment(-table)
    if table[given, meant].sum() >= enough * len(labels):
        pairs = ", ".join(
            gettext("{one} for {other}", one=one, other=other)
            for one, other in zip(given, meant, strict=True)
            if table[one].any()
        )
        return Doubt(
            gettext(". Do the labels stand for other digits? They would fit so: {pairs}.", pairs=pairs),
            Correction(renumbered="".join(map(str, meant))),
        )
    if classifier.calibration.refuses(probabilities).mean() > REFUSED:
        return Doubt(gettext(". Most images do not look like digits to it: another alphabet, or noise?"))
    return Doubt(gettext(". Are the labels shuffled, or those of other images?"))
