"""Charts of several models: what they hold and what they say."""

from typing import Any

import pytest

from mnist_core.presentation.charts import comparison as charts
from tests.evaluation.test_comparison import of_errors


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec["data"]["values"])


def parameter(spec: dict[str, Any], name: str) -> float:
    return float(next(one["value"] for one in spec["params"] if one["name"] == name))


def test_no_layer_has_data_of_its_own_beside_the_rows_that_a_chart_is_given() -> None:
    comparison = of_errors((3,), (4, 14))
    for spec in (
        charts.accuracies(comparison, ["first", "second"]),
        charts.differences(comparison, "recall"),
    ):
        assert not any("data" in layer for layer in spec["layer"])


# --- Accuracies --------------------------------------------------------------------------------------------------


def test_accuracies_are_drawn_with_their_intervals_the_best_on_top() -> None:
    comparison = of_errors((0, 1, 2), (5,), (7, 8))
    spec = charts.accuracies(comparison, ["first", "second", "third"])
    assert [row["words"] for row in rows(spec)] == ["B  99.50 %  second", "C  99.00 %  third", "A  98.50 %  first"]
    assert [(row["low"], row["high"]) for row in rows(spec)] == [comparison.intervals[model] for model in (1, 2, 0)]
    assert all(row["low"] < row["accuracy"] < row["high"] for row in rows(spec))
    assert charts.accuracies_sentence(comparison) == (
        "B reads most images right, 99.50 %, A fewest, 98.50 %. The line shows what is chance: on far more such "
        "images, B would most likely read between 97.22 % and 99.91 % right."
    )


# --- Digits ------------------------------------------------------------------------------------------------------


def test_differences_are_points_more_or_less_than_the_model_at_zero() -> None:
    spec = charts.differences(of_errors((3,), (4, 14)), "recall")
    found = {row["digit"]: (row["points"], row["text"], row["left"]) for row in rows(spec)}
    assert found[3] == (pytest.approx(5), "+5.00", False)
    assert found[4] == (pytest.approx(-10), "−10.00", True)
    assert found[0] == (0, "0", False)
    assert parameter(spec, "widest") > 10


def test_with_several_models_each_bar_has_its_letter_and_the_reference_has_none() -> None:
    spec = charts.differences(of_errors((3,), (4, 14), ()), "recall", 1)
    assert {row["model"] for row in rows(spec)} == {"A", "C"} and len(rows(spec)) == 20
    assert next(row["text"] for row in rows(spec) if row["digit"] == 4 and row["model"] == "C") == "C +10.00"
    assert charts.differences_sentence(of_errors((3,), (4, 14), ()), "recall", 1).startswith(
        "Bars to the right: more recall than B. To the left: less. A differs most from B at"
    )


def test_a_chart_that_was_filled_once_is_not_changed_by_the_next() -> None:
    comparison = of_errors((3,), (4, 14))
    assert charts.differences(comparison, "recall") == charts.differences(comparison, "recall")


def test_equal_models_have_bars_of_no_length() -> None:
    spec = charts.differences(of_errors((3,), (3,)), "precision")
    assert {row["points"] for row in rows(spec)} == {0} and parameter(spec, "widest") > 0
