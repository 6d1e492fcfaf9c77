"""Parquet files of digits: a column of pictures as Hugging Face stores them, a column of pixels, or one a pixel."""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mnist_core.data import arrays, greys, tables
from mnist_core.data.damage import explained
from mnist_core.data.greys import Part
from mnist_core.errors import InputError
from mnist_core.files import npz
from mnist_core.formatting import count, readable, size
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

T = TypeVar("T")

SUFFIXES = (".parquet", ".pq")
ROWS_AT_ONCE, CELLS_AT_ONCE = 1000, 4000  # the second of a column a pixel
MOST_COLUMNS = greys.LARGEST_SIDE**2 + CLASSES + 2
MOST_ROWS = 1_000_000
EXPECTED = N_("a column of pictures or pixels and one of labels, or a column a pixel")


def read(path: Path, most_images: float = math.inf, most_bytes: int = npz.MOST_BYTES) -> Part:
    """Reads the rows of a file as images; raises InputError if it is damaged, or holds none."""
    with contextlib.ExitStack() as stack:
        with _explained(path):
            from pyarrow import parquet  # a fifth of a second, for those who read such files

            file = stack.enter_context(parquet.ParquetFile(path, memory_map=False, pre_buffer=False))
            _check_size(file, path, most_images, most_bytes)
            schema = file.schema_arrow
        return _read(file, schema, path)


def _explained(path: Path) -> contextlib.AbstractContextManager[None]:
    return explained(path, gettext("Parquet file"), gettext("get it again"))


