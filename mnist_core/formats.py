"""Readers for the files that digits come in.

Files are input from outside: sizes are checked before anything is read, nothing is unpickled, and every refusal names
the file, what was found and what was expected.
"""

import gzip
import lzma
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mnist_core.errors import InputError
from mnist_core.layers import CLASSES
from mnist_core.phrases import count

if TYPE_CHECKING:
    import pandas as pd

PIXELS = 28 * 28
MOST_BYTES = 1_000_000_000
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CSV_ROWS_AT_ONCE = 4000

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# What a damaged or made-up archive raises: from the container, its compression, or a header that makes no array.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
)


def read_npz(path: Path) -> Arrays:
    """Reads `x_train`, `y_train`, `x_test`, `y_test` from a NumPy archive as Keras lays MNIST out.

    Returns:
        Train images, train labels, test images, test labels: uint8 `[N, 28, 28]` and int64 `[N]`.

    Raises:
        InputError: The archive is damaged, lacks an array, or an array cannot be used.
    """
    x_train, y_train, x_test, y_test = read_arrays(path, NPZ_ARRAYS)
    return (
        *check(x_train, y_train, f"x_train and y_train in {path.name}"),
        *check(x_test, y_test, f"x_test and y_test in {path.name}"),
    )


def read_arrays(path: Path, names: tuple[str, ...], most_bytes: int = MOST_BYTES) -> list[np.ndarray]:
    """Reads named arrays from a NumPy archive, none of them larger than `most_bytes`.

    Raises:
        InputError: The archive is missing or damaged, lacks an array, or declares a larger one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {Path(info.filename).stem: info for info in archive.infolist()}
            missing = [name for name in names if name not in members]
            if missing:
                raise InputError(
                    f"{path.name} lacks the array {missing[0]}; it has {', '.join(sorted(members)) or 'none'}, "
                    f"expected {', '.join(names)}."
                )
            return [_read_npy(archive, members[name], path, most_bytes) for name in names]
    except _DAMAGE as error:
        raise InputError(f"{path.name} is no whole .npz archive ({error}); get it again.") from None


def _read_npy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, most_bytes: int) -> np.ndarray:
    """Reads one array after comparing what its header declares with the bytes that are there."""
    where = f"array {Path(info.filename).stem} in {path.name}"
    with archive.open(info) as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
                version
            ]
            shape, fortran, dtype = read_header(file)
        except (ValueError, KeyError, SyntaxError, TypeError, RecursionError):
            raise InputError(f"The header of the {where} is damaged; expected a NumPy array, save it again.") from None
        if dtype.hasobject:
            raise InputError(f"The {where} holds Python objects, which are never read; expected numbers 0 to 255.")
        length = math.prod(shape) * dtype.itemsize
        if length > most_bytes:
            raise InputError(f"The {where} declares {count(length)} bytes; at most {count(most_bytes)} are read.")
        content = file.read(length + 1)
    if len(content) != length:
        raise InputError(
            f"The {where} declares {count(length)} bytes but holds {count(len(content))} or more; get it again."
        )
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def read_idx_folder(folder: Path) -> Arrays:
    """Reads the four IDX files of MNIST, plain or gzipped, from a folder; returns what `read_npz` does."""
    paths = [_find_idx(folder, name) for name in IDX_FILES]
    x_train, y_train, x_test, y_test = (read_idx(path) for path in paths)
    return *check(x_train, y_train, paths[0].name), *check(x_test, y_test, paths[2].name)


def _find_idx(folder: Path, name: str) -> Path:
    spellings = [name, name.replace("-idx", ".idx")]
    candidates = [folder / f"{spelling}{end}" for spelling in spellings for end in ("", ".gz")]
    for path in candidates:
        if path.is_file():
            return path
    raise InputError(
        f"{folder} lacks {name} (or {name}.gz); a data folder needs the four IDX files of MNIST or Kaggle's train.csv."
    )


def read_idx(path: Path) -> np.ndarray:
    """Reads one IDX file of unsigned bytes (format: http://yann.lecun.com/exdb/mnist/); gzip by its name."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _read_idx(file, path)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} breaks off or is damaged ({error}); get it again.") from None


def _read_idx(file: IO[bytes], path: Path) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:3] != b"\0\0\x08" or magic[3] not in (1, 3):
        raise InputError(
            f"{path.name} starts with {magic.hex() or 'nothing'}; expected 00000801 or 00000803 (IDX, bytes)."
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise InputError(f"{path.name} breaks off in its header; get it again.")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    length = math.prod(shape)
    if length > MOST_BYTES:
        raise InputError(f"{path.name} declares {count(length)} bytes; at most {count(MOST_BYTES)} are read.")
    content = file.read(length + 1)
    if len(content) != length:
        found = f"{count(len(content))}" if len(content) < length else "more"
        raise InputError(f"{path.name} declares {count(length)} bytes, but holds {found}; get it again.")
    return np.frombuffer(content, np.uint8).reshape(shape)


def check(images: np.ndarray, labels: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Checks images and labels that belong together.

    Returns:
        uint8 `[N, 28, 28]` and int64 `[N]`.

    Raises:
        InputError: Shape, type, range or number is wrong.
    """
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.shape[1:] != (28, 28) or not len(images):
        raise InputError(f"The images of {where} have the shape {_shape(images)}; expected N×28×28 with N at least 1.")
    if labels.shape != (len(images),):
        raise InputError(
            f"The labels of {where} have the shape {_shape(labels)}; expected one for each of {len(images)} images."
        )
    images = _whole_numbers(images, 255, f"pixels of {where}").astype(np.uint8, copy=False)
    return images, _whole_numbers(labels, CLASSES - 1, f"labels of {where}").astype(np.int64)


def _shape(array: np.ndarray) -> str:
    return "×".join(map(str, array.shape)) or "of a single number"


def _whole_numbers(values: np.ndarray, most: int, what: str) -> np.ndarray:
    if values.dtype.kind not in "biuf":
        raise InputError(f"The {what} are of type {values.dtype}; expected whole numbers from 0 to {most}.")
    if values.dtype.kind == "f" and np.isnan(values).any():
        where = _first(np.isnan(values))
        raise InputError(f"The {what} hold NaN at index {where}; expected whole numbers from 0 to {most}.")
    if values.dtype != np.uint8 or most < 255:
        wrong = (values < 0) | (values > most)
        if values.dtype.kind == "f":
            wrong |= values != np.floor(values)
        if wrong.any():
            index = _first(wrong)
            found = values[tuple(index)]
            raise InputError(f"The {what} hold {found} at index {index}; expected whole numbers from 0 to {most}.")
    return values


def _first(mask: np.ndarray) -> list[int]:
    return [int(index) for index in np.unravel_index(int(mask.argmax()), mask.shape)]


def read_csv(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads a CSV file as Kaggle's Digit Recognizer has it: a header `label,pixel0,…,pixel783`, `label` being optional.

    Returns:
        uint8 `[N, 28, 28]`, and int64 `[N]` or None where there is no `label`.

    Raises:
        InputError: Wrong columns, text or a gap in a cell, a value outside its range; names line and column.
    """
    import pandas as pd  # takes a moment to load

    images, labels = [], []
    line, gap = 2, 0
    try:
        with pd.read_csv(
            path, chunksize=CSV_ROWS_AT_ONCE, low_memory=False, encoding="utf-8-sig", skip_blank_lines=False
        ) as reader:
            for table in reader:
                has_labels = _check_columns(list(table.columns), path)
                if not table.index.equals(pd.RangeIndex(line - 2, line - 2 + len(table))):
                    # pandas takes the first cell of a row that has one too many for the row's name.
                    raise InputError(
                        f"{path.name}, line {line} has more cells than there are columns; expected {_EXPECTED}."
                    )
                rows = len(table)
                table, gap = _before_empty_end(table, path, line, gap)
                values = _cells(table, path, line)
                if has_labels:
                    labels.append(values[:, 0].astype(np.int64))
                images.append(values[:, -PIXELS:].astype(np.uint8).reshape(-1, 28, 28))
                line += rows
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path.name} cannot be read as a table ({str(error).strip()}); expected {_EXPECTED}."
        ) from None
    if not sum(map(len, images)):
        raise InputError(f"{path.name} has a header but no rows; expected one row an image.")
    return np.concatenate(images), np.concatenate(labels) if labels else None


