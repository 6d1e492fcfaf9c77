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

from mnist_core import formats
from mnist_core.errors import InputError
from tests.writers import CSV_HEADER, PIXEL_COLUMNS, csv_text, idx_bytes, npy_bytes, npy_header, write_npz

RANDOM = np.random.default_rng(7)
IMAGES = RANDOM.integers(0, 256, (5, 28, 28), np.uint8)
LABELS = np.array([3, 0, 9, 1, 7])


def members(**replaced: bytes) -> dict[str, bytes]:
    """Returns a good archive's files, some of them replaced."""
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:2], "y_test": LABELS[:2]}
    return {name: npy_bytes(array) for name, array in arrays.items()} | replaced


def row(label: int | str = 1, cells: dict[int, str] | None = None) -> str:
    """Returns a line of a CSV file, black but for some cells."""
    return ",".join([str(label), *((cells or {}).get(number, "0") for number in range(784))])


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
        "a.npz lacks the array y_train; it has images, x_train, expected x_train, y_train, x_test, y_test."
    )


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (npy_header("|u1", (10**6, 28, 28)) + bytes(784), "declares 784,000,000 bytes but holds 784 or more"),
        (npy_header("|u1", (1, 28, 28)) + bytes(2 * 784), "declares 784 bytes but holds 785 or more"),
        (npy_header("|u1", (10**15, 28, 28)), "declares 784,000,000,000,000,000 bytes; at most 1,000,000,000 are read"),
        (npy_header("|u1", (-1, 28, 28)) + bytes(784), "a.npz"),
        (npy_header("|u1", (-1, -28, 28)) + bytes(784), "a.npz is no whole .npz archive"),
        (npy_header("|V0", (5, 28, 28)), "a.npz is no whole .npz archive"),
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
    assert refusal(formats.read_npz, path) == "a.npz is no whole .npz archive (File is not a zip file); get it again."


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
        ("a", b"", "a starts with nothing; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"PK\x03\x04", "a starts with 504b0304; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"\0\0\x0d\x03", "a starts with 00000d03; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"\0\0\x08\x02", "a starts with 00000802; expected 00000801 or 00000803 (IDX, bytes)."),
        ("a", b"\0\0\x08\x03\0\0", "a breaks off in its header; get it again."),
        ("a", idx_bytes(IMAGES)[:-1], "a declares 3,920 bytes, but holds 3,919; get it again."),
        ("a", idx_bytes(IMAGES) + b"\0", "a declares 3,920 bytes, but holds more; get it again."),
        (
            "a",
            b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28),
            "a declares 3,367,254,359,280 bytes; at most 1,000,000,000 are read.",
        ),
        ("a.gz", b"hello", "a.gz breaks off or is damaged (Not a gzipped file (b'he')); get it again."),
        (
            "a.gz",
            gzip.compress(idx_bytes(IMAGES), mtime=0)[:1000],
            "a.gz breaks off or is damaged (Compressed file ended before the end-of-stream marker was reached); "
            "get it again.",
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
    assert refusal(formats.read_idx, tmp_path / "a.gz").startswith("a.gz breaks off or is damaged (")


# --- CSV ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [LABELS, None], ids=["with labels", "without"])
def test_a_csv_file_comes_back_pixel_for_pixel(tmp_path: Path, labels: np.ndarray | None) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(IMAGES, labels))
    images, read = formats.read_csv(path)
    np.testing.assert_array_equal(images, IMAGES)
    assert images.dtype == np.uint8
    if labels is None:
        assert read is None
    else:
        assert read is not None
        np.testing.assert_array_equal(read, labels)
        assert read.dtype == np.int64


@pytest.mark.parametrize("spelling", ["\r\n", "\ufeff"], ids=["line ends of Windows", "a byte order mark"])
def test_a_csv_file_from_windows_is_the_same(tmp_path: Path, spelling: str) -> None:
    text = csv_text(IMAGES, LABELS)
    text = spelling + text if spelling == "\ufeff" else text.replace("\n", spelling)
    (tmp_path / "a.csv").write_bytes(text.encode())
    np.testing.assert_array_equal(formats.read_csv(tmp_path / "a.csv")[0], IMAGES)


