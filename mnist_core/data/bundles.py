"""What lies in a folder or a zip file: listed by its path inside, checked before anything is read, read one by one.

Of a zip nothing is unpacked but what is asked for, and nothing under a name of its own.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives, folders, kinds
from mnist_core.formatting import count, readable, size
from mnist_core.language import gettext
from mnist_core.preprocessing import picture_files

# Pictures, about half a millisecond each; folders and the notes that macOS adds to each file come on top.
MOST_FILES = 20_000
LARGEST_FILE = 500_000_000
LARGEST_PICTURE = 30_000_000
LARGEST_IN_ALL = 400_000_000
LONGEST_NAME = 60
DEEPEST = 8  # folders


@dataclass(frozen=True)
class Limits:
    """How much a folder or a zip may hold."""

    files: int = MOST_FILES
    bytes: int = LARGEST_IN_ALL


@dataclass(frozen=True)
class Bundle:
    """A folder or an open zip file."""

    path: Path
    members: Mapping[str, zipfile.ZipInfo | Path]  # by their paths inside, parted by `/`
    archive: zipfile.ZipFile | None = None  # None for a folder

    @property
    def what(self) -> str:
        """What sentences call it."""
        if self.archive:
            return gettext("The file {path_name}", path_name=self.path.name)
        return gettext("The folder {path_name}", path_name=self.path.name)

    def size(self, name: str) -> int:
        """Returns how many bytes a file has, as it declares."""
        member = self.members[name]
        return member.stat().st_size if isinstance(member, Path) else member.file_size

    def read(self, name: str) -> bytes:
        """Returns a file's bytes; raises InputError if they are damaged or too many."""
        member = self.members[name]
        if isinstance(member, Path):
            try:
                return folders.read_bytes(member, LARGEST_PICTURE)
            except OSError as error:
                check_disk(member.name, error)
                raise InputError(
                    gettext(
                        "The file {member_name} cannot be read ({strerror}); take it out.",
                        member_name=member.name,
                        strerror=error.strerror,
                    )
                ) from error
        assert self.archive
        with whole(self.path):
            return self.archive.read(member)

    def at(self, name: str, folder: Path) -> Path:
        """Returns where a file lies; one of a zip is unpacked into a folder of its own in `folder`."""
        member = self.members[name]
        if isinstance(member, Path):
            return member
        assert self.archive
        # A zip takes names that no file system does.
        path = folder / str(len(list(folder.iterdir()))) / PurePosixPath(name).name[-LONGEST_NAME:]
        path.parent.mkdir()
        with whole(self.path), self.archive.open(member) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return path


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Yields a folder for what is unpacked, which is gone afterwards: file by file, each by its whole path."""
    folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
    try:
        yield folder
    finally:
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


@contextlib.contextmanager
def whole(path: Path) -> Iterator[None]:
    """Puts into a sentence what a damaged zip file raises where it is opened or read."""
    try:
        yield
    except archives.DAMAGE as error:
        check_disk(path.name, error)
        reason = readable(str(error), 120)
        raise InputError(
            gettext(
                "The file {path_name} is not a complete zip file ({reason}); pack it again.",
                path_name=path.name,
                reason=reason,
            )
        ) from error


@contextlib.contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Bundle]:
    """Opens a folder or a zip; raises InputError where it holds what none should, or too much, or is damaged."""
    if path.is_dir():
        yield Bundle(path, _in_folder(path, limits))
        return
    kinds.check(path, gettext("a zip file"), (kinds.ZIP, kinds.NPZ, None))
    with contextlib.ExitStack() as stack:
        with whole(path):
            archive = stack.enter_context(archives.open_zip(path, 2 * limits.files))
        yield Bundle(path, _in_zip(archive, path.name, limits), archive)


def _in_folder(folder: Path, limits: Limits) -> dict[str, Path]:
    """The files below a folder; links deeper inside, which nobody has looked at, are not followed."""
    found: dict[str, Path] = {}
    for place, within, names in os.walk(folder):
        here = Path(place)
        depth = len(here.relative_to(folder).parts)
        within[:] = sorted(name for name in within if depth < DEEPEST and not name.startswith("."))
        for name in sorted(names):
            path = here / name
            inside = path.relative_to(folder).as_posix()
            if not _is_note(inside) and not (depth and path.is_symlink()) and folders.is_file(path):
                found[inside] = path
        if len(found) > limits.files:
            raise InputError(
                gettext(
                    "The folder {folder_name} holds more than {files} files; name one of them.",
                    folder_name=folder.name,
                    files=count(limits.files),
                )
            )
    return found


def _in_zip(archive: zipfile.ZipFile, title: str, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """The files that count by their path, after making sure that none of them is dangerous or too large."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")  # some programs of Windows write it so
        if name.endswith("/") or _is_note(name):
            continue
        problem = gettext("is in there twice") if name in members else _problem(name, info)
        if problem:
            raise InputError(
                gettext(
                    "The file '{name}' in {title} {problem}; pack the zip again.",
                    name=readable(name, LONGEST_NAME),
                    title=title,
                    problem=problem,
                )
            )
        members[name] = info
    if len(members) > limits.files:
        raise InputError(
            gettext(
                "The file {title} holds {members} files; at most {files} are read at once.",
                title=title,
                members=count(len(members)),
                files=count(limits.files),
            )
        )
    total = sum(info.file_size for info in members.values())
    if total > limits.bytes:
        raise InputError(
            gettext(
                "The file {title} unpacks to {total}; at most {bytes} are read.",
                title=title,
                total=size(total),
                bytes=size(limits.bytes),
            )
        )
    return members


def _is_note(name: str) -> bool:
    """Whether a file is not the person's, but one that macOS and others keep beside theirs."""
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1:] in ((), ("Thumbs.db",), ("desktop.ini",))


def _problem(name: str, info: zipfile.ZipInfo) -> str:
    if name.startswith("/") or re.match("[A-Za-z]:/", name) or ".." in PurePosixPath(name).parts:
        return gettext("has a path that leads out of it")
    if stat.S_ISLNK(info.external_attr >> 16):
        return gettext("is a link to another file, which is never followed")
    if info.flag_bits & 1:
        return gettext("is encrypted")
    if info.compress_type not in archives.METHODS:
        return gettext("is packed in an unusual way")
    if picture_files.is_picture(name) and info.file_size > LARGEST_PICTURE:
        return gettext(
            "unpacks to {file_size}, and a picture may have {largest_picture}",
            file_size=size(info.file_size),
            largest_picture=size(LARGEST_PICTURE),
        )
    return (
        gettext(
            "unpacks to {file_size}; at most {largest_file} are read",
            file_size=size(info.file_size),
            largest_file=size(LARGEST_FILE),
        )
        if (info.file_size > LARGEST_FILE)
        else ""
    )
