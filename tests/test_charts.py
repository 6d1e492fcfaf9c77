import io
import math
from typing import Any

import altair as alt
import numpy as np
import pytest
from PIL import Image

from mnist_core import charts
from mnist_core.charts import Spec
from mnist_core.evaluation import NORMALISATIONS, Evaluation
from mnist_core.runs import History

BLUE, ORANGE = "#0072B2", "#D55E00"


def history(points: int = 1000, epochs: int = 3) -> tuple[History, History]:
    place = [epochs * (number + 1) / points for number in range(points)]
    batches = {
        "epoch": place,
        "loss": [math.exp(-epoch) for epoch in place],
        "accuracy": [1 - 0.9 * math.exp(-epoch) for epoch in place],
    }
    metrics = {
        "epoch": [float(epoch + 1) for epoch in range(epochs)],
        "loss": [0.5 / (epoch + 1) for epoch in range(epochs)],
        "accuracy": [0.9 + 0.01 * epoch for epoch in range(epochs)],
        "val_loss": [0.4 / (epoch + 1) for epoch in range(epochs)],
        "val_accuracy": [0.92 + 0.01 * epoch for epoch in range(epochs)],
        "learning_rate": [0.01] * epochs,
        "seconds": [1.0] * epochs,
    }
    return batches, metrics


def judged(number: int = 500) -> Evaluation:
    random = np.random.default_rng(0)
    labels = random.integers(0, 9, number)  # no nine: a row without images
    probabilities = random.dirichlet(np.ones(10), number) + 0.5 * np.eye(10)[labels]
    return Evaluation.measure(probabilities / 1.5, labels)


def perfect() -> Evaluation:
    return Evaluation.measure(np.eye(10)[[0, 1, 1]], np.array([0, 1, 1]))


def rows_of(spec: Spec, **where: Any) -> list[dict[str, Any]]:
    rows = spec["data"]["values"]
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def assert_valid(spec: Spec) -> None:
    chart = alt.LayerChart if "layer" in spec else alt.Chart
    chart.from_dict(spec, validate=True)
    # Every field that the chart shows is in its rows.
    for unit in spec.get("layer", [spec]):
        for channel in unit["encoding"].values():
            for part in channel if isinstance(channel, list) else [channel]:
                if "field" in part:
                    assert all(part["field"] in row for row in spec["data"]["values"]), part["field"]


# --- Charts for the pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_every_specification_is_valid_vega_lite(quantity: str) -> None:
    batches, metrics = history()
    assert_valid(charts.learning_curve(quantity, batches, metrics, 3))
    assert_valid(charts.confusion_counts(judged().confusion))
    assert_valid(charts.probability_bars((0.1,) * 10, 3))
    assert_valid(charts.probability_bars((0.0,) * 10, None))
    assert_valid(charts.class_balance({"train": np.arange(10), "test": np.ones(10, int)}))
    assert_valid(charts.pixel_values(np.zeros((28, 28), np.uint8)))


def test_the_validation_of_these_tests_can_fail() -> None:
    spec = charts.probability_bars((0.1,) * 10, 3)
    broken = spec | {"layer": [{"mark": "no such mark", "encoding": {}}]}
    with pytest.raises(Exception, match="no such mark"):
        assert_valid(broken)
    without_field = spec | {"data": {"values": [{"digit": 1}]}}
    with pytest.raises(AssertionError, match="probability"):
        assert_valid(without_field)


@pytest.mark.parametrize("points", [1, 10, 199, 200, 201, 399, 401, 5000])
def test_a_learning_curve_is_thinned_and_keeps_its_last_point(points: int) -> None:
    batches, metrics = history(points)
    spec = charts.learning_curve("loss", batches, metrics, 3)
    training = rows_of(spec, part="training")
    assert min(points, 100) <= len(training) <= 200
    assert training[-1] == {"epoch": 3.0, "value": batches["loss"][-1], "part": "training"}
    places = [row["epoch"] for row in training]
    assert places == sorted(places)
    given = set(zip(batches["epoch"], batches["loss"], strict=True))
    assert {(row["epoch"], row["value"]) for row in training} <= given


def test_a_short_learning_curve_is_not_thinned() -> None:
    batches, metrics = history(150)
    training = rows_of(charts.learning_curve("accuracy", batches, metrics, 3), part="training")
    assert [row["value"] for row in training] == batches["accuracy"]
    assert [row["epoch"] for row in training] == batches["epoch"]


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_a_learning_curve_holds_every_epochs_validation(quantity: str) -> None:
    batches, metrics = history(epochs=4)
    validation = rows_of(charts.learning_curve(quantity, batches, metrics, 4), part="validation")
    assert [row["epoch"] for row in validation] == [1, 2, 3, 4]
    assert [row["value"] for row in validation] == metrics[f"val_{quantity}"]


