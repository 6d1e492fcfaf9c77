"""Files of digits that somebody hands over, of any form that `readers` knows, with labels or without.

They come from outside, so a process of their own reads them (`files.sandbox`) and hands the arrays over as a file.
"""

import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.data import corrections, greys, readers
from mnist_core.data.bundles import Limits
from mnist_core.data.dataset import LABELS_IN_NAMES
from mnist_core.data.handed_digits import Digits
from mnist_core.data.kept_uploads import Given
from mnist_core.data.readers import KINDS, Wanted
from mnist_core.errors import InputError
from mnist_core.files import npz, sandbox
from mnist_core.formatting import count, size
from mnist_core.language import gettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing import picture_files

# 78 MB of pixels; the largest set of digits to be judged by, QMNIST's, has 60,000.
MOST_IMAGES = 100_000
MOST_BYTES = MOST_IMAGES * SIDE * SIDE
LARGEST_IN_ALL = 220_000_000
# What the libraries take of it is some 160 MB.
MEMORY = 380_000_000
SECONDS = 60.0
# A class that hands in its files at once must not fill the memory.
_TURNS = threading.BoundedSemaphore(2)

WANTED = Wanted(test_alone=True, images=MOST_IMAGES, bytes=MOST_BYTES, bundle=Limits())
TO_LEARN = Wanted(images=MOST_IMAGES, bytes=MOST_BYTES, bundle=Limits())


def read_named(name: str) -> Digits:
    """Reads the file that data is named after, and corrects it as the name says; as `read_apart`."""
    base, correction = corrections.parted(name)
    digits = read_apart([Path(base.removesuffix(LABELS_IN_NAMES))])
    return (digits.labelled_by_names() if base.endswith(LABELS_IN_NAMES) else digits).corrected(correction)


def read_apart(paths: Sequence[Path], title: str = "") -> Digits:
    """Reads one file, an IDX pair, or several pictures in a process of its own; `title` is what people see.

    Raises InputError if they are not such files, damaged, too large, or take too much time or memory to read.
    """
    what = (
        gettext("The file {paths_name}", paths_name=paths[0].name) if len(paths) == 1 else gettext("One of these files")
    )
    _check_size(paths)
    with tempfile.TemporaryDirectory(prefix="digits-") as folder, _TURNS:
        result = Path(folder) / "digits.npz"
        arguments = {"paths": [str(path.absolute()) for path in paths], "result": str(result)}
        said = sandbox.run(task, arguments, what, SECONDS)
        arrays = npz.read(result, ("images", "labels", "in_names", "standing"), MOST_BYTES)
    images, labels, in_names, standing = arrays
    digits = Digits(
        title or said["title"],
        images,
        labels if len(labels) else None,
        tuple(said["names"]),
        tuple((name, reason) for name, reason in said["left_out"]),
        said["note"],
        in_names=in_names if len(in_names) else None,
    )
    if not len(standing):
        return digits
    return replace(digits, standing=replace(digits, images=standing, note=said["standing_note"]))


def read_to_learn(files: Sequence[tuple[str, bytes]], by: Actor = COMMAND_LINE) -> Given:
    """Reads all that somebody uploaded to learn from, images to train on and to judge by; as `read_uploads`."""
    quotas.count_upload(by)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        paths = written(files, Path(folder))
        what = (
            gettext("The file {paths_name}", paths_name=paths[0].name)
            if len(paths) == 1
            else gettext("One of these files")
        )
        _check_size(paths)
        with _TURNS:
            result = Path(folder) / "read.npz"
            arguments = {"paths": [str(path) for path in paths], "result": str(result), "to_learn": True}
            said = sandbox.run(task, arguments, what, SECONDS)
            return Given.read(said["title"], result, said["parts"], MOST_BYTES)


def is_such(path: Path) -> bool:
    """Says whether a path looks like a file that is read here, and not as a dataset (`sources.load`)."""
    return is_such_name(path.name) or ("idx" in path.name.lower() and not path.is_dir())


def is_such_name(name: str) -> bool:
    """Says whether a name alone tells so; nobody looks at the file."""
    return corrections.parted(name)[0].lower().endswith((".zip", *picture_files.SUFFIXES))


