"""A confusion matrix and the figures of each digit as charts."""

import altair as alt
import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts.template import Spec, Template, filled
from mnist_core.presentation.palette import COLOURS, STRONG_SHADE, TRAINING_COLOUR, root_shades
from mnist_core.presentation.tables.confusion import NUMBERS, cell_text

SCORES = (N_("precision"), N_("recall"), "F1")


def confusion_matrix(confusion: np.ndarray, shares: np.ndarray | None = None) -> Spec:
    """Of counts int64 `[10, 10]`, a row for each true digit; darker is more. `shares`, if given, are shown instead."""
    shown = confusion if shares is None else shares
    rows = [
        {
            "actual": actual,
            "predicted": predicted,
            "shade": float(shade),
            "text": cell_text(shown[actual, predicted].item()),
            "count": int(number),
        }
        for ((actual, predicted), number), shade in zip(np.ndenumerate(confusion), root_shades(shown).flat, strict=True)
    ]
    return filled(_confusion_template, rows)


def titled_matrix(evaluation: Evaluation, normalization: str) -> Spec:
    """The confusion matrix as a picture that stands alone, normalized by one of `NORMALIZATIONS`."""
    matrix = confusion_matrix(evaluation.confusion, evaluation.normalized_confusion(normalization))
    return matrix | {"title": gettext("Confusion matrix: {numbers}", numbers=NUMBERS[normalization]), "width": 520}


def _confusion_template() -> Template:
    # Digits as text: Vega-Lite would put ticks of an ordinal axis at 0.5 otherwise.
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("predicted:O", title=gettext("Read as"), axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("actual:O", title=gettext("Actual digit")),
        tooltip=[
            alt.Tooltip("actual:O", title=gettext("Actual digit")),
            alt.Tooltip("predicted:O", title=gettext("Read as")),
            alt.Tooltip("count:Q", title=gettext("Images")),
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


def digit_scores(report: np.ndarray) -> Spec:
    """Precision (square), recall (circle) and F1 (triangle) of each digit from a report float64 `[12, 4]`."""
    rows = [
        {"digit": digit, "score": gettext(score), "value": float(report[digit, column])}
        for digit in np.flatnonzero(report[:CLASSES, 3] > 0).tolist()
        for column, score in enumerate(SCORES)
    ]
    return filled(_scores_template, rows)


def _scores_template() -> alt.Chart:
    legend, scores = alt.Legend(orient="top", title=None), [gettext(score) for score in SCORES]
    shapes = alt.Scale(domain=scores, range=["square", "circle", "triangle-up"])
    marks = (
        alt.Chart(alt.Data(values=[]))
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            x=alt.X("digit:O", title=gettext("Digit"), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("score:N", sort=scores),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=".2~%")),
            color=alt.Color("score:N", scale=alt.Scale(domain=scores, range=COLOURS[2:]), legend=legend),
            shape=alt.Shape("score:N", scale=shapes, legend=legend),
        )
    )
    return marks.properties(height=260)
