"""How much a zip file lists, looked at before the list is read: each entry costs memory and time, however small."""

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from mnist_core.errors import InputError
from mnist_core.phrases import count

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


def check(path: Path, most_entries: int, most_bytes_an_entry: int = 250) -> None:
    """Refuses a zip file that lists more than so many entries, or is of the kind for more, without reading its list.

    A file without such a record is left to whoever opens it.

    Raises:
        InputError: It lists too much.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - END.size - LONGEST_COMMENT - LARGE_BYTES, 0))
        tail = file.read()
    # The last whole record: what looks like another one's beginning inside it, or behind it, is none.
    place = tail.rfind(END_MARK, 0, max(len(tail) - END.size + len(END_MARK), 0))
    if place < 0:
        return
    _, entries, length, *_ = END.unpack_from(tail, place)
    # `zipfile` believes what stands there, whatever this record says.
    if tail.startswith(LARGE_MARK, max(place - LARGE_BYTES, 0)):
        raise InputError(
            f"The file {path.name} is packed as ZIP64, which is for 65,535 files and more; at most "
            f"{count(most_entries)} are read, so pack it as an ordinary zip file."
        )
    listed = max(entries, length // most_bytes_an_entry)
    if listed > most_entries or entries == 0xFFFF:
        raise InputError(
            f"The file {path.name} lists {count(listed)} files or more; at most {count(most_entries)} are read."
        )
