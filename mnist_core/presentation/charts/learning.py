"""Learning curves of one run or several, each with its sentence."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt

from mnist_core.evaluation.comparison import LETTERS, MOST_TESTED
from mnist_core.formatting import percent
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled
from mnist_core.presentation.palette import COLOURS, TRAINING_COLOUR, VALIDATION_COLOUR
from mnist_core.runs.run import History, Run

PARTS = ("training", "validation")
# Of a line; ten are drawn together, and raw ones behind them.
SHOWN_POINTS, SHOWN_TOGETHER = 200, 120
# Of the chart of several runs, in pixels: its height, and what its axis, its legend and a letter take.
HEIGHT, AXIS_HEIGHT, LEGEND_HEIGHT, LETTER_HEIGHT = 380, 50, 30, 15


@dataclass(frozen=True)
class Curve:
    """How a run learned."""

    letter: str  # its name beside others; empty for a run alone
    batches: History  # points within epochs
    metrics: History  # rows of epochs
    checks: History = field(default_factory=dict)  # validations within epochs, where there are any

    @classmethod
    def of(cls, run: Run, letter: str = "") -> "Curve":
        return cls(letter, run.batches(), run.metrics(), run.checks())

    def points(self, part: str, quantity: str) -> tuple[list[float], list[float]]:
        """Epochs and values of `training` or `validation`; without those that are NaN or infinite."""
        if part == "training":
            pairs = _finite(self.batches, quantity)
        else:
            pairs = sorted(_finite(self.metrics, f"val_{quantity}") + _finite(self.checks, f"val_{quantity}"))
        return [epoch for epoch, _ in pairs], [value for _, value in pairs]


def _finite(history: History, column: str) -> list[tuple[float, float]]:
    pairs = zip(history.get("epoch", []), history.get(column, []), strict=True)
    return [pair for pair in pairs if all(map(math.isfinite, pair))]


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """An exponential moving average that does not start from zero, as TensorBoard has it.

    The past counts `weight`, 0 (no smoothing) to below 1. Each average is divided by the sum of its weights, 1 −
    weight^n: the correction of Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """
    result, average = [], 0.0
    for number, value in enumerate(values, 1):
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**number))
    return result


def learning_curves(
    curves: Sequence[Curve], quantity: str, parts: Sequence[str] = PARTS, smoothing: float = 0.0, epochs: int = 0
) -> Spec:
    """The curves of one run or of up to five: training solid, validation dashed.

    A run alone has training in blue and validation in orange with dots; of several, each has a colour and a letter.
    What is smoothed stays as a faint line. The axis ends at `epochs`, so that a curve grows into its chart and does not
    rescale at each step; by default where the curves end.
    """
    rows: Rows = []
    ends: dict[str, tuple[float, float]] = {}
    for curve in curves:
        for part in parts:
            points, values = curve.points(part, quantity)
            if not values:
                continue
            smooth = smoothed(values, smoothing)
            rows += _line(curve.letter, part, points, smooth, raw=False)
            if smoothing:
                rows += _line(curve.letter, part, points, values, raw=True)
            ends[curve.letter] = (points[-1], smooth[-1])  # of the last part: validation, where it is drawn
    low, high = _limits(curves, quantity, parts)
    end = epochs or max([math.ceil(row["epoch"]) for row in rows] + [1])
    alone = len(curves) == 1 and not curves[0].letter
    if not alone:
        rows += _labels(ends, low, high)
    spec = filled(_TEMPLATES[quantity, alone], rows, epochs=end, low=low, high=high)
    if not alone:
        spec["params"].append({"name": "letters", "value": [curve.letter for curve in curves]})
    return spec


def _line(letter: str, part: str, epochs: list[float], values: list[float], raw: bool) -> Rows:
    """Thinned from its end, so that the last point stays."""
    every = max(math.ceil(len(values) / (SHOWN_TOGETHER if letter else SHOWN_POINTS)), 1)
    which = {"part": part} | ({"model": letter, "raw": raw} if letter else {})
    points = list(zip(epochs, values, strict=True))[::-1][::every][::-1]
    return [{"epoch": epoch, "value": value} | which for epoch, value in points]


def _limits(curves: Sequence[Curve], quantity: str, parts: Sequence[str]) -> tuple[float, float]:
    """The axis shows where lines part, which the first steps of training would squeeze.

    It moves with the epochs, not with the steps, so that a curve grows in a chart that stays.
    """
    validated = [value for curve in curves for value in curve.points("validation", quantity)[1]]
    if "validation" not in parts or not validated:
        validated = [value for curve in curves for value in _later(curve, quantity)]
    if quantity == "accuracy":
        return max(math.floor(10 * min(validated, default=0.0) - 0.5) / 10, 0.0), 1.0
    trained = [curve.metrics["loss"] for curve in curves if "training" in parts]
    known = [value for values in (validated, *trained) for value in values if math.isfinite(value)]
    return 0.0, 1.25 * max(known, default=0.0) or 1.0


def _later(curve: Curve, quantity: str) -> list[float]:
    """What runs are compared by without a validation, the later half of the points; of a run alone, all."""
    _, values = curve.points("training", quantity)
    return values[len(values) // 2 :] if curve.letter else values


def _labels(ends: dict[str, tuple[float, float]], low: float, high: float) -> Rows:
    """Each letter at the end of its line, pushed apart where lines end together."""
    gap = (high - low) * LETTER_HEIGHT / (HEIGHT - AXIS_HEIGHT - LEGEND_HEIGHT)
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


def curve_sentence(curve: Curve, quantity: str) -> str:
    """Of a run alone: where training and validation stand."""
    _, validation = curve.points("validation", quantity)
    trained = _written(quantity, curve.batches[quantity][-1])
    validated = "no validation yet"
    if validation:
        validated = f"validation (dashed) {_written(quantity, validation[-1])}"
    return f"{quantity.capitalize()} by epoch: training (solid) {trained}, {validated}."


def curves_sentence(curves: Sequence[Curve], quantity: str, parts: Sequence[str], smoothing: float = 0.0) -> str:
    """Of several: where each run ended."""
    part = parts[-1]
    ends = []
    for curve in curves:
        _, values = curve.points(part, quantity)
        ends.append(f"{curve.letter} {_written(quantity, values[-1])}" if values else f"{curve.letter} has no curve")
    lines = " Training is solid, validation dashed." if len(parts) > 1 else ""
    faint = " Bold lines are smoothed, faint ones as measured." if smoothing else ""
    return f"{part.capitalize()} {quantity} at the end: {', '.join(ends)}.{lines}{faint}"


def _written(quantity: str, value: float) -> str:
    return percent(value) if quantity == "accuracy" else f"{value:.4f}"


def letter_colours() -> alt.Scale:
    return alt.Scale(domain=list(LETTERS[:MOST_TESTED]), range=list(COLOURS))


def _template(quantity: str, alone: bool) -> Template:
    base = alt.Chart(alt.Data(values=[])).encode(x=_epoch_axis(), y=_value_axis(quantity))
    chart = _one_run(base) if alone else _several_runs(base)
    names = ("epochs", "low", "high", *(() if alone else ("letters",)))
    return chart.add_params(*(alt.param(name=name, value=1) for name in names))


def _one_run(base: alt.Chart) -> Template:
    colours = alt.Scale(domain=PARTS, range=[TRAINING_COLOUR, VALIDATION_COLOUR])
    base = base.encode(
        color=alt.Color("part:N", scale=colours, legend=_legend()), strokeDash=_dashes(), tooltip=_tooltip()
    )
    line = base.mark_line(strokeWidth=2, clip=True)
    # The dots take no part in the legend, which would draw them dashed.
    dots = base.transform_filter("datum.part == 'validation'").mark_circle(size=60, opacity=1)
    dots = dots.encode(color=alt.value(VALIDATION_COLOUR), strokeDash=alt.value([1, 0]))
    return alt.layer(line, dots).properties(height=260)


def _several_runs(base: alt.Chart) -> Template:
    base = base.encode(
        color=alt.Color("model:N", scale=letter_colours(), legend=_legend(values=alt.ExprRef("letters")))
    )
    line = base.transform_filter("datum.part != 'label'")
    line = line.encode(strokeDash=_dashes(), tooltip=[alt.Tooltip("model:N", title="Model"), *_tooltip()])
    faint = line.transform_filter("datum.raw").mark_line(strokeWidth=1, opacity=0.3, clip=True)
    bold = line.transform_filter("!datum.raw").mark_line(strokeWidth=2, clip=True)
    label = base.transform_filter("datum.part == 'label'")
    letters = label.mark_text(align="left", dx=5, fontSize=13, fontWeight="bold").encode(text="model:N")
    return alt.layer(faint, bold, letters).properties(height=HEIGHT)


def _legend(**more: Any) -> alt.Legend:
    # Opaque: faint lines would lend it theirs.
    look: dict[str, Any] = {"symbolType": "stroke", "symbolSize": 300, "symbolStrokeWidth": 3, "symbolOpacity": 1}
    return alt.Legend(orient="top", title=None, **look, **more)


def _dashes() -> alt.StrokeDash:
    return alt.StrokeDash("part:N", scale=alt.Scale(domain=PARTS, range=[[1, 0], [6, 4]]), legend=_legend())


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("part:N", title="Part"),
        alt.Tooltip("epoch:Q", title="Epoch", format=".2f"),
        alt.Tooltip("value:Q", title="Value", format=".4f"),
    ]


_TEMPLATES = {
    (quantity, alone): functools.partial(_template, quantity, alone)
    for quantity in ("loss", "accuracy")
    for alone in (True, False)
}


def _epoch_axis() -> alt.X:
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("epochs"))
    return alt.X("epoch:Q", title="Epoch", scale=scale, axis=alt.Axis(tickMinStep=1, grid=False))


def _value_axis(quantity: str) -> alt.Y:
    """Accuracy lives in the last few percent; an axis from zero would hide all that a class looks for."""
    scale = alt.Scale(domainMin=alt.ExprRef("low"), domainMax=alt.ExprRef("high"), nice=False)
    axis = alt.Axis(format=".0%") if quantity == "accuracy" else alt.Axis()
    return alt.Y("value:Q", title=quantity.capitalize(), scale=scale, axis=axis)