_EXPECTED = "the columns label,pixel0,…,pixel783 (label may be missing)"


_CSV_OPTIONS: dict[str, Any] = {
    "chunksize": CSV_ROWS_AT_ONCE,
    "low_memory": False,
    "encoding": "utf-8-sig",
    "skip_blank_lines": False,  # or the lines that the sentences name would be wrong
}


def _before_empty_end(table: "pd.DataFrame", path: Path, line: int, gap: int) -> tuple["pd.DataFrame", int]:
    """Returns the rows before an empty end of the file, and the line where that begins (0 where there is none).

    Raises:
        InputError: A line is empty, and others follow.
    """
    empty = table.isna().all(axis=1).to_numpy()
    first = int(empty.argmax()) if empty.any() else len(empty)
    if (gap and not empty.all()) or not empty[first:].all():
        raise InputError(f"{path.name}, line {gap or line + first} is empty; fill or delete it.")
    return table[:first], gap or (line + first if first < len(empty) else 0)


def _check_columns(columns: list[str], path: Path) -> bool:
    """Returns whether the first column holds labels."""
    pixels = [f"pixel{number}" for number in range(PIXELS)]
    if columns in (pixels, ["label", *pixels]):
        return columns[0] == "label"
    wanted = ["label", *pixels] if columns[0] == "label" else pixels
    differing = (i for i, (a, b) in enumerate(zip(columns, wanted, strict=False)) if a != b)
    place = next(differing, min(len(columns), len(wanted)))
    found = f"'{columns[place][:40]}'" if place < len(columns) else "nothing"
    raise InputError(
        f"{path.name} has {len(columns)} columns, and column {place + 1} is {found}; expected {_EXPECTED}."
    )


def _cells(table: "pd.DataFrame", path: Path, first_line: int) -> np.ndarray:
    """Returns the cells as numbers, or says which one is wrong."""
    import pandas as pd

    values = table.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    most = np.where(np.array(table.columns) == "label", CLASSES - 1, 255)
    good = (values >= 0) & (values <= most) & (values == np.floor(values))
    if good.all():
        return values
    row, column = _first(~good)
    cell = table.iat[row, column]
    found = "is empty" if table.isna().iat[row, column] else f"holds '{str(cell)[:40]}'"
    raise InputError(
        f"{path.name}, line {first_line + row}, column {table.columns[column]} {found}; "
        f"expected a whole number from 0 to {most[column]}."
    )
