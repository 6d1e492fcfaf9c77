"""Every kind of file comes back as digits, by way of another process; what belongs to no kind is refused."""

import gzip
import threading
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import uploads
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.files import sandbox
from mnist_core.presentation.pictures import png
from tests.conftest import simple_images
from tests.support.writers import csv_text, idx_bytes, npy_bytes, write_npz

IMAGES, LABELS = simple_images(20, 0)


def write(folder: Path, kind: str) -> list[Path]:
    """Writes the digits as files of a kind."""
    contents = {
        "table": {"a.CSV": csv_text(IMAGES, LABELS).encode()},
        "table without labels": {"a.csv": csv_text(IMAGES, None).encode()},
        "pair": {"labels": idx_bytes(LABELS), "images": idx_bytes(IMAGES)},
        "packed pair": {"a.gz": gzip.compress(idx_bytes(IMAGES)), "b.gz": gzip.compress(idx_bytes(LABELS))},
        "unpacked by the browser": {"a.gz": idx_bytes(IMAGES), "b.gz": idx_bytes(LABELS)},
        "images": {"images": idx_bytes(IMAGES)},
    }
    if kind == "arrays":
        arrays = {"x_test": npy_bytes(IMAGES), "y_test": npy_bytes(LABELS), "x_train": b"never read"}
        return [write_npz(folder / "a.npz", arrays)]
    for name, content in contents[kind].items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents[kind]]


KINDS = ["table", "table without labels", "pair", "packed pair", "unpacked by the browser", "images", "arrays"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_pixel_for_pixel(tmp_path: Path, kind: str) -> None:
    found = uploads.read(write(tmp_path, kind))
    np.testing.assert_array_equal(found.images, IMAGES)
    if kind in ("table without labels", "images"):
        assert found.labels is None
    else:
        np.testing.assert_array_equal(found.labels, LABELS)


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"])
def test_labels_beside_an_idx_file_are_found_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(idx_bytes(IMAGES))
    assert uploads.read([tmp_path / name]).labels is None
    (tmp_path / name.replace("images", "labels").replace("idx3", "idx1")).write_bytes(idx_bytes(LABELS))
    np.testing.assert_array_equal(uploads.read([tmp_path / name]).labels, LABELS)


def test_the_same_comes_from_a_process_of_its_own() -> None:
    blank = png(np.zeros((40, 40), np.uint8))
    found = uploads.read_uploads([("same.png", png(IMAGES[3])), ("same.png", png(IMAGES[4])), ("b.png", blank)])
    assert found.title == "3 pictures"
    assert (found.names, found.left_out) == (("same.png", "same.png"), (("b.png", "no ink is found in it"),))
    assert found.labels is None
    assert found.images.dtype == np.uint8
    with pytest.raises(InputError, match=r"^Line 2 of a\.csv holds 'x' in column pixel0;"):
        uploads.read_uploads([("a.csv", csv_text(IMAGES[:1], None).replace("\n0,", "\nx,").encode())])


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a.csv", "b.csv"], "These 2 files do not belong together; take all but one away. Expected is a table"),
        (["a.zip", "b.png"], "These 2 files do not belong together; take all but one away. Expected is a table"),
        (["a", "b", "c"], "These 3 files do not belong together; take all but one away. Expected is a table"),
        (["nowhere"], "There is no file at "),
        (["nowhere.csv"], "There is no file at "),
    ],
)
def test_files_that_are_no_digits_are_refused(tmp_path: Path, names: list[str], sentence: str) -> None:
    for name in names:
        if "nowhere" not in name:
            (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(InputError) as caught:
        uploads.read([tmp_path / name for name in names])
    assert str(caught.value).startswith(sentence)


def test_nothing_and_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="No file is given"):
        uploads.read_apart([])
    with pytest.raises(InputError, match=r"The file nowhere.csv cannot be read"):
        uploads.read_apart([tmp_path / "nowhere.csv"])
    monkeypatch.setattr(uploads, "LARGEST_IN_ALL", 1000)
    with pytest.raises(InputError, match=r"^There are 16 kB to read; at most 1 kB are read at once\.$"):
        uploads.read_apart(write(tmp_path, "images"))


def test_no_more_than_two_are_read_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths, at_once, most, gate = write(tmp_path, "images"), [0], [0], threading.Event()

    def slow(*_: object) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        gate.wait(0.2)
        at_once[0] -= 1
        raise InputError("Read.")

    def read() -> None:
        with pytest.raises(InputError, match="Read"):
            uploads.read_apart(paths)

    monkeypatch.setattr(sandbox, "run", slow)
    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("test.csv", "test.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\digits\\train.csv", "train.csv"),
        ("a\n[b](c).csv", "a__b_(c).csv"),
        ("Ziffern äöü.zip", "Ziffern äöü.zip"),
        ("x" * 500 + ".csv", "x" * 56 + ".csv"),
        ("..", "file"),
        ("", "file"),
        ("\0", "_"),
    ],
)
def test_a_name_becomes_one_that_can_be_written_and_shown(given: str, name: str) -> None:
    assert uploads.file_name(given) == name


@pytest.mark.parametrize(
    ("name", "such"),
    [
        ("a.zip", True),
        ("a.PNG", True),
        ("t10k-images-idx3-ubyte.gz", True),
        ("train.csv", False),
        ("mnist.npz", False),
        ("strokes.jsonl.gz", False),
        ("mnist", False),
    ],
)
def test_what_is_read_here_is_told_from_datasets(name: str, such: bool) -> None:
    assert uploads.is_such(Path(name)) == such


def test_digits_have_an_identity() -> None:
    one = Digits("a", IMAGES, LABELS)
    assert one.identity == Digits("b", IMAGES.copy(), LABELS, names=("x",)).identity
    others = [Digits("a", IMAGES), Digits("a", IMAGES[::-1], LABELS), Digits("a", IMAGES, (LABELS + 1) % 10)]
    assert len({one.identity, *(other.identity for other in others)}) == 4
    assert Digits("a", IMAGES, LABELS, dataset="whole").identity == "whole"
    assert len(one) == 20
