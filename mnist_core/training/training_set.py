"""What a run learns from: its dataset's training images, and what its settings put beside them."""

import math
from dataclasses import dataclass

import numpy as np

from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources, stroke_files
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.mnist import NO_DIGIT

# Of fewer writers, none is spared to validate by.
FEWEST_WRITERS = 10


@dataclass(frozen=True)
class TrainingSet:
    """Images uint8 `[N, 28, 28]` with their labels int64 `[N]`, to train and to validate on.

    Labels to train on are 0 to 9, or `NO_DIGIT`: there a network is taught to give all ten digits the same probability.
    Validation images are digits, each as it is.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def assemble(dataset: Dataset, config: TrainConfig, also_identity: str = "") -> TrainingSet:
    """Draws the share of the training images that is used, holds back the part to validate on, and adds the rest.

    With a validation share of 0 the test set validates, as one of the recipes wants it. Raises InputError if too few
    images are left to train on, or the second source cannot be used or has another identity than it had.
    """
    train, validate = config.split(len(dataset.train_images))
    images, labels = dataset.train_images, dataset.train_labels
    digits = images[train], labels[train]
    to_train = [digits]
    if len(validate):
        to_validate = [(images[validate], labels[validate])]
    else:
        to_validate = [(dataset.test_images, dataset.test_labels)]
    random = np.random.default_rng([config.seed, 5])
    for name, identity in _second_sources(config, also_identity):
        also_train, also_validate = _second_source(name, config, random, identity)
        to_train.append(also_train)
        to_validate.append(also_validate)
    if config.styles:
        from mnist_core.data.synthetic import rare_styles  # SciPy: a third of a second, for those who paint

        to_train.append(rare_styles.paint_styles(round(config.styles * len(train)), random))
    if config.non_digits:
        from mnist_core.data.synthetic import non_digits

        number = round(config.non_digits * len(train))
        pictures, _ = non_digits.make(tuple(non_digits.FITTED), number, config.seed, *digits)
        to_train.append((pictures, np.full(number, NO_DIGIT)))
    return TrainingSet(*_joined(to_train), *_joined(to_validate))


Labelled = tuple[np.ndarray, np.ndarray]


def _joined(parts: list[Labelled]) -> Labelled:
    if len(parts) == 1:  # nothing to copy
        return parts[0]
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def _second_sources(config: TrainConfig, identities: str) -> list[tuple[str, str]]:
    """Pairs each second source with the identity that it had, empty where that is not known."""
    known = identities.split(";") if identities else [""] * len(config.second_sources)
    return list(zip(config.second_sources, known, strict=True))


def _second_source(
    name: str, config: TrainConfig, random: np.random.Generator, identity: str
) -> tuple[Labelled, Labelled]:
    """Returns a second source to train and to validate on; strokes are painted several times, each time otherwise.

    Only its training part is used, so that the rest can judge: of strokes, those of the writers and sites that are not
    held back. Whole writers among these validate, so that calibration and thresholds are fitted to hands that the
    network has not seen; what is no digit does not. Signs are painted half as often as digits: they are to teach doubt,
    and not too much of it.
    """
    source = sources.load_source(name)
    if identity and source.identity != identity:
        raise InputError(
            gettext("The second source {name} has changed since this run was set up; start a new run.", name=name)
        )
    if isinstance(source, Dataset):
        used, held_back = _parted(name, len(source.train_images), config, random)
        images, labels = source.train_images, source.train_labels
        return (images[used], labels[used]), (images[held_back], labels[held_back])
    to_train, _ = source.split()
    used, held_back = _parted_by_writer(name, to_train, config, random)
    to_train, to_validate = to_train.chosen(used), to_train.chosen(held_back)
    to_train = to_train.chosen(~to_train.is_misleading)
    is_digit = to_train.labels != NO_DIGIT
    painted = [
        _painted(to_train.chosen(is_digit), config.also_copies, random),
        _painted(to_train.chosen(~is_digit), math.ceil(config.also_copies / 2), random),
    ]
    to_validate = to_validate.chosen(to_validate.labels != NO_DIGIT)
    return _joined(painted), (stroke_files.paint_all(to_validate.strokes), to_validate.labels)


def _painted(drawn: Handwriting, copies: int, random: np.random.Generator) -> Labelled:
    return stroke_files.paint_varied(drawn.strokes, copies, random), np.tile(drawn.labels, copies)


def _parted_by_writer(
    name: str, drawn: Handwriting, config: TrainConfig, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """As `_parted`, but holds back whole writers, as many as the share needs, where several are known."""
    writers, number_of = np.unique(drawn.writers, return_counts=True)
    order = random.permutation(len(writers))
    enough = np.cumsum(number_of[order]) - number_of[order] < config.validation_share * len(drawn)
    if len(writers) < FEWEST_WRITERS or writers[0] < 0 or not config.validation_share:
        return _parted(name, len(drawn), config, random)
    held_back = np.isin(drawn.writers, writers[order[enough]])
    return np.flatnonzero(~held_back), np.flatnonzero(held_back)


def _parted(name: str, number: int, config: TrainConfig, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws which images to train on, and which to hold back."""
    order = random.permutation(number)
    held_back, used = np.split(order, [round(config.validation_share * number)])
    if not len(used):
        raise InputError(gettext("{name} holds too little to train on; draw some more.", name=name))
    return used, held_back
