"""Files of digits that somebody hands over: a table, IDX, .npz or pictures, with labels or without.

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
from mnist_core.data import arrays, corrections, formats, greys, tables
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.files import npz, sandbox
from mnist_core.formatting import count, several, size
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

KINDS = (
    "a table (CSV or TSV, plain or gzipped), an IDX file of images (with its file of labels, if there is one), "
    "an .npz, a zip of pictures, or pictures"
)
IMAGES_WORD, LABELS_WORD = ("images-idx3", "images.idx3"), ("labels-idx1", "labels.idx1")


def read_named(name: str) -> Digits:
    """Reads the file that data is named after, and corrects it as the name says; as `read_apart`."""
    base, correction = corrections.parted(name)
    return read_apart([Path(base)]).corrected(correction)


def read_apart(paths: Sequence[Path], title: str = "") -> Digits:
    """Reads one file, an IDX pair, or several pictures in a process of its own; `title` is what people see.

    Raises InputError if they are not such files, damaged, too large, or take too much time or memory to read.
    """
    what = f"The file {paths[0].name}" if len(paths) == 1 else "One of these files"
    _check_size(paths)
    with tempfile.TemporaryDirectory(prefix="digits-") as folder, _TURNS:
        result = Path(folder) / "digits.npz"
        arguments = {"paths": [str(path.absolute()) for path in paths], "result": str(result)}
        said = sandbox.run(task, arguments, what, SECONDS)
        images, labels, standing = npz.read(result, ("images", "labels", "standing"), MOST_BYTES)
    digits = Digits(
        title or said["title"],
        images,
        labels if len(labels) else None,
        tuple(said["names"]),
        tuple((name, reason) for name, reason in said["left_out"]),
        said["note"],
    )
    if not len(standing):
        return digits
    return replace(digits, standing=replace(digits, images=standing, note=said["standing_note"]))


def is_such(path: Path) -> bool:
    """Says whether a path looks like a file that is read here, and not as a dataset (`sources.load`)."""
    return is_such_name(path.name) or ("idx" in path.name.lower() and not path.is_dir())


def is_named_such(located: str) -> bool:
    """As `is_such`, of data by the name under which it was found, whatever its correction."""
    return is_such(Path(corrections.parted(located)[0]))


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
        raise InputError(f"No file is given; expected {KINDS}.")
    try:
        total = sum(path.stat().st_size for path in paths)
    except OSError as error:
        name = Path(error.filename).name
        raise InputError(f"The file {name} cannot be read ({error.strerror}); expected {KINDS}.") from error
    if total > LARGEST_IN_ALL:
        raise InputError(f"There are {size(total)} to read; at most {size(LARGEST_IN_ALL)} are read at once.")


# --- In the process ---------------------------------------------------------------------------------------------------


def task(paths: list[str], result: str) -> dict[str, Any]:
    """Reads files; their images and labels go to `result`, an .npz file, and their names are returned.

    Squares of another size are read twice: prepared as drawings, and as they stand.
    """
    # Arrow, by which pandas keeps texts, else reserves more than the limit before it has read one.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    sandbox.limit(MEMORY)
    with greys.reading() as reading:
        digits = read([Path(path) for path in paths])
    standing = Digits("", np.empty((0, SIDE, SIDE), np.uint8))
    if reading.resized:
        with greys.reading(standing=True):
            standing = read([Path(path) for path in paths])
    labels = np.empty(0, np.int64) if digits.labels is None else digits.labels
    npz.write(Path(result), images=digits.images, labels=labels, standing=standing.images)
    said = {"title": digits.title, "names": digits.names, "left_out": digits.left_out, "note": digits.note}
    return said | {"standing_note": standing.note}


def read(paths: Sequence[Path]) -> Digits:
    """Reads files in this process; as `read_apart`, but for the limits on time and memory."""
    first = paths[0]
    try:
        if all(_is_picture(path) for path in paths):
            return _read_pictures(paths)
        return _read_pair(paths) if len(paths) > 1 else _read_one(first)
    except OSError as error:
        raise InputError(f"The file {first.name} cannot be read ({error.strerror}); expected {KINDS}.") from error


def _read_one(path: Path) -> Digits:
    kind = path.suffix.lower()
    if not path.is_file():
        raise InputError(f"There is no file at {path}; expected {KINDS}.")
    if tables.is_table(path):
        table = tables.read(path, MOST_IMAGES)
        return Digits(path.name, table.images, table.labels, note=" ".join(table.notes))
    if kind == ".npz":
        return _read_archive(path)
    if kind == ".zip":
        return _read_pictures([path])
    beside = _labels_beside(path)
    return _read_pair([path, beside]) if beside else _read_images(path)


def _read_archive(path: Path) -> Digits:
    """Reads the test part of an archive, or what there is where it has none."""
    part = arrays.read_test(path, MOST_BYTES)
    return Digits(path.name, part.images, part.labels, note=" ".join(part.notes))


def _read_pictures(paths: Sequence[Path]) -> Digits:
    from mnist_core.data import picture_zip  # SciPy takes 0.3 s, which a table need not wait for

    return picture_zip.read_pictures(paths) if _is_picture(paths[0]) else picture_zip.read_zip(paths[0])


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in picture_files.SUFFIXES


def _is_of_one_file(path: Path) -> bool:
    return path.suffix.lower() in (".npz", ".zip") or tables.is_table(path) or _is_picture(path)


def _labels_beside(images: Path) -> Path | None:
    """Returns the file of labels that lies beside one of images, if they are named as MNIST's are."""
    for images_word, labels_word in zip(IMAGES_WORD, LABELS_WORD, strict=True):
        if images_word in images.name:
            labels = images.with_name(images.name.replace(images_word, labels_word))
            return labels if labels.is_file() else None
    return None


def _read_images(path: Path) -> Digits:
    images = formats.read_idx(path, MOST_BYTES)
    if images.ndim != 3:
        raise InputError(f"The file {path.name} holds labels; give the file of their images with it.")
    return Digits(path.name, formats.check_images(images, path.name))


def _read_pair(paths: Sequence[Path]) -> Digits:
    """Reads two IDX files, whichever of them holds the labels."""
    if len(paths) != 2 or any(_is_of_one_file(path) for path in paths):
        names = several(len(paths), "file")
        raise InputError(f"These {names} do not belong together; take all but one away. Expected is {KINDS}.")
    arrays = sorted(((formats.read_idx(path, MOST_BYTES), path.name) for path in paths), key=lambda one: -one[0].ndim)
    (images, name), (labels, other) = arrays
    if images.ndim != 3 or labels.ndim != 1:
        kind = "images" if labels.ndim == 3 else "labels"
        raise InputError(f"Both files, {name} and {other}, hold {kind}; expected one of images and one of labels.")
    if len(images) != len(labels):
        raise InputError(
            f"The file {name} holds {count(len(images))} images, but {other} {count(len(labels))} labels; give the "
            "two that belong together."
        )
    return Digits(name, *formats.check(images, labels, f"{name} and {other}"))
