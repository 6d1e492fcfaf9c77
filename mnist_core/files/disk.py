"""What keeps the lab from writing, in words: a disk that is full, rights that are missing, a folder that is gone."""

import errno
import os

from mnist_core.errors import LabError

# A quota that is used up is a disk that is full for those who have it.
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
FULL_SENTENCE = "the disk of the lab's machine is full; delete models for good, or ask whoever looks after the machine"
_REASONS = {
    **dict.fromkeys(FULL, FULL_SENTENCE),
    errno.EROFS: "the lab's folder can only be read; ask whoever looks after the machine for the rights to write there",
    errno.EACCES: "the lab may not write there; ask whoever looks after the machine to give it the rights",
    errno.EPERM: "the lab may not write there; ask whoever looks after the machine to give it the rights",
    errno.ENOENT: "the lab's folder is not there; ask whoever looks after the machine to bring it back",
    errno.ENOTDIR: "a file lies where the lab's folder should be; ask whoever looks after the machine to move it away",
    errno.EISDIR: "a folder lies where the lab's file should be; ask whoever looks after the machine to move it away",
    errno.EIO: "the disk of the lab's machine has an error; ask whoever looks after the machine",
}


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that there is no more room on the disk.

    Libraries that write by themselves (HDF5, TensorFlow) say so in their own errors, with the system's words.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if not isinstance(error, LabError) and any(os.strerror(number) in str(error) for number in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def reason(error: BaseException) -> str:
    """Says why something could not be written or read, and what to do, without the paths of this machine."""
    if is_full(error):
        return FULL_SENTENCE
    if isinstance(error, OSError):
        number = error.errno or 0
        return _REASONS.get(number, f"the system says '{error.strerror or type(error).__name__}'; try again")
    return str(error)


def cannot(what: str, error: BaseException) -> LabError:
    """Makes the error of `what` did not work: `cannot("The recipe cannot be saved", error)`."""
    return LabError(f"{what}: {reason(error)}.")
