"""Labels of pictures that lie in a folder or a zip: by a table beside them, by their folders, or by their names."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from mnist_core.data.arrays import LABEL_NAMES
from mnist_core.data.bundles import Bundle
from mnist_core.files.encodings import encoding_of
from mnist_core.preprocessing import picture_files

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LEAST_DIGITS = 3
# A folder's name ends in a digit, and in one alone: the folder img014 is not that of the 4.
DIGIT_AT_END = re.compile(r"(?:^|\D)(\d)$")

TABLES = (".csv", ".tsv", ".txt")
LARGEST_TABLE = 20_000_000
MOST_TABLES = 5
# Of the pictures, this share at least has to be named in a table, or it is another one; some may have no labels.
NAMED = 0.1
# What may part a digit from the rest of a file's name: `7_0012`, `0012-7`, `img_0012_label7`.
NAME_PATTERNS = (
    re.compile(r"(?:label|class|digit|number|target)[\W_]*(\d)(?!\d)"),
    re.compile(r"^(\d)(?=[^\d.])"),
    re.compile(r"[^\d.](\d)$"),
)


# --- Folders ---------------------------------------------------------------------------------------------------------


def by_folders(names: Sequence[str]) -> dict[str, int]:
    """The digit that each picture's folder is named after, -1 for none; empty where folders say nothing."""
    parts = {name: PurePosixPath(name).parts for name in names}
    folders = _folders_of_digits(list(parts.values()))
    labels = {name: digit_of(folder) for name, folder in zip(parts, folders, strict=True)}
    return labels if max(labels.values(), default=-1) >= 0 else {}


def _folders_of_digits(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The folder of each picture that may be named after a digit: where most different ones are, the outermost; or ''.

    Of names such as part2, fewer than three different ones may mean anything.
    """
    deepest = max((len(path) for path in paths), default=1) - 1
    at_depth = [[path[depth] if len(path) > depth + 1 else "" for path in paths] for depth in range(deepest)]
    best = max(at_depth, key=lambda folders: len(_digits_named(folders)), default=[])
    few = len(_digits_named(best)) < LEAST_DIGITS and not any(folder.isdecimal() for folder in best)
    return [""] * len(paths) if few else best


def _digits_named(folders: Iterable[str]) -> set[int]:
    return {digit_of(folder) for folder in set(folders)} - {-1}


def digit_of(name: str) -> int:
    """The digit that a folder is named after, or that stands in a cell; -1 for none."""
    name = name.casefold().strip()
    if match := DIGIT_AT_END.search(name):
        return int(match[1])
    return next((digit for digit, word in enumerate(WORDS) if re.search(rf"(?:^|[\W_]){word}s?$", name)), -1)


# --- Tables ----------------------------------------------------------------------------------------------------------


def by_tables(bundle: Bundle, pictures: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """The digits of pictures that tables in any of their columns name, and the names of these tables.

    A picture that is named with different digits has none. The dictionary is empty where no table names any.
    """
    tables = [name for name in bundle.members if name.lower().endswith(TABLES) and bundle.size(name) <= LARGEST_TABLE]
    found: dict[str, int] = {}
    used: list[str] = []
    if len(tables) > MOST_TABLES:
        return found, used
    called = _callings(pictures)
    for table in tables:
        labels = _labels_in(bundle.read(table), called)
        if labels:
            used.append(table)
        for name, digit in labels.items():
            found[name] = digit if found.get(name, digit) == digit else -1
    return (found, used) if len(found) >= NAMED * len(pictures) else ({}, [])


def _callings(pictures: Sequence[str]) -> Mapping[str, str]:
    """The picture that is meant by a path, a name, or a name without its ending; none where several have it."""
    called: dict[str, str] = {}
    for picture in pictures:
        path = PurePosixPath(picture)
        for calling in {picture, path.name, path.stem, *("/".join(path.parts[start:]) for start in range(1, 4))}:
            called[calling] = "" if calling in called else picture
    return called


def _labels_in(content: bytes, called: Mapping[str, str]) -> dict[str, int]:
    """The digits of a table that has a column of pictures and one of digits; empty where it has not."""
    rows = _rows(content)
    width = max((len(row) for row in rows[:100]), default=0)
    if width > 20:  # a table of pixels
        return {}
    whole = [row for row in rows if len(row) == width]
    files = [sum(called.get(_path(row[place]), "") != "" for row in whole) for place in range(width)]
    if not files or not max(files):
        return {}
    column = files.index(max(files))
    named = [row for row in whole if called.get(_path(row[column]))]
    digits = [place for place in range(width) if place != column and all(_digit(row[place]) >= 0 for row in named)]
    if not digits:
        return {}

    header = {place for place, cell in enumerate(rows[0]) if cell.casefold() in LABEL_NAMES}
    best = max(digits, key=lambda place: (place in header, len({row[place] for row in named})))
    return {called[_path(row[column])]: _digit(row[best]) for row in named}


def _rows(content: bytes) -> list[list[str]]:
    text = content.decode(encoding_of(content[:4]), errors="replace").replace("\0", "")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max(";\t,", key=first.count)
    if not first.count(separator):
        return [line.split() for line in lines]
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:
        return []


def _path(cell: str) -> str:
    return cell.replace("\\", "/").removeprefix("./").strip()


def _digit(cell: str) -> int:
    """A digit as tables write it: 7, 7.0, seven; -1 for anything else."""
    cell = cell.strip()
    cell = cell.removesuffix(".0")
    if len(cell) == 1 and cell.isascii() and cell.isdecimal():
        return int(cell)
    return WORDS.index(cell.casefold()) if cell.casefold() in WORDS else -1


# --- Names of files --------------------------------------------------------------------------------------------------


def by_names(names: Sequence[str]) -> list[int] | None:
    """The digits that all names could hold in one way, such as `7_0012.png`; None where they hold none.

    A number may mean anything, so nobody should take these for labels without being asked to.
    """
    stems = [PurePosixPath(name).name.casefold() for name in names]
    stems = [stem.rpartition(".")[0] if picture_files.is_picture(stem) else stem for stem in stems]
    ways: list[Callable[[str], int]] = [lambda stem, way=way: _found(way, stem) for way in NAME_PATTERNS]  # type: ignore[misc]
    ways.append(_word)
    for way in ways:
        digits = [way(stem) for stem in stems]
        if min(digits, default=-1) >= 0 and len(set(digits)) >= min(LEAST_DIGITS, len(digits)) and len(digits) > 1:
            return digits
    return None


def _found(pattern: re.Pattern[str], stem: str) -> int:
    match = pattern.search(stem)
    return int(match[1]) if match else -1


def _word(stem: str) -> int:
    found = {WORDS.index(word) for word in re.split(r"[\W\d_]+", stem) if word in WORDS}
    return found.pop() if len(found) == 1 else -1
