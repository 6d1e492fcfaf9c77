"""The two errors that people see. Their message is one sentence: what happened, what was expected, what to do.

What a disk refuses says nothing about the file that was to be read or written; `not_written` and `not_read` say what it
was instead, without a path, which is the server's.
"""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Self, TypeGuard

from mnist_core.language import N_, Marked, gettext, printable


class LabError(Exception):
    """Something failed although the input was right.

    What a terminal would obey, or what breaks the sentence into lines, may come from outside: it becomes `?`.
    """

    # What a program ends with that says it.
    exit_code = 1
    # Where the file lies that it is about: said on the command line and in the log, but not to those who visit a page.
    place: Path | None = None

    def __init__(self, sentence: str) -> None:
        # The sentence as it was said, for `language.apart`.
        self.said = gettext(sentence) if isinstance(sentence, Marked) else sentence
        super().__init__(printable(self.said))

    def at(self, place: Path | None) -> Self:
        """Says where the file lies; returns the error."""
        self.place = place
        return self

    @property
    def with_place(self) -> str:
        """The sentence for somebody at the machine."""
        return gettext("{self} The file is {place}.", self=self, place=self.place) if self.place else str(self)


class InputError(LabError):
    """What a person or a file gave cannot be used."""

    exit_code = 2


_NO_RIGHT = N_("the lab does not have the right to")
_FULL = N_("free space, then try again")
_ELSEWHERE = N_("let the lab write there, or choose another folder with $MNIST_HOME")
_GONE = N_("a file or folder is no longer there"), N_("try again")
_IN_THE_WAY = (
    N_("something else lies where a file or folder of the lab should be"),
    N_("move it away, or choose another folder with $MNIST_HOME"),
)
_OPEN = N_("too many files are open"), N_("try again in a moment")

# For each error number: the reason, and what to do. Numbers that are missing may come from what a file holds.
_REFUSALS: Mapping[int | None, tuple[str, str]] = {
    errno.ENOSPC: (N_("the disk is full"), _FULL),
    errno.EDQUOT: (N_("this user's share of the disk is full"), _FULL),
    errno.EROFS: (N_("its disk can only be read"), _ELSEWHERE),
    errno.EACCES: (_NO_RIGHT, _ELSEWHERE),
    errno.EPERM: (_NO_RIGHT, _ELSEWHERE),
    errno.ENOENT: _GONE,
    errno.ESTALE: _GONE,
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.EMFILE: _OPEN,
    errno.ENFILE: _OPEN,
    errno.EIO: (N_("the disk reports a fault"), N_("check the disk, then try again")),
}
_READING = {
    errno.ENOENT: (N_("there is no such file"), N_("check its name and place")),
    errno.EACCES: (_NO_RIGHT, N_("let the lab's user read it")),
    errno.EPERM: (_NO_RIGHT, N_("let the lab's user read it")),
    errno.EISDIR: (N_("it is a folder"), N_("name a file, or move it away")),
    errno.ENOTDIR: (N_("there is no such file"), N_("check its name and place")),
}


def is_of_disk(error: BaseException) -> TypeGuard[OSError]:
    """Whether the disk, or the rights on it, are the reason of an error, and not what a file holds."""
    return isinstance(error, OSError) and error.errno in _REFUSALS


def refusal(error: OSError) -> str:
    """The reason alone why a disk did not take or hand out something."""
    return _of(error)[0]


def not_written(what: str, error: OSError) -> LabError:
    """`what` says what did not work, such as "The recipe cannot be written"; also of deleting and moving."""
    reason, advice = _of(error)
    return LabError(gettext("{what}: {reason}; {advice}.", what=what, reason=reason, advice=advice))


class NotReadError(InputError):
    """The disk does not hand a file out: there may be nothing wrong with the file, and nothing may take its place."""


def not_read(what: str, error: OSError) -> NotReadError:
    """`what` says what did not work, such as "The file pins.npz cannot be read"."""
    reason, advice = _of_reading(error)
    return NotReadError(gettext("{what}: {reason}; {advice}.", what=what, reason=reason, advice=advice))


def model_not_read(name: str, error: Exception) -> LabError:
    """Of the model of a run, which need not be there yet, or holds what its reader does not take."""
    reason = _of_reading(error)[0] if isinstance(error, OSError) else error
    return LabError(
        gettext(
            "The model of {name} cannot be loaded ({reason}); train it again or choose another.",
            name=name,
            reason=reason,
        )
    )


def check_disk(name: str, error: Exception) -> None:
    """Raises NotReadError where it was the disk, and not the file with this name, why something could not be read."""
    if is_of_disk(error):
        raise not_read(gettext("The file {name} cannot be read", name=name), error) from error


def _of_reading(error: OSError) -> tuple[str, str]:
    return _READING.get(error.errno or 0) or _of(error)


def _of(error: OSError) -> tuple[str, str]:
    return _REFUSALS.get(error.errno, (error.strerror or type(error).__name__, gettext("try again")))
