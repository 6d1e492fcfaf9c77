"""The tables of Kaggle's Digit Recognizer (https://www.kaggle.com/c/digit-recognizer): digits in, a submission out."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.errors import InputError, check_disk
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext, ngettext
from mnist_core.mnist import CLASSES, SIDE

if TYPE_CHECKING:
    import pandas as pd

PIXELS = SIDE * SIDE
COLUMNS = [f"pixel{number}" for number in range(PIXELS)]
ROWS_AT_ONCE = 2000
# A cell is at most `0.000000000000000000e+00` with its comma; Kaggle's are four characters with theirs.
LONGEST_LINE = 25 * (PIXELS + 1)
SUBMISSION_COLUMNS = "ImageId,Label"

_EXPECTED = N_("the columns label,pixel0,…,pixel783 (label may be missing)")


def read_csv(path: Path, most_images: float = math.inf) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads a CSV file with a header `label,pixel0,…,pixel783`, `label` being optional, and a row an image.

    Returns uint8 `[N, 28, 28]`, and int64 `[N]` or None where there is no `label`. InputError names line and column:
    wrong columns, text or a gap in a cell, a value outside its range; or there are more than `most_images` rows, or a
    line that is not a row of pixels.
    """
    import pandas as pd  # takes a moment to load

    try:
        rows = _look_through(path, most_images)
        has_labels = _check_columns(list(pd.read_csv(path, nrows=0, **_OPTIONS).columns), path)
        cells = np.empty((rows, PIXELS + has_labels), np.uint8)
        found = _fill(cells, path)
    except (OSError, ValueError, OverflowError) as error:
        check_disk(path.name, error)
        raise InputError(
            gettext(
                "The file {path_name} cannot be read as a table ({error}); expected {expected}.",
                path_name=path.name,
                error=readable(str(error).strip(), 120),
                expected=_EXPECTED,
            )
        ) from error
    if not found:
        raise InputError(
            gettext("The file {path_name} has a header but no rows; expected one row an image.", path_name=path.name)
        )
    images = np.ascontiguousarray(cells[:found, -PIXELS:]).reshape(-1, SIDE, SIDE)
    return images, cells[:found, 0].astype(np.int64) if has_labels else None


_OPTIONS: dict[str, Any] = {
    "compression": None,
    "low_memory": False,
    "encoding": "utf-8-sig",
    "skip_blank_lines": False,  # or the lines that the sentences name would be wrong
}


def _look_through(path: Path, most_images: float) -> int:
    """Returns how many lines stand below the header, after making sure that no line is a burden for who reads them."""
    with path.open("rb") as file:
        for number in itertools.count(1):
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                return max(number - 2, 0)
            if number - 1 > most_images:
                raise too_many_rows(path, most_images)
            if problem := _problem(line):
                raise bad_line(path, number, problem, _EXPECTED)
    raise AssertionError("a file ends")


def too_many_rows(path: Path, most: float) -> InputError:
    """Says that a table has more rows than are read."""
    return InputError(
        gettext(
            "The file {path_name} has more than {most_images} rows; split it.",
            path_name=path.name,
            most_images=count(int(most)),
        )
    )


def bad_line(path: Path, number: int, problem: str, expected: str) -> InputError:
    """Says what keeps a line of a table, counted from 1, from being read."""
    return InputError(
        gettext(
            "Line {number} of {path_name} {problem}; expected {expected}.",
            number=count(number),
            path_name=path.name,
            problem=problem,
            expected=expected,
        )
    )


def _problem(line: bytes) -> str:
    """What keeps a line from being one of such a table, or nothing."""
    if len(line) > LONGEST_LINE:
        return gettext("is longer than {longest_line} characters", longest_line=count(LONGEST_LINE))
    if b"\0" in line:
        return gettext("holds NUL bytes, which text in UTF-8 never does")
    if line.count(b'"') % 2:
        return gettext("has a quotation mark that never ends")
    # pandas would take it for the end of a line, and their number would be wrong.
    if line.count(b"\r") > line.endswith((b"\r\n", b"\r")):
        return gettext("holds carriage returns")
    return ""


