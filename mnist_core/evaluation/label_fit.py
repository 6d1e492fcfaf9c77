"""Whether labels fit their images, told by a model that reads digits well: shuffled, numbered otherwise, turned.

Whoever brings data from elsewhere finds out so before a network has learned from it for an hour.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment

from mnist_core.formatting import count, percent
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import CLASSES

SAMPLE = 400  # images that are looked at
LEAST_IMAGES = 20
# So many labels fit where nothing is wrong: people's worst handwriting, badly prepared, reaches more.
FITS = 0.7
# Another way of looking has to read so many more.
BETTER = 0.25
# The share of images that the model refuses, above which they are hardly digits.
REFUSED = 0.5

WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed, as EMNIST's are": lambda images: images.transpose(0, 2, 1),
    "inverted, dark ink on light": lambda images: 255 - images,
    "turned by 90° to the left": lambda images: np.rot90(images, 1, axes=(1, 2)),
    "turned by 90° to the right": lambda images: np.rot90(images, -1, axes=(1, 2)),
    "upside down": lambda images: np.rot90(images, 2, axes=(1, 2)),
    "mirrored": lambda images: images[:, :, ::-1],
}


def doubt(images: np.ndarray, labels: np.ndarray, classifier: Classifier) -> str:
    """Returns a sentence about labels that do not fit, empty where they do or are too few to tell.

    Args:
        images: uint8 `[N, 28, 28]`, of which some are looked at.
        labels: int64 `[N]`, 0 to 9.
        classifier: A model that reads digits well.
    """
    if len(images) < LEAST_IMAGES:
        return ""
    chosen = np.random.default_rng(0).permutation(len(images))[:SAMPLE]
    images, labels = images[np.sort(chosen)], labels[np.sort(chosen)]
    probabilities = classifier.calibrated(images)
    read = probabilities.argmax(axis=1)
    fitting = float((read == labels).mean())
    if fitting >= FITS:
        return ""
    happened = (
        f"A model that reads MNIST well agrees with {percent(fitting, 0)} of the labels (of {count(len(images))} "
        "images)."
    )
    return f"{happened} {_reason(images, labels, probabilities, classifier, max(FITS, fitting + BETTER))}"


def _reason(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, classifier: Classifier, enough: float
) -> str:
    """Says what would explain labels that do not fit, if something makes so many of them fit."""
    for words, change in WAYS.items():
        seen = classifier.probabilities(np.ascontiguousarray(change(images))).argmax(axis=1)
        if (share := float((seen == labels).mean())) >= enough:
            return f"Are the images {words}? Looked at so, it agrees with {percent(share, 0)}."
    read = probabilities.argmax(axis=1)
    table = np.zeros((CLASSES, CLASSES), int)
    np.add.at(table, (labels, read), 1)
    given, meant = linear_sum_assignment(-table)
    if table[given, meant].sum() >= enough * len(labels):
        pairs = ", ".join(f"{one} for {other}" for one, other in zip(given, meant, strict=True) if table[one].any())
        return f"Are the classes numbered otherwise? The labels would stand so: {pairs}."
    if classifier.calibration.refuses(probabilities).mean() > REFUSED:
        return "Most images do not look like digits to it: another alphabet, or noise?"
    return "Are the labels shuffled, or those of other images?"
