"""A dataset as a chart: how often each digit occurs."""

import altair as alt
import numpy as np

from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts.template import Spec, filled, named
from mnist_core.presentation.palette import TRAINING_COLOUR

PARTS = {"train": N_("train"), "test": N_("test")}


def class_balance(counts: dict[str, np.ndarray]) -> Spec:
    """How many images each digit has in each part, as bars beside each other with their numbers."""
    rows = [
        {
            "digit": digit,
            "part": part,
            "of": gettext(PARTS[part]),
            "images": int(number),
            "share": float(number / max(values.sum(), 1)),
        }
        for part, values in counts.items()
        for digit, number in enumerate(values)
    ]
    return filled(_balance_template, rows)


def balance_sentence(counts: np.ndarray) -> str:
    share = counts / max(counts.sum(), 1)
    return gettext(
        "{rarest} is the rarest digit, with {least} of the pictures to train on; {commonest} is "
        "the most common, with {most}.",
        rarest=share.argmin(),
        least=percent(share.min(), 1),
        commonest=share.argmax(),
        most=percent(share.max(), 1),
    )


def _balance_template() -> alt.Chart:
    bars = (
        alt.Chart(alt.Data(values=[]))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("digit:O", title=gettext("Digit"), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("part:N", sort=list(PARTS)),
            y=alt.Y("share:Q", title=gettext("Share"), axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "part:N",
                sort=list(PARTS),
                scale=alt.Scale(domain=list(PARTS), range=[TRAINING_COLOUR, "#E69F00"]),
                legend=alt.Legend(orient="top", title=None, labelExpr=named(PARTS)),
            ),
            tooltip=[
                alt.Tooltip("of:N", title=gettext("part")),
                alt.Tooltip("digit:O", title=gettext("digit")),
                alt.Tooltip("images:Q", title=gettext("images"), format=","),
                alt.Tooltip("share:Q", title=gettext("share"), format=".1%"),
            ],
        )
    )
    return bars.properties(height=260)
