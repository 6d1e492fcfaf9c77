import math
from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mnist_core.config.recipes import RECIPES
from mnist_core.presentation.charts import learning, picture_files
from mnist_core.presentation.charts.curve import Curve, RateChange
from mnist_core.presentation.charts.learning import PARTS, smoothed
from mnist_core.presentation.charts.template import Spec
from mnist_core.runs import run_folders
from mnist_core.runs.run import BATCHES, METRICS, History
from mnist_core.runs.status import Status
from tests.support.specs import BLUE, ORANGE, assert_valid, history, rows_of


def parameter(spec: dict[str, Any], name: str) -> float:
    return float(next(one["value"] for one in spec["params"] if one["name"] == name))


def curve(letter: str, accuracies: list[float], validation: list[float]) -> Curve:
    """A run with so many points within epochs, and so many epochs."""
    epochs = [len(validation) * (place + 1) / len(accuracies) for place in range(len(accuracies))]
    batches = dict(zip(BATCHES, (epochs, [1 - it for it in accuracies], accuracies), strict=True))
    metrics = {name: [0.0] * len(validation) for name in METRICS}
    metrics |= {"epoch": [float(place + 1) for place in range(len(validation))], "val_accuracy": validation}
    return Curve(letter, batches, metrics | {"val_loss": [1 - it for it in validation]})


# --- A run alone -------------------------------------------------------------------------------------------------


def alone(quantity: str, batches: History, metrics: History, epochs: int = 0) -> Spec:
    """The curve of a run by itself."""
    return learning.learning_curves([Curve("", batches, metrics)], quantity, epochs=epochs)


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_the_specification_is_valid_vega_lite(quantity: str) -> None:
    assert_valid(alone(quantity, *history(), 3))


@pytest.mark.parametrize("points", [1, 10, 199, 200, 201, 399, 401, 5000])
def test_a_learning_curve_is_thinned_and_keeps_its_last_point(points: int) -> None:
    batches, metrics = history(points)
    spec = alone("loss", batches, metrics, 3)
    training = rows_of(spec, part="training")
    assert min(points, 100) <= len(training) <= 200
    assert training[-1] == {"epoch": 3.0, "value": batches["loss"][-1], "part": "training"}
    places = [row["epoch"] for row in training]
    assert places == sorted(places)
    given = set(zip(batches["epoch"], batches["loss"], strict=True))
    assert {(row["epoch"], row["value"]) for row in training} <= given


def test_a_short_learning_curve_is_not_thinned() -> None:
    batches, metrics = history(150)
    training = rows_of(alone("accuracy", batches, metrics, 3), part="training")
    assert [row["value"] for row in training] == batches["accuracy"]
    assert [row["epoch"] for row in training] == batches["epoch"]


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_a_learning_curve_holds_every_epochs_validation(quantity: str) -> None:
    batches, metrics = history(epochs=4)
    validation = rows_of(alone(quantity, batches, metrics, 4), part="validation")
    assert [row["epoch"] for row in validation] == [1, 2, 3, 4]
    assert [row["value"] for row in validation] == metrics[f"val_{quantity}"]


def test_a_learning_curve_before_the_first_epoch_has_training_alone() -> None:
    batches, _ = history(20)
    _, metrics = history(epochs=0)
    spec = alone("loss", batches, metrics, 5)
    assert_valid(spec)
    assert len(rows_of(spec)) == len(rows_of(spec, part="training")) == 20


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_a_learning_curve_leaves_out_what_is_no_number(quantity: str) -> None:
    batches, metrics = history(20)
    for table in (batches, metrics):
        for place, column in enumerate(table):
            table[column][place % 3] = math.nan if place % 2 else math.inf
    metrics["val_accuracy"][0] = math.nan
    spec = alone(quantity, batches, metrics)
    assert_valid(spec)
    assert all(math.isfinite(row["epoch"] + row["value"]) for row in rows_of(spec))
    assert 0 < len(rows_of(spec, part="validation")) < 3 and len(rows_of(spec, part="training")) == 18
    assert [param for param in spec["params"] if not math.isfinite(param["value"])] == []
    nothing = alone(quantity, {name: [math.nan] for name in batches}, {name: [] for name in metrics})
    assert rows_of(nothing) == []


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_training_is_blue_and_solid_and_validation_orange_and_dashed(quantity: str) -> None:
    line, dots, *_ = alone(quantity, *history(), 3)["layer"]
    colour, dash = line["encoding"]["color"]["scale"], line["encoding"]["strokeDash"]["scale"]
    assert dict(zip(colour["domain"], colour["range"], strict=True)) == {"training": BLUE, "validation": ORANGE}
    dashes = dict(zip(dash["domain"], dash["range"], strict=True))
    assert dashes["training"][1] == 0  # no gap
    assert min(dashes["validation"]) > 0
    assert line["encoding"]["y"]["title"] == quantity.capitalize()
    assert dots["encoding"]["color"] == {"value": ORANGE}
    assert "validation" in dots["transform"][0]["filter"]


