"""Tables of digits as people have them: a row an image, in one of many spellings.

Kaggle's own header is checked cell by cell by `kaggle`. Here the spelling is found out, and said: how cells are parted,
whether there is a header, which column is the label, how values become greys, whether the ink is dark.
"""

import contextlib
import csv
import dataclasses
import gzip
import io
import itertools
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mnist_core.data import greys, kaggle
from mnist_core.data.greys import LARGEST_SIDE, SMALLEST_SIDE, Part, Scale, side_of
from mnist_core.errors import InputError, check_disk
from mnist_core.files import kinds
from mnist_core.files.encodings import encoding_of
from mnist_core.formatting import count, readable, size
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES

if TYPE_CHECKING:
    import pandas as pd

# The last ones are those of the UCI repository's optdigits and semeion.
SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".tra", ".tes")
ROWS_AT_ONCE = 2000
LONGEST_LINE = 25 * (LARGEST_SIDE**2 + CLASSES + 2)
MOST_LINES, MOST_CHARACTERS = 1_000_000, 1_500_000_000  # unpacked
# Where one of the first two parts cells, a comma is a decimal sign.
SEPARATORS = (";", "\t", ",")
LABEL_NAMES = ("label", "labels", "class", "digit", "target", "y", "number")
INDEX_NAMES = ("", "id", "index", "imageid", "image_id", "unnamed: 0")
SEPARATOR_MARK = re.compile(r"sep=.")
DECIMAL_COMMA = re.compile(r"\d,\d")
EXPECTED = N_(
    "a row an image: 784 pixels, or those of another square, with or without a label, "
    "separated by commas, semicolons, tabs or spaces"
)


def is_table(path: Path) -> bool:
    """Whether a name is that of a table."""
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def has_pixels(path: Path) -> bool:
    """Whether the first line of a table has as many cells as an image has pixels; a table of labels has fewer."""
    with contextlib.suppress(OSError, EOFError, zlib.error, UnicodeError), opened(path) as file:
        line = file.readline(LONGEST_LINE)
        return max(map(line.count, SEPARATORS)) >= SMALLEST_SIDE**2 - 1
    return True


def read(path: Path, most_images: float = math.inf) -> Part:
    """Reads a table, plain or gzipped; InputError says which line or column cannot be used, or that nothing fits."""
    if _is_kaggles(path):
        images, labels = kaggle.read_csv(path, most_images)
        images, notes = greys.as_mnist(images, declared=True)
        return Part(images, labels, tuple(notes))
    with explained(path):
        first, second, third = look_through(path, most_images)
        # Excel takes this line for how cells are parted, whatever its country.
        has_mark = SEPARATOR_MARK.fullmatch(first.strip().strip('"').casefold()) is not None
        spelling = _spelling(*((second, third) if has_mark else (first, second)), path)
        spelling = dataclasses.replace(spelling, skipped=spelling.skipped + has_mark)
        return part_of(numbers(path, spelling), spelling, path)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Puts into a sentence what a damaged table raises."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise kinds.broken_off(path) from error
    except (OSError, csv.Error, UnicodeError, ValueError, OverflowError) as error:
        check_disk(path.name, error)
        raise InputError(
            gettext(
                "The file {path_name} cannot be read as a table ({error}); expected {expected}.",
                path_name=path.name,
                error=readable(str(error).strip(), 120),
                expected=EXPECTED,
            )
        ) from error


