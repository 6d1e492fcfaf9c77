"""Where the images come from that the lab learns from: by name or path to a dataset."""

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.data import arrays, corrections, formats, greys, stroke_files, tables
from mnist_core.data.dataset import MNIST_IDENTITY, Dataset
from mnist_core.data.stroke_files import Handwriting
from mnist_core.environment import home
from mnist_core.errors import InputError, NotReadError
from mnist_core.files import folders
from mnist_core.formatting import count, readable
from mnist_core.mnist import SIDE

logger = logging.getLogger(__name__)

BUILT_IN = ("mnist", "digits-8x8", "collection")
# Kaggle's test file has no labels; this share of its training file is then set aside to judge by.
SET_ASIDE = 1 / 7
ASIDE = "a seventh of it is set aside to judge by, because there are no other labels"


class MissingDataError(InputError):
    """The data is known, but not on this machine."""


class DamagedDataError(InputError):
    """MNIST lies on this machine, and cannot be used; `place` says where."""


def find_mnist() -> Path | None:
    """Where MNIST is on this machine; raises InputError if `$MNIST_DATA` names something that is not there."""
    if named := os.environ.get("MNIST_DATA"):
        path = _expand(named)
        if not folders.exists(path):
            raise InputError(f"$MNIST_DATA names {named}, which does not exist; correct or unset it.")
        return path
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    places = [mnist_path(), keras_home / "datasets" / "mnist.npz"]
    return next((path for path in places if folders.exists(path)), None)


def mnist_path() -> Path:
    """Returns where a downloaded MNIST is kept."""
    return home() / "data" / "mnist.npz"


