import io
import zipfile
from pathlib import Path

import pytest

from mnist_core.errors import InputError
from mnist_core.files import archives


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_known_members_are_read_and_optional_ones_may_be_missing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.json": b'{"x": 1}', "b.txt": "ä".encode()})
    with archives.opened(path, "a.zip", {"a.json": 100}, {"b.txt": 100, "c": 5}) as archive:
        assert archive.json("a.json") == {"x": 1} and archive.text("b.txt") == "ä" and "c" not in archive
        archive.copy("b.txt", tmp_path / "copy")
    assert (tmp_path / "copy").read_text(encoding="utf-8") == "ä"


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "lacks a.json"),
        ({"a.json": b"{}", "evil.py": b""}, "holds 'evil.py', which is not read"),
        ({"a.json": b"x" * 101}, "declares 0 kB; at most 0 kB"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    path = zipped(tmp_path / "a.zip", members)
    with (
        pytest.raises(InputError, match=f"{sentence}.*\\.$"),
        archives.opened(path, "a.zip", {"a.json": 100}, {"b.txt": 100}),
    ):
        pass


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.json": b"{}"}).read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with (
        pytest.raises(InputError, match="encrypted"),
        archives.opened(tmp_path / "a.zip", "a.zip", {"a.json": 100}, {}),
    ):
        pass


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(io.BytesIO(b"PK\x03\x04 but not really").getvalue())
    with (
        pytest.raises(InputError, match="not a complete zip file"),
        archives.opened(tmp_path / "a.zip", "a.zip", {}, {}),
    ):
        pass
