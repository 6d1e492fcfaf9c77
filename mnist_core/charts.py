"""Data → chart: Vega-Lite made with Altair for the pages, Matplotlib for downloads. Never Streamlit.

A chart for a page is a Vega-Lite specification. Altair needs tens of milliseconds to build one, too long for a live
page, so each kind is built once and then filled with rows.
"""

import functools
import io
import math
from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np

from mnist_core.evaluation import Evaluation
from mnist_core.layers import CLASSES
from mnist_core.palette import QUIET_COLOUR, STRONG_SHADE, TRAINING_COLOUR, VALIDATION_COLOUR, root_shades
from mnist_core.phrases import percent
from mnist_core.runs import History

SHOWN_POINTS = 200
# Of `◀ > 99.9 %` beside its bar, in pixels.
LABEL_WIDTH = 96

Spec = dict[str, Any]
Rows = list[dict[str, Any]]


def filled(template: Callable[[], alt.Chart | alt.LayerChart], rows: Rows, **parameters: float) -> Spec:
    """Returns the chart that a template makes, built once, with these rows and the values of its parameters."""
    spec = _built(template) | {"data": {"values": rows}}
    if parameters:
        spec["params"] = [{"name": name, "value": value} for name, value in parameters.items()]
    return spec


@functools.cache
def _built(template: Callable[[], alt.Chart | alt.LayerChart]) -> Spec:
    return template().to_dict()


# --- Training ----------------------------------------------------------------------------------------------------