def test_a_learning_curve_before_the_first_epoch_has_training_alone() -> None:
    batches, _ = history(20)
    _, metrics = history(epochs=0)
    spec = charts.learning_curve("loss", batches, metrics, 5)
    assert_valid(spec)
    assert len(rows_of(spec)) == len(rows_of(spec, part="training")) == 20


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_a_learning_curve_leaves_out_what_is_no_number(quantity: str) -> None:
    batches, metrics = history(20)
    for table in (batches, metrics):
        for place, column in enumerate(table):
            table[column][place % 3] = math.nan if place % 2 else math.inf
    metrics["val_accuracy"][0] = math.nan
    spec = charts.learning_curve(quantity, batches, metrics)
    assert_valid(spec)
    assert all(math.isfinite(row["epoch"] + row["value"]) for row in rows_of(spec))
    assert 0 < len(rows_of(spec, part="validation")) < 3 and len(rows_of(spec, part="training")) == 18
    assert [param for param in spec["params"] if not math.isfinite(param["value"])] == []
    nothing = charts.learning_curve(quantity, {name: [math.nan] for name in batches}, {name: [] for name in metrics})
    assert rows_of(nothing) == []


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_training_is_blue_and_solid_and_validation_orange_and_dashed(quantity: str) -> None:
    line, dots = charts.learning_curve(quantity, *history(), 3)["layer"]
    colour, dash = line["encoding"]["color"]["scale"], line["encoding"]["strokeDash"]["scale"]
    assert dict(zip(colour["domain"], colour["range"], strict=True)) == {"training": BLUE, "validation": ORANGE}
    dashes = dict(zip(dash["domain"], dash["range"], strict=True))
    assert dashes["training"][1] == 0  # no gap
    assert min(dashes["validation"]) > 0
    assert line["encoding"]["y"]["title"] == quantity.capitalize()
    assert dots["encoding"]["color"] == {"value": ORANGE}
    assert "validation" in dots["transform"][0]["filter"]


def test_the_axis_ends_at_the_epochs_to_come() -> None:
    spec = charts.learning_curve("loss", *history(epochs=2), 12)
    assert spec["params"][0] == {"name": "epochs", "value": 12}
    assert spec["layer"][0]["encoding"]["x"]["scale"] == {"domainMin": 0, "domainMax": {"expr": "epochs"}}


def test_one_chart_does_not_change_another() -> None:
    batches, metrics = history(50)
    first = charts.learning_curve("loss", batches, metrics, 3)
    second = charts.learning_curve("loss", *history(10, 1), 9)
    assert first["params"][0]["value"] == 3
    assert len(rows_of(first)) == 53
    assert second["params"][0]["value"] == 9
    assert len(rows_of(second)) == 11


def test_the_curves_sentence_says_where_they_stand() -> None:
    batches, metrics = history(epochs=3)
    batches["loss"][-1], batches["accuracy"][-1] = 0.12344, 0.98744
    metrics["val_loss"][-1], metrics["val_accuracy"][-1] = 0.05, 0.991
    loss = charts.curve_sentence("loss", batches, metrics)
    assert loss == "Loss by epoch: training (solid) 0.1234, validation (dashed) 0.0500."
    accuracy = charts.curve_sentence("accuracy", batches, metrics)
    assert accuracy == "Accuracy by epoch: training (solid) 98.74 %, validation (dashed) 99.10 %."


def test_the_curves_sentence_before_the_first_epoch_says_so() -> None:
    sentence = charts.curve_sentence("accuracy", history(5)[0], history(epochs=0)[1])
    assert sentence.endswith("no validation before the first epoch.")


def test_a_confusion_matrix_holds_all_counts() -> None:
    confusion = judged().confusion
    cells = rows_of(charts.confusion_counts(confusion))
    assert {(cell["actual"], cell["predicted"]) for cell in cells} == {(i, j) for i in range(10) for j in range(10)}
    for cell in cells:
        number = confusion[cell["actual"], cell["predicted"]]
        assert (cell["count"], cell["text"]) == (number, str(number) if number else "·")
    assert sum(cell["count"] for cell in cells) == 500


