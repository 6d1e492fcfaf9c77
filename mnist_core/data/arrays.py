"""NumPy archives whose arrays are called otherwise than Keras calls MNIST's, or hold other values or sizes."""

from pathlib import Path

import numpy as np

from mnist_core.data import formats, greys
from mnist_core.data.greys import Part, side_of
from mnist_core.errors import InputError
from mnist_core.files import npz
from mnist_core.formatting import readable
from mnist_core.mnist import CLASSES

IMAGES_AT_ONCE = 5000
LARGEST_VALUE = 8  # bytes
TEST_WORDS, TRAIN_WORDS = ("test", "val"), ("train",)


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
    images, notes = greys.as_mnist(images)
    return Part(images, labels, tuple(notes))


def _better(strict: InputError, error: InputError, path: Path, names: tuple[str, ...]) -> InputError:
    """The error that tells more: Keras's names are there, or nothing can be read at all, or names are others."""
    try:
        return strict if set(names) <= set(npz.shapes(path)) else error
    except InputError:
        return strict


def read_parts(path: Path, most_bytes: int = npz.MOST_BYTES) -> dict[str, Part]:
    """Reads all images of an archive with their labels.

    Returns:
        By what they are for: `train`, `test`, or an empty text where the names do not say it.

    Raises:
        InputError: There are no images in it, or they cannot be used; it says what is in it.
    """
    shapes = npz.shapes(path)
    pairs = _pairs(shapes)
    if not pairs:
        found = readable(", ".join(f"{name} {_written(shape)}" for name, shape in shapes.items()), 120) or "none"
        raise InputError(
            f"The file {path.name} has no array of images; it has {found}, expected N×28×28 or N×784, with the "
            "labels in another array."
        )
    return {purpose: _part(path, names, most_bytes) for purpose, names in pairs.items()}


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "of one number"


def _pairs(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[str, str]]:
    """The names of images and of their labels, which may be empty, by what they are for."""
    found: dict[str, tuple[str, str]] = {}
    for name, shape in shapes.items():
        if _side(shape):
            purpose = _purpose(name)
            labels = [
                other
                for other, size in shapes.items()
                if size in ((shape[0],), (shape[0], 1), (shape[0], CLASSES)) and _purpose(other) == purpose
            ]
            found.setdefault(purpose, (name, labels[0] if labels else ""))
    return found


def _side(shape: tuple[int, ...]) -> int:
    """The side of the images in an array of this shape, 0 if it holds none."""
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        shape = tuple(size for place, size in enumerate(shape) if place != (3 if shape[3] == 1 else 1))
    if len(shape) == 2:
        return side_of(shape[1]) if shape[0] else 0
    return side_of(shape[1] * shape[2]) if len(shape) == 3 and shape[0] and shape[1] == shape[2] else 0


def _purpose(name: str) -> str:
    words = name.casefold()
    if any(word in words for word in TEST_WORDS):
        return "test"
    return "train" if any(word in words for word in TRAIN_WORDS) else ""


def _part(path: Path, names: tuple[str, str], most_bytes: int) -> Part:
    images_name, labels_name = names
    arrays = npz.read(path, tuple(name for name in names if name), most_bytes)
    side = _side(arrays[0].shape)
    values = arrays[0].reshape(-1, side, side)
    where = f"{readable(images_name, 40)} in {path.name}"
    scale = greys.scale_of(values, side, where)
    pieces = []
    for start in range(0, len(values), IMAGES_AT_ONCE):
        piece = values[start : start + IMAGES_AT_ONCE]
        if place := scale.first_outside(piece):
            raise InputError(
                f"The images of {where} hold {piece[place]} at index {[start + place[0], *place[1:]]}; expected "
                f"{scale.lowest:g} to {scale.highest:g}."
            )
        pieces.append(scale.greys(piece))
    images, notes = greys.as_mnist(np.concatenate(pieces))
    said = (f"Its images are the array '{readable(images_name, 40)}'.", *scale.notes, *notes)
    if not labels_name:
        return Part(images, None, said)
    labels, more = _labels(arrays[1], f"{readable(labels_name, 40)} in {path.name}")
    return Part(images, labels, (*said, *more))


def _labels(values: np.ndarray, where: str) -> tuple[np.ndarray, list[str]]:
    """Labels as numbers, or as ten columns of which one is 1."""
    if values.ndim == 2 and values.shape[1] == CLASSES:
        if not (np.isclose(values, 0) | np.isclose(values, 1)).all() or not (np.rint(values).sum(axis=1) == 1).all():
            raise InputError(f"The labels of {where} do not mark one of ten digits each; expected a 1 in one column.")
        return values.argmax(axis=1), []
    values = values.reshape(-1)
    if not ((values >= 0) & (values <= CLASSES) & (values == np.floor(values))).all():
        raise InputError(f"The labels of {where} are no digits; expected whole numbers from 0 to 9.")
    return greys.from_zero(values.astype(np.int64), where)
