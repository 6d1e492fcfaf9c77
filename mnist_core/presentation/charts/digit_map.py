"""The map of the digits as a chart: each image is its digit; what is read wrong has a ring and lies on top."""

import altair as alt
import numpy as np

from mnist_core.evaluation.digit_map import PCA, DigitMap
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import confidence, percent
from mnist_core.language import gettext
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled

# Okabe and Ito's hues and two more, at a lightness that can be read on white and on the dark theme's near-black. Hues
# that people confuse are told apart by what is drawn: the digit itself.
DIGIT_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009070",
    "#BF61A0",
    "#A87800",
    "#2C8FCB",
    "#7D7D7D",
    "#8A8500",
    "#7C6BD6",
    "#C2475B",
)
# The name under which the page gets the chosen image, and that of zooming, which stays in the browser.
PICKED, ZOOMED = "picked", "zoomed"
# The wheel alone must scroll the page; with Ctrl it is also what a browser makes of two fingers on a touchpad.
ZOOM = "wheel![event.ctrlKey]"
RING_COLOUR = "#E6007E"
SCALE = {"zero": False, "nice": False, "padding": 14}


def digit_map(found: DigitMap, evaluation: Evaluation) -> Spec:
    """A click picks an image (selection `PICKED`, field `number`), a wheel zooms, a drag moves."""
    spec = filled(_map_template, _rows(found, evaluation))
    # One layer hears the clicks on the others, too; Vega-Lite refuses a selection that names several.
    spec["params"] = [
        {"name": PICKED, "select": {"type": "point", "fields": ["number"], "toggle": False}, "views": ["right"]},
        {"name": ZOOMED, "select": {"type": "interval", "zoom": ZOOM}, "bind": "scales", "views": ["right"]},
    ]
    # The axes of t-SNE mean nothing, so they have no names.
    titles: list[str | None] = [None, None]
    if found.kind == PCA:
        first, second = (percent(share, 0) for share in found.variance)
        titles = [
            gettext("First direction: {first} of what differs", first=first),
            gettext("Second direction: {second}", second=second),
        ]
    return spec | {"encoding": _axes(titles)}


def _axes(titles: list[str | None]) -> Spec:
    axes = {}
    for channel, title in zip("xy", titles, strict=True):
        axis = {"title": title, "labels": False, "ticks": False, "grid": False, "domain": False}
        axes[channel] = {"field": channel, "type": "quantitative", "axis": axis, "scale": SCALE}
    return axes


def _rows(found: DigitMap, evaluation: Evaluation) -> Rows:
    labels, predictions = evaluation.labels[found.indices], evaluation.predictions[found.indices]
    surest = evaluation.probabilities[found.indices].max(axis=1)
    # Rounded, or a map would be a megabyte on its way to the browser.
    positions = np.round(found.positions.astype(float) / np.abs(found.positions).max(), 4).tolist()
    return [
        {
            "number": int(number),
            "x": x,
            "y": y,
            "digit": int(label),
            "read": int(prediction),
            "sure": confidence(float(probability)),
            "wrong": bool(label != prediction),
        }
        for number, (x, y), label, prediction, probability in zip(
            found.indices, positions, labels, predictions, surest, strict=True
        )
    ]


def _map_template() -> Template:
    picked = alt.selection_point(name=PICKED, empty=False)
    base = alt.Chart(alt.Data(values=[])).encode(
        color=alt.Color("digit:N", scale=alt.Scale(domain=list(range(10)), range=list(DIGIT_COLOURS)), legend=None),
        tooltip=[
            alt.Tooltip("number:Q", title=gettext("Image")),
            alt.Tooltip("digit:N", title=gettext("Actual digit")),
            alt.Tooltip("read:N", title=gettext("Read as")),
            alt.Tooltip("sure:N", title=gettext("How sure")),
        ],
    )
    glyphs = base.mark_text(fontWeight="bold", cursor="pointer").encode(
        text="digit:N", size=alt.condition(picked, alt.value(30), alt.value(12))
    )
    wrong = base.transform_filter("datum.wrong")
    rings = wrong.mark_point(shape="circle", filled=False, strokeWidth=2, cursor="pointer", opacity=1).encode(
        color=alt.value(RING_COLOUR), size=alt.condition(picked, alt.value(900), alt.value(260))
    )
    return alt.layer(
        glyphs.transform_filter("!datum.wrong").properties(name="right"),
        rings.properties(name="rings"),
        glyphs.transform_filter("datum.wrong").properties(name="wrong"),
    ).properties(height=560)
