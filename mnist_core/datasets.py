"""The images that the lab learns from: where they come from, what they are, and how to tell that they are MNIST."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from mnist_core import formats, handwriting, kaggle
from mnist_core.environment import home
from mnist_core.errors import InputError
from mnist_core.handwriting import Handwriting
from mnist_core.ink import tight_box
from mnist_core.layers import CLASSES
from mnist_core.phrases import count
from mnist_core.preprocess import place_by_centre_of_mass, scale_picture

# SHA-256 of the bytes of the four arrays, one after the other: train images, train labels, test images, test labels.
MNIST_IDENTITY = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
BUILT_IN = ("mnist", "digits-8x8", "collection")
# Kaggle's test file has no labels; this share of its training file is then set aside to judge by.
SET_ASIDE = 1 / 7


class MissingDataError(InputError):
    """The data is known, but not on this machine."""


@dataclass(frozen=True)
class Dataset:
    """Labelled images to train on and to judge by.

    Attributes:
        name: What `--data` takes: a built-in name or a path.
        train_images: uint8 `[N, 28, 28]`, white ink on black.
        train_labels: int64 `[N]`, 0 to 9.
        test_images: uint8 `[M, 28, 28]`.
        test_labels: int64 `[M]`.
        source: Where it came from, in words.
        unlabelled_images: uint8 `[K, 28, 28]`, for data that comes with images without labels.
        places: int64 `[N + M]`, for data whose test part the lab itself has set aside: which row of the file each image
            is, those to train on first; None for all other data.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str
    unlabelled_images: np.ndarray = field(default_factory=lambda: np.empty((0, 28, 28), np.uint8))
    places: np.ndarray | None = None

    @cached_property
    def identity(self) -> str:
        """SHA-256 of pixels and labels, the same whatever file they came in."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(array, np.uint8).data)
        return digest.hexdigest()

    @property
    def title(self) -> str:
        """The name for people: data with MNIST's pixels is MNIST, whatever its file is called."""
        if self.identity == MNIST_IDENTITY:
            return "MNIST"
        return {"digits-8x8": "Digits 8×8", "collection": "Drawings of this lab"}.get(self.name, Path(self.name).name)

    def reference(self) -> dict[str, str]:
        """Returns what a run remembers of its data."""
        return {"name": self.name, "identity": self.identity, "title": self.title}

    def parts(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Returns images and labels of the two parts by name."""
        return {"train": (self.train_images, self.train_labels), "test": (self.test_images, self.test_labels)}


@dataclass(frozen=True)
class Description:
    """What can be said of one part of a dataset.

    Attributes:
        images: Number of images.
        shape: Shape of the array.
        dtype: Type of its values.
        missing: Values that are missing; files with gaps are refused, so that this is 0 once data is loaded.
        class_counts: int64 `[10]`, images of each digit.
        mean: Mean pixel value, 0 to 255.
        deviation: Standard deviation of the pixel values.
        least: Smallest pixel value.
        greatest: Largest pixel value.
        inked: Share of pixels that are not black.
    """

    images: int
    shape: tuple[int, ...]
    dtype: str
    missing: int
    class_counts: np.ndarray
    mean: float
    deviation: float
    least: int
    greatest: int
    inked: float


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
    means = np.zeros((CLASSES, 28, 28), np.uint8)
    for digit in np.unique(labels):
        means[digit] = np.rint(images[labels == digit].mean(axis=0, dtype=np.float32))
    return means


def find_mnist() -> Path | None:
    """Returns where MNIST is on this machine, or None.

    Raises:
        InputError: `$MNIST_DATA` names something that is not there.
    """
    if named := os.environ.get("MNIST_DATA"):
        path = _expand(named)
        if not _exists(path):
            raise InputError(f"$MNIST_DATA names {named}, which does not exist; correct or unset it.")
        return path
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    places = [mnist_path(), keras_home / "datasets" / "mnist.npz"]
    return next((path for path in places if path.is_file()), None)


def mnist_path() -> Path:
    """Returns where a downloaded MNIST is kept."""
    return home() / "data" / "mnist.npz"


def _expand(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no such ~user
        return Path(name)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a folder that may not be read
        return False


def resolve(name: str) -> str:
    """Makes a path absolute, so that another process finds the same data; built-in names stay.

    A bare file name that is not in the current folder is looked for among the data of the lab's home.
    """
    if name in BUILT_IN:
        return name
    path = _expand(name)
    kept = home() / "data" / path
    return str((kept if not _exists(path) and path.name == str(path) and _exists(kept) else path).absolute())


def load(name: str) -> Dataset:
    """Loads data that is on this machine.

    Args:
        name: `mnist`, `digits-8x8`, `collection` (drawings that people labelled in this lab), or a path: an `.npz` as
            Keras has it, a folder of IDX files, Kaggle's `train.csv` or the folder that holds it, or strokes as JSON
            lines.

    Raises:
        MissingDataError: MNIST is not on this machine.
        InputError: The data cannot be used; the sentence names the file, what was found and what was expected.
    """
    if name == "digits-8x8":
        return _digits_8x8()
    if name == "mnist":
        return _mnist()
    if name == "collection":
        return _paint(collected(), name, "drawings that people labelled in this lab")
    path = Path(resolve(name))
    _check_exists(path, name)
    return _read(path, str(path))


def load_same(reference: dict[str, str], load: Callable[[str], Dataset] = load) -> Dataset:
    """Loads the data that a run remembers (`Dataset.reference`), by a loader that may keep what it has read.

    Raises:
        InputError: As `load`, or it is not the same data any more.
    """
    dataset = load(str(reference["name"]))
    if dataset.identity != reference["identity"]:
        raise InputError(
            f"The data at {reference['name']} has changed since this run was set up; start a new run on it."
        )
    return dataset


def load_handwriting(name: str) -> Handwriting | None:
    """Loads data that consists of strokes; None for data that consists of pictures.

    Raises:
        InputError: The strokes cannot be used.
    """
    if name == "collection":
        return collected()
    if not name.endswith(handwriting.SUFFIXES):
        return None
    path = Path(resolve(name))
    _check_exists(path, name)
    return handwriting.read_handwriting(path)


def load_source(name: str) -> Handwriting | Dataset:
    """Loads a second source to learn from: strokes as they were drawn, or a dataset of pictures.

    Raises:
        InputError: As `load`.
    """
    drawn = load_handwriting(name)
    return load(name) if drawn is None else drawn


def collected() -> Handwriting:
    """Returns the drawings that people labelled in this lab; raises InputError if there are none."""
    from mnist_core.collection import Collection  # SQLAlchemy: 12 MB that few need

    return Collection().handwriting()


def _check_exists(path: Path, name: str) -> None:
    if not _exists(path):
        raise InputError(
            f"There is no data at {name}; expected one of {', '.join(BUILT_IN)}, an .npz file, a folder of IDX files, "
            "Kaggle's train.csv, or strokes as .jsonl or .jsonl.gz."
        )


def _mnist() -> Dataset:
    path = find_mnist()
    if path is None:
        raise MissingDataError(
            "MNIST is not on this machine. Download it (11 MB) with 'python -m mnist_core data mnist' or on the "
            "Explore or Train page, name a file in $MNIST_DATA, or use digits-8x8, which needs no network."
        )
    dataset = _read(path, "mnist", _place_of_mnist(path))
    if dataset.identity != MNIST_IDENTITY:
        raise InputError(
            f"{path} does not hold MNIST: its pixels have the SHA-256 {dataset.identity[:12]}…, expected "
            f"{MNIST_IDENTITY[:12]}…; give its path as data to use it all the same."
        )
    return dataset


def _place_of_mnist(path: Path) -> str:
    """Says where MNIST was found; a class need not see the paths of its server."""
    if os.environ.get("MNIST_DATA"):
        return "found where $MNIST_DATA says"
    return "in the lab's home folder" if path == mnist_path() else "in Keras's own cache"


def _read(path: Path, name: str, source: str = "") -> Dataset:
    if path.suffix == ".npz":
        return Dataset(name, *formats.read_npz(path), source=source or f"NumPy archive {path}")
    if path.suffix == ".csv":
        # Kaggle's two files belong together; any other name stands for itself.
        return _read_csv(path, path.parent / "test.csv" if path.name == "train.csv" else path, name)
    if path.name.endswith(handwriting.SUFFIXES):
        return _paint(handwriting.read_handwriting(path), name, source or f"strokes in {path}")
    if path.is_dir() and (path / "train.csv").exists():
        return _read_csv(path / "train.csv", path / "test.csv", name)
    if path.is_dir():
        return Dataset(name, *formats.read_idx_folder(path), source=source or f"IDX files in {path}")
    raise InputError(
        f"{path} is not data that the lab reads; expected .npz, a folder of IDX files, train.csv, or strokes as .jsonl."
    )


def _read_csv(train: Path, test: Path, name: str) -> Dataset:
    images, labels = kaggle.read_csv(train)
    if labels is None:
        raise InputError(
            f"The file {train.name} has no column 'label'; expected label,pixel0,…,pixel783 to learn from."
        )
    unlabelled = np.empty((0, 28, 28), np.uint8)
    if test.exists() and test != train:
        test_images, test_labels = kaggle.read_csv(test)
        if test_labels is not None:
            return Dataset(name, images, labels, test_images, test_labels, source=f"CSV files {train} and {test.name}")
        unlabelled = test_images
    order = np.random.default_rng(0).permutation(len(images))
    aside, rest = np.split(order, [max(round(len(order) * SET_ASIDE), 1)])
    if not len(rest):
        raise InputError(f"The file {train.name} holds {len(images)} images; at least two are needed.")
    source = f"CSV file {train}; a seventh of it is set aside to judge by, because there are no other labels"
    places = np.concatenate([rest, aside])
    return Dataset(name, images[rest], labels[rest], images[aside], labels[aside], source, unlabelled, places)


def _paint(drawn: Handwriting, name: str, source: str) -> Dataset:
    train, test = drawn.split()
    if not len(train) or not len(test):
        raise InputError(f"There are only {len(drawn)} drawings; at least four are needed to train and to judge.")
    images = handwriting.paint_all(train.strokes), handwriting.paint_all(test.strokes)
    source += (
        f"; {count(len(test))} drawings by {count(len(np.unique(test.writers)))} writers are set aside to judge by"
    )
    return Dataset(name, images[0], train.labels, images[1], test.labels, source)


def _digits_8x8() -> Dataset:
    """Prepares scikit-learn's 1,797 small digits as MNIST was: 20-pixel box, centre of mass."""
    from sklearn.datasets import load_digits  # heavy, and needed by nobody who uses MNIST

    digits = load_digits()
    small = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    images = np.stack([place_by_centre_of_mass(scale_picture(tight_box(image))) for image in small])
    labels = digits.target.astype(np.int64)
    test = np.arange(len(images)) % 5 == 0
    source = "bundled with scikit-learn: 1,797 real digits of 8×8 pixels, enlarged the way MNIST was made"
    return Dataset("digits-8x8", images[~test], labels[~test], images[test], labels[test], source)