def _fill(cells: np.ndarray, path: Path) -> int:
    """Fills rows of labels and pixels uint8 `[N, 784 or 785]`; returns how many of them there are."""
    import pandas as pd

    found, gap = 0, 0
    with pd.read_csv(path, chunksize=ROWS_AT_ONCE, **_OPTIONS) as reader:
        for start, table in zip(itertools.count(0, ROWS_AT_ONCE), reader, strict=False):
            line = start + 2
            if not table.index.equals(pd.RangeIndex(start, start + len(table))):
                # pandas takes the first cell of a row that has one too many for the row's name.
                raise InputError(
                    gettext(
                        "Line {line} of {path_name} has more cells than there are columns; expected {expected}.",
                        line=count(line),
                        path_name=path.name,
                        expected=_EXPECTED,
                    )
                )
            values = _clean_cells(table)
            if values is None:
                table, gap = _before_empty_end(table, path, line, gap)
                values = _cells(table, path, line)
            elif gap and len(values):
                raise InputError(
                    gettext(
                        "Line {line} of {path_name} is empty; fill or delete it.", line=count(gap), path_name=path.name
                    )
                )
            cells[found : found + len(values)] = values
            found += len(values)
    return found


def _most(table: "pd.DataFrame") -> np.ndarray:
    """The largest value that each column may hold, int64 `[columns]`."""
    return np.where(np.array(table.columns) == "label", CLASSES - 1, 255)


def _clean_cells(table: "pd.DataFrame") -> np.ndarray | None:
    """The cells where all of them are whole numbers in their range, as they nearly always are."""
    if any(kind != np.int64 for kind in table.dtypes):
        return None
    values = table.to_numpy()
    return values if len(values) and (values >= 0).all() and (values <= _most(table)).all() else None


def _before_empty_end(table: "pd.DataFrame", path: Path, line: int, gap: int) -> tuple["pd.DataFrame", int]:
    """The rows before an empty end of the file, and the line where that begins, or 0; InputError if others follow."""
    empty = table.isna().all(axis=1).to_numpy()
    first = int(empty.argmax()) if empty.any() else len(empty)
    if (gap and not empty.all()) or not empty[first:].all():
        raise InputError(
            gettext(
                "Line {line} of {path_name} is empty; fill or delete it.",
                line=count(gap or line + first),
                path_name=path.name,
            )
        )
    return table[:first], gap or (line + first if first < len(empty) else 0)


def _check_columns(columns: list[str], path: Path) -> bool:
    """Returns whether the first column holds labels."""
    if columns in (COLUMNS, ["label", *COLUMNS]):
        return columns[0] == "label"
    wanted = ["label", *COLUMNS] if columns[:1] == ["label"] else COLUMNS
    differing = (i for i, (a, b) in enumerate(zip(columns, wanted, strict=False)) if a != b)
    place = next(differing, min(len(columns), len(wanted)))
    found = f"'{readable(columns[place])}'" if place < len(columns) else gettext("nothing")
    raise InputError(
        gettext(
            "The file {path_name} has {columns}, and column {place} is {found}; expected {expected}.",
            path_name=path.name,
            columns=ngettext("{number} column", "{number} columns", len(columns), number=count(len(columns))),
            place=place + 1,
            found=found,
            expected=_EXPECTED,
        )
    )


def _cells(table: "pd.DataFrame", path: Path, first_line: int) -> np.ndarray:
    """The cells as numbers, or says which one is wrong."""
    import pandas as pd

    # pandas reads True and False as truth values, and those as 1 and 0; here they are text like any other.
    words = table.select_dtypes(exclude="number").columns
    values = table.astype(dict.fromkeys(words, str)).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    most = _most(table)
    good = (values >= 0) & (values <= most) & (values == np.floor(values))
    if good.all():
        return values
    row, column = (int(index) for index in np.unravel_index(int((~good).argmax()), good.shape))
    cell = table.iat[row, column]
    found = "nothing" if table.isna().iat[row, column] else f"'{readable(str(cell))}'"
    raise InputError(
        gettext(
            "Line {first_line} of {path_name} holds {found} in column {columns}; expected a whole "
            "number from 0 to {most}.",
            first_line=count(first_line + row),
            path_name=path.name,
            found=found,
            columns=table.columns[column],
            most=most[column],
        )
    )


def submission(digits: Sequence[int] | np.ndarray) -> str:
    """As the competition wants digits: `ImageId,Label`, a line an image, numbered from 1."""
    lines = [SUBMISSION_COLUMNS, *(f"{number},{digit}" for number, digit in enumerate(digits, 1))]
    return "\n".join(lines) + "\n"
