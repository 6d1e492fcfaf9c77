"""What people call a run and what they note about it: `label.json` in its folder."""

import functools
from dataclasses import dataclass
from pathlib import Path

from mnist_core.errors import InputError, NotReadError
from mnist_core.files import atomic
from mnist_core.files.records import Record
from mnist_core.formatting import count
from mnist_core.language import N_, gettext

LONGEST_NAME = 60
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class RunLabel(Record):
    """A name in one line and a note in many; both may be empty."""

    name: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _check(N_("name"), self.name, LONGEST_NAME)
        _check(N_("note"), self.note, LONGEST_NOTE)
        if not self.name.isprintable() or self.name != self.name.strip():
            raise InputError(
                gettext("The name must be one line of printable characters, with no space before or after it.")
            )
        if any(not (character.isprintable() or character in "\n\t") for character in self.note):
            raise InputError(gettext("The note holds a control character; type it again."))


def _check(what: str, text: object, longest: int) -> None:
    if not isinstance(text, str) or len(text) > longest:
        found = (
            gettext("has {number} characters", number=count(len(text)))
            if isinstance(text, str)
            else gettext("is not text")
        )
        raise InputError(
            gettext(
                "The {what} {found}; at most {longest} characters of text can be kept.",
                what=what,
                found=found,
                longest=count(longest),
            )
        )


def load(path: Path) -> RunLabel:
    """Reads a label; a run without one, or with a damaged one, has neither name nor note."""
    try:
        return _read(path, atomic.stamp(path))
    except NotReadError:  # not remembered: the next look may find it
        return RunLabel()


@functools.lru_cache(maxsize=4096)
def _read(path: Path, stamp: tuple[int, ...]) -> RunLabel:
    """Reads a label once; tables name a hundred runs at every look."""
    try:
        return RunLabel.load(path)
    except NotReadError:
        raise
    except InputError:
        return RunLabel()
