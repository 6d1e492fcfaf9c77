import csv
import io

from mnist_core.files.csv_text import csv_text


def test_a_table_comes_back_from_its_text() -> None:
    text = csv_text(("number", "note"), [(1, 'a "quoted", note'), (2.5, "two\nlines"), (-3, "")])
    assert list(csv.reader(io.StringIO(text))) == [
        ["number", "note"],
        ["1", 'a "quoted", note'],
        ["2.5", "two\nlines"],
        ["-3", ""],
    ]


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    for dangerous in ('=HYPERLINK("http://example.org")', "+1", "-1+1", "@SUM(A1)", "\tx"):
        assert next(csv.reader(io.StringIO(csv_text(("note",), [(dangerous,)]).split("\n", 1)[1]))) == [f"'{dangerous}"]
