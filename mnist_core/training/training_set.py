"""What a run learns from: its dataset's training images, and what its settings put beside them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mnist_core.config.train_config import TrainConfig
from mnist_core.data import mnist_writers, sources, stroke_files
from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.mnist import NO_DIGIT

# Of fewer writers, none is spared to validate by.
FEWEST_WRITERS = 10


@dataclass(frozen=True)
class Group:
    """Training images of which an epoch takes a part: of each drawing so many, by chance."""

    drawings: int
    variants: int  # of each: those of all drawings once, then of all again
    taken: int  # of these

    @property
    def pictures(self) -> int:
        """How many there are of all."""
        return self.drawings * self.variants


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
    groups: tuple[Group, ...] = ()  # of the images to train on, in their order; none where each epoch takes all

    def __len__(self) -> int:
        """How many images an epoch trains on."""
        return sum(group.drawings * group.taken for group in self.groups) or len(self.train_labels)


def draw_order(groups: tuple[Group, ...], number: int, seed: int, epoch: int) -> np.ndarray:
    """Draws which images an epoch takes, and in which order: indices, int32, the same ones for an epoch each time.

    Without groups it takes all, which are so many.
    """
    random = np.random.default_rng([seed, epoch])
    if not groups:
        return random.permutation(number).astype(np.int32)
    chosen, first = [], 0
    for group in groups:
        ranks = random.random((group.variants, group.drawings)).argsort(axis=0)[: group.taken]
        chosen.append((first + group.drawings * ranks + np.arange(group.drawings)).ravel())
        first += group.pictures
    return random.permutation(np.concatenate(chosen)).astype(np.int32)


def assemble(dataset: Dataset, config: TrainConfig, also_identity: str = "") -> TrainingSet:
    """Draws the share of the training images that is used, holds back the part to validate on, and adds the rest.

    With a validation share of 0 the test set validates, as one of the recipes wants it. Raises InputError if too few
    images are left to train on, or the second source cannot be used or has another identity than it had.
    """
    train, validate = _parted_dataset(dataset, config)
    images, labels = dataset.train_images, dataset.train_labels
    digits = images[train], labels[train]
    to_train = [_each_once(*digits)]
    if len(validate):
        to_validate = [(images[validate], labels[validate])]
    else:
        to_validate = [(dataset.test_images, dataset.test_labels)]
    random = np.random.default_rng([config.seed, 5])
    for name, identity in _second_sources(config, also_identity):
        also_train, also_validate = _second_source(name, config, random, identity)
        to_train.extend(also_train)
        to_validate.append(also_validate)
    if config.styles:
        from mnist_core.data.synthetic import rare_styles  # SciPy: a third of a second, for those who paint

        group = Group(round(config.styles * len(train)), config.variants, 1)
        to_train.append(Part(*rare_styles.paint_styles(group.pictures, random), group))
    if config.non_digits:
        from mnist_core.data.synthetic import non_digits

        group = Group(round(config.non_digits * len(train)), config.variants, 1)
        pictures, _ = non_digits.make(tuple(non_digits.FITTED), group.pictures, config.seed, *digits)
        to_train.append(Part(pictures, np.full(group.pictures, NO_DIGIT), group))
    groups = tuple(part.group for part in to_train) if config.variants > 1 else ()
    return TrainingSet(*_joined([part[:2] for part in to_train]), *_joined(to_validate), groups)


Labelled = tuple[np.ndarray, np.ndarray]


class Part(NamedTuple):
    """Some of the images to train on."""

    images: np.ndarray
    labels: np.ndarray
    group: Group


def _each_once(images: np.ndarray, labels: np.ndarray) -> Part:
    return Part(images, labels, Group(len(labels), 1, 1))


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
) -> tuple[list[Part], Labelled]:
    """Returns a second source to train and to validate on; strokes are painted several times, each time otherwise.

    Beside them stand pairs of its digits, where these are wanted. Only its training part is used, so that the rest can
    judge: of strokes, those of the writers and sites that are not held back. Whole writers among these validate, so
    that calibration and thresholds are fitted to hands that the network has not seen; what is no digit does not.
    """
    source = sources.load_source(name)
    if identity and source.identity != identity:
        raise InputError(
            gettext("The second source {name} has changed since this run was set up; start a new run.", name=name)
        )
    if isinstance(source, Dataset):
        used, held_back = _parted(name, len(source.train_images), config, random)
        images, labels = source.train_images, source.train_labels
        return [_each_once(images[used], labels[used])], (images[held_back], labels[held_back])
    to_train, _ = source.split()
    used, held_back = _parted_by_writer(name, to_train, config, random)
    to_train, to_validate = to_train.chosen(used), to_train.chosen(held_back)
    to_train = to_train.chosen(~to_train.is_misleading)
    painted = [_painted(to_train, config.also_copies, config.variants, random)]
    if config.pairs:
        painted.append(_pairs(to_train.chosen(to_train.labels != NO_DIGIT), config, random))
    to_validate = to_validate.chosen(to_validate.labels != NO_DIGIT)
    return painted, (stroke_files.paint_all(to_validate.strokes), to_validate.labels)


def _painted(drawn: Handwriting, copies: int, variants: int, random: np.random.Generator) -> Part:
    group = Group(len(drawn), copies * variants, copies)
    images = stroke_files.paint_varied(drawn.strokes, group.variants, random)
    return Part(images, np.tile(drawn.labels, group.variants), group)


def _pairs(digits: Handwriting, config: TrainConfig, random: np.random.Generator) -> Part:
    from mnist_core.data.synthetic import pairs

    images = pairs.paint_pairs(digits, round(config.pairs * len(digits)) * config.variants, random)
    return Part(images, np.full(len(images), NO_DIGIT), Group(len(images) // config.variants, config.variants, 1))


def _parted_dataset(dataset: Dataset, config: TrainConfig) -> tuple[np.ndarray, np.ndarray]:
    """Draws which training images to train on and which to validate on, as `TrainConfig.split`.

    Beside second sources, of which whole writers validate, whole writers of MNIST do, too.
    """
    train, validate = config.split(len(dataset.train_images))
    if not (config.second_sources and len(validate) and dataset.is_mnist):
        return train, validate
    used = np.concatenate([train, validate])
    random = np.random.default_rng([config.seed, 6])
    held_back = _of_whole_writers(mnist_writers.of_training_images()[used], config.validation_share, random)
    return used[~held_back], used[held_back]


def _parted_by_writer(
    name: str, drawn: Handwriting, config: TrainConfig, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """As `_parted`, but holds back whole writers, as many as the share needs, where several are known."""
    held_back = _of_whole_writers(drawn.writers, config.validation_share, random)
    if len(np.unique(drawn.writers)) < FEWEST_WRITERS or drawn.writers.min() < 0 or not config.validation_share:
        return _parted(name, len(drawn), config, random)
    return np.flatnonzero(~held_back), np.flatnonzero(held_back)


def _of_whole_writers(writers: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Chooses writers by chance until a share of what they wrote is reached; says which that is, bool `[N]`."""
    people, number_of = np.unique(writers, return_counts=True)
    order = random.permutation(len(people))
    enough = np.cumsum(number_of[order]) - number_of[order] < share * len(writers)
    return np.isin(writers, people[order[enough]])


def _parted(name: str, number: int, config: TrainConfig, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws which images to train on, and which to hold back."""
    order = random.permutation(number)
    held_back, used = np.split(order, [round(config.validation_share * number)])
    if not len(used):
        raise InputError(gettext("{name} holds too little to train on; draw some more.", name=name))
    return used, held_back
