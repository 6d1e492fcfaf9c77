"""Accuracy over how strongly images are disturbed, as small charts that share their scale."""

import altair as alt

from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.robustness import Robustness
from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR

# Okabe and Ito's; the dashes repeat what the colour says.
BESIDE_COLOUR = "#009E73"
THIS, BESIDE = N_("this model"), N_("the other model")
# The name under which the page gets the chosen mark.
PICKED = "picked"


def curve(found: Robustness, kind: str, beside: Robustness | None = None) -> Spec:
    """Accuracy over one of `KINDS`, with 95 % intervals; a click on a mark picks its `level`. `beside` is dashed."""
    rows = _rows(found, kind, THIS)
    if beside:
        rows += _rows(beside, kind, BESIDE)
    spec = filled(_curve_template, rows)
    spec["params"] = [
        {"name": PICKED, "select": {"type": "point", "fields": ["level"], "toggle": False}, "views": ["marks"]}
    ]
    x: Spec = {"field": "level", "type": "quantitative", "title": gettext(KINDS[kind].axis)}
    x |= {"scale": {"zero": False, "nice": False, "padding": 10}, "axis": {"grid": False, "tickCount": 5}}
    return spec | {"encoding": {"x": x}}


def _rows(found: Robustness, kind: str, model: str) -> Rows:
    about, accuracies = KINDS[kind], found.accuracies(kind)
    lowest = accuracies.index(min(accuracies))
    rows: Rows = []
    for place, (level, accuracy, (low, high)) in enumerate(
        zip(about.levels, accuracies, found.intervals(kind), strict=True)
    ):
        undisturbed = level == about.undisturbed
        rows.append(
            {
                "model": gettext(model),
                "level": level,
                "at": about.write(level),
                "accuracy": accuracy,
                "low": low,
                "high": high,
                "undisturbed": undisturbed and model == THIS,
                "last": level == about.levels[-1],
                "label": percent(accuracy, 0) if place == lowest and model == THIS and not undisturbed else "",
                "interval": gettext("{low} to {high}", low=percent(low, 1), high=percent(high, 1)),
            }
        )
    return rows


def _curve_template() -> Template:
    models = [gettext(THIS), gettext(BESIDE)]
    scale = alt.Scale(domain=models, range=[TRAINING_COLOUR, BESIDE_COLOUR])
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y(
            "accuracy:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
        ),
        color=alt.Color("model:N", scale=scale, legend=None),
        tooltip=[
            alt.Tooltip("at:N", title=gettext("Level")),
            alt.Tooltip("accuracy:Q", title=gettext("Accuracy"), format=".1%"),
            alt.Tooltip("interval:N", title=gettext("95 % interval")),
            alt.Tooltip("model:N", title=gettext("Model")),
        ],
    )
    undisturbed = base.transform_filter("datum.undisturbed")
    rule = undisturbed.mark_rule(strokeDash=[2, 3]).encode(y=alt.value(0), y2=alt.value("height"))
    band = base.mark_area(opacity=0.25).encode(y="low:Q", y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("model:N", scale=alt.Scale(domain=models, range=[[1, 0], [6, 4]]), legend=None)
    )
    picked = alt.selection_point(name=PICKED, empty=False)
    marks = base.mark_circle(opacity=1, cursor="pointer").encode(
        size=alt.condition(picked, alt.value(260), alt.value(70))
    )
    # Below its mark, where no line comes from, and above the axis; only at the very bottom it has to be above.
    below = alt.expr("datum.accuracy > 0.09 ? min(16, height * datum.accuracy - 6) : -14")
    lowest = base.transform_filter("datum.label").mark_text(dy=below, fontSize=12).encode(text="label:N")
    side = alt.expr("datum.last ? 'right' : 'left'")
    start = undisturbed.mark_text(align=side, baseline="bottom", dx=alt.expr("datum.last ? -4 : 4"), fontSize=11)
    start = start.encode(y=alt.value("height"), text=alt.value(gettext("as written")))
    return alt.layer(
        rule.encode(color=alt.value(QUIET_COLOUR)),
        band,
        line,
        marks.properties(name="marks"),
        lowest,
        start.encode(color=alt.value(QUIET_COLOUR)),
    ).properties(height=230)