def test_a_csv_file_of_several_pieces_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "CSV_ROWS_AT_ONCE", 2)
    (tmp_path / "a.csv").write_text(csv_text(IMAGES, LABELS))
    images, labels = formats.read_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(images, IMAGES)
    assert labels is not None
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (row(2, {4: "black"}), "column pixel4 holds 'black'; expected a whole number from 0 to 255."),
        (row(2, {783: "256"}), "column pixel783 holds '256'; expected a whole number from 0 to 255."),
        (row(2, {0: "-1"}), "column pixel0 holds '-1'; expected a whole number from 0 to 255."),
        (row(2, {4: "1.5"}), "column pixel4 holds '1.5'; expected a whole number from 0 to 255."),
        (row(2, {4: "inf"}), "column pixel4 holds 'inf'; expected a whole number from 0 to 255."),
        (row(2, {4: "NaN"}), "column pixel4 is empty; expected a whole number from 0 to 255."),
        (row(2, {4: ""}), "column pixel4 is empty; expected a whole number from 0 to 255."),
        (row(10), "column label holds '10'; expected a whole number from 0 to 9."),
        (row(""), "column label is empty; expected a whole number from 0 to 9."),
        ("7,0,0", "column pixel2 is empty; expected a whole number from 0 to 255."),
    ],
)
def test_a_wrong_cell_is_named_with_its_line_and_column(tmp_path: Path, bad: str, complaint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, row(), row(), bad, row()]))
    assert refusal(formats.read_csv, path) == f"a.csv, line 4, {complaint}"


@pytest.mark.parametrize("rows_at_once", [1, 2])
def test_lines_are_counted_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(formats, "CSV_ROWS_AT_ONCE", rows_at_once)
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, row(), row(), row(), row(2, {4: "black"})]))
    assert refusal(formats.read_csv, path) == (
        "a.csv, line 5, column pixel4 holds 'black'; expected a whole number from 0 to 255."
    )


def test_a_text_far_down_is_found_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, *[row()] * 700, row(1, {4: "x" * 1000})]))
    sentence = refusal(formats.read_csv, path)
    assert sentence == (f"a.csv, line 702, column pixel4 holds '{'x' * 40}'; expected a whole number from 0 to 255.")


COLUMNS = "expected the columns label,pixel0,…,pixel783 (label may be missing)."


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a,b\n1,2\n", "a.csv has 2 columns, and column 1 is 'a'"),
        (f"{row()}\n{row()}\n", "a.csv has 785 columns, and column 1 is '1'"),
        (CSV_HEADER.replace("pixel3,", "pixl3,"), "a.csv has 785 columns, and column 5 is 'pixl3'"),
        (CSV_HEADER + ",pixel784", "a.csv has 786 columns, and column 786 is 'pixel784'"),
        (",".join(["label", *PIXEL_COLUMNS[:-1]]), "a.csv has 784 columns, and column 785 is nothing"),
        (",".join([*PIXEL_COLUMNS, "label"]), "a.csv has 785 columns, and column 785 is 'label'"),
        ("", "a.csv cannot be read as a table (No columns to parse from file)"),
        (f"{CSV_HEADER}\n{row()},0\n{row()},0\n", "a.csv, line 2 has more cells than there are columns"),
        (f"{CSV_HEADER}\n{row()},0\n{row()}\n", "a.csv, line 2 has more cells than there are columns"),
        (
            f"{CSV_HEADER}\n{row()}\n{row()},0\n",
            "a.csv cannot be read as a table (Error tokenizing data. C error: Expected 785 fields in line 3, saw 786)",
        ),
        (f"{CSV_HEADER}\n{row(1, {3: '9' * 50})}\n{row(1, {3: '9' * 500})}\n", "a.csv cannot be read as a table ("),
        (f"{CSV_HEADER}\n{row(1, {3: chr(34)})}\n{row()}\n", "a.csv cannot be read as a table ("),
    ],
    ids=[
        "other columns",
        "no header",
        "a misspelt column",
        "a column too many",
        "a column too few",
        "label last",
        "empty",
        "long rows",
        "a long first row",
        "a long second row",
        "huge numbers",
        "an open quote",
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, text: str, start: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    sentence = refusal(formats.read_csv, tmp_path / "a.csv")
    assert sentence.startswith(start)
    assert sentence.endswith(COLUMNS)


def test_a_binary_file_that_is_called_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    assert refusal(formats.read_csv, tmp_path / "a.csv").startswith("a.csv cannot be read as a table ('utf-8' codec")


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV_HEADER + "\n")
    assert refusal(formats.read_csv, tmp_path / "a.csv") == (
        "a.csv has a header but no rows; expected one row an image."
    )