def _is_kaggles(path: Path) -> bool:
    """Whether a plain file begins as Kaggle's do, whose mistakes are then told cell by cell."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        start = file.read(40).removeprefix(b"\xef\xbb\xbf")
        return start.startswith((b"label,pixel0,", b"pixel0,pixel1,"))
    return False


def part_of(rows: Iterable[tuple[int, np.ndarray]], spelling: "Spelling", path: Path) -> Part:
    """Makes images and labels of rows: the line where some begin, and their cells, float64 `[rows, columns]`."""
    columns = _columns(spelling, path)
    pieces, labels = [], []
    scale: Scale | None = None
    for line, cells in rows:
        if not len(cells):
            continue
        if columns.label is None and scale is None:
            columns = columns.by_values(cells)
        pixels = cells[:, columns.pixels]
        scale = scale or greys.scale_of(pixels, columns.side, path.name)
        _check_range(pixels, scale, line, path)
        pieces.append(scale.greys(pixels).reshape(-1, columns.side, columns.side))
        if columns.label is not None:
            labels.append(_labels(cells[:, columns.label], line, path))
    if scale is None:
        raise InputError(
            gettext("The file {path_name} holds no rows; expected {expected}.", path_name=path.name, expected=EXPECTED)
        )
    images, more = greys.as_mnist(np.concatenate(pieces))
    notes = (*columns.notes, *scale.notes, *more)
    if not labels:
        return Part(images, None, notes)
    known, more = greys.from_zero(np.concatenate(labels), path.name)
    return Part(images, known, (*notes, *more))


# --- How it is written -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """Opens a table as text, whichever way it is packed and encoded."""
    with path.open("rb") as plain:
        start = plain.read(4)
        plain.seek(0)
        packed = start.startswith(b"\x1f\x8b")
        with gzip.open(plain) if packed else contextlib.nullcontext(plain) as content:
            if packed:
                start = content.read(4)
                content.seek(0)
            yield io.TextIOWrapper(content, encoding=encoding_of(start), errors="replace", newline="")


def look_through(path: Path, most_images: float, skipped: int = 0) -> list[str]:
    """Returns the first three lines, after making sure that no line is a burden for who reads them.

    Some are empty if there are fewer; the first ones, so many, are no rows.
    """
    found, characters = [], 0
    with opened(path) as file:
        for number in itertools.count(1):
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                break
            characters += len(line)
            if characters > MOST_CHARACTERS:
                raise InputError(
                    gettext(
                        "The file {path_name} unpacks to more than {most_characters}; split it.",
                        path_name=path.name,
                        most_characters=size(MOST_CHARACTERS),
                    )
                )
            if number - 1 - skipped > min(most_images, MOST_LINES):
                raise kaggle.too_many_rows(path, min(most_images, MOST_LINES))
            if problem := _problem(line):
                raise kaggle.bad_line(path, number, problem, EXPECTED)
            if number <= 3:
                found.append(line.strip("\r\n"))
    if not found or not found[0].strip():
        raise InputError(
            gettext(
                "The file {path_name} is empty, or begins with an empty line; expected {expected}.",
                path_name=path.name,
                expected=EXPECTED,
            )
        )
    return [*found, "", ""][:3]


def _problem(line: str) -> str:
    if len(line) > LONGEST_LINE:
        return gettext("is longer than {longest_line} characters", longest_line=count(LONGEST_LINE))
    if "\0" in line:
        return gettext("holds NUL bytes, which no text does")
    return gettext("has a quotation mark that never ends") if line.count('"') % 2 else ""


@dataclass(frozen=True)
class Spelling:
    """How a table is written."""

    separator: str  # a regular expression or a character, as pandas takes it
    decimal: str
    names: tuple[str, ...] | None  # the header; None where there is none
    width: int  # how many columns there are
    skipped: int = 0  # lines before the first row
    quote: str = '"'
    comment: str | None = None  # a character


def _spelling(first: str, second: str, path: Path) -> Spelling:
    separator = next((one for one in SEPARATORS if first.count(one) >= SMALLEST_SIDE**2 - 1), ",")
    cells = next(csv.reader([first], delimiter=separator))
    if len(cells) < SMALLEST_SIDE**2:
        separator, cells = r"\s+", first.split()
    if len(cells) < SMALLEST_SIDE**2:
        raise InputError(
            gettext(
                "The file {path_name} has too few cells for an image in its first line; expected {expected}.",
                path_name=path.name,
                expected=EXPECTED,
            )
        )
    decimal = "," if separator != "," and DECIMAL_COMMA.search(second or first) else "."
    names = None if _are_numbers(cells, decimal) else tuple(cell.strip() for cell in cells)
    return Spelling(separator, decimal, names, len(cells), 0 if names is None else 1)


def _are_numbers(cells: Sequence[str], decimal: str) -> bool:
    """Whether a line is a row of values and no header: numbers that are not just counted up."""
    try:
        values = [float(cell.replace(decimal, ".")) for cell in cells if cell.strip()]
    except ValueError:
        return False
    return len(values) >= len(cells) - 1 and not (
        len(values) > 2 and np.ptp(np.diff(values)) == 0 and values[1] > values[0]
    )


def cells_of(table: "pd.DataFrame") -> np.ndarray:
    """The cells of a table as float64 `[rows, columns]`, NaN where one is no number; True and False are none either."""
    import pandas as pd

    words = list(table.select_dtypes(exclude="number").columns)
    if words:
        table = table.astype(dict.fromkeys(words, str))
        table[words] = table[words].apply(pd.to_numeric, errors="coerce")
    return table.to_numpy(np.float64)


def numbers(path: Path, spelling: Spelling) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the line where some rows begin and their cells, float64 `[rows, columns]`, NaN where one is no number."""
    import pandas as pd  # takes a moment to load

    options: dict[str, Any] = {
        "sep": spelling.separator,
        "decimal": spelling.decimal,
        "header": None,
        "names": range(spelling.width),
        "index_col": False,
        "skiprows": spelling.skipped,
        "quotechar": spelling.quote,
        "comment": spelling.comment,
        "chunksize": ROWS_AT_ONCE,
        "low_memory": False,
        "on_bad_lines": "error",
        "skipinitialspace": True,
    }
    line = spelling.skipped + 1
    held = 0  # the first line of those without a number that may be the last ones; 0 where there are none
    with opened(path) as file, pd.read_csv(file, **options) as reader:
        for table in reader:
            cells = cells_of(table)
            filled = np.flatnonzero(~np.isnan(cells).all(axis=1))
            # Programs for tables leave lines of separators at the end, and there alone.
            if len(filled):
                if held:
                    yield held, np.full((1, spelling.width), np.nan)  # one is enough to be refused
                last = int(filled[-1]) + 1
                yield line, cells[:last]
                held = line + last if last < len(cells) else 0
            else:
                held = held or line
            line += len(table)


