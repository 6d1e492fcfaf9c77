"""NumPy archives (.npz): the one way to write them, and to read them as data, whoever has written them.

Nothing is unpickled, and an array's declared size is checked before it is read.
"""

import contextlib
import math
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives, atomic, folders, records
from mnist_core.formatting import count, readable
from mnist_core.language import gettext

MOST_BYTES = 1_000_000_000
MOST_ARRAYS = 5000
LARGEST_HEADER = 1000
PIECE = 1 << 20


# --- Writing ---------------------------------------------------------------------------------------------------------


def save(temporary: Path, /, **arrays: np.ndarray) -> None:
    """Writes arrays into a file that the caller puts in its place itself; `write` does both."""
    # mypy takes a name such as `allow_pickle` for possible.
    np.savez(temporary, **arrays)  # type: ignore[arg-type]


def write(path: Path, /, **arrays: np.ndarray) -> None:
    """Writes arrays, atomically."""
    atomic.write_with(path, lambda temporary: save(temporary, **arrays))


def write_compressed(path: Path, /, **arrays: np.ndarray) -> None:
    """Writes arrays compressed, atomically."""
    atomic.write_with(path, lambda temporary: np.savez_compressed(temporary, **arrays))  # type: ignore[arg-type]


def write_own(path: Path, /, **arrays: np.ndarray) -> None:
    """Writes arrays of a run compressed, atomically, with the number of their format."""
    write_compressed(path, **records.numbered(arrays))


# --- Reading ---------------------------------------------------------------------------------------------------------


