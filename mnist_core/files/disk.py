"""Whether it is a full disk why something failed, whichever library was writing."""

import errno
import os

from mnist_core.errors import LabError

# A quota that is used up is a disk that is full for those who have it.
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


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