def test_darker_is_more() -> None:
    spec = charts.confusion_counts(judged().confusion)
    cells = sorted(rows_of(spec), key=lambda cell: cell["count"])
    shades = [cell["shade"] for cell in cells]
    assert shades == sorted(shades)
    assert shades[0] == 0
    assert shades[-1] == 1
    assert spec["layer"][0]["encoding"]["color"]["scale"]["range"] == ["#F2F6FA", BLUE]


def test_a_matrix_with_empty_rows_does_not_fail() -> None:
    spec = charts.confusion_counts(perfect().confusion)
    assert_valid(spec)
    assert all(cell["text"] == "·" for cell in rows_of(spec, actual=7))
    for normalisation in NORMALISATIONS:
        assert charts.confusion_file(perfect(), normalisation, "svg")


def test_the_highest_bar_is_marked_in_words_and_colour() -> None:
    probabilities = (0.01, 0.0, 0.02, 0.9, 0.01, 0.01, 0.01, 0.02, 0.01, 0.01)
    spec = charts.probability_bars(probabilities, 3)
    assert [row["probability"] for row in rows_of(spec)] == list(probabilities)
    assert [row["digit"] for row in rows_of(spec)] == list(range(10))
    (top,) = rows_of(spec, top=True)
    assert (top["digit"], top["text"]) == (3, "◀ 90.0 %")
    assert rows_of(spec)[2]["text"] == "2.0 %"
    assert rows_of(charts.probability_bars((0.0,) * 10, None), top=True) == []


def test_only_the_rows_of_probability_bars_change() -> None:
    specs = [charts.probability_bars(given, top) for given, top in (((1.0,) + 9 * (0.0,), 0), ((0.1,) * 10, None))]
    assert rows_of(specs[0]) != rows_of(specs[1])
    assert specs[0] | {"data": None} == specs[1] | {"data": None}


@pytest.mark.parametrize("height", [200, 230, 270])
def test_a_full_bar_leaves_room_for_its_label_and_every_digit_is_named(height: int) -> None:
    spec = charts.probability_bars((1.0,) + 9 * (0.0,), 0, height)
    assert spec["height"] == height
    for layer in spec["layer"]:
        assert layer["encoding"]["x"]["scale"]["range"] == [0, {"expr": f"max(width - {charts.LABEL_WIDTH}, 0)"}]
        assert layer["encoding"]["y"]["axis"]["labelOverlap"] is False


def test_the_probabilities_are_said_in_a_sentence() -> None:
    probabilities = (0.01, 0.0, 0.02, 0.9, 0.01, 0.01, 0.01, 0.0, 0.01, 0.03)
    assert charts.probability_sentence(probabilities) == "Most probable: 3 with 90.0 %, then 9 with 3.0 %."


def test_the_class_balance_holds_counts_and_shares() -> None:
    spec = charts.class_balance({"train": np.array([5, 15, *[0] * 8]), "test": np.zeros(10, int)})
    assert_valid(spec)
    train = rows_of(spec, part="train")
    assert [row["images"] for row in train] == [5, 15, *[0] * 8]
    assert [row["share"] for row in train[:3]] == [0.25, 0.75, 0]
    assert [row["share"] for row in rows_of(spec, part="test")] == [0] * 10


def test_pixel_values_holds_every_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    rows = rows_of(charts.pixel_values(image))
    assert len(rows) == 784
    assert all(row["value"] == image[row["row"], row["column"]] for row in rows)


# --- Downloads ---------------------------------------------------------------------------------------------------


def assert_file(content: bytes, file_format: str) -> None:
    if file_format == "png":
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        with Image.open(io.BytesIO(content)) as picture:
            assert min(picture.size) > 400
            assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 10
    else:
        assert content.lstrip().startswith(b"<?xml")
        assert b"<svg" in content
        assert content.rstrip().endswith(b"</svg>")


@pytest.mark.parametrize("file_format", charts.FORMATS)
def test_the_confusion_matrix_is_a_file(file_format: str) -> None:
    files = {name: charts.confusion_file(judged(), name, file_format) for name in NORMALISATIONS}
    for content in files.values():
        assert_file(content, file_format)
    assert len(set(files.values())) == 3


@pytest.mark.parametrize("file_format", charts.FORMATS)
def test_the_curves_are_a_file(file_format: str) -> None:
    content = charts.curves_file(*history(), file_format)
    assert_file(content, file_format)
    if file_format == "svg":
        assert BLUE.lower().encode() in content
        assert ORANGE.lower().encode() in content
        assert b"stroke-dasharray" in content


def test_the_curves_file_of_a_single_epoch_does_not_fail() -> None:
    assert_file(charts.curves_file(*history(1, 1), "png"), "png")
