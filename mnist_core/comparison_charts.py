"""Several models as charts for their page, in the style of `charts`, each with its sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from mnist_core.charts import Rows, Spec, epoch_axis, filled
from mnist_core.comparison import LETTERS, MOST_TESTED, Comparison
from mnist_core.layers import CLASSES
from mnist_core.palette import COLOURS, QUIET_COLOUR, TRAINING_COLOUR
from mnist_core.phrases import percent
from mnist_core.runs import History

# The name under which the page gets the digit whose bar was chosen.
DIGIT = "digit"
PARTS = ("training", "validation")
# Ten lines are drawn together, and raw ones behind them.
SHOWN_POINTS = 120
# Of a chart's height, in pixels: what an axis with its title takes, and a legend.
AXIS_HEIGHT, LEGEND_HEIGHT = 50, 30
CURVE_HEIGHT, LETTER_HEIGHT = 380, 15


# --- Accuracy ----------------------------------------------------------------------------------------------------


def accuracies(comparison: Comparison, titles: Sequence[str]) -> Spec:
    """Draws each model's accuracy as a dot with its 95 % interval, the best on top.

    Args:
        comparison: The models.
        titles: What each is called.
    """
    rows = []
    for model in comparison.ranking:
        accuracy, (low, high) = comparison.evaluations[model].accuracy, comparison.intervals[model]
        words = f"{comparison.names[model]}  {percent(accuracy)}  {titles[model]}"
        interval = f"{percent(low)} to {percent(high)}"
        rows.append({"words": words, "accuracy": accuracy, "low": low, "high": high, "interval": interval})
    return filled(_accuracy_template, rows) | {"height": 46 * len(rows) + AXIS_HEIGHT}


def accuracies_sentence(comparison: Comparison) -> str:
    """Says what `accuracies` shows."""
    best, last = comparison.ranking[0], comparison.ranking[-1]
    low, high = comparison.intervals[best]
    return (
        f"{comparison.names[best]} has the highest accuracy, {percent(comparison.evaluations[best].accuracy)} (95 % "
        f"interval {percent(low)} to {percent(high)}), {comparison.names[last]} the lowest, "
        f"{percent(comparison.evaluations[last].accuracy)}. The lines are 95 % intervals (Wilson)."
    )


def _accuracy_template() -> alt.LayerChart:
    # The names stand above their lines, not beside them, so that they have the whole width of a phone.
    names = alt.Axis(
        labelAlign="left", labelPadding=0, labelOffset=-14, labelFontSize=13, labelLimit=1000, zindex=1,
        title=None, ticks=False, domain=False, grid=False,
    )  # fmt: skip
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y("words:N", sort=None, axis=names),
        tooltip=[alt.Tooltip("words:N", title="Model"), alt.Tooltip("interval:N", title="95 % interval")],
    )
    axis = alt.Axis(format=".2~%", tickCount=5)
    x = alt.X("low:Q", title="Test accuracy", scale=alt.Scale(zero=False, nice=True), axis=axis)
    whisker = base.mark_rule(strokeWidth=3, color=TRAINING_COLOUR, opacity=0.55, yOffset=8).encode(x=x, x2="high:Q")
    dot = base.mark_circle(size=110, opacity=1, color=TRAINING_COLOUR, yOffset=8).encode(x="accuracy:Q")
    return alt.layer(whisker, dot)


# --- Digits ------------------------------------------------------------------------------------------------------


def differences(comparison: Comparison, measure: str, reference: int = 0) -> Spec:
    """Draws, digit by digit, what each model has more or less of a measure than the reference.

    A click chooses a digit (selection `DIGIT`, field `digit`).

    Args:
        comparison: Two to five models.
        measure: One of `comparison.MEASURES`.
        reference: The model that stands at the zero line.
    """
    others = [model for model in range(len(comparison.names)) if model != reference]
    values = comparison.differences(measure, reference)
    rows: Rows = []
    for digit in range(CLASSES):
        for model in others:
            points = 100 * float(values[model, digit])
            letter = comparison.names[model]
            figure = f"{points:+.2f}".replace("-", "−") if points else "0"
            text = figure if len(others) == 1 else f"{letter} {figure}"
            row = {"digit": digit, "model": letter, "points": points, "text": text, "left": points < 0}
            rows.append(row | {"first": not rows})
    widest = max([abs(row["points"]) for row in rows] + [1e-6])
    spec = filled(_difference_template, rows, widest=1.45 * widest) | {
        "height": CLASSES * max(15 * len(others) + 8, 26) + AXIS_HEIGHT
    }
    spec["params"].append({"name": DIGIT, "select": {"type": "point", "fields": ["digit"]}, "views": ["bars"]})
    return spec


def differences_sentence(comparison: Comparison, measure: str, reference: int = 0) -> str:
    """Says how `differences` is read, and what differs most."""
    zero = comparison.names[reference]
    return (
        f"Bars to the right: more {measure} than {zero}, to the left: less, in percentage points. "
        f"{comparison.digits_sentence(measure, reference)}"
    )


def _difference_template() -> alt.LayerChart:
    limits = alt.Scale(domainMin=alt.ExprRef("-widest"), domainMax=alt.ExprRef("widest"), nice=False)
    base = alt.Chart().encode(
        y=alt.Y("digit:O", title="Digit", axis=alt.Axis(labelFontSize=14, ticks=False, domain=False)),
        yOffset=alt.YOffset("model:N"),
        x=alt.X("points:Q", title="Difference in percentage points", scale=limits, axis=alt.Axis(tickCount=5)),
        color=alt.Color("model:N", scale=_colours(), legend=None),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("digit:O", title="Digit"),
            alt.Tooltip("text:N", title="Points"),
        ],
    )
    bars = base.mark_bar(cornerRadiusEnd=2, cursor="pointer").properties(name="bars")
    zero = alt.Chart().transform_filter("datum.first").mark_rule(strokeWidth=1.5)  # one row, or the line would be ten
    zero = zero.encode(x=alt.datum(0), color=alt.value(QUIET_COLOUR))
    text = base.encode(color=alt.value(QUIET_COLOUR), text="text:N")
    left = text.transform_filter("datum.left").mark_text(fontSize=11, align="right", dx=-4)
    right = text.transform_filter("!datum.left").mark_text(fontSize=11, align="left", dx=4)
    return alt.layer(bars, zero, left, right, data=alt.Data(values=[])).add_params(alt.param(name="widest", value=1))


def _colours() -> alt.Scale:
    return alt.Scale(domain=list(LETTERS[:MOST_TESTED]), range=list(COLOURS))


# --- Learning curves ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """How a run learned.

    Attributes:
        letter: What it is called.
        batches: Its points within epochs.
        metrics: Its rows of epochs.
    """

    letter: str
    batches: History
    metrics: History

    def points(self, part: str, quantity: str) -> tuple[list[float], list[float]]:
        """Returns epochs and values of `training` or `validation`; without those that are no number."""
        history, column = (self.batches, quantity) if part == "training" else (self.metrics, f"val_{quantity}")
        pairs = [pair for pair in zip(history["epoch"], history[column], strict=True) if all(map(math.isfinite, pair))]
        return [epoch for epoch, _ in pairs], [value for _, value in pairs]


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Smooths a series by an exponential moving average that does not start from zero, as TensorBoard has it.

    Args:
        values: The series.
        weight: What the past counts, 0 (no smoothing) to below 1. Each average is divided by the sum of its weights,
            1 − weight^n; that is the correction of Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """
    result, average = [], 0.0
    for number, value in enumerate(values, 1):
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**number))
    return result


