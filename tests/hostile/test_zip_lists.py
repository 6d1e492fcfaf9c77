"""How much a zip file lists is looked at before the list is read."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import InputError
from mnist_core.files import archives
from tests.hostile.uploads import hidden_lists, long_list


def check(path: Path, most: int) -> None:
    with path.open("rb") as file:
        archives.check_list(file, path.name, most)


def write_zip(path: Path, entries: int, comment: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(entries):
            archive.writestr(f"{number}.txt", b"x")
        archive.comment = comment
    return path


@pytest.mark.parametrize("comment", [b"", b"a comment " * 6000], ids=["without", "with a long comment"])
def test_a_zip_that_lists_as_many_files_as_are_wanted_is_let_through(tmp_path: Path, comment: bytes) -> None:
    path = write_zip(tmp_path / "a.zip", 7, comment)
    check(path, 7)
    with pytest.raises(InputError, match=r"^The file a\.zip lists 7 files or more; at most 6 are read\.$"):
        check(path, 6)


@pytest.mark.parametrize("declared", [3, 0xFFFF], ids=["fewer than there are", "more than can be said"])
def test_the_length_of_the_list_counts_whatever_it_declares(tmp_path: Path, declared: int) -> None:
    (tmp_path / "a.zip").write_bytes(long_list(100_000, declared))
    with pytest.raises(InputError, match=r"^The file a\.zip lists [\d,]+ files or more; at most 5,000 are read\.$"):
        check(tmp_path / "a.zip", 5000)


@pytest.mark.parametrize("name", hidden_lists(1))
def test_whatever_list_would_be_read_is_looked_at(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(hidden_lists(100)[name])
    with zipfile.ZipFile(path) as archive:
        assert len(archive.infolist()) == 100
    with pytest.raises(InputError, match=r"^The file a\.zip (lists \d+ files|is packed as ZIP64).* at most 5 are read"):
        check(path, 5)


def test_a_mark_at_the_end_of_a_comment_hides_no_list(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(long_list(100, 10) + b"PK\x05\x06")
    with pytest.raises(InputError, match="lists"):
        check(tmp_path / "a.zip", 5)


def test_an_archive_of_numpy_is_let_through(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", *[np.zeros(100)] * 50)
    check(tmp_path / "a.npz", 50)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06"])
def test_what_is_no_zip_is_left_to_its_reader(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    check(tmp_path / "a.zip", 1)
