"""How much a zip file lists, looked at before the list is read: each entry costs memory and time, however small."""

import struct
from pathlib import Path

from mnist_core.errors import InputError
from mnist_core.phrases import count

# The record at a zip file's end: number of entries, bytes that their list takes, where that begins, length of a comment
# (PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3.16).
END = struct.Struct("<4s6xHIIH")
END_MARK = b"PK\x05\x06"
LONGEST_COMMENT = 65_535
LEAST_BYTES_AN_ENTRY = 46


def check(path: Path, most_entries: int, most_bytes_an_entry: int = 250) -> None:
    """Refuses a zip file that lists more than so many entries, without reading its list.

    A file without such a record is left to whoever opens it.

    Raises:
        InputError: It lists too much.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(size - END.size - LONGEST_COMMENT, 0)
        file.seek(start)
        tail = file.read()
    place = tail.rfind(END_MARK)
    if place < 0 or place + END.size > len(tail):
        return
    _, entries, length, *_ = END.unpack_from(tail, place)
    # The record of the larger kind of zip file would stand before this one, which then says 65,535.
    listed = max(entries, length // most_bytes_an_entry)
    if listed > most_entries or entries == 0xFFFF:
        raise InputError(
            f"The file {path.name} lists {count(listed)} files or more; at most {count(most_entries)} are read."
        )
