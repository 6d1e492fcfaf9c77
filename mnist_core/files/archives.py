"""Zip files from outside: only the members that are expected, and their sizes checked before anything is read."""

import contextlib
import json
import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from mnist_core.errors import InputError, check_disk, is_of_disk
from mnist_core.files import folders
from mnist_core.formatting import count, readable, size
from mnist_core.language import gettext

# What a process that reads such a file may ask the system for, its libraries included.
SYSTEM_MEMORY = 300_000_000
MOST_MEMBERS = 1000
MOST_NAMED = 8
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# The record at a zip file's end: number of entries, bytes that their list takes, where that begins, length of a comment
# (PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3.16).
END = struct.Struct("<4s6xHIIH")
END_MARK = b"PK\x05\x06"
# Behind the record; `zipfile` looks through as much, a byte more than a comment can have.
LONGEST_COMMENT = 1 << 16
# Stands right before the record of a zip file of the larger kind, whose own list counts then (4.3.15).
LARGE_MARK, LARGE_BYTES = b"PK\x06\x07", 20

# What a damaged archive raises when it is read: from the container or its compression.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextlib.contextmanager
def open_zip(path: Path, most_entries: int, name: str = "") -> Iterator[zipfile.ZipFile]:
    """Opens a zip file once, to check its list (`check_list`) and to use it; raises one of `DAMAGE`, too.

    `name` is what sentences call it, if not as it lies there.
    """
    with folders.opened(path) as file:
        check_list(file, name or path.name, most_entries)
        with zipfile.ZipFile(file) as archive:
            yield archive


