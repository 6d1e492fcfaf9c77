import numpy as np
import pytest

from mnist_core.evaluation.evaluation import NORMALIZATIONS
from mnist_core.presentation.charts import confusion, picture_files
from tests.support.specs import BLUE, assert_valid, judged, perfect, rows_of


def test_the_specifications_are_valid_vega_lite() -> None:
    assert_valid(confusion.confusion_matrix(judged().confusion))
    assert_valid(confusion.digit_scores(judged().report))


def test_a_confusion_matrix_holds_all_counts() -> None:
    counts = judged().confusion
    cells = rows_of(confusion.confusion_matrix(counts))
    assert {(cell["actual"], cell["predicted"]) for cell in cells} == {(i, j) for i in range(10) for j in range(10)}
    for cell in cells:
        number = counts[cell["actual"], cell["predicted"]]
        assert (cell["count"], cell["text"]) == (number, str(number) if number else "·")
    assert sum(cell["count"] for cell in cells) == 500


def test_darker_is_more() -> None:
    spec = confusion.confusion_matrix(judged().confusion)
    cells = sorted(rows_of(spec), key=lambda cell: cell["count"])
    shades = [cell["shade"] for cell in cells]
    assert shades == sorted(shades)
    assert shades[0] == 0
    assert shades[-1] == 1
    assert spec["layer"][0]["encoding"]["color"]["scale"]["range"] == ["#F2F6FA", BLUE]


def test_a_matrix_with_empty_rows_does_not_fail() -> None:
    spec = confusion.confusion_matrix(perfect().confusion)
    assert_valid(spec)
    assert all(cell["text"] == "·" for cell in rows_of(spec, actual=7))
    for normalization in NORMALIZATIONS:
        assert picture_files.picture(confusion.titled_matrix(perfect(), normalization), "svg")


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_matrix_alone_says_what_it_is_and_its_cells_are_counts_or_percents(normalization: str) -> None:
    spec = confusion.titled_matrix(judged(), normalization)
    values = judged().normalized_confusion(normalization)
    assert ("%" in spec["title"]) == (normalization != "counts")
    for cell in rows_of(spec):
        value = values[cell["actual"], cell["predicted"]]
        shown = 0 if cell["text"] == "·" else float(cell["text"].replace(",", ""))
        assert shown == (value if normalization == "counts" else pytest.approx(100 * value, abs=0.0501))


def test_each_digit_has_its_three_scores_told_apart_by_shape() -> None:
    report = judged().report
    spec = confusion.digit_scores(report)
    there = report[:10, 3] > 0
    assert 0 < there.sum() < 10  # a digit that no image shows has no scores
    assert len(rows_of(spec)) == 3 * there.sum()
    for column, score in enumerate(("precision", "recall", "F1")):
        assert [row["value"] for row in rows_of(spec, score=score)] == report[:10, column][there].tolist()
    shapes = spec["encoding"]["shape"]["scale"]
    assert dict(zip(shapes["domain"], shapes["range"], strict=True))["recall"] == "circle"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_equal_scores_can_be_drawn(share: float) -> None:
    assert picture_files.picture(confusion.digit_scores(np.full((12, 4), share)), "png")
