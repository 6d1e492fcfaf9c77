"""Learning curves of one run or several, each with its sentence."""

import functools
import math
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt

from mnist_core.evaluation.comparison import LETTERS, MOST_TESTED
from mnist_core.formatting import percent
from mnist_core.language import N_, as_written, gettext
from mnist_core.presentation.charts.curve import Curve, RateChange
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled, named
from mnist_core.presentation.palette import COLOURS, QUIET_COLOUR, TRAINING_COLOUR, VALIDATION_COLOUR

PARTS = ("training", "validation")
# What they and the quantities are called.
PART_NAMES = {"training": N_("training"), "validation": N_("validation")}
TITLES = {"loss": N_("Loss"), "accuracy": N_("Accuracy")}
ENDS = {
    ("training", "loss"): N_("Training loss at the end: {ends}."),
    ("training", "accuracy"): N_("Training accuracy at the end: {ends}."),
    ("validation", "loss"): N_("Validation loss at the end: {ends}."),
    ("validation", "accuracy"): N_("Validation accuracy at the end: {ends}."),
}
# Of a line; ten are drawn together, and raw ones behind them.
SHOWN_POINTS, SHOWN_TOGETHER = 200, 120
# Of the chart of several runs, in pixels: its height, and what its axis, its legend and a letter take.
HEIGHT, AXIS_HEIGHT, LEGEND_HEIGHT, LETTER_HEIGHT = 380, 50, 30, 15
# A close-up leaves out the first epoch: of a run of one epoch, its first half.
LATE = 0.5
FAR_BEHIND = 0.1
# The axis of losses ends at one of these, times a power of ten, so that it moves seldom.
ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SMALLEST = 1e-12
# The rows of a changed learning rate, by the side of its rule on which there is room for its words.
RATE, RATE_AT_END = "rate", "rate-at-end"
# The share of the width that they take.
WORDS = 0.35


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
    curves: Sequence[Curve],
    quantity: str,
    parts: Sequence[str] = PARTS,
    smoothing: float = 0.0,
    epochs: int = 0,
    close_up: bool = False,
) -> Spec:
    """The curves of one run or of up to five: training solid, validation dashed.

    A run alone has training in blue and validation in orange with dots; of several, each has a colour and a letter.
    What is smoothed stays as a faint line. The axis ends at `epochs`, so that a curve grows into its chart and does not
    rescale at each step; by default where the curves end. The axis shows all points, unless it is to be a `close_up`,
    of where the curves come to after their first epoch.
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
    low, high = _limits(curves, quantity, parts, close_up)
    end = epochs or max([math.ceil(row["epoch"]) for row in rows] + [1])
    alone = len(curves) == 1 and not curves[0].letter
    rows += _rate_rows(curves[0].rate_changes, end) if alone else _labels(ends, low, high)
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


def _limits(curves: Sequence[Curve], quantity: str, parts: Sequence[str], close_up: bool) -> tuple[float, float]:
    """Where the axis begins and ends; of all points it moves seldom, so that a curve grows in a chart that stays."""
    late = _late(curves, quantity, parts) if close_up else []
    if quantity == "accuracy":
        return (max(math.floor(100 * min(late) - 0.5) / 100, 0.0) if late else 0.0), 1.0
    if late and max(late) > 0:
        return 0.0, 1.1 * max(late)
    return 0.0, _rounded_up(max(_values(curves, quantity, parts), default=0.0))


def _late(curves: Sequence[Curve], quantity: str, parts: Sequence[str]) -> list[float]:
    """What a close-up shows; nothing before the curves have come so far."""
    ends = [point for curve in curves for point in curve.points("validation", quantity)[0]]
    after = min(1.0, LATE * max(ends, default=0.0))
    return _values(curves, quantity, parts, after) if after else []


def _values(curves: Sequence[Curve], quantity: str, parts: Sequence[str], after: float = 0.0) -> list[float]:
    """The points from an epoch on, of all curves; of training those within epochs."""
    lines = [curve.points(part, quantity) for curve in curves for part in parts]
    return [value for points, values in lines for point, value in zip(points, values, strict=True) if point >= after]


def _rounded_up(value: float) -> float:
    if not SMALLEST < value < 1 / SMALLEST:  # what an imported file says may be any number
        return max(value, 0.0) or 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return power * next((one for one in ROUND if one * power >= value), ROUND[-1])


def _rate_rows(changes: Sequence[RateChange], end: float) -> Rows:
    """Each change; where words would run into those of a later one, its rule stands without."""
    rows: Rows = []
    taken = math.inf
    for change in reversed(changes):
        at_end = change.epoch >= 0.6 * end
        first = change.epoch - (WORDS * end if at_end else 0)
        fits = first + WORDS * end <= taken
        taken = first if fits else taken
        part = RATE_AT_END if at_end else RATE
        rows.append({"epoch": change.epoch, "part": part, "words": change.words if fits else ""})
    return rows[::-1]


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
    value, is_mean = curve.trained(quantity)
    trained = _written(quantity, value)
    validated = gettext("no validation yet")
    if validation:
        validated = gettext("validation (dashed) {value}", value=_written(quantity, validation[-1]))
    if math.isnan(value):
        return gettext(
            "{quantity} by epoch: {validated}. The network only guesses, as it has learned nothing yet.",
            quantity=TITLES[quantity],
            validated=validated,
        )
    if is_mean:
        return gettext(
            "{quantity} by epoch: training (solid) {trained}, the mean of epoch {epochs}; {validated}.",
            quantity=TITLES[quantity],
            trained=trained,
            epochs=curve.epochs,
            validated=validated,
        )
    return gettext(
        "{quantity} by epoch: training (solid) {trained} in the last few steps; {validated}.",
        quantity=TITLES[quantity],
        trained=trained,
        validated=validated,
    )


def lower_sentence(curve: Curve) -> str:
    """Why the accuracy of training lies lower than that of validation; empty where it does not."""
    _, validation = curve.points("validation", "accuracy")
    value, is_mean = curve.trained("accuracy")
    if not is_mean or not validation or not value < validation[-1]:
        return ""
    if curve.drops_out and curve.augments:
        return gettext(
            "Training's number is lower: it is counted over the whole epoch, while the network still "
            "learned. Some neurons were switched off (dropout), and the pictures were turned or "
            "bent (augmentation)."
        )
    if curve.drops_out:
        return gettext(
            "Training's number is lower: it is counted over the whole epoch, while the network still "
            "learned. Some neurons were switched off (dropout)."
        )
    if curve.augments:
        return gettext(
            "Training's number is lower: it is counted over the whole epoch, while the network still "
            "learned. The pictures were turned or bent (augmentation)."
        )
    return gettext("Training's number is lower: it is counted over the whole epoch, while the network still learned.")


def behind_sentence(curve: Curve) -> str:
    """Why validation is far behind at the beginning of the first epoch; empty where it is not."""
    points, validation = curve.points("validation", "accuracy")
    value, _ = curve.trained("accuracy")
    early = curve.normalizes and points and 0 < points[-1] < 1
    if not early or not value - validation[-1] > FAR_BEHIND:
        return ""
    return gettext(
        "Validation is late at first: to answer, the network needs averages that it is still gathering (normalization)."
    )


def axis_sentence(curves: Sequence[Curve], quantity: str, parts: Sequence[str] = PARTS, close_up: bool = False) -> str:
    """Says where an axis does not show all points; empty where it does."""
    low, high = _limits(curves, quantity, parts, close_up)
    if all(low <= value <= high for value in _values(curves, quantity, parts)):
        return ""
    if quantity == "accuracy":
        return gettext("A close-up: the axis begins at {low}. Earlier points lie below it.", low=percent(low, 0))
    return gettext("A close-up: the axis ends at {high:.2g}. Earlier points lie above it.", high=high)


def rates_sentence(curve: Curve) -> str:
    """What somebody changed on the way: `Learning rate changed by hand: 0.001 → 0.0001 in epoch 3.`"""
    changes = [
        gettext(
            "{before:g} → {after:g} in epoch {epoch}",
            before=one.before,
            after=one.after,
            epoch=math.floor(one.epoch) + 1,
        )
        for one in curve.rate_changes
    ]
    return gettext("Learning rate changed by hand: {changes}.", changes="; ".join(changes)) if changes else ""


def caption(curve: Curve, quantity: str, close_up: bool = False) -> str:
    """All that is said below the chart of a run alone."""
    said = [curve_sentence(curve, quantity), axis_sentence([curve], quantity, close_up=close_up)]
    if quantity == "accuracy":
        said += [lower_sentence(curve), behind_sentence(curve), rates_sentence(curve)]
    return " ".join(one for one in said if one)


def curves_sentence(curves: Sequence[Curve], quantity: str, parts: Sequence[str], smoothing: float = 0.0) -> str:
    """Of several: where each run ended."""
    part = parts[-1]
    ends = []
    for curve in curves:
        _, values = curve.points(part, quantity)
        ends.append(
            f"{curve.letter} {_written(quantity, values[-1])}"
            if values
            else gettext("{letter} has no curve", letter=curve.letter)
        )
    said = [gettext(ENDS[part, quantity], ends=", ".join(ends))]
    if len(parts) > 1:
        said.append(gettext("Training is solid, validation dashed."))
    if smoothing:
        said.append(gettext("Bold lines are smoothed, faint ones as measured."))
    return " ".join(said)


def _written(quantity: str, value: float) -> str:
    return percent(value) if quantity == "accuracy" else as_written(f"{value:.4f}")


def letter_colours() -> alt.Scale:
    return alt.Scale(domain=list(LETTERS[:MOST_TESTED]), range=list(COLOURS))


def _template(quantity: str, alone: bool) -> Template:
    base = alt.Chart(alt.Data(values=[])).encode(x=_epoch_axis(), y=_value_axis(quantity))
    chart = _one_run(base) if alone else _several_runs(base)
    names = ("epochs", "low", "high", *(() if alone else ("letters",)))
    return chart.add_params(*(alt.param(name=name, value=1) for name in names))


def _one_run(base: alt.Chart) -> Template:
    colours = alt.Scale(domain=PARTS, range=[TRAINING_COLOUR, VALIDATION_COLOUR])
    curves = base.encode(
        color=alt.Color("part:N", scale=colours, legend=_parts_legend()), strokeDash=_dashes(), tooltip=_tooltip()
    )
    line = _called(curves.transform_filter(alt.FieldOneOfPredicate("part", list(PARTS))))
    line = line.mark_line(strokeWidth=2, clip=True)
    # The dots take no part in the legend, which would draw them dashed.
    dots = _called(curves.transform_filter("datum.part == 'validation'")).mark_circle(size=60, opacity=1)
    dots = dots.encode(color=alt.value(VALIDATION_COLOUR), strokeDash=alt.value([1, 0]))
    # The same data, or each layer would get its own instead of the rows that the chart is filled with.
    changes = alt.Chart(base.data).encode(x=_epoch_axis())
    rule = changes.transform_filter(alt.FieldOneOfPredicate("part", [RATE, RATE_AT_END]))
    # No picture of its own for a screen reader: where no rate was changed, it would be one without a name.
    rule = rule.mark_rule(color=QUIET_COLOUR, strokeDash=[4, 4], strokeWidth=1.5, aria=False)
    return alt.layer(
        line, dots, rule, _rate_words(changes, RATE, "left", 5), _rate_words(changes, RATE_AT_END, "right", -5)
    ).properties(height=300)


def _rate_words(changes: alt.Chart, part: str, align: Literal["left", "right"], dx: int) -> alt.Chart:
    words = changes.transform_filter(f"datum.part == '{part}'")
    words = words.mark_text(align=align, dx=dx, baseline="bottom", fontSize=12, color=QUIET_COLOUR)
    # Above the chart, where no line goes.
    return words.encode(y=alt.value(-4), text="words:N")


def _several_runs(base: alt.Chart) -> Template:
    base = base.encode(
        color=alt.Color("model:N", scale=letter_colours(), legend=_legend(values=alt.ExprRef("letters")))
    )
    line = _called(base.transform_filter("datum.part != 'label'"))
    line = line.encode(strokeDash=_dashes(), tooltip=[alt.Tooltip("model:N", title=gettext("Model")), *_tooltip()])
    faint = line.transform_filter("datum.raw").mark_line(strokeWidth=1, opacity=0.3, clip=True)
    bold = line.transform_filter("!datum.raw").mark_line(strokeWidth=2, clip=True)
    label = base.transform_filter("datum.part == 'label'")
    letters = label.mark_text(align="left", dx=5, fontSize=13, fontWeight="bold").encode(text="model:N")
    return alt.layer(faint, bold, letters).properties(height=HEIGHT)


def _legend(**more: Any) -> alt.Legend:
    # Opaque: faint lines would lend it theirs.
    look: dict[str, Any] = {"symbolType": "stroke", "symbolSize": 300, "symbolStrokeWidth": 3, "symbolOpacity": 1}
    return alt.Legend(orient="top", title=None, **look, **more)


def _parts_legend() -> alt.Legend:
    return _legend(labelExpr=named(PART_NAMES))


def _dashes() -> alt.StrokeDash:
    return alt.StrokeDash("part:N", scale=alt.Scale(domain=PARTS, range=[[1, 0], [6, 4]]), legend=_parts_legend())


def _called(lines: alt.Chart) -> alt.Chart:
    """With what their parts are called, for tooltips."""
    return lines.transform_calculate(called=named(PART_NAMES, "datum.part"))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("called:N", title=gettext("Part")),
        alt.Tooltip("epoch:Q", title=gettext("Epoch"), format=".2f"),
        alt.Tooltip("value:Q", title=gettext("Value"), format=".4f"),
    ]


_TEMPLATES = {
    (quantity, alone): functools.partial(_template, quantity, alone)
    for quantity in ("loss", "accuracy")
    for alone in (True, False)
}


def _epoch_axis() -> alt.X:
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("epochs"))
    return alt.X("epoch:Q", title=gettext("Epoch"), scale=scale, axis=alt.Axis(tickMinStep=1, grid=False))


def _value_axis(quantity: str) -> alt.Y:
    scale = alt.Scale(domainMin=alt.ExprRef("low"), domainMax=alt.ExprRef("high"), nice=False)
    axis = alt.Axis(format=".0%") if quantity == "accuracy" else alt.Axis()
    return alt.Y("value:Q", title=gettext(TITLES[quantity]), scale=scale, axis=axis)
