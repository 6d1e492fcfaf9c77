"""One way to write and to read NumPy archives; hostile ones are in tests.hostile and test_formats, too."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.errors import InputError, NotReadError
from mnist_core.files import npz
from mnist_core.sharing import capsule, weights
from tests.hostile import models as hostile_models
from tests.support.writers import npy_bytes, npy_header, write_npz

ARRAYS = {
    "images": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "number": np.array(7),
    "yes": np.array([True, False]),
    "names": np.array(["a", "ä€"]),
    "nobody": np.array((), np.str_),
    "none": np.zeros((0, 28, 28), np.float32),
    "path": np.array([1]),
}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are opened to be read from now on, each as often as it is."""
    seen: list[Path] = []
    real = io.open

    def note(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if mode == "rb":
            seen.append(Path(file))
        return real(file, mode, *rest, **named)

    monkeypatch.setattr(io, "open", note)
    monkeypatch.setattr("builtins.open", note)
    return seen


@pytest.mark.parametrize("write", [npz.write, npz.write_compressed])
def test_what_is_written_comes_back(tmp_path: Path, write: Any, opened: list[Path]) -> None:
    path = tmp_path / "a.npz"
    write(path, **ARRAYS)
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]
    methods = {info.compress_type for info in zipfile.ZipFile(path).infolist()}
    assert methods == {zipfile.ZIP_STORED if write is npz.write else zipfile.ZIP_DEFLATED}
    opened.clear()
    back = npz.read_all(path)
    assert opened == [path] and list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype and back[name].flags.writeable
        np.testing.assert_array_equal(back[name], array)
    names, images = npz.read(path, ("names", "images"))
    assert names.tolist() == ["a", "ä€"] and images.shape == (2, 3, 4)
    with np.load(path) as loaded:
        np.testing.assert_array_equal(loaded["turned"], ARRAYS["turned"])


def test_arrays_of_a_run_are_checked_and_read_on_the_same_open(tmp_path: Path, opened: list[Path]) -> None:
    path = tmp_path / "own.npz"
    npz.write_own(path, **ARRAYS)
    opened.clear()
    assert npz.read_own(path, ("number",)) == [np.array(7)]
    assert opened == [path]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    class Unwritable:
        def __array__(self, *_: Any, **__: Any) -> np.ndarray:
            raise OSError("full")

    npz.write(tmp_path / "a.npz", one=np.array(1))
    with pytest.raises(OSError, match="full"):
        npz.write(tmp_path / "a.npz", one=Unwritable())  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert npz.read_all(tmp_path / "a.npz")["one"] == 1


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (npy_header("|u1", (3000,)), "declares 3,000 bytes; at most 2,000 are read"),
        (npy_header("|u1", (2000,)) + bytes(5), "declares 2,000 bytes but holds 5 or more"),
        (npy_header("|V0", (5, 28)), "damaged ("),
        (npy_header("|u1", (-1, 28)), "damaged ("),
        (npy_bytes(np.array([{}])), "holds Python objects"),
        (b"hello", "The header of the array a in x.npz of y is damaged"),
        (bytes(3001), "declares 3 kB; at most 3 kB"),
    ],
)
def test_an_archive_of_known_arrays_is_held_against_their_sizes(tmp_path: Path, content: bytes, part: str) -> None:
    path = write_npz(tmp_path / "x.npz", {"a": content})
    with pytest.raises(InputError) as refused:
        npz.read_only(path, {"a": 2000}, "x.npz of y")
    assert part in str(refused.value) and "x.npz of y" in str(refused.value)


def test_an_archive_of_known_arrays_holds_no_others(tmp_path: Path) -> None:
    npz.write(tmp_path / "x.npz", a=np.array(1), b=np.array(2))
    with pytest.raises(InputError, match=r"holds 'b\.npy', which is not read"):
        npz.read_only(tmp_path / "x.npz", {"a": 2000}, "x.npz")
    with pytest.raises(InputError, match=r"lacks c\.npy"):
        npz.read_only(tmp_path / "x.npz", {"a": 2000, "b": 2000, "c": 2000}, "x.npz")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for read in (lambda: npz.read(path, ("a",)), lambda: npz.read_all(path), lambda: npz.read_only(path, {}, "x")):
        with pytest.raises(NotReadError, match=r"^The file a\.npz cannot be read: there is no such file; check"):
            read()


def test_files_from_outside_are_checked_and_read_on_the_same_open(
    tmp_path: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.files.sandbox.limit", lambda memory: None)
    path, network = tmp_path / "weights.npz", parse_network("flatten,dense:10:softmax")
    weights.save(hostile_models.arrays(network), path)
    opened.clear()
    weights.read_npz(path, network, "it")
    assert opened == [path]
    path = tmp_path / "x.capsule"
    path.write_bytes(hostile_models.sound_capsule())
    opened.clear()
    capsule.unpack(str(path), str(tmp_path), path.name)
    for name in ("x.capsule", "weights.npz", "claimed.npz"):
        assert [one.name for one in opened].count(name) == 1
