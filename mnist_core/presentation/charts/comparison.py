"""Several models beside each other as charts, each with its sentence."""

from collections.abc import Sequence

import altair as alt

from mnist_core.evaluation.comparison import Comparison, measure_name
from mnist_core.formatting import percent
from mnist_core.language import as_written, gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts.learning import AXIS_HEIGHT, letter_colours
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR

# The name under which the page gets the digit whose bar was chosen.
DIGIT = "digit"


# --- Accuracy ----------------------------------------------------------------------------------------------------


def accuracies(comparison: Comparison, titles: Sequence[str]) -> Spec:
    """Each model's accuracy as a dot with its 95 % interval, the best on top."""
    rows = []
    for model in comparison.ranking:
        accuracy, (low, high) = comparison.evaluations[model].accuracy, comparison.intervals[model]
        words = f"{comparison.names[model]}  {percent(accuracy)}  {titles[model]}"
        interval = gettext("{low} to {high}", low=percent(low), high=percent(high))
        rows.append({"words": words, "accuracy": accuracy, "low": low, "high": high, "interval": interval})
    return filled(_accuracy_template, rows) | {"height": 46 * len(rows) + AXIS_HEIGHT}


def accuracies_sentence(comparison: Comparison) -> str:
    best, last = comparison.ranking[0], comparison.ranking[-1]
    low, high = comparison.intervals[best]
    return gettext(
        "{best} reads most images right, {best_share}, {worst} fewest, {worst_share}. The line shows what is chance: "
        "on far more such images, {best} would most likely read between {low} and {high} right.",
        best=comparison.names[best],
        best_share=percent(comparison.evaluations[best].accuracy),
        worst=comparison.names[last],
        worst_share=percent(comparison.evaluations[last].accuracy),
        low=percent(low),
        high=percent(high),
    )


def _accuracy_template() -> Template:
    # The names stand above their lines, not beside them, so that they have the whole width of a phone.
    names = alt.Axis(
        labelAlign="left", labelPadding=0, labelOffset=-14, labelFontSize=13, labelLimit=1000, zindex=1,
        title=None, ticks=False, domain=False, grid=False,
    )  # fmt: skip
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y("words:N", sort=None, axis=names),
        tooltip=[
            alt.Tooltip("words:N", title=gettext("Model")),
            alt.Tooltip("interval:N", title=gettext("95 % interval")),
        ],
    )
    axis = alt.Axis(format=".2~%", tickCount=5)
    x = alt.X("low:Q", title=gettext("Test accuracy"), scale=alt.Scale(zero=False, nice=True), axis=axis)
    whisker = base.mark_rule(strokeWidth=3, color=TRAINING_COLOUR, opacity=0.55, yOffset=8).encode(x=x, x2="high:Q")
    dot = base.mark_circle(size=110, opacity=1, color=TRAINING_COLOUR, yOffset=8).encode(x="accuracy:Q")
    return alt.layer(whisker, dot)


# --- Digits ------------------------------------------------------------------------------------------------------


def differences(comparison: Comparison, measure: str, reference: int = 0) -> Spec:
    """Digit by digit, what each of two to five models has more or less of a measure than the reference.

    A click chooses a digit (selection `DIGIT`, field `digit`).
    """
    others = [model for model in range(len(comparison.names)) if model != reference]
    values = comparison.differences(measure, reference)
    rows: Rows = []
    for digit in range(CLASSES):
        for model in others:
            points = 100 * float(values[model, digit])
            letter = comparison.names[model]
            figure = as_written(f"{points:+.2f}".replace("-", "−")) if points else "0"
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
    """How `differences` is read, and what differs most."""
    zero = comparison.names[reference]
    return gettext(
        "Bars to the right: more {measure} than {zero}. To the left: less. {largest}",
        measure=measure_name(measure, within=True),
        zero=zero,
        largest=comparison.digits_sentence(measure, reference),
    )


def _difference_template() -> Template:
    limits = alt.Scale(domainMin=alt.ExprRef("-widest"), domainMax=alt.ExprRef("widest"), nice=False)
    base = alt.Chart().encode(
        y=alt.Y("digit:O", title=gettext("Digit"), axis=alt.Axis(labelFontSize=14, ticks=False, domain=False)),
        yOffset=alt.YOffset("model:N"),
        x=alt.X("points:Q", title=gettext("Difference in percentage points"), scale=limits, axis=alt.Axis(tickCount=5)),
        color=alt.Color("model:N", scale=letter_colours(), legend=None),
        tooltip=[
            alt.Tooltip("model:N", title=gettext("Model")),
            alt.Tooltip("digit:O", title=gettext("Digit")),
            alt.Tooltip("text:N", title=gettext("Points")),
        ],
    )
    bars = base.mark_bar(cornerRadiusEnd=2, cursor="pointer").properties(name="bars")
    zero = alt.Chart().transform_filter("datum.first").mark_rule(strokeWidth=1.5)  # one row, or the line would be ten
    zero = zero.encode(x=alt.datum(0), color=alt.value(QUIET_COLOUR))
    text = base.encode(color=alt.value(QUIET_COLOUR), text="text:N")
    left = text.transform_filter("datum.left").mark_text(fontSize=11, align="right", dx=-4)
    right = text.transform_filter("!datum.left").mark_text(fontSize=11, align="left", dx=4)
    return alt.layer(bars, zero, left, right, data=alt.Data(values=[])).add_params(alt.param(name="widest", value=1))