def test_the_axis_ends_at_the_epochs_to_come() -> None:
    spec = alone("loss", *history(epochs=2), 12)
    assert spec["params"][0] == {"name": "epochs", "value": 12}
    assert spec["layer"][0]["encoding"]["x"]["scale"] == {"domainMin": 0, "domainMax": {"expr": "epochs"}}


def test_one_chart_does_not_change_another() -> None:
    batches, metrics = history(50)
    first = alone("loss", batches, metrics, 3)
    second = alone("loss", *history(10, 1), 9)
    assert first["params"][0]["value"] == 3
    assert len(rows_of(first)) == 53
    assert second["params"][0]["value"] == 9
    assert len(rows_of(second)) == 11


def test_the_curves_sentence_says_where_they_stand() -> None:
    batches, metrics = history(epochs=3)
    batches["loss"][-1], batches["accuracy"][-1] = 0.12344, 0.98744
    metrics["val_loss"][-1], metrics["val_accuracy"][-1] = 0.05, 0.991
    loss = learning.curve_sentence(Curve("", batches, metrics), "loss")
    assert loss == "Loss by epoch: training (solid) 0.1667, the mean of epoch 3; validation (dashed) 0.0500."
    accuracy = learning.curve_sentence(Curve("", batches, metrics), "accuracy")
    assert accuracy == "Accuracy by epoch: training (solid) 92.00 %, the mean of epoch 3; validation (dashed) 99.10 %."
    batches["epoch"][-1] = 3.2
    accuracy = learning.curve_sentence(Curve("", batches, metrics), "accuracy")
    assert accuracy == (
        "Accuracy by epoch: training (solid) 98.74 % in the last few steps; validation (dashed) 99.10 %."
    )


def test_it_is_said_why_training_lies_lower_where_it_does() -> None:
    batches, metrics = history(epochs=3)
    plainly = Curve("", batches, metrics)
    assert learning.lower_sentence(plainly) == (
        "Training's number is lower: it is counted over the whole epoch, while the network still learned."
    )
    said = {
        (drops_out, augments): learning.lower_sentence(replace(plainly, drops_out=drops_out, augments=augments))
        for drops_out in (False, True)
        for augments in (False, True)
    }
    for (drops_out, augments), sentence in said.items():
        assert ("(dropout)" in sentence, "(augmentation)" in sentence) == (drops_out, augments)
    metrics["val_accuracy"][-1] = 0.9
    assert learning.lower_sentence(plainly) == "", "training lies higher"
    assert learning.lower_sentence(Curve("", batches, history(epochs=0)[1])) == ""


def test_it_is_said_why_validation_is_late_at_first_where_it_is() -> None:
    steps = {"epoch": [0.1, 0.3], "loss": [1.0, 0.5], "accuracy": [0.5, 0.95]}
    late = Curve("", steps, history(epochs=0)[1], CHECKS | {"val_accuracy": [0.1, 0.12, 0.3]}, normalizes=True)
    assert "gathering (normalization)" in learning.caption(late, "accuracy")
    for other in (replace(late, normalizes=False), replace(late, checks=CHECKS), replace(late, checks={})):
        assert learning.behind_sentence(other) == ""


CHECKS = {"epoch": [0.0, 0.1, 0.5], "val_loss": [2.4, 1.0, 0.5], "val_accuracy": [0.098, 0.7, 0.9]}


def test_the_guessing_network_begins_the_curve_and_is_no_epoch() -> None:
    nothing: History = {name: [] for name in BATCHES}
    begun = Curve("", nothing, history(epochs=0)[1], {name: values[:1] for name, values in CHECKS.items()})
    assert begun.epochs == 0 and begun.points("validation", "accuracy") == ([0.0], [0.098])
    assert_valid(learning.learning_curves([begun], "accuracy", epochs=1))
    assert learning.caption(begun, "accuracy") == (
        "Accuracy by epoch: validation (dashed) 9.80 %. The network only guesses, as it has learned nothing yet."
    )


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_the_axis_shows_all_points_also_those_of_a_collapse(quantity: str) -> None:
    batches, metrics = history(epochs=4)
    batches["loss"][700], batches["accuracy"][700] = 7.3, 0.65
    metrics["val_loss"][2], metrics["val_accuracy"][2] = 3.1, 0.4
    whole = learning.learning_curves([Curve("", batches, metrics, CHECKS)], quantity, epochs=4)
    values = [row["value"] for row in rows_of(whole)]
    assert parameter(whole, "low") <= min(values) and max(values) <= parameter(whole, "high")
    assert learning.axis_sentence([Curve("", batches, metrics, CHECKS)], quantity) == ""