# --- Which column is what --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """Which columns are what."""

    side: int  # of an image
    pixels: slice
    label: int | slice | None  # one column, or ten of which one is 1; None where there is none, or none is known yet
    notes: tuple[str, ...] = ()
    candidates: tuple["_Columns", ...] = ()  # where only the values tell

    def by_values(self, cells: np.ndarray) -> "_Columns":
        """Decides between candidates by the values of some rows."""
        if not self.candidates:
            return self
        first, last = self.candidates
        seen = [_different_digits(cells[:, one.label]) for one in self.candidates]
        return last if seen[1] > max(seen[0], 1) else first


def _different_digits(values: np.ndarray) -> int:
    """How many different digits a column holds; 0 where it holds anything else."""
    whole = (values >= 0) & (values <= CLASSES) & (values == np.floor(values))
    return len(np.unique(values)) if whole.all() else 0


def _columns(spelling: Spelling, path: Path) -> _Columns:
    width, names = spelling.width, spelling.names
    known = [name.casefold() for name in names] if names else []
    label = next((place for place, name in enumerate(known) if name in LABEL_NAMES), None)
    first = 1 if known and known[0] in INDEX_NAMES and label != 0 else 0
    if label is not None:
        start = label + 1 if label <= first else first
        stop = label if label > first else width
        return _named(start, stop, label, spelling, path)
    if side := side_of(width - first):
        return _Columns(side, slice(first, width), None)
    if side := side_of(width - 1 - first):
        # The label stands before the pixels or behind them.
        at_first = gettext("The first column is taken for the labels.")
        at_last = gettext("The last column is taken for the labels.")
        return _Columns(
            side,
            slice(first, width),
            None,
            candidates=(
                _Columns(side, slice(first + 1, width), first, (at_first,)),
                _Columns(side, slice(first, width - 1), width - 1, (at_last,)),
            ),
        )
    if side := side_of(width - CLASSES - first):
        return _Columns(side, slice(first, width - CLASSES), slice(width - CLASSES, width))
    if side := side_of(width - 2):
        return _Columns(side, slice(2, width), 1, (gettext("The first column is taken for numbers of rows."),))
    raise _no_square(width, path)


def _named(start: int, stop: int, label: int, spelling: Spelling, path: Path) -> _Columns:
    side = side_of(stop - start)
    if not side:
        raise _no_square(stop - start, path)
    assert spelling.names
    return _Columns(
        side,
        slice(start, stop),
        label,
        (gettext("The column {column} is the label.", column=readable(spelling.names[label], 20)),),
    )


def _no_square(pixels: int, path: Path) -> InputError:
    return InputError(
        gettext(
            "The rows of {path_name} have {pixels} values, which are no square image with or "
            "without a label; expected {expected}.",
            path_name=path.name,
            pixels=count(pixels),
            expected=EXPECTED,
        )
    )


def _labels(values: np.ndarray, line: int, path: Path) -> np.ndarray:
    """Labels as they stand, int64 `[rows]`, 0 to 10."""
    if values.ndim == 2:
        if not ((values == 0) | (values == 1)).all() or not (values.sum(axis=1) == 1).all():
            raise InputError(
                gettext(
                    "The last ten columns of {path_name} do not mark one digit each; expected {expected}.",
                    path_name=path.name,
                    expected=EXPECTED,
                )
            )
        return values.argmax(axis=1)
    good = (values >= 0) & (values <= CLASSES) & (values == np.floor(values))
    if not good.all():
        row = int((~good).argmax())
        found = gettext("no number") if np.isnan(values[row]) else f"{values[row]:g}"
        raise InputError(
            gettext(
                "Line {line} of {path_name} has {found} for its label; expected a digit from 0 to 9.",
                line=count(line + row),
                path_name=path.name,
                found=found,
            )
        )
    return values.astype(np.int64)


def _check_range(pixels: np.ndarray, scale: Scale, line: int, path: Path) -> None:
    if place := scale.first_outside(pixels):
        row, column = place
        found = gettext("no number") if np.isnan(pixels[place]) else f"{pixels[place]:g}"
        raise InputError(
            gettext(
                "Line {line} of {path_name} has {found} for its pixel {column}; expected a value from "
                "{lowest:g} to {highest:g}, as in the rows before.",
                line=count(line + row),
                path_name=path.name,
                found=found,
                column=column,
                lowest=scale.lowest,
                highest=scale.highest,
            )
        )
