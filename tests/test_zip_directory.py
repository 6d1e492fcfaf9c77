import zipfile
from pathlib import Path

import pytest

from mnist_core import zip_directory
from mnist_core.errors import InputError
from tests.hostile_uploads import long_list


def write_zip(path: Path, entries: int, comment: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(entries):
            archive.writestr(f"{number}.txt", b"x")
        archive.comment = comment
    return path


@pytest.mark.parametrize("comment", [b"", b"a comment " * 6000], ids=["without", "with a long comment"])
def test_a_zip_that_lists_as_many_files_as_are_wanted_is_let_through(tmp_path: Path, comment: bytes) -> None:
    path = write_zip(tmp_path / "a.zip", 7, comment)
    zip_directory.check(path, 7)
    with pytest.raises(InputError, match=r"^The file a\.zip lists 7 files or more; at most 6 are read\.$"):
        zip_directory.check(path, 6)


@pytest.mark.parametrize("declared", [3, 0xFFFF], ids=["fewer than there are", "more than can be said"])
def test_the_length_of_the_list_counts_whatever_it_declares(tmp_path: Path, declared: int) -> None:
    (tmp_path / "a.zip").write_bytes(long_list(100_000, declared))
    with pytest.raises(InputError, match=r"^The file a\.zip lists [\d,]+ files or more; at most 5,000 are read\.$"):
        zip_directory.check(tmp_path / "a.zip", 5000)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06"])
def test_what_is_no_zip_is_left_to_its_reader(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    zip_directory.check(tmp_path / "a.zip", 1)