def read(path: Path, names: tuple[str, ...], most_bytes: int = MOST_BYTES) -> list[np.ndarray]:
    """Reads named arrays, none of them larger than `most_bytes`; what else is in the archive is not looked at.

    Raises InputError if the archive is missing or damaged, lacks an array, or declares a larger one.
    """
    with _opened(path) as (archive, members):
        return _read_members(archive, members, path, names, most_bytes)


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each array that an archive holds numbers in, without reading any; errors as `read`."""
    found = {}
    with _opened(path) as (archive, members):
        for name, info in members.items():
            with archive.open(info) as file:
                shape, _, dtype = _read_header(
                    file, gettext("array {name} in {path_name}", name=readable(name, 40), path_name=path.name)
                )
            if dtype.kind in "biuf":
                found[name] = shape
    return found


def shape_of_array(path: Path) -> tuple[int, ...] | None:
    """Returns the shape of an .npy file, None where it holds no numbers; raises InputError if it is damaged."""
    with _array_opened(path) as file:
        shape, _, dtype = _read_header(file, gettext("array {path_name}", path_name=readable(path.name, 40)))
    return shape if dtype.kind in "biuf" else None


def read_array(path: Path, most_bytes: int = MOST_BYTES) -> np.ndarray:
    """Reads an .npy file; raises InputError if it is damaged, holds Python objects, or declares more bytes."""
    with _array_opened(path) as file:
        return _read_array(file, gettext("array {path_name}", path_name=readable(path.name, 40)), most_bytes)


@contextlib.contextmanager
def _array_opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with folders.opened(path) as file:
            yield file
    except (OSError, ValueError) as error:
        check_disk(path.name, error)
        raise InputError(
            gettext(
                "The file {path_name} is no sound NumPy array ({error}); save it again.",
                path_name=path.name,
                error=error,
            )
        ) from error


def read_own(path: Path, names: tuple[str, ...], most_bytes: int = MOST_BYTES) -> list[np.ndarray]:
    """Reads named arrays of a run; as `read`, and raises NewerError where a newer lab wrote them."""
    with _opened(path) as (archive, members):
        _check_format(archive, members, path)
        return _read_members(archive, members, path, names, most_bytes)


def read_all(path: Path, most_bytes: int = MOST_BYTES) -> dict[str, np.ndarray]:
    """Reads all arrays of a run by their names; as `read_own`."""
    with _opened(path) as (archive, members):
        _check_format(archive, members, path)
        return {
            name: _read_member(archive, info, path, most_bytes)
            for name, info in members.items()
            if name != records.FORMAT
        }


def read_only(path: Path, most_bytes: Mapping[str, int], what: str) -> list[np.ndarray]:
    """Reads an archive that may hold these arrays only, as it does nothing else; `what` is what sentences call it.

    Raises InputError if the archive is damaged, lacks an array, or holds another one, or a larger one.
    """
    largest = {f"{name}.npy": most + LARGEST_HEADER for name, most in most_bytes.items()}
    arrays = []
    with archives.opened(path, what, largest, {}) as archive:
        for name, most in most_bytes.items():
            with archive.stream(f"{name}.npy") as file:
                arrays.append(_read_array(file, gettext("array {name} in {what}", name=name, what=what), most))
    return arrays


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    try:
        with archives.open_zip(path, MOST_ARRAYS) as archive:
            yield archive, {Path(info.filename).stem: info for info in archive.infolist()}
    except archives.DAMAGE as error:
        check_disk(path.name, error)
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise InputError(
            gettext(
                "The file {path_name} is not a complete .npz archive ({reason}); get it again.",
                path_name=path.name,
                reason=readable(reason, 120),
            )
        ) from error


def _read_members(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], path: Path, names: tuple[str, ...], most_bytes: int
) -> list[np.ndarray]:
    missing = [name for name in names if name not in members]
    if missing:
        raise InputError(
            gettext(
                "The file {path_name} lacks the array {missing}; it has {named}, expected {names}.",
                path_name=path.name,
                missing=missing[0],
                named=_named(members),
                names=", ".join(names),
            )
        )
    return [_read_member(archive, members[name], path, most_bytes) for name in names]


def _check_format(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], path: Path) -> None:
    if records.FORMAT in members:
        number = _read_member(archive, members[records.FORMAT], path, LARGEST_HEADER)
        if number.dtype.kind in "iu" and number.ndim == 0:
            records.check(int(number), records.NEWEST_ARRAYS, path)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, most_bytes: int) -> np.ndarray:
    with archive.open(info) as file:
        return _read_array(
            file, gettext("array {stem} in {path_name}", stem=Path(info.filename).stem, path_name=path.name), most_bytes
        )


def _read_array(file: IO[bytes], where: str, most_bytes: int) -> np.ndarray:
    """Reads one array after comparing what its header declares with the bytes that are there.

    Raises InputError if these differ or it cannot be read, and ValueError if no array can be as it declares.
    """
    shape, fortran, dtype = _read_header(file, where)
    if dtype.hasobject:
        raise InputError(
            gettext("The {where} holds Python objects, which are never read; expected numbers 0 to 255.", where=where)
        )
    length = math.prod(shape) * dtype.itemsize
    if length > most_bytes:
        raise InputError(
            gettext(
                "The {where} declares {length} bytes; at most {most_bytes} are read.",
                where=where,
                length=count(length),
                most_bytes=count(most_bytes),
            )
        )
    content, found = fill(file, length)
    if found != length:
        raise InputError(
            gettext(
                "The {where} declares {length} bytes but holds {found} or more; get it again.",
                where=where,
                length=count(length),
                found=count(found),
            )
        )
    try:
        return content.view(dtype).reshape(shape, order="F" if fortran else "C")
    except TypeError as error:
        raise ValueError(str(error)) from error


def _read_header(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Returns shape, whether the order is Fortran's, and type."""
    try:
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
            version
        ]
        return read_header(file)
    except (ValueError, KeyError, SyntaxError, TypeError, RecursionError, tokenize.TokenError) as error:
        raise InputError(
            gettext("The header of the {where} is damaged; expected a NumPy array, save it again.", where=where)
        ) from error


def fill(file: IO[bytes], length: int) -> tuple[np.ndarray, int]:
    """Reads so many bytes, uint8 `[length]`, and says how many there were, one more standing for any number more.

    Memory is used as it is filled, so that a header that promises much costs nothing.
    """
    content = np.empty(length, np.uint8)
    found = 0
    while piece := file.read(min(length - found, PIECE)):
        content[found : found + len(piece)] = np.frombuffer(piece, np.uint8)
        found += len(piece)
    return content, found + len(file.read(1))


def _named(members: dict[str, zipfile.ZipInfo]) -> str:
    """Names what an archive holds, as far as a sentence goes."""
    return readable(", ".join(sorted(members)[:50]), 80) or "none"
