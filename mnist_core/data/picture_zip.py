"""Pictures of digits, in a zip file or chosen together, prepared as the Draw page prepares one.

A zip with one folder a digit (`0/…png`, `class_7/…jpg`, `seven/…png`, also below other folders) has labels, any other
has none.
Nothing is unpacked to the disk, and sizes are added up before the first picture is decoded.
"""

import contextlib
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives
from mnist_core.formatting import count, readable, several, size
from mnist_core.preprocessing import picture_files, pipeline

# About half a millisecond each.
MOST_PICTURES = 20_000
MOST_ENTRIES = 2 * MOST_PICTURES  # folders, and the notes that macOS adds to each file
LARGEST_PICTURE = 30_000_000
LARGEST_IN_ALL = 400_000_000
MOST_PIXELS = 16_000_000
MOST_PIXELS_IN_ALL = 600_000_000
MOST_LEFT_OUT = 100
LONGEST_NAME = 60
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LEAST_DIGITS = 3
# A folder's name ends in a digit, and in one alone: the folder img014 is not that of the 4.
DIGIT_AT_END = re.compile(r"(?:^|\D)(\d)$")

LeftOut = list[tuple[str, str]]


@dataclass(frozen=True)
class _Picture:
    """A picture that is not read yet."""

    name: str  # what it is called
    source: zipfile.ZipInfo | Path
    label: int = -1  # -1 for none


def read_zip(path: Path) -> Digits:
    """The digits in the order of their names, numbers in names counted; with labels where folders give them.

    Raises InputError where the file is not a complete zip file, holds what no such file should, or too much, or where
    no picture can be used.
    """
    with contextlib.ExitStack() as stack:
        with _whole(path.name):
            archive = stack.enter_context(archives.open_zip(path, MOST_ENTRIES))
        pictures, left_out = _labelled(_members(archive, path.name))
        return _prepared(path.name, pictures, left_out, archive)


@contextlib.contextmanager
def _whole(title: str) -> Iterator[None]:
    """Puts into a sentence what a damaged zip file raises where it is opened or read."""
    try:
        yield
    except archives.DAMAGE as error:
        check_disk(title, error)
        reason = readable(str(error), 120)
        raise InputError(f"The file {title} is not a complete zip file ({reason}); pack it again.") from error


def read_pictures(paths: Sequence[Path]) -> Digits:
    """Reads PNG and JPEG files, which have no labels; as `read_zip`."""
    title = paths[0].name if len(paths) == 1 else several(len(paths), "picture")
    if len(paths) > MOST_PICTURES:
        raise InputError(f"There are {title}; at most {count(MOST_PICTURES)} are read at once.")
    return _prepared(title, [_Picture(path.name, path) for path in paths], [])


# --- What is in a zip file -------------------------------------------------------------------------------------------


def _members(archive: zipfile.ZipFile, title: str) -> dict[str, zipfile.ZipInfo]:
    """The files that count by their path, after making sure that none of them is dangerous or too large."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")  # some programs of Windows write it so
        if name.endswith("/") or _is_note(name):
            continue
        problem = "is in there twice" if name in members else _problem(name, info)
        if problem:
            raise InputError(f"The file '{readable(name, LONGEST_NAME)}' in {title} {problem}; pack the zip again.")
        members[name] = info
    if len(members) > MOST_PICTURES:
        raise InputError(
            f"The file {title} holds {count(len(members))} files; at most {count(MOST_PICTURES)} are read at once."
        )
    total = sum(info.file_size for info in members.values())
    if total > LARGEST_IN_ALL:
        raise InputError(f"The file {title} unpacks to {size(total)}; at most {size(LARGEST_IN_ALL)} are read.")
    return members


def _is_note(name: str) -> bool:
    """Whether a file is not the person's, but one that macOS and others keep beside theirs."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1:] in ((), ("Thumbs.db",), ("desktop.ini",))


def _problem(name: str, info: zipfile.ZipInfo) -> str:
    if name.startswith("/") or re.match("[A-Za-z]:/", name) or ".." in PurePosixPath(name).parts:
        return "has a path that leads out of it"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link to another file, which is never followed"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in archives.METHODS:
        return "is packed in an unusual way"
    if info.file_size > LARGEST_PICTURE:
        return f"unpacks to {size(info.file_size)}, and a picture may have {size(LARGEST_PICTURE)}"
    return ""


def _labelled(members: dict[str, zipfile.ZipInfo]) -> tuple[list[_Picture], LeftOut]:
    """The pictures, labelled by folders named as digits (-1 without any), and the files that are left out."""
    left_out = [
        (name, "it is not a PNG or JPEG") for name in members if not name.lower().endswith(picture_files.SUFFIXES)
    ]
    parts = {name: PurePosixPath(name).parts for name in members if name.lower().endswith(picture_files.SUFFIXES)}
    folders = _folders_of_digits(list(parts.values()))
    labels = {name: _digit_of(folder) for name, folder in zip(parts, folders, strict=True)}
    if max(labels.values(), default=-1) >= 0:
        left_out += [(name, "it lies in no folder of a digit") for name, label in labels.items() if label < 0]
        labels = {name: label for name, label in labels.items() if label >= 0}
    return [_Picture(name, members[name], label) for name, label in labels.items()], left_out


