"""Weka's ARFF, in which OpenML keeps its tables: the columns are named line by line, and rows of cells follow.

SciPy reads it cell by cell in Python, which takes gigabytes for MNIST; below its header it is a table like another.
"""

import math
import re
from pathlib import Path

from mnist_core.data import tables
from mnist_core.data.greys import LARGEST_SIDE, Part
from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES

SUFFIX = ".arff"
MOST_COLUMNS = LARGEST_SIDE**2 + CLASSES + 2
MOST_HEADER_LINES = 3 * MOST_COLUMNS
LONGEST_LINE = 2000
ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))\s+\S", re.IGNORECASE)


def read(path: Path, most_images: float = math.inf) -> Part:
    """Reads a dense ARFF file; errors as `tables.read`."""
    with tables.explained(path):
        names, skipped = _header(path)
        tables.look_through(path, most_images, skipped)
        spelling = tables.Spelling(",", ".", names, len(names), skipped, quote="'", comment="%")
        return tables.part_of(tables.numbers(path, spelling), spelling, path)


def _header(path: Path) -> tuple[tuple[str, ...], int]:
    """Returns the names of the columns, and how many lines stand before the first row."""
    names: list[str] = []
    with tables.opened(path) as file:
        for number in range(1, MOST_HEADER_LINES):
            line = file.readline(LONGEST_LINE)
            if not line:
                break
            if match := ATTRIBUTE.match(line.strip()):
                names.append(next(name for name in match.groups() if name is not None))
            if len(names) > MOST_COLUMNS:
                raise InputError(
                    gettext(
                        "The file {path_name} has more than {most_columns} columns; expected {expected}.",
                        path_name=path.name,
                        most_columns=count(MOST_COLUMNS),
                        expected=tables.EXPECTED,
                    )
                )
            if line.strip().casefold() == "@data":
                if file.readline(LONGEST_LINE).lstrip().startswith("{"):
                    raise InputError(
                        gettext(
                            "The file {path_name} is a sparse ARFF table, which is not read; save it as a dense "
                            "one or as CSV.",
                            path_name=path.name,
                        )
                    )
                return tuple(names), number
    known = readable(", ".join(names[:3]), 60) or "none"
    raise InputError(
        gettext(
            "The file {path_name} has no line @data below its columns ({known}); get it again.",
            path_name=path.name,
            known=known,
        )
    )
