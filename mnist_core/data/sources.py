"""Where the images come from that the lab learns from: by name or path to a dataset."""

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.data import corrections, greys, kept_uploads, readers, stroke_files, tables
from mnist_core.data.collection.drawing import NO_DIGITS
from mnist_core.data.dataset import LABELS_IN_NAMES, MNIST_IDENTITY, Dataset
from mnist_core.data.greys import Part
from mnist_core.data.readers import Wanted
from mnist_core.data.stroke_files import Handwriting
from mnist_core.environment import home
from mnist_core.errors import InputError, NotReadError
from mnist_core.files import folders
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext, ngettext
from mnist_core.mnist import NO_DIGIT, SIDE

logger = logging.getLogger(__name__)

BUILT_IN = ("mnist", "digits-8x8", "collection")
# Kaggle's test file has no labels; this share of its training file is then set aside to judge by.
SET_ASIDE = 1 / 7
ASIDE = N_("a seventh of it is set aside to judge by, because there are no other labels")


class MissingDataError(InputError):
    """The data is known, but not on this machine."""


class DamagedDataError(InputError):
    """MNIST lies on this machine, and cannot be used; `place` says where."""


class TooFewError(InputError):
    """There are too few images to set some aside: nobody can learn from them, though they can be judged by."""


class LabelsInNamesError(InputError):
    """Nothing says what pictures are, but their names could, for whoever says that they do (`LABELS_IN_NAMES`)."""


def find_mnist() -> Path | None:
    """Where MNIST is on this machine; raises InputError if `$MNIST_DATA` names something that is not there."""
    if named := os.environ.get("MNIST_DATA"):
        path = _expand(named)
        if not folders.exists(path):
            raise InputError(
                gettext("$MNIST_DATA names {named}, which does not exist; correct or unset it.", named=named)
            )
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
    return corrections.replaced(_resolved(base), correction)


def place(name: str) -> Path | None:
    """Returns where the data of a name lies, or would lie; None for MNIST that is not here."""
    if kept_uploads.is_kept(bare(name)):
        return kept_uploads.images_of(bare(name))
    return find_mnist() if corrections.parted(name)[0] == "mnist" else path_of(name)


def check_labels_in_names(name: str) -> None:
    """Raises InputError if this data can have no labels in the names of its pictures."""
    if (base := corrections.parted(name)[0]) in BUILT_IN:
        raise InputError(
            gettext(
                "The data {base} has no pictures with names; leave --labels-in-names away, or give a path.", base=base
            )
        )


def _resolved(name: str) -> str:
    if name.endswith(LABELS_IN_NAMES):
        check_labels_in_names(bare := name.removesuffix(LABELS_IN_NAMES))
        return _resolved(bare) + LABELS_IN_NAMES
    if name in BUILT_IN or kept_uploads.is_kept(name):
        return name
    path = _expand(name)
    kept = home() / "data" / path
    is_kept = not folders.exists(path) and path.name == str(path) and folders.exists(kept)
    return str((kept if is_kept else path).absolute())


def path_of(name: str) -> Path:
    """Returns where a file or folder lies that a name means, as `resolve` finds it."""
    if kept_uploads.is_kept(bare(name)):
        return kept_uploads.folder_of(bare(name))
    return Path(bare(resolve(name)))


def bare(name: str) -> str:
    """The name of data without what is said of how it is read: of its labels, and what is corrected."""
    return corrections.parted(name)[0].removesuffix(LABELS_IN_NAMES)


def located(name: str, by: Actor) -> str:
    """Returns where the data lies that somebody names: anywhere for the command line, `shared` data for a page."""
    return resolve(name) if by.is_command_line else shared(name)


def may_look_at(name: str, by: Actor) -> bool:
    """Whether somebody may see the images of data that a page may read: the class's drawings are the teacher's."""
    return by.in_charge or bare(name) != "collection"


def check_may_look_at(name: str, by: Actor) -> None:
    """Raises NotYoursError where `may_look_at` says no."""
    if not may_look_at(name, by):
        by.check_in_charge(gettext("Looking at the class's drawings"))


def shared(name: str) -> str:
    """Returns where data lies that a page may read, as `resolve` does; a path below one of `environment.data_folders`.

    What lies elsewhere is not even looked at: the InputError is the same whether it is there or not.
    """
    base, correction = corrections.parted(name)
    return corrections.replaced(_shared(base), correction)


