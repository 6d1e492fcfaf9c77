"""Arrays by their names, as .npz, .mat and HDF5 files hold them: which are images, which are their labels.

They may be called otherwise than Keras calls MNIST's, and hold other values, sizes or orders.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.data import formats, greys
from mnist_core.data.greys import Part, Turned, side_of
from mnist_core.errors import InputError
from mnist_core.files import npz
from mnist_core.formatting import readable
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES

IMAGES_AT_ONCE = 5000
LARGEST_VALUE = 8  # bytes
TEST, TRAIN = re.compile(r"(?<!la)(?<!con)test|t10k|val(?!u)"), re.compile("train")
VALIDATION = re.compile(r"val(?!u)")
# What stands in the name of images, and in that of their labels.
NAMES = (
    *(("images", "labels"), ("image", "label"), ("data", "labels"), ("data", "target")),
    *(("x", "y"), ("X", "y"), ("X", "Y")),
)
# So many different ones must there be where a column that nothing calls labels is taken for them.
FEWEST_DIGITS = 3
LABEL_NAMES = {"y", "label", "labels", "target", "targets", "class", "classes", "digit", "digits", "category"}

Shapes = Mapping[str, tuple[int, ...]]
# Hands out arrays by their names.
Read = Callable[[Sequence[str]], list[np.ndarray]]


def read_test(path: Path, most_bytes: int = npz.MOST_BYTES) -> Part:
    """Reads the images of an archive to judge by: those for tests, or what there is.

    Where they are called as Keras has them, what is wrong with them is said as of such an archive.
    """
    try:
        return _as_mnist(*formats.read_npz_test(path, most_bytes))
    except InputError as strict:
        try:
            parts = read_parts(path, LARGEST_VALUE * most_bytes)
        except InputError as error:
            raise _better(strict, error, path, formats.NPZ_ARRAYS[2:]) from None
    return parts.get("test") or parts.get("") or parts["train"]


def read_both(path: Path) -> tuple[Part, Part | None]:
    """Reads the images of an archive to learn from, and those to judge by, None where there are no others."""
    try:
        x_train, y_train, x_test, y_test = formats.read_npz(path)
    except InputError as strict:
        try:
            parts = read_parts(path)
        except InputError as error:
            raise _better(strict, error, path, formats.NPZ_ARRAYS) from None
        train = parts.get("train") or parts.get("") or parts["test"]
        test = parts.get("test")
        return train, test if test is not train else None
    return _as_mnist(x_train, y_train), _as_mnist(x_test, y_test)


def _as_mnist(images: np.ndarray, labels: np.ndarray) -> Part:
    images, notes = greys.as_mnist(images, declared=True)
    return Part(images, labels, tuple(notes))


def _better(strict: InputError, error: InputError, path: Path, names: tuple[str, ...]) -> InputError:
    """The error that tells more: Keras's names are there, or nothing can be read at all, or names are others."""
    try:
        return strict if set(names) <= set(npz.shapes(path)) else error
    except InputError:
        return strict


def read_parts(path: Path, most_bytes: int = npz.MOST_BYTES) -> dict[str, Part]:
    """Reads all images of an archive with their labels, as `parts_of` returns them."""
    return parts_of(npz.shapes(path), lambda names: npz.read(path, tuple(names), most_bytes), path.name)


def parts_of(shapes: Shapes, read: Read, title: str, turned: Turned = "never") -> dict[str, Part]:
    """Reads all images among named arrays with their labels.

    Args:
        shapes: The shape of each array that holds numbers.
        read: Hands out some of them; none other is looked at.
        title: What sentences call the file.
        turned: Whether rows and columns may have to be exchanged.

    Returns:
        By what they are for: `train`, `test`, or an empty text where the names do not say it.

    Raises:
        InputError: There are no images among them, or they cannot be used; it says what there is.
    """
    pairs = _pairs(shapes)
    if not pairs:
        found = readable(", ".join(f"{name} {_written(shape)}" for name, shape in shapes.items()), 120) or gettext(
            "none"
        )
        raise InputError(
            gettext(
                "The file {title} has no array of images; it has {found}, expected N×28×28 or N×784, "
                "with the labels in another array.",
                title=title,
                found=found or gettext("none"),
            )
        )
    return {purpose: _part(pair, read, title, turned) for purpose, pair in pairs.items()}


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or gettext("of one number")


@dataclass(frozen=True)
class _Layout:
    """How images lie in an array."""

    number: int
    side: int
    last: bool  # whether the last axis counts the images, as in MATLAB, and not the first one


