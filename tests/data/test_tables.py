"""Tables of digits in every spelling that people have published come back as the same images."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import greys, tables
from mnist_core.errors import InputError
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(12, 5)
PIXELS = IMAGES.reshape(len(IMAGES), -1)


def text(columns: np.ndarray, separator: str = ",", header: str = "", form: str = "%g") -> str:
    lines = [separator.join(form % value for value in row) for row in columns]
    return "\n".join([*([header] if header else []), *lines]) + "\n"


def labelled(first: bool = True, pixels: np.ndarray = PIXELS) -> np.ndarray:
    labels = LABELS[:, np.newaxis]
    return np.hstack([labels, pixels] if first else [pixels, labels])


def header(*names: str) -> str:
    """As most tables of MNIST are published: `label,1x1,1x2,…`."""
    return ",".join([*names, *(f"{n // 28 + 1}x{n % 28 + 1}" for n in range(784))])


def numbered(columns: np.ndarray) -> np.ndarray:
    return np.hstack([np.arange(len(columns))[:, np.newaxis], columns])


SPELLINGS: dict[str, Callable[[], str | bytes]] = {
    "no header": lambda: text(labelled()),
    "no header, label last": lambda: text(labelled(first=False)),
    "label,1x1": lambda: text(labelled(), header=header("label")),
    "Label and counted columns": lambda: text(labelled(), header="Label," + ",".join(map(str, range(784)))),
    "class last": lambda: text(labelled(first=False), header=header() + ",class"),
    "columns counted in the header alone": lambda: text(labelled(), header=",".join(map(str, range(785)))),
    "a pandas index": lambda: text(numbered(labelled()), header="," + header("label")),
    "semicolons": lambda: text(labelled(), ";"),
    "tabs": lambda: text(labelled(), "\t"),
    "spaces": lambda: text(labelled(), " "),
    "0 to 1": lambda: text(labelled(pixels=PIXELS / 255), form="%.5f"),
    "0 to 1 with decimal commas": lambda: text(labelled(pixels=PIXELS / 255), ";", form="%.5f").replace(".", ","),
    "-1 to 1": lambda: text(labelled(pixels=PIXELS / 127.5 - 1), form="%.5f"),
    "standardized": lambda: text(labelled(pixels=(PIXELS / 255 - 0.1307) / 0.3081), form="%.5f"),
    "dark on light": lambda: text(labelled(pixels=255 - PIXELS)),
    "UTF-16": lambda: text(labelled(), header=header("label")).encode("utf-16"),
    "UTF-16 without a mark": lambda: text(labelled()).encode("utf-16-le"),
    "gzipped": lambda: gzip.compress(text(labelled()).encode()),
    "quoted": lambda: text(labelled(), '","').replace("\n", '"\n"')[:-1].join(['"', ""]),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_gives_the_same_digits(spelling: str, tmp_path: Path) -> None:
    content = SPELLINGS[spelling]()
    path = tmp_path / "digits.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = tables.read(path)
    assert np.abs(table.images.astype(int) - IMAGES).max() <= 1
    assert table.labels is not None
    np.testing.assert_array_equal(table.labels, LABELS)


def test_without_labels_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text(text(PIXELS))
    table = tables.read(tmp_path / "digits.csv")
    assert table.labels is None
    np.testing.assert_array_equal(table.images, IMAGES)


def test_what_was_found_out_is_said(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text(text(labelled(first=False, pixels=1 - PIXELS / 255), form="%.5f"))
    assert tables.read(tmp_path / "digits.csv").notes == (
        "The last column is taken for the labels.",
        "Its values from 0 to 1 are taken for black to white.",
        greys.SWAPPED,
        "Its images leave the margins that MNIST leaves, and are taken as they stand.",
    )


def test_small_images_are_enlarged_as_mnist_was_made(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.hstack([digits.data[:40], digits.target[:40, np.newaxis]])
    (tmp_path / "optdigits.tra").write_text(text(rows))
    table = tables.read(tmp_path / "optdigits.tra")
    assert table.images.shape == (40, 28, 28) and table.labels is not None
    np.testing.assert_array_equal(table.labels, digits.target[:40])
    assert table.images.max() == 255
    heights = [np.ptp(np.flatnonzero(image.any(axis=1))) + 1 for image in table.images]
    assert max(heights) == 20


def test_labels_may_be_marked_in_ten_columns(tmp_path: Path) -> None:
    small = (IMAGES[:, 6:22, 6:22] > 128).reshape(len(IMAGES), -1)
    (tmp_path / "semeion.data").write_text(text(np.hstack([small, np.eye(10)[LABELS]]), " "))
    table = tables.read(tmp_path / "semeion.data")
    assert table.labels is not None
    np.testing.assert_array_equal(table.labels, LABELS)


def test_ten_stands_for_nought_where_there_is_none(tmp_path: Path) -> None:
    columns = labelled()
    columns[columns[:, 0] == 0, 0] = 10
    assert (LABELS == 0).any()
    (tmp_path / "digits.csv").write_text(text(columns))
    labels = tables.read(tmp_path / "digits.csv").labels
    assert labels is not None
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is empty, or begins with an empty line"),
        ("a,b\n1,2\n", "has too few cells for an image"),
        (",".join(["0"] * 800) + "\n", "have 800 values, which are no square image"),
        ("label," + ",".join(f"p{n}" for n in range(700)) + "\n", "have 700 values"),
        (header("label") + "\n", "holds no rows"),
        (text(labelled() + np.eye(1, 785) * 30), "has 3"),
        (text(labelled()) + "3," + ",".join(["999"] * 784) + "\n", "go from 0 to 999"),
        (text(labelled()) + "x," + ",".join(["0"] * 784) + "\n", "has no number for its label"),
        (text(labelled()) + "3," + ",".join(["0"] * 900) + "\n", "cannot be read as a table"),
        ('"' + text(labelled()), "has a quotation mark that never ends"),
        (text(labelled()[:2]) + "," * 784 + "\n" + text(labelled()[2:]), "^Line 3 of .* has no number for its pixel 0"),
        (text(labelled()[:2]) + ",".join(["?"] * 785) + "\n" + text(labelled()[2:]), "^Line 3 of .* has no number"),
    ],
)
def test_what_is_no_such_table_is_refused_in_one_sentence(content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text(content)
    with pytest.raises(InputError, match=complaint) as caught:
        tables.read(tmp_path / "digits.csv")
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_rows_without_a_number_are_left_out_at_the_end_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, rows, empty = tmp_path / "digits.csv", text(labelled()), "," * 784 + "\n"
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 3)
    path.write_text(rows + 5 * empty)
    assert len(tables.read(path).images) == len(LABELS)
    path.write_text(rows + 5 * empty + rows)
    with pytest.raises(InputError, match=f"^Line {len(LABELS) + 1} of"):
        tables.read(path)


def test_too_many_rows_and_lines_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text(text(labelled()))
    with pytest.raises(InputError, match="more than 5 rows"):
        tables.read(tmp_path / "digits.csv", most_images=5)
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(b"1," * tables.LONGEST_LINE))
    with pytest.raises(InputError, match="is longer than"):
        tables.read(tmp_path / "digits.csv.gz")