def _shared(name: str) -> str:
    if name.endswith(LABELS_IN_NAMES):
        check_labels_in_names(bare := name.removesuffix(LABELS_IN_NAMES))
        return _shared(bare) + LABELS_IN_NAMES
    if name in BUILT_IN:
        return name
    if kept_uploads.is_kept(name):
        if not folders.is_file(kept_uploads.images_of(name)):
            raise InputError(gettext(kept_uploads.GONE))
        return name
    for folder in environment.data_folders():
        for root in dict.fromkeys((folder, Path(os.path.realpath(folder)))):
            path = Path(os.path.normpath(root / name))
            if path.is_relative_to(root) and path != root and _stays_inside(path, root):
                return str(path)
    raise InputError(
        gettext(
            "There is no data at {name} that a page can read; expected one of {built_in}, or the "
            "name of a file in the lab's data folder. Upload yours, or ask whoever runs the lab "
            "to put it there.",
            name=readable(name, 200),
            built_in=", ".join(BUILT_IN),
        )
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

    That is a file or folder of any form that `readers` knows, Kaggle's `train.csv` with the `test.csv` beside it, or
    strokes as JSON lines. With `LABELS_IN_NAMES` behind a path, the names of pictures give their labels, and behind all
    may stand what is to be corrected (`corrections`). It is read in this process, which trusts whoever may name a path;
    uploads are read in one of their own.

    Raises MissingDataError if MNIST is not on this machine, DamagedDataError if it is and cannot be used, and
    InputError if other data cannot be used.
    """
    base, correction = corrections.parted(name)
    if correction and base == "collection":
        raise InputError(
            gettext("The drawings of this lab are strokes that it prepared itself; use them without a correction.")
        )
    with greys.reading(correction.prepared == corrections.AS_IS, correction.inverted) as read:
        data = _load(base)
    data = dataclasses.replace(data, resized=True) if read.resized else data
    return data.corrected(correction)


def _load(name: str) -> Dataset:
    if name == "digits-8x8":
        return _digits_8x8()
    if name == "mnist":
        return _mnist()
    if name == "collection":
        return _collection()
    if kept_uploads.is_kept(bare(name)):
        return _uploaded(name)
    path = path_of(name)
    _check_exists(path, name)
    return _read(path, resolve(name))


def load_same(reference: dict[str, str], load: Callable[[str], Dataset] = load) -> Dataset:
    """Loads the data that a run remembers (`Dataset.reference`), by a loader that may keep what it has read.

    Raises InputError as `load` does, or if it is not the same data any more.
    """
    dataset = load(str(reference["name"]))
    if dataset.identity != reference["identity"]:
        raise InputError(
            gettext(
                "The data at {reference} has changed since this run was set up; start a new run on it.",
                reference=reference["name"],
            )
        )
    return dataset


def load_handwriting(name: str, signs: bool = False) -> Handwriting | None:
    """Loads data that consists of strokes, with its signs if wanted; None for data that consists of pictures."""
    if name == "collection":
        return collected(signs)
    if not name.endswith(stroke_files.SUFFIXES):
        return None
    path = Path(resolve(name))
    _check_exists(path, name)
    return stroke_files.read_handwriting(path, signs)


def load_source(name: str) -> Handwriting | Dataset:
    """Loads a second source to learn from: strokes as they were drawn, signs among them, or a dataset of pictures."""
    drawn = load_handwriting(name, signs=True)
    return load(name) if drawn is None else drawn


def collected(signs: bool = False) -> Handwriting:
    """Returns the drawings that people labelled in this lab, with what is no digit if wanted.

    Raises InputError if there are none.
    """
    from mnist_core.data.collection.store import Collection  # SQLAlchemy: 12 MB that few need

    return Collection().handwriting(signs)


def _collection() -> Dataset:
    drawn = collected(signs=True)
    is_digit = drawn.labels != NO_DIGIT
    if not is_digit.any():
        raise InputError(gettext(NO_DIGITS))
    source = gettext("drawings that people labelled in this lab")
    if left_out := int((~is_digit).sum()):
        source += ngettext(
            "; {number} drawing of no digit is left out: beside other data they teach a network to doubt",
            "; {number} drawings of no digit are left out: beside other data they teach a network to doubt",
            left_out,
            number=count(left_out),
        )
    return _paint(drawn.chosen(is_digit), "collection", source)


def _check_exists(path: Path, name: str) -> None:
    if not folders.exists(path):
        raise InputError(
            gettext(
                "There is no data at {name}; expected one of {built_in}, or the path of {kinds}.",
                name=name,
                built_in=", ".join(BUILT_IN),
                kinds=readers.KINDS,
            )
        )


def _mnist() -> Dataset:
    path = find_mnist()
    if path is None:
        raise MissingDataError(
            gettext(
                "MNIST is not on this machine. Download it (11 MB) with 'python -m mnist_core data "
                "mnist' or on the Explore or Train page, name a file in $MNIST_DATA, or use "
                "digits-8x8, which needs no network."
            )
        )
    try:
        dataset = _read(
            path,
            "mnist",
            gettext("found where $MNIST_DATA says") if is_named() else _place_of_mnist(path),
        )
    except NotReadError as error:
        raise _damaged(path, str(error).rstrip(".")) from error
    except InputError as error:
        raise _damaged(path, str(error).rpartition(";")[0] or str(error)) from error
    if dataset.is_mnist:
        return dataset
    found = gettext(
        "its pixels have the SHA-256 {identity}…, expected {mnist_identity}…",
        identity=dataset.identity[:12],
        mnist_identity=MNIST_IDENTITY[:12],
    )
    if is_named():
        raise DamagedDataError(
            gettext(
                "What $MNIST_DATA names does not hold MNIST: {found}; give its path as data to use it all the same.",
                found=found,
            )
        ).at(path)
    raise _damaged(path, found)


def is_named() -> bool:
    """Whether `$MNIST_DATA` says where MNIST lies: a download would not be looked at."""
    return bool(os.environ.get("MNIST_DATA"))


def _place_of_mnist(path: Path) -> str:
    """Says where MNIST lies; a class need not see the paths of its server."""
    if is_named():
        return gettext("where $MNIST_DATA says")
    return gettext("in the lab's home folder") if path == mnist_path() else gettext("in Keras's own cache")


def _damaged(path: Path, reason: str) -> DamagedDataError:
    if is_named():
        advice = gettext("put a sound file there, or unset $MNIST_DATA")
    else:
        advice = gettext(
            "download it again (11 MB) on the Explore or Train page, or delete it and use 'python "
            "-m mnist_core data mnist'"
        )
    return DamagedDataError(
        gettext(
            "MNIST lies {place_of_mnist}, but is damaged ({reason}); {advice}.",
            place_of_mnist=_place_of_mnist(path),
            reason=reason,
            advice=advice,
        )
    ).at(path)


def _read(path: Path, name: str, source: str = "") -> Dataset:
    if path.name.endswith(stroke_files.SUFFIXES):
        return _paint(stroke_files.read_handwriting(path), name, source or gettext("strokes in {path}", path=path))
    if folders.is_folder(path) and folders.exists(path / "train.csv") and tables.has_pixels(path / "train.csv"):
        path = path / "train.csv"
    if path.name == "train.csv":  # Kaggle's two files belong together; any other name stands for itself
        return _read_kaggle(path, path.parent / "test.csv", name)
    parts = readers.read(path, Wanted())
    if name.endswith(LABELS_IN_NAMES):
        parts = {purpose: _labelled_by_names(part, path) for purpose, part in parts.items()}
    return _dataset_of(parts, path, name, source or f"{_form_of(path)} {path}")


def _uploaded(name: str) -> Dataset:
    given = kept_uploads.read(bare(name))
    return of_upload(given, name)


def of_upload(given: kept_uploads.Given, name: str = "") -> Dataset:
    """Makes a dataset of an upload, under its name; raises InputError where nothing can learn from it, as `load`."""
    parts, file = given.as_asked(), Path(given.title)
    if name.endswith(LABELS_IN_NAMES):
        parts = {purpose: _labelled_by_names(part, file) for purpose, part in parts.items()}
    return dataclasses.replace(
        _dataset_of(parts, file, name, gettext("a file that somebody uploaded")), called=given.title
    )


def _labelled_by_names(part: Part, path: Path) -> Part:
    if part.labels is None and part.in_names is None:
        raise InputError(
            gettext(
                "The names of the pictures in {path_name} hold no labels, as in 7_0012.png; rename them.",
                path_name=path.name,
            )
        )
    return part if part.in_names is None else dataclasses.replace(part, labels=part.in_names, in_names=None)


def _form_of(path: Path) -> str:
    """What data lies at a path, before its name."""
    form = readers.form_of(path.name)
    if path.is_dir() or form is None:
        return gettext("files in") if path.is_dir() else gettext(readers.IDX.name)
    return gettext(form.name)


def _read_kaggle(train: Path, test: Path, name: str) -> Dataset:
    parts = {"train": readers.read(train, Wanted())[""]}
    if folders.exists(test):
        parts["test"] = readers.read(test, Wanted())[""]
    both = "test" in parts and parts["test"].labels is not None
    source = (
        gettext("CSV files {train} and {test}", train=train, test=test.name)
        if both
        else gettext("CSV file {train}", train=train)
    )
    return _dataset_of(parts, train, name, source)


def _dataset_of(parts: readers.Parts, path: Path, name: str, source: str) -> Dataset:
    """Parts to learn from and to judge by; where nothing judges, some is set aside.

    Raises InputError where nothing has labels.
    """
    test = parts.get("test")
    train = parts.get("train") or parts.get("") or parts["test"]
    if train is test or test is None or test.labels is None:
        unlabelled = None if train is test or test is None else test.images
        test = None
    if train.labels is None:
        raise _unlabelled(train, path)
    source += _within_a_sentence(train.notes)
    if train.left_out:
        source += ngettext(
            "; {number} file left out, such as {name}",
            "; {number} files left out, such as {name}",
            len(train.left_out),
            number=count(len(train.left_out)),
            name=train.left_out[0][0],
        )
    if test is None or test.labels is None:
        return _set_aside(name, path, train.images, train.labels, f"{source}; {gettext(ASIDE)}", unlabelled)
    return Dataset(name, train.images, train.labels, test.images, test.labels, source=source)


def _unlabelled(part: Part, path: Path) -> InputError:
    what = (
        gettext("The folder {name} has no labels", name=path.name)
        if path.is_dir()
        else gettext("The file {name} has no labels", name=path.name)
    )
    if part.in_names is not None:
        return LabelsInNamesError(
            gettext(
                "{what}; expected folders named 0 to 9 or a table of file and digit. The names of its "
                "pictures could hold them ({name} is a {digit}); if they do, say so where a page "
                "asks, or with {labels_in_names} behind the name of the data, on the command line "
                "also with --labels-in-names.",
                what=what,
                name=part.names[0],
                digit=part.in_names[0],
                labels_in_names=LABELS_IN_NAMES,
            )
        )
    if part.names:
        return InputError(
            gettext(
                "{what}; expected pictures in folders named 0 to 9, or a table of file and digit beside them.",
                what=what,
            )
        )
    expected = (
        gettext("a column of them, such as label,pixel0,…,pixel783,")
        if tables.is_table(path)
        else gettext("an array or a file of them")
    )
    return InputError(
        gettext(
            "{what}; expected {expected} to learn from.",
            what=what,
            expected=expected,
        )
    )


def _within_a_sentence(notes: Sequence[str]) -> str:
    """Puts sentences behind what was said before."""
    return "".join(f"; {note[0].lower()}{note[1:].rstrip('.')}" for note in notes)


def _set_aside(
    name: str, path: Path, images: np.ndarray, labels: np.ndarray, source: str, unlabelled: np.ndarray | None = None
) -> Dataset:
    """Parts images into those to learn from and a seventh to judge by, the same ones each time."""
    order = np.random.default_rng(0).permutation(len(images))
    aside, rest = np.split(order, [max(round(len(order) * SET_ASIDE), 1)])
    if not len(rest):
        raise TooFewError(
            gettext(
                "The file {path_name} holds {images}; at least two are needed.",
                path_name=path.name,
                images=ngettext("{number} image", "{number} images", len(images), number=count(len(images))),
            )
        )
    nothing = np.empty((0, SIDE, SIDE), np.uint8)
    places = np.concatenate([rest, aside])
    unlabelled = nothing if unlabelled is None else unlabelled
    return Dataset(name, images[rest], labels[rest], images[aside], labels[aside], source, unlabelled, places)


def _paint(drawn: Handwriting, name: str, source: str) -> Dataset:
    train, test = drawn.split()
    if not len(train) or not len(test):
        raise InputError(
            gettext(
                "There are only {drawn} drawings; at least four are needed to train and to judge.", drawn=len(drawn)
            )
        )
    images = stroke_files.paint_all(train.strokes), stroke_files.paint_all(test.strokes)
    source += gettext(
        "; {drawings} drawings by {writers} writers are set aside to judge by",
        drawings=count(len(test)),
        writers=count(len(np.unique(test.writers))),
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
    source = gettext("bundled with scikit-learn: 1,797 real digits of 8×8 pixels, enlarged the way MNIST was made")
    return Dataset("digits-8x8", images[~test], labels[~test], images[test], labels[test], source)