def learning_curve(quantity: str, batches: History, metrics: History, epochs: int = 0) -> Spec:
    """Draws loss or accuracy: training within the epochs, blue and solid; validation by epoch, orange and dashed.

    Args:
        quantity: `loss` or `accuracy`.
        batches: The run's points within epochs.
        metrics: The run's rows of epochs.
        epochs: Where the axis ends, so that the curve grows into its chart and does not rescale at each step; by
            default where the curve ends.
    """
    points, validated = _points(batches, quantity), _points(metrics, f"val_{quantity}")
    every = max(-(-len(points) // SHOWN_POINTS), 1)
    rows = [{"epoch": epoch, "value": value, "part": "training"} for epoch, value in points[::-1][::every][::-1]]
    rows += [{"epoch": epoch, "value": value, "part": "validation"} for epoch, value in validated]
    template = _loss_template if quantity == "loss" else _accuracy_template
    end = epochs or max(math.ceil(max((epoch for epoch, _ in points), default=1)), 1)
    # Once a validation is there, the axis shows the percents in which training and validation part.
    accuracies = [value for _, value in _points(metrics, "val_accuracy")]
    low = max(math.floor(10 * min(accuracies, default=0) - 1) / 10, 0)
    return filled(template, rows, epochs=end, low=low)


def _points(history: History, column: str) -> list[tuple[float, float]]:
    """Returns epochs and values, without those that are no number: a table may have been damaged."""
    pairs = zip(history["epoch"], history[column], strict=True)
    return [pair for pair in pairs if all(map(math.isfinite, pair))]


def curve_sentence(quantity: str, batches: History, metrics: History) -> str:
    """Says what `learning_curve` shows: where training (solid) and validation (dashed) stand."""
    write = percent if quantity == "accuracy" else "{:.4f}".format
    validation = metrics[f"val_{quantity}"]
    validated = f"validation (dashed) {write(validation[-1])}" if validation else "no validation before the first epoch"
    return f"{quantity.capitalize()} by epoch: training (solid) {write(batches[quantity][-1])}, {validated}."


def epoch_axis() -> alt.X:
    """The axis of a learning curve, which ends where the chart's parameter `epochs` says."""
    return alt.X(
        "epoch:Q",
        title="Epoch",
        scale=alt.Scale(domainMin=0, domainMax=alt.ExprRef("epochs")),
        axis=alt.Axis(tickMinStep=1, grid=False),
    )


def _loss_template() -> alt.LayerChart:
    return _curve_template(alt.Y("value:Q", title="Loss"))


def _accuracy_template() -> alt.LayerChart:
    # Accuracy lives in the last few percent; an axis from zero would hide all that a class looks for.
    scale = alt.Scale(domainMin=alt.ExprRef("low"), domainMax=1)
    return _curve_template(alt.Y("value:Q", title="Accuracy", scale=scale, axis=alt.Axis(format=".0%")))


def _curve_template(y: alt.Y) -> alt.LayerChart:
    parts = ["training", "validation"]
    legend = alt.Legend(
        orient="top", title=None, symbolType="stroke", symbolSize=300, symbolStrokeWidth=3, symbolOpacity=1
    )
    base = alt.Chart(alt.Data(values=[])).encode(
        x=epoch_axis(),
        y=y,
        color=alt.Color(
            "part:N", scale=alt.Scale(domain=parts, range=[TRAINING_COLOUR, VALIDATION_COLOUR]), legend=legend
        ),
        strokeDash=alt.StrokeDash("part:N", scale=alt.Scale(domain=parts, range=[[1, 0], [6, 4]]), legend=legend),
        tooltip=[
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("epoch:Q", title="Epoch", format=".2f"),
            alt.Tooltip("value:Q", title="Value", format=".4f"),
        ],
    )
    line = base.mark_line(strokeWidth=2, clip=True)
    # The dots take no part in the legend, which would draw them dashed.
    dots = base.transform_filter("datum.part == 'validation'").mark_circle(size=60, opacity=1)
    dots = dots.encode(color=alt.value(VALIDATION_COLOUR), strokeDash=alt.value([1, 0]))
    return (
        alt.layer(line, dots)
        .properties(height=260)
        .add_params(alt.param(name="epochs", value=1), alt.param(name="low", value=0))
    )


# --- Judging -----------------------------------------------------------------------------------------------------


def confusion_counts(confusion: np.ndarray) -> Spec:
    """Draws a confusion matrix int64 `[10, 10]`, a row for each true digit; darker is more."""
    rows = [
        {
            "actual": actual,
            "predicted": predicted,
            "shade": float(shade),
            "text": str(number or "·"),
            "count": int(number),
        }
        for ((actual, predicted), number), shade in zip(
            np.ndenumerate(confusion), root_shades(confusion).flat, strict=True
        )
    ]
    return filled(_confusion_template, rows)


def _confusion_template() -> alt.LayerChart:
    # Digits as text: Vega-Lite would put ticks of an ordinal axis at 0.5 otherwise.
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("predicted:O", title="Predicted digit", axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("actual:O", title="Actual digit"),
        tooltip=[
            alt.Tooltip("actual:O", title="Actual"),
            alt.Tooltip("predicted:O", title="Predicted"),
            alt.Tooltip("count:Q", title="Images"),
        ],
    )
    cells = base.mark_rect(stroke="#FFFFFF", strokeWidth=1).encode(
        color=alt.Color("shade:Q", scale=alt.Scale(domain=[0, 1], range=["#F2F6FA", TRAINING_COLOUR]), legend=None)
    )
    text = base.mark_text(fontSize=13).encode(
        text="text:N",
        color=alt.condition(f"datum.shade >= {STRONG_SHADE}", alt.value("#FFFFFF"), alt.value("#1B2430")),
    )
    return alt.layer(cells, text).properties(height=460)


PROBABILITY_BARS_SHOW = "Ten bars, one for each digit: how probable it is; the most probable is marked"


def probability_bars(probabilities: tuple[float, ...], digit: int | None, height: int = 270) -> Spec:
    """Draws the ten probabilities; the highest bar is coloured, marked and labelled.

    Args:
        probabilities: Ten of them.
        digit: The most probable digit.
        height: Of the chart, in pixels.
    """
    rows = [
        {
            "digit": index,
            "probability": probability,
            "top": index == digit,
            "text": f"{'◀ ' if index == digit else ''}{_share(probability)}",
        }
        for index, probability in enumerate(probabilities)
    ]
    return filled(_probability_template, rows) | {"height": height}


def probability_sentence(probabilities: tuple[float, ...]) -> str:
    """Says what `probability_bars` shows: `Most probable: 9 with 97.8 %, then 4 with 2.1 %.`"""
    first, second = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:2]
    return (
        f"Most probable: {first} with {_share(probabilities[first])}, then {second} with "
        f"{_share(probabilities[second])}."
    )


def _share(probability: float) -> str:
    return "> 99.9 %" if probability > 0.9995 else percent(probability, 1)


def _probability_template() -> alt.LayerChart:
    full = alt.ExprRef(f"max(width - {LABEL_WIDTH}, 0)")
    # Each digit beside its bar, also where the bars are close together.
    axis = alt.Axis(
        labelFontSize=14, labelOverlap=False, labelFlush=False, labelBaseline="middle", ticks=False, domain=False
    )
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y("digit:O", title=None, axis=axis),
        # Room to the right of a full bar for its label, however narrow the column is.
        x=alt.X("probability:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1], range=[0, full])),
        color=alt.condition("datum.top", alt.value(TRAINING_COLOUR), alt.value(QUIET_COLOUR)),
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.6), cornerRadiusEnd=3)
    text = base.mark_text(align="left", dx=6, fontSize=13).encode(text="text:N")
    return alt.layer(bars, text).properties(height=270)


