"""Who wrote MNIST's digits: the staff of a census and pupils of a high school, as QMNIST's label files say it.

Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019. The file does not come with the lab.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.data.sources import MissingDataError
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


def find() -> Path | None:
    """Where the file lies: what `$MNIST_WRITERS` names, or in a folder of data, or beside MNIST.

    Raises InputError if `$MNIST_WRITERS` names something that is not there.
    """
    if named := os.environ.get(NAMED):
        path = Path(named).expanduser()
        if not folders.is_file(path):
            raise InputError(
                gettext("$MNIST_WRITERS names {named}, which does not exist; correct or unset it.", named=named)
            )
        return path
    mnist = sources.find_mnist()
    places = [environment.home(), *environment.data_folders(), *([mnist.parent] if mnist else [])]
    return next((place / FILE for place in places if folders.is_file(place / FILE)), None)


def load(dataset: Dataset) -> Groups:
    """Reads who wrote the images of MNIST.

    Raises MissingDataError where the file is not on this machine, and InputError where it is about other images.
    """
    path = find()
    if path is None:
        raise MissingDataError(
            gettext(
                "The lab does not know who wrote MNIST's digits: ask whoever runs it to make {file} from the label "
                "files of QMNIST and to put it into the lab's folder of data, or to name it in ${named}.",
                file=FILE,
                named=NAMED,
            )
        )
    return read(path, dataset)


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


def _has_all(labels: np.ndarray) -> bool:
    return len(np.unique(labels)) == CLASSES
