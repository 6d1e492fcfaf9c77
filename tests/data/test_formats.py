"""Each reader gives the same pixels back, and refuses whatever it cannot use in one sentence."""

import gzip
import os
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.data import formats
from mnist_core.errors import InputError
from tests.support.writers import idx_bytes, npy_bytes, npy_header, write_npz

RANDOM = np.random.default_rng(7)
IMAGES = RANDOM.integers(0, 256, (5, 28, 28), np.uint8)
LABELS = np.array([3, 0, 9, 1, 7])


def members(**replaced: bytes) -> dict[str, bytes]:
    """Returns a good archive's files, some of them replaced."""
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:2], "y_test": LABELS[:2]}
    return {name: npy_bytes(array) for name, array in arrays.items()} | replaced


def refusal(function: Any, *arguments: Any) -> str:
    """Returns the one sentence with which something is refused."""
    with pytest.raises(InputError) as caught:
        function(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


# --- .npz --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_npz_archive_comes_back_pixel_for_pixel(tmp_path: Path, method: int) -> None:
    x_train, y_train, x_test, y_test = formats.read_npz(write_npz(tmp_path / "a.npz", members(), method))
    assert [str(array.dtype) for array in (x_train, y_train)] == ["uint8", "int64"]
    np.testing.assert_array_equal(x_train, IMAGES)
    np.testing.assert_array_equal(y_train, LABELS)
    np.testing.assert_array_equal(x_test, IMAGES[:2])
    np.testing.assert_array_equal(y_test, LABELS[:2])


@pytest.mark.parametrize(
    "images",
    [
        IMAGES[..., np.newaxis],
        IMAGES.astype(np.float32),
        IMAGES.astype(np.float64),
        IMAGES.astype(">i4"),
        IMAGES.astype(np.uint64),
        np.asfortranarray(IMAGES),
    ],
    ids=["with a channel", "float32", "float64", "big endian", "uint64", "Fortran order"],
)
def test_the_same_pixels_in_another_type_or_order_are_the_same(tmp_path: Path, images: np.ndarray) -> None:
    path = write_npz(tmp_path / "a.npz", members(x_train=npy_bytes(images)))
    np.testing.assert_array_equal(formats.read_npz(path)[0], IMAGES)


def changed(index: tuple[int, ...], value: float) -> bytes:
    images = IMAGES.astype(np.float64)
    images[index] = value
    return npy_bytes(images)


PIXELS_IN = "The pixels of x_train and y_train in a.npz"
LABELS_IN = "The labels of x_train and y_train in a.npz"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "x_train",
            npy_bytes(IMAGES[:, :27]),
            "The images of x_train and y_train in a.npz have the shape 5×27×28; expected N×28×28 with N at least 1.",
        ),
        (
            "x_train",
            npy_bytes(IMAGES[:0]),
            "The images of x_train and y_train in a.npz have the shape 0×28×28; expected N×28×28 with N at least 1.",
        ),
        (
            "x_train",
            npy_bytes(IMAGES.reshape(5, 784)),
            "The images of x_train and y_train in a.npz have the shape 5×784; expected N×28×28 with N at least 1.",
        ),
        (
            "x_train",
            npy_bytes(np.stack([IMAGES] * 3, -1)),
            "The images of x_train and y_train in a.npz have the shape 5×28×28×3; expected N×28×28 with N at least 1.",
        ),
        (
            "y_train",
            npy_bytes(LABELS[:4]),
            "The labels of x_train and y_train in a.npz have the shape 4; expected one for each of 5 images.",
        ),
        (
            "y_train",
            npy_bytes(np.eye(10)[LABELS]),
            "The labels of x_train and y_train in a.npz have the shape 5×10; expected one for each of 5 images.",
        ),
        (
            "y_train",
            npy_bytes(np.array(3)),
            "The labels of x_train and y_train in a.npz have the shape of a single number; "
            "expected one for each of 5 images.",
        ),
        (
            "x_train",
            changed((2, 3, 4), np.nan),
            f"{PIXELS_IN} hold NaN at index [2, 3, 4]; expected whole numbers from 0 to 255.",
        ),
        (
            "x_train",
            changed((2, 3, 4), 256),
            f"{PIXELS_IN} hold 256.0 at index [2, 3, 4]; expected whole numbers from 0 to 255.",
        ),
        (
            "x_train",
            changed((0, 0, 1), -1),
            f"{PIXELS_IN} hold -1.0 at index [0, 0, 1]; expected whole numbers from 0 to 255.",
        ),
        (
            "x_train",
            changed((4, 27, 27), 0.5),
            f"{PIXELS_IN} hold 0.5 at index [4, 27, 27]; expected whole numbers from 0 to 255.",
        ),
        (
            "x_train",
            changed((1, 1, 1), np.inf),
            f"{PIXELS_IN} hold inf at index [1, 1, 1]; expected whole numbers from 0 to 255.",
        ),
        (
            "y_train",
            npy_bytes(np.array([0, 1, 10, 3, 4])),
            f"{LABELS_IN} hold 10 at index [2]; expected whole numbers from 0 to 9.",
        ),
        (
            "y_train",
            npy_bytes(np.array([0, 1, 2, -3, 4])),
            f"{LABELS_IN} hold -3 at index [3]; expected whole numbers from 0 to 9.",
        ),
        (
            "y_train",
            npy_bytes(np.array([0, 1, 255, 3, 4], np.uint8)),
            f"{LABELS_IN} hold 255 at index [2]; expected whole numbers from 0 to 9.",
        ),
        (
            "y_train",
            npy_bytes(np.array(["0", "1", "2", "3", "4"])),
            f"{LABELS_IN} are of type <U1; expected whole numbers from 0 to 9.",
        ),
    ],
)
def test_an_array_that_is_no_digits_is_refused_with_what_was_found(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = write_npz(tmp_path / "a.npz", members(**{name: content}))
    assert refusal(formats.read_npz, path) == sentence


def test_a_missing_array_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"x_train": npy_bytes(IMAGES), "images": npy_bytes(IMAGES)})
    assert refusal(formats.read_npz, path) == (
        "The file a.npz lacks the array y_train; it has images, x_train, expected x_train, y_train, x_test, y_test."
    )


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (npy_header("|u1", (10**6, 28, 28)) + bytes(784), "declares 784,000,000 bytes but holds 784 or more"),
        (npy_header("|u1", (1, 28, 28)) + bytes(2 * 784), "declares 784 bytes but holds 785 or more"),
        (npy_header("|u1", (10**15, 28, 28)), "declares 784,000,000,000,000,000 bytes; at most 1,000,000,000 are read"),
        (npy_header("|u1", (-1, 28, 28)) + bytes(784), "a.npz"),
        (npy_header("|u1", (-1, -28, 28)) + bytes(784), "The file a.npz is not a complete .npz archive"),
        (npy_header("|V0", (5, 28, 28)), "The file a.npz is not a complete .npz archive"),
        (npy_header([("a", "|u1")], (5, 28, 28)) + bytes(5 * 784), "expected whole numbers from 0 to 255"),
        (npy_header("|u1", (True, 28, 28)) + bytes(784), "a.npz"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535, "The header of the array x_train in a.npz is damaged"),
        (b"\x93NUMPY\x07\x00", "The header of the array x_train in a.npz is damaged; expected a NumPy array, save it"),
        (b"hello", "The header of the array x_train in a.npz is damaged"),
        (b"", "The header of the array x_train in a.npz is damaged"),
    ],
    ids=[
        "too little",
        "too much",
        "petabytes",
        "negative",
        "twice negative",
        "no size",
        "structured",
        "bool in the shape",
        "brackets",
        "unknown version",
        "no array",
        "empty",
    ],
)
def test_a_header_that_lies_is_refused_before_anything_is_made_of_it(tmp_path: Path, content: bytes, part: str) -> None:
    assert part in refusal(formats.read_npz, write_npz(tmp_path / "a.npz", members(x_train=content)))


class Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["x_train", "y_test"])
def test_an_array_of_objects_is_never_unpickled(tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    objects = np.empty(5, object)
    objects[:] = [Canary(canary)] * 5
    content = npy_bytes(objects)
    assert str(canary).encode() in content  # it would sing
    sentence = refusal(formats.read_npz, write_npz(tmp_path / "a.npz", members(**{name: content})))
    assert sentence == (
        f"The array {name} in a.npz holds Python objects, which are never read; expected numbers 0 to 255."
    )
    assert not canary.exists()


def test_the_canary_of_these_tests_sings_when_it_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    objects = np.empty(1, object)
    objects[0] = Canary(tmp_path / "canary")
    path.write_bytes(npy_bytes(objects))
    np.load(path, allow_pickle=True)
    assert (tmp_path / "canary").exists()


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", members())
    path.write_bytes(path.read_bytes()[:-200])
    assert (
        refusal(formats.read_npz, path)
        == "The file a.npz is not a complete .npz archive (File is not a zip file); get it again."
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_damaged_anywhere_gives_digits_or_a_sentence(tmp_path: Path, method: int) -> None:
    path = write_npz(tmp_path / "a.npz", members(), method)
    whole = path.read_bytes()
    chance = random.Random(method)
    refused = 0
    for number in range(150):
        damaged = bytearray(whole)
        if number % 3:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        else:
            del damaged[chance.randrange(len(damaged)) :]
        path.write_bytes(damaged)
        try:
            formats.read_npz(path)
        except InputError:
            refused += 1
    assert refused > 75


# --- IDX ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("array", [IMAGES, LABELS])
def test_an_idx_file_comes_back_plain_and_gzipped(tmp_path: Path, array: np.ndarray) -> None:
    (tmp_path / "plain").write_bytes(idx_bytes(array))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(idx_bytes(array)))
    np.testing.assert_array_equal(formats.read_idx(tmp_path / "plain"), array)
    np.testing.assert_array_equal(formats.read_idx(tmp_path / "packed.gz"), array)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a", b"", "The file a starts with nothing; expected 00000801 or 00000803 (IDX, bytes)."),
        (
            "a",
            b"PK\x03\x04",
            "The file a is none that the lab reads; expected a CSV, an .npz, an IDX file, or a zip of pictures.",
        ),
        ("a", b"\0\0\x0d\x03", "The file a starts with 00000d03; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"\0\0\x08\x02", "The file a starts with 00000802; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"\0\0\x08\x03\0\0", "The file a breaks off in its header; get it again."),
        ("a", idx_bytes(IMAGES)[:-1], "The file a declares 3,920 bytes, but holds 3,919; get it again."),
        ("a", idx_bytes(IMAGES) + b"\0", "The file a declares 3,920 bytes, but holds more; get it again."),
        (
            "a",
            b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28),
            "The file a declares 3,367,254,359,280 bytes; at most 1,000,000,000 are read.",
        ),
        (
            "a.gz",
            b"hello",
            "The file a.gz is none that the lab reads; expected a CSV, an .npz, an IDX file, or a zip of pictures.",
        ),
        (
            "a.gz",
            gzip.compress(idx_bytes(IMAGES), mtime=0)[:1000],
            "The file a.gz breaks off or is damaged (Compressed file ended before the end-of-stream marker was "
            "reached); get it again.",
        ),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(formats.read_idx, tmp_path / name) == sentence


def test_a_gzip_file_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(idx_bytes(IMAGES)))
    content[1500:1504] = b"\xff\xff\xff\xff"
    (tmp_path / "a.gz").write_bytes(content)
    assert refusal(formats.read_idx, tmp_path / "a.gz").startswith("The file a.gz breaks off or is damaged (")