def read_uploads(files: Sequence[tuple[str, bytes]], by: Actor = COMMAND_LINE) -> Digits:
    """Reads what somebody uploaded, name and content of each file; as `read_apart`, and InputError for too many."""
    quotas.count_upload(by)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        return read_apart(written(files, Path(folder)))


def written(files: Sequence[tuple[str, bytes]], folder: Path) -> list[Path]:
    """Writes files into a folder, each in one of its own: two pictures may have one name; returns their paths."""
    paths = []
    for number, (name, content) in enumerate(files):
        path = folder / str(number) / file_name(name)
        path.parent.mkdir()
        path.write_bytes(content)
        paths.append(path)
    return paths


def file_name(name: str) -> str:
    """Returns a name that any file system takes and that may stand in a sentence: the last part, its end if it is long.

    Whatever is not a letter, digit, space or one of `._()+-` becomes `_`.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    harmless = "".join(one if one.isalnum() or one in " ._()+-" else "_" for one in last)
    return harmless.strip(" .")[-60:] or "file"


def _check_size(paths: Sequence[Path]) -> None:
    if not paths:
        raise InputError(gettext("No file is given; expected {kinds}.", kinds=KINDS))
    try:
        total = sum(path.stat().st_size for path in paths)
    except OSError as error:
        raise _not_read(Path(error.filename).name, error) from error
    if total > LARGEST_IN_ALL:
        raise InputError(
            gettext(
                "There are {total} to read; at most {largest_in_all} are read at once.",
                total=size(total),
                largest_in_all=size(LARGEST_IN_ALL),
            )
        )


# --- In the process ---------------------------------------------------------------------------------------------------


def task(paths: list[str], result: str, to_learn: bool = False) -> dict[str, Any]:
    """Reads files; their images and labels go to `result`, an .npz file, and their names are returned.

    Squares of another size are read twice: prepared as drawings, and as they stand.
    """
    # Arrow, by which pandas keeps texts, else reserves more than the limit before it has read one.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    sandbox.limit(MEMORY)
    if to_learn:
        given = _read_all([Path(path) for path in paths])
        npz.write(Path(result), **given.arrays())
        return {"title": given.title, "parts": given.words()}
    with greys.reading() as reading:
        digits = read([Path(path) for path in paths])
    standing = Digits("", np.empty((0, SIDE, SIDE), np.uint8))
    if reading.resized:
        with greys.reading(standing=True):
            standing = read([Path(path) for path in paths])
    nothing = np.empty(0, np.int64)
    labels = {
        "labels": nothing if digits.labels is None else digits.labels,
        "in_names": nothing if digits.in_names is None else digits.in_names,
    }
    npz.write(Path(result), images=digits.images, standing=standing.images, **labels)
    said = {"title": digits.title, "names": digits.names, "left_out": digits.left_out, "note": digits.note}
    return said | {"standing_note": standing.note}


def _read_all(paths: Sequence[Path]) -> Given:
    with greys.reading() as reading:
        title, parts = _read_parts(paths, TO_LEARN)
    standing: readers.Parts = {}
    if reading.resized:
        with greys.reading(standing=True):
            _, standing = _read_parts(paths, TO_LEARN)
    return Given(title, parts, standing)


def _not_read(name: str, error: OSError) -> InputError:
    return InputError(
        gettext(
            "The file {name} cannot be read ({strerror}); expected {kinds}.",
            name=name,
            strerror=error.strerror,
            kinds=KINDS,
        )
    )


def _read_parts(paths: Sequence[Path], wanted: Wanted) -> tuple[str, readers.Parts]:
    try:
        title, parts = readers.read_several(paths, wanted)
    except OSError as error:
        raise _not_read(paths[0].name, error) from error
    number = sum(len(part.images) for part in parts.values())
    if number > MOST_IMAGES:
        raise InputError(
            gettext(
                "The file {title} holds {number} images; at most {most_images} are read at once.",
                title=title,
                number=count(number),
                most_images=count(MOST_IMAGES),
            )
        )
    return title, parts


def read(paths: Sequence[Path]) -> Digits:
    """Reads files in this process; as `read_apart`, but for the limits on time and memory."""
    title, parts = _read_parts(paths, WANTED)
    part = readers.chosen_of(parts)
    return Digits(title, part.images, part.labels, part.names, part.left_out, " ".join(part.notes), "", part.in_names)
