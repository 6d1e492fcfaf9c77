"""Readers for the files of arrays as MNIST comes in them: Keras's .npz, and IDX; `kaggle` reads tables.

Files are input from outside: sizes are checked before anything is read, nothing is unpickled, and every refusal names
the file, what was found and what was expected.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_core.errors import InputError, check_disk
from mnist_core.files import npz
from mnist_core.formatting import count
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES, SIDE

MOST_BYTES = npz.MOST_BYTES
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
# Unsigned bytes along one axis or three, and whole numbers along two, in which QMNIST keeps its labels.
IDX_KINDS: dict[bytes, np.dtype[Any]] = {
    b"\0\0\x08\1": np.dtype("u1"),
    b"\0\0\x08\3": np.dtype("u1"),
    b"\0\0\x0c\2": np.dtype(">i4"),
}
IMAGES_AT_ONCE = 5000
GZIP_START = b"\x1f\x8b"

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def read_npz(path: Path) -> Arrays:
    """Reads train images and labels, test images and labels, from a NumPy archive as Keras lays MNIST out.

    As `check` returns them; raises InputError if the archive is damaged, lacks an array, or one cannot be used.
    """
    x_train, y_train, x_test, y_test = npz.read(path, NPZ_ARRAYS)
    return (
        *check(x_train, y_train, gettext("x_train and y_train in {path_name}", path_name=path.name)),
        *check(x_test, y_test, gettext("x_test and y_test in {path_name}", path_name=path.name)),
    )


def read_npz_test(path: Path, most_bytes: int = MOST_BYTES) -> tuple[np.ndarray, np.ndarray]:
    """Reads `x_test` and `y_test` alone: images uint8 `[N, 28, 28]` and labels int64 `[N]`; as `read_npz`."""
    images, labels = npz.read(path, NPZ_ARRAYS[2:], most_bytes)
    return check(images, labels, gettext("x_test and y_test in {path_name}", path_name=path.name))


def read_idx(path: Path, most_bytes: int = MOST_BYTES) -> np.ndarray:
    """Reads one IDX file (http://yann.lecun.com/exdb/mnist/), plain or gzipped.

    uint8 `[N, height, width]` for images and `[N]` for labels; of QMNIST's table of labels, int32 `[N]`, the digits.
    Raises InputError if the file is damaged, is not of this kind, or declares more than `most_bytes`.
    """
    try:
        with path.open("rb") as plain:
            # Browsers unpack some downloads and leave the name as it was.
            packed = plain.read(len(GZIP_START)) == GZIP_START
        with gzip.open(path) if packed else path.open("rb") as file:
            return _read_idx(file, path, most_bytes)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        check_disk(path.name, error)
        raise InputError(
            gettext(
                "The file {path_name} breaks off or is damaged ({error}); get it again.",
                path_name=path.name,
                error=error,
            )
        ) from error


def _read_idx(file: IO[bytes], path: Path, most_bytes: int) -> np.ndarray:
    magic = file.read(4)
    if magic[:2].strip(b"\0"):  # every kind of IDX starts with two zeros
        raise InputError(
            gettext(
                "The file {path_name} is none that the lab reads; expected a CSV, an .npz, an IDX "
                "file, or a zip of pictures.",
                path_name=path.name,
            )
        )
    if magic not in IDX_KINDS:
        raise InputError(
            gettext(
                "The file {path_name} starts with {found}; expected 00000801 or 00000803 (IDX, bytes).",
                path_name=path.name,
                found=magic.hex() or gettext("nothing"),
            )
        )
    kind = IDX_KINDS[magic]
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise InputError(gettext("The file {path_name} breaks off in its header; get it again.", path_name=path.name))
    shape = struct.unpack(f">{magic[3]}I", sizes)
    length = math.prod(shape) * kind.itemsize
    if length > most_bytes:
        raise InputError(
            gettext(
                "The file {path_name} declares {length} bytes; at most {most_bytes} are read.",
                path_name=path.name,
                length=count(length),
                most_bytes=count(most_bytes),
            )
        )
    content, found = npz.fill(file, length)
    if found != length:
        words = count(found) if found < length else "more"
        raise InputError(
            gettext(
                "The file {path_name} declares {length} bytes, but holds {words}; get it again.",
                path_name=path.name,
                length=count(length),
                words=words,
            )
        )
    values = content.view(kind).reshape(shape)
    return values if kind.itemsize == 1 else values[:, 0].astype(np.int32)


def check(images: np.ndarray, labels: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Makes uint8 `[N, 28, 28]` and int64 `[N]` of images and labels; raises InputError where they cannot be that."""
    images = check_images(images, where)
    return images, check_labels(labels, len(images), where)


def check_labels(labels: np.ndarray, number: int, where: str) -> np.ndarray:
    """Checks labels alone, one for each of so many images; as `check`."""
    if labels.shape != (number,):
        raise InputError(
            gettext(
                "The labels of {where} have the shape {shape}; expected one for each of {number} images.",
                where=where,
                shape=_shape(labels),
                number=number,
            )
        )
    return _whole_numbers(labels, CLASSES - 1, gettext("labels of {where}", where=where)).astype(np.int64)


def check_images(images: np.ndarray, where: str) -> np.ndarray:
    """Checks images alone; as `check`."""
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or not len(images):
        raise InputError(
            gettext(
                "The images of {where} have the shape {shape}; expected N×28×28 with N at least 1.",
                where=where,
                shape=_shape(images),
            )
        )
    return _whole_numbers(images, 255, gettext("pixels of {where}", where=where)).astype(np.uint8, copy=False)


def _shape(array: np.ndarray) -> str:
    return "×".join(map(str, array.shape)) or gettext("of a single number")


def _whole_numbers(values: np.ndarray, most: int, what: str) -> np.ndarray:
    if values.dtype.kind not in "biuf":
        raise InputError(
            gettext(
                "The {what} are of type {dtype}; expected whole numbers from 0 to {most}.",
                what=what,
                dtype=values.dtype,
                most=most,
            )
        )
    # Each comparison makes arrays as large as what it looks at.
    for start in range(0, len(values), IMAGES_AT_ONCE):
        _check_numbers(values[start : start + IMAGES_AT_ONCE], start, most, what)
    return values


def _check_numbers(values: np.ndarray, start: int, most: int, what: str) -> None:
    if values.dtype == np.uint8 and most == 255:
        return
    wrong = ~((values >= 0) & (values <= most))  # NaN is neither
    if values.dtype.kind == "f":
        wrong |= values != np.floor(values)
    if wrong.any():
        first = tuple(int(index) for index in np.unravel_index(int(wrong.argmax()), wrong.shape))
        found = "NaN" if values[first] != values[first] else values[first]
        index = [start + first[0], *first[1:]]
        raise InputError(
            gettext(
                "The {what} hold {found} at index {index}; expected whole numbers from 0 to {most}.",
                what=what,
                found=found,
                index=index,
                most=most,
            )
        )
