"""What people call a run and what they note about it: `label.json` in its folder."""

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path

from mnist_core import files
from mnist_core.errors import InputError
from mnist_core.phrases import count

LONGEST_NAME = 60
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Label:
    """A name in one line and a note in many; both may be empty.

    Attributes:
        name: At most `LONGEST_NAME` characters.
        note: At most `LONGEST_NOTE` characters.
    """

    name: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _check("name", self.name, LONGEST_NAME)
        _check("note", self.note, LONGEST_NOTE)
        if not self.name.isprintable() or self.name != self.name.strip():
            raise InputError("The name must be one line of printable characters, with no space before or after it.")
        if any(not (character.isprintable() or character in "\n\t") for character in self.note):
            raise InputError("The note holds a control character; type it anew.")

    def save(self, path: Path) -> None:
        """Writes the label, atomically."""
        files.write_json(path, dataclasses.asdict(self))


def _check(what: str, text: object, longest: int) -> None:
    if not isinstance(text, str) or len(text) > longest:
        found = f"has {count(len(text))} characters" if isinstance(text, str) else "is no text"
        raise InputError(f"The {what} {found}; at most {count(longest)} characters of text can be kept.")


def load(path: Path) -> Label:
    """Reads a label; a run without one, or with a damaged one, has neither name nor note."""
    try:
        stat = path.stat()
    except OSError:
        return Label()
    return _read(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=4096)
def _read(path: Path, version: tuple[int, ...]) -> Label:
    """Reads a label once; tables name a hundred runs at every look."""
    try:
        return Label(**files.read_json(path))
    except (InputError, TypeError):
        return Label()