@dataclass(frozen=True)
class _Pair:
    """An array of images and that of their labels, by name."""

    images: str
    layout: _Layout
    labels: str  # empty where none is called so
    guesses: tuple[str, ...]  # those that may be labels by their size alone

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The higher, the rather these are what is meant: with labels, and for tests before for validation."""
        return bool(self.labels), bool(self.guesses), not _is_validation(self.images)


def _pairs(shapes: Shapes) -> dict[str, _Pair]:
    """Images with their labels by what they are for; of several, those of the highest rank, else the first."""
    found: dict[str, list[_Pair]] = {}
    for name, shape in shapes.items():
        purpose = purpose_of(name), _is_validation(name)
        others = {
            other: size
            for other, size in shapes.items()
            if other != name and (purpose_of(other), _is_validation(other)) == purpose
        }
        pairs = [_Pair(name, layout, *_labels_for(name, layout.number, others)) for layout in _layouts(shape)]
        if pairs:
            found.setdefault(purpose[0], []).append(max(pairs, key=lambda pair: pair.rank))
    return {purpose: max(pairs, key=lambda pair: pair.rank) for purpose, pairs in found.items()}


def _layouts(shape: tuple[int, ...]) -> list[_Layout]:
    """In which ways an array of this shape may hold images: none, one or two."""
    if math.prod(shape) == 0:
        return []
    first = _side(shape[1:])
    last = _side(shape[:-1])
    return [
        *([_Layout(shape[0], first, False)] if first else []),
        *([_Layout(shape[-1], last, True)] if last and len(shape) > 1 else []),
    ]


def _side(shape: tuple[int, ...]) -> int:
    """The side of an image of this shape, 0 if it is none; a channel may stand first or last."""
    if len(shape) == 1:
        return side_of(shape[0])
    if len(shape) == 3:
        shape = shape[1:] if shape[0] == 1 else shape[:2] if shape[2] == 1 else ()
    return side_of(shape[0] * shape[1]) if len(shape) == 2 and shape[0] == shape[1] else 0


def _labels_for(images: str, number: int, shapes: Shapes) -> tuple[str, tuple[str, ...]]:
    """The name of an array that is called the labels of so many images, and the names of others that may be some."""
    sizes = ((number,), (number, 1), (1, number), (number, CLASSES), (CLASSES, number))
    found = [name for name, shape in shapes.items() if shape in sizes]
    named = [name for name in label_names(images) if name in found]
    usual = [name for name in found if not LABEL_NAMES.isdisjoint(re.split(r"[/._ -]", name.casefold()))]
    return next(iter([*named, *usual]), ""), tuple(found)


def label_names(images: str) -> list[str]:
    """How the labels of images with this name may be called, the likeliest first."""
    parted = [(images.rpartition(word), other) for word, other in NAMES]
    return [f"{head}{other}{tail}" for (head, word, tail), other in parted if word]


def are_digits(values: np.ndarray) -> bool:
    """Whether numbers that nothing calls labels may be some: digits, or 1 to 10, of which there are several."""
    if values.ndim == 2 and min(values.shape) > 1:  # one-hot
        marks = ((values == 0) | (values == 1)).all()
        return bool(marks and any((values.sum(axis=axis) == 1).all() for axis in (0, 1)))
    whole = (values >= 0) & (values <= CLASSES) & (values == np.floor(values))
    return bool(whole.all()) and not {0, CLASSES} <= set(found := np.unique(values)) and len(found) >= FEWEST_DIGITS


def guessed(name: str) -> str:
    """Says what `are_digits` has found."""
    return gettext("The numbers '{name}' are taken for the labels.", name=readable(name, 40))


def _is_validation(name: str) -> bool:
    return VALIDATION.search(name.casefold()) is not None


def purpose_of(name: str) -> str:
    """What images are for by the name of an array, a file or a folder: `test`, `train`, or an empty text."""
    words = name.casefold()
    return "test" if TEST.search(words) else "train" if TRAIN.search(words) else ""


def _part(pair: _Pair, read: Read, title: str, turned: Turned) -> Part:
    values, *known = read([name for name in (pair.images, pair.labels) if name])
    side = pair.layout.side
    if pair.layout.last:
        values = np.moveaxis(values, -1, 0)
    values = values.reshape(-1, side, side)
    where = gettext("{images} in {title}", images=readable(pair.images, 40), title=title)
    scale = greys.scale_of(values, side, where)
    pieces = []
    for start in range(0, len(values), IMAGES_AT_ONCE):
        piece = values[start : start + IMAGES_AT_ONCE]
        if place := scale.first_outside(piece):
            raise InputError(
                gettext(
                    "The images of {where} hold {found} at index {index}; expected {lowest:g} to {highest:g}.",
                    where=where,
                    found=piece[place],
                    index=[start + place[0], *place[1:]],
                    lowest=scale.lowest,
                    highest=scale.highest,
                )
            )
        pieces.append(scale.greys(piece))
    images, notes = greys.as_mnist(np.concatenate(pieces), turned=turned)
    said = (gettext("Its images are the array '{images}'.", images=readable(pair.images, 40)), *scale.notes, *notes)
    name = pair.labels
    if not name:
        name = next((guess for guess in pair.guesses if are_digits(read([guess])[0])), "")
        if not name:
            return Part(images, None, said)
        known, said = read([name]), (*said, guessed(name))
    labels = known[0].T if known[0].shape == (CLASSES, len(images)) != (CLASSES, CLASSES) else known[0]
    labels, more = _labels(labels, gettext("{name} in {title}", name=readable(name, 40), title=title))
    return Part(images, labels, (*said, *more))


def _labels(values: np.ndarray, where: str) -> tuple[np.ndarray, list[str]]:
    """Labels as numbers, or as ten columns of which one is 1."""
    if values.ndim == 2 and values.shape[1] == CLASSES:
        if not (np.isclose(values, 0) | np.isclose(values, 1)).all() or not (np.rint(values).sum(axis=1) == 1).all():
            raise InputError(
                gettext(
                    "The labels of {where} do not mark one of ten digits each; expected a 1 in one column.", where=where
                )
            )
        return values.argmax(axis=1), []
    values = values.reshape(-1)
    if not ((values >= 0) & (values <= CLASSES) & (values == np.floor(values))).all():
        raise InputError(
            gettext("The labels of {where} are no digits; expected whole numbers from 0 to 9.", where=where)
        )
    return greys.from_zero(values.astype(np.int64), where)