# --- Data --------------------------------------------------------------------------------------------------------


def class_balance(counts: dict[str, np.ndarray]) -> Spec:
    """Draws how many images each digit has in each part, as bars beside each other with their numbers."""
    rows = [
        {"digit": digit, "part": part, "images": int(number), "share": float(number / max(values.sum(), 1))}
        for part, values in counts.items()
        for digit, number in enumerate(values)
    ]
    return filled(_balance_template, rows)


def balance_sentence(counts: np.ndarray) -> str:
    """Says which digits are the rarest and the most frequent."""
    share = counts / max(counts.sum(), 1)
    return (
        f"The rarest digit of the training images is {share.argmin()} with {percent(share.min(), 1)}, "
        f"the most frequent is {share.argmax()} with {percent(share.max(), 1)}."
    )


def _balance_template() -> alt.Chart:
    bars = (
        alt.Chart(alt.Data(values=[]))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("part:N", sort=["train", "test"]),
            y=alt.Y("share:Q", title="Share of the part", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "part:N",
                sort=["train", "test"],
                scale=alt.Scale(domain=["train", "test"], range=[TRAINING_COLOUR, "#E69F00"]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["part:N", "digit:O", alt.Tooltip("images:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return bars.properties(height=260)


def pixel_values(image: np.ndarray) -> Spec:
    """Draws one image uint8 `[28, 28]` enlarged, each pixel with its value."""
    rows = [
        {"row": row, "column": column, "value": int(value)}
        for row, values in enumerate(image)
        for column, value in enumerate(values)
    ]
    return filled(_pixel_template, rows)


def _pixel_template() -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("column:O", title=None, axis=None),
        y=alt.Y("row:O", title=None, axis=None),
        tooltip=["row:O", "column:O", "value:Q"],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 255], range=["#000000", "#FFFFFF"]), legend=None)
    )
    text = base.mark_text(fontSize=8).encode(
        text="value:Q", color=alt.condition("datum.value > 110", alt.value("#000000"), alt.value("#D5DBE3"))
    )
    return alt.layer(cells, text).properties(height=560)


# --- Downloads ---------------------------------------------------------------------------------------------------

FORMATS = {"png": "image/png", "svg": "image/svg+xml"}


def confusion_file(evaluation: Evaluation, normalisation: str, file_format: str) -> bytes:
    """Draws the confusion matrix with Matplotlib; returns a PNG or SVG file. Brighter is more."""
    from matplotlib.figure import Figure  # takes a moment to load; only a download needs it

    values = evaluation.normalised_confusion(normalisation)
    figure = Figure(figsize=(7, 6.2), layout="constrained")
    axes = figure.add_subplot()
    picture = axes.imshow(values, cmap="cividis")
    middle = values.max() / 2
    for (actual, predicted), value in np.ndenumerate(values):
        text = f"{value:d}" if normalisation == "counts" else f"{100 * value:.1f}"
        colour = "black" if value > middle else "white"
        axes.text(predicted, actual, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set(
        xlabel="Predicted digit",
        ylabel="Actual digit",
        xticks=range(CLASSES),
        yticks=range(CLASSES),
        title=f"Confusion matrix, {normalisation}{'' if normalisation == 'counts' else ' (%)'}",
    )
    figure.colorbar(picture)
    return _file(figure, file_format)


def curves_file(batches: History, metrics: History, file_format: str) -> bytes:
    """Draws loss and accuracy with Matplotlib; returns a PNG or SVG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        within, training, validation = batches[quantity], metrics[quantity], metrics[f"val_{quantity}"]
        axes.plot(batches["epoch"], within, color=TRAINING_COLOUR, label="training, within the epoch", alpha=0.6)
        axes.plot(metrics["epoch"], training, color=TRAINING_COLOUR, marker="s", label="training")
        axes.plot(metrics["epoch"], validation, "--", color=VALIDATION_COLOUR, marker="o", label="validation")
        axes.set(xlabel="Epoch", ylabel=quantity.capitalize())
        axes.grid(alpha=0.3)
    axes.legend()
    return _file(figure, file_format)


def _file(figure: Any, file_format: str) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=150)
    return content.getvalue()