def _expand(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no such ~user
        return Path(name)


def resolve(name: str) -> str:
    """Makes a path absolute, so that another process finds the same data; built-in names stay.

    A bare file name that is not in the current folder is looked for among the data of the lab's home. What is to be
    corrected stays behind the path.
    """
    base, correction = corrections.parted(name)
    return corrections.replaced(base if base in BUILT_IN else str(_absolute(base)), correction)


def place(name: str) -> Path | None:
    """Returns where the data of a name lies, or would lie; None for MNIST that is not here."""
    base, _ = corrections.parted(name)
    return find_mnist() if base == "mnist" else Path(base) if base in BUILT_IN else _absolute(base)


def _absolute(name: str) -> Path:
    path = _expand(name)
    kept = home() / "data" / path
    is_kept = not folders.exists(path) and path.name == str(path) and folders.exists(kept)
    return (kept if is_kept else path).absolute()


def located(name: str, by: Actor) -> str:
    """Returns where the data lies that somebody names: anywhere for the command line, `shared` data for a page."""
    return resolve(name) if by.is_command_line else shared(name)


def shared(name: str) -> str:
    """Returns where data lies that a page may read, as `resolve` does; a path below one of `environment.data_folders`.

    What lies elsewhere is not even looked at: the InputError is the same whether it is there or not.
    """
    base, correction = corrections.parted(name)
    return corrections.replaced(base if base in BUILT_IN else _shared_path(base), correction)


def _shared_path(name: str) -> str:
    for folder in environment.data_folders():
        for root in dict.fromkeys((folder, Path(os.path.realpath(folder)))):
            path = Path(os.path.normpath(root / name))
            if path.is_relative_to(root) and path != root and _stays_inside(path, root):
                return str(path)
    raise InputError(
        f"There is no data at {readable(name, 200)} that a page can read; expected one of {', '.join(BUILT_IN)}, or "
        "the name of a file in the lab's data folder. Upload yours, or ask whoever runs the lab to put it there."
    )


def _stays_inside(path: Path, root: Path) -> bool:
    """Whether there is something at a path, and no link leads from it, or from what a folder holds, out of the root."""
    try:
        inside = path.resolve(strict=True).is_relative_to(root.resolve())
        parts = path.iterdir() if inside and path.is_dir() else ()
        return inside and all(part.resolve().is_relative_to(root.resolve()) for part in parts)
    except (OSError, ValueError, RuntimeError):  # a name that no file system takes, or links in a circle
        logger.debug("There is no shared data at %r", path, exc_info=True)
        return False


def load(name: str) -> Dataset:
    """Loads `mnist`, `digits-8x8`, `collection` (drawings that people labelled in this lab), or what lies at a path.

    That is an `.npz`, a folder of IDX files, a table (`tables`), Kaggle's `train.csv` or the folder that holds it, or
    strokes as JSON lines. What is to be corrected (`corrections`) may stand behind each. Raises MissingDataError if
    MNIST is not on this machine, DamagedDataError if it is and cannot be used, and InputError if other data cannot be
    used.
    """
    base, correction = corrections.parted(name)
    if correction and base == "collection":
        raise InputError("The drawings of this lab are strokes that it prepared itself; use them without a correction.")
    with greys.reading(correction.prepared == corrections.AS_IS) as read:
        data = _load(base)
    data = dataclasses.replace(data, resized=True) if read.resized else data
    return data.corrected(correction)


def _load(name: str) -> Dataset:
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

    Raises InputError as `load` does, or if it is not the same data any more.
    """
    dataset = load(str(reference["name"]))
    if dataset.identity != reference["identity"]:
        raise InputError(
            f"The data at {reference['name']} has changed since this run was set up; start a new run on it."
        )
    return dataset


def load_handwriting(name: str, signs: bool = False) -> Handwriting | None:
    """Loads data that consists of strokes, with its signs if wanted; None for data that consists of pictures."""
    if name == "collection":
        return collected()
    if not name.endswith(stroke_files.SUFFIXES):
        return None
    path = Path(resolve(name))
    _check_exists(path, name)
    return stroke_files.read_handwriting(path, signs)


def load_source(name: str) -> Handwriting | Dataset:
    """Loads a second source to learn from: strokes as they were drawn, signs among them, or a dataset of pictures."""
    drawn = load_handwriting(name, signs=True)
    return load(name) if drawn is None else drawn


def collected() -> Handwriting:
    """Returns the drawings that people labelled in this lab; raises InputError if there are none."""
    from mnist_core.data.collection.store import Collection  # SQLAlchemy: 12 MB that few need

    return Collection().handwriting()


def _check_exists(path: Path, name: str) -> None:
    if not folders.exists(path):
        raise InputError(
            f"There is no data at {name}; expected one of {', '.join(BUILT_IN)}, an .npz file, a folder of IDX files, "
            "a table such as Kaggle's train.csv, or strokes as .jsonl or .jsonl.gz."
        )


def _mnist() -> Dataset:
    path = find_mnist()
    if path is None:
        raise MissingDataError(
            "MNIST is not on this machine. Download it (11 MB) with 'python -m mnist_core data mnist' or on the "
            "Explore or Train page, name a file in $MNIST_DATA, or use digits-8x8, which needs no network."
        )
    try:
        dataset = _read(path, "mnist", f"found {_place_of_mnist(path)}" if is_named() else _place_of_mnist(path))
    except NotReadError as error:
        raise _damaged(path, str(error).rstrip(".")) from error
    except InputError as error:
        raise _damaged(path, str(error).rpartition(";")[0] or str(error)) from error
    if dataset.is_mnist:
        return dataset
    found = f"its pixels have the SHA-256 {dataset.identity[:12]}…, expected {MNIST_IDENTITY[:12]}…"
    if is_named():
        raise DamagedDataError(
            f"What $MNIST_DATA names does not hold MNIST: {found}; give its path as data to use it all the same."
        ).at(path)
    raise _damaged(path, found)


def is_named() -> bool:
    """Whether `$MNIST_DATA` says where MNIST lies: a download would not be looked at."""
    return bool(os.environ.get("MNIST_DATA"))


def _place_of_mnist(path: Path) -> str:
    """Says where MNIST lies; a class need not see the paths of its server."""
    if is_named():
        return "where $MNIST_DATA says"
    return "in the lab's home folder" if path == mnist_path() else "in Keras's own cache"


def _damaged(path: Path, reason: str) -> DamagedDataError:
    if is_named():
        advice = "put a sound file there, or unset $MNIST_DATA"
    else:
        advice = (
            "download it again (11 MB) on the Explore or Train page, or delete it and use 'python -m mnist_core data "
            "mnist'"
        )
    return DamagedDataError(f"MNIST lies {_place_of_mnist(path)}, but is damaged ({reason}); {advice}.").at(path)


def _read(path: Path, name: str, source: str = "") -> Dataset:
    if path.suffix == ".npz":
        return _read_npz(path, name, source or f"NumPy archive {path}")
    if tables.is_table(path):
        # Kaggle's two files belong together; any other name stands for itself.
        return _read_csv(path, path.parent / "test.csv" if path.name == "train.csv" else path, name)
    if path.name.endswith(stroke_files.SUFFIXES):
        return _paint(stroke_files.read_handwriting(path), name, source or f"strokes in {path}")
    if path.is_dir() and (path / "train.csv").exists():
        return _read_csv(path / "train.csv", path / "test.csv", name)
    if path.is_dir():
        return Dataset(name, *formats.read_idx_folder(path), source=source or f"IDX files in {path}")
    raise InputError(
        f"{path} is not data that the lab reads; expected .npz, a folder of IDX files, train.csv, or strokes as .jsonl."
    )


def _read_csv(train: Path, test: Path, name: str) -> Dataset:
    table = tables.read(train)
    images, labels = table.images, table.labels
    if labels is None:
        raise InputError(
            f"The file {train.name} has no labels; expected a column of them, such as label,pixel0,…,pixel783, to "
            "learn from."
        )
    unlabelled = np.empty((0, SIDE, SIDE), np.uint8)
    notes = _within_a_sentence(table.notes)
    if test.exists() and test != train:
        other = tables.read(test)
        if other.labels is not None:
            source = f"CSV files {train} and {test.name}{notes}"
            return Dataset(name, images, labels, other.images, other.labels, source=source)
        unlabelled = other.images
    source = f"CSV file {train}; {ASIDE}{notes}"
    return _set_aside(name, images, labels, source, unlabelled)


def _read_npz(path: Path, name: str, source: str) -> Dataset:
    train, test = arrays.read_both(path)
    if train.labels is None:
        raise InputError(f"The file {path.name} has images without labels; expected an array of labels to learn from.")
    source += _within_a_sentence(train.notes)
    if test is None or test.labels is None:
        return _set_aside(name, train.images, train.labels, f"{source}; {ASIDE}")
    return Dataset(name, train.images, train.labels, test.images, test.labels, source=source)


def _within_a_sentence(notes: Sequence[str]) -> str:
    """Puts sentences behind what was said before."""
    return "".join(f"; {note[0].lower()}{note[1:].rstrip('.')}" for note in notes)


def _set_aside(
    name: str, images: np.ndarray, labels: np.ndarray, source: str, unlabelled: np.ndarray | None = None
) -> Dataset:
    """Parts images into those to learn from and a seventh to judge by, the same ones each time."""
    order = np.random.default_rng(0).permutation(len(images))
    aside, rest = np.split(order, [max(round(len(order) * SET_ASIDE), 1)])
    if not len(rest):
        raise InputError(f"The file {Path(name).name} holds {len(images)} images; at least two are needed.")
    nothing = np.empty((0, SIDE, SIDE), np.uint8)
    places = np.concatenate([rest, aside])
    unlabelled = nothing if unlabelled is None else unlabelled
    return Dataset(name, images[rest], labels[rest], images[aside], labels[aside], source, unlabelled, places)


def _paint(drawn: Handwriting, name: str, source: str) -> Dataset:
    train, test = drawn.split()
    if not len(train) or not len(test):
        raise InputError(f"There are only {len(drawn)} drawings; at least four are needed to train and to judge.")
    images = stroke_files.paint_all(train.strokes), stroke_files.paint_all(test.strokes)
    source += (
        f"; {count(len(test))} drawings by {count(len(np.unique(test.writers)))} writers are set aside to judge by"
    )
    return Dataset(name, images[0], train.labels, images[1], test.labels, source)


def _digits_8x8() -> Dataset:
    """Prepares scikit-learn's 1,797 small digits as MNIST was: 20-pixel box, centre of mass."""
    from sklearn.datasets import load_digits  # heavy, and needed by nobody who uses MNIST, as are those that follow

    from mnist_core.preprocessing.ink import tight_box
    from mnist_core.preprocessing.pipeline import place_by_centre_of_mass, scale_picture

    digits = load_digits()
    small = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    images = np.stack([place_by_centre_of_mass(scale_picture(tight_box(image))) for image in small])
    labels = digits.target.astype(np.int64)
    test = np.arange(len(images)) % 5 == 0
    source = "bundled with scikit-learn: 1,797 real digits of 8×8 pixels, enlarged the way MNIST was made"
    return Dataset("digits-8x8", images[~test], labels[~test], images[test], labels[test], source)