def _check_size(file: "parquet.ParquetFile", path: Path, most_images: float, most_bytes: int) -> None:
    about = file.metadata
    most = int(min(most_images, MOST_ROWS))
    if about.num_rows > most:
        raise InputError(
            gettext(
                "The file {path_name} has {num_rows} rows; at most {most} are read.",
                path_name=path.name,
                num_rows=count(about.num_rows),
                most=count(most),
            )
        )
    if about.num_columns > MOST_COLUMNS:
        raise InputError(
            gettext(
                "The file {path_name} has {num_columns} columns; expected {expected}.",
                path_name=path.name,
                num_columns=count(about.num_columns),
                expected=EXPECTED,
            )
        )
    groups = [about.row_group(place) for place in range(about.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked > 8 * most_bytes or any(group.total_byte_size < 0 for group in groups):
        raise InputError(
            gettext(
                "The file {path_name} unpacks to {unpacked}; at most {most_bytes} are read.",
                path_name=path.name,
                unpacked=size(unpacked),
                most_bytes=size(8 * most_bytes),
            )
        )
    if not about.num_rows:
        raise InputError(
            gettext("The file {path_name} holds no rows; expected {expected}.", path_name=path.name, expected=EXPECTED)
        )


def _read(file: "parquet.ParquetFile", schema: "pa.Schema", path: Path) -> Part:
    import pyarrow as pa

    pictures = [field.name for field in schema if _holds_pictures(field.type)]
    pixels = [field.name for field in schema if _is_list(field.type)]
    labels = [field.name for field in schema if field.name.casefold() in arrays.LABEL_NAMES]
    plain = [field.name for field in schema if pa.types.is_integer(field.type)]
    if pictures or pixels:
        guess = None if labels else next((name for name in plain if _may_be_labels(file, path, name)), None)
        label = labels[0] if labels else guess
        read = _of_pictures if pictures else _of_pixels
        part = read(file, path, (pictures or pixels)[0], label)
        return dataclasses.replace(part, notes=(*part.notes, arrays.guessed(guess))) if guess else part
    names = tuple(schema.names)
    return tables.part_of(_cells(file, path), tables.Spelling("", "", names, len(names), 0), path)


def _may_be_labels(file: "parquet.ParquetFile", path: Path, column: str) -> bool:
    """Whether a column of whole numbers holds digits, by each of its values."""
    with _explained(path):
        values = file.read(columns=[column], use_threads=False).column(0)
        return not values.null_count and arrays.are_digits(values.to_numpy())


def _holds_pictures(kind: "pa.DataType") -> bool:
    """Whether a column holds files of pictures: bytes, or Hugging Face's `{bytes, path}`."""
    import pyarrow as pa

    is_struct = pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    return is_struct or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_list(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _converted(
    file: "parquet.ParquetFile",
    path: Path,
    columns: list[str] | None,
    convert: Callable[["pa.RecordBatch"], T],
    rows: int = ROWS_AT_ONCE,
) -> Iterator[T]:
    """Yields what becomes of some rows at a time; what Arrow raises over them is explained, and nothing else is."""
    with _explained(path):
        for batch in file.iter_batches(rows, columns=columns, use_threads=False):
            yield convert(batch)


def _cells(file: "parquet.ParquetFile", path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the row where some begin, and their cells, float64 `[rows, columns]`, NaN where one is no number."""
    row = 1
    for cells in _converted(file, path, None, lambda batch: tables.cells_of(batch.to_pandas()), CELLS_AT_ONCE):
        yield row, cells
        row += len(cells)


def _both(
    file: "parquet.ParquetFile", path: Path, column: str, label: str | None
) -> Iterator[tuple["pa.Array", list[Any]]]:
    """Yields a column and the labels of some rows at a time; without a column of labels, none."""
    columns = [column, *([label] if label else [])]
    return _converted(
        file,
        path,
        columns,
        lambda batch: (batch.column(column), batch.column(label).to_pylist() if label else []),
    )


def _of_pictures(file: "parquet.ParquetFile", path: Path, column: str, label: str | None) -> Part:
    from mnist_core.data import picture_zip  # SciPy, which other columns need not wait for

    contents: list[tuple[str, bytes]] = []
    labels: list[Any] = []
    for values, some in _both(file, path, column, label):
        with _explained(path):
            values = values.to_pylist()
        for value in values:
            found = value if isinstance(value, dict) else {"bytes": value}
            name = str(found.get("path") or gettext("row {contents}", contents=len(contents) + 1))
            contents.append((name, found.get("bytes") or b""))
        labels += some
    if label is None:
        return picture_zip.read_contents(path.name, contents, None)
    where = gettext("the column {label} in {path_name}", label=readable(label, 20), path_name=path.name)
    known, notes = greys.from_zero(_labels(labels, where), where)
    part = picture_zip.read_contents(path.name, contents, known)
    return dataclasses.replace(part, notes=(*part.notes, *notes))


def _of_pixels(file: "parquet.ParquetFile", path: Path, column: str, label: str | None) -> Part:
    pieces, labels = list[np.ndarray](), list[Any]()
    scale: greys.Scale | None = None
    for values, some in _both(file, path, column, label):
        rows = len(values)
        with _explained(path):
            while _is_list(values.type):
                values = values.flatten()
            pixels = values.to_numpy(zero_copy_only=False).astype(np.float64)
        side = greys.side_of(len(pixels) // rows) if rows and len(pixels) % rows == 0 else 0
        if not side or (pieces and pieces[0].shape[1] != side):
            raise InputError(
                gettext(
                    "The column {column} in {path_name} holds no square images; get it again.",
                    column=readable(column, 20),
                    path_name=path.name,
                )
            )
        pixels = pixels.reshape(-1, side, side)
        scale = scale or greys.scale_of(pixels, side, path.name)
        if place := scale.first_outside(pixels):
            raise InputError(
                gettext(
                    "The column {column} in {path_name} holds {pixels:g} for a pixel; expected {lowest:g} "
                    "to {highest:g}.",
                    column=readable(column, 20),
                    path_name=path.name,
                    pixels=pixels[place],
                    lowest=scale.lowest,
                    highest=scale.highest,
                )
            )
        pieces.append(scale.greys(pixels))
        labels += some
    assert scale
    images, notes = greys.as_mnist(np.concatenate(pieces))
    said = (gettext("Its images are the column {column}.", column=readable(column, 20)), *scale.notes, *notes)
    if label is None:
        return Part(images, None, said)
    where = gettext("the column {label} in {path_name}", label=readable(label, 20), path_name=path.name)
    known, more = greys.from_zero(_labels(labels, where), where)
    return Part(images, known, (*said, *more))


def _labels(values: list[Any], where: str) -> np.ndarray:
    """Labels 0 to 10, int64; texts of digits count too."""
    try:
        numbers = np.array([-1 if value is None else float(value) for value in values])
    except (TypeError, ValueError):
        numbers = np.array([-1.0])
    if not ((numbers >= 0) & (numbers <= CLASSES) & (numbers == np.floor(numbers))).all():
        raise InputError(
            gettext("The labels of {where} are no digits; expected whole numbers from 0 to 9.", where=where)
        )
    return numbers.astype(np.int64)
