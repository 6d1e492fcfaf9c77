"""Labelled images to train on and to judge by, and what can be said of them."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mnist_core.config import data_titles
from mnist_core.data import corrections
from mnist_core.data.corrections import Correction
from mnist_core.language import SOURCE, gettext, speaking
from mnist_core.mnist import CLASSES, SIDE

# SHA-256 of the bytes of the four arrays, one after the other: train images, train labels, test images, test labels.
MNIST_IDENTITY = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
# What follows a path whose pictures have labels in their names, if somebody says so.
LABELS_IN_NAMES = "?labels-in-names"


@dataclass(frozen=True)
class Dataset:
    """Labelled images to train on and to judge by."""

    name: str  # what `--data` takes: a built-in name or a path, with its correction if it has one
    train_images: np.ndarray  # uint8 `[N, 28, 28]`, white ink on black
    train_labels: np.ndarray  # int64 `[N]`, 0 to 9
    test_images: np.ndarray  # uint8 `[M, 28, 28]`
    test_labels: np.ndarray  # int64 `[M]`
    source: str  # where it came from, in words
    # uint8 `[K, 28, 28]`, for data that comes with images without labels.
    unlabelled_images: np.ndarray = field(default_factory=lambda: np.empty((0, SIDE, SIDE), np.uint8))
    # int64 `[N + M]`, for data whose test part the lab itself has set aside: which row of the file each image is, those
    # to train on first; None for all other data.
    places: np.ndarray | None = None
    resized: bool = False  # whether its images were squares of another size
    called: str = ""  # what its file was called, where the name does not say it

    @cached_property
    def identity(self) -> str:
        """SHA-256 of pixels and labels, the same whatever file they came in."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(array, np.uint8).data)
        return digest.hexdigest()

    @property
    def is_mnist(self) -> bool:
        """Whether these are MNIST's pixels and labels, whatever file they came in."""
        return self.identity == MNIST_IDENTITY

    @property
    def title(self) -> str:
        """The name for people: data with MNIST's pixels is MNIST, whatever its file is called."""
        if self.is_mnist:
            return "MNIST"
        base, correction = corrections.parted(self.name)
        titles = {"mnist": "MNIST", "digits-8x8": data_titles.SMALL, "collection": data_titles.COLLECTION}
        called = self.called or Path(base.removesuffix(LABELS_IN_NAMES)).name
        title = gettext(titles[base]) if base in titles else called
        return f"{title}, {correction.words}" if correction else title

    def reference(self) -> dict[str, str]:
        """Returns what a run remembers of its data, in the language of the source."""
        with speaking(SOURCE):
            return {"name": self.name, "identity": self.identity, "title": self.title}

    def corrected(self, correction: Correction) -> "Dataset":
        """Returns all images and labels corrected, under a name that says so."""
        if not correction:
            return self
        # That squares are taken as they stand was said where they were read.
        told = replace(correction, prepared="") if correction.prepared == corrections.AS_IS else correction
        return replace(
            self,
            name=corrections.joined(self.name, correction),
            train_images=correction.images(self.train_images),
            train_labels=correction.labels(self.train_labels),
            test_images=correction.images(self.test_images),
            test_labels=correction.labels(self.test_labels),
            unlabelled_images=correction.images(self.unlabelled_images),
            source=gettext("{source}; corrected: {words}", source=self.source, words=told.words)
            if told
            else self.source,
        )

    def first(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the first images and labels, in the order of the file where the lab itself has parted it."""
        if self.places is None:
            return self.train_images[:number], self.train_labels[:number]
        indices = np.argsort(self.places)[:number]
        rest = len(self.train_labels)
        images = [self.train_images[index] if index < rest else self.test_images[index - rest] for index in indices]
        labels = [self.train_labels[index] if index < rest else self.test_labels[index - rest] for index in indices]
        return np.stack(images), np.array(labels)

    def parts(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Returns images and labels of the two parts by name."""
        return {"train": (self.train_images, self.train_labels), "test": (self.test_images, self.test_labels)}


@dataclass(frozen=True)
class Description:
    """What can be said of one part of a dataset."""

    images: int
    shape: tuple[int, ...]
    dtype: str
    missing: int  # values that are missing; files with gaps are refused, so that this is 0 once data is loaded
    class_counts: np.ndarray  # int64 `[10]`, images of each digit
    mean: float
    deviation: float
    least: int
    greatest: int
    inked: float  # share of pixels that are not black


def describe(images: np.ndarray, labels: np.ndarray) -> Description:
    """Describes images uint8 `[N, 28, 28]` with labels `[N]`, from the histogram of the pixel values."""
    histogram = np.zeros(256, np.int64)
    for start in range(0, len(images), 500):  # bincount widens its input eightfold; pieces keep that small
        histogram += np.bincount(images[start : start + 500].ravel(), minlength=256)
    values = np.arange(256)
    total = max(histogram.sum(), 1)
    mean = float((values * histogram).sum() / total)
    present = np.flatnonzero(histogram)
    return Description(
        images=len(images),
        shape=images.shape,
        dtype=str(images.dtype),
        missing=int(images.size - histogram.sum()),
        class_counts=np.bincount(labels, minlength=CLASSES),
        mean=mean,
        deviation=float(np.sqrt((values**2 * histogram).sum() / total - mean**2)),
        least=int(present[0]) if present.size else 0,
        greatest=int(present[-1]) if present.size else 0,
        inked=float(1 - histogram[0] / total),
    )


def indices_of(labels: np.ndarray, digit: int | None) -> np.ndarray:
    """Returns the indices of the images of a digit, or of all."""
    return np.arange(len(labels)) if digit is None else np.flatnonzero(labels == digit)


def mean_images(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the mean image of each digit, uint8 `[10, 28, 28]`; black for a digit without images."""
    means = np.zeros((CLASSES, SIDE, SIDE), np.uint8)
    for digit in np.unique(labels):
        means[digit] = np.rint(images[labels == digit].mean(axis=0, dtype=np.float32))
    return means