def check_list(file: IO[bytes], name: str, most_entries: int, most_bytes_an_entry: int = 250) -> None:
    """Refuses a zip file that lists more than so many entries, or is of the kind for more, without reading its list.

    Each entry costs memory and time, however small. A file without such a record is left to whoever opens it.
    """
    length = file.seek(0, 2)
    file.seek(max(length - END.size - LONGEST_COMMENT - LARGE_BYTES, 0))
    tail = file.read()
    # The last whole record: what looks like another one's beginning inside it, or behind it, is none.
    place = tail.rfind(END_MARK, 0, max(len(tail) - END.size + len(END_MARK), 0))
    if place < 0:
        return
    _, entries, list_bytes, *_ = END.unpack_from(tail, place)
    # `zipfile` believes what stands there, whatever this record says.
    if tail.startswith(LARGE_MARK, max(place - LARGE_BYTES, 0)):
        raise InputError(
            gettext(
                "The file {name} is packed as ZIP64, which is for 65,535 files and more; at most "
                "{most_entries} are read, so pack it as an ordinary zip file.",
                name=name,
                most_entries=count(most_entries),
            )
        )
    listed = max(entries, list_bytes // most_bytes_an_entry)
    if listed > most_entries or entries == 0xFFFF:
        raise InputError(
            gettext(
                "The file {name} lists {listed} files or more; at most {most_entries} are read.",
                name=name,
                listed=count(listed),
                most_entries=count(most_entries),
            )
        )


class Archive:
    """The members of an open archive whose names and declared sizes are known to be good."""

    def __init__(self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], what: str) -> None:
        self._archive, self._members, self._what = archive, members, what

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Returns a member's bytes, as many as it declares; raises InputError if they are not there."""
        with self._explained(name):
            content = self._archive.read(self._members[name])
            self._check_length(name, len(content))
        return content

    def copy(self, name: str, path: Path) -> None:
        """Writes a member to a file, piece by piece; raises InputError if it is not complete."""
        with self.stream(name) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            self._check_length(name, target.tell())

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """Opens a member to be read in pieces; raises InputError where it is damaged."""
        with self._explained(name), self._archive.open(self._members[name]) as file:
            yield file

    def _check_length(self, name: str, length: int) -> None:
        declared = self._members[name].file_size
        if length != declared:  # zipfile itself only sees to it that there are no more
            raise ValueError(f"it declares {count(declared)} bytes but holds {count(length)}")

    def json(self, name: str) -> dict[str, Any]:
        """Reads a member as one JSON object; raises InputError if it is not one."""
        return json_object(self.read(name), gettext("The {name} in {what}", name=name, what=self._what))

    def text(self, name: str) -> str:
        """Reads a member as UTF-8 text; raises InputError if it is not one."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError:
            raise InputError(
                gettext("The {name} in {what} is not text in UTF-8; save the file again.", name=name, what=self._what)
            ) from None

    @contextlib.contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except DAMAGE as error:
            if is_of_disk(error):  # of a disk that it is copied to, mostly
                raise
            raise InputError(
                gettext(
                    "The {name} in {what} is damaged ({error}); get or save the file again.",
                    name=name,
                    what=self._what,
                    error=readable(str(error), 120),
                )
            ) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds {name}")


@contextlib.contextmanager
def opened(path: Path, what: str, needed: Mapping[str, int], optional: Mapping[str, int]) -> Iterator[Archive]:
    """Opens a zip file whose members may have these names only, each with the most bytes it may hold.

    `what` is what sentences call it. Raises InputError if it is not a zip file, lacks a member, or has one that is
    unknown, double, a link, encrypted or too large.
    """
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(open_zip(path, MOST_MEMBERS))
        except InputError:
            raise InputError(
                gettext("{what} lists thousands of files; expected {needed} alone.", what=what, needed=_listed(needed))
            ) from None
        except DAMAGE as error:
            check_disk(path.name, error)
            raise InputError(
                gettext(
                    "{what} is not a complete zip file, which such a file must be; get or save it again.", what=what
                )
            ) from error
        members: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            _check(info, what, {**needed, **optional})
            if info.filename in members:
                raise InputError(
                    gettext(
                        "{what} holds {filename} twice, so it is unclear which one counts; save it again.",
                        what=what,
                        filename=info.filename,
                    )
                )
            members[info.filename] = info
        missing = [name for name in needed if name not in members]
        if missing:
            raise InputError(
                gettext(
                    "{what} lacks {missing}, which such a file must hold; get or save it again.",
                    what=what,
                    missing=missing[0],
                )
            )
        yield Archive(archive, members, what)


def _check(info: zipfile.ZipInfo, what: str, most: Mapping[str, int]) -> None:
    if info.filename not in most:
        name = readable(info.filename)
        raise InputError(
            gettext(
                "{what} holds '{name}', which is not read; expected {most} alone.",
                what=what,
                name=name,
                most=_listed(most),
            )
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError(
            gettext(
                "The {filename} in {what} is a link to another file, which is never followed.",
                filename=info.filename,
                what=what,
            )
        )
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise InputError(
            gettext(
                "The {filename} in {what} is encrypted or packed in an unusual way; save it again.",
                filename=info.filename,
                what=what,
            )
        )
    if info.file_size > most[info.filename]:
        raise InputError(
            gettext(
                "The {filename} in {what} declares {file_size}; at most {most} are read.",
                filename=info.filename,
                what=what,
                file_size=size(info.file_size),
                most=size(most[info.filename]),
            )
        )


def _listed(names: Iterable[str]) -> str:
    """Names what an archive may hold, as far as a sentence goes."""
    known = sorted(names)
    return ", ".join(known[:MOST_NAMED]) + (
        gettext(" and {known} more", known=len(known) - MOST_NAMED) if len(known) > MOST_NAMED else ""
    )


def json_object(text: bytes | str, where: str) -> dict[str, Any]:
    """Reads a text from outside as one JSON object; raises InputError, which begins with `where`, if it is not one."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half a character could not be written again
    except (ValueError, RecursionError) as error:
        reason = gettext("it is nested too deeply") if isinstance(error, RecursionError) else str(error)[:80]
        raise InputError(
            gettext("{where} is not valid JSON ({reason}); save the file again.", where=where, reason=reason)
        ) from error
    if not isinstance(value, dict):
        raise InputError(gettext("{where} holds no JSON object; save the file again.", where=where))
    return value
