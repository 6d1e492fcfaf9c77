"""Who wrote MNIST's digits: the staff of a census and pupils of a high school, as QMNIST's label files say it.

Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019. The file beside this module is made of theirs
(https://github.com/facebookresearch/qmnist, BSD licence), in MNIST's order: their digits are MNIST's for all 70,000.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError
from mnist_core.files import folders, npz
from mnist_core.formatting import count
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES

FILE, NAMED = "mnist_writers.npz", "MNIST_WRITERS"
STAFF, PUPILS = 0, 4  # how NIST numbers the two groups
# Each array of the file has some 60,000 numbers.
LARGEST = 2_000_000
ARRAYS = ("train_group", "test_group")


@dataclass(frozen=True)
class Groups:
    """Which group of people wrote each image, uint8 in the order of MNIST's."""

    train: np.ndarray
    test: np.ndarray


def find() -> Path:
    """Returns the lab's own file, or what `$MNIST_WRITERS` names.

    Raises InputError if `$MNIST_WRITERS` names something that is not there.
    """
    if named := os.environ.get(NAMED):
        path = Path(named).expanduser()
        if not folders.is_file(path):
            raise InputError(
                gettext("$MNIST_WRITERS names {named}, which does not exist; correct or unset it.", named=named)
            )
        return path
    return Path(__file__).with_name(FILE)


def load(dataset: Dataset) -> Groups:
    """Reads who wrote the images of MNIST.

    Raises InputError where the file is about other images.
    """
    return read(find(), dataset)


def read(path: Path, dataset: Dataset) -> Groups:
    """Reads the file at a path, as `load`."""
    found = Groups(*npz.read(path, ARRAYS, LARGEST))
    for groups, labels in ((found.train, dataset.train_labels), (found.test, dataset.test_labels)):
        if groups.shape != labels.shape:
            raise InputError(
                gettext(
                    "{file} names the writers of {number} images; expected {expected}. Put the right file in its "
                    "place.",
                    file=path.name,
                    number=count(groups.size),
                    expected=count(len(labels)),
                )
            ).at(path)
        if groups.dtype.kind not in "iu" or not all(_has_all(labels[groups == group]) for group in (STAFF, PUPILS)):
            raise InputError(
                gettext(
                    "{file} does not know both groups of writers, staff and pupils. Put the right file in its place.",
                    file=path.name,
                )
            ).at(path)
    return found


def of_training_images() -> np.ndarray:
    """Returns who wrote each of MNIST's 60,000 training images, int64, by numbers that only tell people apart."""
    (writers,) = npz.read(Path(__file__).with_name(FILE), ("train_writer",), LARGEST)
    return writers.astype(np.int64)


def _has_all(labels: np.ndarray) -> bool:
    return len(np.unique(labels)) == CLASSES
