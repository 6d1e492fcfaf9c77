"""A file is whole or not there, and nothing of the writing stays behind."""

import math
import stat
from pathlib import Path

import pytest

from mnist_core.errors import InputError
from mnist_core.files import atomic


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"a longer old content")
    atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_a_new_file_can_be_read_by_others(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / "a.bin", b"x")
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o644


def test_what_is_its_owners_alone_is_so_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    replace = Path.replace

    def look(temporary: Path, target: Path) -> Path:
        seen.append(stat.S_IMODE(temporary.stat().st_mode))
        return replace(temporary, target)

    monkeypatch.setattr(Path, "replace", look)
    path = tmp_path / "engine.json"
    path.touch(0o644)  # of an earlier release
    with atomic.replacing(path, atomic.OWNER_ALONE) as temporary:
        seen.append(stat.S_IMODE(temporary.stat().st_mode))
    assert [*seen, stat.S_IMODE(path.stat().st_mode)] == [0o600] * 3


def test_an_exception_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text("old")

    def write(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        atomic.write_with(path, write)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["status.json"]


def test_an_exception_in_the_middle_of_a_first_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic.replacing(tmp_path / "a.json") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_value_that_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    atomic.write_json(path, {"epoch": 1})
    with pytest.raises(TypeError):
        atomic.write_json(path, {"epoch": object()})
    assert atomic.read_json(path) == {"epoch": 1}
    assert names(tmp_path) == ["a.json"]


def test_while_a_file_is_written_the_old_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temporary.parent == path.parent
        assert temporary.suffix == ".npz"
    assert path.read_bytes() == b"new"


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    value = {"reason": "größer – 8×8", "epoch": 3, "loss": 0.1, "list": [1, None, True]}
    atomic.write_json(tmp_path / "a.json", value)
    assert atomic.read_json(tmp_path / "a.json") == value
    assert "größer – 8×8" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_nan_survives_json(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a.json", {"test_accuracy": math.nan})
    assert math.isnan(atomic.read_json(tmp_path / "a.json")["test_accuracy"])


def test_a_missing_json_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        atomic.read_json(tmp_path / "status.json")
    assert str(caught.value) == f"The file status.json is missing in {tmp_path.name}; the folder is incomplete."


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1', b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000],
    ids=["empty", "brace", "cut off", "not utf-8", "deep", "a huge number"],
)
def test_broken_json_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        atomic.read_json(path)
    assert str(caught.value).startswith(f"The file status.json in {tmp_path.name} is not readable JSON (")
    assert str(caught.value).endswith("); the folder is damaged.")


def test_a_folder_in_the_place_of_a_json_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "status.json").mkdir()
    with pytest.raises(InputError, match="is not readable JSON"):
        atomic.read_json(tmp_path / "status.json")
