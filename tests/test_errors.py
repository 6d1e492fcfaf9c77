import errno
import gzip
import os
from pathlib import Path

import pytest

from mnist_core import errors
from mnist_core.errors import InputError


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; free space, then try again."),
        (errno.EROFS, "its disk can only be read; let the lab write there, or choose another folder with $MNIST_HOME."),
        (errno.EACCES, "the lab does not have the right to; let the lab write there, or choose another folder with "),
        (errno.ENOENT, "a file or folder is no longer there; try again."),
        (errno.EIO, "the disk reports a fault; check the disk, then try again."),
        (errno.EXDEV, "Invalid cross-device link; try again."),
    ],
)
def test_the_reason_why_nothing_was_written_in_one_sentence_without_a_path(number: int, words: str) -> None:
    said = errors.not_written("The recipe cannot be written", OSError(number, os.strerror(number), "/srv/lab/one.json"))
    assert str(said).startswith(f"The recipe cannot be written: {words}") and "/srv" not in str(said)
    assert not isinstance(said, InputError)


def test_a_file_that_may_not_be_read() -> None:
    for number, words in (
        (errno.EACCES, "the lab does not have the right to; let the lab's user read it."),
        (errno.ENOENT, "there is no such file; check its name and place."),
        (errno.EIO, "the disk reports a fault; check the disk, then try again."),
    ):
        said = errors.not_read("The file pins.npz cannot be read", OSError(number, os.strerror(number)))
        assert isinstance(said, InputError) and str(said) == f"The file pins.npz cannot be read: {words}"


def test_damage_is_not_the_disks(tmp_path: Path) -> None:
    path = tmp_path / "one.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(gzip.BadGzipFile) as damage, gzip.open(path) as file:
        file.read()
    assert not errors.is_of_disk(damage.value) and not errors.is_of_disk(ValueError("28"))
    assert errors.is_of_disk(OSError(errno.EROFS, "Read-only file system"))