def _folders_of_digits(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The folder of each picture that may be named after a digit: where most different ones are, the outermost; or ''.

    Of names such as part2, fewer than three different ones may mean anything.
    """
    deepest = max((len(path) for path in paths), default=1) - 1
    at_depth = [[path[depth] if len(path) > depth + 1 else "" for path in paths] for depth in range(deepest)]
    best = max(at_depth, key=lambda folders: len(_digits_named(folders)), default=[])
    few = len(_digits_named(best)) < LEAST_DIGITS and not any(folder.isdecimal() for folder in best)
    return [""] * len(paths) if few else best


def _digits_named(folders: Sequence[str]) -> set[int]:
    return {_digit_of(folder) for folder in folders} - {-1}


def _digit_of(folder: str) -> int:
    """The digit that a folder is named after, -1 for none."""
    name = folder.casefold().strip()
    if match := DIGIT_AT_END.search(name):
        return int(match[1])
    return next((digit for digit, word in enumerate(WORDS) if re.search(rf"(?:^|[\W_]){word}s?$", name)), -1)


# --- Preparing -------------------------------------------------------------------------------------------------------


def _prepared(
    title: str, pictures: list[_Picture], left_out: LeftOut, archive: zipfile.ZipFile | None = None
) -> Digits:
    _check_left_out(title, left_out)
    if not pictures:
        raise InputError(
            f"The file {title} holds no pictures; expected PNG or JPEG files, in one folder a digit (0/… to 9/…) where "
            "they have labels."
        )
    pictures = _decodable(title, sorted(pictures, key=lambda picture: _by_number(picture.name)), left_out, archive)
    images, used = [], []
    for picture in pictures:
        image = _image(_content(picture, title, archive))
        if isinstance(image, str):
            left_out.append((picture.name, image))
            _check_left_out(title, left_out)
        else:
            images.append(image)
            used.append(picture)
    if not used:
        name, reason = readable(left_out[-1][0], LONGEST_NAME), left_out[-1][1]
        if len(left_out) == 1:
            raise InputError(f"The picture {name} cannot be used: {reason}.")
        raise InputError(f"No picture of {title} can be used, such as {name}: {reason}.")
    labels = np.array([picture.label for picture in used], np.int64)
    return Digits(
        title,
        np.stack(images),
        labels if labels[0] >= 0 else None,
        tuple(readable(picture.name, LONGEST_NAME) for picture in used),
        tuple((readable(name, LONGEST_NAME), reason) for name, reason in left_out),
    )


def _by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts `2.png` before `10.png`."""
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d{1,18})", name)]


def _check_left_out(title: str, left_out: LeftOut) -> None:
    if len(left_out) > MOST_LEFT_OUT:
        name, reason = left_out[-1]
        raise InputError(
            f"More than {MOST_LEFT_OUT} files of {title} cannot be used, such as {readable(name, LONGEST_NAME)}: "
            f"{reason}; take them out."
        )


def _content(picture: _Picture, title: str, archive: zipfile.ZipFile | None) -> bytes:
    if isinstance(picture.source, Path):
        return picture.source.read_bytes()
    assert archive
    with _whole(title):
        return archive.read(picture.source)


def _decodable(
    title: str, pictures: list[_Picture], left_out: LeftOut, archive: zipfile.ZipFile | None
) -> list[_Picture]:
    """The pictures that can be opened, after adding up the sizes that all declare; none is decoded yet."""
    total, found = 0, []
    for picture in pictures:
        pixels, reason = _pixels(_content(picture, title, archive))
        if reason:
            left_out.append((picture.name, reason))
            _check_left_out(title, left_out)
            continue
        found.append(picture)
        total += pixels
        if total > MOST_PIXELS_IN_ALL:
            raise InputError(
                f"The pictures of {title} have more than {MOST_PIXELS_IN_ALL // 1_000_000} million pixels in all; make "
                "them smaller."
            )
    return found


def _pixels(content: bytes) -> tuple[int, str]:
    """How many pixels a picture declares, and why it cannot be used if it cannot."""
    try:
        pixels = picture_files.pixels_to_decode(content)
    except InputError as error:
        return 0, _reason(error)
    return pixels, f"it has more than {MOST_PIXELS // 1_000_000} million pixels" if pixels > MOST_PIXELS else ""


def _image(content: bytes) -> np.ndarray | str:
    """uint8 `[28, 28]`, or why it is left out."""
    try:
        stages = pipeline.from_picture(picture_files.read_picture(content))
    except InputError as error:
        return _reason(error)
    if stages is None:
        return "no ink is found in it"
    if max(stages.box.shape) < pipeline.SMALLEST_INK:
        return "it has too little ink"
    return stages.image


def _reason(error: InputError) -> str:
    """What happened, of a sentence that also says what to do, fit to stand within another one."""
    happened = str(error).rstrip(".").rsplit("; ", 1)[0]
    return readable(f"{happened[0].lower()}{happened[1:]}", 120)