def learning_curves(curves: Sequence[Curve], quantity: str, parts: Sequence[str], smoothing: float = 0.0) -> Spec:
    """Draws the learning curves of several runs: training solid, validation dashed, a colour and a letter for each run.

    Args:
        curves: The runs, at most five.
        quantity: `loss` or `accuracy`.
        parts: Of `PARTS`, those to draw.
        smoothing: Weight of the past, 0 to below 1; what is smoothed stays as a faint line.
    """
    rows: Rows = []
    ends: dict[str, tuple[float, float]] = {}
    for curve in curves:
        for part in parts:
            epochs, values = curve.points(part, quantity)
            if not values:
                continue
            smooth = smoothed(values, smoothing)
            rows += _line(curve.letter, part, epochs, smooth, raw=False)
            if smoothing:
                rows += _line(curve.letter, part, epochs, values, raw=True)
            ends[curve.letter] = (epochs[-1], smooth[-1])  # of the last part: validation, where it is drawn
    low, high = _limits(rows, quantity)
    rows += _labels(ends, low, high)
    end = max([math.ceil(row["epoch"]) for row in rows] + [1])
    template = _loss_template if quantity == "loss" else _share_template
    spec = filled(template, rows, epochs=end, low=low, high=high)
    spec["params"].append({"name": "letters", "value": [curve.letter for curve in curves]})
    return spec


