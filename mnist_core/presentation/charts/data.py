"""A dataset as a chart: how often each digit occurs."""

import altair as alt
import numpy as np

from mnist_core.formatting import percent
from mnist_core.language import gettext
from mnist_core.presentation.charts.template import Spec, filled
from mnist_core.presentation.palette import TRAINING_COLOUR


def class_balance(counts: dict[str, np.ndarray]) -> Spec:
    """How many images each digit has in each part, as bars beside each other with their numbers."""
    rows = [
        {"digit": digit, "part": part, "images": int(number), "share": float(number / max(values.sum(), 1))}
        for part, values in counts.items()
        for digit, number in enumerate(values)
    ]
    return filled(_balance_template, rows)


def balance_sentence(counts: np.ndarray) -> str:
    share = counts / max(counts.sum(), 1)
    return gettext(
        "{argmin} is the rarest digit, with {share} of the pictures to train on; {argmax} is "
        "the most common, with {share_2}.",
        argmin=share.argmin(),
        share=percent(share.min(), 1),
        argmax=share.argmax(),
        share_2=percent(share.max(), 1),
    )


def _balance_template() -> alt.Chart:
    bars = (
        alt.Chart(alt.Data(values=[]))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("part:N", sort=["train", "test"]),
            y=alt.Y("share:Q", title="Share", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "part:N",
                sort=["train", "test"],
                scale=alt.Scale(domain=["train", "test"], range=[TRAINING_COLOUR, "#E69F00"]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["part:N", "digit:O", alt.Tooltip("images:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return bars.properties(height=260)
