"""Kaggle's tables come back pixel for pixel; whatever is not such a table is refused with line and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.data import kaggle
from mnist_core.errors import InputError
from tests.support.writers import CSV_HEADER, PIXEL_COLUMNS, csv_text

RANDOM = np.random.default_rng(7)
IMAGES = RANDOM.integers(0, 256, (5, 28, 28), np.uint8)
LABELS = np.array([3, 0, 9, 1, 7])


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


@pytest.mark.parametrize("labels", [LABELS, None], ids=["with labels", "without"])
def test_a_csv_file_comes_back_pixel_for_pixel(tmp_path: Path, labels: np.ndarray | None) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(IMAGES, labels))
    images, read = kaggle.read_csv(path)
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
    np.testing.assert_array_equal(kaggle.read_csv(tmp_path / "a.csv")[0], IMAGES)


def test_a_csv_file_of_several_pieces_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kaggle, "ROWS_AT_ONCE", 2)
    (tmp_path / "a.csv").write_text(csv_text(IMAGES, LABELS))
    images, labels = kaggle.read_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(images, IMAGES)
    assert labels is not None
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (row(2, {4: "black"}), "holds 'black' in column pixel4; expected a whole number from 0 to 255."),
        (row(2, {783: "256"}), "holds '256' in column pixel783; expected a whole number from 0 to 255."),
        (row(2, {0: "-1"}), "holds '-1' in column pixel0; expected a whole number from 0 to 255."),
        (row(2, {4: "1.5"}), "holds '1.5' in column pixel4; expected a whole number from 0 to 255."),
        (row(2, {4: "inf"}), "holds 'inf' in column pixel4; expected a whole number from 0 to 255."),
        (row(2, {4: "NaN"}), "holds nothing in column pixel4; expected a whole number from 0 to 255."),
        (row(2, {4: ""}), "holds nothing in column pixel4; expected a whole number from 0 to 255."),
        (row(10), "holds '10' in column label; expected a whole number from 0 to 9."),
        (row(""), "holds nothing in column label; expected a whole number from 0 to 9."),
        ("7,0,0", "holds nothing in column pixel2; expected a whole number from 0 to 255."),
    ],
)
def test_a_wrong_cell_is_named_with_its_line_and_column(tmp_path: Path, bad: str, complaint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, row(), row(), bad, row()]))
    assert refusal(kaggle.read_csv, path) == f"Line 4 of a.csv {complaint}"


@pytest.mark.parametrize("word", ["True", "FALSE"])
@pytest.mark.parametrize("end", ["", "\n\n\n"], ids=["alone", "before an empty end"])
def test_a_column_of_truth_values_is_text(tmp_path: Path, word: str, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, *[row(1, {4: word})] * 3]) + end)
    sentence = refusal(kaggle.read_csv, path).lower()
    assert sentence == (
        f"line 2 of a.csv holds '{word.lower()}' in column pixel4; expected a whole number from 0 to 255."
    )


@pytest.mark.parametrize("rows_at_once", [1, 2])
def test_lines_are_counted_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(kaggle, "ROWS_AT_ONCE", rows_at_once)
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, row(), row(), row(), row(2, {4: "black"})]))
    assert refusal(kaggle.read_csv, path) == (
        "Line 5 of a.csv holds 'black' in column pixel4; expected a whole number from 0 to 255."
    )


def test_a_text_far_down_is_found_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, *[row()] * 700, row(1, {4: "x" * 1000})]))
    sentence = refusal(kaggle.read_csv, path)
    assert sentence == f"Line 702 of a.csv holds '{'x' * 40}…' in column pixel4; expected a whole number from 0 to 255."


def test_a_huge_number_is_named_with_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([CSV_HEADER, row(1, {3: "9" * 50}), row(1, {3: "9" * 500})]))
    sentence = refusal(kaggle.read_csv, path)
    assert sentence == f"Line 2 of a.csv holds '{'9' * 40}…' in column pixel3; expected a whole number from 0 to 255."


COLUMNS = "expected the columns label,pixel0,…,pixel783 (label may be missing)."


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a\n1\n", "The file a.csv has 1 column, and column 1 is 'a'"),
        ("a,b\n1,2\n", "The file a.csv has 2 columns, and column 1 is 'a'"),
        (f"{row()}\n{row()}\n", "The file a.csv has 785 columns, and column 1 is '1'"),
        (CSV_HEADER.replace("pixel3,", "pixl3,"), "The file a.csv has 785 columns, and column 5 is 'pixl3'"),
        (CSV_HEADER + ",pixel784", "The file a.csv has 786 columns, and column 786 is 'pixel784'"),
        (",".join(["label", *PIXEL_COLUMNS[:-1]]), "The file a.csv has 784 columns, and column 785 is nothing"),
        (",".join([*PIXEL_COLUMNS, "label"]), "The file a.csv has 785 columns, and column 785 is 'label'"),
        ("", "The file a.csv cannot be read as a table (No columns to parse from file)"),
        (f"{CSV_HEADER}\n{row()},0\n{row()},0\n", "Line 2 of a.csv has more cells than there are columns"),
        (f"{CSV_HEADER}\n{row()},0\n{row()}\n", "Line 2 of a.csv has more cells than there are columns"),
        (
            f"{CSV_HEADER}\n{row()}\n{row()},0\n",
            "The file a.csv cannot be read as a table (Error tokenizing data. C error: Expected 785 fields in line 3, "
            "saw 786)",
        ),
        (f"{CSV_HEADER}\n{row(1, {3: chr(34)})}\n{row()}\n", "Line 2 of a.csv has a quotation mark that never ends"),
        (f"{CSV_HEADER}\n{row()}\r{row()}\n", "Line 2 of a.csv holds carriage returns"),
        (f"{CSV_HEADER}\n{row()}\n{row(1, {3: '1' * 20_000})}\n", "Line 3 of a.csv is longer than 19,625 characters"),
    ],
    ids=[
        "one foreign column",
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
        "an open quote",
        "line ends of an old Mac",
        "a long line",
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, text: str, start: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    sentence = refusal(kaggle.read_csv, tmp_path / "a.csv")
    assert sentence.startswith(start)
    assert sentence.endswith(COLUMNS)


def test_a_binary_file_that_is_called_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    assert refusal(kaggle.read_csv, tmp_path / "a.csv").startswith(
        "Line 1 of a.csv holds NUL bytes, which text in UTF-8 never"
    )
    (tmp_path / "a.csv").write_bytes(bytes(range(128, 256)) * 10)
    assert refusal(kaggle.read_csv, tmp_path / "a.csv").startswith("The file a.csv cannot be read as a table ('utf-8'")


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV_HEADER + "\n")
    assert refusal(kaggle.read_csv, tmp_path / "a.csv") == (
        "The file a.csv has a header but no rows; expected one row an image."
    )


def test_a_table_with_more_rows_than_are_wanted_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(IMAGES, LABELS))
    assert len(kaggle.read_csv(tmp_path / "a.csv", 5)[0]) == 5
    assert refusal(kaggle.read_csv, tmp_path / "a.csv", 4) == "The file a.csv has more than 4 rows; split it."


@pytest.mark.parametrize("rows_at_once", [2, 2000])
@pytest.mark.parametrize("cell", ["0", "0.0"], ids=["quickly read", "read with care"])
def test_an_empty_end_is_left_out_and_a_gap_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int, cell: str
) -> None:
    monkeypatch.setattr(kaggle, "ROWS_AT_ONCE", rows_at_once)
    path = tmp_path / "a.csv"
    lines = [CSV_HEADER, *[row(1, {0: cell})] * 3]
    path.write_text("\n".join([*lines, "", "", ""]))
    assert len(kaggle.read_csv(path)[0]) == 3
    path.write_text("\n".join([*lines, "", "", "", row(), row()]))
    assert refusal(kaggle.read_csv, path) == "Line 5 of a.csv is empty; fill or delete it."


def test_a_submission_has_a_numbered_line_an_image() -> None:
    assert kaggle.submission(LABELS) == "ImageId,Label\n1,3\n2,0\n3,9\n4,1\n5,7\n"
    assert kaggle.submission([]) == "ImageId,Label\n"
