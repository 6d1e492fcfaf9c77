"""Squares of another size than MNIST's: prepared as drawings or taken as they stand, whichever reads better."""

import dataclasses
import logging
from collections.abc import Callable

import numpy as np

from mnist_core.data import corrections
from mnist_core.data.corrections import AS_IS, Correction
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import LabError
from mnist_core.evaluation.label_fit import sample
from mnist_core.formatting import percent
from mnist_core.inference.classifier import Classifier
from mnist_core.language import N_, gettext

logger = logging.getLogger(__name__)

# So much better what stands has to read: where both do as well, images are prepared as MNIST was.
BETTER = 0.01
READER = N_("A model that reads MNIST well")


def of_digits(digits: Digits, classifier: Callable[[], Classifier]) -> Digits:
    """Returns digits prepared the better way, which their note tells; as they are where there is nothing to choose.

    `classifier` gives a model that reads well. Without one, which it says by a LabError, they stay as they are, too.
    """
    if digits.standing is None:
        return digits
    try:
        better, told = _compared(digits.images, digits.standing.images, digits.labels, classifier())
    except LabError:
        logger.debug("Squares cannot be compared", exc_info=True)
        return digits
    chosen = digits.corrected(Correction(prepared=AS_IS)) if better else digits
    found = chosen.note.partition(gettext(READER))[0].rstrip()  # what was told before is told anew
    return dataclasses.replace(chosen, note=f"{found} {told}".lstrip())


def of_dataset(data: Dataset, load: Callable[[str], Dataset], classifier: Callable[[], Classifier]) -> Dataset:
    """As `of_digits`; `load` reads the data again by a name that says how. What was chosen is a part of the name."""
    if not data.resized or corrections.parted(data.name)[1].prepared:
        return data
    try:
        standing = load(corrections.joined(data.name, Correction(prepared=AS_IS)))
        better, told = _compared(data.train_images, standing.train_images, data.train_labels, classifier())
    except LabError:
        logger.debug("Squares cannot be compared", exc_info=True)
        return data
    chosen = standing if better else data
    return dataclasses.replace(chosen, source=f"{chosen.source}; {told[0].lower()}{told[1:].rstrip('.')}")


def _compared(
    drawings: np.ndarray, standing: np.ndarray, labels: np.ndarray | None, classifier: Classifier
) -> tuple[bool, str]:
    """Says whether images read better as they stand, and how well both ways, in a sentence."""
    chosen = sample(len(drawings))
    known = None if labels is None else labels[chosen]
    drawn, stood = (_share(images[chosen], known, classifier) for images in (drawings, standing))
    better = stood > drawn + BETTER
    return better, _told(labels is not None, better, percent(drawn, 0), percent(stood, 0))


def _told(labelled: bool, better: bool, drawn: str, stood: str) -> str:
    """Says how well images read prepared as drawings, and as they stand, and which of the two is taken."""
    if labelled:
        happened = gettext(
            "{reader} agrees with {drawn} of the labels where the images are prepared as drawings, "
            "and with {stood} as they stand",
            reader=READER,
            drawn=drawn,
            stood=stood,
        )
    else:
        happened = gettext(
            "{reader} is {drawn} sure on average where the images are prepared as drawings, and {stood} as they stand",
            reader=READER,
            drawn=drawn,
            stood=stood,
        )
    if better:
        return gettext("{happened}: the latter is taken.", happened=happened)
    return gettext("{happened}: the former is taken.", happened=happened)


def _share(images: np.ndarray, labels: np.ndarray | None, classifier: Classifier) -> float:
    """The share of labels that a model reads too; without any, how sure it is on average."""
    probabilities = classifier.calibrated(images)
    if labels is None:
        return float(probabilities.max(axis=1).mean())
    return float((probabilities.argmax(axis=1) == labels).mean())
