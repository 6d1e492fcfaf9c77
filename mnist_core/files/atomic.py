"""Atomic writes and careful reads: a file is either whole or not there, and JSON from outside is only data."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mnist_core.errors import InputError, is_of_disk, not_read
from mnist_core.files import disk, folders, leftovers
from mnist_core.language import gettext

# The notes on a dataset are the largest of the lab's own.
MOST_JSON = 50_000_000

# Who may read a file: on a cluster's shared folder others must; what opens the engine its owner alone may.
READ_BY_ALL, OWNER_ALONE = 0o644, 0o600


@contextlib.contextmanager
def replacing(path: Path, mode: int = READ_BY_ALL) -> Iterator[Path]:
    """Yields a temporary path beside `path`; what was written there replaces `path` in one step at the end.

    The temporary name keeps the suffix, because Keras and NumPy look at it. On an error `path` stays as it was.
    """
    handle, name = tempfile.mkstemp(prefix=leftovers.mark(leftovers.WRITING), suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("r+b") as file:  # Windows syncs only what is open for writing
            os.fsync(file.fileno())
        temporary.chmod(mode)  # until now its owner alone could read it, as mkstemp has it
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    """Renames; on Windows that fails while somebody reads the old file, which never takes long."""
    for attempt in range(20):
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if attempt == 19:
                raise
            time.sleep(0.05)


def stamp(path: Path | None) -> tuple[int, ...]:
    """Returns what is another value after each write to a file; empty where there is none that can be seen."""
    try:
        stat = path.stat() if path else None
    except (OSError, ValueError):  # no file can have a name with a NUL in it
        return ()
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size) if stat else ()


def write_bytes(path: Path, content: bytes, mode: int = READ_BY_ALL) -> None:
    with replacing(path, mode) as temporary:
        temporary.write_bytes(content)


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a temporary file that then replaces `path`."""
    with replacing(path) as temporary:
        write(temporary)


def write_json(path: Path, value: Any, mode: int = READ_BY_ALL) -> None:
    write_bytes(path, _as_json(value), mode)


def write_json_anyhow(path: Path, value: Any) -> None:
    """Writes a small JSON file also on a full disk: over the old one, in the block that it has there already.

    Then only a crash of the machine in this instant could leave half of it. Raises OSError where there is no old one.
    """
    content = _as_json(value)
    try:
        write_bytes(path, content)
    except OSError as error:
        if not disk.is_full(error):
            raise
        _write_over(path, content, error)


def _write_over(path: Path, content: bytes, why: OSError) -> None:
    """Writes over a file in one go; spaces at the end of JSON mean nothing."""
    try:
        with path.open("r+b", buffering=0) as file:
            there = os.fstat(file.fileno())
            if len(content) > max(there.st_size, 512 * getattr(there, "st_blocks", 0)):
                raise why
            file.write(content.ljust(there.st_size))
    except OSError:
        raise why from None


def _as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """Reads a JSON file; raises InputError with one sentence if it is missing, may not be read, or is broken."""
    where = gettext("The file {path_name} in {parent_name}", path_name=path.name, parent_name=path.parent.name)
    try:
        text = folders.read_bytes(path, MOST_JSON).decode()
        value = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a character could not be written again
        return value
    except FileNotFoundError:
        raise InputError(
            gettext(
                "The file {path_name} is missing in {parent_name}; the folder is incomplete.",
                path_name=path.name,
                parent_name=path.parent.name,
            )
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        # A folder, or a file for a folder, that lies in its place is damage.
        if is_of_disk(error) and not isinstance(error, IsADirectoryError | NotADirectoryError):
            raise not_read(gettext("{where} cannot be read", where=where), error) from error
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            gettext("{where} is not readable JSON ({reason}); the folder is damaged.", where=where, reason=reason)
        ) from error
