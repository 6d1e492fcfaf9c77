"""Charts of several models: what they hold and what they say."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mnist_core import comparison_charts as charts
from mnist_core.comparison_charts import PARTS, Curve, smoothed
from mnist_core.runs import BATCHES, METRICS
from tests.test_comparison import of_errors


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec["data"]["values"])


def parameter(spec: dict[str, Any], name: str) -> float:
    return float(next(one["value"] for one in spec["params"] if one["name"] == name))


def curve(letter: str, accuracies: list[float], validation: list[float]) -> Curve:
    """A run with so many points within epochs, and so many epochs."""
    epochs = [len(validation) * (place + 1) / len(accuracies) for place in range(len(accuracies))]
    batches = dict(zip(BATCHES, (epochs, [1 - it for it in accuracies], accuracies), strict=True))
    metrics = {name: [0.0] * len(validation) for name in METRICS}
    metrics |= {"epoch": [float(place + 1) for place in range(len(validation))], "val_accuracy": validation}
    return Curve(letter, batches, metrics | {"val_loss": [1 - it for it in validation]})


def test_no_layer_has_data_of_its_own_beside_the_rows_that_a_chart_is_given() -> None:
    comparison, one = of_errors((3,), (4, 14)), [curve("A", [0.5], [0.6])]
    for spec in (
        charts.accuracies(comparison, ["first", "second"]),
        charts.differences(comparison, "recall"),
        charts.learning_curves(one, "loss", PARTS),
        charts.learning_curves(one, "accuracy", PARTS),
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
        "B has the highest accuracy, 99.50 % (95 % interval 97.22 % to 99.91 %), A the lowest, 98.50 %. The lines are "
        "95 % intervals (Wilson)."
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
        "Bars to the right: more recall than B, to the left: less, in percentage points. A differs most from B at"
    )


def test_a_chart_that_was_filled_once_is_not_changed_by_the_next() -> None:
    comparison = of_errors((3,), (4, 14))
    assert charts.differences(comparison, "recall") == charts.differences(comparison, "recall")


def test_equal_models_have_bars_of_no_length() -> None:
    spec = charts.differences(of_errors((3,), (3,)), "precision")
    assert {row["points"] for row in rows(spec)} == {0} and parameter(spec, "widest") > 0


# --- Learning curves ---------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(some.lists(some.floats(-5, 5), min_size=1, max_size=60), some.floats(0, 0.99))
def test_smoothing_is_the_debiased_moving_average(values: list[float], weight: float) -> None:
    expected = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean().tolist()
    assert smoothed(values, weight) == pytest.approx(expected, abs=1e-9)


def test_smoothing_starts_at_the_first_value_as_in_tensorboard() -> None:
    # 1/1, then (1/4 + 0/2) / (3/4), then (1/8 + 0/4 + 1/2) / (7/8)
    assert smoothed([1.0, 0.0, 1.0], 0.5) == pytest.approx([1, 1 / 3, 5 / 7], abs=1e-12)
    assert smoothed([1.0, 0.0, 1.0], 0.0) == [1, 0, 1]


def test_curves_hold_both_parts_of_each_run_and_a_letter_at_the_end() -> None:
    curves = [curve("A", [0.5, 0.8, 0.9, 0.95], [0.9, 0.96]), curve("B", [0.4, 0.6, 0.7, 0.8], [0.7, 0.85])]
    spec = charts.learning_curves(curves, "accuracy", PARTS)
    lines = [row for row in rows(spec) if row["part"] != "label"]
    assert {(row["model"], row["part"]) for row in lines} == {(run, part) for run in "AB" for part in PARTS}
    assert not any(row["raw"] for row in lines)
    labels = {row["model"]: (row["epoch"], row["value"]) for row in rows(spec) if row["part"] == "label"}
    assert labels == {"A": (2, 0.96), "B": (2, 0.85)}
    assert (parameter(spec, "epochs"), parameter(spec, "high")) == (2, 1)
    assert parameter(spec, "low") <= 0.7
    assert charts.curves_sentence(curves, "accuracy", PARTS) == (
        "Validation accuracy at the end: A 96.00 %, B 85.00 %. Training is solid, validation dashed."
    )


def test_what_is_smoothed_stays_as_a_faint_line() -> None:
    values = [0.5, 0.8, 0.7, 0.95]
    spec = charts.learning_curves([curve("A", values, [0.9])], "accuracy", PARTS[:1], 0.5)
    raw = [row["value"] for row in rows(spec) if row["raw"]]
    bold = [row["value"] for row in rows(spec) if not row["raw"] and row["part"] == "training"]
    assert raw == values and bold == smoothed(values, 0.5)
    sentence = charts.curves_sentence([curve("A", values, [0.9])], "accuracy", PARTS[:1], 0.5)
    assert sentence == "Training accuracy at the end: A 95.00 %. Bold lines are smoothed, faint ones as measured."


def test_letters_of_lines_that_end_together_are_pushed_apart_within_the_chart() -> None:
    curves = [curve(letter, [0.9], [0.7, 0.999 - place / 10_000]) for place, letter in enumerate("ABCDE")]
    spec = charts.learning_curves(curves, "accuracy", PARTS)
    labels = sorted((row["value"], row["model"]) for row in rows(spec) if row["part"] == "label")
    gaps = np.diff([value for value, _ in labels])
    pixel = (parameter(spec, "high") - parameter(spec, "low")) / 300
    assert (gaps > 14 * pixel).all() and labels[-1][0] <= 1
    assert [letter for _, letter in labels] == ["E", "D", "C", "B", "A"]  # still in the order of the lines


def test_long_curves_are_thinned_and_keep_their_last_point() -> None:
    values = [0.5 + place / 10_000 for place in range(1000)]
    spec = charts.learning_curves([curve("A", values, [0.6])], "accuracy", PARTS[:1])
    shown = [row["value"] for row in rows(spec) if row["part"] == "training"]
    assert len(shown) <= charts.SHOWN_POINTS and shown[-1] == values[-1]


def test_the_axis_of_losses_ends_where_validations_begin() -> None:
    spec = charts.learning_curves([curve("A", [0.1, 0.9], [0.8, 0.9])], "loss", PARTS)
    assert parameter(spec, "low") == 0 and parameter(spec, "high") == pytest.approx(0.25)


def test_a_run_without_curves_or_with_gaps_does_no_harm() -> None:
    empty, gaps = curve("A", [0.5], []), curve("B", [0.5, 0.6], [math.nan, 0.7])
    spec = charts.learning_curves([empty, gaps], "accuracy", PARTS[1:])
    assert [row["value"] for row in rows(spec) if row["part"] == "validation"] == [0.7]
    assert charts.curves_sentence([empty, gaps], "accuracy", PARTS[1:]) == (
        "Validation accuracy at the end: A has no curve, B 70.00 %."
    )
    assert rows(charts.learning_curves([empty], "loss", PARTS[1:])) == []