@pytest.mark.parametrize("loss", [0.0, 5e-324, 1e-9, 0.7, 1e9, 1.7e308, -1e9])
def test_whatever_number_a_loss_is_the_axis_is_one(loss: float) -> None:
    batches, metrics = history(2, 1)
    table = {name: [loss] * len(values) for name, values in batches.items()} | {"epoch": batches["epoch"]}
    spec = alone("loss", table, metrics | {"val_loss": [loss]})
    assert 0 == parameter(spec, "low") < parameter(spec, "high") < math.inf


def test_a_close_up_shows_all_that_came_after_the_first_epoch_and_says_what_it_leaves_out() -> None:
    batches, metrics = history(epochs=4)
    run = Curve("", batches, metrics, CHECKS)
    close = learning.learning_curves([run], "accuracy", epochs=4, close_up=True)
    late = [row["value"] for row in rows_of(close) if row["epoch"] >= 1]
    assert 0.6 < parameter(close, "low") <= min(late)
    assert "the axis begins at 66 %. Earlier points lie below it." in learning.caption(run, "accuracy", close_up=True)
    assert "Earlier points lie above it." in learning.caption(run, "loss", close_up=True)
    batches["accuracy"][700] = 0.3  # a collapse, later
    collapsed = learning.learning_curves([run], "accuracy", epochs=4, close_up=True)
    assert parameter(collapsed, "low") <= 0.3
    begun = Curve("", history(5)[0], history(epochs=0)[1])
    assert parameter(learning.learning_curves([begun], "accuracy", close_up=True), "low") == 0


def test_a_changed_learning_rate_is_a_dashed_rule_with_its_words() -> None:
    changes = (RateChange(0.5, 0.001, 0.0001), RateChange(2.8, 0.0001, 0.01))
    run = Curve("", *history(epochs=3), rate_changes=changes)
    spec = learning.learning_curves([run], "accuracy", epochs=3)
    alt.LayerChart.from_dict(spec, validate=True)
    (first,), (last,) = rows_of(spec, part="rate"), rows_of(spec, part="rate-at-end")
    assert (first["epoch"], first["words"]) == (0.5, "rate 0.001 → 0.0001")
    assert (last["epoch"], last["words"]) == (2.8, "rate 0.0001 → 0.01")
    _, _, rule, left, right = spec["layer"]
    assert rule["mark"]["type"] == "rule" and rule["mark"]["strokeDash"] == [4, 4]
    assert (left["mark"]["align"], right["mark"]["align"]) == ("left", "right"), "its words stay in the chart"
    near = replace(run, rate_changes=(*changes[:1], RateChange(0.7, 0.0001, 0.01)))
    words = [row["words"] for row in rows_of(learning.learning_curves([near], "accuracy", epochs=3), part="rate")]
    assert words == ["", "rate 0.0001 → 0.01"], "they would lie on each other"
    assert learning.rates_sentence(run) == (
        "Learning rate changed by hand: 0.001 → 0.0001 in epoch 1; 0.0001 → 0.01 in epoch 3."
    )
    assert picture_files.picture(spec, "png")[:4] == b"\x89PNG"


def test_the_changes_of_a_run_are_read_with_it() -> None:
    run = run_folders.create(RECIPES["mnist-classification"].config, {"name": "x", "identity": "y"})
    assert Curve.of(run).rate_changes == () and Curve.of(run).drops_out
    run.write_status(Status("running", steps=20))
    run.write_rate_changes([(10, 0.01), (50, 0.002)])
    assert Curve.of(run).rate_changes == (RateChange(0.5, 0.001, 0.01), RateChange(2.5, 0.01, 0.002))


def test_the_curves_sentence_before_the_first_epoch_says_so() -> None:
    sentence = learning.curve_sentence(Curve("", history(5)[0], history(epochs=0)[1]), "accuracy")
    assert sentence.endswith("no validation yet.")


def test_the_axis_of_a_run_alone_moves_with_its_epochs_not_with_its_steps() -> None:
    metrics = history(epochs=0)[1]
    steps = {"epoch": [0.1, 0.2, 0.3], "loss": [2.0, 1.0, 0.5], "accuracy": [0.2, 0.6, 0.8]}
    first, later = ({name: values[:number] for name, values in steps.items()} for number in (1, 3))
    for quantity in ("loss", "accuracy"):
        assert alone(quantity, first, metrics, 3)["params"] == alone(quantity, later, metrics, 3)["params"]
    assert parameter(alone("loss", first, metrics), "high") == 2.0


