"""Ten probabilities as bars."""

import altair as alt

from mnist_core.formatting import confidence
from mnist_core.language import gettext
from mnist_core.presentation.charts.template import Spec, Template, filled
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR
from mnist_core.presentation.tables.probabilities import LEAST_SAID

# Of `◀ > 99 %` beside its bar, in pixels.
LABEL_WIDTH = 84


def probability_bars(probabilities: tuple[float, ...], digit: int | None, height: int = 270) -> Spec:
    """The bar of `digit`, the most probable one, is coloured, marked and labelled."""
    rows = [
        {
            "digit": index,
            "probability": probability,
            "top": index == digit,
            "text": _label(probability, index == digit),
        }
        for index, probability in enumerate(probabilities)
    ]
    return filled(_probability_template, rows) | {"height": height}


def probability_sentence(probabilities: tuple[float, ...]) -> str:
    """`Most probable: 9 with 98 %, then 4 with 2 %.`"""
    first, second = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:2]
    most, then = confidence(probabilities[first]), confidence(probabilities[second])
    return gettext(
        "Most probable: {first} with {most}, then {second} with {then}.",
        first=first,
        most=most,
        second=second,
        then=then,
    )


def _label(probability: float, is_highest: bool) -> str:
    """The number as all of the page says it; next to nothing needs none beside its bar."""
    if is_highest:
        return f"◀ {confidence(probability)}"
    return confidence(probability) if probability >= LEAST_SAID else ""


def _probability_template() -> Template:
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
    # The page's own colour of text: those of the bars are too weak for letters, on a dark page and on a white one.
    colour = alt.value("currentColor")
    text = base.mark_text(align="left", dx=6, fontSize=13).encode(text="text:N", color=colour)
    return alt.layer(bars, text).properties(height=270)