def _line(letter: str, part: str, epochs: list[float], values: list[float], raw: bool) -> Rows:
    """Makes rows of a line, thinned from its end, so that the last point stays."""
    every = max(-(-len(values) // SHOWN_POINTS), 1)
    return [
        {"model": letter, "part": part, "epoch": epoch, "value": value, "raw": raw}
        for epoch, value in list(zip(epochs, values, strict=True))[::-1][::every][::-1]
    ]


def _limits(rows: Rows, quantity: str) -> tuple[float, float]:
    """Returns where the axis begins and ends: where runs part, which the first steps of training would squeeze."""
    validated = [row["value"] for row in rows if row["part"] == "validation"]
    # Without a validation, the later half of the points is what runs are compared by.
    values = validated or [row["value"] for row in rows[len(rows) // 2 :]]
    if quantity == "loss":
        return 0.0, 1.25 * max(values, default=1.0)
    return max(math.floor(10 * min(values, default=0.0) - 0.5) / 10, 0.0), 1.0


def _labels(ends: dict[str, tuple[float, float]], low: float, high: float) -> Rows:
    """Places each letter at the end of its line, pushed apart where lines end together."""
    gap = (high - low) * LETTER_HEIGHT / (CURVE_HEIGHT - AXIS_HEIGHT - LEGEND_HEIGHT)
    rows: Rows = []
    place = -math.inf
    for letter, (epoch, value) in sorted(ends.items(), key=lambda end: end[1][1]):
        place = max(min(max(value, low), high), place + gap)
        rows.append({"model": letter, "part": "label", "epoch": epoch, "value": place, "raw": False})
    # What was pushed over the upper edge comes back down, and pushes those below it.
    ceiling = high
    for row in reversed(rows):
        row["value"] = min(row["value"], ceiling)
        ceiling = row["value"] - gap
    return rows


def curves_sentence(curves: Sequence[Curve], quantity: str, parts: Sequence[str], smoothing: float = 0.0) -> str:
    """Says what `learning_curves` shows: where each run ended."""
    write = percent if quantity == "accuracy" else "{:.4f}".format
    part = parts[-1]
    ends = []
    for curve in curves:
        _, values = curve.points(part, quantity)
        ends.append(f"{curve.letter} {write(values[-1])}" if values else f"{curve.letter} has no curve")
    lines = " Training is solid, validation dashed." if len(parts) > 1 else ""
    faint = " Bold lines are smoothed, faint ones as measured." if smoothing else ""
    return f"{part.capitalize()} {quantity} at the end: {', '.join(ends)}.{lines}{faint}"


def _loss_template() -> alt.LayerChart:
    return _curves_template(alt.Axis(), "Loss")


def _share_template() -> alt.LayerChart:
    return _curves_template(alt.Axis(format=".0%"), "Accuracy")


def _curves_template(axis: alt.Axis, title: str) -> alt.LayerChart:
    look = {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 300, "symbolStrokeWidth": 3}
    look["symbolOpacity"] = 1  # the faint lines would lend it theirs
    legend, named = alt.Legend(**look), alt.Legend(**look, values=alt.ExprRef("letters"))
    base = alt.Chart(alt.Data(values=[])).encode(
        x=epoch_axis(),
        y=alt.Y(
            "value:Q",
            title=title,
            axis=axis,
            scale=alt.Scale(domainMin=alt.ExprRef("low"), domainMax=alt.ExprRef("high"), nice=False),
        ),
        color=alt.Color("model:N", scale=_colours(), legend=named),
    )
    dashed = alt.StrokeDash("part:N", scale=alt.Scale(domain=PARTS, range=[[1, 0], [6, 4]]), legend=legend)
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("part:N", title="Part"),
        alt.Tooltip("epoch:Q", title="Epoch", format=".2f"),
        alt.Tooltip("value:Q", title="Value", format=".4f"),
    ]
    line = base.transform_filter("datum.part != 'label'").encode(strokeDash=dashed, tooltip=tooltip)
    faint = line.transform_filter("datum.raw").mark_line(strokeWidth=1, opacity=0.3, clip=True)
    bold = line.transform_filter("!datum.raw").mark_line(strokeWidth=2, clip=True)
    label = base.transform_filter("datum.part == 'label'")
    letters = label.mark_text(align="left", dx=5, fontSize=13, fontWeight="bold").encode(text="model:N")
    parameters = [alt.param(name=name, value=1) for name in ("epochs", "low", "high", "letters")]
    return alt.layer(faint, bold, letters).properties(height=CURVE_HEIGHT).add_params(*parameters)
