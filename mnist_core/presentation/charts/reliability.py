"""Charts of how far a model's certainty can be trusted: the reliability diagram, and how many images each bin has."""

import math
from typing import Any

import altair as alt
import numpy as np

from mnist_core.evaluation.reliability import Reliability, bin_name
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, points
from mnist_core.inference.calibration import BINS
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR, VALIDATION_COLOUR

BEFORE, AFTER, EXACT = N_("before"), N_("after"), "exact"
HEIGHT = 420
_PERCENTS = alt.Axis(format=".0%", tickCount=5)


def reliability(before: Reliability, after: Reliability | None) -> Spec:
    """How often the model is right over how sure it is, a mark a bin with its 95 % interval.

    Before the temperature: blue, solid, circles; after it: orange, dashed, diamonds. The grey diagonal is where a model
    is right as often as it is sure.
    """
    no_bin = {"bin": "", "low": None, "high": None, "images": 0, "right": 0}
    rows: Rows = [{"kind": EXACT, "confidence": end, "accuracy": end, **no_bin} for end in (0, 1)]
    for kind, one in ((BEFORE, before), (AFTER, after)):
        rows += _bin_rows(kind, one) if one else []
    return filled(_before_template if after is None else _both_template, rows)


def _bin_rows(kind: str, one: Reliability) -> Rows:
    rows: Rows = []
    for number in np.flatnonzero(one.images):
        right, images = int(one.right[number]), int(one.images[number])
        low, high = wilson(right, images)
        rows.append(
            {
                "kind": gettext(kind),
                "confidence": float(one.confidence[number]),
                "accuracy": right / images,
                "bin": bin_name(int(number)),
                "low": low,
                "high": high,
                "images": images,
                "right": right,
            }
        )
    return rows


def reliability_sentence(before: Reliability, after: Reliability | None) -> str:
    surplus = (after or before).surplus
    where = gettext("Above the grey line the model is right more often than it says, below it less often.")
    if abs(surplus) < 0.0005:
        verdict = gettext("On average it is as sure as it should be.")
    elif surplus > 0:
        verdict = gettext("On average it is {surplus} too sure.", surplus=points(surplus))
    else:
        verdict = gettext("On average it is {surplus} less sure than it could be.", surplus=points(surplus))
    chance = gettext("Long upright lines: few images, so chance plays a part.")
    if after is None:
        return f"{where} {verdict} {chance}"
    return gettext(
        "{where} Circles: before the correction. Diamonds, dashed: after it. {verdict} {chance}",
        where=where,
        verdict=verdict,
        chance=chance,
    )


def _before_template() -> Template:
    return _diagram(None)


def _both_template() -> Template:
    return _diagram(alt.Legend(orient="top", title=None, symbolSize=120, symbolOpacity=1))


def _diagram(legend: alt.Legend | None) -> Template:
    kinds, colours = [gettext(BEFORE), gettext(AFTER)], [TRAINING_COLOUR, VALIDATION_COLOUR]
    share = alt.Scale(domain=[0, 1], nice=False)
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("confidence:Q", title=gettext("How sure the model is"), scale=share, axis=_PERCENTS),
        y=alt.Y("accuracy:Q", title=gettext("How often it is right"), scale=share, axis=_PERCENTS),
    )
    exact = base.transform_filter(f"datum.kind == '{EXACT}'").mark_line(strokeWidth=1.5, color=QUIET_COLOUR)
    shown = base.transform_filter(f"datum.kind != '{EXACT}'").encode(
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=legend),
        tooltip=[
            alt.Tooltip("kind:N", title=gettext("Correction")),
            alt.Tooltip("bin:N", title=gettext("Group")),
            alt.Tooltip("images:Q", title=gettext("Images"), format=","),
            alt.Tooltip("right:Q", title=gettext("Right"), format=","),
            alt.Tooltip("confidence:Q", title=gettext("How sure"), format=".2%"),
            alt.Tooltip("accuracy:Q", title=gettext("How often right"), format=".2%"),
        ],
    )
    intervals = shown.mark_rule(strokeWidth=1.5, opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    # Without a scale of its own, or the legend's diamond would have a dashed outline.
    dashes = alt.condition(f"datum.kind == {kinds[1]!r}", alt.value([6, 4]), alt.value([1, 0]))
    lines = shown.mark_line(strokeWidth=2).encode(strokeDash=dashes)
    shapes = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=legend)
    marks = shown.mark_point(filled=True, size=80, opacity=1).encode(shape=shapes)
    return alt.layer(exact, intervals, lines, marks).properties(height=HEIGHT)


def bin_counts(before: Reliability, after: Reliability | None) -> Spec:
    """How many images each bin has: a bar before the temperature, a tick after it, and both as numbers."""
    rows = []
    for number in reversed(range(BINS)):
        images = [int(one.images[number]) for one in (before, after) if one]
        # The highest bin has a thousand times as many as any other.
        lengths = [math.log10(1 + many) / math.log10(1 + int(before.images.sum())) for many in images]
        rows.append(
            {
                "bin": bin_name(number),
                "before": lengths[0],
                "after": lengths[1] if after else None,
                "end": max(lengths),
                "text": " → ".join(map(count, dict.fromkeys(images))),
            }
        )
    return filled(_counts_template, rows)


def bin_counts_sentence(before: Reliability, after: Reliability | None) -> str:
    images = gettext(
        "{some} of {images}",
        some=count(int(before.images[-1])),
        images=ngettext(
            "{number} image", "{number} images", int(before.images.sum()), number=count(int(before.images.sum()))
        ),
    )
    squeezed = gettext("Long bars are squeezed (logarithm), or the short ones could not be seen.")
    if after is None:
        return gettext(
            "How many images are read how surely: {images} are in the top group. {squeezed}",
            images=images,
            squeezed=squeezed,
        )
    return gettext(
        (
            "How sure the model is of how many images. Bar: before the correction, tick: after "
            "it. Before it, {images} are in the top group. {squeezed}"
        ),
        images=images,
        squeezed=squeezed,
    )


def _counts_template() -> Template:
    # The same for all layers, or Vega-Lite draws nothing; room to the right of a full bar for its label.
    across: dict[str, Any] = {"axis": None, "scale": alt.Scale(domain=[0, 1.5])}
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y("bin:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False))
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.55), cornerRadiusEnd=2, color=TRAINING_COLOUR)
    ticks = base.transform_filter("isValid(datum.after)").mark_tick(thickness=3, color=VALIDATION_COLOUR, opacity=1)
    text = base.mark_text(align="left", dx=8, fontSize=12, color=QUIET_COLOUR)
    return alt.layer(
        bars.encode(x=alt.X("before:Q", **across)),
        ticks.encode(x=alt.X("after:Q", **across)),
        text.encode(x=alt.X("end:Q", **across), text="text:N"),
    ).properties(height=HEIGHT)