# --- Several runs ------------------------------------------------------------------------------------------------


def test_no_layer_has_data_of_its_own_beside_the_rows_that_a_chart_is_given() -> None:
    for quantity in ("loss", "accuracy"):
        for letter in ("A", ""):
            spec = learning.learning_curves([curve(letter, [0.5], [0.6])], quantity, PARTS)
            assert not any("data" in layer for layer in spec["layer"])


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
    spec = learning.learning_curves(curves, "accuracy", PARTS)
    lines = [row for row in rows_of(spec) if row["part"] != "label"]
    assert {(row["model"], row["part"]) for row in lines} == {(run, part) for run in "AB" for part in PARTS}
    assert not any(row["raw"] for row in lines)
    labels = {row["model"]: (row["epoch"], row["value"]) for row in rows_of(spec) if row["part"] == "label"}
    assert labels == {"A": (2, 0.96), "B": (2, 0.85)}
    assert (parameter(spec, "epochs"), parameter(spec, "high")) == (2, 1)
    assert parameter(spec, "low") <= 0.7
    assert learning.curves_sentence(curves, "accuracy", PARTS) == (
        "Validation accuracy at the end: A 96.00 %, B 85.00 %. Training is solid, validation dashed."
    )


def test_what_is_smoothed_stays_as_a_faint_line() -> None:
    values = [0.5, 0.8, 0.7, 0.95]
    spec = learning.learning_curves([curve("A", values, [0.9])], "accuracy", PARTS[:1], 0.5)
    raw = [row["value"] for row in rows_of(spec) if row["raw"]]
    bold = [row["value"] for row in rows_of(spec) if not row["raw"] and row["part"] == "training"]
    assert raw == values and bold == smoothed(values, 0.5)
    sentence = learning.curves_sentence([curve("A", values, [0.9])], "accuracy", PARTS[:1], 0.5)
    assert sentence == "Training accuracy at the end: A 95.00 %. Bold lines are smoothed, faint ones as measured."


def test_letters_of_lines_that_end_together_are_pushed_apart_within_the_chart() -> None:
    curves = [curve(letter, [0.9], [0.7, 0.999 - place / 10_000]) for place, letter in enumerate("ABCDE")]
    spec = learning.learning_curves(curves, "accuracy", PARTS)
    labels = sorted((row["value"], row["model"]) for row in rows_of(spec) if row["part"] == "label")
    gaps = np.diff([value for value, _ in labels])
    pixel = (parameter(spec, "high") - parameter(spec, "low")) / 300
    assert (gaps > 14 * pixel).all() and labels[-1][0] <= 1
    assert [letter for _, letter in labels] == ["E", "D", "C", "B", "A"]  # still in the order of the lines


def test_long_curves_are_thinned_and_keep_their_last_point() -> None:
    values = [0.5 + place / 10_000 for place in range(1000)]
    spec = learning.learning_curves([curve("A", values, [0.6])], "accuracy", PARTS[:1])
    shown = [row["value"] for row in rows_of(spec) if row["part"] == "training"]
    assert len(shown) <= learning.SHOWN_TOGETHER and shown[-1] == values[-1]


def test_a_run_without_curves_or_with_gaps_does_no_harm() -> None:
    empty, gaps = curve("A", [0.5], []), curve("B", [0.5, 0.6], [math.nan, 0.7])
    spec = learning.learning_curves([empty, gaps], "accuracy", PARTS[1:])
    assert [row["value"] for row in rows_of(spec) if row["part"] == "validation"] == [0.7]
    assert learning.curves_sentence([empty, gaps], "accuracy", PARTS[1:]) == (
        "Validation accuracy at the end: A has no curve, B 70.00 %."
    )
    assert rows_of(learning.learning_curves([empty], "loss", PARTS[1:])) == []


def test_validations_within_an_epoch_are_points_of_the_curve() -> None:
    batches, metrics = history(epochs=1)
    checks = {"epoch": [0.25, 0.5], "val_loss": [0.9, math.nan], "val_accuracy": [0.8, 0.9]}
    curve = Curve("", batches, metrics, checks)
    assert curve.points("validation", "accuracy") == ([0.25, 0.5, 1.0], [0.8, 0.9, metrics["val_accuracy"][0]])
    assert curve.points("validation", "loss")[0] == [0.25, 1.0]
    begun = Curve("", batches, history(epochs=0)[1], checks)
    assert "validation (dashed) 90.00 %" in learning.curve_sentence(begun, "accuracy")
