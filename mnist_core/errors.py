"""The two errors that people see. Their message is one sentence: what happened, what was expected, what to do.

What a disk refuses says nothing about the file that was to be read or written; `not_written` and `not_read` say what it
was instead, without a path, which is the server's.
"""

import errno
from collections.abc import Mapping


class LabError(Exception):
    """Something failed although the input was right (exit code 1)."""


class InputError(LabError):
    """What a person or a file gave cannot be used (exit code 2)."""


_NO_RIGHT = "the lab does not have the right to"
_FULL = "free space, then try again"
_ELSEWHERE = "let the lab write there, or choose another folder with $MNIST_HOME"
_GONE = "a file or folder is no longer there", "try again"
_IN_THE_WAY = "something else lies in that place", "move it away, then try again"
_OPEN = "too many files are open", "try again in a moment"

# For each error number: the reason, and what to do. Numbers that are missing may come from what a file holds.
_REFUSALS: Mapping[int | None, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("this user's share of the disk is full", _FULL),
    errno.EROFS: ("its disk can only be read", _ELSEWHERE),
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
    errno.EIO: ("the disk reports a fault", "check the disk, then try again"),
}
_RIGHT_TO_READ = "let the lab's user read it"


def is_of_disk(error: BaseException) -> bool:
    """Whether the disk, or the rights on it, are the reason of an error, and not what a file holds."""
    return isinstance(error, OSError) and error.errno in _REFUSALS


def not_written(what: str, error: OSError) -> LabError:
    """`what` says what did not work, such as "The recipe cannot be written"; also of deleting and moving."""
    reason, advice = _of(error)
    return LabError(f"{what}: {reason}; {advice}.")


def not_read(what: str, error: OSError) -> InputError:
    """`what` says what did not work, such as "The file pins.npz cannot be read"."""
    reason, advice = _of(error)
    return InputError(f"{what}: {reason}; {_RIGHT_TO_READ if advice == _ELSEWHERE else advice}.")


def _of(error: OSError) -> tuple[str, str]:
    return _REFUSALS.get(error.errno, (error.strerror or type(error).__name__, "try again"))
